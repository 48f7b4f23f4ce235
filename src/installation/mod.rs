//! Facts about this installation, found at the first start and kept: the sealing key's salt and probe, the WebAuthn RP ID.

mod store;

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use crate::config::Config;
use crate::db::{Conn, Db, Tx};
use crate::secret::{Password, Sealer, base64url, from_base64url, random_bytes};

/// Marks a key Muster made itself: 256 random bits, used as they are.
const GENERATED_PREFIX: &str = "muster-key-";
const PROBE: &str = "muster";

/// Reads a fact, or stores `otherwise` and gives that; the first of two instances wins and both see the same.
///
/// # Errors
/// When the database refuses.
pub async fn get_or_set(db: &Db, name: &str, otherwise: &str) -> anyhow::Result<String> {
    if let Some(value) = get(&mut db.read().await?, name).await? {
        return Ok(value);
    }
    let mut tx = db.begin().await?;
    store::insert_if_new(&mut tx, name, otherwise).await?;
    let value = store::find(&mut tx, name).await?.context("the fact just stored is missing")?;
    tx.commit().await?;
    Ok(value)
}

/// Reads a fact.
///
/// # Errors
/// When the database refuses.
pub async fn get(conn: &mut Conn, name: &str) -> sqlx::Result<Option<String>> {
    store::find(conn, name).await
}

/// Reads a fact and keeps everybody else from changing it until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock(tx: &mut Tx, name: &str) -> sqlx::Result<Option<String>> {
    store::lock(tx, name).await
}

/// Replaces a fact.
///
/// # Errors
/// When the database refuses.
pub async fn set(tx: &mut Tx, name: &str, value: &str) -> sqlx::Result<()> {
    store::update(tx, name, value).await
}

/// Makes the sealer from `ENCRYPTION_KEY`, or on SQLite from the key file beside the database, which is generated with the database and never again.
///
/// # Errors
/// When the key is not the one this database was sealed with, or the key file cannot be read or written; the message is for the administrator.
pub async fn sealer(db: &Db, config: &Config) -> anyhow::Result<Sealer> {
    let key = match &config.encryption_key {
        Some(key) => key.clone(),
        None => key_file(config, get(&mut db.read().await?, "sealed_probe").await?.is_some())?,
    };
    let sealer = match key.reveal().strip_prefix(GENERATED_PREFIX).and_then(from_base64url).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) {
        Some(bytes) => Sealer::new(&Zeroizing::new(bytes)),
        None => Sealer::new(&*stretch(db, &key).await?),
    };
    let probe = get_or_set(db, "sealed_probe", &sealer.seal_text("probe", PROBE)).await?;
    if sealer.unseal_text("probe", &probe).is_err() {
        bail!(
            "ENCRYPTION_KEY is not the key this database was set up with, so its secrets cannot be read; \
             set the former key again (on SQLite without the variable it is in the file encryption.key beside the database)"
        );
    }
    Ok(sealer)
}

/// A key a person typed may have little entropy: argon2id (RFC 9106, second recommended choice scaled to a server that also runs commands: 19 MiB, 2 passes)
/// with a salt of this installation.
async fn stretch(db: &Db, key: &Password) -> anyhow::Result<Zeroizing<[u8; 32]>> {
    let salt = get_or_set(db, "key_salt", &base64url(&random_bytes::<16>())).await?;
    let params = Params::new(19 * 1024, 2, 1, Some(32)).map_err(|error| anyhow::anyhow!("argon2 parameters: {error}"))?;
    let mut stretched = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(key.reveal().as_bytes(), salt.as_bytes(), stretched.as_mut())
        .map_err(|error| anyhow::anyhow!("stretching ENCRYPTION_KEY: {error}"))?;
    Ok(stretched)
}

/// The key of the file; `is_sealed` says that there is a key already, so that another one would open nothing and hide what is missing.
fn key_file(config: &Config, is_sealed: bool) -> anyhow::Result<Password> {
    let file = config.sqlite_folder().context("ENCRYPTION_KEY is required with PostgreSQL")?.join("encryption.key");
    match std::fs::metadata(&file) {
        Ok(_) => return read_key(&file),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && is_sealed => bail!(
            "ENCRYPTION_KEY is not set and the key file {} is missing, so the secrets of this database cannot be read; \
             set the variable, or put the file back from where the database came from",
            file.display()
        ),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("the key file {} cannot be read", file.display())),
    }
    let key = Zeroizing::new(format!("{GENERATED_PREFIX}{}\n", base64url(&random_bytes::<32>())));
    match write_key(&file, &key) {
        Ok(()) => Ok(Password::new(key.trim())),
        // Of two processes that start at once, one makes the key and the other reads it.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => read_key(&file),
        Err(error) => Err(error).with_context(|| format!("the key file {} cannot be written", file.display())),
    }
}

fn read_key(file: &Path) -> anyhow::Result<Password> {
    let key = std::fs::read_to_string(file).map(Zeroizing::new).with_context(|| format!("the key file {} cannot be read", file.display()))?;
    match key.trim().chars().count() {
        0 => bail!("the key file {} is empty; restore it, or delete it if nothing has been set up yet", file.display()),
        1..16 => bail!("the key in {} is too short: it needs at least 16 characters", file.display()),
        _ => Ok(Password::new(key.trim())),
    }
}

/// Makes the key file in one step: whole under another name first, since neither a full disk nor another process that starts at the same moment may leave or
/// see a part of a key.
fn write_key(file: &Path, key: &str) -> std::io::Result<()> {
    let whole = file.with_extension(format!("key.{}", base64url(&random_bytes::<6>())));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(&whole)?;
    let written = opened.write_all(key.as_bytes()).and_then(|()| opened.sync_all());
    // Unlike a rename, a link never takes the place of a key that is there.
    let linked = written.and_then(|()| std::fs::hard_link(&whole, file));
    std::fs::remove_file(&whole)?;
    linked
}
