//! Signing keys: made at the first start, sealed at rest, parsed once, changed by rotation.
//!
//! Each algorithm has one `active` key that signs and one `next` that is published ahead, so that clients have it in their caches before it signs.
//! Rotation promotes it; the retired key stays published until the last ID token it signed has expired, and stays in the database so that an old ID token
//! can still serve as a hint. Rotation happens by command, on the page, or by itself when the setting says so.
//!
//! RS256 and PS256 have a key each, although both are RSA: a JWK names one `alg`, strict clients refuse it for another, and RFC 8017 section 8 wants one padding per
//! key.

pub mod admin;
mod signing;

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::body::Bytes;
use axum::http::HeaderValue;
use flate2::Compression;
use flate2::write::GzEncoder;
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet};
use openidconnect::{JsonWebKey as _, JsonWebKeySet};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::store::keys::{self as store, Row, State};
use crate::app::App;
use crate::audit::{self, Actor, Event, Kind};
use crate::clients::SigningAlg;
use crate::clock::Timestamp;
use crate::db::Db;
use crate::lease::Lease;
use crate::secret::{Sealer, base64url, sha256};
use crate::web;
use signing::{Made, generate};

pub use super::store::keys::Line;
pub use signing::{SigningKey, jws_alg};

/// How soon an instance notices that another one rotated.
pub const RELOAD_EVERY: Duration = Duration::from_secs(5);
/// A retired key is published for this long: the longest an ID token can live.
const PUBLISHED_AFTER_RETIREMENT: Duration = Duration::from_secs(24 * 60 * 60);
/// A next key is published for this long before it signs, when it comes to sign by itself: longer than apps commonly keep the keys they fetched.
const PUBLISHED_BEFORE_USE: Duration = Duration::from_secs(24 * 60 * 60);
/// Longer than making and storing a key of each algorithm takes.
const LEASE_LIFETIME: Duration = Duration::from_secs(120);

/// The keys as they stood when they were read.
#[derive(Debug)]
pub struct KeySet {
    active: Vec<Arc<SigningKey>>,
    verification: Vec<CoreJsonWebKey>,
    /// Key id and state of every key: what tells one set from another.
    states: Vec<(String, State)>,
    published: Published,
    /// Key ids of those that are published.
    published_kids: Vec<String>,
}

/// A document ready to be served: bytes that do not change and a name for them.
#[derive(Clone, Debug)]
pub struct Published {
    /// The JSON text.
    pub body: Bytes,
    /// The same, compressed with gzip.
    pub gzip: Bytes,
    /// Its entity tag, with the quotes.
    pub etag: HeaderValue,
    /// The tag of the compressed form.
    pub weak_etag: HeaderValue,
}

impl Published {
    /// Prints a document.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn new(document: &impl serde::Serialize) -> anyhow::Result<Self> {
        let body = serde_json::to_vec(document)?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&body)?;
        let etag = format!("\"{}\"", base64url(&sha256(&body)[..12]));
        let weak_etag = HeaderValue::from_str(&format!("W/{etag}"))?;
        Ok(Self { etag: HeaderValue::from_str(&etag)?, weak_etag, gzip: gzip.finish()?.into(), body: body.into() })
    }
}

impl KeySet {
    /// The key that signs with this algorithm.
    ///
    /// # Errors
    /// When there is none, which [`open`] makes impossible unless someone removed rows.
    pub fn active(&self, alg: SigningAlg) -> anyhow::Result<&SigningKey> {
        self.active.iter().find(|key| key.alg == alg).map(AsRef::as_ref).with_context(|| format!("there is no active {alg} key"))
    }

    /// Every public key, retired ones too.
    pub fn verification_keys(&self) -> CoreJsonWebKeySet {
        JsonWebKeySet::new(self.verification.clone())
    }

    /// The public key of this id, retired ones too.
    pub fn verification_key(&self, kid: &str) -> Option<&CoreJsonWebKey> {
        self.verification.iter().find(|key| key.key_id().is_some_and(|known| known.as_str() == kid))
    }

    /// What `/.well-known/jwks.json` serves.
    pub const fn published(&self) -> &Published {
        &self.published
    }
}

