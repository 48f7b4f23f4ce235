//! `/admin/directories/{name}/settings` and `…/set-up`: the form of a directory's settings, plain and guided. Everything that can be asked with what is typed
//! (a sample, a test, a preview) ends on this page again.

use std::collections::HashMap;
use std::time::Duration;

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::client::{self, Recognised, Vendor};
use super::super::config::DirectoryConfig;
use super::super::model::{DirectoryGroup, DirectoryUser, EntryId, Problem};
use super::super::settings::ENABLED;
use super::super::{self as directory, Outcome, Step, SyncReport, presets};
use super::add::RECOGNISED_WITHIN;
use super::form::{Card, Form, cards, keep_secrets, restore_secrets, whole_form};
use super::{Known, LIST, Notice, mark, read_only};
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::language::t;
use crate::sessions::{AdminDeed, AdminSession};
use crate::settings::UpdateError;
use crate::settings::admin::Field;
use crate::web::{Chrome, Mistakes};

/// How long the guided page waits for a sample.
const SAMPLED_WITHIN: Duration = Duration::from_secs(20);
/// How many people and groups a sample shows.
const SAMPLE: usize = 10;

/// What a sync would read, in numbers and by example.
pub(super) struct Sample {
    people: usize,
    groups: usize,
    memberships: usize,
    /// Entries the filters find that cannot be used.
    skipped: usize,
    first_people: Vec<(DirectoryUser, usize)>,
    first_groups: Vec<DirectoryGroup>,
    problems: Vec<Problem>,
}

/// Reads what a sync would read and keeps the first few.
async fn sample(config: &DirectoryConfig, now: Timestamp) -> Result<Sample, String> {
    let mut config = config.clone();
    config.connection.limits.run_within = SAMPLED_WITHIN;
    let snapshot = client::fetch(&config, now).await.map_err(|error| error.message)?;
    let mut groups_of: HashMap<&EntryId, usize> = HashMap::new();
    for member in snapshot.groups.iter().flat_map(|group| &group.members) {
        *groups_of.entry(member).or_default() += 1;
    }
    let first_people = snapshot.users.iter().take(SAMPLE).map(|user| (user.clone(), groups_of.get(&user.id).copied().unwrap_or_default())).collect();
    let mut problems = snapshot.problems.clone().into_list();
    problems.truncate(SAMPLE);
    Ok(Sample {
        people: snapshot.users.len(),
        groups: snapshot.groups.len(),
        memberships: snapshot.groups.iter().map(|group| group.members.len()).sum(),
        skipped: snapshot.skipped_users.len() + snapshot.skipped_groups.len(),
        first_people,
        first_groups: snapshot.groups.iter().take(SAMPLE).cloned().collect(),
        problems,
    })
}

/// What a kind of server is called within a sentence.
fn called(vendor: Vendor) -> String {
    match vendor {
        Vendor::Generic => t("directory-an-ldap-server").into(),
        other => other.label().to_owned(),
    }
}

/// What was asked for besides looking at the form.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) typed: Option<Form>,
    pub(super) mistakes: Mistakes,
    pub(super) notice: String,
    pub(super) steps: Option<Vec<Step>>,
    pub(super) preview: Option<SyncReport>,
    pub(super) sample: Option<Result<Sample, String>>,
    pub(super) recognised: Option<Result<Recognised, String>>,
    pub(super) is_unsaved: bool,
    pub(super) guided: bool,
}

#[derive(Template, WebTemplate)]
#[template(path = "directory/settings.html")]
struct SettingsPage {
    chrome: Chrome,
    directory: String,
    guided: bool,
    notice: String,
    essentials: Vec<Field>,
    cards: Vec<Card>,
    kept: Vec<(String, String)>,
    mistakes: Mistakes,
    warnings: Vec<String>,
    steps: Option<Vec<Step>>,
    preview: Option<SyncReport>,
    sample: Option<Result<Sample, String>>,
    recognised: Option<Result<Recognised, String>>,
    /// The kind of server, to fill in for.
    kind: Option<Vendor>,
    /// Whether the form holds what is not saved.
    is_unsaved: bool,
    /// `UI_CONFIG_DISABLED`: nothing can be changed here.
    read_only: bool,
    /// Whether the environment sets some of it.
    is_from_environment: bool,
}

/// The page, with what was asked for.
pub(super) async fn page(app: &App, name: &str, admin: &AdminSession, asked: Asked) -> Result<Response, AppError> {
    let texts = directory::texts(app, name).await?;
    let kind = directory::kinds(&mut app.db.read().await?).await?.get(name).copied();
    let Asked { typed, mistakes, notice, steps, preview, sample, recognised, is_unsaved, guided } = asked;
    let (essentials, cards) = cards(app, name, &texts, typed.as_ref(), &mistakes, guided);
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = SettingsPage {
        chrome: Chrome { path: LIST.to_owned(), ..admin.chrome(app) },
        directory: name.to_owned(),
        guided,
        notice,
        essentials,
        cards,
        kept: typed.as_ref().map(|form| keep_secrets(app, admin, name, form)).unwrap_or_default(),
        mistakes,
        warnings: directory::standing_warnings(name, &texts),
        steps,
        preview,
        sample,
        kind: recognised.as_ref().and_then(|recognised| recognised.as_ref().ok()).map(|recognised| recognised.vendor).or(kind),
        recognised,
        is_unsaved,
        read_only: app.config.ui_config_disabled,
        is_from_environment: name == directory::DEFAULT && directory::is_from_environment(&app.config),
    };
    Ok((status, page).into_response())
}

