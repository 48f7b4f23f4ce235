//! Reading a few groups again, and finding out which: for following changes, where reading all groups would take too long.

use super::super::attributes::{self, Field, RawEntry};
use super::super::config::{DirectoryConfig, MemberValue, Nested};
use super::super::filter::Filter;
use super::super::membership::Place;
use super::super::model::{DirectoryUser, EntryId};
use super::entries::{PER_SEARCH, entry_id, with_ids};
use super::read::{Unfinished, read_ranges};
use super::search::Area;
use super::{FetchError, Phase, guarded, servers};

/// Groups as they are now.
#[derive(Clone, Debug, Default)]
pub struct SomeGroups {
    /// Their entries, all member values included.
    pub entries: Vec<RawEntry>,
    /// Whether some other group lists one of them as a member, and groups within groups count: then more than these may be concerned.
    pub are_nested: bool,
}

/// Whether a server can be asked which groups list somebody: `uniqueMember` may carry more than a name, `memberUid` tells cases apart that are one here (RFC
/// 2307: `caseExactIA5Match`), and what other attributes compare like is not known.
pub fn can_ask_who_lists(config: &DirectoryConfig) -> bool {
    let names = config.attributes.names(Field::GroupMember);
    !names.is_empty() && names.iter().all(|name| name.eq_ignore_ascii_case("member"))
}

/// Whether a server can be asked which groups list a group: the attributes compare in a known way, or hold usernames, which no group has.
pub fn can_ask_which_list_a_group(config: &DirectoryConfig) -> bool {
    let known = |name: &String| ["member", "uniqueMember", "memberUid"].iter().any(|known| name.eq_ignore_ascii_case(known));
    config.membership.member_value == MemberValue::Username || config.attributes.names(Field::GroupMember).iter().all(known)
}

/// Reads the groups with these ids, those within the bases and the filter.
///
/// # Errors
/// As [`fetch`](super::fetch).
pub async fn read_some_groups(config: &DirectoryConfig, ids: &[EntryId]) -> Result<SomeGroups, FetchError> {
    let (owned, ids) = (config.clone(), ids.to_vec());
    guarded(config.connection.limits.run_within, Phase::Connect, async move {
        let mut connection = servers::open(&owned).await?.connection;
        let (area, mut some) = (Area::groups(&owned.search), SomeGroups::default());
        let requested = attributes::requested_for_groups(&owned);
        let members = owned.attributes.names(Field::GroupMember);
        for ids in ids.chunks(PER_SEARCH) {
            let filter = with_ids(&owned.search.group_filter, owned.attributes.names(Field::GroupId), ids);
            let mut found = Vec::new();
            connection.search(Phase::Groups, area, filter.as_str(), &requested, |entry| found.push(entry.clone())).await?;
            for mut entry in found {
                for Unfinished { dn, attribute, from, .. } in Unfinished::all_of(&entry, members, Place::Used(0)) {
                    let mut values = entry.ranged(&attribute).map(|(values, _)| values.to_vec()).unwrap_or_default();
                    read_ranges(&mut connection, Phase::Groups, &dn, &attribute, from, |value| values.push(value.to_vec())).await?;
                    // All of it under its own name, as if it had come whole.
                    let is_part = |description: &str| description.split_once(';').is_some_and(|(base, _)| base.eq_ignore_ascii_case(&attribute));
                    entry.attributes.retain(|(description, _)| !is_part(description));
                    entry.attributes.push((attribute, values));
                }
                some.entries.push(entry);
            }
        }
        if owned.membership.nested == Nested::Closure && owned.membership.member_value != MemberValue::Username {
            let nothing = ["1.1".to_owned()];
            for entries in some.entries.chunks(PER_SEARCH) {
                let listed = entries.iter().flat_map(|entry| listing_group(&owned, entry));
                let filter = owned.search.group_filter.and(&Filter::any(listed));
                let each = |_: &RawEntry| some.are_nested = true;
                connection.search(Phase::Groups, area, filter.as_str(), &nothing, each).await?;
            }
        }
        connection.close().await;
        Ok(some)
    })
    .await
}

/// The ids of the groups that list one of these people now.
///
/// # Errors
/// As [`fetch`](super::fetch).
pub async fn groups_listing(config: &DirectoryConfig, people: &[&DirectoryUser]) -> Result<Vec<EntryId>, FetchError> {
    let owned = config.clone();
    let filters: Vec<Filter> = people.iter().flat_map(|user| listing_person(config, user)).collect();
    guarded(config.connection.limits.run_within, Phase::Connect, async move {
        let mut connection = servers::open(&owned).await?.connection;
        let (names, mut ids) = (owned.attributes.names(Field::GroupId), Vec::new());
        for filters in filters.chunks(PER_SEARCH) {
            let filter = owned.search.group_filter.and(&Filter::any(filters.iter().cloned()));
            let each = |entry: &RawEntry| ids.extend(entry_id(entry, names));
            connection.search(Phase::Groups, Area::groups(&owned.search), filter.as_str(), names, each).await?;
        }
        connection.close().await;
        Ok(ids)
    })
    .await
}

/// Filters for groups that list a person, in every form their members may have.
fn listing_person(config: &DirectoryConfig, user: &DirectoryUser) -> Vec<Filter> {
    let names = || config.attributes.names(Field::GroupMember).iter().map(String::as_str);
    let (dn, username) = (Filter::equals(names(), user.dn.as_bytes()), Filter::equals(names(), user.username.as_bytes()));
    let form = config.membership.member_value;
    let wanted = match form {
        MemberValue::Any => [dn, username],
        MemberValue::Dn => [dn, None],
        MemberValue::Username => [username, None],
        MemberValue::EntryId => [Filter::equals(names(), &user.id.to_value(id_name(config))), None],
    };
    wanted.into_iter().flatten().collect()
}

/// The same for a group within a group, which no username names.
fn listing_group(config: &DirectoryConfig, entry: &RawEntry) -> Option<Filter> {
    let names = || config.attributes.names(Field::GroupMember).iter().map(String::as_str);
    match config.membership.member_value {
        MemberValue::Any | MemberValue::Dn => Filter::equals(names(), entry.dn.as_bytes()),
        MemberValue::Username => None,
        MemberValue::EntryId => Filter::equals(names(), &entry_id(entry, config.attributes.names(Field::GroupId))?.to_value(id_name(config))),
    }
}

fn id_name(config: &DirectoryConfig) -> &str {
    config.attributes.names(Field::UserId).first().map_or("", String::as_str)
}
