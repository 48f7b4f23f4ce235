//! The modules of `oidcc-backchannel-rp-initiated-logout-certification-test-plan`, by their names; and that every end of a session is told, whatever ends it,
//! whatever the app answers, whichever instance is there to tell it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use muster::audit::Actor;
use muster::clients::{Registration, SigningAlg};
use muster::db::query;
use muster::users::User;
use muster::{access_links, web};
use serde_json::{Value, json};

use crate::directory::enrol;
use crate::directory_site::on_each_database as on_each_site;
use crate::oidc_relying_party::{RelyingParty, verified};
use crate::oidc_support::{Client, Provider, answered, claims, on_both_databases, plain};
use crate::support::authenticator::SoftwarePasskeys;
use crate::support::http::{Browser, answer};
use crate::support::slapd::{group, person, person_dn};
use crate::support::wait_until;

/// The one event of a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Checks a logout token as the suite does: what it must hold, what it must not, and that it is about this session.
async fn assert_about(provider: &Provider, token: &str, client: &Client, id_token: &Value) -> Value {
    let (header, said) = verified(provider, token).await;
    assert_eq!(header["typ"], "logout+jwt");
    let names: BTreeSet<&str> = said.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["iss", "aud", "sub", "iat", "exp", "jti", "events", "sid"]));
    assert_eq!((&said["iss"], &said["aud"]), (&json!(provider.base), &json!(client.client_id)));
    assert_eq!((&said["sub"], &said["sid"]), (&id_token["sub"], &id_token["sid"]));
    assert_eq!(said["events"], json!({ EVENT: {} }));
    let (iat, exp, now) = (said["iat"].as_i64().expect("iat"), said["exp"].as_i64().expect("exp"), provider.now().as_seconds());
    assert!((now - 86_400..=now).contains(&iat) && exp > iat && exp <= iat + 120, "{said}");
    said
}

#[tokio::test]
async fn oidcc_backchannel_logout_discovery_endpoint_verification() {
    on_both_databases(async |provider| {
        let metadata = answer(plain().get(format!("{}/.well-known/openid-configuration", provider.base))).await.json();
        assert_eq!((&metadata["backchannel_logout_supported"], &metadata["backchannel_logout_session_supported"]), (&json!(true), &json!(true)));
        assert!(metadata["end_session_endpoint"].is_string());
    })
    .await;
}

#[tokio::test]
async fn oidcc_backchannel_rp_initiated_logout() {
    on_both_databases(async |provider| {
        for alg in SigningAlg::ALL {
            let app = RelyingParty::start().await;
            let ada = provider.person(&format!("ada-{}", alg.as_str())).await;
            let browser = provider.browser_of(&ada).await;
            let client = provider
                .client_with(
                    |it| {
                        app.told(it);
                        it.signing_alg = alg;
                    },
                    &[],
                )
                .await;
            let tokens = client.tokens(&browser, &[]).await;
            let query = [("id_token_hint", tokens["id_token"].as_str().unwrap()), ("post_logout_redirect_uri", &app.at("/bye")), ("state", "a")];
            let done = browser.get(&format!("/api/oidc/end-session?{}", serde_urlencoded::to_string(query).unwrap())).await;
            assert_eq!(done.header("location"), app.at("/bye?state=a"));
            let told = app.logout_tokens(1).await;
            let (header, _) = verified(provider, &told[0]).await;
            assert_eq!(header["alg"], alg.as_str());
            assert_about(provider, &told[0], &client, &claims(&tokens)).await;
            let denied = answered(&browser.get(&client.request(&[("prompt", "none")])).await);
            assert_eq!(denied.get("error").map(String::as_str), Some("login_required"));
            assert_eq!(app.heard("/backchannel").len(), 1, "once");
        }
    })
    .await;
}

/// Somebody with a session that an app takes part in.
struct Visit {
    user: User,
    browser: Browser,
    id_token: Value,
}

async fn visit(provider: &Provider, client: &Client, name: &str) -> Visit {
    let user = provider.person(name).await;
    visit_as(provider, client, user).await
}

