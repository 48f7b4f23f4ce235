//! `muster audit`: the audit log, newest first.

use clap::Subcommand;
use serde::Serialize;

use super::{Failed, Format, JsonArray, columns};
use crate::audit::{self, Filter, Kind, Line};
use crate::config::ConfigError;
use crate::id::AuditEventId;
use crate::users;

/// How many events are read at once.
const BATCH: i64 = 1_000;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists events, newest first.
    List {
        /// Only events by or about this person: their username, e-mail address or id.
        #[arg(long)]
        user: Option<String>,
        /// Only events of this kind, such as `sign_in`.
        #[arg(long)]
        kind: Option<String>,
        /// How many at most.
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// How to print it.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// An event as programs read it; the names are a promise.
#[derive(Serialize)]
struct Event {
    id: AuditEventId,
    at: String,
    kind: String,
    actor_id: Option<uuid::Uuid>,
    actor: String,
    subject_id: Option<uuid::Uuid>,
    subject: String,
    client_ip: String,
    user_agent: String,
    detail: serde_json::Value,
}

impl From<Line> for Event {
    fn from(line: Line) -> Self {
        Self {
            id: line.id,
            at: line.at.rfc3339(),
            kind: line.kind,
            actor_id: line.actor_id,
            actor: line.actor_name,
            subject_id: line.subject_id,
            subject: line.subject_name,
            client_ip: line.client_ip,
            user_agent: line.user_agent,
            detail: serde_json::from_str(&line.detail).unwrap_or_default(),
        }
    }
}

impl Event {
    fn line(self) -> [String; 6] {
        let detail = if self.detail.as_object().is_some_and(serde_json::Map::is_empty) { String::new() } else { self.detail.to_string() };
        [self.at, self.kind, self.actor, self.subject, self.client_ip, detail]
    }
}

pub(super) async fn run(command: Command) -> Result<(), Failed> {
    let Command::List { user, kind, limit, format } = command;
    if let Some(kind) = kind.as_deref().filter(|kind| Kind::from_text(kind).is_none()) {
        let known = Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
        return Err(Failed::Config(ConfigError(format!("\"{kind}\" is not a kind of event; the kinds are {known}"))));
    }
    let app = super::app().await?;
    let mut conn = app.db.read().await?;
    let user = match user {
        Some(name) => match name.parse() {
            Ok(id) => Some(id),
            Err(_) => {
                let found = users::find_by_name(&mut conn, &name).await?;
                Some(found.ok_or_else(|| anyhow::anyhow!("nobody has the username or e-mail address \"{name}\""))?.id)
            }
        },
        None => None,
    };
    let mut json = JsonArray::default();
    let (mut left, mut before) = (i64::from(limit), None);
    while left > 0 {
        let wanted = left.min(BATCH);
        let lines = audit::list(&mut conn, &Filter { user, kind: kind.clone(), before, limit: wanted }).await?;
        let read = i64::try_from(lines.len()).unwrap_or(i64::MAX);
        before = lines.last().map(|line| (line.at, line.id));
        let events = lines.into_iter().map(Event::from);
        match format {
            Format::Human => columns(&events.map(Event::line).collect::<Vec<_>>())?,
            Format::Json => events.into_iter().try_for_each(|event| json.push(&event))?,
        }
        left -= read;
        if read < wanted {
            break;
        }
    }
    if format == Format::Json { json.end() } else { Ok(()) }
}
