//! E-mail to people: written into an outbox by the transaction that has the reason ([`queue`]), sent by one loop of each instance ([`keep_sending`]). Plain
//! text, one purpose each. A mail may hold a sign-in link, so it is sealed until it is sent and gone afterwards.

pub mod admin;
pub mod model;
mod smtp;
mod store;

use std::time::Duration;

pub use model::{Failure, Mail, SenderAddress, SmtpTls};
pub use store::{Sent, Standing};

use crate::app::App;
use crate::audit::{self, Actor, Event, Kind};
use crate::clock::Timestamp;
use crate::db::{Conn, Signal, Tx};
use crate::id::{MailId, UserId};
use crate::queue::work_off;
use crate::secret::Sealer;
use crate::settings::Settings;
use model::wait_after;

/// Raised when mails were written. One for the whole process, because it says no more than that.
static MAILS_WRITTEN: Signal = std::sync::LazyLock::new(|| tokio::sync::watch::Sender::new(0));

/// How many mails are taken at a time.
const AT_A_TIME: i64 = 4;
/// How long a mail that was taken belongs to the instance that took it: every try of a batch and some, and far less than any link is good for, since an instance
/// that is killed leaves what it took until then.
const TAKEN_FOR: Duration = Duration::from_secs(150);
/// What a mail is sealed for.
const PURPOSE: &str = "mail";

/// Whether mail can be sent: there is a server and a sender.
pub fn is_configured(settings: &Settings) -> bool {
    !settings.smtp_host.is_empty() && !settings.smtp_from.is_empty()
}

/// Writes a mail into the outbox. The caller commits.
///
/// # Errors
/// When the database refuses.
pub async fn queue(tx: &mut Tx, sealer: &Sealer, mail: &Mail, now: Timestamp) -> sqlx::Result<()> {
    queue_all(tx, sealer, std::slice::from_ref(mail), now).await
}

/// [`queue`] for many.
///
/// # Errors
/// When the database refuses.
pub async fn queue_all(tx: &mut Tx, sealer: &Sealer, mails: &[Mail], now: Timestamp) -> sqlx::Result<()> {
    let rows: Vec<store::New> = mails
        .iter()
        .map(|mail| store::New {
            id: MailId::new(),
            recipient: mail.to.clone(),
            user: mail.about,
            sealed: sealer.seal(PURPOSE, format!("{}\n{}", mail.subject, mail.text).as_bytes()),
            expires_at: now + mail.useful_for,
        })
        .collect();
    store::insert(tx, rows, now).await?;
    tx.announce(&MAILS_WRITTEN);
    Ok(())
}

/// Sends a mail now, past the outbox. For trying the settings.
///
/// # Errors
/// [`Failure`], in words for the administrator.
pub async fn send_now(app: &App, mail: &Mail) -> Result<(), Failure> {
    smtp::Sender::new(&app.settings(), &app.config.origin)?.send(mail).await
}

/// How the outbox stands.
///
/// # Errors
/// When the database cannot be read.
pub async fn standing(conn: &mut Conn) -> sqlx::Result<Standing> {
    store::standing(conn).await
}

/// The latest mails that were sent about a person's account, newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn sent_to(conn: &mut Conn, user: UserId, limit: i64) -> sqlx::Result<Vec<Sent>> {
    store::sent_to(conn, user, limit).await
}

/// Forgets which mails were sent before an instant.
///
/// # Errors
/// When the database refuses.
pub async fn forget_sent(tx: &mut Tx, before: Timestamp) -> sqlx::Result<u64> {
    store::delete_sent_before(tx, before).await
}

/// Sends what is in the outbox until the server stops. For the jobs.
pub async fn keep_sending(app: App) {
    work_off(app, &MAILS_WRITTEN, "mails cannot be sent", |app| async move { Ok(send_some(&app).await? > 0) }).await;
}

/// Takes a few mails that are due and tries each once; gives how many there were. They wait while no server is set.
async fn send_some(app: &App) -> anyhow::Result<usize> {
    let settings = app.settings();
    let now = app.clock.now();
    if !is_configured(&settings) {
        // Nobody sends them, so nobody would notice that they are too old.
        if store::any_expired(&mut app.db.read().await?, now).await? {
            let mut tx = app.db.begin().await?;
            store::delete_expired(&mut tx, now).await?;
            tx.commit().await?;
        }
        return Ok(0);
    }
    // Few servers have mail to send at most times: looking costs no write.
    if !store::any_due(&mut app.db.read().await?, now).await? {
        return Ok(0);
    }
    let mut tx = app.db.begin().await?;
    let taken = store::take(&mut tx, AT_A_TIME, now, now + TAKEN_FOR).await?;
    tx.commit().await?;
    let sender = smtp::Sender::new(&settings, &app.config.origin);
    let count = taken.len();
    for row in taken {
        if app.stopping.is_cancelled() {
            // Not tried: another instance, or this one after its restart, need not wait for it.
            let mut tx = app.db.begin().await?;
            store::put_back(&mut tx, row.id, now, "").await?;
            tx.commit().await?;
            continue;
        }
        let mail = open(&app.sealer, &row);
        let outcome = match (&sender, &mail) {
            _ if now >= row.expires_at => Err(Failure::for_good("It was too old to be sent.")),
            (Err(failure), _) => Err(failure.clone()),
            (Ok(_), None) => Err(Failure::for_good("It was sealed with another ENCRYPTION_KEY.")),
            (Ok(sender), Some(mail)) => sender.send(mail).await,
        };
        let subject = mail.map(|mail| mail.subject).unwrap_or_default();
        if let Err(error) = settle(app, &row, subject, outcome).await {
            tracing::error!(%error, "how sending a mail went cannot be noted; it will be tried again later");
        }
    }
    Ok(count)
}

fn open(sealer: &Sealer, row: &store::Taken) -> Option<Mail> {
    let text = String::from_utf8(sealer.unseal(PURPOSE, &row.sealed).ok()?.to_vec()).ok()?;
    let (subject, text) = text.split_once('\n')?;
    Some(Mail { to: row.recipient.clone(), about: row.user_id, subject: subject.to_owned(), text: text.to_owned(), useful_for: Duration::ZERO })
}

/// Notes how a try went.
async fn settle(app: &App, row: &store::Taken, subject: String, outcome: Result<(), Failure>) -> sqlx::Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    match outcome {
        Ok(()) => {
            store::delete(&mut tx, row.id).await?;
            if let Some(user) = row.user_id {
                store::insert_sent(&mut tx, row.id, user, &Sent { at: now, recipient: row.recipient.clone(), subject }).await?;
            }
        }
        Err(failure) if !failure.is_for_good && now + wait_after(row.attempts) < row.expires_at => {
            tracing::warn!(to = row.recipient, why = failure.why, "a mail was not sent; it will be tried again");
            store::put_back(&mut tx, row.id, now + wait_after(row.attempts), &failure.why).await?;
        }
        Err(failure) => {
            store::delete(&mut tx, row.id).await?;
            let event = Event::new(now, Kind::MailFailed, Actor::system("mail"));
            audit::record(&mut tx, event.with("to", row.recipient.as_str()).with("reason", failure.why)).await?;
        }
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_instance_had_taken_is_sent_while_its_link_still_works() {
        let tries = smtp::MAIL_WITHIN * u32::try_from(AT_A_TIME).unwrap();
        // The shortest link that is mailed is good for a quarter of an hour.
        assert!(TAKEN_FOR > tries && TAKEN_FOR * 4 < Duration::from_secs(15 * 60));
    }
}
