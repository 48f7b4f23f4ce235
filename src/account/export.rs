//! `/account/export`: everything that is known here about a person, as one JSON file for themselves. No secret is in it: no key of a passkey, no code, no
//! token. Bounded: of what grows, the newest; and it says when there is more.

use std::time::Duration;

use anyhow::Context as _;
use askama::Template;
use askama_web::WebTemplate;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use serde_json::{Value, json};

use super::words::{Who, say};
use crate::app::App;
use crate::attempts::{self, Allowance, Subject};
use crate::audit::{self, Event, Kind};
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::oidc;
use crate::oidc::scope::Scopes;
use crate::sessions::{self, FreshSession, SignedIn, devices};
use crate::users::pictures;
use crate::web::{Chrome, Client};
use crate::{groups, mail, passkeys, recovery_codes};

/// The version of the file's form; see `docs/account.md`.
const VERSION: u32 = 1;
/// How often somebody may have their file: it reads a lot.
const PER_PERSON: Allowance = Allowance { count: 10, within: Duration::from_secs(3600), from_the_last: false };
/// The most events in a file, the newest.
const EVENTS_MAX: usize = 10_000;
/// How many of them are read at a time.
const EVENTS_AT_A_TIME: i64 = 500;
/// The most mails in a file, the newest.
const MAILS_MAX: i64 = 1_000;

#[derive(Template, WebTemplate)]
#[template(path = "account/export.html")]
struct ExportPage {
    chrome: Chrome,
}

/// `GET /account/export`: what will be in the file. Asks for the proof before, so that the file comes at the first press.
///
/// # Errors
/// `ProofFirst` or `PasskeyFirst` without a fresh proof.
pub async fn page(State(app): State<App>, FreshSession(signed_in): FreshSession) -> impl IntoResponse {
    ExportPage { chrome: signed_in.chrome(&app) }
}

/// `POST /account/export`: the file.
///
/// # Errors
/// A fresh proof is needed; `TooManyRequests`; when the database cannot be read.
pub async fn file(State(app): State<App>, FreshSession(signed_in): FreshSession, client: Client) -> Result<Response, AppError> {
    let now = app.clock.now();
    let user = &signed_in.user;
    let mut tx = app.db.begin().await?;
    if let Err(wait) = attempts::take(&mut tx, &Subject::new("account export of", &user.id.to_string()), PER_PERSON, now).await? {
        return Err(AppError::TooManyRequests { retry_after_seconds: wait.as_secs() + 1 });
    }
    let event = Event::new(now, Kind::AccountExported, signed_in.actor()).on(user.id.uuid(), &user.username).from_client(&client);
    audit::record(&mut tx, event).await?;
    tx.commit().await?;
    let known = everything(&app, &signed_in, now).await?;
    let text = serde_json::to_string_pretty(&known).context("writing the file of an account")?;
    let day = now.rfc3339();
    // Only what is safe in a header and on every disk.
    let name: String = user.username.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')).collect();
    let disposition = format!("attachment; filename=\"account-{name}-{}.json\"", day.get(..10).unwrap_or_default());
    Ok(([(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, disposition)], text).into_response())
}

fn instant(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| at.rfc3339().into())
}

