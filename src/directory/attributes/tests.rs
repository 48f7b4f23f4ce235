//! Entries as servers and administrators write them.

use super::super::config::DirectoryConfig;
use super::super::model::{DirectoryUser, Extra, Problem, Problems, SkippedEntry};
use super::super::settings;
use super::*;
use crate::clock::Timestamp;

fn entry(dn: &str, attributes: &[(&str, &[&str])]) -> RawEntry {
    RawEntry {
        dn: dn.to_owned(),
        attributes: attributes
            .iter()
            .map(|(name, values)| ((*name).to_owned(), values.iter().map(|value| value.as_bytes().to_vec()).collect()))
            .collect(),
    }
}

/// 21 November 2026, 12:00 UTC.
const NOW: Timestamp = Timestamp::from_seconds(1_795_262_400);

fn config(pairs: &[(&str, &'static str)]) -> DirectoryConfig {
    let least = [("LDAP_URL", "ldap://x"), ("LDAP_BASE", "dc=x")];
    settings::read("default", |key| pairs.iter().chain(&least).find(|(name, _)| *name == key).map(|(_, value)| *value)).unwrap()
}

fn map_with(pairs: &[(&str, &'static str)], entry: &RawEntry) -> (Result<DirectoryUser, SkippedEntry>, Vec<Problem>) {
    let mut problems = Problems::default();
    let user = user(entry, &config(pairs), NOW, &mut problems);
    (user, problems.into_list())
}

fn map_user(entry: &RawEntry) -> (Result<DirectoryUser, SkippedEntry>, Vec<Problem>) {
    map_with(&[], entry)
}

const ADA: &[(&str, &[&str])] = &[
    ("entryUUID", &["F0000000-0000-4000-8000-000000000001"]),
    ("uid", &["ada"]),
    ("mail", &["ada@example.org"]),
    ("givenName", &["Ada"]),
    ("sn", &["Lovelace"]),
    ("cn", &["Ada Lovelace"]),
    ("telephoneNumber", &["+44 1"]),
];

fn ada_with(name: &str, values: &[&str]) -> RawEntry {
    let mut entry = entry("uid=ada,dc=x", ADA);
    entry.attributes.retain(|(other, _)| other != name);
    if !values.is_empty() {
        entry.attributes.push((name.to_owned(), values.iter().map(|value| value.as_bytes().to_vec()).collect()));
    }
    entry
}

#[test]
fn the_table_is_in_the_order_of_the_fields_and_its_defaults_are_valid() {
    for (place, row) in ROWS.iter().enumerate() {
        assert_eq!(row.field as usize, place);
        let mut map = AttributeMap::default();
        assert_eq!(map.set(row.field, row.default), Ok(()), "{}", row.key);
        assert_eq!(map, AttributeMap::default());
        assert_eq!(map.set(row.field, "").is_ok(), row.optional);
    }
}

#[test]
fn only_what_is_mapped_and_needed_is_requested_each_once_and_no_picture() {
    let texts = [
        ("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", "displayName | {givenName} {initials} | CN"),
        ("LDAP_ATTRIBUTE_USER_LAST_NAME", "displayname"),
        ("LDAP_ATTRIBUTE_USER_PHONE", ""),
        ("LDAP_USER_DISABLED_WHEN", "nsAccountLock | employeeType = former"),
        ("LDAP_CUSTOM_CLAIMS", "department = departmentNumber\nmails[] = mail"),
        ("LDAP_ATTRIBUTE_USER_MEMBER_OF", "memberOf"),
    ];
    let users = "entryUUID uid mail givenName displayname initials CN preferredLanguage nsAccountLock employeeType departmentNumber memberOf primaryGroupID objectSid";
    assert_eq!(requested_for_users(&config(&texts)).join(" "), users);
    assert_eq!(requested_for_groups(&config(&texts)).join(" "), "entryUUID cn member memberOf objectSid memberURL");
    let plain = config(&[("LDAP_PRIMARY_GROUP", "false"), ("LDAP_USER_DISABLED_WHEN", "")]);
    assert_eq!(requested_for_users(&plain).join(" "), "entryUUID uid mail givenName sn cn telephoneNumber preferredLanguage");
    assert_eq!(requested_for_groups(&plain).join(" "), "entryUUID cn member memberURL");
}

#[test]
fn attribute_names_are_checked() {
    let mut map = AttributeMap::default();
    for good in ["uid", "a | b", "cn;lang-de", "0.9.2342.19200300.100.1.1", "ms-DS-Name"] {
        assert_eq!(map.set(Field::Email, good), Ok(()), "{good}");
    }
    for good in ["{a}", "a | {b} {c;lang-de:upper}"] {
        assert_eq!(map.set(Field::Email, good), Ok(()), "{good}");
        assert!(map.set(Field::UserId, good).unwrap_err().contains("is a template"), "{good}");
        assert!(map.set(Field::Picture, good).is_err() && map.set(Field::GroupMember, good).is_err(), "{good}");
    }
    assert_eq!((map.names(Field::Email), map.label(Field::Email).as_str()), (&["a".to_owned()][..], "a | {b} {c;lang-de:upper}"));
    for bad in ["u id", "1a", "a;", "ä", "uid,mail", "*", "a=b"] {
        assert!(map.set(Field::Email, bad).is_err(), "{bad}");
    }
}

#[test]
fn a_good_entry_maps_without_problems() {
    let (user, problems) = map_user(&entry("uid=ada,dc=x", ADA));
    let user = user.unwrap();
    assert!(problems.is_empty());
    assert_eq!(user.id.text(), "f0000000-0000-4000-8000-000000000001");
    assert_eq!(
        (
            user.username.as_str(),
            user.email.as_deref(),
            user.first_name.as_str(),
            user.last_name.as_str(),
            user.display_name.as_str(),
            user.phone.as_str()
        ),
        ("ada", Some("ada@example.org"), "Ada", "Lovelace", "Ada Lovelace", "+44 1")
    );
    assert!(!user.is_disabled);
}

#[test]
fn attribute_names_match_without_case_and_with_options() {
    let (user, problems) =
        map_user(&entry("uid=ada,dc=x", &[("ENTRYUUID", &["a-1"]), ("UID", &["ada"]), ("cn;lang-de", &["Ada L."]), ("mail", &[])]));
    assert_eq!(user.unwrap().display_name, "Ada L.");
    assert!(problems.is_empty());
}

#[test]
fn an_entry_without_id_or_username_is_skipped_and_reported() {
    for (name, values, has_id, word) in [
        ("entryUUID", &[][..], false, "no unique id"),
        ("entryUUID", &[" "][..], false, "empty"),
        ("uid", &[][..], true, "no username"),
        ("uid", &["  "][..], true, "no username"),
        ("uid", &["a\u{202e}da"][..], true, "control characters"),
        ("uid", &["a\0da"][..], true, "control characters"),
        ("uid", &[&*"a".repeat(256)][..], true, "longer than 255"),
    ] {
        let (user, problems) = map_user(&ada_with(name, values));
        let skipped = user.unwrap_err();
        assert_eq!(skipped.id.is_some(), has_id, "{name} {values:?}");
        assert!(skipped.dn_key.is_some());
        assert_eq!(problems.len(), 1);
        assert!(problems[0].message.contains(word), "{}", problems[0].message);
        assert_eq!((problems[0].dn.as_str(), problems[0].attribute.as_deref()), ("uid=ada,dc=x", Some(name)));
    }
}

#[test]
fn a_bad_e_mail_address_is_dropped_and_the_person_kept() {
    for bad in ["ada", "@x", "ada@", "a b@x", "ada@x..y", "ada@-x", "a@b@c", "Ada <ada@x>"] {
        let (user, problems) = map_user(&ada_with("mail", &[bad]));
        assert_eq!(user.unwrap().email, None, "{bad}");
        assert!(problems[0].message.contains("not an e-mail address"));
    }
    let (user, problems) = map_user(&ada_with("mail", &["no", "ada@bücher.example"]));
    assert_eq!(user.unwrap().email.as_deref(), Some("ada@bücher.example"));
    assert!(problems.is_empty());
}

#[test]
fn of_several_values_the_one_in_the_rdn_counts_then_the_shortest_in_any_order() {
    for values in [&["countess", "ada"][..], &["ada", "countess"]] {
        assert_eq!(map_user(&ada_with("uid", values)).0.unwrap().username, "ada");
        let mut elsewhere = ada_with("uid", values);
        elsewhere.dn = "uid=COUNTESS,dc=x".to_owned();
        assert_eq!(map_user(&elsewhere).0.unwrap().username, "countess");
    }
    assert_eq!(map_user(&ada_with("mail", &["b@x.org", "a@x.org"])).0.unwrap().email.as_deref(), Some("a@x.org"));
}

#[test]
fn text_is_normalised_cleaned_and_cut() {
    let (user, problems) = map_user(&ada_with("sn", &["Zoe\u{308}\u{7}\u{202e} "]));
    assert_eq!(user.unwrap().last_name, "Zoë");
    assert!(problems.is_empty());
    let (user, problems) = map_user(&ada_with("givenName", &[&"é".repeat(300)]));
    assert_eq!(user.unwrap().first_name.chars().count(), 255);
    assert!(problems[0].message.contains("cut off"));
}

#[test]
fn the_display_name_falls_back_to_the_names_and_then_to_the_username() {
    assert_eq!(map_user(&ada_with("cn", &[])).0.unwrap().display_name, "Ada Lovelace");
    assert_eq!(map_user(&entry("cn=x", &[("entryUUID", &["1"]), ("uid", &["ada"])])).0.unwrap().display_name, "ada");
}

#[test]
fn disabled_accounts_of_every_server_are_recognised_by_the_rules_set() {
    for (rules, name, value, disabled) in [
        (None, "userAccountControl", "514", true),
        (None, "nsaccountlock", "TRUE", true),
        (None, "accountExpires", "9223372036854775807", false),
        (None, "accountExpires", "130000000000000000", true),
        (None, "shadowExpire", "1", true),
        (None, "krbPrincipalExpiration", "20200101000000Z", true),
        (None, "pwdAccountLockedTime", "000001010000Z", false),
        (Some("pwdAccountLockedTime"), "pwdAccountLockedTime", "000001010000Z", true),
        (Some("pwdAccountLockedTime"), "userAccountControl", "514", false),
        (Some("employeeType = former"), "employeeType", "Former", true),
        (Some(""), "userAccountControl", "514", false),
    ] {
        let rules: Vec<_> = rules.map(|rules| ("LDAP_USER_DISABLED_WHEN", rules)).into_iter().collect();
        let (user, problems) = map_with(&rules, &ada_with(name, &[value]));
        assert_eq!((user.unwrap().is_disabled, problems), (disabled, vec![]), "{name} {value}");
    }
    let (user, problems) = map_user(&ada_with("accountExpires", &["soon"]));
    assert!(!user.unwrap().is_disabled && problems[0].message.contains("\"soon\" is not a time"));
}

#[test]
fn an_entry_whose_name_cannot_be_read_is_skipped_but_known() {
    let mut broken = entry("uid=ada,dc=x", ADA);
    broken.dn = "no name".to_owned();
    let (user, problems) = map_user(&broken);
    assert!(user.unwrap_err().id.is_some());
    assert_eq!(problems.len(), 1);
}

#[test]
fn ranges_are_found_beside_an_empty_attribute() {
    let entry = entry("cn=g", &[("member", &[]), ("Member;Range=0-1", &["cn=a", "cn=b"])]);
    let (values, next) = entry.ranged("member").unwrap();
    assert_eq!((values.len(), next), (2, Some(2)));
    assert_eq!(member_values(&entry, &config(&[])).count(), 2);
    let last = RawEntry { attributes: vec![("member;range=2-*".to_owned(), vec![])], ..RawEntry::default() };
    assert_eq!(last.ranged("member"), Some((&[][..], None)));
}

#[test]
fn members_of_several_attributes_are_joined() {
    let config = config(&[("LDAP_ATTRIBUTE_GROUP_MEMBER", "member | memberUid")]);
    let entry = entry("cn=g", &[("member", &["cn=a"]), ("memberuid", &["b", "c"])]);
    assert_eq!(member_values(&entry, &config).collect::<Vec<_>>(), [&b"cn=a"[..], b"b", b"c"]);
}

fn with_bytes(name: &str, values: &[&[u8]]) -> RawEntry {
    let mut entry = ada_with(name, &[]);
    entry.attributes.push((name.to_owned(), values.iter().map(|value| value.to_vec()).collect()));
    entry
}

#[test]
fn empty_given_name_and_surname_with_only_a_cn_follow_the_chain_of_fall_backs() {
    let chain = [("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", "displayName | {givenName} {sn} | cn")];
    assert_eq!(map_with(&chain, &ada_with("x", &[])).0.unwrap().display_name, "Ada Lovelace");
    assert_eq!(map_with(&chain, &ada_with("givenName", &[])).0.unwrap().display_name, "Lovelace");
    assert_eq!(map_with(&chain, &ada_with("displayName", &["Countess"])).0.unwrap().display_name, "Countess");
    let only_cn = [("entryUUID", &["1"][..]), ("uid", &["ada"]), ("cn", &["Only Ada"]), ("sn", &[]), ("givenName", &[" "])];
    let (user, problems) = map_with(&chain, &entry("cn=x", &only_cn));
    assert_eq!((user.unwrap().display_name.as_str(), problems), ("Only Ada", vec![]));
}

#[test]
fn templates_make_usernames_and_addresses_and_a_bad_result_is_reported_with_the_template() {
    let made = [("LDAP_ATTRIBUTE_USER_USERNAME", "{mail:local:lower} | uid"), ("LDAP_ATTRIBUTE_USER_EMAIL", "{uid}@corp.example")];
    let user = map_with(&made, &ada_with("mail", &["A.Lovelace@example.org"])).0.unwrap();
    assert_eq!((user.username.as_str(), user.email.as_deref()), ("a.lovelace", Some("ada@corp.example")));
    assert_eq!(map_with(&made, &ada_with("mail", &[])).0.unwrap().username, "ada");
    let (user, problems) = map_with(&[("LDAP_ATTRIBUTE_USER_EMAIL", "{cn}@x")], &ada_with("x", &[]));
    assert_eq!((user.unwrap().email, problems[0].attribute.as_deref()), (None, Some("{cn}@x")));
    let (user, problems) = map_with(&[("LDAP_ATTRIBUTE_USER_USERNAME", "{title}")], &ada_with("x", &[]));
    assert!(user.is_err() && problems[0].message.contains("no username"));
}

#[test]
fn unicode_names_in_any_script_are_kept_in_one_form_and_lose_only_bidi_controls() {
    for (given, kept) in [
        ("Zoe\u{308}", "Zoë"),
        ("משה", "משה"),
        ("\u{202e}evil\u{202c}", "evil"),
        ("李 小龙", "李 小龙"),
        ("👩‍💻 Ada", "👩‍💻 Ada"),
        ("\u{feff}Ada", "Ada"),
    ] {
        let (user, problems) = map_user(&ada_with("givenName", &[given]));
        assert_eq!((user.unwrap().first_name.as_str(), problems), (kept, vec![]));
    }
}

#[test]
fn attributes_with_a_language_are_asked_for_by_it() {
    let mut ada = ada_with("cn", &["Ada"]);
    ada.attributes.push(("CN;LANG-DE;x-phonetic".to_owned(), vec!["Äda".into()]));
    ada.attributes.push(("cn;lang-fr".to_owned(), vec!["Adèle".into()]));
    let shown = |attribute| map_with(&[("LDAP_ATTRIBUTE_USER_DISPLAY_NAME", attribute)], &ada).0.unwrap().display_name;
    assert_eq!([shown("cn"), shown("cn;lang-de"), shown("cn;lang-fr"), shown("cn;lang-it | uid")], ["Ada", "Äda", "Adèle", "ada"]);
    // Without a plain value the languages' order does not matter.
    for order in [["cn;lang-de", "cn;lang-fr"], ["cn;lang-fr", "cn;lang-de"]] {
        let mut ada = ada_with("cn", &[]);
        ada.attributes.extend(order.map(|name| (name.to_owned(), vec![if name.ends_with("de") { "Äda".into() } else { "Adèle".into() }])));
        assert_eq!(map_user(&ada).0.unwrap().display_name, "Äda");
    }
}

#[test]
fn values_that_are_no_text_are_reported_and_ids_of_active_directory_are_readable() {
    let (user, problems) = map_user(&with_bytes("sn", &[b"\xff\xfe"]));
    assert_eq!(user.unwrap().last_name, "");
    assert!(problems[0].message.contains("no text (UTF-8)") && problems[0].attribute.as_deref() == Some("sn"));
    let (user, problems) = map_user(&with_bytes("mail", &[b"\xff", b"ada@example.org"]));
    assert_eq!((user.unwrap().email.as_deref(), problems), (Some("ada@example.org"), vec![]));
    let sid = [1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0xf4, 1, 0, 0];
    let (user, _) = map_with(&[("LDAP_CUSTOM_CLAIMS", "sid_text = objectSid")], &with_bytes("objectSid", &[&sid]));
    assert_eq!(user.unwrap().extras["sid_text"], Extra::One("S-1-5-21-500".to_owned()));
}

#[test]
fn the_language_is_the_best_of_a_list_and_nonsense_is_reported() {
    let locale = |text: &str| {
        let (user, problems) = map_user(&ada_with("preferredLanguage", &[text]));
        (user.unwrap().locale, problems.len())
    };
    assert_eq!(locale("en;q=0.5, de-at"), ("de-AT".into(), 0));
    assert_eq!(locale("speak English!"), (crate::directory::text::Text::default(), 1));
    assert_eq!(map_user(&ada_with("x", &[])).0.unwrap().locale, "");
}

#[test]
fn further_attributes_become_claims_single_listed_templated_and_binary() {
    let claims = "department = departmentNumber | ou\nroles[] = employeeType\nfull = {givenName} {sn:upper}\ncert = userCertificate;binary\nnone = title\nphoto[] = photo";
    let mut ada = ada_with("employeeType", &["b", "a", "b", " "]);
    ada.attributes.push(("ou".to_owned(), vec!["sales\u{7}".into()]));
    ada.attributes.push(("userCertificate;binary".to_owned(), vec![vec![0x30, 0x82]]));
    ada.attributes.push(("photo".to_owned(), vec![vec![0xff, 0xd8]]));
    let (user, problems) = map_with(&[("LDAP_CUSTOM_CLAIMS", claims)], &ada);
    let one = |text: &str| Extra::One(text.to_owned());
    let expected = [
        ("cert".to_owned(), one("MII=")),
        ("department".to_owned(), one("sales")),
        ("full".to_owned(), one("Ada LOVELACE")),
        ("photo".to_owned(), Extra::Many(vec!["/9g=".to_owned()])),
        ("roles".to_owned(), Extra::Many(vec!["a".to_owned(), "b".to_owned()])),
    ];
    assert_eq!((user.unwrap().extras, problems), (expected.into(), vec![]));
}

#[test]
fn claims_too_long_or_too_many_are_left_out_and_reported() {
    let long = "x".repeat(2049);
    let (user, problems) = map_with(&[("LDAP_CUSTOM_CLAIMS", "a = title\nb[] = title")], &ada_with("title", &[&long, "short"]));
    // The shortest counts for the single one.
    assert_eq!(user.unwrap().extras.len(), 2);
    assert!(problems.len() == 1 && problems[0].message.starts_with("1 of 2 values"));
    let many: Vec<String> = (0..300).map(|n| format!("{n:0100}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let (user, problems) = map_with(&[("LDAP_CUSTOM_CLAIMS", "a[] = title\nb = uid")], &ada_with("title", &many));
    assert_eq!(user.unwrap().extras.keys().collect::<Vec<_>>(), ["b"]);
    assert!(problems.iter().any(|problem| problem.message.contains("16384 bytes together")));
}

#[test]
fn an_explanation_shows_each_field_its_attributes_what_was_found_and_what_became_of_it() {
    let texts = [("LDAP_CUSTOM_CLAIMS", "roles[] = employeeType"), ("LDAP_USER_DISABLED_WHEN", "nsAccountLock")];
    let mut ada = ada_with("mail", &["nonsense"]);
    ada.attributes.push(("nsAccountLock".to_owned(), vec!["TRUE".into()]));
    ada.attributes.push(("employeeType".to_owned(), vec![b"\xff\xff".to_vec(), "a".into()]));
    let fields = explain(&ada, &config(&texts), NOW);
    let field = |label: &str| fields.iter().find(|field| field.label == label).unwrap();
    let email = field("E-mail address");
    assert_eq!((email.attributes.as_str(), &email.found[..], email.result.as_str()), ("mail", &["mail: nonsense".to_owned()][..], ""));
    assert!(email.note.contains("not an e-mail address"));
    assert_eq!((field("Disabled").result.as_str(), field("Disabled").note.as_str()), ("yes", "Because the account is locked (nsAccountLock)."));
    assert_eq!(
        (&field("roles").found[..], field("roles").result.as_str()),
        (&["employeeType: (2 bytes)".to_owned(), "employeeType: a".to_owned()][..], "//8=, a")
    );
    assert_eq!(field("Username").result, "ada");
    let skipped = explain(&ada_with("uid", &[]), &config(&[]), NOW);
    assert!(skipped.iter().any(|field| field.label == "Username" && field.note.contains("no username")));
    assert!(skipped[0].result.starts_with("f0000000"));
}

#[test]
fn passwords_and_keys_are_told_from_what_only_sounds_like_them() {
    for name in [
        "userPassword",
        "USERPASSWORD;x-hash",
        "unicodePwd",
        "sambaNTPassword",
        "krbPrincipalKey",
        "krbPwdHistory",
        "msLAPS-Password",
        "userPKCS12",
        "2.5.4.35",
        "OID.2.5.4.35;x",
    ] {
        assert!(is_secret(name), "{name}");
    }
    for name in ["uid", "pwdChangedTime", "passwordExpirationTime", "krbPasswordExpiration", "keywords", "krbPrincipalName", "2.5.4.3"] {
        assert!(!is_secret(name), "{name}");
    }
}
