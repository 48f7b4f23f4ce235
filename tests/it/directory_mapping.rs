//! What becomes of entries as real directories have them: names in every shape, groups within groups, accounts the directory has locked. Against a real
//! slapd, through the binary.

use muster::clock::Timestamp;
use muster::directory::client::{self, PictureEntry};
use muster::directory::config::DirectoryConfig;
use muster::directory::settings;
use serde_json::json;

use crate::directory_site::{Site, messages};
use crate::support::app::Engine;
use crate::support::slapd::{BASE, Options, SERVICE_DN, SERVICE_PASSWORD, Slapd, group, person, person_dn};

/// One installation on SQLite and one directory: mapping does not know the database.
async fn site(ldif: &str, variables: &[(&str, &str)]) -> (Site, Slapd) {
    let slapd = Slapd::start(ldif).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    site.set(&[("LDAP_ADMIN_GROUP_NAME", "")]);
    site.set(variables);
    (site, slapd)
}

/// An `inetOrgPerson` with only what its class demands, and more lines.
fn bare(uid: &str, cn: &str, sn: &str, more: &str) -> String {
    format!("dn: {}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {cn}\nsn: {sn}\n{more}\n", person_dn(uid))
}

/// A `groupOfNames` with these DNs.
fn group_of(name: &str, members: &[String]) -> String {
    let members: String = members.iter().map(|dn| format!("member: {dn}\n")).collect();
    format!("dn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {name}\n{members}\n")
}

fn group_dn(name: &str) -> String {
    format!("cn={name},ou=groups,{BASE}")
}

fn trio() -> String {
    person("ada", "Ada", "Lovelace") + &person("grace", "Grace", "Hopper") + &person("linus", "Linus", "Torvalds")
}

#[tokio::test]
async fn empty_given_names_and_only_a_cn_follow_the_fall_backs_and_templates() {
    let ldif = person("ada", "Ada", "Lovelace")
        + &bare("grace", "Grace Brewster Hopper", "Hopper", "displayName: Amazing Grace\n")
        + &bare("plato", "Plato", "Plato", "mail: Plato.A@example.org\n");
    let (site, _slapd) = site(
        &ldif,
        &[
            ("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", "displayName | {givenName} {initials} {sn:upper} | cn"),
            ("LDAP_ATTRIBUTE_USER_FIRST_NAME", "givenName | cn"),
            ("LDAP_ATTRIBUTE_USER_EMAIL", "mail | {uid}@fall.example"),
            ("LDAP_ATTRIBUTE_USER_USERNAME", "{mail:local:lower} | uid"),
        ],
    )
    .await;
    assert_eq!(messages(&site.sync("applied").await), Vec::<String>::new());
    let users = site.users().await;
    let fields = |name: &str| ["display_name", "first_name", "email"].map(|field| users[name][field].as_str().unwrap_or_default().to_owned());
    assert_eq!(fields("ada"), ["Ada LOVELACE", "Ada", "ada@example.org"]);
    assert_eq!(fields("grace"), ["Amazing Grace", "Grace Brewster Hopper", "grace@fall.example"]);
    assert_eq!(fields("plato.a"), ["PLATO", "Plato", "Plato.A@example.org"]);
}

#[tokio::test]
async fn a_mistake_in_a_template_a_rule_or_a_claim_is_named_before_anything_is_read() {
    for (name, text, word) in [
        ("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", "{givenName", "without a \"}\""),
        ("LDAP_ATTRIBUTE_USER_UNIQUE_IDENTIFIER", "{uid}", "is a template"),
        ("LDAP_USER_DISABLED_WHEN", "two words", "not an attribute name"),
        ("LDAP_CUSTOM_CLAIMS", "sub = uid", "choose another name"),
    ] {
        let mut site = Site::new(Engine::Sqlite).await;
        site.set(&[("LDAP_ENABLED", "true"), ("LDAP_URL", "ldap://127.0.0.1:1"), ("LDAP_BASE", BASE), (name, text)]);
        let said = site.muster.run(["directory", "sync", "--format", "json"]).await;
        assert_ne!(said.status, 0, "{name}");
        assert!(said.stderr.contains(name) && said.stderr.contains(word), "{name}: {}", said.stderr);
    }
}

