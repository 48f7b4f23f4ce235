use proptest::prelude::*;

use super::*;
use crate::users::model::key as name_key;

fn user(id: &str, username: &str, email: Option<&str>) -> DirectoryUser {
    let dn = format!("uid={id},ou=people,dc=x");
    DirectoryUser {
        id: id.into(),
        dn_key: key_of(&dn).unwrap(),
        dn,
        username: username.to_owned(),
        email: email.map(str::to_owned),
        first_name: String::new(),
        last_name: String::new(),
        display_name: username.to_owned(),
        phone: String::new(),
        locale: String::new(),
        extras: crate::directory::model::Extras::new(),
        is_disabled: false,
    }
}

fn group(id: &str, name: &str, members: &[&str]) -> DirectoryGroup {
    let dn = format!("cn={id},ou=groups,dc=x");
    DirectoryGroup {
        id: id.into(),
        dn_key: key_of(&dn).unwrap(),
        dn,
        name: name.to_owned(),
        display_name: name.to_owned(),
        members: members.iter().map(|member| EntryId::from(*member)).collect(),
    }
}

fn snapshot(users: Vec<DirectoryUser>, groups: Vec<DirectoryGroup>) -> Snapshot {
    Snapshot { users, groups, ..Snapshot::default() }
}

fn people(count: usize) -> Vec<DirectoryUser> {
    (0..count).map(|n| user(&format!("id{n:03}"), &format!("user{n:03}"), None)).collect()
}

fn policy() -> Policy {
    Policy {
        admins_as_known: false,
        guard: Guard::default(),
        admin_group: Some("Admins".to_owned()),
        soft_delete: true,
        attributes: AttributeMap::default(),
        base_dn: "dc=x".to_owned(),
    }
}

/// What the store does, row by row, with the unique indexes it has.
fn apply(plan: &Plan<'_>, current: &Current) -> Current {
    let mut after = current.clone();
    let unique = |after: &Current| {
        let distinct = |names: Vec<String>| names.len() == names.iter().collect::<HashSet<_>>().len();
        let usernames = after.users.iter().map(|user| name_key(&user.username)).chain(after.other_usernames.keys().cloned()).collect();
        let emails = after.users.iter().filter_map(|user| user.email.as_deref().map(name_key)).chain(after.other_emails.keys().cloned()).collect();
        let groups = after.groups.iter().map(|group| name_key(&group.name)).chain(after.other_group_names.keys().cloned()).collect();
        assert!(distinct(usernames) && distinct(emails) && distinct(groups), "a unique index is violated: {plan:#?}");
    };
    for ReleasedUser { user: id, username, clear_email } in &plan.released_users {
        let user = after.users.iter_mut().find(|user| user.id == *id).unwrap();
        if let Some(username) = username {
            user.username.clone_from(username);
        }
        if *clear_email {
            user.email = None;
        }
        unique(&after);
    }
    for id in &plan.departed_users {
        after.users.iter_mut().find(|user| user.id == *id).unwrap().state = DirectoryState::Missing;
    }
    after.users.retain(|user| !plan.deleted_users.contains(&user.id));
    let row = |id: UserId, row: &UserRow<'_>| KnownUser {
        id,
        entry_id: row.entry.id.clone(),
        dn: row.entry.dn.clone(),
        username: row.username.to_string(),
        email: row.email.map(str::to_owned),
        is_admin: row.is_admin,
        state: row.state,
        hash: Some(row.hash),
    };
    for (id, _, new) in &plan.updated_users {
        *after.users.iter_mut().find(|user| user.id == *id).unwrap() = row(*id, new);
        unique(&after);
    }
    for new in &plan.created_users {
        after.users.push(row(UserId::new(), new));
        unique(&after);
    }
    for (id, name) in &plan.released_groups {
        after.groups.iter_mut().find(|group| group.id == *id).unwrap().name.clone_from(name);
        unique(&after);
    }
    for id in &plan.removed_groups {
        after.groups.iter_mut().find(|group| group.id == *id).unwrap().is_removed = true;
    }
    for (id, new) in &plan.updated_groups {
        let group = after.groups.iter_mut().find(|group| group.id == *id).unwrap();
        (group.dn, group.name, group.is_removed, group.hash) = (new.entry.dn.clone(), new.name.to_string(), false, Some(new.hash));
        unique(&after);
    }
    for GroupRow { entry, name, hash } in &plan.created_groups {
        let (dn, name) = (entry.dn.clone(), name.to_string());
        after.groups.push(KnownGroup {
            id: GroupId::new(),
            entry_id: entry.id.clone(),
            dn,
            name,
            is_removed: false,
            hash: Some(*hash),
            members: vec![],
        });
        unique(&after);
    }
    for (group, user) in &plan.removed_members {
        let group = after.groups.iter_mut().find(|other| other.id == *group).unwrap();
        let before = group.members.len();
        group.members.retain(|member| member != user);
        assert_eq!(group.members.len() + 1, before, "a membership ends that did not exist");
    }
    for (group, user) in &plan.added_members {
        let user = after.users.iter().find(|known| known.entry_id == **user).unwrap().id;
        let group = after.groups.iter_mut().find(|known| known.entry_id == **group).unwrap();
        assert!(!group.members.contains(&user), "a membership begins that existed");
        group.members.push(user);
    }
    after
}

