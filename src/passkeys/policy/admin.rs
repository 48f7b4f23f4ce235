//! `/admin/passkey-policies`: the list, and the form of one.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use super::{Draft, EVERYONE, Forecast, Saved, Scope};
use crate::app::App;
use crate::authenticators::metadata::Model;
use crate::authenticators::{Metadata, Policy};
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::language::{Text, t};
use crate::sessions::{AdminDeed, AdminSession};
use crate::web::{Chrome, Mistakes};

/// A policy as the list shows it.
struct Shown {
    /// In addresses.
    scope: String,
    name: String,
    is_group: bool,
    members: i64,
    /// In words.
    which: String,
    policy: Policy,
    changed_at: Timestamp,
}

#[derive(Template, WebTemplate)]
#[template(path = "passkey_policies/list.html")]
struct ListPage {
    chrome: Chrome,
    notice: String,
    lines: Vec<Shown>,
    has_everyone: bool,
    metadata: Option<Arc<Metadata>>,
    /// By name.
    models: Vec<(Uuid, Model)>,
    /// The list of models may be relied on.
    is_current: bool,
}

/// A word that a redirect left for the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Notice {
    notice: String,
}

/// `GET /admin/passkey-policies`.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(State(app): State<App>, admin: AdminSession, Query(word): Query<Notice>) -> Result<impl IntoResponse, AppError> {
    let metadata = app.authenticators.get();
    let mut lines = Vec::new();
    for line in super::all(&mut app.db.read().await?).await? {
        let policy = line.read()?;
        let words = policy.rule.words(metadata.as_deref());
        lines.push(Shown {
            scope: line.group_id.map_or_else(|| EVERYONE.to_owned(), |group| group.to_string()),
            is_group: line.group_id.is_some(),
            name: line.group_name.unwrap_or_else(|| t("policies-everybody").into()),
            members: line.members,
            which: if words.is_empty() { t("policies-every-passkey").into() } else { words },
            policy,
            changed_at: line.changed_at,
        });
    }
    let mut models: Vec<(Uuid, Model)> = metadata.iter().flat_map(|metadata| metadata.models()).map(|(id, model)| (id, model.clone())).collect();
    models.sort_by(|(_, one), (_, other)| one.name.cmp(&other.name));
    let notice = match word.notice.as_str() {
        "saved" => t("policies-saved").into(),
        "removed" => t("policies-removed").into(),
        _ => String::new(),
    };
    let has_everyone = lines.iter().any(|line| !line.is_group);
    Ok(ListPage {
        chrome: admin.chrome(&app),
        notice,
        lines,
        has_everyone,
        is_current: metadata.as_ref().is_some_and(|metadata| metadata.is_current(app.clock.now())),
        metadata,
        models,
    })
}

#[derive(Template, WebTemplate)]
#[template(path = "passkey_policies/edit.html")]
struct EditPage {
    chrome: Chrome,
    /// In addresses.
    scope: String,
    name: String,
    draft: Draft,
    mistakes: Mistakes,
    /// Whom it would lock out, when the administrator has to say that it may.
    forecast: Option<Forecast>,
    /// Its days of grace.
    grace: u32,
    exists: bool,
}

impl EditPage {
    fn heading(&self) -> Text {
        if self.scope == EVERYONE { t("policy-of-everybody") } else { t("policy-of").with("name", &self.name) }
    }

    fn after_removal(&self) -> Text {
        if self.scope == EVERYONE { t("policy-remove-message-everybody") } else { t("policy-remove-message").with("name", &self.name) }
    }
}

async fn scope(app: &App, unverified: &str) -> Result<Scope, AppError> {
    Scope::find(&mut app.db.read().await?, unverified).await?.ok_or(AppError::NotFound)
}

/// `GET /admin/passkey-policies/{scope}`: of a group or of everybody, whether there is one yet or not.
///
/// # Errors
/// `NotFound` for a group that is not there, or when the database cannot be read.
pub async fn edit(State(app): State<App>, admin: AdminSession, Path(unverified): Path<String>) -> Result<impl IntoResponse, AppError> {
    let of = scope(&app, &unverified).await?;
    let policy = super::find(&mut app.db.read().await?, &of).await?;
    // For a new one, as long as a holiday.
    let shown = policy.clone().unwrap_or(Policy { grace_days: 14, ..Policy::default() });
    Ok(EditPage {
        chrome: admin.chrome(&app),
        scope: unverified,
        name: of.name().to_owned(),
        draft: Draft::of(&shown, app.authenticators.get().as_deref()),
        mistakes: Mistakes::default(),
        forecast: None,
        grace: shown.grace_days,
        exists: policy.is_some(),
    })
}

/// `POST /admin/passkey-policies/{scope}`: shows whom it would lock out before it saves.
///
/// # Errors
/// As [`edit`].
pub async fn save(State(app): State<App>, deed: AdminDeed, Path(unverified): Path<String>, Form(draft): Form<Draft>) -> Result<Response, AppError> {
    let of = scope(&app, &unverified).await?;
    let (mistakes, forecast) = match super::save(&app, &deed, &of, &draft).await? {
        Saved::Done => return Ok(Redirect::to("/admin/passkey-policies?notice=saved").into_response()),
        Saved::WouldLockOut(forecast) => (Mistakes::default(), Some(forecast)),
        Saved::Mistakes(mistakes) => (mistakes, None),
    };
    let page = EditPage {
        chrome: deed.admin.chrome(&app),
        scope: unverified,
        name: of.name().to_owned(),
        grace: draft.grace_days.trim().parse().unwrap_or_default(),
        draft,
        mistakes,
        forecast,
        exists: super::find(&mut app.db.read().await?, &of).await?.is_some(),
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// `POST /admin/passkey-policies/{scope}/remove`.
///
/// # Errors
/// `NotFound` where there is none, or when the database refuses.
pub async fn remove(State(app): State<App>, deed: AdminDeed, Path(unverified): Path<String>) -> Result<Redirect, AppError> {
    let of = scope(&app, &unverified).await?;
    if super::remove(&app, &deed, &of).await? { Ok(Redirect::to("/admin/passkey-policies?notice=removed")) } else { Err(AppError::NotFound) }
}
