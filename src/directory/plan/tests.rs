//! The rules of the plan in tables, and its properties over made-up histories. One file however long: all of it builds on the same few makers of people,
//! groups and policies, and a rule is looked for here by its sentence.

use proptest::prelude::*;

use super::super::config::Missing;
use super::*;
use crate::users::model::key as name_key;
use std::time::Duration;

fn user(id: &str, username: &str, email: Option<&str>) -> DirectoryUser {
    let dn = format!("uid={id},ou=people,dc=x");
    DirectoryUser {
        id: id.into(),
        dn_key: key_of(&dn).unwrap(),
        dn: dn.into(),
        username: username.into(),
        email: email.map(Into::into),
        first_name: crate::directory::text::Text::default(),
        last_name: crate::directory::text::Text::default(),
        display_name: username.into(),
        phone: crate::directory::text::Text::default(),
        locale: crate::directory::text::Text::default(),
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
        extent: Extent::Whole,
        guard: Guard::default(),
        placement: Placement { admin_group: Some("Admins".to_owned()), ..Placement::default() },
        life_cycle: LifeCycle {
            sync_users: true,
            sync_groups: true,
            missing: Missing::Disable { delete_after_days: None },
            collision: Collision::Skip,
        },
        attributes: AttributeMap::default(),
        base_dn: "dc=x".to_owned(),
        now: NOW,
    }
}

const NOW: Timestamp = Timestamp::from_millis(1_795_256_100_000);

/// Another life cycle, all else as usual.
fn living(change: impl FnOnce(&mut LifeCycle)) -> Policy {
    let mut policy = policy();
    change(&mut policy.life_cycle);
    policy
}

/// Another placement, all else as usual.
fn placing(placement: Placement) -> Policy {
    Policy { placement, ..policy() }
}

fn owner(words: &str) -> Owner {
    Owner { words: words.into(), local: None }
}

/// A local account, known by its names, that may be linked.
fn add_local(current: &mut Current, username: &str, email: Option<&str>, is_email_verified: bool) -> UserId {
    let id = UserId::new();
    let owner = Owner { words: format!("the local account {username:?}").into(), local: Some(id) };
    current.other_usernames.insert(name_key(username), owner.clone());
    if let Some(email) = email {
        current.other_emails.insert(name_key(email), owner);
    }
    let user = KnownUser {
        id,
        entry_id: EntryId::from(""),
        dn: Text::default(),
        username: username.into(),
        email: email.map(Into::into),
        is_admin: false,
        state: DirectoryState::Active,
        left_at: None,
        hash: None,
    };
    current.local_accounts.insert(id, LocalAccount { user, is_email_verified });
    id
}

fn add_local_group(current: &mut Current, name: &str) -> GroupId {
    let id = GroupId::new();
    current.other_group_names.insert(name_key(name), owner(&format!("the local group {name:?}")));
    current.local_groups.insert(name_key(name), LocalGroup { id, name: name.to_owned(), members: Vec::new() });
    id
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
        let local = after.local_accounts.get_mut(id).map(|account| &mut account.user);
        let is_local = local.is_some();
        let user = local.or_else(|| after.users.iter_mut().find(|user| user.id == *id)).unwrap();
        let (old_name, old_email) = (name_key(&user.username), user.email.as_deref().map(name_key));
        if let Some(username) = username {
            user.username = username.into();
        }
        if *clear_email {
            user.email = None;
        }
        let new_name = name_key(&user.username);
        if is_local {
            let owner = after.other_usernames.remove(&old_name).unwrap();
            after.other_usernames.insert(new_name, owner);
            if *clear_email {
                after.other_emails.remove(&old_email.unwrap());
            }
        }
        unique(&after);
    }
    for id in &plan.departed_users {
        let user = after.users.iter_mut().find(|user| user.id == *id).unwrap();
        (user.state, user.left_at, user.is_admin, user.hash) = (DirectoryState::Missing, Some(NOW), false, None);
    }
    let is_gone = |user: &UserId| plan.deleted_users.contains(user) || plan.forgotten_users.contains(user);
    after.users.retain(|user| !is_gone(&user.id));
    let row = |id: UserId, row: &UserRow<'_>| KnownUser {
        id,
        entry_id: row.entry.id.clone(),
        dn: row.entry.dn.clone(),
        username: row.username.as_ref().into(),
        email: row.email.map(Into::into),
        is_admin: row.is_admin,
        state: row.state,
        left_at: None,
        hash: Some(row.hash),
    };
    for (id, _, new) in &plan.updated_users {
        *after.users.iter_mut().find(|user| user.id == *id).unwrap() = row(*id, new);
        unique(&after);
    }
    for (id, new) in &plan.linked_users {
        let account = after.local_accounts.remove(id).expect("a local account");
        after.other_usernames.remove(&name_key(&account.user.username)).unwrap();
        account.user.email.map(|email| after.other_emails.remove(&name_key(&email)).unwrap());
        after.users.push(row(*id, new));
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
        group.display_name.clone_from(&new.entry.display_name);
        unique(&after);
    }
    for GroupRow { entry, name, hash } in &plan.created_groups {
        let (dn, name) = (entry.dn.clone(), name.to_string());
        after.groups.push(KnownGroup {
            id: GroupId::new(),
            entry_id: entry.id.clone(),
            dn,
            name,
            display_name: entry.display_name.clone(),
            is_removed: false,
            hash: Some(*hash),
            members: vec![],
        });
        unique(&after);
    }
    for (group, user) in &plan.removed_members {
        let own = after.groups.iter_mut().find(|other| other.id == *group).map(|group| &mut group.members);
        if own.is_none() {
            let pair = (*group, *user);
            assert!(after.placed.contains(&pair), "a membership of a local group ends that is not the directory's");
            after.placed.retain(|other| *other != pair);
        }
        let members = own.or_else(|| after.local_groups.values_mut().find(|other| other.id == *group).map(|group| &mut group.members)).unwrap();
        let before = members.len();
        members.retain(|member| member != user);
        assert_eq!(members.len() + 1, before, "a membership ends that did not exist");
    }
    for (group, user) in &plan.added_members {
        let user = after.users.iter().find(|known| known.entry_id == **user).unwrap().id;
        let group = after.groups.iter_mut().find(|known| known.entry_id == **group).unwrap();
        assert!(!group.members.contains(&user), "a membership begins that existed");
        group.members.push(user);
    }
    for PlacedMember { group, member, is_lasting } in &plan.placed_members {
        let user = after.users.iter().find(|known| known.entry_id == **member).unwrap().id;
        let local = after.local_groups.values_mut().find(|known| known.id == *group).unwrap();
        assert!(!local.members.contains(&user), "a membership begins that existed");
        local.members.push(user);
        if *is_lasting {
            after.placed.push((*group, user));
        }
    }
    // Foreign keys.
    after.placed.retain(|(_, user)| !is_gone(user));
    after.local_groups.values_mut().for_each(|group| group.members.retain(|user| !is_gone(user)));
    after.groups.iter_mut().for_each(|group| group.members.retain(|user| !is_gone(user)));
    after
}

