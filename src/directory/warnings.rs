//! What an administrator should know about a directory before people notice: shown on the administration's first page and the directories' own.
//!
//! `weigh` is pure; everything it needs was learned by earlier runs, so a page asks no directory.

use std::time::Duration;

use super::Texts;
use super::config::{DirectoryConfig, Schedule, ServerAddress};
use super::history::LastRuns;
use super::model::ServerFacts;
use super::report::Run;
use super::store;
use crate::app::App;
use crate::clock::Timestamp;
use crate::language::{day, duration, t};

/// How many turns of the schedule may pass without a good run.
const STALE_AFTER_TURNS: u32 = 3;
/// How long before something ends it is time to do something.
const ENDS_SOON: Duration = Duration::from_secs(30 * 86_400);

/// One warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The directory it is about.
    pub directory: String,
    /// Whether something does not work now, or is about to; otherwise it stands as long as the settings do.
    pub is_urgent: bool,
    /// What it is and what to do, in sentences.
    pub sentence: String,
    /// The page where something can be done about it.
    pub href: String,
}

/// What is known about a directory.
struct Seen<'s> {
    name: &'s str,
    /// `None` when the settings cannot be used.
    config: Option<&'s DirectoryConfig>,
    runs: &'s LastRuns,
    waiting: Option<&'s Run>,
    facts: Option<&'s ServerFacts>,
}

/// The warnings about every directory that is switched on, urgent ones first.
///
/// # Errors
/// When the database cannot be read.
pub async fn warnings(app: &App, now: Timestamp) -> anyhow::Result<Vec<Warning>> {
    let names = super::names(&mut app.db.read().await?).await?;
    let mut all = Vec::new();
    for name in names {
        all.extend(warnings_about(app, &name, now).await?);
    }
    all.sort_by_key(|warning| !warning.is_urgent);
    Ok(all)
}

/// The warnings about one directory; none while it is switched off.
///
/// # Errors
/// When the database cannot be read.
pub async fn warnings_about(app: &App, name: &str, now: Timestamp) -> anyhow::Result<Vec<Warning>> {
    let texts = super::texts(app, name).await?;
    if !texts.is_enabled() {
        return Ok(Vec::new());
    }
    let config = texts.read(name).ok();
    let mut conn = app.db.read().await?;
    let runs = store::history::last_runs(&mut conn, name).await?;
    let waiting = store::runs::waiting(&mut conn, name).await?;
    let facts = store::standings::find(&mut conn, name).await?;
    Ok(weigh(&Seen { name, config: config.as_ref(), runs: &runs, waiting: waiting.as_ref(), facts: facts.as_ref() }, now))
}

fn weigh(seen: &Seen<'_>, now: Timestamp) -> Vec<Warning> {
    let Seen { name, config, runs, waiting, facts } = seen;
    let page = format!("/admin/directories/{name}");
    let mut warnings = Vec::new();
    let mut warn = |is_urgent: bool, href: String, sentence: String| {
        warnings.push(Warning { directory: (*name).to_owned(), is_urgent, sentence, href });
    };
    if config.is_none() {
        warn(true, format!("{page}/settings"), t("directory-warn-settings").into());
    }
    let every = config.map_or_else(|| Schedule::default().every, |config| config.schedule.every);
    if let Some(every) = every
        && let Some(since) = runs.good_at.or(runs.first_at)
        && now > since + every * STALE_AFTER_TURNS
    {
        let sentence = if runs.good_at.is_some() { t("directory-warn-stale") } else { t("directory-warn-never-good") };
        warn(true, format!("{page}/runs"), sentence.with("age", duration(now.since(since))).into());
    }
    if let Some(run) = waiting.filter(|run| !run.is_expired(now)) {
        warn(true, format!("{page}/runs/{}", run.id), t("directory-warn-held").into());
    }
    if let Some(at) = facts.and_then(|facts| facts.certificate_ends_at).filter(|at| *at <= now + ENDS_SOON) {
        let server = facts.map_or("", |facts| facts.server.as_str());
        let sentence = if at <= now {
            t("directory-warn-certificate-ended")
        } else {
            t("directory-warn-certificate-ends").with("left", duration(at.since(now)))
        };
        warn(true, format!("{page}/settings"), sentence.with("server", server).with("day", day(at)).into());
    }
    if let Some(at) = facts.and_then(|facts| facts.password_ends_at).filter(|at| *at <= now + ENDS_SOON) {
        let sentence =
            if at <= now { t("directory-warn-password-ended") } else { t("directory-warn-password-ends").with("left", duration(at.since(now))) };
        warn(true, format!("{page}/settings"), sentence.with("day", day(at)).into());
    }
    for sentence in config.iter().flat_map(|config| of_settings(config)) {
        warn(false, format!("{page}/settings"), sentence);
    }
    warnings
}