async fn visit_as(provider: &Provider, client: &Client, user: User) -> Visit {
    let browser = provider.browser_of(&user).await;
    let id_token = claims(&client.tokens(&browser, &[]).await);
    Visit { user, browser, id_token }
}

async fn administrator(provider: &Provider) -> Browser {
    let root = provider.person("root").await;
    provider.execute(query("UPDATE users SET local_admin = $1 WHERE id = $2").bind(true).bind(root.id)).await;
    provider.browser_of(&root).await
}

#[tokio::test]
async fn every_way_a_session_ends_is_told() {
    on_both_databases(async |provider| {
        let (app, root) = (RelyingParty::start().await, administrator(provider).await);
        let client = provider.client_with(|it| app.told(it), &[]).await;
        let mut count = 0;
        let mut told = async |how: &str, visit: &Visit| {
            count += 1;
            let tokens = app.logout_tokens(count).await;
            let (_, said) = verified(provider, &tokens[count - 1]).await;
            assert_eq!((&said["sub"], &said["sid"]), (&visit.id_token["sub"], &visit.id_token["sid"]), "{how}");
        };

        let ada = visit(provider, &client, "signs-out").await;
        let page = ada.browser.get("/sign-out").await;
        ada.browser.submit(&page, "/sign-out", &[]).await;
        told("signing out", &ada).await;

        let ada = visit(provider, &client, "ends-own").await;
        let page = ada.browser.get("/account/sessions").await;
        let action = page.attribute("form[action$='/end']", "action").expect("a form");
        ada.browser.submit(&page, &action, &[]).await;
        told("ending one session", &ada).await;

        let ada = visit(provider, &client, "ends-others").await;
        let elsewhere = provider.browser_of(&ada.user).await;
        let page = elsewhere.get("/account/sessions").await;
        elsewhere.submit(&page, "/account/sessions/end-others", &[]).await;
        told("ending the others", &ada).await;

        for how in ["end-sessions", "block", "delete"] {
            let ada = visit(provider, &client, how).await;
            let page = root.get(&format!("/admin/users/{}", ada.user.id)).await;
            let done = root.submit(&page, &format!("/admin/users/{}/{how}", ada.user.id), &[]).await;
            assert!(done.status.is_redirection(), "{how}: {}", done.body);
            told(how, &ada).await;
        }

        // Somebody else at the same browser.
        let ada = visit(provider, &client, "leaves-the-browser").await;
        let grace = provider.person("grace").await;
        let link = access_links::make(&provider.running.app, &Actor::command_line(), &web::Client::default(), &grace, Duration::from_secs(600)).await;
        let page = ada.browser.get(&link.expect("a link").url).await;
        let path = page.url.path().to_owned();
        ada.browser.submit(&page, &path, &[]).await;
        told("somebody else signing in", &ada).await;

        let ada = visit(provider, &client, "voided").await;
        provider.execute(query("UPDATE users SET access_void_until = $1 WHERE id = $2").bind(provider.now()).bind(ada.user.id)).await;
        muster::sessions::sweep(&provider.running.app, provider.now()).await.unwrap();
        told("access that was voided behind everybody's back", &ada).await;

        let ada = visit(provider, &client, "lost").await;
        provider.execute(query("DELETE FROM sessions WHERE user_id = $1").bind(ada.user.id)).await;
        muster::sessions::sweep(&provider.running.app, provider.now()).await.unwrap();
        told("a session whose row is gone", &ada).await;

        let ada = visit(provider, &client, "idles").await;
        // Long after every token and grant was swept.
        provider.wait(Duration::from_secs(400 * 86_400));
        muster::oidc::sweep(&provider.running.app, provider.now()).await.unwrap();
        muster::sessions::sweep(&provider.running.app, provider.now()).await.unwrap();
        told("expiry", &ada).await;

        // The app has heard of it before the server has read its answer and crossed the notice out.
        wait_until("all notices to be crossed out", async || provider.count("SELECT COUNT(*) FROM logout_notices").await == 0).await;
        assert_eq!(provider.count("SELECT COUNT(*) FROM session_apps").await, 0);
        assert_eq!(app.heard("/backchannel").len(), count);
        let page = root.get("/admin/clients").await;
        assert_eq!(page.status.as_u16() / 100, 3, "the administrator's session is over too");
    })
    .await;
}

