//! Reading single entries again, by what never changes of them: for following changes and for one person who signs in.

use super::super::attributes::{self, Field, RawEntry};
use super::super::config::DirectoryConfig;
use super::super::filter::Filter;
use super::super::membership::OwnGroups;
use super::super::model::{DirectoryUser, EntryId, Problems, SkippedEntry, Snapshot};
use super::read::read_groups;
use super::search::Area;
use super::{FetchError, Phase, guarded, own, servers};
use crate::clock::Timestamp;

/// Entries one search asks for.
pub(super) const PER_SEARCH: usize = 50;

/// What a directory has now under some ids.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Those that are people, within the bases and the filter.
    pub users: Vec<DirectoryUser>,
    /// People whose entry cannot be used.
    pub skipped_users: Vec<SkippedEntry>,
    /// Ids of groups, within the bases and the filter.
    pub groups: Vec<EntryId>,
    /// What to tell the administrator.
    pub problems: Problems,
}

/// Reads the entries with these ids (`now` decides which accounts have expired), those that are people or groups by the directory's own bases and filters. Who is not in the answer is not one of them.
///
/// # Errors
/// As [`fetch`](super::fetch).
pub async fn read_part(config: &DirectoryConfig, people: &[EntryId], groups: &[EntryId], now: Timestamp) -> Result<Part, FetchError> {
    let (owned, people, groups) = (config.clone(), people.to_vec(), groups.to_vec());
    guarded(config.connection.limits.run_within, Phase::Connect, async move {
        let mut connection = servers::open(&owned).await?.connection;
        let mut part = Part::default();
        let requested = attributes::requested_for_users(&owned);
        for ids in people.chunks(PER_SEARCH) {
            let filter = with_ids(&owned.search.user_filter, owned.attributes.names(Field::UserId), ids);
            let each = |entry: &RawEntry| match attributes::user(entry, &owned, now, &mut part.problems) {
                Ok(user) => part.users.push(user),
                Err(skipped) => part.skipped_users.push(skipped),
            };
            connection.search(Phase::Users, Area::people(&owned.search), filter.as_str(), &requested, each).await?;
        }
        if !(part.users.is_empty() && part.skipped_users.is_empty())
            && let Some(own) = own::left_out(&owned, &mut connection).await?
        {
            part.users.retain(|user| user.dn_key != own);
            part.skipped_users.retain(|entry| entry.dn_key != Some(own));
        }
        let names = owned.attributes.names(Field::GroupId);
        for ids in groups.chunks(PER_SEARCH) {
            let filter = with_ids(&owned.search.group_filter, names, ids);
            let each = |entry: &RawEntry| part.groups.extend(entry_id(entry, names));
            connection.search(Phase::Groups, Area::groups(&owned.search), filter.as_str(), names, each).await?;
        }
        connection.close().await;
        Ok(part)
    })
    .await
}

/// Reads all groups, with their members among `people` (who are known already and not read) and those whose entry cannot be used.
///
/// # Errors
/// As [`fetch`](super::fetch).
pub async fn read_groups_for(config: &DirectoryConfig, people: Vec<DirectoryUser>, skipped: &[SkippedEntry]) -> Result<Snapshot, FetchError> {
    let (owned, skipped) = (config.clone(), skipped.to_vec());
    guarded(config.connection.limits.run_within, Phase::Connect, async move {
        let mut connection = servers::open(&owned).await?.connection;
        let mut snapshot = Snapshot { users: people, skipped_users: skipped, ..Snapshot::default() };
        read_groups(&owned, &mut connection, &mut snapshot, OwnGroups::default()).await?;
        connection.close().await;
        Ok(snapshot)
    })
    .await
}

/// The id an entry has by the first of these attributes that it has.
pub(super) fn entry_id(entry: &RawEntry, names: &[String]) -> Option<EntryId> {
    names.iter().find_map(|name| {
        let values = entry.attributes.iter().find(|(description, _)| description.eq_ignore_ascii_case(name)).map(|(_, values)| values);
        EntryId::from_value(name, values?.iter().min()?).ok()
    })
}

/// A filter for those of `filter` that have one of the ids.
pub(super) fn with_ids(filter: &Filter, names: &[String], ids: &[EntryId]) -> Filter {
    let one = |name: &String, id: &EntryId| Filter::equals([name.as_str()], &id.to_value(name));
    filter.and(&Filter::any(names.iter().flat_map(|name| ids.iter().filter_map(move |id| one(name, id)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_asked_for_as_the_bytes_they_were_made_of() {
        let guid = [0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0x4e, 0x8f, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07];
        for (attribute, value) in [
            ("objectGUID", &guid[..]),
            ("GUID", &guid),
            ("x-guid", &guid),
            ("entryUUID", b"f806d289-e57f-11f1-a5d7-f8849f6d2e8b"),
            ("uid", b"ada*)(uid=*"),
        ] {
            assert_eq!(EntryId::from_value(attribute, value).unwrap().to_value(attribute), value, "{attribute}");
        }
    }

    #[test]
    fn nothing_in_an_id_gets_out_of_its_place_in_the_filter() {
        let people = Filter::parse("(objectClass=person)").unwrap();
        let filter = with_ids(&people, &["uid".to_owned()], &["ada*)(uid=*".into(), "\\é\0".into()]);
        assert_eq!(filter.as_str(), "(&(objectClass=person)(|(uid=ada\\2a\\29\\28uid\\3d\\2a)(uid=\\5c\\c3\\a9\\00)))");
    }
}