fn synced(snapshot: &Snapshot) -> Current {
    let nothing = Current::default();
    apply(&reconcile(snapshot, &nothing, &policy()), &nothing)
}

fn known<'c>(current: &'c Current, id: &str) -> &'c KnownUser {
    current.users.iter().find(|user| user.entry_id.as_str() == id).unwrap()
}

fn messages(plan: &Plan<'_>) -> Vec<String> {
    plan.problems.iter().map(|problem| problem.message.clone()).collect()
}

#[test]
fn a_first_run_creates_and_a_second_changes_nothing() {
    let read = snapshot(
        vec![user("1", "ada", Some("ada@x")), user("2", "grace", None)],
        vec![group("g1", "Admins", &["1"]), group("g2", "Staff", &["1", "2"])],
    );
    let nothing = Current::default();
    let plan = reconcile(&read, &nothing, &policy());
    assert_eq!((plan.counts.users.created, plan.counts.groups.created, plan.counts.memberships.added), (2, 2, 3));
    assert_eq!(plan.verdict(None), Verdict::Apply);
    let after = apply(&plan, &nothing);
    assert!(known(&after, "1").is_admin && !known(&after, "2").is_admin);
    let again = reconcile(&read, &after, &policy());
    assert_eq!(again.verdict(None), Verdict::Nothing);
    assert_eq!((again.counts.users.unchanged, again.counts.groups.unchanged), (2, 2));
}

#[test]
fn a_changed_field_a_rename_and_a_move_update_the_same_account() {
    let before = synced(&snapshot(vec![user("1", "ada", Some("ada@x"))], vec![]));
    for change in [
        |user: &mut DirectoryUser| user.phone = "1".to_owned(),
        |user: &mut DirectoryUser| user.username = "countess".to_owned(),
        |user: &mut DirectoryUser| user.username = "Ada".to_owned(),
        |user: &mut DirectoryUser| user.dn = "uid=1,ou=moved,dc=x".to_owned(),
        |user: &mut DirectoryUser| user.email = None,
    ] {
        let mut ada = user("1", "ada", Some("ada@x"));
        change(&mut ada);
        let read = snapshot(vec![ada.clone()], vec![]);
        let plan = reconcile(&read, &before, &policy());
        assert_eq!((plan.counts.users.updated, plan.counts.users.created, plan.released_users.len()), (1, 0, 0));
        let after = apply(&plan, &before);
        assert_eq!((known(&after, "1").id, &known(&after, "1").username), (known(&before, "1").id, &ada.username));
    }
}

#[test]
fn who_leaves_is_disabled_and_comes_back_as_the_same_account() {
    let all = snapshot(people(3), vec![group("g", "Staff", &["id000", "id001"])]);
    let before = synced(&all);
    let without = snapshot(people(3).into_iter().skip(1).collect(), vec![group("g", "Staff", &["id001"])]);
    let plan = reconcile(&without, &before, &policy());
    assert_eq!((plan.counts.users.disabled, plan.counts.users.unchanged, plan.counts.memberships.removed), (1, 2, 1));
    assert_eq!(plan.departed_users, [known(&before, "id000").id]);
    let left = apply(&plan, &before);
    assert_eq!(reconcile(&without, &left, &policy()).verdict(None), Verdict::Nothing);

    let plan = reconcile(&all, &left, &policy());
    assert_eq!((plan.counts.users.restored, plan.counts.users.created, plan.counts.memberships.added), (1, 0, 1));
    assert_eq!(known(&apply(&plan, &left), "id000").id, known(&before, "id000").id);
}

