//! Members as servers write them, and groups within groups.

use super::super::dn::key_of;
use super::super::model::{DirectoryUser, Extras, Problem};
use super::super::settings;
use super::*;

fn config(pairs: &[(&str, &'static str)]) -> DirectoryConfig {
    let least = [("LDAP_URL", "ldap://x"), ("LDAP_BASE", "dc=x")];
    settings::read("default", |key| pairs.iter().chain(&least).find(|(name, _)| *name == key).map(|(_, value)| *value)).unwrap()
}

fn user(id: &str, dn: &str, username: &str) -> DirectoryUser {
    DirectoryUser {
        id: id.into(),
        dn: dn.into(),
        dn_key: key_of(dn).unwrap(),
        username: username.into(),
        email: None,
        first_name: crate::directory::text::Text::default(),
        last_name: crate::directory::text::Text::default(),
        display_name: username.into(),
        phone: crate::directory::text::Text::default(),
        locale: crate::directory::text::Text::default(),
        extras: Extras::new(),
        is_disabled: false,
    }
}

fn group(dn: &str) -> DirectoryGroup {
    let name = dn.trim_start_matches("cn=").split(',').next().unwrap().to_owned();
    DirectoryGroup { id: dn.into(), dn: dn.to_owned(), dn_key: key_of(dn).unwrap(), display_name: name.clone(), name, members: vec![] }
}

fn entry(dn: &str, attributes: &[(&str, &[&[u8]])]) -> RawEntry {
    let attributes = attributes.iter().map(|(name, values)| ((*name).to_owned(), values.iter().map(|value| value.to_vec()).collect()));
    RawEntry { dn: dn.to_owned(), attributes: attributes.collect() }
}

/// Ada (1), Grace (2) with a comma in her name, and somebody skipped (3).
fn people() -> Snapshot {
    Snapshot {
        users: vec![user("1", "uid=ada,ou=p,dc=x", "ada"), user("2", "cn=Hopper\\, Grace,ou=p,dc=x", "grace")],
        skipped_users: vec![SkippedEntry { id: Some("3".into()), dn_key: key_of("uid=bad,ou=p,dc=x") }],
        ..Snapshot::default()
    }
}

/// A run with groups as (name, members); those whose name begins with `!` are skipped ones.
fn run(pairs: &[(&str, &'static str)], own: OwnGroups, groups: &[(&str, &[&str])]) -> (Snapshot, Vec<Problem>) {
    let (config, mut snapshot) = (config(pairs), people());
    let mut roster = Roster::new(&config, People::new(&snapshot.users, &snapshot.skipped_users, &config), own);
    for (name, members) in groups {
        let dn = format!("cn={},dc=x", name.trim_start_matches('!'));
        let is_used = !name.starts_with('!');
        if is_used {
            snapshot.groups.push(group(&dn));
        } else {
            snapshot.skipped_groups.push(SkippedEntry { id: None, dn_key: key_of(&dn) });
        }
        let values: Vec<&[u8]> = members.iter().map(|member| member.as_bytes()).collect();
        roster.take(&entry(&dn, &[("member", &values)]), is_used);
    }
    roster.finish(&mut snapshot).unwrap();
    let problems = snapshot.problems.clone().into_list();
    (snapshot, problems)
}

fn members(snapshot: &Snapshot, name: &str) -> String {
    let group = snapshot.groups.iter().find(|group| group.name == name).unwrap();
    group.members.iter().map(EntryId::text).collect::<Vec<_>>().join(" ")
}

fn ways(snapshot: &Snapshot, person: &str) -> Vec<String> {
    paths(snapshot, &person.into()).iter().map(|path| format!("{}: {}", path.name, path.words())).collect()
}

const ADA: &str = "uid=ada,ou=p,dc=x";
const OFF: (&str, &str) = ("LDAP_NESTED_GROUPS", "off");

#[test]
fn members_are_found_by_dn_in_any_spelling_and_by_username() {
    for value in [ADA, "UID=Ada, OU=P, DC=X", "uid=ada,ou=p,dc=x#'01'B", "ada", "ADA"] {
        let (snapshot, problems) = run(&[], OwnGroups::default(), &[("g", &[value])]);
        assert_eq!((members(&snapshot, "g").as_str(), problems), ("1", vec![]), "{value}");
    }
    let (snapshot, _) = run(&[], OwnGroups::default(), &[("g", &["CN=Hopper\\2c Grace,ou=p,dc=x", "grace", "uid=bad,ou=p,dc=x"])]);
    assert_eq!(members(&snapshot, "g"), "2 3", "a skipped entry keeps its memberships");
}

#[test]
fn the_form_of_members_decides_what_a_value_can_mean() {
    for (form, found) in [("any", "1 2"), ("dn", "1"), ("username", "2"), ("id", "3")] {
        let form: (&str, &'static str) = ("LDAP_GROUP_MEMBER_VALUE", form);
        let (snapshot, problems) = run(&[form], OwnGroups::default(), &[("g", &[ADA, "grace", "3"])]);
        assert_eq!((members(&snapshot, "g").as_str(), problems.len()), (found, 1), "{form:?}");
    }
    let (snapshot, problems) = run(&[("LDAP_GROUP_MEMBER_VALUE", "id")], OwnGroups::default(), &[("outer", &["cn=inner,dc=x"]), ("inner", &["1"])]);
    assert_eq!((members(&snapshot, "outer").as_str(), problems), ("1", vec![]), "groups too are members by id");
}

#[test]
fn groups_and_strangers_are_counted_apart_and_placeholders_ignored() {
    let values: &[&str] = &["", " ", "ada", "cn=h,dc=x", "cn=nobody,dc=x", "nobody"];
    let (snapshot, problems) = run(&[OFF], OwnGroups::default(), &[("g", values), ("h", &["grace"])]);
    assert_eq!((members(&snapshot, "g").as_str(), problems.len()), ("1", 2));
    assert!(problems[0].message.starts_with("1 member is a group; who is in there does not count"), "{}", problems[0].message);
    assert!(problems[1].message.starts_with("2 members are not among the people found (for example \"cn=nobody,dc=x\")"), "{}", problems[1].message);
    let (snapshot, problems) = run(&[], OwnGroups::default(), &[("g", values), ("h", &["grace"])]);
    assert_eq!((members(&snapshot, "g").as_str(), problems.len()), ("1 2", 1), "within the group counts, and is no problem");
}

#[test]
fn a_group_cycle_and_a_self_member_end_and_are_a_notice() {
    let member = |name: &str| format!("cn={name},dc=x");
    let (a, b, c) = (member("a"), member("b"), member("c"));
    let (snapshot, problems) =
        run(&[], OwnGroups::default(), &[("c", &[&a]), ("a", &[&b, "ada"]), ("b", &[&c, "grace"]), ("self", &["cn=self,dc=x", "ada"])]);
    assert!(["a", "b", "c"].iter().all(|name| members(&snapshot, name) == "1 2"));
    assert_eq!(members(&snapshot, "self"), "1");
    assert_eq!(problems.len(), 2);
    assert!(problems[0].message.contains("in a circle: a, b, c.") && problems[0].dn == a, "{}", problems[0].message);
    assert!(problems[1].message.contains("member of itself"));
}

#[test]
fn a_depth_of_a_hundred_groups_is_followed_and_explained() {
    let names: Vec<String> = (0..100).map(|n| format!("g{n:02}")).collect();
    let inner: Vec<String> = (1..100).map(|n| format!("cn=g{n:02},dc=x")).chain(["ada".to_owned()]).collect();
    let values: Vec<[&str; 1]> = inner.iter().map(|value| [value.as_str()]).collect();
    let groups: Vec<(&str, &[&str])> = names.iter().zip(&values).map(|(name, value)| (name.as_str(), &value[..])).collect();
    let (snapshot, problems) = run(&[], OwnGroups::default(), &groups);
    assert_eq!((members(&snapshot, "g00").as_str(), problems), ("1", vec![]));
    assert_eq!(ways(&snapshot, "1")[97..], ["g97: via g99 → g98", "g98: via g99", "g99: direct"]);
}

#[test]
fn a_skipped_group_still_passes_its_people_on() {
    let (snapshot, problems) =
        run(&[], OwnGroups::default(), &[("outer", &["cn=broken,dc=x"]), ("!broken", &["ada", "cn=inner,dc=x"]), ("inner", &["grace"])]);
    assert_eq!((members(&snapshot, "outer").as_str(), problems), ("1 2", vec![]));
    assert_eq!(ways(&snapshot, "1"), ["outer: via a group that was skipped"]);
}

#[test]
fn member_of_alone_or_mixed_with_lists_gives_the_same_result() {
    let pairs = [("LDAP_ATTRIBUTE_USER_MEMBER_OF", "memberOf")];
    let listed = run(&[], OwnGroups::default(), &[("g", &["ada", "grace"]), ("outer", &["cn=g,dc=x"])]).0;
    for groups in [&[("g", &[][..]), ("outer", &["cn=g,dc=x"][..])][..], &[("g", &["grace"][..]), ("outer", &["cn=g,dc=x"])]] {
        let mut own = OwnGroups::default();
        for place in [0, 1] {
            own.take(Place::Used(place), &entry("", &[("memberOf", &[b"CN=G, DC=X", b"cn=elsewhere,dc=x"])]), &config(&pairs));
        }
        let (snapshot, problems) = run(&pairs, own, groups);
        assert_eq!((&snapshot.groups, problems), (&listed.groups, vec![]));
        assert_eq!(ways(&snapshot, "1"), ["g: memberOf", "outer: via g (memberOf)"]);
    }
    // Groups may name the groups they are in as well.
    let config = config(&pairs);
    let (mut snapshot, mut own) = (people(), OwnGroups::default());
    own.take(Place::Skipped(0), &entry("", &[("memberOf", &[b"cn=inner,dc=x"])]), &config);
    let mut roster = Roster::new(&config, People::new(&snapshot.users, &snapshot.skipped_users, &config), own);
    snapshot.groups = vec![group("cn=inner,dc=x"), group("cn=outer,dc=x")];
    roster.take(&entry("cn=inner,dc=x", &[("memberOf", &[b"cn=outer,dc=x"])]), true);
    roster.take(&entry("cn=outer,dc=x", &[]), true);
    roster.finish(&mut snapshot).unwrap();
    assert_eq!(members(&snapshot, "outer"), "3");
}

#[test]
fn member_of_that_names_no_group_found_is_a_notice() {
    let pairs = [("LDAP_ATTRIBUTE_USER_MEMBER_OF", "memberOf")];
    let mut own = OwnGroups::default();
    own.take(Place::Used(0), &entry("", &[("memberOf", &[b"cn=elsewhere,dc=x"])]), &config(&pairs));
    let (_, problems) = run(&pairs, own, &[("g", &[])]);
    assert!(problems.len() == 1 && problems[0].attribute.as_deref() == Some("memberOf"));
}

fn sid(last: u32) -> Vec<u8> {
    let mut sid = vec![1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0];
    sid.extend_from_slice(&last.to_le_bytes());
    sid
}

#[test]
fn a_primary_group_changed_between_groups_moves_the_person() {
    for (setting, number, staff, guests) in [("true", "513", "1", ""), ("true", "514", "", "1"), ("true", "999", "", ""), ("false", "513", "", "")] {
        let config = config(&[("LDAP_PRIMARY_GROUP", setting)]);
        let (mut snapshot, mut own) = (people(), OwnGroups::default());
        own.take(Place::Used(0), &entry("", &[("primaryGroupID", &[number.as_bytes()]), ("objectSid", &[&sid(1104)])]), &config);
        own.take(Place::Used(1), &entry("", &[("primaryGroupID", &[b"513"]), ("objectSid", &[b"short"])]), &config);
        let mut roster = Roster::new(&config, People::new(&snapshot.users, &snapshot.skipped_users, &config), own);
        for (name, number) in [("cn=staff,dc=x", 513), ("cn=guests,dc=x", 514)] {
            snapshot.groups.push(group(name));
            roster.take(&entry(name, &[("objectSid", &[&sid(number)])]), true);
        }
        roster.finish(&mut snapshot).unwrap();
        assert_eq!((members(&snapshot, "staff"), members(&snapshot, "guests")), (staff.to_owned(), guests.to_owned()), "{setting} {number}");
        if staff == "1" {
            assert_eq!(ways(&snapshot, "1"), ["staff: primary group"]);
        }
    }
}

#[test]
fn who_the_server_counts_in_its_chain_belongs_without_a_way_known_here() {
    let config = config(&[("LDAP_NESTED_GROUPS", "in-chain")]);
    let mut snapshot = people();
    let mut roster = Roster::new(&config, People::new(&snapshot.users, &snapshot.skipped_users, &config), OwnGroups::default());
    snapshot.groups.push(group("cn=outer,dc=x"));
    roster.take(&entry("cn=outer,dc=x", &[("member", &[b"ada"])]), true);
    for dn in ["UID=ADA,OU=P,DC=X", "cn=Hopper\\2c Grace,ou=p,dc=x", "cn=stranger"] {
        roster.take_in_chain(0, dn);
    }
    roster.finish(&mut snapshot).unwrap();
    assert_eq!(members(&snapshot, "outer"), "1 2");
    assert_eq!(
        (ways(&snapshot, "1"), ways(&snapshot, "2")),
        (vec!["outer: direct".to_owned()], vec!["outer: the server's in-chain rule".to_owned()])
    );
}

#[test]
fn dynamic_groups_are_reported_unless_the_server_fills_them_in() {
    for (members, reported) in [(&[][..], true), (&[&b"ada"[..]][..], false)] {
        let (config, mut snapshot) = (config(&[]), people());
        let mut roster = Roster::new(&config, People::new(&snapshot.users, &snapshot.skipped_users, &config), OwnGroups::default());
        snapshot.groups.push(group("cn=g,dc=x"));
        roster.take(&entry("cn=g,dc=x", &[("memberURL", &[b"ldap:///dc=x??sub?(uid=*)"]), ("member", members)]), true);
        roster.finish(&mut snapshot).unwrap();
        let problems = snapshot.problems.into_list();
        assert_eq!(problems.iter().any(|problem| problem.message.contains("dynamic group")), reported);
    }
}

#[test]
fn only_members_of_the_import_group_are_left_nested_ones_too_even_when_nesting_is_off() {
    let groups: &[(&str, &[&str])] = &[("staff", &["cn=devs,dc=x"]), ("devs", &["ada"]), ("all", &["ada", "grace", "uid=bad,ou=p,dc=x"])];
    for pairs in [&[][..], &[OFF]] {
        for wanted in ["staff", "STAFF", "CN=staff, DC=x"] {
            let (mut snapshot, _) = run(pairs, OwnGroups::default(), groups);
            snapshot.problems.report("cn=Hopper\\, Grace,ou=p,dc=x", None, "about somebody who is not taken over");
            snapshot.problems.report(ADA, None, "about Ada");
            only_members(&mut snapshot, wanted, &config(pairs)).unwrap();
            assert_eq!(snapshot.users.iter().map(|user| user.id.text()).collect::<Vec<_>>(), ["1"], "{wanted}");
            assert!(snapshot.skipped_users.is_empty());
            assert_eq!(members(&snapshot, "all"), "1");
            let about_people = snapshot.problems.iter().filter(|problem| problem.message.starts_with("about"));
            assert_eq!(about_people.map(|problem| problem.message.as_str()).collect::<Vec<_>>(), ["about Ada"]);
        }
    }
}

#[test]
fn an_import_group_that_is_not_found_or_is_two_fails_and_an_empty_one_is_reported() {
    let groups: &[(&str, &[&str])] = &[("staff", &["ada"]), ("Staff", &[]), ("!broken", &["ada"]), ("none", &[])];
    let (snapshot, _) = run(&[], OwnGroups::default(), groups);
    for (wanted, word) in [("stuff", "not among the groups found"), ("staff", "Several groups"), ("cn=broken,dc=x", "could not be used")] {
        let error = only_members(&mut snapshot.clone(), wanted, &config(&[])).unwrap_err();
        assert!(error.contains(word), "{error}");
    }
    let mut empty = snapshot.clone();
    only_members(&mut empty, "none", &config(&[])).unwrap();
    assert!(empty.users.is_empty() && empty.problems.iter().any(|problem| problem.message.contains("none of the people found is one")));
}
