//! When people's passwords were changed, as far as the server tells: the hash of an older one must open nothing.

use std::time::Duration;

use super::super::attributes::{Field, RawEntry};
use super::super::config::DirectoryConfig;
use super::super::model::EntryId;
use super::entries::{PER_SEARCH, entry_id, with_ids};
use super::search::Area;
use super::standing::{at_ticks, generalized_time};
use super::{FetchError, Phase, guarded, servers};
use crate::clock::Timestamp;

/// Active Directory and Samba, in 100 ns since 1601.
const IN_TICKS: &str = "pwdLastSet";
/// OpenLDAP with its password policy, FreeIPA, 389 Directory Server where it is told to keep it (`passwordTrackUpdateTime`).
const IN_WORDS: [&str; 3] = ["pwdChangedTime", "krbLastPwdChange", "pwdUpdateTime"];

/// When the passwords of these people were changed last; who is not in the answer is not there, or the server does not tell.
///
/// # Errors
/// [`FetchError`] when the directory could not be asked, or did not answer completely within `within`.
pub async fn password_changes(config: &DirectoryConfig, people: &[EntryId], within: Duration) -> Result<Vec<(EntryId, Timestamp)>, FetchError> {
    let (owned, people) = (servers::within(config, within), people.to_vec());
    guarded(within, Phase::Users, async move {
        let mut connection = servers::open(&owned).await?.connection;
        let names = owned.attributes.names(Field::UserId);
        let requested: Vec<String> = names.iter().cloned().chain([IN_TICKS.to_owned()]).chain(IN_WORDS.map(str::to_owned)).collect();
        let mut changes = Vec::new();
        for ids in people.chunks(PER_SEARCH) {
            let filter = with_ids(&owned.search.user_filter, names, ids);
            let each = |entry: &RawEntry| changes.extend(entry_id(entry, names).zip(changed_at(entry)));
            connection.search(Phase::Users, Area::people(&owned.search), filter.as_str(), &requested, each).await?;
        }
        connection.close().await;
        Ok(changes)
    })
    .await
}

fn changed_at(entry: &RawEntry) -> Option<Timestamp> {
    let ticks = entry.values_of(IN_TICKS).next().and_then(at_ticks);
    let words = IN_WORDS.iter().filter_map(|name| entry.values_of(name).next().and_then(generalized_time));
    ticks.into_iter().chain(words).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_says_in_its_own_way_when_a_password_was_changed() {
        let at = |name: &str, value: &str| {
            let attributes = vec![(name.to_owned(), vec![value.as_bytes().to_vec()])];
            changed_at(&RawEntry { dn: "uid=a".to_owned(), attributes }).map(Timestamp::as_seconds)
        };
        assert_eq!(at("pwdLastSet", "134123040000000000"), Some(1_767_830_400));
        assert_eq!(at("pwdChangedTime", "20260108000000Z"), Some(1_767_830_400));
        assert_eq!(at("krbLastPwdChange", "20260108000000Z"), Some(1_767_830_400));
        assert_eq!((at("pwdLastSet", "soon"), at("userPassword", "20260108000000Z")), (None, None));
    }
}