#[test]
fn without_soft_delete_who_leaves_is_deleted_but_nobody_who_left_before() {
    let hard = Policy { soft_delete: false, ..policy() };
    let before = synced(&snapshot(people(3), vec![]));
    let two_left = snapshot(people(2), vec![]);
    let softly = apply(&reconcile(&two_left, &before, &policy()), &before);
    assert!(reconcile(&two_left, &softly, &hard).deleted_users.is_empty());
    let plan = reconcile(&two_left, &before, &hard);
    assert_eq!((plan.deleted_users.len(), plan.departed_users.len(), plan.counts.users.disabled), (1, 0, 1));
}

#[test]
fn a_disabled_entry_is_a_disabled_person_from_the_start_and_later() {
    let mut ada = user("1", "ada", None);
    let before = synced(&snapshot(vec![ada.clone()], vec![]));
    ada.is_disabled = true;
    let disabled = snapshot(vec![ada], vec![]);
    let plan = reconcile(&disabled, &before, &policy());
    assert!(matches!(plan.updated_users[..], [(_, Change::Disabled, _)]));
    assert_eq!(known(&synced(&disabled), "1").state, DirectoryState::Disabled);
    let after = apply(&plan, &before);
    assert_eq!(reconcile(&disabled, &after, &policy()).verdict(None), Verdict::Nothing);
    let enabled = snapshot(vec![user("1", "ada", None)], vec![]);
    assert_eq!(reconcile(&enabled, &after, &policy()).counts.users.restored, 1);
}

#[test]
fn a_recycled_username_is_another_account() {
    let before = synced(&snapshot(vec![user("1", "bob", Some("bob@x"))], vec![]));
    let read = snapshot(vec![user("2", "bob", Some("bob@x"))], vec![]);
    let plan = reconcile(&read, &before, &policy());
    assert_eq!((plan.counts.users.created, plan.counts.users.disabled), (1, 1));
    let after = apply(&plan, &before);
    let (old, new) = (known(&after, "1"), known(&after, "2"));
    assert!(old.username.starts_with("bob~") && old.email.is_none() && old.state == DirectoryState::Missing);
    assert!(new.id != old.id && new.username == "bob" && new.email.as_deref() == Some("bob@x"));
}

#[test]
fn names_and_addresses_can_be_swapped_in_one_run() {
    let before = synced(&snapshot(vec![user("1", "a", Some("a@x")), user("2", "b", Some("b@x"))], vec![group("g", "G", &[]), group("h", "H", &[])]));
    let read = snapshot(vec![user("1", "b", Some("b@x")), user("2", "a", Some("a@x"))], vec![group("g", "H", &[]), group("h", "G", &[])]);
    let plan = reconcile(&read, &before, &policy());
    assert!(messages(&plan).iter().all(|message| message.contains("administrators' group")));
    let after = apply(&plan, &before);
    assert_eq!((known(&after, "1").username.as_str(), known(&after, "2").email.as_deref()), ("b", Some("a@x")));
    assert_eq!(after.groups[0].name, "H");
}

#[test]
fn of_two_entries_with_one_username_the_known_holder_wins_then_the_smaller_id() {
    let twins = snapshot(vec![user("2", "ADA", None), user("1", "ada", None)], vec![]);
    let nothing = Current::default();
    let plan = reconcile(&twins, &nothing, &Policy { admin_group: None, ..policy() });
    assert_eq!((plan.counts.users.created, plan.counts.users.skipped), (1, 1));
    assert_eq!(plan.created_users[0].entry.id.as_str(), "1");
    assert!(messages(&plan)[0].contains("uid=1,ou=people") && plan.problems.iter().next().unwrap().dn.contains("uid=2"));

    let before = synced(&snapshot(vec![user("2", "ADA", None)], vec![]));
    let plan = reconcile(&twins, &before, &policy());
    assert_eq!((plan.counts.users.unchanged, plan.counts.users.skipped), (1, 1));
}

