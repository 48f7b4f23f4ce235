//! Pictures of a directory's people: a pass of its own beside the sync, because pictures outweigh everything else in a directory and nobody loses access for
//! want of one. It asks who has a picture and since when their entry is as it is, reads the pictures of those that changed one at a time, makes each small,
//! and stores it.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context as _;

use super::client;
use super::store;
use crate::app::App;
use crate::clock::Timestamp;
use crate::lease::Lease;
use crate::users::pictures::{self, Known};

/// How often pictures are looked at, at most.
const EVERY: Duration = Duration::from_secs(3600);
/// How long the pass is one instance's without a sign of life.
const LEASE_LIFETIME: Duration = Duration::from_secs(120);

/// Reads the pictures of every directory for which it is time.
///
/// # Errors
/// When the database or the settings cannot be read; the last such error of any directory. A directory that cannot be read is only logged: its sync says so.
pub async fn sync_if_due(app: &App) -> anyhow::Result<()> {
    let mut result = Ok(());
    for directory in super::names(&mut app.db.read().await?).await? {
        if let Err(error) = one_if_due(app, &directory).await {
            result = Err(error.context(format!("pictures of the directory {directory:?}")));
        }
    }
    result
}

async fn one_if_due(app: &App, directory: &str) -> anyhow::Result<()> {
    let now = app.clock.now();
    let texts = super::texts(app, directory).await?;
    let is_due = store::directories::pictures_read_at(&mut app.db.read().await?, directory).await?.is_none_or(|at| at + EVERY <= now);
    // Before the first good sync there is nobody to give a picture to.
    let has_people = store::runs::latest(&mut app.db.read().await?, directory, 1).await?.first().is_some_and(|run| run.finished_at.is_some());
    if !texts.is_enabled() || !is_due || !has_people {
        return Ok(());
    }
    let Ok(config) = texts.read(directory) else { return Ok(()) };
    if !config.life_cycle.sync_users {
        return Ok(());
    }
    let Some(lease) = Lease::take(&app.db, &format!("pictures:{directory}"), LEASE_LIFETIME, now).await? else { return Ok(()) };
    let result = tokio::select! {
        result = read(app, &config, &lease) => result,
        () = app.stopping.cancelled() => Ok(()),
    };
    lease.release(&app.db).await.context("giving the lease of the pictures back")?;
    result
}

/// What a pass has to do.
struct Work {
    /// Whose picture has to be read.
    wanted: Vec<client::PictureEntry>,
    /// Who has one here and none there any more.
    without: Vec<Known>,
}

/// Decides whose pictures to read and whose to take away. People whose stamp is as it was keep theirs unread.
fn work(listed: Vec<client::PictureEntry>, known: Vec<Known>) -> Work {
    let mut by_entry: HashMap<String, Known> = known.into_iter().map(|known| (known.entry_id.clone(), known)).collect();
    let mut wanted = Vec::new();
    for entry in listed {
        let Some(known) = by_entry.remove(&*entry.id.text()) else { continue };
        if known.source.is_none() || entry.stamp.is_empty() || known.stamp != entry.stamp {
            wanted.push(entry);
        }
    }
    let mut without: Vec<Known> = by_entry.into_values().filter(|known| known.source.is_some() && known.is_active).collect();
    without.sort_unstable_by_key(|known| known.user);
    Work { wanted, without }
}

