//! Whom a policy would lock out: everybody's passkeys are held against it, with what applies to them besides, before it is in force.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{Scope, held, parse, store};
use crate::authenticators::{Held, Metadata, Rule};
use crate::db::Conn;
use crate::id::{GroupId, UserId};

/// How many passkeys are read at once.
const BATCH: i64 = 5_000;
/// How many people are named.
const NAMED_MAX: usize = 50;

/// Somebody who would be locked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// Their sign-in name.
    pub username: String,
    /// What to call them.
    pub display_name: String,
    /// Whether they administer this server.
    pub is_admin: bool,
}

/// What a policy would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// How many people have passkeys, and none that would do.
    pub people: usize,
    /// The first of them.
    pub named: Vec<Person>,
    /// Whether some administrator has a passkey that would do.
    pub leaves_an_administrator: bool,
}

/// Every rule there would be, by whom it is for.
struct Rules {
    everyone: Rule,
    of_groups: HashMap<GroupId, Rule>,
}

impl Rules {
    fn of(&self, groups: &HashSet<GroupId>) -> Rule {
        groups.iter().filter_map(|group| self.of_groups.get(group)).fold(self.everyone.clone(), |all, one| all.and(one))
    }
}

/// Looks at everybody who may sign in.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn of(conn: &mut Conn, scope: &Scope, draft: &Rule, metadata: Option<&Metadata>) -> anyhow::Result<Forecast> {
    let mut rules = Rules { everyone: Rule::default(), of_groups: HashMap::new() };
    for line in store::all(conn).await? {
        let rule = parse(&line.policy)?.rule;
        match line.group_id {
            None => rules.everyone = rule,
            Some(group) => drop(rules.of_groups.insert(group, rule)),
        }
    }
    match scope.group() {
        None => rules.everyone = draft.clone(),
        Some(group) => drop(rules.of_groups.insert(group, draft.clone())),
    }
    let mut forecast = Forecast::default();
    let mut after = (Uuid::nil(), Uuid::nil());
    // Whose passkeys were not read whole yet.
    let mut open: Option<Counted> = None;
    loop {
        let batch = store::owned_after(conn, after, BATCH).await?;
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else { break };
        after = (last.user_id.uuid(), last.passkey_id);
        let mut groups: HashMap<UserId, HashSet<GroupId>> = HashMap::new();
        for (user, group) in store::memberships(conn, scope.group(), first.user_id, last.user_id).await? {
            groups.entry(user).or_default().insert(group);
        }
        for owned in batch {
            if open.as_ref().is_none_or(|open| open.person.id != owned.user_id) {
                let groups = groups.remove(&owned.user_id).unwrap_or_default();
                let is_meant = scope.group().is_none_or(|group| groups.contains(&group));
                let next = Counted { rule: rules.of(&groups), is_meant, does: false, person: person(&owned) };
                open.replace(next).into_iter().for_each(|done| forecast.count(done));
            }
            if let Some(open) = &mut open {
                open.hold(held(owned.backup_eligible, owned.attested, owned.aaguid, metadata));
            }
        }
    }
    open.into_iter().for_each(|done| forecast.count(done));
    Ok(forecast)
}

fn person(owned: &store::Owned) -> Person {
    Person { id: owned.user_id, username: owned.username.clone(), display_name: owned.display_name.clone(), is_admin: owned.is_admin }
}

/// Somebody whose passkeys are being looked at.
struct Counted {
    person: Person,
    rule: Rule,
    /// The policy is for them.
    is_meant: bool,
    /// One of those looked at would do.
    does: bool,
}

impl Counted {
    fn hold(&mut self, held: Held) {
        self.does |= self.rule.lack(held).is_none();
    }
}

impl Forecast {
    fn count(&mut self, one: Counted) {
        self.leaves_an_administrator |= one.does && one.person.is_admin;
        if one.does || !one.is_meant {
            return;
        }
        self.people += 1;
        if self.named.len() < NAMED_MAX {
            self.named.push(one.person);
        }
    }
}