#[test]
fn two_entries_with_one_id_are_one_person() {
    let mut other = user("1", "other", None);
    other.dn = "uid=zz,dc=x".to_owned();
    let read = snapshot(vec![other, user("1", "ada", None)], vec![]);
    let nothing = Current::default();
    let plan = reconcile(&read, &nothing, &policy());
    assert_eq!((plan.created_users[0].username.as_ref(), plan.counts.users.skipped), ("ada", 1));
}

#[test]
fn local_accounts_and_groups_are_never_touched_and_collisions_name_both() {
    let others = || Current {
        other_usernames: [("root".to_owned(), "the local account \"root\"".to_owned())].into(),
        other_emails: [("root@x".to_owned(), "the local account \"root\"".to_owned())].into(),
        other_group_names: [("vips".to_owned(), "the local group \"VIPs\"".to_owned())].into(),
        ..Current::default()
    };
    let read = snapshot(vec![user("1", "Root", None), user("2", "ada", Some("ROOT@x"))], vec![group("g", "vips", &["2"])]);
    let current = others();
    let plan = reconcile(&read, &current, &policy());
    assert_eq!((plan.counts.users.skipped, plan.counts.users.created, plan.counts.groups.skipped, plan.counts.memberships.added), (1, 1, 1, 0));
    assert_eq!(plan.created_users[0].email, None);
    assert_eq!(messages(&plan).iter().filter(|message| message.contains("the local account \"root\"")).count(), 2);
    assert!(messages(&plan).iter().any(|message| message.contains("the local group \"VIPs\"")));

    // A known person who is renamed to it keeps the old name; being disabled takes effect all the same.
    let known_before = Current { other_usernames: others().other_usernames, ..synced(&snapshot(vec![user("1", "ada", None)], vec![])) };
    let mut renamed = user("1", "root", None);
    renamed.is_disabled = true;
    let read = snapshot(vec![renamed], vec![]);
    let after = apply(&reconcile(&read, &known_before, &policy()), &known_before);
    assert_eq!((known(&after, "1").username.as_str(), known(&after, "1").state), ("ada", DirectoryState::Disabled));
}

#[test]
fn an_e_mail_address_used_twice_stays_with_the_first() {
    let read = snapshot(vec![user("1", "a", Some("team@x")), user("2", "b", Some("Team@X"))], vec![]);
    let current = synced(&read);
    assert_eq!((known(&current, "1").email.as_deref(), known(&current, "2").email.as_deref()), (Some("team@x"), None));
    assert_eq!(reconcile(&read, &current, &policy()).verdict(None), Verdict::Nothing);
}

#[test]
fn a_skipped_entry_counts_as_present_by_id_and_by_place() {
    let before = synced(&snapshot(people(8), vec![group("g", "Admins", &["id000"])]));
    for skipped in [SkippedEntry { id: Some("id000".into()), dn_key: None }, SkippedEntry { id: None, dn_key: key_of("UID=id000, ou=people,dc=x") }] {
        let mut read = snapshot(people(8).into_iter().skip(1).collect(), vec![group("g", "Admins", &["id000"])]);
        // Somebody new wants the name of the one whose entry is broken.
        read.users.push(user("new", "user000", None));
        read.skipped_users.push(skipped);
        let plan = reconcile(&read, &before, &policy());
        assert_eq!((plan.counts.users.disabled, plan.counts.users.skipped, plan.counts.users.created), (0, 2, 0));
        assert_eq!(plan.verdict(None), Verdict::Nothing, "administrator, membership and name stay");
    }
    let mut read = snapshot(people(8), vec![]);
    read.skipped_groups.push(SkippedEntry { id: Some("g".into()), dn_key: None });
    assert_eq!(reconcile(&read, &before, &policy()).verdict(None), Verdict::Nothing, "a broken group stays as it is, and so do its administrators");
}

#[test]
fn an_empty_answer_is_held_when_people_are_known_and_reported_when_not() {
    let nobody = Snapshot::default();
    let before = synced(&snapshot(people(1), vec![]));
    assert!(matches!(reconcile(&nobody, &before, &policy()).verdict(None), Verdict::Hold(reason) if reason.contains("found nobody")));
    let nothing = Current::default();
    let plan = reconcile(&nobody, &nothing, &policy());
    assert_eq!(plan.verdict(None), Verdict::Nothing);
    assert!(messages(&plan)[0].contains("found nobody"));
}

