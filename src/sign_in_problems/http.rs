//! Where browsers tell what went wrong, and where an administrator looks it up.

use askama::Template;
use askama_web::WebTemplate;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Code, Line, Told, model};
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::id::UserId;
use crate::language::{duration, t};
use crate::sessions::AdminSession;
use crate::web::{Chrome, Client, user_agent};

/// The largest body taken from a browser that tells something.
pub const TOLD_BYTES_MAX: usize = 2 * 1024;
/// How many lines the page shows.
const SHOWN: i64 = 50;

/// `POST /sign-in/problem`: files what the page's script tells of a failure in the browser; answers with the code for the person.
///
/// # Errors
/// `TooManyRequests`, 422 for what says nothing known, or when the database refuses.
pub async fn tell(State(app): State<App>, client: Client, Json(unverified): Json<Told>) -> Result<Response, AppError> {
    app.limits.problems.check(&client)?;
    Ok(match super::tell(&app, app.clock.now(), &client, &unverified).await? {
        Some(code) => Json(json!({ "code": code.shown() })).into_response(),
        None => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
    })
}

#[derive(Template, WebTemplate)]
#[template(path = "sign_in_problems/list.html")]
struct ListPage {
    chrome: Chrome,
    typed: String,
    mistake: String,
    /// The one whose code was typed.
    found: Option<Shown>,
    lines: Vec<Shown>,
    retention: String,
}

/// A problem as the page shows it.
struct Shown {
    code: String,
    at: Timestamp,
    doing: String,
    what: String,
    todo: String,
    user: Option<(UserId, String)>,
    client_ip: String,
    browser: String,
    detail: Vec<(String, String)>,
}

impl From<Line> for Shown {
    fn from(line: Line) -> Self {
        let (what, todo) = model::explain(&line.cause);
        let mut detail = readable(&line.detail);
        detail.push((t("problem-cause").into(), line.cause));
        Self {
            code: Code::read(&line.code).map_or(line.code, |code| code.shown()),
            at: line.at,
            doing: match line.operation.as_str() {
                "register" => t("problem-adding").into(),
                "proof" => t("problem-confirming").into(),
                _ => t("problem-signing-in").into(),
            },
            what: what.into(),
            todo: todo.into(),
            user: line.user_id.zip(line.display_name),
            client_ip: line.client_ip,
            browser: user_agent::in_words(&line.user_agent),
            detail,
        }
    }
}

/// The detail as names and values in words.
fn readable(detail: &str) -> Vec<(String, String)> {
    let Ok(Value::Object(detail)) = serde_json::from_str(detail) else { return Vec::new() };
    let words = |value: Value| match value {
        Value::String(text) => model::elapsed_in_words(&text).map_or(text, String::from),
        Value::Bool(yes) => if yes { t("problem-yes") } else { t("problem-no") }.into(),
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    detail.into_iter().map(|(name, value)| (titled(&name), words(value))).filter(|(_, value)| !value.is_empty()).collect()
}

/// A field's name as a heading; of one that is not known here, its words: `prompt_open_for` is `Prompt open for`.
fn titled(name: &str) -> String {
    let known = match name {
        "received" => t("problem-received"),
        "expected" => t("problem-expected"),
        "found" => t("problem-found"),
        "inside_a_frame" => t("problem-inside-a-frame"),
        "inside_another_app" => t("problem-inside-another-app"),
        "flags" => t("problem-flags"),
        "counter" => t("problem-counter"),
        "provider" => t("problem-provider"),
        "device" => t("problem-device"),
        "prompt_open_for" => t("problem-prompt-open-for"),
        "browser_can" => t("problem-browser-can"),
        _ => return spelled_out(name),
    };
    known.into()
}

fn spelled_out(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).map(|c| if c == '_' { ' ' } else { c }).collect()
}

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LookUp {
    code: String,
}

/// `GET /admin/sign-in-problems`: the latest ones, and the one whose code somebody read out.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(State(app): State<App>, admin: AdminSession, Query(unverified): Query<LookUp>) -> Result<impl IntoResponse, AppError> {
    let typed: String = unverified.code.trim().chars().take(40).collect();
    let mut conn = app.db.read().await?;
    let (found, mistake) = match (typed.is_empty(), Code::read(&typed)) {
        (true, _) => (None, String::new()),
        (false, None) => (None, t("problems-no-code").into()),
        (false, Some(code)) => match super::find(&mut conn, &code).await? {
            Some(line) => (Some(Shown::from(line)), String::new()),
            None => (None, t("problems-unknown-code").into()),
        },
    };
    let lines = super::latest(&mut conn, SHOWN).await?.into_iter().map(Shown::from).collect();
    let retention = duration(app.settings().sign_in_problem_retention.days()).into();
    Ok(ListPage { chrome: admin.chrome(&app), typed, mistake, found, lines, retention })
}