async fn read(app: &App, config: &super::config::DirectoryConfig, lease: &Lease) -> anyhow::Result<()> {
    let directory = config.name.as_str();
    let unreadable = |error: &client::FetchError| tracing::warn!(directory, reason = error.message, "pictures of people could not be read");
    let listed = match client::list_pictures(config).await {
        Ok(listed) => listed,
        Err(error) => {
            unreadable(&error);
            return note(app, directory).await;
        }
    };
    let known = pictures::known(&mut app.db.read().await?, directory).await?;
    let people: HashMap<String, Known> = known.iter().map(|known| (known.entry_id.clone(), known.clone())).collect();
    let Work { wanted, without } = work(listed, known);
    for person in without {
        let mut tx = app.db.begin().await?;
        pictures::remove(&mut tx, person.user).await?;
        tx.commit().await?;
    }
    let mut reading = client::pictures(config, wanted);
    loop {
        let picture = match reading.next().await {
            Ok(Some(picture)) => picture,
            Ok(None) => return note(app, directory).await,
            Err(error) => {
                unreadable(&error);
                return note(app, directory).await;
            }
        };
        if !lease.prolong(&app.db, LEASE_LIFETIME, app.clock.now()).await? {
            return Ok(());
        }
        let Some(person) = people.get(&*picture.entry.id.text()) else { continue };
        let dn = &picture.entry.dn;
        match picture.bytes {
            Err(problem) => {
                tracing::info!(dn, attribute = problem.attribute, reason = problem.message, "a picture was left out");
                leave_out(app, person, &[0; 32], &picture.entry.stamp).await?;
            }
            Ok(None) => {}
            Ok(Some(bytes)) => store_one(app, person, bytes, dn, &picture.entry.stamp).await?,
        }
    }
}

/// Stores one person's picture, or only its new stamp when it is the same.
async fn store_one(app: &App, person: &Known, bytes: Vec<u8>, dn: &str, stamp: &str) -> anyhow::Result<()> {
    let source = pictures::fingerprint(&bytes);
    if person.source.as_deref() == Some(source.as_slice()) {
        let mut tx = app.db.begin().await?;
        pictures::keep(&mut tx, person.user, stamp).await?;
        return Ok(tx.commit().await?);
    }
    // Decoding takes a processor for a while.
    match tokio::task::spawn_blocking(move || pictures::prepare(&bytes)).await.context("making a picture small")? {
        Ok(picture) => {
            let mut tx = app.db.begin().await?;
            pictures::put(&mut tx, person.user, &source, stamp, &picture, app.clock.now()).await?;
            tx.commit().await?;
        }
        Err(reason) => {
            tracing::info!(dn, %reason, "a picture was left out");
            leave_out(app, person, &source, stamp).await?;
        }
    }
    Ok(())
}

/// Notes that a person's picture cannot be used: the one before is not theirs any more, and it is not read again before their entry changes.
async fn leave_out(app: &App, person: &Known, source: &[u8; 32], stamp: &str) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    pictures::leave_out(&mut tx, person.user, source, stamp, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

async fn note(app: &App, directory: &str) -> anyhow::Result<()> {
    let now: Timestamp = app.clock.now();
    let mut tx = app.db.begin().await?;
    store::directories::note_pictures(&mut tx, directory, now).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;

    fn entry(id: &str, stamp: &str) -> client::PictureEntry {
        client::PictureEntry { id: id.into(), dn: format!("uid={id},dc=x"), stamp: stamp.to_owned() }
    }

    fn known(id: &str, picture: Option<&str>) -> Known {
        Known {
            user: UserId::new(),
            entry_id: id.to_owned(),
            is_active: true,
            source: picture.map(|_| vec![1]),
            stamp: picture.unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn only_pictures_whose_entries_changed_are_read_and_those_gone_are_taken_away() {
        let listed = vec![entry("same", "1"), entry("changed", "2"), entry("new", "1"), entry("untold", ""), entry("stranger", "1")];
        let people = [("same", Some("1")), ("changed", Some("1")), ("new", None), ("untold", Some("")), ("gone", Some("1")), ("never", None)];
        let Work { wanted, without } = work(listed, people.map(|(id, picture)| known(id, picture)).into());
        assert_eq!(wanted.iter().map(|entry| entry.id.text()).collect::<Vec<_>>(), ["changed", "new", "untold"]);
        assert_eq!(without.iter().map(|known| known.entry_id.as_str()).collect::<Vec<_>>(), ["gone"]);
        let mut away = known("away", Some("1"));
        away.is_active = false;
        assert!(work(vec![], vec![away]).without.is_empty(), "who left keeps the picture for the day they return");
    }
}
