//! Telling apps, server to server, that a session ended (OpenID Connect Back-Channel Logout 1.0): takes the notices `sessions::apps` wrote, signs a logout
//! token for each, sends it, and tries again later where that failed.
//!
//! One loop per instance finds the apps that have something due and gives each a worker of its own, so that a slow app delays its own notices only. A notice
//! is claimed before it is sent; when the instance dies meanwhile, another one takes it when the claim has run out.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::id_token::sid;
use super::logout_token::{self, About};
use super::store::notices::{self as store, Notice};
use crate::app::App;
use crate::audit::{self, Actor, Event, Kind};
use crate::clients::{self, Client, Outcome};
use crate::clock::Timestamp;
use crate::id::ClientId;
use crate::outbound::{self, Limits, Unanswered};
use crate::sessions::apps::NOTICES_WRITTEN;
use crate::users;

/// How often each instance looks for what others wrote, and for what is due again.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What one notice may cost.
const LIMITS: Limits = Limits { within: Duration::from_secs(5), bytes: 16 * 1024 };
/// How long a claim counts: the time-out of a try and some.
const CLAIMED_FOR: Duration = Duration::from_secs(30);
/// How many notices are on their way to one app at a time.
const AT_A_TIME: i64 = 4;
/// How many apps are told at a time.
const APPS_AT_A_TIME: usize = 32;
/// After this a notice is given up: sessions of apps rarely last longer, and the audit log says so.
const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest reason of an app that is kept, in characters.
const REASON_CHARS_MAX: usize = 300;

/// What follows from a try.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// The app has heard it.
    Told,
    /// The app will not act on it; no use in trying again.
    Refused(String),
    /// It did not work this time; `unreachable` when the app as a whole did not answer.
    Later { why: String, unreachable: bool },
}

/// Judges an answer as section 2.8 says: 200, or 204 from frameworks that cannot send an empty 200, is good; 400 says that the app refused or failed. All else
/// comes from something in between, or from an address that is wrong, and may get better.
fn judge(answer: Result<outbound::Answer, Unanswered>) -> Verdict {
    match answer {
        Ok(answer) if matches!(answer.status, 200 | 204) => Verdict::Told,
        Ok(answer) if answer.status == 400 => Verdict::Refused(reason(&answer.body)),
        Ok(answer) => Verdict::Later { why: format!("It answered with status {}.", answer.status), unreachable: answer.status >= 500 },
        Err(why @ Unanswered::Unreachable(_)) => Verdict::Later { why: why.to_string(), unreachable: true },
        // It answered, if at length.
        Err(why) => Verdict::Later { why: why.to_string(), unreachable: false },
    }
}

/// The reason an app gave with 400: `error` and `error_description` of a JSON object, or else nothing we would repeat.
fn reason(body: &[u8]) -> String {
    let said: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let words: Vec<&str> = ["error", "error_description"].iter().filter_map(|name| said[*name].as_str()).filter(|text| !text.is_empty()).collect();
    let text: String = words.join(": ").chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect();
    if text.is_empty() { "It answered with status 400 and gave no reason.".to_owned() } else { format!("It answered with status 400: {text}") }
}

/// How long to wait after so many tries: 5 seconds, then four times as long each time, an hour at most.
fn wait_after(attempts: i64) -> Duration {
    let tries = u32::try_from(attempts.clamp(1, 8)).unwrap_or(8);
    Duration::from_secs((5 * 4_u64.pow(tries - 1)).min(3600))
}

/// Sends notices until the server stops. For the jobs.
pub async fn keep_telling(app: App) {
    let mut written = NOTICES_WRITTEN.subscribe();
    let room = Arc::new(Semaphore::new(APPS_AT_A_TIME));
    let mut workers: JoinSet<ClientId> = JoinSet::new();
    let mut busy: HashSet<ClientId> = HashSet::new();
    while !app.stopping.is_cancelled() {
        match due(&app).await {
            Ok(clients) => {
                for client in clients {
                    if busy.insert(client) {
                        workers.spawn(work(app.clone(), client, Arc::clone(&room)));
                    }
                }
            }
            Err(error) => tracing::error!(%error, "notices about ended sessions cannot be read; they will be looked for again"),
        }
        tokio::select! {
            () = app.stopping.cancelled() => break,
            _ = written.changed() => {}
            Some(ended) = workers.join_next() => match ended {
                Ok(client) => { busy.remove(&client); }
                Err(error) => {
                    tracing::error!(%error, "telling an app that a session ended crashed");
                    // Whose worker it was is not known: all may have new ones, which the claims keep apart.
                    busy.clear();
                }
            },
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
    // What is on its way has a time-out of its own.
    while workers.join_next().await.is_some() {}
}

async fn due(app: &App) -> sqlx::Result<Vec<ClientId>> {
    store::clients_due(&mut app.db.read().await?, app.clock.now()).await
}

/// Sends what one app has due, and gives its name back.
async fn work(app: App, client: ClientId, room: Arc<Semaphore>) -> ClientId {
    let Ok(_place) = room.acquire().await else { return client };
    while !app.stopping.is_cancelled() {
        match tell_some(&app, client).await {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(cause = format!("{error:#}"), "an app could not be told that a session ended; it will be tried again");
                break;
            }
        }
    }
    client
}

/// Takes a few due notices of an app, sends them at the same time, and notes how it went; gives how many there were.
async fn tell_some(app: &App, client: ClientId) -> anyhow::Result<usize> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(client) = clients::find(&mut tx, client).await? else { return Ok(0) };
    if client.registration.policies.logout.backchannel_logout_uri.is_empty() {
        store::forget(&mut tx, client.id).await?;
        tx.commit().await?;
        return Ok(0);
    }
    let notices = store::claim(&mut tx, client.id, AT_A_TIME, now, now + CLAIMED_FOR).await?;
    tx.commit().await?;
    let verdicts = join_all(notices.iter().map(|notice| tell(app, &client, notice, now))).await;
    let results: Vec<(Notice, Verdict)> = notices.into_iter().zip(verdicts.into_iter().collect::<anyhow::Result<Vec<_>>>()?).collect();
    note(app, &client, &results).await?;
    Ok(results.len())
}

