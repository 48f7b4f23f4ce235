//! Reading people and groups: page by page into a [`Snapshot`], with what does not come in pages behind them (ranges of values, the in-chain rule).

use super::super::attributes::{self, Field, RawEntry};
use super::super::config::{DirectoryConfig, Nested};
use super::super::filter::Filter;
use super::super::membership::{OwnGroups, People, Place, Roster};
use super::super::model::Snapshot;
use super::connection::Connection;
use super::search::{Area, Tally};
use super::{FetchError, Phase};
use crate::clock::Timestamp;

/// Active Directory's rule that follows groups within groups (MS-ADTS section 3.1.1.3.4.4.3).
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// Reads people, and what their entries say about their groups.
pub(super) async fn read_users(
    config: &DirectoryConfig,
    now: Timestamp,
    connection: &mut Connection,
    snapshot: &mut Snapshot,
) -> Result<(Tally, OwnGroups), FetchError> {
    let requested = attributes::requested_for_users(config);
    let (mut own, mut unfinished) = (OwnGroups::default(), Vec::new());
    let each = |entry: &RawEntry| {
        let place = match attributes::user(entry, config, now, &mut snapshot.problems) {
            Ok(user) => {
                snapshot.users.push(user);
                Place::Used(snapshot.users.len() - 1)
            }
            Err(skipped) => {
                snapshot.skipped_users.push(skipped);
                Place::Skipped(snapshot.skipped_users.len() - 1)
            }
        };
        own.take(place, entry, config);
        unfinished.extend(Unfinished::all_of(entry, &config.membership.member_of, place));
    };
    let tally = connection.search(Phase::Users, Area::people(&config.search), config.search.user_filter.as_str(), &requested, each).await?;
    for Unfinished { place, dn, attribute, from } in unfinished {
        read_ranges(connection, Phase::Users, &dn, &attribute, from, |value| own.take_member_of(place, value)).await?;
    }
    Ok((tally, own))
}

/// An entry of which an attribute did not fit into one answer: where it goes on.
pub(super) struct Unfinished {
    place: Place,
    pub(super) dn: String,
    pub(super) attribute: String,
    pub(super) from: u32,
}

impl Unfinished {
    pub(super) fn all_of(entry: &RawEntry, attributes: &[String], place: Place) -> Vec<Self> {
        let goes_on = |attribute: &String| {
            let (_, from) = entry.ranged(attribute)?;
            Some(Self { place, dn: entry.dn.clone(), attribute: attribute.clone(), from: from? })
        };
        attributes.iter().filter_map(goes_on).collect()
    }
}

/// Reads groups, and puts together who is in them.
pub(super) async fn read_groups(
    config: &DirectoryConfig,
    connection: &mut Connection,
    snapshot: &mut Snapshot,
    own: OwnGroups,
) -> Result<Tally, FetchError> {
    let requested = attributes::requested_for_groups(config);
    let Snapshot { users, skipped_users, groups, skipped_groups, problems, .. } = &mut *snapshot;
    let (mut own, mut roster, mut unfinished) = (Some(own), None, Vec::new());
    let mut begin = || Roster::new(config, People::new(users, skipped_users, config), own.take().unwrap_or_default());
    let each = |entry: &RawEntry| {
        let is_used = match attributes::group(entry, config, problems) {
            Ok(group) => {
                groups.push(group);
                true
            }
            Err(skipped) => {
                skipped_groups.push(skipped);
                false
            }
        };
        // Begun when the first groups are here: the server does not wait for it then, but works at the next ones.
        let place = roster.get_or_insert_with(&mut begin).take(entry, is_used);
        unfinished.extend(Unfinished::all_of(entry, config.attributes.names(Field::GroupMember), place));
    };
    let tally = connection.search(Phase::Groups, Area::groups(&config.search), config.search.group_filter.as_str(), &requested, each).await?;
    let mut roster = roster.unwrap_or_else(begin);
    for Unfinished { place, dn, attribute, from } in unfinished {
        read_ranges(connection, Phase::Groups, &dn, &attribute, from, |value| roster.take_member(place, value)).await?;
    }
    if config.membership.nested == Nested::InChain {
        let nothing = ["1.1".to_owned()];
        for (place, group) in snapshot.groups.iter().enumerate() {
            let Some(rule) = Filter::matching("memberOf", IN_CHAIN, group.dn.as_bytes()) else { continue };
            let filter = config.search.user_filter.and(&rule);
            let each = |entry: &RawEntry| roster.take_in_chain(place, &entry.dn);
            connection.search(Phase::Groups, Area::people(&config.search), filter.as_str(), &nothing, each).await?;
        }
    }
    roster.finish(snapshot).map_err(|message| FetchError { phase: Phase::Groups, message })?;
    Ok(tally)
}

/// Follows `member;range=0-1499` to `range=…-*`: Active Directory sends no more than 1,500 values at a time. A group is read whole or the run fails.
pub(super) async fn read_ranges(
    connection: &mut Connection,
    phase: Phase,
    dn: &str,
    attribute: &str,
    from: u32,
    mut each: impl FnMut(&[u8]),
) -> Result<(), FetchError> {
    let mut from = from;
    loop {
        let entry = connection.read(phase, dn, &[format!("{attribute};range={from}-*")]).await?;
        let part = entry.as_ref().and_then(|entry| entry.ranged(attribute));
        let Some((values, next)) = part else {
            let message = format!("{attribute} of {dn:?} changed while it was being read, or the server stopped sending it. Try again.");
            return Err(FetchError { phase, message });
        };
        values.iter().for_each(|value| each(value));
        match next {
            None => return Ok(()),
            Some(next) if next > from => from = next,
            Some(_) => return Err(FetchError { phase, message: format!("The server repeats {attribute} of {dn:?} without end.") }),
        }
    }
}