#[test]
fn a_run_is_held_when_more_leave_than_share_and_minimum_allow() {
    for (known, leaving, held) in [(6, 5, false), (6, 6, true), (10, 5, false), (10, 6, true), (100, 20, false), (100, 21, true)] {
        let before = synced(&snapshot(people(known), vec![]));
        let read = snapshot(people(known).into_iter().skip(leaving).collect(), vec![]);
        assert_eq!(matches!(reconcile(&read, &before, &policy()).verdict(None), Verdict::Hold(_)), held, "{leaving} of {known}");
        // Disabled in the directory counts like gone.
        let mut read = snapshot(people(known), vec![]);
        read.users.iter_mut().take(leaving).for_each(|user| user.is_disabled = true);
        assert_eq!(matches!(reconcile(&read, &before, &policy()).verdict(None), Verdict::Hold(_)), held, "{leaving} of {known}");
    }
}

#[test]
fn a_run_is_held_when_no_administrator_would_remain() {
    let admins = |members: &[&str]| snapshot(people(3), vec![group("g", "admins", members)]);
    let before = synced(&admins(&["id000"]));
    assert_eq!(reconcile(&admins(&["id001"]), &before, &policy()).verdict(None), Verdict::Apply, "another one is enough");
    assert!(matches!(reconcile(&admins(&[]), &before, &policy()).verdict(None), Verdict::Hold(reason) if reason.contains("No administrator")));
    let renamed = snapshot(people(3), vec![group("g", "chiefs", &["id000"])]);
    let plan = reconcile(&renamed, &before, &policy());
    assert!(matches!(plan.verdict(None), Verdict::Hold(_)) && messages(&plan)[0].contains("not among the groups"));
}

#[test]
fn the_administrators_group_may_be_named_by_its_dn() {
    let by_dn = Policy { admin_group: Some("CN=g, OU=Groups,DC=x".to_owned()), ..policy() };
    let read = snapshot(people(1), vec![group("g", "whatever", &["id000"])]);
    let nothing = Current::default();
    assert!(reconcile(&read, &nothing, &by_dn).created_users[0].is_admin);
}

#[test]
fn a_confirmation_lifts_the_hold_from_the_very_plan_only() {
    let before = synced(&snapshot(people(20), vec![]));
    let read = snapshot(people(5), vec![]);
    let plan = reconcile(&read, &before, &policy());
    assert!(matches!(plan.verdict(None), Verdict::Hold(_)));
    let confirmed = plan.digest;
    assert_eq!(plan.verdict(Some(confirmed)), Verdict::Apply);
    let another = snapshot(people(4), vec![]);
    assert!(matches!(reconcile(&another, &before, &policy()).verdict(Some(confirmed)), Verdict::Hold(_)));
}

#[test]
fn a_removed_group_loses_its_members_and_gets_them_back() {
    let with = snapshot(people(2), vec![group("g", "Staff", &["id000", "id001"])]);
    let without = snapshot(people(2), vec![]);
    let before = synced(&with);
    let plan = reconcile(&without, &before, &policy());
    assert_eq!((plan.counts.groups.removed, plan.counts.memberships.removed), (1, 2));
    let removed = apply(&plan, &before);
    assert_eq!(reconcile(&without, &removed, &policy()).verdict(None), Verdict::Nothing);
    let plan = reconcile(&with, &removed, &policy());
    assert_eq!((plan.counts.groups.updated, plan.counts.groups.created, plan.counts.memberships.added), (1, 0, 2));
    assert_eq!(apply(&plan, &removed).groups[0].id, before.groups[0].id);
}