#[tokio::test]
async fn only_apps_that_took_part_and_want_it_are_told_each_by_its_own_name_of_the_session() {
    on_both_databases(async |provider| {
        let (wiki, mail, stranger) = (RelyingParty::start().await, RelyingParty::start().await, RelyingParty::start().await);
        let (told, told_too) = (provider.client_with(|it| wiki.told(it), &[]).await, provider.client_with(|it| mail.told(it), &[]).await);
        provider.client_with(|it| stranger.told(it), &[]).await;
        let silent = provider.client().await;
        let ada = visit(provider, &told, "ada").await;
        let at_mail = claims(&told_too.tokens(&ada.browser, &[]).await);
        silent.tokens(&ada.browser, &[]).await;
        let page = ada.browser.get("/sign-out").await;
        ada.browser.submit(&page, "/sign-out", &[]).await;
        let to_wiki = assert_about(provider, &wiki.logout_tokens(1).await[0], &told, &ada.id_token).await;
        let to_mail = assert_about(provider, &mail.logout_tokens(1).await[0], &told_too, &at_mail).await;
        assert_ne!(to_wiki["sid"], to_mail["sid"], "apps cannot compare");
        assert_ne!(to_wiki["jti"], to_mail["jti"]);
        assert_eq!((wiki.heard("/backchannel").len(), mail.heard("/backchannel").len(), stranger.heard("/backchannel").len()), (1, 1, 0));
    })
    .await;
}

async fn sign_out(visit: &Visit) -> Duration {
    let page = visit.browser.get("/sign-out").await;
    let begun = Instant::now();
    let done = visit.browser.submit(&page, "/sign-out", &[]).await;
    assert!(done.status.is_redirection());
    begun.elapsed()
}

async fn last_result(provider: &Provider) -> (String, String) {
    let sql = "SELECT outcome, detail FROM client_logout_results";
    query(sql).one(&mut provider.running.app.db.read().await.expect("a connection")).await.expect("a result")
}

#[tokio::test]
async fn a_slow_app_delays_neither_the_sign_out_nor_another_app() {
    on_both_databases(async |provider| {
        let (slow, quick) = (RelyingParty::start().await, RelyingParty::start().await);
        slow.stall();
        let to_slow = provider.client_with(|it| slow.told(it), &[]).await;
        let to_quick = provider.client_with(|it| quick.told(it), &[]).await;
        for round in 0..10 {
            let ada = visit(provider, &to_slow, &format!("ada{round}")).await;
            to_quick.tokens(&ada.browser, &[]).await;
            let took = sign_out(&ada).await;
            let begun = Instant::now();
            quick.logout_tokens(round + 1).await;
            let told = begun.elapsed();
            eprintln!("signing out took {took:?}, the quick app knew {told:?} later");
            // The slow one has five seconds for each try.
            assert!(took < Duration::from_secs(3) && told < Duration::from_secs(3), "{took:?} {told:?}");
        }
        let waiting = "SELECT COUNT(DISTINCT client_id) FROM logout_notices";
        wait_until("only the slow one's notices to be left", async || provider.count(waiting).await == 1).await;
    })
    .await;
}

