//! People's pictures, apart from people: a run reads names in pages of hundreds, and a page of pictures would have no size one could count on. So it goes in
//! two steps: who has a picture and since when the entry is as it is ([`list_pictures`]), then one picture at a time of those who changed ([`pictures`]).
//! Nothing here follows an address: a picture is what the directory holds.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::super::attributes::{Field, RawEntry};
use super::super::config::DirectoryConfig;
use super::super::filter::Filter;
use super::super::model::EntryId;
use super::search::Area;
use super::{FetchError, Phase, guarded, servers};

/// The largest picture read, in bytes.
const MAX_BYTES: usize = 5 * 1024 * 1024;
/// What tells that an entry changed, the finest first: a text that is compared and nothing more.
const STAMPS: [&str; 3] = ["entryCSN", "uSNChanged", "modifyTimestamp"];
/// How many pictures wait for whoever takes them.
const WAITING: usize = 2;

/// Somebody with a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureEntry {
    /// Who.
    pub id: EntryId,
    /// Where the entry is.
    pub dn: String,
    /// Differs from an earlier one when the entry has changed since; empty when the server does not tell.
    pub stamp: String,
}

/// One person's picture, or why it cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Whose, as it was asked for.
    pub entry: PictureEntry,
    /// The bytes, whatever they are; `None` when the entry has no picture any more.
    pub bytes: Result<Option<Vec<u8>>, PictureProblem>,
}

/// Why a picture cannot be used, for the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureProblem {
    /// The attribute.
    pub attribute: String,
    /// One sentence.
    pub message: String,
}

/// Everybody whom the filter for people finds and who has a picture; nobody when no attribute is set for pictures.
///
/// # Errors
/// [`FetchError`] when the directory could not be read completely.
pub async fn list_pictures(config: &DirectoryConfig) -> Result<Vec<PictureEntry>, FetchError> {
    let names = config.attributes.names(Field::Picture);
    let Some(present) = Filter::present(names.iter().map(|name| name.split(';').next().unwrap_or(name))) else { return Ok(vec![]) };
    let owned = config.clone();
    guarded(config.connection.limits.run_within, Phase::Users, async move {
        let mut opened = servers::open(&owned).await?;
        let filter = owned.search.user_filter.and(&present);
        let ids = owned.attributes.names(Field::UserId);
        let requested: Vec<String> = ids.iter().cloned().chain(STAMPS.map(str::to_owned)).collect();
        let mut entries = Vec::new();
        let each = |entry: &RawEntry| entries.extend(listed(entry, ids));
        opened.connection.search(Phase::Users, Area::people(&owned.search), filter.as_str(), &requested, each).await?;
        opened.connection.close().await;
        Ok(entries)
    })
    .await
}

/// An entry of the list; who has no usable id is nobody here.
fn listed(entry: &RawEntry, ids: &[String]) -> Option<PictureEntry> {
    let (name, value) = ids.iter().find_map(|name| Some((name, entry.values_of(name).min()?)))?;
    let id = EntryId::from_value(name, value).ok()?;
    let stamp = STAMPS.iter().find_map(|name| Some(String::from_utf8_lossy(entry.values_of(name).next()?).into_owned())).unwrap_or_default();
    Some(PictureEntry { id, dn: entry.dn.clone(), stamp })
}

/// Pictures on their way, one after another: the next one is read only when the ones before it were taken.
#[derive(Debug)]
pub struct Pictures {
    pictures: mpsc::Receiver<Picture>,
    reading: Option<AbortOnDropHandle<Result<(), FetchError>>>,
}

impl Pictures {
    /// The next one, in the order asked for; `None` after the last.
    ///
    /// # Errors
    /// [`FetchError`] when the directory could not be asked any more; those before are good.
    pub async fn next(&mut self) -> Result<Option<Picture>, FetchError> {
        if let Some(picture) = self.pictures.recv().await {
            return Ok(Some(picture));
        }
        match self.reading.take() {
            Some(reading) => match reading.await {
                Ok(ended) => ended.map(|()| None),
                Err(_) => Err(FetchError { phase: Phase::Users, message: "The server sent an answer that cannot be read.".to_owned() }),
            },
            None => Ok(None),
        }
    }
}