async fn everything(app: &App, signed_in: &SignedIn, now: Timestamp) -> anyhow::Result<Value> {
    let user = &signed_in.user;
    let apps = oidc::apps_of_user(app, user.id).await?;
    let mut conn = app.db.read().await?;
    let groups = groups::of_user(&mut conn, user.id).await?;
    let passkeys = passkeys::of_user(&mut conn, user.id).await?;
    let codes = recovery_codes::standing(&mut conn, user.id).await?;
    let sessions = sessions::of_user(app, &mut conn, user.id, now).await?;
    let browsers = devices::of_user(&mut conn, user.id).await?;
    let mails = mail::sent_to(&mut conn, user.id, MAILS_MAX).await?;
    let picture = pictures::read(&mut conn, user.id, &user.picture).await?;
    drop(conn);
    let (activity, is_whole) = activity(app, signed_in).await?;
    Ok(json!({
        "version": VERSION,
        "server": app.config.origin.as_str(),
        "exported_at": now.rfc3339(),
        "profile": {
            "id": user.id.to_string(),
            "username": user.username,
            "email": user.email,
            "email_verified": user.email_verified,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "display_name": user.display_name,
            "phone": user.phone,
            "language": user.locale,
            "chosen_language": user.language,
            "further_attributes": user.extras(),
            "is_admin": user.is_admin(),
            "source": user.source().name(),
            "added_at": user.created_at.rfc3339(),
            "last_sign_in_at": instant(user.last_sign_in_at),
            "picture": picture.map(|(media_type, bytes)| json!({
                "media_type": media_type,
                "base64": base64::engine::general_purpose::STANDARD.encode(bytes),
            })),
        },
        "groups": groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(),
        "passkeys": passkeys.iter().map(|passkey| json!({
            "id": passkey.id.to_string(),
            "name": passkey.name,
            "provider": passkey.provider(),
            "can_be_synced": passkey.backup_eligible,
            "is_synced": passkey.backup_state,
            "added_at": passkey.created_at.rfc3339(),
            "added_with": passkey.created_user_agent,
            "last_used_at": instant(passkey.last_used_at),
            "last_used_from": passkey.last_used_ip,
            "last_used_with": passkey.last_used_user_agent,
            "uses": passkey.use_count,
        })).collect::<Vec<_>>(),
        "recovery_codes": { "made_at": instant(codes.made_at), "made": codes.total, "left": codes.unused },
        "sessions": sessions.iter().map(|session| json!({
            "id": session.id.to_string(),
            "began_at": session.created_at.rfc3339(),
            "last_used_at": session.last_seen_at.rfc3339(),
            "address": session.client_ip,
            "browser": session.user_agent,
            "signed_in": session.method().map(|method| method.label().to_string()),
        })).collect::<Vec<_>>(),
        "known_browsers": browsers.iter().map(|browser| json!({
            "browser": browser.browser,
            "first_seen_at": browser.first_seen_at.rfc3339(),
            "last_seen_at": browser.last_seen_at.rfc3339(),
        })).collect::<Vec<_>>(),
        "apps": apps.iter().map(|app| json!({
            "name": app.name,
            "may_see": Scopes::parse(&app.scopes).iter().map(|scope| scope.for_people().to_string()).collect::<Vec<_>>(),
            "since": app.granted_at.rfc3339(),
            "last_used_at": app.last_used_at.rfc3339(),
        })).collect::<Vec<_>>(),
        "activity": activity,
        "activity_is_whole": is_whole,
        "mails": mails.iter().map(|mail| json!({ "at": mail.at.rfc3339(), "to": mail.recipient, "subject": mail.subject })).collect::<Vec<_>>(),
    }))
}

/// What happened, newest first, and whether that is all the log has.
async fn activity(app: &App, signed_in: &SignedIn) -> anyhow::Result<(Vec<Value>, bool)> {
    let person = signed_in.user.id;
    let (mut events, mut before) = (Vec::new(), None);
    loop {
        // A connection for each batch: nobody waits for a long read.
        let lines = audit::about(&mut app.db.read().await?, person, before, EVENTS_AT_A_TIME).await?;
        let Some(last) = lines.last() else { return Ok((events, true)) };
        before = Some((last.at, last.id));
        for line in lines {
            if events.len() == EVENTS_MAX {
                return Ok((events, false));
            }
            let said = say(&line, person);
            // An administrator's address and browser are theirs.
            let is_elsewhere = said.who == Who::Administrator;
            let (address, browser) = if is_elsewhere { (String::new(), String::new()) } else { (line.client_ip, line.user_agent) };
            events.push(json!({ "at": line.at.rfc3339(), "kind": line.kind, "what": said.what, "address": address, "browser": browser }));
        }
    }
}
