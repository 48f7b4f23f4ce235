//! Hashes of passwords that were right, for the time the directory cannot be asked: argon2id with 19 MiB and two passes (the OWASP Password Storage Cheat
//! Sheet's first choice; the library's default), sealed with the installation's key.

use std::time::Duration;

use anyhow::Context as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::store;
use crate::app::App;
use crate::clock::Timestamp;
use crate::secret::Password;
use crate::users::User;

/// How long a hash is kept that nobody uses.
pub(super) const KEPT_FOR: Duration = Duration::from_secs(30 * 86_400);

const PURPOSE: &str = "directory password hash";

/// Each takes 19 MiB and a core: a flood of sign-ins must not take all of them.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Hashes a password and seals the hash.
pub(super) async fn make(app: &App, password: &Password) -> anyhow::Result<String> {
    let password = password.clone();
    let hash = apart(move || {
        let hash: PasswordHash = argon2()?.hash_password(password.reveal().as_bytes()).context("hashing a password")?;
        anyhow::Ok(hash.to_string())
    })
    .await??;
    Ok(app.sealer.seal_text(PURPOSE, &hash))
}

/// Whether the directory `directory` said within the last month that this is the person's password, and nobody has signed them out everywhere or kept them
/// out since.
pub(super) async fn was_right(app: &App, user: &User, directory: &str, password: &Password, now: Timestamp) -> anyhow::Result<bool> {
    let kept = store::hash(&mut app.db.read().await?, user.id).await?;
    let Some(kept) =
        kept.filter(|kept| kept.directory == directory && kept.confirmed_at > user.access_void_until && now.since(kept.used_at) <= KEPT_FOR)
    else {
        return Ok(false);
    };
    let Ok(hash) = app.sealer.unseal_text(PURPOSE, &kept.sealed_hash) else { return Ok(false) };
    let password = password.clone();
    apart(move || {
        let hash = PasswordHash::new(&hash).context("reading a hash")?;
        anyhow::Ok(argon2()?.verify_password(password.reveal().as_bytes(), &hash).is_ok())
    })
    .await?
}

fn argon2() -> anyhow::Result<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|error| anyhow::anyhow!("argon2 parameters: {error}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Runs what takes long on a thread of its own, a few at a time.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    let _turn = AT_ONCE.acquire().await.context("waiting for a turn to hash")?;
    tokio::task::spawn_blocking(work).await.context("hashing")
}
