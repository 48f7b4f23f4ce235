//! Changes in a directory that are in force without anybody asking: followed on real servers, taken over by another instance, held back, and asked for when
//! somebody signs in.

use std::time::{Duration, Instant};

use muster::db::{self, Db};
use serde_json::{Value, json};

use crate::directory::{enrol, sign_in};
use crate::directory_site::{Site, on_each_database, text};
use crate::support::app::Engine;
use crate::support::authenticator::SoftwarePasskeys;
use crate::support::ds389::{self, Ds389};
use crate::support::http::Browser;
use crate::support::janitor::Server;
use crate::support::process::Muster;
use crate::support::samba::{Samba, user_dn};
use crate::support::slapd::{BASE, Options, SERVICE_DN, Slapd, group, organisation, person, person_dn};
use crate::support::wait_until;

pub(crate) fn company() -> String {
    person("ada", "Ada", "Lovelace")
        + &person("grace", "Grace", "Hopper")
        + &person("linus", "Linus", "Torvalds")
        + &group("admins", &["ada"])
        + &group("engineers", &["ada", "linus"])
}

/// What the database says, asked over one connection.
pub(crate) struct Eye(Db);

impl Eye {
    pub(crate) async fn of(site: &Site) -> Self {
        Self(site.database().await)
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        let mut conn = self.0.read().await.expect("a connection");
        let (count,): (i64,) = db::query(sql).one(&mut conn).await.expect("a number");
        count
    }

    /// Waits until the number is there, and gives how long that took.
    pub(crate) async fn until(&self, sql: &'static str, wanted: i64) -> Duration {
        let begun = Instant::now();
        wait_until(&format!("{sql} to give {wanted}"), async || self.count(sql).await == wanted).await;
        begun.elapsed()
    }
}

/// Starts the server and waits until it follows and has read everything since.
pub(crate) async fn serve_following(site: &mut Site) -> Eye {
    site.set(&[("LDAP_FOLLOW_CHANGES", "true")]);
    site.muster.serve().await;
    let eye = Eye::of(site).await;
    eye.until("SELECT COUNT(*) FROM directory_following WHERE since IS NOT NULL AND problem = ''", 1).await;
    let read = site.muster.run(["directory", "sync", "--format", "json"]).await;
    assert_eq!(read.status, 0, "{read:?}");
    eye
}

pub(crate) fn named(dn: &str, change: &str) -> String {
    format!("dn: {dn}\nchangetype: modify\n{change}\n")
}

const GRACE_IS_ADMIRAL: &str = "SELECT COUNT(*) FROM users WHERE username = 'grace' AND email = 'admiral@example.org'";
const LINUS_IS_OUT: &str = "SELECT COUNT(*) FROM users WHERE username = 'linus' AND directory_state = 'missing'";
const ADMINS: &str = "SELECT COUNT(*) FROM users WHERE directory_admin";
const FOLLOWED: &str = "SELECT COUNT(*) FROM sync_runs WHERE started_by = 'follow' AND outcome = 'applied'";
const WHOLE: &str = "SELECT COUNT(*) FROM sync_runs WHERE started_by <> 'follow'";

