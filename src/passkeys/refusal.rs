//! How a refusal is written down: in the audit log, among the problems an administrator looks up, and to the person where they should know of it.

use super::model::{Passkey, Purpose};
use super::{Answer, CeremonyError, gate, observed};
use crate::account_news::{self, News};
use crate::app::App;
use crate::audit::{self, Actor, Event, Kind};
use crate::clock::Timestamp;
use crate::id::AuditEventId;
use crate::sign_in_problems::{self, Code, Filed};
use crate::users::User;

/// The reason of a refusal for a counter that went backwards.
pub(super) const COUNTER_WENT_BACK: &str = "counter_went_back";

/// Why an answer is refused, for the audit log and whoever looks into it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause<'a> {
    /// A word for it.
    pub(super) reason: &'a str,
    /// More about it, never a secret.
    pub(super) received: Option<&'a str>,
    /// The passkey it was about, as far as one is known.
    pub(super) passkey: Option<&'a Passkey>,
}

impl<'a> Cause<'a> {
    pub(super) fn of(reason: &'a str) -> Self {
        Self { reason, received: None, passkey: None }
    }
}

/// Records a refusal, and files it under the code the person is told. Whoever has a passkey that was perhaps copied hears of it by mail, too.
pub(super) async fn refused(
    app: &App,
    now: Timestamp,
    answer: &Answer<'_>,
    purpose: Purpose,
    person: Option<&User>,
    cause: Cause<'_>,
) -> anyhow::Result<Code> {
    let Cause { reason, received, passkey } = cause;
    let client = answer.client;
    let (kind, actor) = match (purpose, person) {
        (Purpose::Register, Some(user)) => (Kind::PasskeyRefused, Actor::user(user.id, &user.username)),
        (Purpose::Proof, Some(user)) => (Kind::ProofRefused, Actor::user(user.id, &user.username)),
        // Who answers a sign-in is not proven: the person is what it is about, not who did it.
        _ => (Kind::SignInRefused, Actor::visitor()),
    };
    let mut detail = observed::of(answer.unverified_credential);
    if reason == "wrong_origin" {
        detail.insert("expected".to_owned(), app.config.origin.as_str().into());
    }
    if let Some(received) = received {
        detail.insert("found".to_owned(), received.into());
    }
    let filed = Filed {
        operation: purpose.as_str(),
        cause: reason,
        user: person.map(|user| user.id),
        client_ip: client.ip_text(),
        user_agent: &client.user_agent,
        detail,
    };
    let mut tx = app.db.begin().await?;
    let code = sign_in_problems::file(&mut tx, &filed, now).await?;
    let mut event = Event::new(now, kind, actor).from_client(client).with("reason", reason).with("code", code.shown());
    if let Some(user) = person {
        event = event.on(user.id.uuid(), &user.username);
    }
    if let Some(received) = received {
        event = event.with("received", received);
    }
    if let Some(passkey) = passkey {
        event = event.with("passkey", passkey.name.as_str()).with("passkey_id", passkey.id.to_string());
    }
    let id = AuditEventId::new();
    audit::record_as(&mut tx, id, event).await?;
    if let (COUNTER_WENT_BACK, Some(user), Some(passkey)) = (reason, person, passkey) {
        account_news::tell(&mut tx, app, user, News::PossibleCopy { name: &passkey.name }, client, id, now).await?;
    }
    tx.commit().await?;
    Ok(code)
}

/// Records what the gate refused and says it in the person's terms.
pub(super) async fn gate_refused(
    app: &App,
    now: Timestamp,
    answer: &Answer<'_>,
    purpose: Purpose,
    person: Option<&User>,
    refusal: gate::Refusal,
) -> Result<CeremonyError, CeremonyError> {
    let received = refusal.to_string();
    let cause = Cause { received: Some(&received), ..Cause::of(refusal.code()) };
    let code = refused(app, now, answer, purpose, person, cause).await?;
    let error = match refusal {
        gate::Refusal::Origin { received } => {
            let expected = app.config.origin.as_str();
            tracing::warn!(
                expected,
                received,
                "a passkey was used under another address than APP_URL names; correct APP_URL or the address people open"
            );
            CeremonyError::WrongAddress
        }
        gate::Refusal::UserNotVerified => CeremonyError::UserNotVerified,
        gate::Refusal::NotDiscoverable => CeremonyError::NotDiscoverable,
        _ => CeremonyError::Refused,
    };
    Ok(error.filed(code))
}
