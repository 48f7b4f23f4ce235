//! One entry and everything about it that decides whether and how a run takes it over; asked of the server itself, which is right about its own filters.

use std::collections::HashSet;
use std::time::Duration;

use super::super::attributes::{self, Field, RawEntry};
use super::super::config::{DirectoryConfig, Nested};
use super::super::dn::{Dn, DnKey, key_of};
use super::super::filter::Filter;
use super::super::model::{DirectoryUser, Problem, Problems};
use super::connection::Connection;
use super::search::Area;
use super::{FetchError, Phase, guarded, own, servers};
use crate::clock::Timestamp;

/// How many parts of a filter are asked about one by one.
const PARTS_MAX: usize = 60;
/// How many groups are followed outwards.
const GROUPS_MAX: usize = 200;
/// How many entries with one name are told apart.
const SEVERAL_MAX: usize = 10;

/// What looking for somebody gave.
#[derive(Clone, Debug)]
pub enum Looked {
    /// The entry.
    Found(Box<Inspected>),
    /// Several entries have the name; here are their DNs.
    Several(Vec<String>),
    /// Nobody.
    Nobody,
}

/// An entry with all that decides about it.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// Everything the bind account may see, operational attributes included. Values of passwords and keys are emptied before this leaves the client.
    pub entry: RawEntry,
    /// Which server answered.
    pub server: String,
    /// Whether it is below one of the places where people are searched, as deep as is searched.
    pub is_below_bases: bool,
    /// Whether it is the account Muster itself binds with, and left out for that.
    pub is_bind_account: bool,
    /// The filter for people and its parts, outer before inner: how deep it stands, and whether the entry fits; `None` when the server did not say.
    pub parts: Vec<(usize, Filter, Option<bool>)>,
    /// The groups found, nearest first; with [`import_group`](super::super::config::Placement::import_group) also those around them that do not count else.
    pub groups: Vec<SeenGroup>,
}

/// A group somebody is in.
#[derive(Clone, Debug)]
pub struct SeenGroup {
    /// The group's entry, with what a run asks for.
    pub entry: RawEntry,
    /// DNs of the groups between, the person's own first; empty when they are in it themselves.
    pub via: Vec<String>,
    /// Whether it is the primary group.
    pub is_primary: bool,
    /// Whether only the person's own entry names it.
    pub by_member_of: bool,
}

/// Looks for a DN, or a username or e-mail address: first as a run does, then anywhere below the base DN.
///
/// # Errors
/// [`FetchError`] when the directory could not be asked, or did not answer within `within`.
pub async fn inspect(config: &DirectoryConfig, who: &str, within: Duration) -> Result<Looked, FetchError> {
    let (owned, who) = (config.clone(), who.trim().to_owned());
    guarded(within, Phase::Connect, async move {
        let mut connection = servers::open(&owned).await?.connection;
        let looked = look(&owned, &mut connection, &who).await;
        connection.close().await;
        looked
    })
    .await
}

async fn look(config: &DirectoryConfig, connection: &mut Connection, who: &str) -> Result<Looked, FetchError> {
    if who.is_empty() {
        return Ok(Looked::Nobody);
    }
    let dn = if who.contains('=') && key_of(who).is_some() {
        who.to_owned()
    } else {
        let mut dns = dns_of(config, connection, who).await?;
        match dns.len() {
            0 => return Ok(Looked::Nobody),
            1 => dns.remove(0),
            _ => return Ok(Looked::Several(dns)),
        }
    };
    let wanted = ["*", "+"].into_iter().map(str::to_owned).chain(attributes::requested_for_users(config)).collect::<Vec<_>>();
    // A server that has nothing by that name says so by a result of its own (RFC 4511 appendix A.1, 32), which is an answer here.
    let answer = connection.read_if(Phase::Users, &dn, "(objectClass=*)", &wanted).await?;
    let Some(mut entry) = answer.entries.into_iter().next() else { return Ok(Looked::Nobody) };
    for (description, values) in &mut entry.attributes {
        if attributes::is_secret(description) {
            values.iter_mut().for_each(Vec::clear);
        }
    }
    let mut parts = Vec::new();
    for (depth, part) in config.search.user_filter.parts().into_iter().take(PARTS_MAX) {
        let answer = connection.read_if(Phase::Users, &dn, part.as_str(), &["1.1".to_owned()]).await?;
        let fits = (answer.result.rc == 0).then_some(!answer.entries.is_empty());
        parts.push((depth, part, fits));
    }
    let groups = groups_of(config, connection, &entry).await?;
    let is_below_bases = is_below(config, &entry.dn);
    let is_bind_account = own::left_out(config, connection).await?.is_some_and(|own| key_of(&entry.dn) == Some(own));
    Ok(Looked::Found(Box::new(Inspected { is_bind_account, server: connection.server().to_string(), is_below_bases, parts, groups, entry })))
}

/// Where entries with this username or e-mail address are: those a run would find, else any.
async fn dns_of(config: &DirectoryConfig, connection: &mut Connection, who: &str) -> Result<Vec<String>, FetchError> {
    let names = [Field::Username, Field::Email].into_iter().flat_map(|field| config.attributes.names(field));
    let Some(by_name) = Filter::equals(names.map(String::as_str), who.as_bytes()) else { return Ok(Vec::new()) };
    let nothing = ["1.1".to_owned()];
    let anywhere = std::slice::from_ref(&config.search.base_dn);
    let looks = [(Area::people(&config.search), by_name.and(&config.search.user_filter)), (Area::below(anywhere), by_name)];
    for (area, filter) in looks {
        let mut dns = Vec::new();
        let each = |entry: &RawEntry| {
            if dns.len() < SEVERAL_MAX {
                dns.push(entry.dn.clone());
            }
        };
        connection.search(Phase::Users, area, filter.as_str(), &nothing, each).await?;
        if !dns.is_empty() {
            return Ok(dns);
        }
    }
    Ok(Vec::new())
}