/// Begins to read the pictures of `wanted`, one at a time. Ends when the [`Pictures`] are dropped, or after
/// [`Limits::run_within`](super::super::config::Limits::run_within).
pub fn pictures(config: &DirectoryConfig, wanted: Vec<PictureEntry>) -> Pictures {
    let (sender, pictures) = mpsc::channel(WAITING);
    let (owned, within) = (config.clone(), config.connection.limits.run_within);
    let reading = tokio::spawn(guarded(within, Phase::Users, async move {
        let names = owned.attributes.names(Field::Picture);
        let mut opened = servers::open(&owned).await?;
        for entry in wanted {
            // An entry that is gone or may not be seen any more has no picture; the next run tells what became of its person.
            let found = opened.connection.read_if(Phase::Users, &entry.dn, "(objectClass=*)", names).await?;
            let bytes = found.entries.first().map_or(Ok(None), |found| picture_of(found, names));
            if sender.send(Picture { entry, bytes }).await.is_err() {
                break;
            }
        }
        opened.connection.close().await;
        Ok(())
    }));
    Pictures { pictures, reading: Some(AbortOnDropHandle::new(reading)) }
}

/// The picture of an entry: of the best attribute it has, the first value in byte order.
fn picture_of(entry: &RawEntry, names: &[String]) -> Result<Option<Vec<u8>>, PictureProblem> {
    for name in names {
        if let Some(value) = entry.values_of(name).filter(|value| !value.trim_ascii().is_empty()).min() {
            return bytes_of(value).map(Some).map_err(|message| PictureProblem { attribute: name.clone(), message });
        }
    }
    Ok(None)
}

/// Bytes as they are, or what base64 text (alone or in a `data:` address, RFC 2397) stands for.
fn bytes_of(value: &[u8]) -> Result<Vec<u8>, String> {
    let too_large = |length: usize| length > MAX_BYTES;
    let refuse = || Err(format!("The picture is larger than {} MiB and was left out.", MAX_BYTES / 1024 / 1024));
    let is_text = value.is_ascii() && !value.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace());
    let Some(text) = std::str::from_utf8(value).ok().map(str::trim).filter(|_| is_text) else {
        return if too_large(value.len()) { refuse() } else { Ok(value.to_vec()) };
    };
    if too_large(text.len() / 4 * 3) {
        return refuse();
    }
    let encoded = match text.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:")) {
        Some(_) => text.split_once(";base64,").map(|(_, encoded)| encoded),
        None => Some(text),
    };
    let is_address = text.split_once("://").is_some_and(|(scheme, _)| scheme.len() <= 10 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if is_address {
        return Err("There is an address in place of a picture. Addresses are not followed; the picture was left out.".to_owned());
    }
    let encoded: Option<Vec<u8>> = encoded.map(|encoded| encoded.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    let decoded = encoded.and_then(|encoded| STANDARD.decode(encoded).ok());
    decoded.filter(|bytes| !bytes.is_empty()).ok_or_else(|| "The value is neither a picture nor base64 text and was left out.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_base64_are_pictures_and_an_address_is_never_followed() {
        for (value, expected) in [
            (&b"\xff\xd8\xff\xe0"[..], Ok(&b"\xff\xd8\xff\xe0"[..])),
            (b"/9j/4A==", Ok(b"\xff\xd8\xff\xe0")),
            (b" /9j/\n4A== \n", Ok(b"\xff\xd8\xff\xe0")),
            (b"data:image/jpeg;base64,/9j/4A==", Ok(b"\xff\xd8\xff\xe0")),
            (b"http://169.254.169.254/latest/meta-data", Err("not followed")),
            (b"file:///etc/passwd", Err("not followed")),
            (b"data:text/plain,hello", Err("neither")),
            (b"no picture", Err("neither")),
        ] {
            match (bytes_of(value), expected) {
                (Ok(bytes), Ok(expected)) => assert_eq!(bytes, expected),
                (Err(message), Err(word)) => assert!(message.contains(word), "{message}"),
                (got, expected) => panic!("{got:?} is not {expected:?}"),
            }
        }
    }

    #[test]
    fn a_picture_of_10_mb_is_refused_as_bytes_and_as_text() {
        assert!(bytes_of(&vec![0xff; 10_000_000]).unwrap_err().contains("larger than 5 MiB"));
        assert!(bytes_of(&vec![b'A'; 10_000_000]).unwrap_err().contains("larger than 5 MiB"));
        assert_eq!(bytes_of(&vec![0xff; MAX_BYTES]).unwrap().len(), MAX_BYTES);
    }

    #[test]
    fn the_first_attribute_that_has_a_picture_counts() {
        let entry = RawEntry {
            dn: String::new(),
            attributes: vec![("jpegPhoto".to_owned(), vec![vec![]]), ("thumbnailPhoto".to_owned(), vec![vec![0xff, 2], vec![0xff, 1]])],
        };
        let names = ["jpegPhoto".to_owned(), "thumbnailPhoto".to_owned()];
        assert_eq!(picture_of(&entry, &names), Ok(Some(vec![0xff, 1])));
        assert_eq!(picture_of(&RawEntry::default(), &names), Ok(None));
    }
}