#[tokio::test]
async fn unicode_right_to_left_and_emoji_names_arrive_whole_and_the_next_run_changes_nothing() {
    let ldif = bare("zoe", "Zoe\u{308} 李小龙", "משה", "givenName: 👩\u{200d}💻 Ada\nmail: zoe@b\u{fc}cher.example\n")
        + &bare("evil", "\u{202e}gro.elpmaxe\u{202c}", "x", "");
    let (site, _slapd) = site(&ldif, &[]).await;
    site.sync("applied").await;
    let zoe = site.user("zoe").await;
    for (field, value) in [("display_name", "Zoë 李小龙"), ("last_name", "משה"), ("first_name", "👩\u{200d}💻 Ada"), ("email", "zoe@bücher.example")]
    {
        assert_eq!(zoe[field], value, "{field}");
    }
    assert_eq!(site.user("evil").await["display_name"], "gro.elpmaxe");
    site.sync("unchanged").await;
}

#[tokio::test]
async fn multi_valued_and_language_tagged_names_follow_the_rule_whatever_their_order() {
    let ldif =
        bare("ada", "Augusta Ada King\ncn: Ada\ncn;lang-de: Gräfin", "Lovelace\nsn: King", "uid: countess\nmail: b@x.example\nmail: a@x.example\n");
    let (mut site, _slapd) = site(&ldif, &[]).await;
    site.sync("applied").await;
    let ada = site.user("ada").await;
    // The username in the entry's own name, else the shortest, else the first in byte order.
    for (field, value) in [("username", "ada"), ("display_name", "Ada"), ("last_name", "King"), ("email", "a@x.example")] {
        assert_eq!(ada[field], value, "{field}");
    }
    site.set(&[("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", "cn;lang-de | cn")]);
    site.sync("applied").await;
    assert_eq!(site.user("ada").await["display_name"], "Gräfin");
}

#[tokio::test]
async fn members_resolve_by_dns_with_comma_plus_quote_semicolon_backslash_hash_and_blanks() {
    let awkward = ["Lovelace\\, Ada", "a\\+b", "say \\\"hi\\\"", "x\\;y \\<z\\>", "back\\\\slash", "\\#first", "\\ blanks\\ "];
    let mut ldif = String::new();
    let mut members = Vec::new();
    for (number, name) in awkward.iter().enumerate() {
        let value = name.replace("\\\\", "\u{0}").replace('\\', "").replace('\u{0}', "\\");
        let encoded = base64(value.as_bytes());
        let dn = format!("cn={name},ou=people,{BASE}");
        ldif += &format!("dn:: {}\nobjectClass: inetOrgPerson\nuid: u{number}\ncn:: {encoded}\nsn: x\n\n", base64(dn.as_bytes()));
        members.push(dn);
    }
    // Written otherwise than the entry is: another case, blanks behind commas, hexadecimal escapes, an OID for a short name.
    let other = [
        format!("CN=lovelace\\2c ada, OU=People, {}", BASE.to_uppercase()),
        format!("2.5.4.3=A\\2bB,ou=people,{BASE}"),
        members[2].clone(),
        format!("cn=x\\3by \\3cz\\3e,ou=people,{BASE}"),
        format!("cn=back\\5cslash,ou=people,{BASE}"),
        format!("cn=\\23first,ou=people,{BASE}"),
        members[6].clone(),
    ];
    let group = |name: &str, members: &[String]| {
        let members: String = members.iter().map(|dn| format!("member:: {}\n", base64(dn.as_bytes()))).collect();
        format!("dn: {}\nobjectClass: groupOfNames\ncn: {name}\n{members}\n", group_dn(name))
    };
    let (site, _slapd) = site(&(ldif + &group("plain", &members) + &group("other", &other)), &[]).await;
    let report = site.sync("applied").await;
    assert_eq!(messages(&report), Vec::<String>::new());
    let groups = site.groups().await;
    assert_eq!((groups["plain"].len(), &groups["plain"]), (awkward.len(), &groups["other"]));
}