/// The keys in force; replaced as a whole when they change.
#[derive(Debug)]
pub struct Keys(watch::Sender<Arc<KeySet>>);

impl Keys {
    /// The keys in force now. Take them once per request.
    pub fn current(&self) -> Arc<KeySet> {
        Arc::clone(&self.0.borrow())
    }
}

/// Reads the keys, after making the active ones that are missing: all of them at the first start.
///
/// # Errors
/// When the database refuses, or a key cannot be unsealed or parsed.
pub async fn open(db: &Db, sealer: &Sealer, now: Timestamp) -> anyhow::Result<Keys> {
    let mut rows = store::all(&mut db.read().await?).await?;
    let missing: Vec<SigningAlg> = SigningAlg::ALL.into_iter().filter(|alg| !rows.iter().any(|row| row.is(*alg, State::Active))).collect();
    if !missing.is_empty() {
        for alg in missing {
            let made = generate(alg).await?;
            // Of two instances that start at once one wins; both go on with what is stored then.
            let mut tx = db.begin().await?;
            store::insert(&mut tx, &made.row(sealer, State::Active, now)).await?;
            tx.commit().await?;
        }
        rows = store::all(&mut db.read().await?).await?;
    }
    let set = assemble(&rows, sealer, now)?;
    Ok(Keys(watch::Sender::new(Arc::new(set))))
}

fn assemble(rows: &[Row], sealer: &Sealer, now: Timestamp) -> anyhow::Result<KeySet> {
    let mut active = Vec::new();
    let mut verification = Vec::new();
    let mut published: Vec<Value> = Vec::new();
    let mut published_kids = Vec::new();
    for row in rows {
        verification.push(serde_json::from_str(&row.public_jwk).context("a stored public key")?);
        if row.is_published(now) {
            published_kids.push(row.kid.clone());
            published.push(serde_json::from_str(&row.public_jwk).context("a stored public key")?);
        }
        if row.state()? == State::Active {
            let pkcs8 = sealer.unseal(&purpose(&row.kid), &row.sealed_private_key).context("a signing key")?;
            active.push(Arc::new(SigningKey::parse(row.alg()?, &pkcs8, &row.public_jwk)?));
        }
    }
    let states = rows.iter().map(|row| Ok((row.kid.clone(), row.state()?))).collect::<sqlx::Result<_>>()?;
    Ok(KeySet { active, verification, states, published_kids, published: Published::new(&json!({ "keys": published }))? })
}

impl Row {
    fn is(&self, alg: SigningAlg, state: State) -> bool {
        self.alg == alg.as_str() && self.state == state.as_str()
    }

    /// Since when it signs; keys from before that was noted say when they were made.
    fn signs_since(&self) -> Timestamp {
        self.active_at.unwrap_or(self.created_at)
    }

    fn is_published(&self, now: Timestamp) -> bool {
        self.retired_at.is_none_or(|retired_at| now.since(retired_at) < PUBLISHED_AFTER_RETIREMENT)
    }
}

fn purpose(kid: &str) -> String {
    format!("signing key {kid}")
}

/// Follows what another instance or a command changed, makes the next keys that are missing, and rotates those that are due. For the periodic job.
///
/// # Errors
/// As [`open`].
pub async fn follow(app: &App, now: Timestamp) -> anyhow::Result<()> {
    let mut rows = store::all(&mut app.db.read().await?).await?;
    for alg in SigningAlg::ALL {
        if !rows.iter().any(|row| row.is(alg, State::Next)) {
            let made = generate(alg).await?;
            let mut tx = app.db.begin().await?;
            if store::insert(&mut tx, &made.row(&app.sealer, State::Next, now)).await? {
                audit::record(&mut tx, made.event(now, Actor::system("key rotation"), "next")).await?;
            }
            tx.commit().await?;
            rows = store::all(&mut app.db.read().await?).await?;
        }
    }
    if !due(&rows, app.settings().key_rotation.days(), now).is_empty() {
        rotate_due(app, now).await?;
        rows = store::all(&mut app.db.read().await?).await?;
    }
    let current = app.keys.current();
    let same_keys = rows.len() == current.states.len()
        && rows.iter().zip(&current.states).all(|(row, (kid, state))| row.kid == *kid && row.state == state.as_str());
    let published = rows.iter().filter(|row| row.is_published(now)).count();
    if same_keys && published == current.published_count() {
        return Ok(());
    }
    app.keys.0.send_replace(Arc::new(assemble(&rows, &app.sealer, now)?));
    Ok(())
}