#[tokio::test]
async fn an_app_that_is_down_is_told_when_it_is_up_again_with_a_fresh_token_each_time() {
    on_both_databases(async |provider| {
        let app = RelyingParty::start().await;
        let client = provider.client_with(|it| app.told(it), &[]).await;
        app.will_answer(&[(503, "out of order"), (302, ""), (404, ""), (204, "")]);
        let ada = visit(provider, &client, "ada").await;
        sign_out(&ada).await;
        for (tries, wait) in [(1, 5), (2, 20), (3, 80)] {
            app.logout_tokens(tries).await;
            wait_until("the failure to be noted", async || {
                provider.count("SELECT COALESCE(MAX(due_at), 0) FROM logout_notices").await > provider.now().as_millis()
                    && provider.count("SELECT COALESCE(MAX(attempts), 0) FROM logout_notices").await == i64::try_from(tries).unwrap()
                    && provider.count("SELECT COUNT(*) FROM client_logout_results WHERE outcome = 'delayed'").await == 1
            })
            .await;
            provider.wait(Duration::from_secs(wait + 30));
        }
        let tokens = app.logout_tokens(4).await;
        wait_until("the notice to be done", async || provider.count("SELECT COUNT(*) FROM logout_notices").await == 0).await;
        let mut ids = BTreeSet::new();
        for token in &tokens {
            ids.insert(assert_about(provider, token, &client, &ada.id_token).await["jti"].to_string());
        }
        assert_eq!(ids.len(), 4, "each has a jti of its own");
        assert_eq!(last_result(provider).await, ("told".to_owned(), String::new()));
        assert_eq!(provider.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'logout_notice_failed'").await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_an_app_refuses_or_never_hears_is_on_its_page_and_in_the_audit_log() {
    on_both_databases(async |provider| {
        let (app, root) = (RelyingParty::start().await, administrator(provider).await);
        let client = provider.client_with(|it| app.told(it), &[]).await;
        app.will_answer(&[(400, r#"{"error":"invalid_request","error_description":"<b>no</b> such session"}"#)]);
        sign_out(&visit(provider, &client, "ada").await).await;
        let failed = "SELECT COUNT(*) FROM audit_events WHERE kind = 'logout_notice_failed'";
        wait_until("the refusal to be noted", async || provider.count(failed).await == 1).await;
        assert_eq!(provider.count("SELECT COUNT(*) FROM logout_notices").await, 0, "it is not asked again");
        let page = root.get(&format!("/admin/clients/{}", client.id)).await;
        let words = page.texts("#sign-outs").join(" ");
        assert!(words.contains("refused") && words.contains("invalid_request: <b>no</b> such session") && words.contains("never"), "{words}");
        assert!(root.get("/admin/audit").await.body.contains("App not told of a sign-out"));

        app.will_answer(&[(500, ""), (500, "")]);
        sign_out(&visit(provider, &client, "grace").await).await;
        app.logout_tokens(2).await;
        wait_until("the failure to be noted", async || last_result(provider).await.0 == "delayed").await;
        provider.wait(Duration::from_secs(25 * 3600));
        wait_until("the notice to be given up", async || provider.count(failed).await == 2).await;
        assert_eq!(last_result(provider).await, ("given_up".to_owned(), "It answered with status 500.".to_owned()));
        assert_eq!(provider.count("SELECT COUNT(*) FROM logout_notices").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_app_without_a_session_is_told_of_the_person_unless_it_wants_sessions_only() {
    on_both_databases(async |provider| {
        let (any, strict, root) = (RelyingParty::start().await, RelyingParty::start().await, administrator(provider).await);
        let loose = |it: &mut Registration| {
            any.told(it);
            it.policies.logout.backchannel_logout_session_required = false;
        };
        let clients = [provider.client_with(loose, &[]).await, provider.client_with(|it| strict.told(it), &[]).await];
        let ada = provider.person("ada").await;
        for client in &clients {
            visit_as(provider, client, ada.clone()).await;
        }
        // As a device's grant is: of no browser session.
        provider.execute(query("UPDATE grants SET session_id = NULL")).await;
        provider.execute(query("DELETE FROM session_apps")).await;
        let page = root.get(&format!("/admin/users/{}", ada.id)).await;
        root.submit(&page, &format!("/admin/users/{}/end-sessions", ada.id), &[]).await;
        let (_, said) = verified(provider, &any.logout_tokens(1).await[0]).await;
        assert_eq!((&said["sub"], said.get("sid")), (&json!(ada.id.to_string()), None));
        assert_eq!(strict.heard("/backchannel").len(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_notice_whose_instance_died_is_sent_by_another_and_one_of_many_is_sent_once() {
    on_both_databases(async |provider| {
        let app = RelyingParty::start().await;
        let client = provider.client_with(|it| app.told(it), &[]).await;
        let ada = visit(provider, &client, "ada").await;
        // Claimed, and then the power went: as the row stands after a crash between claim and result.
        let (session, now) = (muster::id::SessionId::new(), provider.now());
        let insert =
            "INSERT INTO logout_notices (id, client_id, user_id, session_id, created_at, due_at, attempts) VALUES ($1, $2, $3, $4, $5, $6, 1)";
        let insert = query(insert).bind(muster::id::LogoutNoticeId::new()).bind(client.id).bind(ada.user.id).bind(session).bind(now);
        provider.execute(insert.bind(now + Duration::from_secs(30))).await;
        provider.wait(Duration::from_secs(31));
        app.logout_tokens(1).await;

        let second = provider.another_instance().await;
        for round in 1..=20 {
            let visit = visit(provider, &client, &format!("grace{round}")).await;
            sign_out(&visit).await;
        }
        app.logout_tokens(21).await;
        wait_until("all notices to be done", async || provider.count("SELECT COUNT(*) FROM logout_notices").await == 0).await;
        assert_eq!(app.heard("/backchannel").len(), 21, "each once");
        second.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_app_that_wants_no_notices_any_more_gets_none() {
    on_both_databases(async |provider| {
        let app = RelyingParty::start().await;
        let client = provider.client_with(|it| app.told(it), &[]).await;
        app.will_answer(&[(503, "")]);
        sign_out(&visit(provider, &client, "ada").await).await;
        app.logout_tokens(1).await;
        wait_until("the failure to be noted", async || provider.count("SELECT COUNT(*) FROM client_logout_results").await == 1).await;
        provider.execute(query("UPDATE clients SET policy = '{}'")).await;
        provider.wait(Duration::from_secs(60));
        wait_until("the notice to be forgotten", async || provider.count("SELECT COUNT(*) FROM logout_notices").await == 0).await;
        assert_eq!(app.heard("/backchannel").len(), 1);
    })
    .await;
}

/// Through the pages an administrator uses: what is typed is kept, and what cannot be called is refused with its reason.
#[tokio::test]
async fn an_administrator_enters_where_an_app_is_told() {
    on_both_databases(async |provider| {
        let (root, client) = (administrator(provider).await, provider.client().await);
        let path = format!("/admin/clients/{}", client.id);
        let page = root.get(&path).await;
        let wrong = [("backchannel_logout_uri", "app.example.org/logout"), ("frontchannel_logout_uri", "https://elsewhere.example.org/logout")];
        let refused = root.submit(&page, &path, &wrong).await;
        assert_eq!(refused.status, 422);
        assert!(refused.texts("#m-backchannel_logout_uri").join("").starts_with("This is not a full address"));
        assert!(refused.texts("#m-frontchannel_logout_uri").join("").starts_with("The page must be at the same place as a redirect URI"));
        let right = [
            ("backchannel_logout_uri", "http://10.0.0.7:3000/logout"),
            ("backchannel_logout_session_required", "true"),
            ("frontchannel_logout_uri", "https://wiki.example.org/logout"),
        ];
        assert_eq!(root.submit(&page, &path, &right).await.header("location"), format!("{path}?notice=saved"));
        let page = root.get(&path).await;
        for (field, value) in right {
            assert_eq!(page.attribute(&format!("[name={field}]"), "value").as_deref(), Some(value));
        }
        assert!(page.attribute("[name=backchannel_logout_session_required]", "checked").is_some());
        assert!(page.attribute("[name=frontchannel_logout_session_required]", "checked").is_none());
    })
    .await;
}

/// A device has tokens and no session: the app behind it is told too, before all that says so is deleted with the person.
#[tokio::test]
async fn whoever_the_directory_deletes_is_out_of_the_apps_on_their_devices_too() {
    let company = person("ada", "Ada", "Lovelace") + &person("linus", "Linus", "Torvalds") + &group("admins", &["ada"]);
    on_each_site(&company, async |site, slapd| {
        site.set(&[("LDAP_SOFT_DELETE_USERS", "false")]);
        site.muster.serve().await;
        site.sync("applied").await;
        let app = RelyingParty::start().await;
        let callback = app.at("/callback");
        let made = site
            .muster
            .run(["clients", "create", "--name", "Television", "--redirect-uri", &callback, "--skip-consent", "--format", "json"])
            .await
            .json();
        let policy = json!({ "logout": { "backchannel_logout_uri": app.at("/backchannel") } }).to_string();
        site.execute("UPDATE clients SET policy = $1", vec![policy.as_str().into()]).await;
        let (browser, passkeys) = (Browser::new(&site.muster.url()), SoftwarePasskeys::new(&site.muster.url()));
        enrol(site, &browser, &passkeys, "linus").await;
        let client_id = made["client_id"].as_str().expect("a client id");
        let request = [("client_id", client_id), ("redirect_uri", &callback), ("response_type", "code"), ("scope", "openid")];
        let answer = answered(&browser.get(&format!("/authorize?{}", serde_urlencoded::to_string(request).unwrap())).await);
        assert!(answer.contains_key("code"), "{answer:?}");
        // As a device's grant is: of no browser session.
        site.execute("UPDATE grants SET session_id = NULL", vec![]).await;
        site.execute("DELETE FROM session_apps", vec![]).await;

        slapd.tools().delete(&person_dn("linus")).await;
        site.sync("applied").await;
        assert_eq!(site.count("SELECT COUNT(*) FROM users WHERE username = 'linus'").await, 0);
        let told = app.logout_tokens(1).await;
        let claims = told[0].split('.').nth(1).and_then(muster::secret::from_base64url).expect("claims");
        let claims: Value = serde_json::from_slice(&claims).expect("JSON");
        assert!(claims["sub"].is_string() && claims["sid"].is_null() && claims["aud"] == client_id, "{claims}");
        site.muster.stop().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_leaves_the_directory_is_out_of_their_apps_within_a_second() {
    let company = person("ada", "Ada", "Lovelace") + &person("linus", "Linus", "Torvalds") + &group("admins", &["ada"]);
    on_each_site(&company, async |site, slapd| {
        site.set(&[("LDAP_FOLLOW_CHANGES", "true")]);
        site.muster.serve().await;
        let following = "SELECT COUNT(*) FROM directory_following WHERE since IS NOT NULL AND problem = ''";
        wait_until("the directory to be followed", async || site.count(following).await == 1).await;
        let read = site.muster.run(["directory", "sync", "--format", "json"]).await;
        assert_eq!(read.status, 0, "{read:?}");
        let app = RelyingParty::start().await;
        let callback = app.at("/callback");
        let made =
            site.muster.run(["clients", "create", "--name", "Wiki", "--redirect-uri", &callback, "--skip-consent", "--format", "json"]).await.json();
        let policy = json!({ "logout": { "backchannel_logout_uri": app.at("/backchannel") } }).to_string();
        site.execute("UPDATE clients SET policy = $1", vec![policy.as_str().into()]).await;
        let (browser, passkeys) = (Browser::new(&site.muster.url()), SoftwarePasskeys::new(&site.muster.url()));
        enrol(site, &browser, &passkeys, "linus").await;
        let client_id = made["client_id"].as_str().expect("a client id");
        let request = [("client_id", client_id), ("redirect_uri", &callback), ("response_type", "code"), ("scope", "openid")];
        let answer = answered(&browser.get(&format!("/authorize?{}", serde_urlencoded::to_string(request).unwrap())).await);
        assert!(answer.contains_key("code"), "{answer:?}");

        slapd.tools().delete(&person_dn("linus")).await;
        let gone = "SELECT COUNT(*) FROM users WHERE username = 'linus' AND directory_state = 'missing'";
        wait_until("the departure to be read", async || site.count(gone).await == 1).await;
        let read_at = Instant::now();
        app.logout_tokens(1).await;
        let took = read_at.elapsed();
        eprintln!("the app knows of a departure {took:?} after it was read");
        assert!(took < Duration::from_secs(1), "{took:?}");
        site.muster.stop().await;
    })
    .await;
}