/// One try.
async fn tell(app: &App, client: &Client, notice: &Notice, now: Timestamp) -> anyhow::Result<Verdict> {
    let alg = client.registration.signing_alg;
    let sid = notice.session_id.map(|session| sid(session, client.id));
    let sub = app.subjects.of(&client.registration.policies.claims, notice.user_id);
    let about = About { client_id: &client.client_id, sub: &sub, sid: sid.as_deref() };
    let token = logout_token::sign(&app.config.origin, alg, app.keys.current().active(alg)?, &about, now)?;
    let uri = &client.registration.policies.logout.backchannel_logout_uri;
    Ok(judge(app.outbound.post_form(uri, &[("logout_token", &token)], client.registration.policies.provenance.named_by(), LIMITS).await))
}

/// Notes how a handful of tries went, in one transaction.
async fn note(app: &App, client: &Client, results: &[(Notice, Verdict)]) -> anyhow::Result<()> {
    let now = app.clock.now();
    let name = &client.registration.name;
    let mut settled = Vec::new();
    let mut last = None;
    let mut events = Vec::new();
    let mut tx = app.db.begin().await?;
    for (notice, verdict) in results {
        let failed = match verdict {
            Verdict::Told => {
                last = Some((Outcome::Told, String::new()));
                None
            }
            Verdict::Refused(why) => Some((Outcome::Refused, why)),
            Verdict::Later { why, .. } if now.since(notice.created_at) >= GIVE_UP_AFTER => Some((Outcome::GivenUp, why)),
            Verdict::Later { why, unreachable } => {
                let until = now + wait_after(notice.attempts);
                store::put_off(&mut tx, notice.id, until).await?;
                if *unreachable {
                    store::put_off_all(&mut tx, client.id, until.min(now + wait_after(1))).await?;
                }
                tracing::info!(client.id = client.client_id, attempts = notice.attempts, why, "an app could not be told that a session ended");
                last = Some((Outcome::Delayed, why.clone()));
                continue;
            }
        };
        settled.push(notice.id);
        if let Some((outcome, why)) = failed {
            let person = users::find(&mut tx, notice.user_id).await?.map_or_else(|| notice.user_id.to_string(), |user| user.username);
            let event = Event::new(now, Kind::LogoutNoticeFailed, Actor::system("sign-out notices")).on(client.id.uuid(), name);
            events.push(event.with("person", person).with("reason", why.as_str()).with("tried", notice.attempts));
            tracing::warn!(client.id = client.client_id, why, "an app was not told that a session ended; nothing more is tried");
            last = Some((outcome, why.clone()));
        }
    }
    store::settle(&mut tx, &settled).await?;
    audit::record_all(&mut tx, events).await?;
    if let Some((outcome, detail)) = last {
        clients::note_notice(&mut tx, client.id, outcome, &detail, now).await?;
    }
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<outbound::Answer, Unanswered> {
        Ok(outbound::Answer { status, media_type: String::new(), keep_for: None, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn answers_are_judged_as_the_specification_says() {
        assert_eq!(judge(answer(200, "")), Verdict::Told);
        assert_eq!(judge(answer(204, "")), Verdict::Told);
        assert_eq!(
            judge(answer(400, r#"{"error":"invalid_request","error_description":"no such\r\nsession"}"#)),
            Verdict::Refused("It answered with status 400: invalid_request: no suchsession".into())
        );
        for body in ["", "<html>", "[]", r#"{"error":5}"#] {
            assert_eq!(judge(answer(400, body)), Verdict::Refused("It answered with status 400 and gave no reason.".into()), "{body}");
        }
        for (status, down) in [(201, false), (302, false), (401, false), (404, false), (429, false), (500, true), (502, true), (503, true)] {
            assert!(matches!(judge(answer(status, "")), Verdict::Later { unreachable, .. } if unreachable == down), "{status}");
        }
        assert!(matches!(judge(Err(Unanswered::Unreachable("x".into()))), Verdict::Later { unreachable: true, .. }));
        assert!(matches!(judge(Err(Unanswered::TooLong(5))), Verdict::Later { unreachable: false, .. }));
    }

    #[test]
    fn tries_come_at_growing_distances_and_an_hour_at_most() {
        let waits: Vec<u64> = (0..12).map(|attempts| wait_after(attempts).as_secs()).collect();
        assert_eq!(waits, [5, 5, 20, 80, 320, 1280, 3600, 3600, 3600, 3600, 3600, 3600]);
    }
}