impl KeySet {
    const fn published_count(&self) -> usize {
        self.published_kids.len()
    }

    /// Whether a key is published: what others no longer believe does not count here either.
    pub fn is_published(&self, kid: &str) -> bool {
        self.published_kids.iter().any(|known| known == kid)
    }
}

/// The keys that rotate by themselves now, with the id of the one that signs: it has signed for `every`, and the next one has been published long enough.
/// None when `every` is zero.
fn due(rows: &[Row], every: Duration, now: Timestamp) -> Vec<(SigningAlg, String)> {
    let find = |alg, state| rows.iter().find(move |row: &&Row| row.is(alg, state));
    let is_due = |alg| {
        let (active, next) = (find(alg, State::Active)?, find(alg, State::Next)?);
        (now.since(active.signs_since()) >= every && now.since(next.created_at) >= PUBLISHED_BEFORE_USE).then(|| (alg, active.kid.clone()))
    };
    if every.is_zero() { Vec::new() } else { SigningAlg::ALL.into_iter().filter_map(is_due).collect() }
}

/// Rotates what is due, on one instance: whoever holds the lease looks again, and [`replace`] touches only the key that was looked at.
async fn rotate_due(app: &App, now: Timestamp) -> anyhow::Result<()> {
    let Some(lease) = Lease::take(&app.db, "key rotation", LEASE_LIFETIME, now).await? else { return Ok(()) };
    let rows = store::all(&mut app.db.read().await?).await?;
    for (alg, kid) in due(&rows, app.settings().key_rotation.days(), now) {
        let event = |made: &Made, state: &str| made.event(now, Actor::system("key rotation"), state).with("scheduled", true);
        if replace(app, alg, Some(&kid), event, now).await? {
            tracing::info!(alg = alg.as_str(), "rotated a signing key, as the settings say");
        }
    }
    lease.release(&app.db).await?;
    Ok(())
}

/// Retires the active keys of these algorithms, promotes the next ones, and makes new next ones. Other instances follow within [`RELOAD_EVERY`].
///
/// # Errors
/// When the database refuses.
pub async fn rotate(app: &App, algs: &[SigningAlg], by: &Actor, now: Timestamp) -> anyhow::Result<()> {
    rotate_from(app, algs, by, None, now).await
}

/// [`rotate`], by someone at a browser.
async fn rotate_from(app: &App, algs: &[SigningAlg], by: &Actor, browser: Option<&web::Client>, now: Timestamp) -> anyhow::Result<()> {
    for &alg in algs {
        let event = |made: &Made, state: &str| {
            let event = made.event(now, by.clone(), state);
            if let Some(browser) = browser { event.from_client(browser) } else { event }
        };
        replace(app, alg, None, event, now).await?;
    }
    follow(app, now).await
}

/// Retires the active key, promotes the next one and makes another next one; `false` when `expected` was named and is no longer the active one.
async fn replace(app: &App, alg: SigningAlg, expected: Option<&str>, event: impl Fn(&Made, &str) -> Event, now: Timestamp) -> anyhow::Result<bool> {
    let made = generate(alg).await?;
    let mut tx = app.db.begin().await?;
    if !store::retire_active(&mut tx, alg, expected, now).await? && expected.is_some() {
        return Ok(false);
    }
    let promoted = store::promote_next(&mut tx, alg, now).await?;
    let state = if promoted { State::Next } else { State::Active };
    store::insert(&mut tx, &made.row(&app.sealer, state, now)).await?;
    audit::record(&mut tx, event(&made, state.as_str())).await?;
    tx.commit().await?;
    Ok(true)
}