#[tokio::test]
async fn a_group_cycle_a_self_member_and_deep_nesting_count_everybody_and_are_a_notice() {
    let chain: String = (0..50)
        .map(|n| group_of(&format!("deep{n:02}"), &[if n == 49 { person_dn("linus") } else { group_dn(&format!("deep{:02}", n + 1)) }]))
        .collect();
    let ldif = trio()
        + &group_of("a", &[person_dn("ada"), group_dn("b")])
        + &group_of("b", &[person_dn("grace"), group_dn("a")])
        + &group_of("self", &[group_dn("self"), person_dn("ada")])
        + &chain;
    let (mut site, _slapd) = site(&ldif, &[("LDAP_ADMIN_GROUP_NAME", "deep00")]).await;
    let report = site.sync("applied").await;
    let groups = site.groups().await;
    assert_eq!((&groups["a"][..], &groups["b"][..]), (&["ada".to_owned(), "grace".to_owned()][..], &groups["a"][..]));
    assert_eq!((&groups["self"][..], &groups["deep00"][..]), (&["ada".to_owned()][..], &["linus".to_owned()][..]));
    assert_eq!(site.user("linus").await["is_admin"], true, "an administrator through fifty groups");
    let messages = messages(&report);
    assert!(messages.len() == 2 && messages[0].contains("in a circle: a, b.") && messages[1].contains("member of itself"), "{messages:?}");

    site.set(&[
        ("LDAP_NESTED_GROUPS", "off"),
        ("LDAP_ADMIN_GROUP_NAME", "a"),
        ("LDAP_GUARD_MEMBERSHIPS_PERCENT", "100"),
        ("LDAP_GUARD_GROUPS_PERCENT", "100"),
    ]);
    let report = site.sync("applied").await;
    assert_eq!(site.groups().await["a"], ["ada"]);
    assert!(crate::directory_site::messages(&report).iter().any(|message| message.contains("1 member is a group; who is in there does not count")));
}

#[tokio::test]
async fn member_uid_unique_member_member_of_and_all_mixed_give_the_same_result() {
    let posix = |name: &str, uids: &[&str]| {
        let members: String = uids.iter().map(|uid| format!("memberUid: {uid}\n")).collect();
        format!("dn: {}\nobjectClass: posixGroup\ncn: {name}\ngidNumber: 5000\n{members}\n", group_dn(name))
    };
    let unique = |name: &str, values: &[String]| {
        let members: String = values.iter().map(|dn| format!("uniqueMember: {dn}\n")).collect();
        format!("dn: {}\nobjectClass: groupOfUniqueNames\ncn: {name}\n{members}\n", group_dn(name))
    };
    let filter = "(|(objectClass=posixGroup)(objectClass=groupOfNames)(objectClass=groupOfUniqueNames))";
    let ldif = trio()
        + &posix("by-uid", &["ada", "GRACE", "nobody"])
        + &unique("by-unique", &[person_dn("ada"), format!("{}#'0101'B", person_dn("grace"))])
        + &group("by-dn", &["ada", "grace"]);
    let (site, slapd) = site(
        &ldif,
        &[
            ("LDAP_USER_GROUP_SEARCH_FILTER", filter),
            ("LDAP_ATTRIBUTE_GROUP_MEMBER", "memberUid | uniqueMember | member"),
            ("LDAP_ATTRIBUTE_USER_MEMBER_OF", "memberOf"),
        ],
    )
    .await;
    // `memberOf` is kept by the server for what is added while it runs.
    slapd.tools().add(&group("by-member-of", &["ada", "grace"])).await;
    let report = site.sync("applied").await;
    for name in ["by-uid", "by-unique", "by-dn", "by-member-of"] {
        assert_eq!(site.groups().await[name], ["ada", "grace"], "{name}");
    }
    let messages = messages(&report);
    assert!(
        messages.len() == 1 && messages[0].starts_with("1 member is not among the people and groups found (for example \"nobody\")"),
        "{messages:?}"
    );
}

#[tokio::test]
async fn groups_whose_members_are_hidden_are_filled_from_the_peoples_own_member_of() {
    let options = Options { access: vec![format!("to attrs=member by dn.exact=\"{SERVICE_DN}\" none")], ..Options::default() };
    let slapd = Slapd::start_with(&options, &trio()).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    site.set(&[("LDAP_ADMIN_GROUP_NAME", "outer"), ("LDAP_ATTRIBUTE_USER_MEMBER_OF", "memberOf")]);
    slapd.tools().add(&(group("inner", &["ada", "grace"]) + &group_of("outer", &[group_dn("inner")]))).await;
    assert_eq!(messages(&site.sync("applied").await), Vec::<String>::new());
    let groups = site.groups().await;
    assert_eq!((&groups["inner"][..], &groups["outer"]), (&["ada".to_owned(), "grace".to_owned()][..], &groups["inner"]));
    assert_eq!((site.user("ada").await["is_admin"].clone(), site.user("linus").await["is_admin"].clone()), (json!(true), json!(false)));
}