fn is_below(config: &DirectoryConfig, dn: &str) -> bool {
    let Ok(dn) = Dn::parse(dn) else { return false };
    config.search.user_bases.iter().filter_map(|base| Dn::parse(base).ok()).any(|base| {
        let is_deep_enough = !config.search.one_level || dn.depth() == base.depth() + 1;
        dn.ends_with(&base) && is_deep_enough
    })
}

/// The groups an entry is in, those around them, and the primary one, as far as the settings count them.
async fn groups_of(config: &DirectoryConfig, connection: &mut Connection, entry: &RawEntry) -> Result<Vec<SeenGroup>, FetchError> {
    let member = config.attributes.names(Field::GroupMember);
    let wanted: Vec<String> = attributes::requested_for_groups(config).into_iter().filter(|name| !member.contains(name)).collect();
    let username =
        config.attributes.names(Field::Username).iter().find_map(|name| entry.values_of(name).next()).map(<[u8]>::to_vec).unwrap_or_default();
    let mut seen: HashSet<Option<DnKey>> = HashSet::new();
    let mut groups: Vec<SeenGroup> = Vec::new();
    let listed = member.iter().map(String::as_str);
    let mut filter = Filter::equals(listed.clone(), entry.dn.as_bytes());
    if let Some(by_name) = Filter::equals(listed, &username).filter(|_| !username.is_empty()) {
        filter = filter.map(|by_dn| by_dn.or(&by_name));
    }
    let mut waiting = vec![(filter, Vec::<String>::new())];
    let mut next = 0;
    while let Some((filter, via)) = waiting.get(next).cloned() {
        next += 1;
        let Some(filter) = filter else { continue };
        let filter = filter.and(&config.search.group_filter);
        let mut found = Vec::new();
        connection.search(Phase::Groups, Area::groups(&config.search), filter.as_str(), &wanted, |entry| found.push(entry.clone())).await?;
        for entry in found {
            if groups.len() < GROUPS_MAX && seen.insert(key_of(&entry.dn)) {
                if config.membership.nested != Nested::Off || config.placement.import_group.is_some() {
                    let around = Filter::equals(member.iter().map(String::as_str), entry.dn.as_bytes());
                    waiting.push((around, via.iter().cloned().chain([entry.dn.clone()]).collect()));
                }
                groups.push(SeenGroup { entry, via: via.clone(), is_primary: false, by_member_of: false });
            }
        }
    }
    for dn in config.membership.member_of.iter().flat_map(|name| entry.values_of(name)).filter_map(|value| std::str::from_utf8(value).ok()) {
        if groups.len() < GROUPS_MAX && seen.insert(key_of(dn)) {
            let answer = connection.read_if(Phase::Groups, dn, config.search.group_filter.as_str(), &wanted).await?;
            groups.extend(answer.entries.into_iter().map(|entry| SeenGroup { entry, via: Vec::new(), is_primary: false, by_member_of: true }));
        }
    }
    if config.membership.primary_group
        && let Some(sid) = primary_group_sid(entry)
        && let Some(filter) = Filter::equals(["objectSid"], &sid)
    {
        let mut found = Vec::new();
        let filter = filter.and(&config.search.group_filter);
        connection.search(Phase::Groups, Area::groups(&config.search), filter.as_str(), &wanted, |entry| found.push(entry.clone())).await?;
        let new = found.into_iter().filter(|entry| seen.insert(key_of(&entry.dn)));
        groups.extend(new.map(|entry| SeenGroup { entry, via: Vec::new(), is_primary: true, by_member_of: false }));
    }
    Ok(groups)
}

/// The primary group's SID: the person's own with `primaryGroupID` in place of its last part ([MS-DTYP] section 2.4.2.2).
fn primary_group_sid(entry: &RawEntry) -> Option<Vec<u8>> {
    let mut sid = entry.values_of("objectSid").next()?.to_vec();
    let id: u32 = std::str::from_utf8(entry.values_of("primaryGroupID").next()?).ok()?.parse().ok()?;
    let last = sid.len().checked_sub(4).filter(|last| *last >= 8)?;
    sid[last..].copy_from_slice(&id.to_le_bytes());
    Some(sid)
}

/// What the settings make of an entry: the person, or why not.
pub(in super::super) fn mapped(config: &DirectoryConfig, entry: &RawEntry, now: Timestamp) -> (Option<DirectoryUser>, Vec<Problem>) {
    let mut problems = Problems::default();
    let user = attributes::user(entry, config, now, &mut problems).ok();
    (user, problems.into_list())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_primary_group_has_the_persons_sid_with_another_end() {
        let sid = [1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 9, 9, 9, 9, 0x51, 4, 0, 0];
        let attributes = vec![("objectSid".to_owned(), vec![sid.to_vec()]), ("primaryGroupID".to_owned(), vec![b"513".to_vec()])];
        let entry = RawEntry { dn: "cn=a".to_owned(), attributes };
        assert_eq!(primary_group_sid(&entry).unwrap()[16..], [1, 2, 0, 0]);
        assert_eq!(primary_group_sid(&RawEntry::default()), None);
    }
}