/// Withdraws a key that somebody else may have: it is published no more, and nothing it signed is believed here from then on, ID tokens shown at sign-out and JWT
/// access tokens alike. When it signed, the next one does, and another next one is made, in one transaction. Other instances follow within [`RELOAD_EVERY`], apps
/// when they fetch the keys again. `false` when there is no such key (any more).
///
/// # Errors
/// When the database refuses.
pub async fn withdraw(app: &App, kid: &str, by: &Actor, browser: Option<&web::Client>, now: Timestamp) -> anyhow::Result<bool> {
    let Some(line) = list(app).await?.into_iter().find(|line| line.kid == kid) else { return Ok(false) };
    let made = generate(line.alg).await?;
    let by_browser = |event: Event| if let Some(browser) = browser { event.from_client(browser) } else { event };
    let mut tx = app.db.begin().await?;
    // It may have changed while the other one was made.
    let Some(state) = store::delete(&mut tx, kid).await? else { return Ok(false) };
    let event = Event::new(now, Kind::KeyWithdrawn, by.clone()).on(None, kid).with("alg", line.alg.as_str()).with("state", state.as_str());
    audit::record(&mut tx, by_browser(event)).await?;
    if state != State::Retired.as_str() {
        let is_next = state == State::Next.as_str() || store::promote_next(&mut tx, line.alg, now).await?;
        let state = if is_next { State::Next } else { State::Active };
        store::insert(&mut tx, &made.row(&app.sealer, state, now)).await?;
        audit::record(&mut tx, by_browser(made.event(now, by.clone(), state.as_str()))).await?;
    }
    tx.commit().await?;
    follow(app, now).await?;
    Ok(true)
}

/// Every key there is, the newest last.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(app: &App) -> anyhow::Result<Vec<Line>> {
    let rows = store::all(&mut app.db.read().await?).await?;
    rows.iter().map(|row| Ok(row.line()?)).collect()
}

impl Made {
    fn row(&self, sealer: &Sealer, state: State, now: Timestamp) -> Row {
        Row {
            kid: self.kid.clone(),
            alg: self.alg.as_str().to_owned(),
            sealed_private_key: sealer.seal(&purpose(&self.kid), &self.pkcs8),
            public_jwk: self.public_jwk.to_string(),
            state: state.as_str().to_owned(),
            created_at: now,
            active_at: (state == State::Active).then_some(now),
            retired_at: None,
        }
    }

    fn event(&self, now: Timestamp, actor: Actor, state: &str) -> Event {
        Event::new(now, Kind::KeyRotated, actor).on(None, &self.kid).with("alg", self.alg.as_str()).with("state", state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(alg: &str, state: State, created_at: i64, active_at: Option<i64>) -> Row {
        let day = |day: i64| Timestamp::from_seconds(day * 86_400);
        Row {
            kid: format!("{alg} {}", state.as_str()),
            alg: alg.to_owned(),
            sealed_private_key: Vec::new(),
            public_jwk: String::new(),
            state: state.as_str().to_owned(),
            created_at: day(created_at),
            active_at: active_at.map(day),
            retired_at: None,
        }
    }

    #[test]
    fn a_key_is_due_when_it_has_signed_long_enough_and_the_next_one_is_known_everywhere() {
        const DAY: Duration = Duration::from_secs(86_400);
        let due_at = |rows: &[Row], every: u32, day: i64| due(rows, DAY * every, Timestamp::from_seconds(day * 86_400)).len();
        let rows = [row("ES256", State::Active, 0, Some(10)), row("ES256", State::Next, 10, None)];
        assert_eq!((due_at(&rows, 30, 39), due_at(&rows, 30, 40), due_at(&rows, 0, 4_000)), (0, 1, 0));
        assert_eq!(due(&rows, DAY, Timestamp::from_seconds(20 * 86_400)), [(SigningAlg::Es256, "ES256 active".to_owned())]);
        let fresh = [row("ES256", State::Active, 0, Some(0)), row("ES256", State::Next, 40, None)];
        assert_eq!((due_at(&fresh, 30, 40), due_at(&fresh, 30, 41)), (0, 1), "published before it signs");
        let older = [row("RS256", State::Active, 0, None), row("RS256", State::Next, 0, None)];
        assert_eq!((due_at(&older, 30, 29), due_at(&older, 30, 30)), (0, 1), "keys from before the date was noted");
        assert_eq!(due_at(&[row("RS256", State::Active, 0, None)], 30, 99), 0, "nothing to take its place");
    }
}
