//! `/admin/settings`: a form made from the catalog.

use std::collections::BTreeMap;

use askama::Template;
use askama_web::WebTemplate;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Catalog, Entry, Input, Settings, UpdateError};
use crate::app::App;
use crate::config::Config;
use crate::error::AppError;
use crate::language::t;
use crate::mail;
use crate::sessions::{AdminDeed, AdminSession};
use crate::web::{Chrome, Mistakes};

/// A setting as the form shows it.
pub struct Field {
    /// What was declared.
    pub entry: &'static Entry,
    /// What is in force, or what was typed; empty for a secret.
    pub value: String,
    /// Whether a secret is set.
    pub is_set: bool,
    /// The variable that decides it; nobody can change it here then.
    pub pinned_by: Option<&'static str>,
    /// Whether it cannot be changed here, for that or another reason.
    pub is_fixed: bool,
    /// What is wrong with what was typed.
    pub mistake: String,
}

/// The fields of one heading.
pub struct Section {
    /// The heading as it was declared.
    pub title: &'static str,
    /// Its fields, in the order of the catalog.
    pub fields: Vec<Field>,
}

impl Section {
    /// The heading as people read it.
    pub fn heading(&self) -> String {
        super::heading_of(self.title)
    }
}

/// The form of a catalog: values in force, over them what was typed, and the mistakes.
pub fn sections<C: Catalog>(values: &C, config: &Config, typed: Option<&BTreeMap<String, String>>, mistakes: &Mistakes) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for entry in C::ENTRIES {
        let pinned_by = config.settings_from_environment.contains_key(entry.env).then_some(entry.env);
        let is_fixed = super::is_pinned(config, entry);
        let in_force = values.get(entry.key);
        let value = match (entry.input, typed.filter(|_| !is_fixed)) {
            (Input::Secret | Input::SecretLines, _) => String::new(),
            // A switch that is off is not sent.
            (Input::Switch, Some(typed)) => typed.get(entry.key).map_or("false", String::as_str).to_owned(),
            (_, Some(typed)) => typed.get(entry.key).cloned().unwrap_or_else(|| in_force.clone()),
            (_, None) => in_force.clone(),
        };
        let field = Field { entry, value, is_set: !in_force.is_empty(), pinned_by, is_fixed, mistake: mistakes.of(entry.key).to_owned() };
        match sections.iter_mut().find(|section| section.title == entry.section) {
            Some(section) => section.fields.push(field),
            None => sections.push(Section { title: entry.section, fields: vec![field] }),
        }
    }
    sections
}

#[derive(Template, WebTemplate)]
#[template(path = "settings/show.html")]
struct SettingsPage {
    chrome: Chrome,
    notice: String,
    sections: Vec<Section>,
    mistakes: Mistakes,
    /// `UI_CONFIG_DISABLED`: nothing can be changed here.
    read_only: bool,
    mail: mail::Standing,
}

/// A word that a redirect left for the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Notice {
    notice: String,
}

/// `GET /admin/settings`.
pub async fn show(State(app): State<App>, admin: AdminSession, Query(word): Query<Notice>) -> Result<impl IntoResponse, AppError> {
    let notice: String = match word.notice.as_str() {
        "saved" => t("settings-saved").into(),
        "unchanged" => t("settings-unchanged").into(),
        _ => String::new(),
    };
    let mistakes = Mistakes::default();
    let sections = sections::<Settings>(&app.settings(), &app.config, None, &mistakes);
    let mail = mail::standing(&mut app.db.read().await?).await?;
    Ok(SettingsPage { chrome: admin.chrome(&app), notice, sections, mistakes, read_only: app.config.ui_config_disabled, mail })
}

/// `POST /admin/settings`.
pub async fn save(State(app): State<App>, deed: AdminDeed, Form(form): Form<BTreeMap<String, String>>) -> Result<Response, AppError> {
    match super::update(&app, &deed, &form).await {
        Ok(is_changed) => {
            Ok(Redirect::to(if is_changed { "/admin/settings?notice=saved" } else { "/admin/settings?notice=unchanged" }).into_response())
        }
        Err(UpdateError::Mistakes(mistakes)) => {
            let sections = sections::<Settings>(&app.settings(), &app.config, Some(&form), &mistakes);
            let mail = mail::standing(&mut app.db.read().await?).await?;
            let page = SettingsPage { chrome: deed.admin.chrome(&app), notice: String::new(), sections, mistakes, read_only: false, mail };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(UpdateError::ReadOnly) => Err(AppError::Refused {
            title: t("settings-not-saved").into(),
            message: t("settings-not-saved-read-only").into(),
            status: StatusCode::CONFLICT,
        }),
        Err(UpdateError::Internal(error)) => Err(error.into()),
    }
}