/// `GET /admin/directories/{name}/settings`.
pub async fn show(State(app): State<App>, admin: AdminSession, Known(name): Known, Query(word): Query<Notice>) -> Result<Response, AppError> {
    let notice: String = if word.notice == "unchanged" { t("directory-notice-unchanged").into() } else { String::new() };
    page(&app, &name, &admin, Asked { notice, ..Asked::default() }).await
}

/// `GET /admin/directories/{name}/set-up`: the second step of adding one.
pub async fn set_up(State(app): State<App>, admin: AdminSession, Known(name): Known) -> Result<Response, AppError> {
    let texts = directory::texts(&app, &name).await?;
    if app.config.ui_config_disabled || texts.is_enabled() {
        return Ok(Redirect::to(&format!("{LIST}/{name}/settings")).into_response());
    }
    let asked = match texts.read(&name) {
        Ok(config) => look_around(config, true, app.clock.now()).await,
        Err(_) => Asked { guided: true, ..Asked::default() },
    };
    page(&app, &name, &admin, asked).await
}

/// Asks the server what it is and reads a sample, both at once.
async fn look_around(config: DirectoryConfig, guided: bool, now: Timestamp) -> Asked {
    let mut asking = config.clone();
    asking.connection.limits.run_within = RECOGNISED_WITHIN;
    let (recognised, sample) = tokio::join!(client::recognise(&asking), sample(&config, now));
    Asked { recognised: Some(recognised.map_err(|error| error.message)), sample: Some(sample), guided, ..Asked::default() }
}

/// Whether the form is the guided one.
pub(super) fn is_guided(form: &Form) -> bool {
    form.get("form").is_some_and(|word| word == "guided")
}

/// `POST /admin/directories/{name}/settings`: saves; `then` says what comes next (`use` switches the directory on, `preview` shows what a sync would change).
pub async fn save(State(app): State<App>, deed: AdminDeed, Known(name): Known, axum::Form(mut form): axum::Form<Form>) -> Result<Response, AppError> {
    restore_secrets(&app, &deed.admin, &name, &mut form);
    let then = form.get("then").map(String::as_str).unwrap_or_default().to_owned();
    if is_guided(&form) && then == "use" {
        form.insert(ENABLED.key.to_owned(), "true".to_owned());
    }
    match directory::change_settings(&app, &name, &deed, &form).await {
        Ok(_) if then == "preview" => super::actions::preview_saved(&app, &name, &deed.admin, t("directory-saved").into()).await,
        Ok(_) if then == "use" => Ok(Redirect::to(&format!("{LIST}/{name}?notice=switched-on")).into_response()),
        Ok(is_changed) => Ok(Redirect::to(&format!("{LIST}/{name}?notice={}", if is_changed { "saved" } else { "unchanged" })).into_response()),
        Err(error) => refuse(&app, &name, &deed.admin, form, error).await,
    }
}

/// `POST /admin/directories/{name}/settings/look`: a sample with what is typed.
pub async fn look(State(app): State<App>, deed: AdminDeed, Known(name): Known, axum::Form(mut form): axum::Form<Form>) -> Result<Response, AppError> {
    restore_secrets(&app, &deed.admin, &name, &mut form);
    match directory::config_typed(&app, &name, &form).await {
        Ok((config, is_unsaved)) => {
            let guided = is_guided(&form);
            page(&app, &name, &deed.admin, Asked { typed: Some(form), is_unsaved, ..look_around(config, guided, deed.now).await }).await
        }
        Err(error) => refuse(&app, &name, &deed.admin, form, error).await,
    }
}

/// `POST /admin/directories/{name}/settings/fill`: puts a preset into the form; nothing is saved.
pub async fn fill(State(app): State<App>, deed: AdminDeed, Known(name): Known, axum::Form(mut form): axum::Form<Form>) -> Result<Response, AppError> {
    restore_secrets(&app, &deed.admin, &name, &mut form);
    let Some(vendor) = form.get("kind").and_then(|word| presets::from_word(word)) else { return Err(AppError::NotFound) };
    let mut texts = directory::Texts::default();
    presets::apply(&mut texts, vendor);
    let of_preset: Vec<&str> = presets::for_vendor(vendor).iter().map(|(key, _)| *key).collect();
    for (key, text) in whole_form(&texts).into_iter().filter(|(key, _)| of_preset.contains(&key.as_str())) {
        form.insert(key, text);
    }
    let guided = is_guided(&form);
    let notice = t("directory-filled").into();
    page(&app, &name, &deed.admin, Asked { typed: Some(form), notice, is_unsaved: true, guided, ..Asked::default() }).await
}

/// The form again, with what was typed and what is wrong with it.
pub(super) async fn refuse(app: &App, name: &str, admin: &AdminSession, form: Form, error: UpdateError) -> Result<Response, AppError> {
    match error {
        UpdateError::Mistakes(mistakes) => {
            let guided = is_guided(&form);
            page(app, name, admin, Asked { typed: Some(form), mistakes, guided, ..Asked::default() }).await
        }
        UpdateError::ReadOnly => Err(read_only()),
        UpdateError::Internal(error) => Err(error.into()),
    }
}
