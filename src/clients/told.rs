//! Which clients want to be told that a session ended, and how the last notice to each went.

use std::collections::HashMap;

use super::policy::{Logout, Policies};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::id::ClientId;
use crate::language::{Text, t};

/// Which clients want to be told, and how. Few do.
#[derive(Clone, Debug, Default)]
pub struct LogoutWishes(HashMap<ClientId, Logout>);

impl LogoutWishes {
    /// Whether a client wants a notice from server to server, of a session or, when there was none, of a person.
    pub fn wants_back_channel(&self, client: ClientId, of_a_session: bool) -> bool {
        let wishes = self.0.get(&client).filter(|wishes| !wishes.backchannel_logout_uri.is_empty());
        wishes.is_some_and(|wishes| of_a_session || !wishes.backchannel_logout_session_required)
    }

    /// Whether any client wants such notices.
    pub fn any_back_channel(&self) -> bool {
        self.0.values().any(|wishes| !wishes.backchannel_logout_uri.is_empty())
    }

    /// Whether a page of the client is to be loaded in the person's browser.
    pub fn wants_front_channel(&self, client: ClientId) -> bool {
        self.of(client).is_some_and(|wishes| !wishes.frontchannel_logout_uri.is_empty())
    }

    /// What a client wants.
    pub fn of(&self, client: ClientId) -> Option<&Logout> {
        self.0.get(&client)
    }
}

/// Reads what clients want to be told.
///
/// # Errors
/// When the database cannot be read.
pub async fn logout_wishes(conn: &mut Conn) -> sqlx::Result<LogoutWishes> {
    // The text is looked at only to leave out those that cannot be meant.
    let rows: Vec<(ClientId, String)> = query("SELECT id, policy FROM clients WHERE policy LIKE '%channel_logout_uri%'").all(conn).await?;
    let read = |(id, policy): (ClientId, String)| -> sqlx::Result<(ClientId, Logout)> {
        let policies: Policies = serde_json::from_str(&policy).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok((id, policies.logout))
    };
    rows.into_iter().map(read).collect::<sqlx::Result<_>>().map(LogoutWishes)
}

/// How a notice went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The app has heard it.
    Told,
    /// The app answered that it will not act on it (400); it is not asked again.
    Refused,
    /// The app could not be told yet; it will be tried again.
    Delayed,
    /// The app could not be told for so long that it is not tried any more.
    GivenUp,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Refused => "refused",
            Self::Delayed => "delayed",
            Self::GivenUp => "given_up",
        }
    }
}

/// How the last notice to a client went.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LastNotice {
    /// When.
    pub at: Timestamp,
    outcome: String,
    /// What was wrong; empty when nothing was.
    pub detail: String,
    /// When one was taken last.
    pub last_told_at: Option<Timestamp>,
}

impl LastNotice {
    /// Whether it was taken.
    pub fn is_good(&self) -> bool {
        self.outcome == "told"
    }

    /// For people, a whole sentence.
    pub fn words(&self) -> Text {
        match self.outcome.as_str() {
            "told" => t("client-told"),
            "refused" => t("client-told-refused"),
            "given_up" => t("client-told-given-up"),
            _ => t("client-told-delayed"),
        }
    }
}

/// How the last notice to a client went; `None` when there was none.
///
/// # Errors
/// When the database cannot be read.
pub async fn last_notice(conn: &mut Conn, client: ClientId) -> sqlx::Result<Option<LastNotice>> {
    query("SELECT at, outcome, detail, last_told_at FROM client_logout_results WHERE client_id = $1").bind(client).optional(conn).await
}

/// Notes how a notice to a client went. The caller commits.
///
/// # Errors
/// When the database refuses.
pub async fn note_notice(tx: &mut Tx, client: ClientId, outcome: Outcome, detail: &str, now: Timestamp) -> sqlx::Result<()> {
    // Where the client was deleted meanwhile there is nothing to note it for.
    query(
        "INSERT INTO client_logout_results (client_id, at, outcome, detail, last_told_at)
         SELECT c.id, $2, $3, $4, $5 FROM clients c WHERE c.id = $1
         ON CONFLICT (client_id) DO UPDATE SET at = excluded.at, outcome = excluded.outcome, detail = excluded.detail,
                                               last_told_at = COALESCE(excluded.last_told_at, client_logout_results.last_told_at)",
    )
    .bind(client)
    .bind(now)
    .bind(outcome.as_str())
    .bind(detail)
    .bind((outcome == Outcome::Told).then_some(now))
    .execute(tx)
    .await
    .map(|_| ())
}