#[test]
fn a_hundred_thousand_people_are_planned_in_linear_time() {
    let many = |count: usize| {
        let users = (0..count).map(|n| user(&format!("{n:06}"), &format!("user{n}"), Some(&format!("user{n}@example.org")))).collect::<Vec<_>>();
        let ids: Vec<String> = users.iter().map(|user| user.id.to_string()).collect();
        let groups = ids
            .chunks(30)
            .enumerate()
            .map(|(n, ids)| group(&format!("g{n}"), &format!("group{n}"), &ids.iter().map(String::as_str).collect::<Vec<_>>()));
        snapshot(users, groups.collect())
    };
    let time = |count: usize| {
        let (read, nothing) = (many(count), Current::default());
        let start = std::time::Instant::now();
        let plan = reconcile(&read, &nothing, &policy());
        assert_eq!(plan.counts.users.created, count);
        start.elapsed()
    };
    // Ten times the people: a quadratic step would take a hundred times as long. Another process may disturb one measurement, hardly three.
    let measured: Vec<_> = std::iter::repeat_with(|| (time(10_000), time(100_000))).take(3).collect();
    assert!(measured.iter().any(|(small, large)| *large < *small * 30), "for 10,000 and 100,000: {measured:?}");
}

/// Entries with few different names, so that they collide all the time.
fn crowd() -> impl Strategy<Value = Snapshot> {
    let name = || prop::sample::select(vec!["a", "A", "b", "c", "d", "e", "root"]);
    let id = || (0..8_u8).prop_map(|n| format!("id{n}"));
    let users = prop::collection::vec((id(), name(), prop::option::of(name()), any::<bool>()), 0..8).prop_map(|rows| {
        rows.into_iter()
            .map(|(id, username, email, is_disabled)| DirectoryUser {
                is_disabled,
                ..user(&id, username, email.map(|name| format!("{name}@x")).as_deref())
            })
            .collect::<Vec<_>>()
    });
    let groups = prop::collection::vec((id(), prop::sample::select(vec!["g", "G", "h", "vips", "Admins"]), prop::collection::vec(id(), 0..4)), 0..5)
        .prop_map(|rows| {
            rows.into_iter().map(|(id, name, members)| group(&id, name, &members.iter().map(String::as_str).collect::<Vec<_>>())).collect::<Vec<_>>()
        });
    let skipped = || {
        prop::collection::vec(
            prop::option::of(id()).prop_map(|id| SkippedEntry { id: id.as_deref().map(EntryId::from), dn_key: key_of("uid=id1,ou=people,dc=x") }),
            0..2,
        )
    };
    (users, groups, skipped(), skipped()).prop_map(|(users, groups, skipped_users, skipped_groups)| Snapshot {
        users,
        groups,
        skipped_users,
        skipped_groups,
        ..Snapshot::default()
    })
}

proptest! {
    #[test]
    fn any_history_applies_cleanly_settles_at_once_and_does_not_depend_on_order(history in prop::collection::vec((crowd(), any::<bool>()), 1..6)) {
        let owner = |name: &str| (name.to_owned(), format!("the local account {name:?}"));
        let mut current = Current {
            other_usernames: [owner("root")].into(),
            other_emails: [owner("root@x")].into(),
            other_group_names: [owner("vips")].into(),
            ..Current::default()
        };
        for (read, soft_delete) in history {
            let policy = Policy { soft_delete, ..policy() };
            let mut shuffled = read.clone();
            shuffled.users.reverse();
            shuffled.groups.reverse();
            shuffled.groups.iter_mut().for_each(|group| group.members.reverse());
            let plan = reconcile(&read, &current, &policy);
            // Two entries with one id and one DN are told apart by nothing; every other order gives the same plan.
            let ids: HashSet<_> = read.users.iter().map(|user| &user.id).collect();
            let group_ids: HashSet<_> = read.groups.iter().map(|group| &group.id).collect();
            if ids.len() == read.users.len() && group_ids.len() == read.groups.len() {
                prop_assert_eq!(plan.digest, reconcile(&shuffled, &current, &policy).digest);
            }
            let counts = plan.counts.users;
            let found = read.users.len() + read.skipped_users.len();
            let departed = plan.departed_users.len() + plan.deleted_users.len();
            prop_assert_eq!(counts.created + counts.updated + (counts.disabled - departed) + counts.restored + counts.unchanged + counts.skipped, found);

            let after = apply(&plan, &current);
            let again = reconcile(&read, &after, &policy);
            prop_assert!(again.counts.nothing_changes() && again.writes_nothing(), "{:#?}", again);
            // An account never changes its entry.
            for user in &current.users {
                prop_assert!(after.users.iter().all(|other| other.id != user.id || other.entry_id == user.entry_id));
            }
            current = after;
        }
    }
}
