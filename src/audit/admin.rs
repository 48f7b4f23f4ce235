//! `/admin/audit`: the audit log as a page, newest first.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Query, State};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};

use super::words::readable;
use super::{Filter, Kind, Line};
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::id::{AuditEventId, UserId};
use crate::language::{duration, t, told};
use crate::sessions::AdminSession;
use crate::users;
use crate::web::{Chrome, list, user_agent};

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ListQuery {
    kind: String,
    /// A username, an e-mail address, or the id of somebody who may be gone.
    person: String,
    /// The last event of the page before: `<milliseconds>.<id>`.
    before: String,
}

impl ListQuery {
    fn before(&self) -> Option<(Timestamp, AuditEventId)> {
        let (millis, id) = self.before.split_once('.')?;
        Some((Timestamp::from_millis(millis.parse().ok()?), id.parse().ok()?))
    }

    fn address(&self, before: String) -> String {
        list::address("/admin/audit", &Self { before, ..self.clone() })
    }
}

/// An event as the page shows it.
struct Shown {
    at: Timestamp,
    label: String,
    /// For a badge: refusals and dangers stand out.
    class: &'static str,
    actor: Named,
    subject: Named,
    client_ip: String,
    browser: String,
    detail: Vec<(String, String)>,
}

/// Somebody or something, with the page that shows it, if there is one.
struct Named {
    name: String,
    href: Option<String>,
}

#[derive(Template, WebTemplate)]
#[template(path = "audit/list.html")]
struct ListPage {
    chrome: Chrome,
    query: ListQuery,
    kinds: &'static [Kind],
    /// Whom the filter means; empty when it names nobody in particular.
    person_name: String,
    mistake: String,
    events: Vec<Shown>,
    newest: Option<String>,
    older: Option<String>,
    /// How long events are kept.
    retention: String,
}

/// `GET /admin/audit`.
pub async fn list(State(app): State<App>, admin: AdminSession, Query(query): Query<ListQuery>) -> Result<impl IntoResponse, AppError> {
    let mut conn = app.db.read().await?;
    let asked = query.person.trim();
    let (user, person_name, mistake) = match (asked.is_empty(), asked.parse::<UserId>()) {
        (true, _) => (None, String::new(), String::new()),
        (false, Ok(id)) => {
            let name = users::find(&mut conn, id).await?.map_or_else(|| t("audit-somebody-gone").into(), |user| user.display_name);
            (Some(id), name, String::new())
        }
        (false, Err(_)) => match users::find_by_name(&mut conn, asked).await? {
            Some(user) => (Some(user.id), user.display_name, String::new()),
            None => (None, String::new(), t("audit-nobody").into()),
        },
    };
    let kind = Kind::from_text(&query.kind).map(|kind| kind.as_str().to_owned());
    let mut lines = Vec::new();
    if mistake.is_empty() {
        // One more than is shown tells whether there are older ones.
        let filter = Filter { user, kind, before: query.before(), limit: list::PAGE_LINES + 1 };
        lines = super::list(&mut conn, &filter).await?;
    }
    let shown = usize::try_from(list::PAGE_LINES).unwrap_or(usize::MAX);
    let is_more = lines.len() > shown;
    lines.truncate(shown);
    let last = lines.last().filter(|_| is_more).map(|line| format!("{}.{}", line.at.as_millis(), line.id));
    Ok(ListPage {
        chrome: admin.chrome(&app),
        kinds: Kind::ALL,
        person_name,
        mistake,
        events: lines.into_iter().map(Shown::from).collect(),
        newest: (!query.before.is_empty()).then(|| query.address(String::new())),
        older: last.map(|last| query.address(last)),
        retention: duration(app.settings().audit_log_retention.days()).into(),
        query,
    })
}

impl From<Line> for Shown {
    fn from(line: Line) -> Self {
        let kind = Kind::from_text(&line.kind);
        let by_nobody = line.actor_id.is_none();
        let actor = Named {
            href: line.actor_id.map(|id| format!("/admin/users/{id}")),
            name: if by_nobody { told(line.actor_name) } else { line.actor_name },
        };
        let path = kind.and_then(subject_page);
        let subject = Named { href: line.subject_id.zip(path).map(|(id, path)| format!("{path}/{id}")), name: line.subject_name };
        Self {
            at: line.at,
            label: kind.map_or_else(|| t("kind-unknown"), Kind::label).into(),
            class: kind.map_or("", class),
            actor,
            subject,
            browser: if line.user_agent.is_empty() { String::new() } else { user_agent::in_words(&line.user_agent) },
            client_ip: line.client_ip,
            detail: readable(&line.detail),
        }
    }
}

/// Where the subject of such an event is shown. `None` when it has no page, or none any more.
const fn subject_page(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::SetUp
        | Kind::SignIn
        | Kind::SignInRefused
        | Kind::SignOut
        | Kind::SessionsEnded
        | Kind::PasskeyAdded
        | Kind::PasskeyRefused
        | Kind::PasskeyRenamed
        | Kind::PasskeyRemoved
        | Kind::AccessLinkMade
        | Kind::AccessLinkUsed
        | Kind::AccessLinkRevoked
        | Kind::AccessLinkRequested
        | Kind::OtherDeviceAllowed
        | Kind::OtherDeviceDenied
        | Kind::RecoveryCodesMade
        | Kind::RecoveryCodeUsed
        | Kind::RecoveryCodesRevoked
        | Kind::SignedUp
        | Kind::UserCreated
        | Kind::UserChanged
        | Kind::UserBlocked
        | Kind::UserUnblocked
        | Kind::AccountExported
        | Kind::UserDisabled
        | Kind::UserRestored => Some("/admin/users"),
        Kind::GroupCreated | Kind::GroupChanged => Some("/admin/groups"),
        Kind::ClientCreated
        | Kind::ClientChanged
        | Kind::ClientSecretMade
        | Kind::Authorized
        | Kind::AuthorizationRevoked
        | Kind::LogoutNoticeFailed => Some("/admin/clients"),
        Kind::ApiCreated | Kind::ApiChanged => Some("/admin/apis"),
        _ => None,
    }
}

const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::SignInRefused | Kind::PasskeyRefused | Kind::OtherDeviceDenied | Kind::TokenReuse | Kind::DirectorySyncFailed | Kind::MailFailed => {
            "bad"
        }
        Kind::DirectorySyncHeld
        | Kind::RecoveryCodeUsed
        | Kind::UserBlocked
        | Kind::UserDeleted
        | Kind::UserDisabled
        | Kind::GroupRemoved
        | Kind::ClientDeleted
        | Kind::ApiDeleted
        | Kind::LogoutNoticeFailed => "warn",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_log_is_read_back_as_it_was_written() {
        let id = AuditEventId::new();
        let query = ListQuery { before: format!("12.{id}"), ..ListQuery::default() };
        assert_eq!(query.before(), Some((Timestamp::from_millis(12), id)));
        for bad in ["", "12", "x.y", ".", "12.x"] {
            assert_eq!(ListQuery { before: bad.into(), ..ListQuery::default() }.before(), None);
        }
    }
}