#[tokio::test]
async fn members_outside_the_base_and_placeholders_are_reported_or_ignored() {
    let ldif = trio()
        + &group_of("team", &[person_dn("ada"), "cn=computer,ou=machines,dc=elsewhere".to_owned(), SERVICE_DN.to_owned()])
        + &group_of("empty", &[String::new()]);
    let (site, _slapd) = site(&ldif, &[]).await;
    let report = site.sync("applied").await;
    assert_eq!((&site.groups().await["team"][..], site.groups().await["empty"].len()), (&["ada".to_owned()][..], 0));
    let messages = messages(&report);
    assert!(messages.len() == 1 && messages[0].starts_with("2 members are not among the people and groups found"), "{messages:?}");
}

#[tokio::test]
async fn only_members_of_the_import_group_come_and_a_group_that_is_not_found_changes_nothing() {
    let ldif =
        trio() + &group_of("staff", &[group_dn("engineers")]) + &group("engineers", &["ada", "linus"]) + &group("all", &["ada", "grace", "linus"]);
    let (mut site, slapd) = site(&ldif, &[("LDAP_IMPORT_GROUP", "staff")]).await;
    site.sync("applied").await;
    assert_eq!(site.users().await.keys().collect::<Vec<_>>(), ["ada", "linus"]);
    assert_eq!(site.groups().await["all"], ["ada", "linus"]);

    for missing in ["stuff", "cn=staff,ou=people,dc=example,dc=org"] {
        site.set(&[("LDAP_IMPORT_GROUP", missing)]);
        let report = site.sync("failed").await;
        assert!(messages(&report)[0].contains("is not among the groups found. Check its name or DN"), "{report}");
    }
    assert!(site.users().await.values().all(|user| user["is_disabled"] == false), "nobody left");

    // By DN, and one who leaves the group leaves Muster.
    site.set(&[("LDAP_IMPORT_GROUP", &group_dn("staff").to_uppercase())]);
    site.sync("unchanged").await;
    slapd.tools().modify(&format!("dn: {}\nchangetype: modify\ndelete: member\nmember: {}\n", group_dn("engineers"), person_dn("linus"))).await;
    let report = site.sync("applied").await;
    assert_eq!(report["users"]["disabled"], 1);
    assert_eq!(site.user("linus").await["is_disabled"], true);
}

#[tokio::test]
async fn accounts_disabled_locked_or_expired_by_the_rules_of_each_server_are_disabled() {
    let shadow = |uid: &str, day: &str| {
        format!(
            "dn: {}\nobjectClass: inetOrgPerson\nobjectClass: shadowAccount\nuid: {uid}\ncn: {uid}\nsn: {uid}\nshadowExpire: {day}\n\n",
            person_dn(uid)
        )
    };
    let ldif = shadow("never", "-1")
        + &shadow("past", "19000")
        + &shadow("future", "60000")
        + &bare("former", "x", "x", "employeeType: Former\n")
        + &bare("locked", "x", "x", "")
        + &bare("busy", "x", "x", "");
    let slapd = Slapd::start_with(&Options { password_policy: true, ..Options::default() }, &ldif).await;
    let mut site = Site::new(Engine::Sqlite).await;
    site.use_slapd(&slapd);
    site.set(&[("LDAP_ADMIN_GROUP_NAME", ""), ("LDAP_GUARD_PERCENT", "100")]);
    for (uid, time) in [("locked", "000001010000Z"), ("busy", "20200101000000Z")] {
        slapd.tools().modify(&format!("dn: {}\nchangetype: modify\nadd: pwdAccountLockedTime\npwdAccountLockedTime: {time}\n", person_dn(uid))).await;
    }
    for (rules, disabled) in [
        (None, &["past"][..]),
        (Some("pwdAccountLockedTime | employeeType = former"), &["former", "locked"]),
        (Some("shadowExpire\npwdAccountLockedTime = *"), &["busy", "locked", "past"]),
    ] {
        if let Some(rules) = rules {
            site.set(&[("LDAP_USER_DISABLED_WHEN", rules)]);
        }
        site.sync("applied").await;
        let users = site.users().await;
        let out: Vec<&String> = users.iter().filter(|(_, user)| user["is_disabled"] == true).map(|(name, _)| name).collect();
        assert_eq!(out, disabled, "{rules:?}");
    }
}

