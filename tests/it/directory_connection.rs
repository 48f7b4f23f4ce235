//! Reaching real servers in every way there is: encryption, certificates, ways to bind, failover, limits; recognising them; passwords.

use std::collections::BTreeMap;
use std::time::Duration;

use muster::clock::Clock;
use muster::directory::client::{
    self, FetchError, FollowMethod, PasswordChange, PasswordVerdict, PersonKey, Phase, Refusal, Step, StepOutcome, Vendor,
};
use muster::directory::config::DirectoryConfig;
use muster::directory::model::EntryId;
use muster::directory::settings;
use muster::secret::Password;

use crate::support::certificates::{self, Flaw};
use crate::support::ds389::{self, Ds389};
use crate::support::free_port;
use crate::support::samba::{self, Samba, user_dn};
use crate::support::slapd::{BASE, Options, SERVICE_DN, SERVICE_PASSWORD, Slapd, group, organisation, person, person_dn};

const WITHIN: Duration = Duration::from_secs(20);

/// The configuration an administrator would have with these settings.
fn config(pairs: &[(&str, &str)]) -> DirectoryConfig {
    let texts: BTreeMap<&str, &str> = pairs.iter().copied().collect();
    settings::read("default", |key| texts.get(key).copied()).expect("settings that can be used")
}

/// The same for a slapd, with what differs.
fn slapd_config(slapd: &Slapd, different: &[(&str, &str)]) -> DirectoryConfig {
    let (url, authority) = (slapd.url(), pem(slapd.authority()));
    let mut pairs = vec![
        ("LDAP_URL", url.as_str()),
        ("LDAP_CA_CERTIFICATE", &authority),
        ("LDAP_BIND_DN", SERVICE_DN),
        ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD),
        ("LDAP_BASE", BASE),
        ("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)"),
    ];
    pairs.extend(different);
    config(&pairs)
}

