//! Who is meant by a member value: a DN (`member`, `uniqueMember`) or a username (`memberUid`).

use std::collections::HashMap;

use super::dn::{DnKey, key_of_member};
use super::model::{DirectoryGroup, DirectoryUser, EntryId, Problems, SkippedEntry, counted};
use crate::users::model::key as name_key;

/// Finds people by DN and by username. Built once per run, when all people are read; asked while groups stream in, so that member texts need not be kept.
#[derive(Debug, Default)]
pub struct Members {
    by_dn: HashMap<DnKey, EntryId>,
    by_username: HashMap<String, EntryId>,
}

/// Of how many members that are nobody the text is kept while a run lasts.
const EXAMPLES: usize = 10;

/// What a group's member values led to.
#[derive(Debug, Default)]
pub struct Resolved {
    people: Vec<EntryId>,
    /// Names that are no person's: of groups, or of nobody in sight. The first few with their text, for the report.
    others: Vec<(DnKey, Option<Box<str>>)>,
    /// Values that are no names, and nobody's usernames.
    unknown: usize,
    example: Option<Box<str>>,
}

impl Members {
    /// Takes the people of a run. Skipped entries are known by their DN, so that a mistake in an entry does not end its memberships.
    pub fn new(users: &[DirectoryUser], skipped: &[SkippedEntry]) -> Self {
        let mut members = Self { by_dn: HashMap::with_capacity(users.len()), by_username: HashMap::with_capacity(users.len()) };
        for entry in skipped {
            if let (Some(id), Some(dn_key)) = (&entry.id, entry.dn_key) {
                members.by_dn.insert(dn_key, id.clone());
            }
        }
        for user in users {
            members.by_dn.insert(user.dn_key, user.id.clone());
            // Two entries with one username: the plan lets the smaller id have it among new ones, so a bare name means that one here too.
            let holder = members.by_username.entry(name_key(&user.username)).or_insert_with(|| user.id.clone());
            if user.id < *holder {
                *holder = user.id.clone();
            }
        }
        members
    }

    /// Resolves one value and adds it to `resolved`. An empty value is a placeholder (`groupOfNames` demands a member) and means nobody.
    pub fn resolve(&self, value: &[u8], resolved: &mut Resolved) {
        let Ok(text) = std::str::from_utf8(value) else {
            resolved.unknown += 1;
            return;
        };
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let dn_key = key_of_member(text);
        if let Some(id) = dn_key.and_then(|key| self.by_dn.get(&key)).or_else(|| self.by_username.get(&name_key(text))) {
            resolved.people.push(id.clone());
        } else {
            let shown = || text.chars().take(200).collect::<String>().into_boxed_str();
            if let Some(key) = dn_key {
                let text = (resolved.others.len() < EXAMPLES).then(shown);
                resolved.others.push((key, text));
            } else {
                resolved.unknown += 1;
                resolved.example.get_or_insert_with(shown);
            }
        }
    }
}

/// Gives every group its people and reports what could not be resolved: per group how many members are groups (not followed yet) and how many nobody.
pub fn complete(groups: &mut [DirectoryGroup], resolved: Vec<Resolved>, skipped: &[SkippedEntry], member_attribute: &str, problems: &mut Problems) {
    let known: std::collections::HashSet<DnKey> =
        groups.iter().map(|group| group.dn_key).chain(skipped.iter().filter_map(|entry| entry.dn_key)).collect();
    for (group, Resolved { mut people, others, unknown, example }) in groups.iter_mut().zip(resolved) {
        people.sort_unstable();
        people.dedup();
        group.members = people;
        let (nested, strangers): (Vec<_>, Vec<_>) = others.into_iter().partition(|(key, _)| known.contains(key));
        if !nested.is_empty() {
            let groups = counted(nested.len(), "member is a group", "members are groups");
            problems.report(&group.dn, Some(member_attribute), format!("{groups}; who is in there does not count as a member here."));
        }
        let count = unknown + strangers.len();
        if count > 0 {
            let example =
                strangers.into_iter().find_map(|(_, text)| text).or(example).map_or_else(String::new, |text| format!(" (for example {text:?})"));
            let members = counted(count, "member is", "members are");
            problems.report(&group.dn, Some(member_attribute), format!("{members} not among the people found{example} and left out."));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dn::key_of;
    use super::*;

    fn user(id: &str, dn: &str, username: &str) -> DirectoryUser {
        DirectoryUser {
            id: id.into(),
            dn: dn.to_owned(),
            dn_key: key_of(dn).unwrap(),
            username: username.to_owned(),
            email: None,
            first_name: String::new(),
            last_name: String::new(),
            display_name: username.to_owned(),
            phone: String::new(),
            locale: String::new(),
            extras: crate::directory::model::Extras::new(),
            is_disabled: false,
        }
    }

    fn resolve(values: &[&str]) -> (Vec<String>, Vec<String>) {
        let users = [user("1", "uid=ada,ou=p,dc=x", "ada"), user("2", "cn=Hopper\\, Grace,ou=p,dc=x", "grace")];
        let skipped = [SkippedEntry { id: Some("3".into()), dn_key: key_of("uid=bad,ou=p,dc=x") }];
        let members = Members::new(&users, &skipped);
        let mut resolved = Resolved::default();
        for value in values {
            members.resolve(value.as_bytes(), &mut resolved);
        }
        let group = |dn: &str| DirectoryGroup {
            id: dn.into(),
            dn: dn.to_owned(),
            dn_key: key_of(dn).unwrap(),
            name: dn.to_owned(),
            display_name: String::new(),
            members: vec![],
        };
        let mut groups = [group("cn=g,dc=x"), group("cn=h,dc=x")];
        let mut problems = Problems::default();
        complete(&mut groups, vec![resolved, Resolved::default()], &[], "member", &mut problems);
        (groups[0].members.iter().map(ToString::to_string).collect(), problems.into_list().into_iter().map(|problem| problem.message).collect())
    }

    #[test]
    fn members_are_found_by_dn_in_any_spelling_and_by_username() {
        for value in ["uid=ada,ou=p,dc=x", "UID=Ada, OU=P, DC=X", "uid=ada,ou=p,dc=x#'01'B", "ada", "ADA"] {
            assert_eq!(resolve(&[value]), (vec!["1".to_owned()], vec![]), "{value}");
        }
        assert_eq!(resolve(&["CN=Hopper\\2c Grace,ou=p,dc=x", "grace"]).0, ["2"]);
    }

    #[test]
    fn a_skipped_entry_keeps_its_memberships() {
        assert_eq!(resolve(&["uid=bad,ou=p,dc=x"]).0, ["3"]);
    }

    #[test]
    fn groups_and_strangers_are_counted_apart_and_placeholders_ignored() {
        let (people, messages) = resolve(&["", " ", "ada", "cn=h,dc=x", "cn=nobody,dc=x", "nobody", "cn=g,dc=x"]);
        assert_eq!(people, ["1"]);
        assert_eq!(messages.len(), 2);
        assert!(messages[0].starts_with("2 members are groups"));
        assert!(messages[1].starts_with("2 members are not among the people found (for example \"cn=nobody,dc=x\")"), "{}", messages[1]);
    }
}
