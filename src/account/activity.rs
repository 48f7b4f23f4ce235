//! `/account/activity`: what happened in a person's account, in plain words, and what to do when it was not them.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};

use super::words::{NotMe, Said, Who, say};
use crate::app::App;
use crate::audit::{self, Line};
use crate::clock::Timestamp;
use crate::directory_passwords;
use crate::error::AppError;
use crate::id::{AuditEventId, UserId};
use crate::language::duration;
use crate::passkeys::{self, Passkey};
use crate::sessions::{self, SignedIn};
use crate::web::list::{self, PAGE_LINES};
use crate::web::{Chrome, user_agent};

const LIST: &str = "/account/activity";

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ListQuery {
    /// The last event of the page before: `<milliseconds>.<id>`.
    before: String,
}

impl ListQuery {
    fn before(&self) -> Option<(Timestamp, AuditEventId)> {
        let (millis, id) = self.before.split_once('.')?;
        Some((Timestamp::from_millis(millis.parse().ok()?), id.parse().ok()?))
    }
}

/// An event as the page shows it.
#[derive(Debug)]
struct Happened {
    id: AuditEventId,
    at: Timestamp,
    said: Said,
    browser: String,
    client_ip: String,
}

impl Happened {
    fn new(line: Line, person: UserId) -> Self {
        Self {
            said: say(&line, person),
            id: line.id,
            at: line.at,
            browser: if line.user_agent.is_empty() { String::new() } else { user_agent::in_words(&line.user_agent) },
            client_ip: line.client_ip,
        }
    }

    /// From where, where somebody else's browser is nobody's business.
    fn is_from_somewhere(&self) -> bool {
        self.said.who != Who::Administrator && !(self.browser.is_empty() && self.client_ip.is_empty())
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "account/activity.html")]
struct ListPage {
    chrome: Chrome,
    events: Vec<Happened>,
    newest: Option<&'static str>,
    older: Option<String>,
    /// How long events are kept.
    retention: String,
}

/// `GET /account/activity`.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(State(app): State<App>, signed_in: SignedIn, Query(query): Query<ListQuery>) -> Result<impl IntoResponse, AppError> {
    let person = signed_in.user.id;
    // One more than is shown tells whether there are older ones.
    let mut lines = audit::about(&mut app.db.read().await?, person, query.before(), PAGE_LINES + 1).await?;
    let shown = usize::try_from(PAGE_LINES).unwrap_or(usize::MAX);
    let is_more = lines.len() > shown;
    lines.truncate(shown);
    let last = lines.last().filter(|_| is_more).map(|line| format!("{}.{}", line.at.as_millis(), line.id));
    Ok(ListPage {
        chrome: signed_in.chrome(&app),
        events: lines.into_iter().map(|line| Happened::new(line, person)).collect(),
        newest: (!query.before.is_empty()).then_some(LIST),
        older: last.map(|before| list::address(LIST, &ListQuery { before })),
        retention: duration(app.settings().audit_log_retention.days()).into(),
    })
}

#[derive(Template, WebTemplate)]
#[template(path = "account/not_me.html")]
struct NotMePage {
    chrome: Chrome,
    event: Happened,
    /// The passkey it was done with, while it is there.
    passkey: Option<Passkey>,
    /// How many other sessions are open.
    others: usize,
    /// A sign-in with a new browser that can be answered in this one.
    asks: bool,
    /// Whether the directory password can be changed here.
    changes_password: bool,
    is_passkey_session: bool,
}

impl NotMePage {
    fn is(&self, wanted: NotMe) -> bool {
        self.event.said.not_me == Some(wanted)
    }
}

/// `GET /account/activity/{id}`: what to do when it was not them. Where mails about new things lead.
///
/// # Errors
/// `NotFound` for an event that is somebody else's, or gone.
pub async fn show(State(app): State<App>, signed_in: SignedIn, Path(id): Path<String>) -> Result<impl IntoResponse, AppError> {
    let id: AuditEventId = id.parse().map_err(|_| AppError::NotFound)?;
    let (person, now) = (signed_in.user.id, app.clock.now());
    let mut conn = app.db.read().await?;
    let line = audit::find_about(&mut conn, person, id).await?.ok_or(AppError::NotFound)?;
    let event = Happened::new(line, person);
    let passkeys = passkeys::of_user(&mut conn, person).await?;
    let sessions = sessions::of_user(&app, &mut conn, person, now).await?;
    let asks = !sessions::devices::unanswered(&mut conn, &signed_in, now).await?.is_empty();
    drop(conn);
    Ok(NotMePage {
        chrome: signed_in.chrome(&app),
        passkey: passkeys.into_iter().find(|passkey| Some(passkey.id) == event.said.passkey),
        others: sessions.iter().filter(|line| line.id != signed_in.session.id).count(),
        asks,
        changes_password: directory_passwords::offers_change(&app, &signed_in.user).await?,
        is_passkey_session: signed_in.session.method.is_passkey(),
        event,
    })
}