/// The same for a domain.
fn samba_config(domain: &Samba, url: &str, different: &[(&str, &str)]) -> DirectoryConfig {
    let authority = pem(domain.authority());
    let mut pairs = vec![
        ("LDAP_URL", url),
        ("LDAP_CA_CERTIFICATE", &authority),
        ("LDAP_BIND_DN", samba::ADMIN),
        ("LDAP_BIND_PASSWORD", samba::ADMIN_PASSWORD),
        ("LDAP_BASE", samba::BASE),
        ("LDAP_USER_SEARCH_FILTER", "(&(objectCategory=person)(objectClass=user)(mail=*))"),
        ("LDAP_USER_GROUP_SEARCH_FILTER", "(&(objectClass=group)(!(isCriticalSystemObject=TRUE)))"),
        ("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "objectGUID"),
        ("LDAP_ATTRIBUTE_USER_USERNAME", "sAMAccountName"),
        ("LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "objectGUID"),
    ];
    pairs.extend(different);
    config(&pairs)
}

fn pem(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).expect("a PEM file")
}

async fn people(config: &DirectoryConfig) -> Result<usize, FetchError> {
    client::fetch(config, Clock::system().now()).await.map(|snapshot| snapshot.users.len())
}

fn refused(result: Result<usize, FetchError>, phase: Phase, words: &str) {
    let error = result.expect_err("this cannot work");
    assert!(error.phase == phase && error.message.contains(words), "{:?}: {error}\nmisses: {words}", error.phase);
}

fn step(steps: &[Step], phase: Phase) -> &Step {
    steps.iter().find(|step| step.phase == phase).expect("a step of every phase")
}

fn two_people() -> String {
    person("ada", "Ada", "Lovelace") + &person("grace", "Grace", "Hopper") + &group("admins", &["ada"])
}

#[tokio::test]
async fn every_way_to_an_openldap_server_works() {
    let slapd = Slapd::start_with(&Options { client_certificates: true, socket: true, ..Options::default() }, &two_people()).await;
    let client = certificates::issue_for_client(slapd.directory(), "muster");
    let (certificate, key) = (pem(&client.certificate), pem(&client.key));
    let (tls_url, socket_url) = (slapd.tls_url(), slapd.socket_url());
    let by_address = tls_url.replace("localhost", "127.0.0.1");
    let external: &[(&str, &str)] = &[("LDAP_BIND_METHOD", "external"), ("LDAP_BIND_DN", ""), ("LDAP_BIND_PASSWORD", "")];
    let mutual = [external, &[("LDAP_CLIENT_CERTIFICATE", &certificate), ("LDAP_CLIENT_KEY", &key)]].concat();
    let ways: [(&str, Vec<(&str, &str)>); 9] = [
        ("ldap", vec![]),
        ("StartTLS", vec![("LDAP_START_TLS", "true")]),
        ("ldaps by name", vec![("LDAP_URL", &tls_url)]),
        ("ldaps by address", vec![("LDAP_URL", &by_address)]),
        ("ldaps by address, checked by name", vec![("LDAP_URL", &by_address), ("LDAP_SERVER_NAME", "localhost")]),
        ("ldaps without a look at the certificate", vec![("LDAP_URL", &tls_url), ("LDAP_CA_CERTIFICATE", ""), ("LDAP_SKIP_CERT_VERIFY", "true")]),
        ("client certificate over ldaps", [&mutual[..], &[("LDAP_URL", &tls_url)]].concat()),
        ("client certificate over StartTLS", [&mutual[..], &[("LDAP_START_TLS", "true")]].concat()),
        ("socket", [external, &[("LDAP_URL", &socket_url)]].concat()),
    ];
    for (way, different) in ways {
        let config = slapd_config(&slapd, &different);
        assert_eq!(people(&config).await, Ok(2), "{way}");
        let recognised = client::recognise(&config).await.expect("a server");
        assert_eq!((recognised.vendor, recognised.naming_contexts), (Vendor::OpenLdap, vec![BASE.to_owned()]), "{way}");
        assert_eq!((recognised.pages, recognised.start_tls, recognised.follows.best()), (true, true, FollowMethod::SyncRepl), "{way}");
        let encrypted = config.connection.start_tls || config.connection.servers[0].is_tls();
        assert_eq!(recognised.certificate.map(|facts| facts.names), encrypted.then(|| vec!["localhost".to_owned(), "127.0.0.1".to_owned()]), "{way}");
        let steps = client::test(&config, Clock::system().now()).await;
        assert!(steps.iter().all(|step| !matches!(step.outcome, StepOutcome::Failed | StepOutcome::NotTried)), "{way}: {steps:#?}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said_and_no_password_sent() {
    for (flaw, words) in [
        (Flaw::Expired, "expired on 1 Jan 2021"),
        (Flaw::WrongName, "for elsewhere.example, not for localhost"),
        (Flaw::OtherAuthority, "Authority nobody trusts"),
    ] {
        let slapd = Slapd::start_with(&Options { flaw, ..Options::default() }, &two_people()).await;
        let tls_url = slapd.tls_url();
        let by_name = slapd_config(&slapd, &[("LDAP_URL", &tls_url)]);
        refused(people(&by_name).await, Phase::Tls, words);
        let start_tls = slapd_config(&slapd, &[("LDAP_START_TLS", "true"), ("LDAP_SERVER_NAME", "localhost")]);
        refused(people(&start_tls).await, Phase::Tls, words);
        let told = client::check_password(&by_name, &person_dn("ada"), &Password::new("x"), WITHIN).await;
        assert!(told.is_err_and(|error| error.phase == Phase::Tls));
        if flaw == Flaw::WrongName {
            let by_its_name = slapd_config(&slapd, &[("LDAP_URL", &tls_url), ("LDAP_SERVER_NAME", "elsewhere.example")]);
            assert_eq!(people(&by_its_name).await, Ok(2));
        }
        let steps = client::test(&by_name, Clock::system().now()).await;
        assert_eq!((step(&steps, Phase::Tls).outcome, step(&steps, Phase::Bind).outcome), (StepOutcome::Failed, StepOutcome::NotTried));
    }
    // An authority nobody gave.
    let slapd = Slapd::start(&two_people()).await;
    let unknown = slapd_config(&slapd, &[("LDAP_URL", &slapd.tls_url()), ("LDAP_CA_CERTIFICATE", "")]);
    refused(people(&unknown).await, Phase::Tls, "Authority of the tests");
    // The server's own certificate instead of its authority's: taken for what it is.
    let own = pem(&slapd.directory().join("server.pem"));
    let pinned = slapd_config(&slapd, &[("LDAP_URL", &slapd.tls_url()), ("LDAP_CA_CERTIFICATE", &own)]);
    assert_eq!(people(&pinned).await, Ok(2));
    let wrong = slapd_config(&slapd, &[("LDAP_URL", &slapd.tls_url()), ("LDAP_CA_CERTIFICATE", &own), ("LDAP_SERVER_NAME", "other.example")]);
    refused(people(&wrong).await, Phase::Tls, "another name");
}

#[tokio::test]
async fn the_end_of_a_certificate_is_warned_of() {
    let slapd = Slapd::start(&two_people()).await;
    let config = slapd_config(&slapd, &[("LDAP_URL", &slapd.tls_url())]);
    let not_after = client::recognise(&config).await.expect("a server").certificate.expect("TLS").not_after;
    for (days_before, outcome) in [(31, StepOutcome::Passed), (29, StepOutcome::Warning)] {
        let now = not_after - Duration::from_secs(days_before * 86_400);
        let steps = client::test(&config, now).await;
        let tls = step(&steps, Phase::Tls);
        assert!(tls.outcome == outcome && tls.message.contains(&not_after.day_for_people()), "{tls:?}");
    }
}

#[tokio::test]
async fn the_wrong_port_and_the_wrong_way_to_bind_are_said() {
    let slapd = Slapd::start_with(&Options { client_certificates: true, ..Options::default() }, &two_people()).await;
    let with = |different: &[(&str, &str)]| slapd_config(&slapd, different);
    let tls_port_plain = slapd.tls_url().replace("ldaps://", "ldap://");
    let plain_port_tls = slapd.url().replace("ldap://", "ldaps://");
    refused(people(&with(&[("LDAP_URL", &tls_port_plain), ("LDAP_ANSWER_SECONDS", "5")])).await, Phase::Bind, "ldaps://");
    refused(people(&with(&[("LDAP_URL", &plain_port_tls), ("LDAP_CONNECT_SECONDS", "5")])).await, Phase::Tls, "ldap://");
    refused(people(&with(&[("LDAP_BIND_DN", "muster@example.org")])).await, Phase::Bind, "full DN");
    refused(people(&with(&[("LDAP_BIND_PASSWORD", "wrong")])).await, Phase::Bind, "password is wrong");
    let external: &[(&str, &str)] = &[("LDAP_BIND_METHOD", "external"), ("LDAP_BIND_DN", ""), ("LDAP_BIND_PASSWORD", "")];
    let without = [external, &[("LDAP_START_TLS", "true")]].concat();
    refused(people(&with(&without)).await, Phase::Bind, "client certificate");
    let no_socket = [external, &[("LDAP_URL", "ldapi://%2Fnonexistent%2Fldapi")]].concat();
    refused(people(&with(&no_socket)).await, Phase::Connect, "no socket");
    refused(people(&with(&[("LDAP_URL", "ldap://nothing.invalid")])).await, Phase::Resolve, "could not be resolved");
    let dead = format!("ldap://[::1]:{}", free_port());
    refused(people(&with(&[("LDAP_URL", &dead)])).await, Phase::Connect, "[::1]");
}

#[tokio::test]
async fn a_server_that_insists_on_client_certificates_says_so() {
    let slapd = Slapd::start_with(&Options { insists_on_certificates: true, ..Options::default() }, &two_people()).await;
    let tls_url = slapd.tls_url();
    for different in [("LDAP_URL", tls_url.as_str()), ("LDAP_START_TLS", "true")] {
        let without = people(&slapd_config(&slapd, &[different])).await.expect_err("no certificate");
        assert!(without.message.contains("client certificate"), "{:?}: {without}", without.phase);
        let client = certificates::issue_for_client(slapd.directory(), "anybody");
        let (certificate, key) = (pem(&client.certificate), pem(&client.key));
        let with = slapd_config(&slapd, &[different, ("LDAP_CLIENT_CERTIFICATE", &certificate), ("LDAP_CLIENT_KEY", &key)]);
        assert_eq!(people(&with).await, Ok(2), "a certificate beside name and password");
    }
}

#[tokio::test]
async fn the_second_server_takes_over_and_is_named() {
    let (mut first, second) = (Slapd::start(&two_people()).await, Slapd::start(&two_people()).await);
    let both = format!("{} {}", first.url(), second.url());
    let in_order = slapd_config(&first, &[("LDAP_URL", &both)]);
    assert_eq!(client::fetch(&in_order, Clock::system().now()).await.expect("both run").server, first.url());
    let any = slapd_config(&first, &[("LDAP_URL", &both), ("LDAP_URL_ORDER", "random")]);
    let mut used = std::collections::BTreeSet::new();
    for _ in 0..64 {
        used.insert(client::fetch(&any, Clock::system().now()).await.expect("both run").server);
        if used.len() == 2 {
            break;
        }
    }
    assert_eq!(used.len(), 2, "either is used at random");
    first.stop().await;
    for config in [&in_order, &any] {
        assert_eq!(client::fetch(config, Clock::system().now()).await.expect("one runs").server, second.url());
    }
    let passed_over = client::fetch(&in_order, Clock::system().now()).await.expect("one runs").problems.into_list();
    assert!(passed_over.iter().any(|problem| problem.message.contains(&first.url())), "{passed_over:?}");
    let steps = client::test(&in_order, Clock::system().now()).await;
    assert!(steps.iter().any(|step| step.outcome == StepOutcome::Failed && step.message.contains(&first.url())));
    assert_eq!(step(&steps, Phase::Groups).outcome, StepOutcome::Passed, "{steps:#?}");
    // A wrong password is the first reachable server's to refuse; nobody else is asked.
    first.start_again().await;
    let wrong = slapd_config(&first, &[("LDAP_URL", &both), ("LDAP_BIND_PASSWORD", "wrong")]);
    let error = people(&wrong).await.expect_err("a wrong password");
    assert!(error.message.contains(&first.url()) && !error.message.contains(&second.url()), "{error}");
}

#[tokio::test]
async fn an_answer_cut_short_by_a_limit_is_no_smaller_directory() {
    let reader =
        format!("dn: cn=reader,{BASE}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: reads\n\n");
    let slapd = Slapd::start_with(&Options { size_limit: Some(20), ..Options::default() }, &(organisation(30, 1) + &reader)).await;
    let as_reader = slapd_config(&slapd, &[("LDAP_BIND_DN", &format!("cn=reader,{BASE}")), ("LDAP_BIND_PASSWORD", "reads")]);
    refused(people(&as_reader).await, Phase::Users, "size limit cut its answer short at 20 entries");
    assert_eq!(people(&slapd_config(&slapd, &[])).await, Ok(30));
}

#[tokio::test]
async fn several_places_are_read_each_entry_once() {
    let options = Options { more_bases: vec!["dc=north,dc=org".to_owned()], ..Options::default() };
    let slapd = Slapd::start_with(&options, &two_people()).await;
    slapd.tools().add(&format!("dn: ou=deep,ou=people,{BASE}\nobjectClass: organizationalUnit\nou: deep\n")).await;
    slapd.tools().add(&person("deep", "Deep", "Down").replace("uid=deep,ou=people", "uid=deep,ou=deep,ou=people")).await;
    let overlapping = slapd_config(&slapd, &[("LDAP_USER_BASE", "ou=people\nou=deep,ou=people\nOU=People")]);
    assert_eq!(people(&overlapping).await, Ok(3));
    let shallow = slapd_config(&slapd, &[("LDAP_USER_BASE", "ou=people"), ("LDAP_SCOPE", "one-level")]);
    assert_eq!(people(&shallow).await, Ok(2));
    let deep = client::find_person(&shallow, PersonKey::Username("deep"), Clock::system().now(), WITHIN).await.expect("an answer").expect("somebody");
    assert_eq!((deep.passes_filter, deep.is_below_bases), (true, false));
    let recognised = client::recognise(&overlapping).await.expect("a server");
    assert_eq!(recognised.naming_contexts.len(), 2, "{recognised:?}");
}

#[tokio::test]
async fn one_person_is_found_in_openldap() {
    let slapd = Slapd::start(&two_people()).await;
    let config = slapd_config(&slapd, &[]);
    let ada = client::find_person(&config, PersonKey::Username("ADA"), Clock::system().now(), WITHIN).await.expect("an answer").expect("somebody");
    assert!(ada.is_in_scope() && ada.problems.is_empty());
    let id = ada.user.expect("a person").id;
    for key in [PersonKey::Id(&id), PersonKey::Dn(&person_dn("ada")), PersonKey::Email("ada@example.org")] {
        let found = client::find_person(&config, key, Clock::system().now(), WITHIN).await.expect("an answer").expect("somebody");
        assert_eq!(found.user.expect("a person").id, id, "{key:?}");
    }
    let nobody = EntryId::from("11111111-2222-4333-8444-555555555555");
    for key in [PersonKey::Id(&nobody), PersonKey::Dn("uid=x,dc=nowhere"), PersonKey::Username("*"), PersonKey::Username("ada)(uid=*")] {
        assert!(client::find_person(&config, key, Clock::system().now(), WITHIN).await.expect("an answer").is_none(), "{key:?}");
    }
    let out = client::find_person(&config, PersonKey::Dn(SERVICE_DN), Clock::system().now(), WITHIN).await.expect("an answer").expect("an entry");
    assert!(!out.is_in_scope());
    let raw = client::read_entry(&config, &person_dn("ada"), WITHIN).await.expect("an answer").expect("an entry");
    assert!(raw.attributes.iter().any(|(name, _)| name == "entryUUID") && raw.attributes.iter().any(|(name, _)| name == "cn"));
}

#[tokio::test]
async fn passwords_are_checked_and_changed_in_openldap() {
    let slapd = Slapd::start_with(&Options { password_policy: true, ..Options::default() }, &two_people()).await;
    for uid in ["ada", "grace"] {
        slapd.tools().modify(&format!("dn: {}\nchangetype: modify\nadd: userPassword\nuserPassword: right\n", person_dn(uid))).await;
    }
    let plain = slapd_config(&slapd, &[]);
    let secured = slapd_config(&slapd, &[("LDAP_START_TLS", "true")]);
    let ada = person_dn("ada");
    let check = async |password: &str| client::check_password(&secured, &ada, &Password::new(password), WITHIN).await;
    assert_eq!(check("right").await, Ok(PasswordVerdict::Right));
    assert_eq!(check("wrong").await, Ok(PasswordVerdict::Wrong));
    let unknown = client::check_password(&secured, &person_dn("nobody"), &Password::new("right"), WITHIN).await;
    assert_eq!(unknown, Ok(PasswordVerdict::Wrong));

    let change = async |config: &DirectoryConfig, old: &str, new: &str| {
        client::change_password(config, &ada, &Password::new(old), &Password::new(new), WITHIN).await
    };
    assert!(change(&plain, "right", "better").await.is_err_and(|error| error.message.contains("not encrypted")));
    assert_eq!(change(&secured, "wrong", "better").await, Ok(PasswordChange::WrongOld));
    assert!(matches!(change(&secured, "right", "").await, Ok(PasswordChange::NewNotTaken(_))));
    assert_eq!(change(&secured, "right", "bétter \"x\"").await, Ok(PasswordChange::Changed));
    assert_eq!((check("bétter \"x\"").await, check("right").await), (Ok(PasswordVerdict::Right), Ok(PasswordVerdict::Wrong)));
}

#[tokio::test]
async fn an_active_directory_is_reached_recognised_and_asked_for_people_and_passwords() {
    let domain = Samba::start().await;
    domain.add_user("ada", "Ada", "Lovelace").await;
    domain.set_password("ada", "Opensesame-ada-1").await;
    let (plain, tls) = (domain.url(), domain.tls_url());
    let by_name: [(&str, &[(&str, &str)]); 5] = [
        ("plain", &[]),
        ("StartTLS", &[("LDAP_START_TLS", "true")]),
        ("LDAPS", &[]),
        ("DOMAIN\\user", &[("LDAP_BIND_DN", "CORP\\Administrator")]),
        ("DN", &[("LDAP_BIND_DN", "CN=Administrator,CN=Users,DC=corp,DC=example")]),
    ];
    for (way, different) in by_name {
        let config = samba_config(&domain, if way == "LDAPS" { &tls } else { &plain }, different);
        assert_eq!(people(&config).await, Ok(1), "{way}");
        let recognised = client::recognise(&config).await.expect("a server");
        assert_eq!((recognised.vendor, recognised.naming_contexts[0].as_str()), (Vendor::Samba, samba::BASE), "{way}: {recognised:?}");
        assert!(recognised.pages && recognised.follows.dir_sync && recognised.follows.usn, "{way}: {recognised:?}");
    }
    // The referrals of a whole domain are no problem.
    let config = samba_config(&domain, &tls, &[]);
    let snapshot = client::fetch(&config, Clock::system().now()).await.expect("a domain");
    assert!(snapshot.referrals > 0 && snapshot.problems.iter().next().is_none(), "{:?}", snapshot.problems);

    let ada = client::find_person(&config, PersonKey::Username("ada"), Clock::system().now(), WITHIN).await.expect("an answer").expect("somebody");
    let id = ada.user.expect("a person").id;
    let again = client::find_person(&config, PersonKey::Id(&id), Clock::system().now(), WITHIN).await.expect("an answer").expect("somebody");
    assert!(again.is_in_scope() && again.entry.dn == user_dn("ada"), "{again:?}");

    let check = async |password: &str| client::check_password(&config, &user_dn("ada"), &Password::new(password), WITHIN).await;
    assert_eq!((check("Opensesame-ada-1").await, check("wrong").await), (Ok(PasswordVerdict::Right), Ok(PasswordVerdict::Wrong)));
    let change =
        async |old: &str, new: &str| client::change_password(&config, &user_dn("ada"), &Password::new(old), &Password::new(new), WITHIN).await;
    let short = change("Opensesame-ada-1", "x").await;
    assert!(matches!(&short, Ok(PasswordChange::NewNotTaken(_))), "{short:?}");
    // Must be changed: the bind is refused, and the change is made all the same.
    domain.set(&user_dn("ada"), "pwdLastSet", "0").await;
    assert_eq!(check("Opensesame-ada-1").await, Ok(PasswordVerdict::Refused(Refusal::MustChange)));
    let changed = change("Opensesame-ada-1", "Opensesame-ada-2é").await;
    assert_eq!(changed, Ok(PasswordChange::Changed));
    assert_eq!(check("Opensesame-ada-2é").await, Ok(PasswordVerdict::Right));
    domain.set_disabled(&user_dn("ada"), true).await;
    assert_eq!(check("Opensesame-ada-1").await.ok(), Some(PasswordVerdict::Refused(Refusal::Disabled)));
}

#[tokio::test]
async fn a_domain_that_insists_on_encryption_says_so() {
    let domain = Samba::start_strict().await;
    let (plain, tls) = (domain.url(), domain.tls_url());
    refused(people(&samba_config(&domain, &plain, &[])).await, Phase::Bind, "encrypted connection");
    assert_eq!(people(&samba_config(&domain, &plain, &[("LDAP_START_TLS", "true")])).await, Ok(0));
    assert_eq!(people(&samba_config(&domain, &tls, &[])).await, Ok(0));
}

#[tokio::test]
async fn a_389_directory_server_is_recognised_and_checks_passwords() {
    let ds389 = Ds389::start(&two_people()).await;
    let (url, authority) = (ds389.tls_url(), pem(ds389.authority()));
    let config = config(&[
        ("LDAP_URL", &url),
        ("LDAP_CA_CERTIFICATE", &authority),
        ("LDAP_BIND_DN", ds389::SERVICE_DN),
        ("LDAP_BIND_PASSWORD", ds389::SERVICE_PASSWORD),
        ("LDAP_BASE", ds389::BASE),
        ("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)"),
        ("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "nsUniqueId"),
        ("LDAP_ATTRIBUTE_GROUP_UNIQUE_IDENTIFIER", "nsUniqueId"),
    ]);
    let recognised = client::recognise(&config).await.expect("a server");
    assert_eq!((recognised.vendor, recognised.pages, recognised.start_tls), (Vendor::Ds389, true, true), "{recognised:?}");
    assert!(recognised.version.contains("389") && recognised.naming_contexts.contains(&ds389::BASE.to_owned()), "{recognised:?}");
    let ada = client::find_person(&config, PersonKey::Username("ada"), Clock::system().now(), WITHIN).await.expect("an answer").expect("somebody");
    let id = ada.user.expect("a person").id;
    assert!(client::find_person(&config, PersonKey::Id(&id), Clock::system().now(), WITHIN).await.expect("an answer").is_some());

    let dn = person_dn("ada");
    ds389.tools().modify(&format!("dn: {dn}\nchangetype: modify\nreplace: userPassword\nuserPassword: Opensesame-1\n")).await;
    let check = async |password: &str| client::check_password(&config, &dn, &Password::new(password), WITHIN).await;
    assert_eq!((check("Opensesame-1").await, check("wrong").await), (Ok(PasswordVerdict::Right), Ok(PasswordVerdict::Wrong)));
    let (old, new) = (Password::new("Opensesame-1"), Password::new("Opensesame-2"));
    let forbidden = client::change_password(&config, &dn, &old, &new, WITHIN).await;
    assert!(forbidden.is_err_and(|error| error.message.contains("does not let people change their own password")));
    let rule = r#"(targetattr="userPassword")(version 3.0; acl "own password"; allow (write) userdn="ldap:///self";)"#;
    ds389.tools().modify(&format!("dn: {}\nchangetype: modify\nadd: aci\naci: {rule}\n", ds389::BASE)).await;
    let changed = client::change_password(&config, &dn, &old, &new, WITHIN).await;
    assert_eq!((changed, check("Opensesame-2").await), (Ok(PasswordChange::Changed), Ok(PasswordVerdict::Right)));
    ds389.set_locked(&dn, true).await;
    assert_eq!(check("Opensesame-2").await, Ok(PasswordVerdict::Refused(Refusal::Disabled)));
}