fn synced(snapshot: &Snapshot) -> Current {
    let nothing = Current::default();
    apply(&reconcile(snapshot, &nothing, &policy()), &nothing)
}

fn known<'c>(current: &'c Current, id: &str) -> &'c KnownUser {
    current.users.iter().find(|user| user.entry_id.text() == id).unwrap()
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
        |user: &mut DirectoryUser| user.phone = "1".into(),
        |user: &mut DirectoryUser| user.username = "countess".into(),
        |user: &mut DirectoryUser| user.username = "Ada".into(),
        |user: &mut DirectoryUser| user.dn = "uid=1,ou=moved,dc=x".into(),
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
fn who_got_a_number_keeps_it_as_long_as_somebody_has_the_name() {
    let suffix = living(|life| life.collision = Collision::Suffix);
    let nothing = Current::default();
    let both = snapshot(vec![user("1", "ada", None), user("2", "ada", None)], vec![]);
    let current = apply(&reconcile(&both, &nothing, &suffix), &nothing);
    assert_eq!(known(&current, "2").username, "ada2");
    assert_eq!(reconcile(&both, &current, &suffix).verdict(None), Verdict::Nothing);
    let alone = snapshot(vec![user("2", "ada", None)], vec![]);
    let current = apply(&reconcile(&alone, &current, &suffix), &current);
    assert_eq!(known(&current, "2").username, "ada");
    assert_eq!(reconcile(&alone, &current, &suffix).verdict(None), Verdict::Nothing);
}

#[test]
fn a_link_that_clears_the_way_for_another_makes_both_in_one_plan() {
    let mut current = Current::default();
    let (ada, bob) = (add_local(&mut current, "ada", Some("shared@x"), true), add_local(&mut current, "bob", None, false));
    // The address of the first stands in the way of the second until the first is linked.
    let read = snapshot(vec![user("1", "bob", Some("shared@x")), user("2", "ada", None)], vec![]);
    let link = living(|life| life.collision = Collision::Link);
    let plan = reconcile(&read, &current, &link);
    assert_eq!(plan.linked_users.iter().map(|(id, _)| *id).collect::<HashSet<_>>(), HashSet::from([ada, bob]));
    assert_eq!(reconcile(&read, &apply(&plan, &current), &link).verdict(None), Verdict::Nothing);
}