#[tokio::test]
async fn further_attributes_and_the_language_are_read_for_apps() {
    let ldif = bare("ada", "Ada", "Lovelace", "departmentNumber: 42\nemployeeType: b\nemployeeType: a\npreferredLanguage: en;q=0.5, de-at\n");
    let slapd = Slapd::start(&ldif).await;
    let texts = [("LDAP_CUSTOM_CLAIMS", "department = departmentNumber | ou\nkinds[] = employeeType\nfull = {cn} {sn:upper}\nnone = title")];
    let snapshot = client::fetch(&config(&slapd, &texts), Timestamp::from_seconds(1_795_262_400)).await.expect("a snapshot");
    let ada = &snapshot.users[0];
    let extras = serde_json::to_value(&ada.extras).expect("claims are JSON");
    assert_eq!(extras, json!({"department": "42", "full": "Ada LOVELACE", "kinds": ["a", "b"]}));
    assert_eq!(ada.locale, "de-AT");
}

#[tokio::test]
async fn pictures_come_one_by_one_and_a_10_mb_one_or_an_address_is_left_out_while_the_person_comes() {
    let jpeg = |length: usize| [&[0xff, 0xd8, 0xff, 0xe0][..], &vec![7; length]].concat();
    let ldif = bare("ada", "Ada", "x", &format!("jpegPhoto:: {}\n", base64(&jpeg(2000))))
        + &bare("big", "Big", "x", &format!("jpegPhoto:: {}\n", base64(&jpeg(10_000_000))))
        + &bare("text", "Text", "x", &format!("labeledURI: data:image/png;base64,{}\n", base64(&jpeg(10))))
        + &bare("url", "Url", "x", "labeledURI: http://169.254.169.254/latest\n")
        + &bare("none", "None", "x", "");
    let slapd = Slapd::start(&ldif).await;
    let config = config(&slapd, &[("LDAP_ATTRIBUTE_USER_PROFILE_PICTURE", "jpegPhoto | labeledURI")]);
    let snapshot = client::fetch(&config, Timestamp::from_seconds(0)).await.expect("a snapshot");
    assert_eq!((snapshot.users.len(), snapshot.problems.iter().len()), (5, 0), "pictures are no part of a run");

    let list = client::list_pictures(&config).await.expect("a list");
    assert!(list.len() == 4 && list.iter().all(|entry| !entry.stamp.is_empty()));
    let changed = |list: &[PictureEntry], uid: &str| list.iter().find(|entry| entry.dn == person_dn(uid)).expect("in the list").stamp.clone();
    slapd.tools().modify(&format!("dn: {}\nchangetype: modify\nreplace: sn\nsn: y\n", person_dn("text"))).await;
    let later = client::list_pictures(&config).await.expect("a list");
    assert_eq!((changed(&list, "ada") == changed(&later, "ada"), changed(&list, "text") == changed(&later, "text")), (true, false));

    let gone = PictureEntry { id: "gone".into(), dn: person_dn("gone"), stamp: String::new() };
    let mut pictures = client::pictures(&config, later.into_iter().chain([gone]).collect());
    let mut seen = std::collections::BTreeMap::new();
    while let Some(picture) = pictures.next().await.expect("the next picture") {
        let uid = picture.entry.dn.split([',', '=']).nth(1).expect("a uid").to_owned();
        seen.insert(uid, picture.bytes.map(|bytes| bytes.map(|bytes| bytes.len())).map_err(|problem| problem.message));
    }
    assert_eq!((seen["ada"].clone(), seen["text"].clone(), seen["gone"].clone()), (Ok(Some(2004)), Ok(Some(14)), Ok(None)));
    assert!(seen["big"].as_ref().is_err_and(|message| message.contains("larger than 5 MiB")));
    assert!(seen["url"].as_ref().is_err_and(|message| message.contains("not followed")));
}

fn config(slapd: &Slapd, more: &[(&str, &'static str)]) -> DirectoryConfig {
    let url = slapd.url();
    let texts = [
        ("LDAP_URL", url.as_str()),
        ("LDAP_BIND_DN", SERVICE_DN),
        ("LDAP_BIND_PASSWORD", SERVICE_PASSWORD),
        ("LDAP_BASE", BASE),
        ("LDAP_USER_SEARCH_FILTER", "(objectClass=inetOrgPerson)"),
    ];
    settings::read("default", |key| more.iter().chain(&texts).find(|(name, _)| *name == key).map(|(_, text)| *text)).expect("good settings")
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
