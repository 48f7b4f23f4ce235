//! The host passkeys belong to (the RP ID, WebAuthn Level 3, section 4), kept from the first passkey on: under another one no passkey works. The server refuses to
//! start when its address would orphan them, and says how to go on: back to the old address, on with the old RP ID under the new address (related origins, section
//! 5.11), or without the passkeys there are.

use std::collections::BTreeSet;

use anyhow::{Context as _, bail};
use url::Url;
use webauthn_rs::{Webauthn, WebauthnBuilder};

use super::store;
use crate::app::App;
use crate::audit::{self, Actor, Event, Kind};
use crate::clock::Timestamp;
use crate::config::{Config, ConfigError, Origin};
use crate::db::{Db, Tx};
use crate::installation;

/// The name of the fact in the table of the installation.
pub const FACT: &str = "rp_id";
/// How many names browsers look through at least, and so at most what one can rely on (section 5.11.1).
const LABELS_MAX: usize = 5;

/// The RP ID this configuration wants.
fn wanted(config: &Config) -> &str {
    config.rp_id.as_deref().unwrap_or_else(|| config.origin.host())
}

/// Whether an address may use an RP ID without more: the host itself, or one below it (section 5.1.3, step 8).
fn is_under(origin: &Origin, rp_id: &str) -> bool {
    origin.host().strip_suffix(rp_id).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// What `/.well-known/webauthn` lists: this server's address when it is not under the RP ID, and the configured ones. Empty: there is no such document.
pub fn related(config: &Config, rp_id: &str) -> Vec<String> {
    let own = Some(&config.origin).filter(|origin| !is_under(origin, rp_id));
    let mut origins: Vec<String> = Vec::new();
    for origin in own.into_iter().chain(&config.related_origins).map(Origin::as_str) {
        if !origins.iter().any(|known| known == origin) {
            origins.push(origin.to_owned());
        }
    }
    origins
}

/// Checks the addresses before anything starts.
///
/// # Errors
/// [`ConfigError`] when browsers would pass over some of the related addresses.
pub fn check(config: &Config) -> Result<(), ConfigError> {
    let related = related(config, wanted(config));
    // The name a domain is registered by, as far as one can tell without a list of suffixes: there are at least as many as this.
    let label =
        |origin: &String| Url::parse(origin).ok().and_then(|url| url.host_str().map(|host| host.rsplit('.').nth(1).unwrap_or(host).to_owned()));
    let labels: BTreeSet<String> = related.iter().filter_map(label).collect();
    if labels.len() > LABELS_MAX {
        let labels = labels.into_iter().collect::<Vec<_>>().join(", ");
        return Err(ConfigError(format!(
            "PASSKEY_RELATED_ORIGINS names addresses of more than {LABELS_MAX} names ({labels}); browsers look at no more, so leave some out"
        )));
    }
    if let Some(plain) = config.related_origins.iter().chain(Some(&config.origin).filter(|_| !related.is_empty())).find(|origin| !origin.is_https()) {
        return Err(ConfigError(format!(
            "{} is not an https:// address, so browsers do not let it use passkeys of another host (PASSKEY_RP_ID, PASSKEY_RELATED_ORIGINS)",
            plain.as_str()
        )));
    }
    Ok(())
}

/// Settles which RP ID this process uses: the one stored, or the configured one while there are no passkeys.
///
/// # Errors
/// With sentences for the administrator, when the configured one would orphan passkeys; or when the database refuses.
pub async fn settle(db: &Db, config: &Config) -> anyhow::Result<String> {
    let wanted = wanted(config);
    let stored = installation::get_or_set(db, FACT, wanted).await.context("reading the host name passkeys belong to")?;
    if stored == wanted {
        return Ok(stored);
    }
    let mut tx = db.begin().await?;
    let (passkeys, people) = store::count(&mut tx).await?;
    if passkeys > 0 {
        let named = match &config.rp_id {
            Some(rp_id) => format!("PASSKEY_RP_ID is {rp_id}"),
            None => format!("APP_URL names the host {}", config.origin.host()),
        };
        let count = if passkeys == 1 { "the one passkey".to_owned() } else { format!("the {passkeys} passkeys (of {people} people)") };
        bail!(
            "{named}, but {count} in this database belong to {stored} and work nowhere else. To go on:\n\
             - set APP_URL back to an address on {stored}; or\n\
             - keep them under the new address: set PASSKEY_RP_ID={stored}, and have https://{stored}/.well-known/webauthn answered by this server; or\n\
             - give them up: `muster passkeys give-up --count {passkeys}`. Everybody then has to add a passkey again, by a one-time link or another way in.\n\
             docs/moving.md explains each"
        );
    }
    installation::set(&mut tx, FACT, wanted).await?;
    tx.commit().await?;
    Ok(wanted.to_owned())
}

/// Makes sure, as a passkey is stored, that it belongs to the RP ID all others do: another instance on the same database may use another address. `false` when
/// there are passkeys and they belong elsewhere; while there are none, this one says where.
pub(super) async fn keep(tx: &mut Tx, app: &App) -> sqlx::Result<bool> {
    let stored = installation::lock(tx, FACT).await?;
    if stored.as_deref() == Some(app.rp_id.as_str()) {
        return Ok(true);
    }
    if store::any(tx).await? {
        tracing::error!(
            ours = app.rp_id,
            stored,
            "a passkey was not kept: those in the database belong to another host, which another instance uses; give all instances the same APP_URL or PASSKEY_RP_ID"
        );
        return Ok(false);
    }
    installation::set(tx, FACT, &app.rp_id).await?;
    Ok(true)
}

/// Deletes all passkeys, which belong to another host, so that the server can start under the configured one. `count` has to be their number, so that nobody does
/// it by accident. Gives the former RP ID.
///
/// # Errors
/// With a sentence for the administrator when the number is another, or nothing has to be given up; or when the database refuses.
pub async fn give_up(db: &Db, config: &Config, count: i64, now: Timestamp) -> anyhow::Result<String> {
    let wanted = wanted(config);
    let mut tx = db.begin().await?;
    let stored = installation::lock(&mut tx, FACT).await?.unwrap_or_default();
    if stored == wanted || stored.is_empty() {
        bail!("there is nothing to give up: the passkeys in this database belong to {wanted}, as the configuration has it");
    }
    let (passkeys, people) = store::count(&mut tx).await?;
    if passkeys != count {
        bail!("there are {passkeys} passkeys (of {people} people) that belong to {stored}, not {count}; nothing was done");
    }
    store::delete_all(&mut tx).await?;
    installation::set(&mut tx, FACT, wanted).await?;
    let event = Event::new(now, Kind::PasskeysGivenUp, Actor::command_line());
    audit::record(&mut tx, event.with("from", stored.as_str()).with("to", wanted).with("passkeys", passkeys).with("people", people)).await?;
    tx.commit().await?;
    Ok(stored)
}

/// How many passkeys there are, and of how many people.
///
/// # Errors
/// When the database cannot be read.
pub async fn count(db: &Db) -> sqlx::Result<(i64, i64)> {
    store::count(&mut db.read().await?).await
}

/// The library's relying party.
///
/// # Errors
/// When the address cannot be used for passkeys.
pub fn relying_party(config: &Config, rp_id: &str, name: &str) -> anyhow::Result<Webauthn> {
    let own = Url::parse(config.origin.as_str()).context("APP_URL")?;
    // The library wants an address of the RP ID first; which addresses answers may come from, the gate says.
    let first = if is_under(&config.origin, rp_id) { own.clone() } else { Url::parse(&format!("https://{rp_id}")).context("PASSKEY_RP_ID")? };
    let built = WebauthnBuilder::new(rp_id, &first).and_then(|builder| builder.append_allowed_origin(&own).rp_name(name).build());
    built.map_err(|error| anyhow::anyhow!("APP_URL cannot be used for passkeys ({error}): they need a domain name or localhost, not an IP address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(variables: &[(&str, &str)]) -> Config {
        Config::from_variables(&variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(), &[]).unwrap()
    }

    #[test]
    fn an_address_is_listed_only_when_it_is_not_under_the_host_passkeys_belong_to() {
        let at = |url: &str, rp_id: &str| related(&config(&[("APP_URL", url)]), rp_id);
        assert!(at("https://id.example.org", "id.example.org").is_empty());
        assert!(at("https://id.example.org", "example.org").is_empty());
        assert_eq!(at("https://id.example.com", "id.example.org"), ["https://id.example.com"]);
        assert_eq!(at("https://notexample.org", "example.org"), ["https://notexample.org"]);
        let more = config(&[("APP_URL", "https://id.new.example"), ("PASSKEY_RELATED_ORIGINS", "https://id.new.example, https://sso.example:8443")]);
        assert_eq!(related(&more, "id.old.example"), ["https://id.new.example", "https://sso.example:8443"]);
    }

    #[test]
    fn more_names_than_browsers_look_at_are_refused_and_so_is_plain_http() {
        let with =
            |origins: &str| check(&config(&[("APP_URL", "https://id.example.org"), ("PASSKEY_RELATED_ORIGINS", origins)])).map_err(|error| error.0);
        assert_eq!(with("https://a.one.example,https://b.one.example,https://two.example"), Ok(()));
        let six = ["a", "b", "c", "d", "e", "f"].map(|name| format!("https://id.{name}.example")).join(",");
        assert!(with(&six).unwrap_err().contains("more than 5"));
        assert!(with("http://id.one.example").unwrap_err().contains("https://"));
        assert_eq!(check(&config(&[("APP_URL", "http://localhost:1411")])), Ok(()));
    }
}