#[test]
fn a_plan_of_a_few_people_deletes_and_links_nobody_and_leaves_mapped_groups_to_those_who_read_them() {
    let placement =
        Placement { group_map: vec![("staff".to_owned(), "Team".to_owned())], parent_group: Some("Everybody".to_owned()), ..Placement::default() };
    let whole =
        Policy { life_cycle: LifeCycle { missing: Missing::Delete, collision: Collision::Link, ..policy().life_cycle }, ..placing(placement) };
    let mut nothing = Current::default();
    let (team, everybody) = (add_local_group(&mut nothing, "Team"), add_local_group(&mut nothing, "Everybody"));
    let all = snapshot(people(3), vec![group("g", "staff", &["id000", "id001"])]);
    let current = apply(&reconcile(&all, &nothing, &whole), &nothing);
    let part = whole.clone().of_part(Extent::SomePeople);
    assert_eq!((part.life_cycle.missing, part.life_cycle.collision), (Missing::Disable { delete_after_days: None }, Collision::Skip));

    // Somebody is touched and nothing of them has changed; another one is gone; the third was not asked for.
    let (left, other) = (known(&current, "id001").id, known(&current, "id002").id);
    let mut touched = current.clone();
    touched.groups.clear();
    touched.users.retain(|user| user.id != other);
    touched.placed.retain(|(_, user)| *user != other);
    touched.local_groups.values_mut().for_each(|group| group.members.retain(|user| *user != other));
    let read = snapshot(vec![people(1).remove(0)], vec![]);
    let plan = reconcile(&read, &touched, &part);
    assert_eq!((&plan.departed_users, plan.deleted_users.len(), plan.updated_users.len(), plan.placed_members.len()), (&vec![left], 0, 0, 0));
    assert_eq!(plan.removed_members.iter().copied().collect::<HashSet<_>>(), HashSet::from([(team, left), (everybody, left)]));
    assert!(!messages(&plan).iter().any(|message| message.contains("LDAP_GROUP_MAP")), "{:?}", messages(&plan));
    assert!(plan.skipped.is_empty());
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
fn without_soft_delete_who_leaves_is_deleted_and_who_had_left_before_too_unless_they_are_many() {
    let hard = living(|life| life.missing = Missing::Delete);
    let before = synced(&snapshot(people(3), vec![]));
    let two_left = snapshot(people(2), vec![]);
    let softly = apply(&reconcile(&two_left, &before, &policy()), &before);
    let later = reconcile(&two_left, &softly, &hard);
    assert_eq!((later.forgotten_users.len(), later.counts.users.deleted, later.counts.users.disabled), (1, 1, 0));
    assert_eq!((later.deleted_users.len(), later.verdict(None)), (0, Verdict::Apply), "they had no access to lose");
    // Whoever switches soft delete off is asked before everybody who ever left is deleted.
    let before = synced(&snapshot(people(40), vec![]));
    let mut left = before.clone();
    left.users.iter_mut().take(30).for_each(|user| (user.state, user.left_at, user.hash) = (DirectoryState::Missing, Some(NOW), None));
    let read = snapshot(people(40).into_iter().skip(30).collect(), vec![]);
    let many = reconcile(&read, &left, &hard);
    assert!(many.held_because.as_deref().is_some_and(|reason| reason.contains("30 of 40 people (75 %) had left before")), "{:?}", many.held_because);
    let before = synced(&snapshot(people(3), vec![]));
    let plan = reconcile(&two_left, &before, &hard);
    assert_eq!((plan.deleted_users.len(), plan.departed_users.len(), plan.counts.users.disabled), (1, 0, 1));
}

#[test]
fn the_account_muster_binds_with_is_left_out_and_listed_with_the_reason() {
    let mut read = snapshot(people(2), vec![]);
    read.bind_account = Some(user("svc", "muster", None));
    let nobody = Current::default();
    let plan = reconcile(&read, &nobody, &policy());
    assert_eq!((plan.counts.users.created, plan.counts.users.skipped), (2, 1));
    let changes = plan.changes(&nobody, &HashMap::new());
    let skipped: Vec<_> = changes.list.iter().filter(|line| line.kind == ChangeKind::Skipped).collect();
    assert!(matches!(skipped[..], [line] if line.name == "muster" && line.reason == BIND_ACCOUNT), "{skipped:?}");
    assert!(!messages(&plan).iter().any(|message| message.contains("binds with")), "nothing to look at");
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
    let plan = reconcile(&twins, &nothing, &placing(Placement::default()));
    assert_eq!((plan.counts.users.created, plan.counts.users.skipped), (1, 1));
    assert_eq!(plan.created_users[0].entry.id.text(), "1");
    assert!(messages(&plan)[0].contains("uid=1,ou=people") && plan.problems.iter().next().unwrap().dn.contains("uid=2"));

    let before = synced(&snapshot(vec![user("2", "ADA", None)], vec![]));
    let plan = reconcile(&twins, &before, &policy());
    assert_eq!((plan.counts.users.unchanged, plan.counts.users.skipped), (1, 1));
}

#[test]
fn two_entries_with_one_id_are_one_person() {
    let mut other = user("1", "other", None);
    other.dn = "uid=zz,dc=x".into();
    let read = snapshot(vec![other, user("1", "ada", None)], vec![]);
    let nothing = Current::default();
    let plan = reconcile(&read, &nothing, &policy());
    assert_eq!((plan.created_users[0].username.as_ref(), plan.counts.users.skipped), ("ada", 1));
}

#[test]
fn local_accounts_and_groups_are_never_touched_and_collisions_name_both() {
    let others = || Current {
        other_usernames: [("root".to_owned(), owner("the local account \"root\""))].into(),
        other_emails: [("root@x".to_owned(), owner("the local account \"root\""))].into(),
        other_group_names: [("vips".to_owned(), owner("the local group \"VIPs\""))].into(),
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
fn who_is_read_again_is_as_they_are_now_or_gone() {
    let ids: Vec<EntryId> = ["id001", "id002", "id009"].map(EntryId::from).into();
    let read = || {
        let mut other = user("id001", "other", None);
        other.is_disabled = true;
        (vec![other, user("id009", "new", None)], vec![])
    };
    for (members_only, expected) in [(false, &["user000", "other", "new"][..]), (true, &["user000", "other"])] {
        let mut before = snapshot(people(3), vec![]);
        before.put_right(&ids, read(), members_only);
        let names: Vec<&str> = before.users.iter().map(|user| user.username.as_str()).collect();
        assert_eq!(names, expected);
    }
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
    for (known, leaving, held) in
        [(3, 1, false), (3, 2, true), (6, 3, false), (6, 4, true), (10, 5, false), (10, 6, true), (100, 20, false), (100, 21, true)]
    {
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
fn a_unique_id_taken_from_another_attribute_is_held_and_confirmed_gives_nobody_what_somebody_else_had() {
    let before = synced(&snapshot(people(12), vec![]));
    let mut read = snapshot(people(12), vec![]);
    for user in &mut read.users {
        user.id = format!("other-{}", user.id).as_str().into();
    }
    let plan = reconcile(&read, &before, &policy());
    assert!(matches!(plan.verdict(None), Verdict::Hold(_)));
    assert_eq!((plan.counts.users.disabled, plan.counts.users.created), (12, 12));
    // The names go to new accounts, which have no passkeys.
    let after = apply(&plan, &before);
    let (former, new): (Vec<_>, Vec<_>) = after.users.iter().partition(|user| before.users.iter().any(|known| known.id == user.id));
    assert!(former.len() == 12 && former.iter().all(|user| user.state == DirectoryState::Missing && user.username.contains('~')));
    assert!(new.len() == 12 && new.iter().all(|user| user.state == DirectoryState::Active && user.username.starts_with("user")));
}

#[test]
fn the_administrators_group_may_be_named_by_its_dn() {
    let by_dn = placing(Placement { admin_group: Some("CN=g, OU=Groups,DC=x".to_owned()), ..Placement::default() });
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
fn who_left_long_ago_is_deleted_unless_they_are_many_at_once_and_who_returns_or_is_unreadable_is_not() {
    let after_days = |days, now| Policy { now, ..living(|life| life.missing = Missing::Disable { delete_after_days: Some(days) }) };
    let before = synced(&snapshot(people(40), vec![]));
    let mut left = before.clone();
    left.users.iter_mut().take(30).for_each(|user| (user.state, user.left_at, user.hash) = (DirectoryState::Missing, Some(NOW), None));
    let mut read = snapshot(people(40).into_iter().skip(28).collect(), vec![]);
    read.skipped_users.push(SkippedEntry { id: Some("id000".into()), dn_key: None });
    let soon = NOW + Duration::from_secs(30 * 86_400) - Duration::from_millis(1);
    assert!(reconcile(&read, &left, &after_days(30, soon)).forgotten_users.is_empty());
    let plan = reconcile(&read, &left, &after_days(30, soon + Duration::from_millis(1)));
    assert_eq!((plan.counts.users.deleted, plan.counts.users.restored, plan.counts.users.disabled), (27, 2, 0));
    // The days may have been set only now: everybody who ever left would go at once.
    assert!(matches!(plan.verdict(None), Verdict::Hold(reason) if reason.contains("27 of 40 people (67 %) had left before and would be deleted")));
    assert_eq!(plan.verdict(Some(plan.digest)), Verdict::Apply);
    let mut few = left.clone();
    few.users.iter_mut().skip(9).take(21).for_each(|user| user.left_at = Some(soon));
    let plan = reconcile(&read, &few, &after_days(30, soon + Duration::from_millis(1)));
    assert_eq!((plan.counts.users.deleted, plan.verdict(None)), (8, Verdict::Apply), "a fifth of all a day is everyday life");
    let plan = reconcile(&read, &left, &after_days(30, soon + Duration::from_millis(1)));
    let listed = plan.changes(&left, &HashMap::new());
    assert_eq!((listed.total, listed.list[0].kind), (30, ChangeKind::Deleted));
    assert!(listed.list[0].reason.contains("LDAP_DELETE_AFTER_DAYS") && listed.list[0].name == "user001");
}

#[test]
fn who_is_only_reported_keeps_access_groups_and_role() {
    let before = synced(&snapshot(people(3), vec![group("g", "Admins", &["id000", "id001"])]));
    let read = snapshot(people(3).into_iter().skip(1).collect(), vec![group("g", "Admins", &["id001"])]);
    let plan = reconcile(&read, &before, &living(|life| life.missing = Missing::Report));
    assert_eq!((plan.verdict(None), plan.counts.users.missing), (Verdict::Nothing, 1));
    assert!(messages(&plan)[0].contains("\"user000\" is not in the directory any more"));
    assert_eq!(plan.changes(&before, &HashMap::new()).list[0].kind, ChangeKind::Missing);
}

#[test]
fn with_people_or_groups_switched_off_nothing_of_them_changes() {
    let before = synced(&snapshot(people(3), vec![group("g", "Admins", &["id000"])]));
    let mut read = snapshot(people(5).into_iter().skip(1).collect(), vec![group("g", "Admins", &["id001"]), group("h", "new", &[])]);
    read.users[0].phone = "1".into();
    let plan = reconcile(&read, &before, &living(|life| life.sync_users = false));
    assert_eq!((plan.counts.users.unchanged, plan.counts.groups.created, plan.counts.memberships.added), (3, 1, 1));
    assert!(plan.updated_users.is_empty() && plan.created_users.is_empty() && plan.departed_users.is_empty());
    let plan = reconcile(&read, &before, &living(|life| life.sync_groups = false));
    assert_eq!((plan.counts.users.created, plan.counts.users.disabled, plan.counts.users.updated), (2, 1, 1));
    assert_eq!((plan.counts.groups.unchanged, plan.counts.groups.created, plan.counts.memberships), (1, 0, Default::default()));
    let admin = plan.updated_users.iter().find(|(id, ..)| *id == known(&before, "id001").id).map(|(_, _, row)| row.is_admin);
    assert_eq!(admin, Some(true), "who administers is about people, and is read from the group all the same");
    let plan = reconcile(&read, &before, &living(|life| (life.sync_users, life.sync_groups) = (false, false)));
    assert_eq!(plan.verdict(None), Verdict::Nothing);
}

#[test]
fn a_local_account_is_linked_by_name_or_address_as_the_policy_says_and_one_of_another_directory_never() {
    let mut current = Current::default();
    let ada = add_local(&mut current, "ada", Some("ada@x"), true);
    let bob = add_local(&mut current, "bob", Some("bob@x"), false);
    let cyd = add_local(&mut current, "cyd", Some("cyd@x"), true);
    current.other_usernames.insert("eve".to_owned(), owner("\"eve\" of the directory \"other\""));
    let mut disabled = user("5", "cyd", Some("cyd@x"));
    disabled.is_disabled = true;
    let read = snapshot(
        vec![user("1", "ada.l", Some("ADA@x")), user("2", "bob", Some("bob@x")), user("3", "eve", None), user("4", "dan", None), disabled],
        vec![],
    );
    for (collision, linked, skipped, created) in
        [(Collision::Skip, vec![], 3, 2), (Collision::LinkVerified, vec![ada], 3, 1), (Collision::Link, vec![ada, bob], 2, 1)]
    {
        let policy = living(|life| life.collision = collision);
        let plan = reconcile(&read, &current, &policy);
        let ids: Vec<UserId> = plan.linked_users.iter().map(|(id, _)| *id).collect();
        assert_eq!((ids, plan.counts.users.skipped, plan.counts.users.created), (linked.clone(), skipped, created), "{collision:?}");
        let listed = plan.changes(&current, &HashMap::new());
        assert_eq!(listed.list.iter().filter(|change| change.kind == ChangeKind::Linked).count(), linked.len());
        let after = apply(&plan, &current);
        if linked.contains(&ada) {
            assert_eq!((known(&after, "1").id, known(&after, "1").username.as_str()), (ada, "ada.l"));
            let line = listed.list.iter().find(|change| change.kind == ChangeKind::Linked).unwrap();
            let renamed = FieldChange { field: "username".to_owned(), old: "ada".to_owned(), new: "ada.l".to_owned() };
            assert!(line.fields.contains(&renamed) && line.reason.contains("local account \"ada\""), "{line:?}");
        }
        assert!(after.local_accounts.contains_key(&cyd), "a disabled entry does not lock a local account");
        assert!(after.other_usernames.contains_key("eve"));
        assert_eq!(reconcile(&read, &after, &policy).verdict(None), Verdict::Nothing);
    }
}

#[test]
fn a_new_person_whose_name_is_taken_gets_a_number_and_keeps_it() {
    let mut current = Current::default();
    add_local(&mut current, "ada", None, false);
    let policy = Policy { placement: Placement::default(), ..living(|life| life.collision = Collision::Suffix) };
    let read = snapshot(vec![user("1", "ada", None), user("2", "ada2", None), user("3", "ADA", None)], vec![]);
    let plan = reconcile(&read, &current, &policy);
    assert!(messages(&plan).is_empty() && plan.changes(&current, &HashMap::new()).list[0].reason.contains("becomes \"ada3\""));
    let after = apply(&plan, &current);
    let names = ["1", "2", "3"].map(|id| known(&after, id).username.as_str());
    assert_eq!(names, ["ada3", "ada2", "ADA4"]);
    let again = reconcile(&read, &after, &policy);
    assert_eq!((again.verdict(None), messages(&again)), (Verdict::Nothing, vec![]));
}

#[test]
fn groups_are_left_out_by_patterns_and_still_say_who_administers() {
    let before = synced(&snapshot(people(2), vec![group("a", "Admins", &["id000"]), group("w", "app-wiki", &["id001"])]));
    let read = snapshot(people(2), vec![group("a", "Admins", &["id000"]), group("w", "App-Wiki", &["id001"]), group("x", "app-old", &[])]);
    let placement = Placement {
        admin_group: Some("Admins".to_owned()),
        include_groups: vec!["APP-*".to_owned()],
        exclude_groups: vec!["*-old".to_owned()],
        ..Placement::default()
    };
    let plan = reconcile(&read, &before, &placing(placement));
    assert_eq!((plan.counts.groups.removed, plan.counts.groups.created, plan.counts.groups.updated), (1, 0, 1));
    assert!(apply(&plan, &before).users.iter().any(|user| user.is_admin));
    assert_eq!(plan.changes(&before, &HashMap::new()).list[0].kind, ChangeKind::Removed);
}

#[test]
fn local_groups_get_the_mapped_members_everybody_and_the_newcomers_and_give_back_only_those() {
    let placement = Placement {
        parent_group: Some("everyone".to_owned()),
        default_groups: vec!["Newcomers".to_owned(), "Nowhere".to_owned()],
        group_map: vec![("staff".to_owned(), "Team".to_owned())],
        ..Placement::default()
    };
    let policy = placing(placement);
    let mut current = Current::default();
    let [everyone, _, team] = ["Everyone", "newcomers", "team"].map(|name| add_local_group(&mut current, name));
    let read = snapshot(people(3), vec![group("s", "Staff", &["id000", "id001"])]);
    let plan = reconcile(&read, &current, &policy);
    assert_eq!((plan.counts.groups.created, plan.counts.memberships.added), (0, 3 + 3 + 2));
    assert!(messages(&plan).iter().any(|message| message.contains("\"Nowhere\", which does not exist")));
    let mut after = apply(&plan, &current);
    assert_eq!(reconcile(&read, &after, &policy).verdict(None), Verdict::Nothing);

    // Taken out of the default group: stays out. Put in the team by hand: stays in. Not in the mapped group any more: leaves the team.
    let ids = ["id000", "id001", "id002"].map(|id| known(&after, id).id);
    let members = |of: &mut Current, key: &str, change: &dyn Fn(&mut Vec<UserId>)| change(&mut of.local_groups.get_mut(key).unwrap().members);
    members(&mut after, "newcomers", &|members| members.retain(|user| *user != ids[0]));
    members(&mut after, "team", &|members| members.push(ids[2]));
    let read = snapshot(people(2), vec![group("s", "Staff", &["id001"])]);
    let plan = reconcile(&read, &after, &policy);
    let mut expected = vec![(team, ids[0]), (everyone, ids[2])];
    expected.sort_unstable();
    assert_eq!((&plan.removed_members, plan.placed_members.len()), (&expected, 0));
    let last = apply(&plan, &after);
    assert!(last.local_groups["team"].members.contains(&ids[2]) && !last.local_groups["newcomers"].members.contains(&ids[0]));
    // An entry that could not be read might be the mapped group: nobody leaves for that.
    let mut unread = snapshot(people(2), vec![]);
    unread.skipped_groups.push(SkippedEntry { id: Some("s".into()), dn_key: None });
    assert!(reconcile(&unread, &last, &policy).removed_members.is_empty());
}

#[test]
fn groups_memberships_and_administrators_have_limits_of_their_own() {
    let groups = |count: usize| (0..count).map(|n| group(&format!("g{n:02}"), &format!("group{n}"), &["id000"])).collect::<Vec<_>>();
    let reason = |before: &Snapshot, read: &Snapshot| reconcile(read, &synced(before), &policy()).held_because.unwrap_or_default();
    let with = |groups| snapshot(people(40), groups);
    assert_eq!(reason(&with(groups(10)), &with(groups(5))), "");
    assert!(
        reason(&with(groups(10)), &with(groups(4)))
            .contains("6 of 10 groups (60 %) would vanish; without confirmation 5 may (LDAP_GUARD_GROUPS_PERCENT")
    );
    assert!(reason(&with(groups(3)), &with(vec![])).contains("found no group, and 3 are known"));

    let all: Vec<String> = (0..40).map(|n| format!("id{n:03}")).collect();
    let holding = |count: usize| with(vec![group("g", "g", &all[..count].iter().map(String::as_str).collect::<Vec<_>>())]);
    assert_eq!(reason(&holding(40), &holding(20)), "");
    assert!(reason(&holding(40), &holding(19)).contains("21 of 40 memberships (52 %) would end while both the person and the group stay"));

    let admins = |count: usize| with(vec![group("g", "Admins", &all[..count].iter().map(String::as_str).collect::<Vec<_>>())]);
    assert_eq!(reason(&admins(4), &admins(2)), "");
    assert!(reason(&admins(4), &admins(1)).contains("3 of 4 administrators (75 %)"));
}

#[test]
fn an_attribute_hidden_from_everybody_at_once_is_held() {
    let reading = |has_mail: bool, has_members: bool| {
        let users =
            people(4).into_iter().map(|user| DirectoryUser { email: has_mail.then(|| format!("{}@x", user.username).into()), ..user }).collect();
        let members: &[&str] = if has_members { &["id000", "id001", "id002"] } else { &[] };
        snapshot(users, vec![group("g", "staff", members)])
    };
    let before = synced(&reading(true, true));
    let held = |read: &Snapshot| reconcile(read, &before, &policy()).held_because.unwrap_or_default();
    assert_eq!(held(&reading(true, true)), "");
    assert!(held(&reading(false, true)).contains("4 of 4 people had one") && held(&reading(false, true)).contains("may not read mail"));
    assert!(held(&reading(true, false)).contains("No group has members any more"));
    // Nobody misses what was never there.
    let without = synced(&reading(false, false));
    assert_eq!(reconcile(&reading(false, false), &without, &policy()).held_because, None);
}

#[test]
fn when_nobody_is_disabled_any_more_the_run_is_held_and_when_somebody_still_is_they_come_back() {
    let with = |disabled: &[usize]| {
        let mut users = people(10);
        disabled.iter().for_each(|place| users[*place].is_disabled = true);
        snapshot(users, vec![])
    };
    let current = synced(&with(&[1, 2, 3, 4]));
    let (nobody, one) = (with(&[]), with(&[4]));
    let plan = reconcile(&nobody, &current, &policy());
    let reason = plan.held_because.as_deref().expect("a reason");
    assert!(reason.contains("4 people were") && reason.contains("LDAP_USER_DISABLED_WHEN"), "{reason}");
    assert_eq!((plan.counts.users.restored, plan.verdict(Some(plan.digest))), (4, Verdict::Apply), "a confirmation lifts it");
    let plan = reconcile(&one, &current, &policy());
    assert_eq!((plan.counts.users.restored, &plan.held_because), (3, &None));
    // Two may be a morning's work.
    let current = synced(&with(&[1, 2]));
    assert_eq!(reconcile(&nobody, &current, &policy()).held_because, None);
}

#[test]
fn the_list_of_changes_tells_old_and_new_and_is_cut_with_room_for_each_kind() {
    let before = synced(&snapshot(vec![user("1", "ada", Some("ada@x"))], vec![]));
    let mut ada = user("1", "countess", None);
    (ada.phone, ada.locale) = ("12".into(), "fr".into());
    let read = snapshot(vec![ada], vec![]);
    let plan = reconcile(&read, &before, &policy());
    let old = OldProfile { display_name: "ada".to_owned(), phone: "11".to_owned(), extras: "{}".to_owned(), ..OldProfile::default() };
    assert_eq!(plan.changing_people(), [known(&before, "1").id]);
    let listed = plan.changes(&before, &[(known(&before, "1").id, old)].into());
    let fields: Vec<_> = listed.list[0].fields.iter().map(|field| (field.field.as_str(), field.old.as_str(), field.new.as_str())).collect();
    let expected = [
        ("username", "ada", "countess"),
        ("e-mail", "ada@x", ""),
        ("display name", "ada", "countess"),
        ("phone", "11", "12"),
        ("language", "", "fr"),
    ];
    assert_eq!(fields, expected);
    assert_eq!(listed.page("COUNT", Some(ChangeKind::Updated), 0, 10).1, 1);
    assert_eq!(listed.page("nobody", None, 0, 10).1, 0);

    let groups = (0..900).map(|n| group(&format!("g{n}"), &format!("group{n}"), &["id000", "id001"])).collect();
    let read = snapshot((0..3000).map(|n| user(&format!("id{n:03}"), &format!("user{n}"), None)).collect(), groups);
    let nothing = Current::default();
    let listed = reconcile(&read, &nothing, &policy()).changes(&nothing, &HashMap::new());
    assert_eq!((listed.total, listed.list.len()), (3000 + 900 + 1800, Changes::MAX));
    let of = |what| listed.list.iter().filter(|change| change.what == what).count();
    assert_eq!((of(What::Person), of(What::Group), of(What::Membership)), (1000, 500, 500));
    assert!(listed.list.iter().any(|change| change.name.contains(" → group")));
    assert_eq!(serde_json::from_str::<Vec<EntryChange>>(&serde_json::to_string(&listed.list).unwrap()).unwrap(), listed.list);
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

/// Settings that a history may go through.
fn policies() -> impl Strategy<Value = Policy> {
    let missing = prop::sample::select(vec![
        Missing::Disable { delete_after_days: None },
        Missing::Disable { delete_after_days: Some(1) },
        Missing::Delete,
        Missing::Report,
    ]);
    let collision = prop::sample::select(vec![Collision::Skip, Collision::LinkVerified, Collision::Link, Collision::Suffix]);
    let place = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let life = (missing, collision, prop::bool::weighted(0.9), prop::bool::weighted(0.9), 0..4_u64);
    (life, place).prop_map(|((missing, collision, sync_users, sync_groups, days), (parent, default, map, exclude, everyone))| Policy {
        life_cycle: LifeCycle { sync_users, sync_groups, missing, collision },
        placement: Placement {
            admin_group: Some("Admins".to_owned()),
            parent_group: parent.then(|| "Everybody".to_owned()),
            default_groups: if default { vec!["Newcomers".to_owned(), "Nowhere".to_owned()] } else { vec![] },
            group_map: if map { vec![("h".to_owned(), "Mapped".to_owned()), ("G".to_owned(), "Everybody".to_owned())] } else { vec![] },
            exclude_groups: if exclude { vec!["a*".to_owned()] } else { vec![] },
            everyone_is_admin: everyone,
            ..Placement::default()
        },
        now: NOW + Duration::from_secs(days * 86_400),
        ..policy()
    })
}

proptest! {
    #[test]
    fn any_history_applies_cleanly_settles_at_once_and_does_not_depend_on_order(history in prop::collection::vec((crowd(), policies()), 1..6)) {
        let mut current = Current { other_group_names: [("vips".to_owned(), owner("the local group \"vips\""))].into(), ..Current::default() };
        // Another directory's, a local one whose address is verified, and one whose is not.
        current.other_usernames.insert("root".to_owned(), owner("\"root\" of the directory \"other\""));
        current.other_emails.insert("root@x".to_owned(), owner("\"root\" of the directory \"other\""));
        let locals = [add_local(&mut current, "a", Some("a@x"), true), add_local(&mut current, "b", Some("c@x"), false)];
        for name in ["Everybody", "Newcomers", "Mapped"] {
            add_local_group(&mut current, name);
        }
        // Somebody else put one of them in a group by hand.
        current.local_groups.get_mut("mapped").unwrap().members.push(locals[0]);
        for (read, policy) in history {
            let mut shuffled = read.clone();
            shuffled.users.reverse();
            shuffled.groups.reverse();
            shuffled.groups.iter_mut().for_each(|group| group.members.reverse());
            let plan = reconcile(&read, &current, &policy);
            let listed = plan.changes(&current, &HashMap::new());
            // Two entries with one id and one DN are told apart by nothing; every other order gives the same plan.
            let ids: HashSet<_> = read.users.iter().map(|user| &user.id).collect();
            let group_ids: HashSet<_> = read.groups.iter().map(|group| &group.id).collect();
            if ids.len() == read.users.len() && group_ids.len() == read.groups.len() {
                let other = reconcile(&shuffled, &current, &policy);
                prop_assert_eq!(plan.digest, other.digest);
                prop_assert_eq!(&listed, &other.changes(&current, &HashMap::new()));
            }
            let (counts, life) = (plan.counts.users, policy.life_cycle);
            if life.sync_users {
                let found = read.users.len() + read.skipped_users.len();
                let departed = plan.departed_users.len() + plan.deleted_users.len();
                let sum = counts.created + counts.linked + counts.updated + (counts.disabled - departed) + counts.restored + counts.unchanged + counts.skipped;
                prop_assert_eq!(sum, found);
            } else {
                prop_assert_eq!(counts.created + counts.linked + counts.updated + counts.disabled + counts.restored + counts.deleted, 0);
            }
            prop_assert_eq!(listed.total, listed.list.len(), "everything fits, and every line is there");

            let mut after = apply(&plan, &current);
            after.users.iter_mut().filter(|user| plan.departed_users.contains(&user.id)).for_each(|user| user.left_at = Some(policy.now));
            // The list says what applying does.
            let count = |kind, what| listed.list.iter().filter(|change| change.kind == kind && change.what == what).count();
            prop_assert_eq!(after.users.len() + count(ChangeKind::Deleted, What::Person), current.users.len() + count(ChangeKind::Created, What::Person) + counts.linked);
            let memberships = |of: &Current| -> usize {
                of.groups.iter().map(|group| group.members.len()).chain(of.local_groups.values().map(|group| group.members.len())).sum()
            };
            let lost_with_person: usize = current.local_groups.values().flat_map(|group| &group.members).filter(|user| {
                (plan.deleted_users.contains(user) || plan.forgotten_users.contains(user)) && !plan.removed_members.iter().any(|(_, member)| member == *user)
            }).count();
            if lost_with_person == 0 && plan.deleted_users.is_empty() && plan.forgotten_users.is_empty() {
                let joined = count(ChangeKind::Joined, What::Membership);
                prop_assert_eq!(memberships(&after) + count(ChangeKind::Left, What::Membership), memberships(&current) + joined);
            }

            let again = reconcile(&read, &after, &policy);
            prop_assert!(again.counts.nothing_changes() && again.writes_nothing(), "{:#?}", again);
            // An account never changes its entry.
            for user in &current.users {
                prop_assert!(after.users.iter().all(|other| other.id != user.id || other.entry_id == user.entry_id));
            }
            // Local accounts change in one way only: they are linked, under a policy that says so.
            for local in &locals {
                let was_local = current.local_accounts.contains_key(local);
                let is_linked = plan.linked_users.iter().any(|(id, _)| id == local);
                prop_assert!(!is_linked || (was_local && policy.links_accounts()));
                prop_assert!(!was_local || is_linked || after.local_accounts.contains_key(local));
            }
            prop_assert!(after.other_usernames.contains_key("root") && after.other_group_names.contains_key("vips"));
            // Who was put in a group by hand stays in it.
            let by_hand = |of: &Current| of.local_groups["mapped"].members.contains(&locals[0]);
            let is_deleted = plan.deleted_users.contains(&locals[0]) || plan.forgotten_users.contains(&locals[0]);
            prop_assert!(by_hand(&after) || !by_hand(&current) || is_deleted);
            current = after;
        }
    }
}