#[tokio::test]
async fn a_change_in_openldap_is_in_force_at_once_and_whoever_leaves_is_out() {
    on_each_database(&company(), async |site, slapd| {
        site.set(&[("TRUST_PROXY", "true")]);
        let eye = serve_following(site).await;
        assert_eq!(site.text("SELECT mode FROM directory_following").await, "content_sync");
        let (browser, passkeys) = (Browser::new(&site.muster.url()), SoftwarePasskeys::new(&site.muster.url()));
        enrol(site, &browser, &passkeys, "linus").await;
        let link = text(&site.muster.run(["one-time-access-token", "linus", "--format", "json"]).await.json()["url"]);
        let runs = eye.count(WHOLE).await;

        slapd.tools().modify(&named(&person_dn("grace"), "replace: mail\nmail: admiral@example.org")).await;
        let changed = eye.until(GRACE_IS_ADMIRAL, 1).await;
        slapd.tools().add(&person("alan", "Alan", "Turing")).await;
        let added = eye.until("SELECT COUNT(*) FROM users WHERE username = 'alan' AND directory_state = 'active'", 1).await;
        let member = named(&format!("cn=admins,ou=groups,{BASE}"), &format!("add: member\nmember: {}", person_dn("grace")));
        slapd.tools().modify(&member).await;
        let promoted = eye.until("SELECT COUNT(*) FROM users WHERE directory_admin AND username IN ('ada', 'grace')", 2).await;
        slapd.tools().modify(&member.replace("add:", "delete:")).await;
        let demoted = eye.until(ADMINS, 1).await;

        assert_eq!(browser.get("/account").await.status, 200);
        slapd.tools().delete(&person_dn("linus")).await;
        let gone = eye.until(LINUS_IS_OUT, 1).await;
        assert_ne!(browser.get("/account").await.status, 200, "the session is dead");
        assert_eq!(eye.count("SELECT COUNT(*) FROM sessions").await, 0);
        assert_ne!(sign_in(site, &Browser::new(&site.muster.url()), &passkeys).await, 200, "the passkey opens nothing");
        let stranger = Browser::new(&site.muster.url());
        let page = stranger.get(&link).await;
        if page.status == 200 {
            let path = page.url.path().to_owned();
            stranger.submit(&page, &path, &[]).await;
        }
        assert_ne!(stranger.get("/account").await.status, 200, "a link made before opens nothing");
        assert_eq!(eye.count("SELECT COUNT(*) FROM group_members m JOIN users u ON u.id = m.user_id WHERE u.username = 'linus'").await, 0);
        assert_eq!(eye.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'user_disabled'").await, 1);

        eprintln!("in force: {changed:?} changed, {added:?} added, {promoted:?} promoted, {demoted:?} demoted, {gone:?} gone");
        assert_eq!((eye.count(FOLLOWED).await >= 4, eye.count(WHOLE).await), (true, runs), "all by following");
        site.sync("unchanged").await;
        site.muster.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_directory_that_was_away_is_followed_again_with_what_happened_meanwhile() {
    let mut slapd = Slapd::start(&company()).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    let eye = serve_following(&mut site).await;
    slapd.stop().await;
    eye.until("SELECT COUNT(*) FROM directory_following WHERE since IS NULL AND problem <> ''", 1).await;
    slapd.start_again().await;
    slapd.tools().modify(&named(&person_dn("grace"), "replace: mail\nmail: admiral@example.org")).await;
    slapd.tools().delete(&person_dn("linus")).await;
    eye.until(GRACE_IS_ADMIRAL, 1).await;
    eye.until(LINUS_IS_OUT, 1).await;
    eye.until("SELECT COUNT(*) FROM directory_following WHERE since IS NOT NULL AND problem = ''", 1).await;
    site.muster.stop().await;
}

/// A way to a server that can be cut and mended, by sending whether it is.
pub(crate) async fn way_to(server: String) -> (std::net::SocketAddr, tokio::sync::watch::Sender<bool>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (sender, is_cut) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (mut is_cut, server) = (is_cut.clone(), server.clone());
            tokio::spawn(async move {
                let carried = async {
                    let Ok(mut server) = tokio::net::TcpStream::connect(server).await else { return };
                    tokio::io::copy_bidirectional(&mut client, &mut server).await.ok();
                };
                tokio::select! {
                    biased;
                    () = async { is_cut.wait_for(|is_cut| *is_cut).await.ok(); } => {}
                    () = carried => {}
                }
            });
        }
    });
    (address, sender)
}

#[tokio::test]
async fn a_deletion_told_after_a_pause_by_an_id_that_is_not_kept_is_not_lost() {
    let slapd = Slapd::start(&company()).await;
    let (address, cut) = way_to(slapd.url().trim_start_matches("ldap://").to_owned()).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    // OpenLDAP names those who are gone by entryUUID alone then.
    site.set(&[("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "uid"), ("LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "cn")]);
    site.set(&[("LDAP_URL", &format!("ldap://{address}"))]);
    let eye = serve_following(&mut site).await;
    // From here on there is a place to go on from.
    slapd.tools().modify(&named(&person_dn("grace"), "replace: mail\nmail: admiral@example.org")).await;
    eye.until(GRACE_IS_ADMIRAL, 1).await;
    cut.send_replace(true);
    eye.until("SELECT COUNT(*) FROM directory_following WHERE since IS NULL", 1).await;
    slapd.tools().delete(&person_dn("linus")).await;
    cut.send_replace(false);
    eye.until(LINUS_IS_OUT, 1).await;
    site.muster.stop().await;
}

#[tokio::test]
async fn another_instance_follows_when_the_one_that_did_is_killed() {
    let slapd = Slapd::start(&company()).await;
    let mut site = Site::new(Engine::Postgres).await;
    site.use_slapd(&slapd);
    let eye = serve_following(&mut site).await;
    let mut second = Muster::new();
    for (name, value) in site.muster.environment() {
        if !matches!(name.as_str(), "APP_URL" | "PORT") {
            second.set(&name, &value);
        }
    }
    second.serve().await;
    site.muster.kill9().await;
    slapd.tools().delete(&person_dn("linus")).await;
    eye.until(LINUS_IS_OUT, 1).await;
    slapd.tools().modify(&named(&person_dn("grace"), "replace: mail\nmail: admiral@example.org")).await;
    eye.until(GRACE_IS_ADMIRAL, 1).await;
    second.stop().await;
}

#[tokio::test]
async fn when_more_leave_than_may_only_as_many_are_out_and_a_run_is_held() {
    let slapd = Slapd::start(&organisation(20, 2)).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    let eye = serve_following(&mut site).await;
    for number in 1..=12 {
        slapd.tools().delete(&person_dn(&format!("person{number:06}"))).await;
    }
    // By whichever comes first: catching up, or the run of a slow start.
    eye.until("SELECT COUNT(*) FROM sync_runs WHERE outcome = 'held'", 1).await;
    let out = eye.count("SELECT COUNT(*) FROM users WHERE directory_state = 'missing'").await;
    // 20 % of 20, or at least 5 by the default limits.
    assert!(out <= 5, "{out} are out");
    // Whatever takes access from nobody goes on.
    slapd.tools().modify(&named(&person_dn("person000020"), "replace: mail\nmail: admiral@example.org")).await;
    eye.until("SELECT COUNT(*) FROM users WHERE email = 'admiral@example.org'", 1).await;
    assert_eq!(eye.count("SELECT COUNT(*) FROM sync_runs WHERE outcome = 'held'").await, 1, "one run is held, not many");
    site.muster.stop().await;
}

#[tokio::test]
async fn where_people_who_leave_are_deleted_a_followed_leaver_is_deleted_too() {
    let slapd = Slapd::start(&company()).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    site.set(&[("LDAP_SOFT_DELETE_USERS", "false")]);
    let eye = serve_following(&mut site).await;
    assert_eq!(eye.count("SELECT COUNT(*) FROM users WHERE username = 'linus'").await, 1);
    slapd.tools().delete(&person_dn("linus")).await;
    eye.until("SELECT COUNT(*) FROM users WHERE username = 'linus'", 0).await;
    site.muster.stop().await;
}

#[tokio::test]
async fn who_was_missing_at_a_sign_in_is_deleted_by_the_next_run_as_the_settings_say() {
    for (settings, days) in [(("LDAP_SOFT_DELETE_USERS", "false"), 0), (("LDAP_DELETE_AFTER_DAYS", "30"), 31_i64)] {
        let slapd = Slapd::start(&company()).await;
        let mut site = Site::new(Engine::Sqlite).await;
        site.use_slapd(&slapd);
        site.set(&[("LDAP_SYNC_AT_SIGN_IN", "true"), ("TRUST_PROXY", "true"), settings]);
        site.sync("applied").await;
        site.muster.serve().await;
        let eye = Eye::of(&site).await;
        eye.until("SELECT COUNT(*) FROM sync_runs WHERE started_by = 'start' AND outcome IS NOT NULL", 1).await;
        let (browser, passkeys) = (Browser::new(&site.muster.url()), SoftwarePasskeys::new(&site.muster.url()));
        enrol(&site, &browser, &passkeys, "linus").await;
        slapd.tools().delete(&person_dn("linus")).await;
        assert_ne!(sign_in(&site, &Browser::new(&site.muster.url()), &passkeys).await, 200);
        assert_eq!(eye.count(LINUS_IS_OUT).await, 1, "the sign-in saw it, and deletes nobody");
        site.execute("UPDATE users SET left_at = left_at - $1 WHERE username = 'linus'", vec![(days * 86_400_000).into()]).await;
        let preview = site.muster.run(["directory", "preview"]).await;
        assert!(preview.stdout.contains("1 who had left deleted for good"), "nothing is deleted without a word before: {preview:?}");
        let report = site.sync("applied").await;
        assert_eq!((&report["users"]["deleted"], &report["users"]["disabled"]), (&json!(1), &json!(0)), "{settings:?}: {report}");
        assert_eq!(eye.count("SELECT COUNT(*) FROM users WHERE username = 'linus'").await, 0);
        site.muster.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_keeps_no_change_log_is_asked_by_modify_timestamp() {
    // A slapd without syncprov: nothing to follow but the time each entry was changed.
    let access = vec!["to attrs=userPassword by anonymous auth by * none".to_owned(), format!("to * by dn.exact=\"{SERVICE_DN}\" read by * none")];
    let slapd = Slapd::start_with(&Options { unprepared: true, access, ..Options::default() }, &company()).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    let eye = serve_following(&mut site).await;
    assert_eq!(site.text("SELECT mode FROM directory_following").await, "timestamps");

    slapd.tools().modify(&named(&person_dn("grace"), "replace: mail\nmail: admiral@example.org")).await;
    let changed = eye.until(GRACE_IS_ADMIRAL, 1).await;
    slapd.tools().add(&person("alan", "Alan", "Turing")).await;
    let added = eye.until("SELECT COUNT(*) FROM users WHERE username = 'alan' AND directory_state = 'active'", 1).await;
    let admins = format!("cn=admins,ou=groups,{BASE}");
    slapd.tools().modify(&named(&admins, &format!("add: member\nmember: {}", person_dn("grace")))).await;
    let promoted = eye.until(ADMINS, 2).await;
    // What is not there has no time: deletions wait for the regular sync, as the page says.
    slapd.tools().delete(&person_dn("linus")).await;
    slapd.tools().modify(&named(&person_dn("grace"), "replace: mail\nmail: grace@example.org")).await;
    eye.until(GRACE_IS_ADMIRAL, 0).await;
    assert_eq!(eye.count(LINUS_IS_OUT).await, 0);
    site.sync("applied").await;
    assert_eq!(eye.count(LINUS_IS_OUT).await, 1);
    eprintln!("in force: {changed:?} changed, {added:?} added, {promoted:?} promoted");
    site.muster.stop().await;
}

#[tokio::test]
async fn a_place_that_is_renamed_makes_a_run_that_reads_everything() {
    let unit = format!("dn: ou=north,ou=people,{BASE}\nobjectClass: organizationalUnit\nou: north\n\n");
    let moved = person("ada", "Ada", "Lovelace").replace(",ou=people,", ",ou=north,ou=people,");
    let slapd = Slapd::start(&(unit + &moved + &person("grace", "Grace", "Hopper"))).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    let eye = serve_following(&mut site).await;
    slapd.tools().rename(&format!("ou=north,ou=people,{BASE}"), "ou=south", None).await;
    eye.until("SELECT COUNT(*) FROM users WHERE entry_dn = 'uid=ada,ou=south,ou=people,dc=example,dc=org'", 1).await;
    site.muster.stop().await;
}

#[tokio::test]
async fn changes_in_active_directory_are_followed() {
    let domain = Samba::start().await;
    domain.add_user("grace", "Grace", "Hopper").await;
    domain.add_user("linus", "Linus", "Torvalds").await;
    domain.add_user("alan", "Alan", "Turing").await;
    domain.add_group("Engineers", &[&user_dn("linus")]).await;
    let mut site = Site::new(Engine::Sqlite).await;
    crate::samba_sync::use_domain(&mut site, &domain);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    let eye = serve_following(&mut site).await;
    assert_eq!(site.text("SELECT mode FROM directory_following").await, "usn");

    domain.set(&user_dn("grace"), "mail", "admiral@example.org").await;
    let changed = eye.until(GRACE_IS_ADMIRAL, 1).await;
    domain.set_disabled(&user_dn("alan"), true).await;
    let disabled = eye.until("SELECT COUNT(*) FROM users WHERE username = 'alan' AND directory_state = 'disabled'", 1).await;
    domain.delete("linus").await;
    let gone = eye.until(LINUS_IS_OUT, 1).await;
    domain.add_member("Engineers", &user_dn("grace")).await;
    let joined = eye.until("SELECT COUNT(*) FROM group_members m JOIN users u ON u.id = m.user_id WHERE u.username = 'grace'", 1).await;
    eprintln!("in force: {changed:?} changed, {disabled:?} disabled, {gone:?} gone, {joined:?} joined");
    site.muster.stop().await;
}

#[tokio::test]
async fn at_a_sign_in_a_silent_server_leaves_time_for_the_one_behind_it() {
    // Takes connections and never agrees on TLS.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let slapd = Slapd::start(&company()).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    let authority = std::fs::read_to_string(slapd.authority()).expect("the authority");
    let both = format!("ldaps://{} {}", silent.local_addr().expect("an address"), slapd.url());
    site.set(&[("LDAP_URL", &both), ("LDAP_CA_CERTIFICATE", &authority), ("LDAP_CONNECT_SECONDS", "1")]);
    site.set(&[("LDAP_SYNC_AT_SIGN_IN", "true"), ("TRUST_PROXY", "true")]);
    site.sync("applied").await;
    site.muster.serve().await;
    let eye = Eye::of(&site).await;
    eye.until("SELECT COUNT(*) FROM sync_runs WHERE started_by = 'start' AND outcome IS NOT NULL", 1).await;
    let (browser, passkeys) = (Browser::new(&site.muster.url()), SoftwarePasskeys::new(&site.muster.url()));
    enrol(&site, &browser, &passkeys, "linus").await;
    slapd.tools().delete(&person_dn("linus")).await;
    assert_ne!(sign_in(&site, &Browser::new(&site.muster.url()), &passkeys).await, 200, "the second server knows that they left");
    assert_eq!(eye.count(LINUS_IS_OUT).await, 1);
    site.muster.stop().await;
}

#[tokio::test]
async fn changes_in_389_directory_server_are_followed() {
    let ds389 = Ds389::start(&company()).await;
    let mut site = Site::new(Engine::Sqlite).await;
    crate::ds389_sync::use_ds389(&mut site, &ds389);
    let eye = serve_following(&mut site).await;
    assert_eq!(site.text("SELECT mode FROM directory_following").await, "persistent_search");

    ds389.tools().modify(&named(&person_dn("grace"), "replace: mail\nmail: admiral@example.org")).await;
    let changed = eye.until(GRACE_IS_ADMIRAL, 1).await;
    ds389.set_locked(&person_dn("grace"), true).await;
    let disabled = eye.until("SELECT COUNT(*) FROM users WHERE username = 'grace' AND directory_state = 'disabled'", 1).await;
    ds389.tools().delete(&person_dn("linus")).await;
    let gone = eye.until(LINUS_IS_OUT, 1).await;
    ds389.set_locked(&person_dn("grace"), false).await;
    let admins = format!("cn=admins,ou=groups,{}", ds389::BASE);
    ds389.tools().modify(&named(&admins, &format!("add: member\nmember: {}", person_dn("grace")))).await;
    let promoted = eye.until(ADMINS, 2).await;
    eprintln!("in force: {changed:?} changed, {disabled:?} disabled, {gone:?} gone, {promoted:?} promoted");
    site.muster.stop().await;
}

#[tokio::test]
async fn whoever_signs_in_is_asked_for_and_a_directory_that_is_away_keeps_nobody_out() {
    let mut slapd = Slapd::start(&company()).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    site.set(&[("LDAP_SYNC_AT_SIGN_IN", "true"), ("TRUST_PROXY", "true")]);
    site.sync("applied").await;
    site.muster.serve().await;
    let eye = Eye::of(&site).await;
    // The run of the server's start must not be the one that sees the changes.
    eye.until("SELECT COUNT(*) FROM sync_runs WHERE started_by = 'start' AND outcome IS NOT NULL", 1).await;
    let url = site.muster.url();
    let fresh = || Browser::new(&url);
    let mut passkeys = Vec::new();
    for name in ["grace", "linus"] {
        let (browser, device) = (fresh(), SoftwarePasskeys::new(&site.muster.url()));
        enrol(&site, &browser, &device, name).await;
        passkeys.push((browser, device));
    }
    let [(_, grace), (linus_browser, linus)] = &passkeys[..] else { unreachable!() };
    let link = text(&site.muster.run(["one-time-access-token", "linus", "--format", "json"]).await.json()["url"]);

    slapd.tools().modify(&named(&person_dn("grace"), "replace: mail\nmail: admiral@example.org")).await;
    assert_eq!(sign_in(&site, &fresh(), grace).await, 200);
    assert_eq!(eye.count(GRACE_IS_ADMIRAL).await, 1);

    // Away: nobody is kept out, and only the first one waits.
    slapd.stop().await;
    assert_eq!(sign_in(&site, &fresh(), grace).await, 200);
    assert_eq!(sign_in(&site, &fresh(), linus).await, 200);
    slapd.start_again().await;
    slapd.tools().delete(&person_dn("linus")).await;

    // A failure is remembered for half a minute; another process has not seen it.
    site.muster.stop().await;
    site.muster.serve().await;
    let stranger = fresh();
    let page = stranger.get(&link).await;
    let path = page.url.path().to_owned();
    stranger.submit(&page, &path, &[]).await;
    assert_ne!(stranger.get("/account").await.status, 200, "the link opens nothing");
    assert_eq!(eye.count(LINUS_IS_OUT).await, 1);
    assert_ne!(sign_in(&site, &fresh(), linus).await, 200);
    assert_ne!(linus_browser.get("/account").await.status, 200, "the session is dead");
    assert_eq!(eye.count("SELECT COUNT(*) FROM sync_runs WHERE started_by = 'follow'").await, 0);
    site.muster.stop().await;
}

#[tokio::test]
async fn whoever_left_the_import_group_does_not_come_back_by_signing_in() {
    let slapd = Slapd::start(&company()).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    site.set(&[("LDAP_IMPORT_GROUP", "engineers"), ("LDAP_SYNC_AT_SIGN_IN", "true"), ("TRUST_PROXY", "true")]);
    site.sync("applied").await;
    site.muster.serve().await;
    let eye = Eye::of(&site).await;
    eye.until("SELECT COUNT(*) FROM sync_runs WHERE started_by = 'start' AND outcome IS NOT NULL", 1).await;
    let (browser, passkeys) = (Browser::new(&site.muster.url()), SoftwarePasskeys::new(&site.muster.url()));
    enrol(&site, &browser, &passkeys, "linus").await;
    let engineers = format!("cn=engineers,ou=groups,{BASE}");
    slapd.tools().modify(&named(&engineers, &format!("delete: member\nmember: {}", person_dn("linus")))).await;
    site.sync("applied").await;
    assert_eq!(eye.count(LINUS_IS_OUT).await, 1);
    // The entry is there as ever and fits the filter for people.
    assert_ne!(sign_in(&site, &Browser::new(&site.muster.url()), &passkeys).await, 200);
    assert_eq!(eye.count(LINUS_IS_OUT).await, 1, "the sign-in brought nobody back");
    slapd.tools().modify(&named(&engineers, &format!("add: member\nmember: {}", person_dn("linus")))).await;
    site.sync("applied").await;
    assert_eq!(sign_in(&site, &Browser::new(&site.muster.url()), &passkeys).await, 200, "a run that reads the group does");
    site.muster.stop().await;
}

#[tokio::test]
async fn who_is_not_in_the_import_group_is_not_taken_over_by_following_either() {
    let slapd = Slapd::start(&company()).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    // Groups say who belongs here and are not taken over themselves.
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    site.set(&[("LDAP_IMPORT_GROUP", "engineers"), ("LDAP_SYNC_GROUPS", "false")]);
    let eye = serve_following(&mut site).await;
    slapd.tools().modify(&named(&person_dn("grace"), "replace: mail\nmail: admiral@example.org")).await;
    slapd.tools().modify(&named(&person_dn("linus"), "replace: mail\nmail: penguin@example.org")).await;
    eye.until("SELECT COUNT(*) FROM users WHERE email = 'penguin@example.org'", 1).await;
    assert_eq!(eye.count("SELECT COUNT(*) FROM users WHERE username = 'grace'").await, 0);
    site.muster.stop().await;
}

#[tokio::test]
async fn a_second_request_joins_the_run_that_goes_on() {
    let slapd = Slapd::start(&organisation(300, 30)).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    site.muster.run(["directory", "runs"]).await;
    // The directory answers only when the second has seen that the first is at it.
    slapd.freeze();
    let first = site.muster.start(["directory", "sync", "--format", "json"], "first.log");
    wait_until("the first run to begin", async || site.count("SELECT COUNT(*) FROM sync_runs").await == 1).await;
    let second = site.muster.start(["directory", "sync", "--format", "json"], "second.log");
    wait_until("the second to wait for it", async || second.log().contains("waiting for its result")).await;
    slapd.thaw();
    let report = async |mut run: Server| {
        wait_until("the run's report", async || run.ended().is_some()).await;
        let log = run.log();
        let json = log.find("{\n").unwrap_or_else(|| panic!("no report in {log}"));
        serde_json::from_str::<Value>(&log[json..]).unwrap_or_else(|error| panic!("{error} in {log}"))
    };
    let (first, second) = (report(first).await, report(second).await);
    assert_eq!((&first["run_id"], &first["users"]["created"]), (&second["run_id"], &json!(300)));
    assert_eq!(site.count("SELECT COUNT(*) FROM sync_runs").await, 1);
}

/// How soon single changes are in force at rest, with a few thousand people: printed, and asserted with room for a busy machine.
#[tokio::test]
async fn with_thousands_of_people_a_change_is_in_force_within_a_second() {
    const ROUNDS: usize = 60;
    let slapd = Slapd::start(&organisation(5_000, 50)).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    site.muster.unset("LDAP_ADMIN_GROUP_NAME");
    let eye = serve_following(&mut site).await;
    let mut took = Vec::new();
    for round in 1..=ROUNDS {
        let mail = format!("round{round}@example.org");
        slapd.tools().modify(&named(&person_dn(&format!("person{round:06}")), &format!("replace: mail\nmail: {mail}"))).await;
        let wanted = i64::try_from(round).expect("few");
        took.push(eye.until("SELECT COUNT(*) FROM users WHERE email LIKE 'round%'", wanted).await);
    }
    let mut members = Vec::new();
    for round in 1..=10_i64 {
        let team = format!("cn=team0001,ou=groups,{BASE}");
        let change = format!("add: member\nmember: {}", person_dn(&format!("person{:06}", round * 50)));
        let before = eye.count("SELECT COUNT(*) FROM group_members").await;
        slapd.tools().modify(&named(&team, &change)).await;
        members.push(eye.until("SELECT COUNT(*) FROM group_members", before + 1).await);
    }
    took.sort_unstable();
    members.sort_unstable();
    let at = |share: usize| took[(took.len() * share / 100).min(took.len() - 1)];
    eprintln!("a person's change: p50 {:?}, p99 {:?}; a membership: p50 {:?}, worst {:?}", at(50), at(99), members[5], members[9]);
    assert!(at(99) < Duration::from_secs(3) && members[9] < Duration::from_secs(5));
    site.muster.stop().await;
}