/// What is risky as long as the settings are what they are: one sentence each; none while they cannot be used.
pub fn standing_warnings(name: &str, texts: &Texts) -> Vec<String> {
    texts.read(name).map_or_else(|_| Vec::new(), |config| of_settings(&config))
}

fn of_settings(config: &DirectoryConfig) -> Vec<String> {
    let connection = &config.connection;
    let is_tls = |server: &ServerAddress| server.is_tls() || (connection.start_tls && !server.is_local_socket());
    let mut sentences = Vec::new();
    if connection.skip_cert_verify && connection.servers.iter().any(is_tls) {
        sentences.push(t("directory-warn-any-certificate").into());
    }
    if !connection.servers.iter().all(|server| is_tls(server) || server.is_local_socket()) {
        let sentence = if connection.bind.is_anonymous() { t("directory-warn-plain-anonymous") } else { t("directory-warn-plain") };
        sentences.push(sentence.into());
    }
    if config.placement.everyone_is_admin {
        sentences.push(t("directory-warn-everyone-admin").into());
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::super::settings;
    use super::*;
    use crate::settings::Catalog as _;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_256_100);

    fn config(url: &str, skip: &str) -> DirectoryConfig {
        let pairs = [
            ("LDAP_URL", url.to_owned()),
            ("LDAP_BASE", "dc=x".into()),
            ("LDAP_BIND_DN", "cn=svc,dc=x".into()),
            ("LDAP_BIND_PASSWORD", "s3cret".into()),
            ("LDAP_SKIP_CERT_VERIFY", skip.to_owned()),
        ];
        settings::read("default", |key| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str())).unwrap()
    }

    fn hours(hours: u64) -> Duration {
        Duration::from_secs(hours * 3600)
    }

    #[test]
    fn each_danger_has_its_warning_and_a_healthy_directory_none() {
        let good = config("ldaps://a.example", "false");
        let ran = |ago: u64| LastRuns { good_at: Some(NOW - hours(ago)), first_at: Some(NOW - hours(1000)), ..LastRuns::default() };
        let facts = |certificate: u64, password: Option<u64>| ServerFacts {
            server: "ldaps://a.example:636".to_owned(),
            certificate_ends_at: Some(NOW + hours(certificate)),
            password_ends_at: password.map(|left| NOW + hours(left)),
        };
        let never = LastRuns { first_at: Some(NOW - hours(5)), ..LastRuns::default() };
        for (config, runs, facts, words) in [
            (Some(good.clone()), ran(2), facts(9_000, None), &[][..]),
            (Some(good.clone()), ran(4), facts(9_000, Some(9_000)), &["last good sync was"]),
            (Some(good.clone()), never, facts(9_000, None), &["No sync has ended well yet"]),
            (Some(good.clone()), LastRuns::default(), facts(9_000, None), &[]),
            (Some(good.clone()), ran(1), facts(24 * 29, None), &["certificate of ldaps://a.example:636 ends on"]),
            (Some(good.clone()), ran(1), facts(0, None), &["ended on"]),
            (Some(good.clone()), ran(1), facts(9_000, Some(24)), &["password of the bind account ends on"]),
            (Some(config("ldaps://a.example", "true")), ran(1), facts(9_000, None), &["not checked"]),
            (Some(config("ldap://a.example", "true")), ran(1), facts(9_000, None), &["not encrypted"]),
            (None, ran(1), facts(9_000, None), &["settings cannot be used"]),
        ] {
            let seen = Seen { name: "default", config: config.as_ref(), runs: &runs, waiting: None, facts: Some(&facts) };
            let warnings = weigh(&seen, NOW);
            assert_eq!(warnings.len(), words.len(), "{warnings:?}");
            for (warning, word) in warnings.iter().zip(words) {
                assert!(warning.sentence.contains(word), "{word}: {warning:?}");
            }
        }
    }

    #[test]
    fn what_is_risky_is_said_as_long_as_it_is_so() {
        let mut texts = Texts::default();
        for (key, value) in [("LDAP_URL", "ldap://x"), ("LDAP_BASE", "dc=x"), ("LDAP_BIND_DN", "cn=a"), ("LDAP_BIND_PASSWORD", "s3cret")] {
            texts.set(key, value).unwrap();
        }
        assert_eq!(standing_warnings("a", &texts).len(), 1);
        texts.set("LDAP_START_TLS", "true").unwrap();
        assert!(standing_warnings("a", &texts).is_empty());
        texts.set("LDAP_SKIP_CERT_VERIFY", "true").unwrap();
        texts.set("LDAP_DEFAULT_ROLE", "administrator").unwrap();
        assert_eq!(standing_warnings("a", &texts).len(), 2);
    }
}
