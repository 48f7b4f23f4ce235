//! What an administrator does with a directory besides setting it up: test, preview, sync, switch on and off, try a password, remove.

use std::time::Duration;

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::super::client::{self, PasswordVerdict, PersonKey};
use super::super::{self as directory, Keep, NotRemoved, Order, SyncReport};
use super::form::{Form, restore_secrets};
use super::settings::{self, is_guided};
use super::{Known, LIST, WAITS, conflict, read_only, runs, show, sync_error};
use crate::app::App;
use crate::audit::{self, Kind};
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::language::t;
use crate::secret::Password;
use crate::sessions::{AdminDeed, AdminSession, RoutineDeed, tries};
use crate::settings::UpdateError;
use crate::web::{Chrome, Mistakes};

/// How long looking a person up, and trying a password, may each take.
const PERSON_WITHIN: Duration = Duration::from_secs(10);

/// Whether what was submitted is the form of the settings; without it, what is saved counts.
fn has_settings(form: &Form) -> bool {
    form.contains_key("form")
}

/// `POST /admin/directories/{name}/test`: with what is typed, or what is saved when the form holds no settings.
pub async fn test(State(app): State<App>, deed: AdminDeed, Known(name): Known, axum::Form(mut form): axum::Form<Form>) -> Result<Response, AppError> {
    if !has_settings(&form) {
        return match directory::config(&app, &name).await? {
            Ok(mut config) => {
                config.connection.limits.run_within = WAITS;
                let steps = Some(client::test(&config, deed.now).await);
                Ok(show::page(&app, &name, &deed.admin, show::Asked { steps, ..show::Asked::default() }).await?.into_response())
            }
            Err(_) => Err(incomplete()),
        };
    }
    restore_secrets(&app, &deed.admin, &name, &mut form);
    match directory::test_typed(&app, &name, &form, WAITS).await {
        Ok((steps, is_unsaved)) => {
            let guided = is_guided(&form);
            settings::page(
                &app,
                &name,
                &deed.admin,
                settings::Asked { typed: Some(form), steps: Some(steps), is_unsaved, guided, ..settings::Asked::default() },
            )
            .await
        }
        Err(error) => settings::refuse(&app, &name, &deed.admin, form, error).await,
    }
}

/// `POST /admin/directories/{name}/preview`: likewise.
pub async fn preview(
    State(app): State<App>,
    deed: AdminDeed,
    Known(name): Known,
    axum::Form(mut form): axum::Form<Form>,
) -> Result<Response, AppError> {
    if !has_settings(&form) {
        return super::preview::make(app, deed, name).await;
    }
    restore_secrets(&app, &deed.admin, &name, &mut form);
    match in_time(directory::preview_typed(&app, &name, &form)).await? {
        Ok((report, is_unsaved)) => {
            directory::keep_preview(&app, &name, deed.admin.user.id, report.clone(), is_unsaved).await?;
            let guided = is_guided(&form);
            settings::page(
                &app,
                &name,
                &deed.admin,
                settings::Asked { typed: Some(form), preview: Some(report), is_unsaved, guided, ..settings::Asked::default() },
            )
            .await
        }
        Err(error) => settings::refuse(&app, &name, &deed.admin, form, error).await,
    }
}

/// The page of the directory with what a sync would change.
pub(super) async fn preview_saved(app: &App, name: &str, admin: &AdminSession, notice: String) -> Result<Response, AppError> {
    let report: SyncReport = in_time(directory::preview(app, name)).await?.map_err(sync_error)?;
    directory::keep_preview(app, name, admin.user.id, report.clone(), false).await?;
    let asked = show::Asked { preview: Some(report), notice, ..show::Asked::default() };
    Ok(show::page(app, name, admin, asked).await?.into_response())
}

async fn in_time<T>(work: impl Future<Output = T>) -> Result<T, AppError> {
    tokio::time::timeout(WAITS, work).await.map_err(|_| {
        let (title, message) = (t("directory-takes-too-long").into(), t("directory-takes-too-long-message").into());
        AppError::Refused { title, message, status: StatusCode::SERVICE_UNAVAILABLE }
    })
}

/// `POST /admin/directories/{name}/sync`.
pub async fn sync(State(app): State<App>, deed: RoutineDeed, Known(name): Known) -> Result<Redirect, AppError> {
    runs::run(app, name, Order::of_admin(&deed, None)).await
}

/// `POST /admin/directories/{name}/switch-on`.
pub async fn switch_on(State(app): State<App>, deed: AdminDeed, Known(name): Known) -> Result<Redirect, AppError> {
    switch(&app, &name, &deed, true).await
}

/// `POST /admin/directories/{name}/switch-off`.
pub async fn switch_off(State(app): State<App>, deed: AdminDeed, Known(name): Known) -> Result<Redirect, AppError> {
    switch(&app, &name, &deed, false).await
}

async fn switch(app: &App, name: &str, deed: &AdminDeed, on: bool) -> Result<Redirect, AppError> {
    match directory::switch(app, name, deed, on).await {
        Ok(()) => Ok(Redirect::to(&format!("{LIST}/{name}?notice={}", if on { "switched-on" } else { "switched-off" }))),
        Err(UpdateError::Mistakes(_)) => Err(incomplete()),
        Err(UpdateError::ReadOnly) if app.config.ui_config_disabled => Err(read_only()),
        Err(UpdateError::ReadOnly) => Err(conflict(t("directory-not-done"), t("directory-not-done-environment"))),
        Err(UpdateError::Internal(error)) => Err(error.into()),
    }
}

fn incomplete() -> AppError {
    conflict(t("directory-not-set-up"), t("directory-not-set-up-message"))
}

/// A person and what they type to sign in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Try {
    person: String,
    password: Password,
}

#[derive(Template, WebTemplate)]
#[template(path = "directory/test_sign_in.html")]
struct TryPage {
    chrome: Chrome,
    directory: String,
    person: String,
    mistakes: Mistakes,
    /// How it went: the class of the notice, then sentences.
    result: Option<(&'static str, Vec<String>)>,
    is_encrypted: bool,
}

async fn try_page(
    app: &App,
    name: String,
    admin: &AdminSession,
    person: String,
    mistakes: Mistakes,
    result: Option<(&'static str, Vec<String>)>,
) -> Result<Response, AppError> {
    let config = directory::config(app, &name).await?;
    let is_encrypted = config.is_ok_and(|config| {
        config.connection.start_tls || config.connection.servers.iter().all(|server| server.is_tls() || server.is_local_socket())
    });
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let chrome = Chrome { path: LIST.to_owned(), ..admin.chrome(app) };
    Ok((status, TryPage { chrome, directory: name, person, mistakes, result, is_encrypted }).into_response())
}

/// `GET /admin/directories/{name}/test-sign-in`.
pub async fn test_sign_in_page(State(app): State<App>, admin: AdminSession, Known(name): Known) -> Result<Response, AppError> {
    try_page(&app, name, &admin, String::new(), Mistakes::default(), None).await
}

/// `POST /admin/directories/{name}/test-sign-in`: asks the server whether a password is right. Nobody is signed in, and nothing is kept but that it was tried.
pub async fn test_sign_in(
    State(app): State<App>,
    deed: AdminDeed,
    Known(name): Known,
    axum::Form(typed): axum::Form<Try>,
) -> Result<Response, AppError> {
    let person = typed.person.trim().to_owned();
    let mut mistakes = Mistakes::default();
    if person.is_empty() || person.len() > 500 {
        mistakes.add("person", t("directory-try-person-missing"));
    }
    if typed.password.is_empty() {
        mistakes.add("password", t("directory-try-password-missing"));
    }
    if !mistakes.is_empty() {
        return try_page(&app, name, &deed.admin, person, mistakes, None).await;
    }
    // Somebody else's lock-out counter runs at the directory with every try.
    tries::test_password(&app, deed.admin.user.id, deed.now).await?;
    let Ok(config) = directory::config(&app, &name).await? else { return Err(incomplete()) };
    let (class, outcome, sentences) = try_password(&config, &person, &typed.password, deed.now).await;
    let mut tx = app.db.begin().await?;
    audit::record(&mut tx, deed.event(Kind::DirectoryPasswordTried).on(None, &name).with("person", person.as_str()).with("outcome", outcome)).await?;
    tx.commit().await?;
    try_page(&app, name, &deed.admin, person, mistakes, Some((class, sentences))).await
}

/// Looks a person up as a sign-in does and tries the password: class, word for the audit log, sentences.
async fn try_password(
    config: &directory::config::DirectoryConfig,
    person: &str,
    password: &Password,
    now: Timestamp,
) -> (&'static str, &'static str, Vec<String>) {
    let key = match person {
        dn if directory::dn::Dn::parse(dn).is_ok_and(|dn| !dn.is_root()) => PersonKey::Dn(dn),
        address if address.contains('@') => PersonKey::Email(address),
        name => PersonKey::Username(name),
    };
    let mut found = client::find_person(config, key, now, PERSON_WITHIN).await;
    if matches!((&found, key), (Ok(None), PersonKey::Email(_))) {
        found = client::find_person(config, PersonKey::Username(person), now, PERSON_WITHIN).await;
    }
    let found = match found {
        Ok(Some(found)) => found,
        Ok(None) => {
            return ("bad", "not found", vec![t("directory-try-nobody").into()]);
        }
        Err(error) => return ("bad", "directory failed", vec![error.message]),
    };
    let mut sentences: Vec<String> = vec![t("directory-try-found").with("dn", &found.entry.dn).into()];
    match &found.user {
        Ok(user) if user.is_disabled => sentences.push(t("directory-try-disabled").into()),
        Ok(_) if found.is_in_scope() => {}
        Ok(_) => sentences.push(t("directory-try-out-of-scope").into()),
        Err(_) => sentences.extend(found.problems.iter().map(|problem| problem.message.clone())),
    }
    match client::check_password(config, &found.entry.dn, password, PERSON_WITHIN).await {
        Ok(PasswordVerdict::Right) => {
            sentences.insert(0, t("directory-try-right").into());
            (if sentences.len() > 2 { "warn" } else { "good" }, "right", sentences)
        }
        Ok(PasswordVerdict::Wrong) => {
            sentences.insert(0, t("directory-try-wrong").into());
            ("bad", "wrong", sentences)
        }
        Ok(PasswordVerdict::Refused(refusal)) => {
            sentences.insert(0, refusal.to_string());
            ("warn", "refused", sentences)
        }
        Err(error) => {
            sentences.insert(0, error.message);
            ("bad", "directory failed", sentences)
        }
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "directory/remove.html")]
struct RemovePage {
    chrome: Chrome,
    directory: String,
    people: i64,
    groups: i64,
    keep: &'static str,
    mistakes: Mistakes,
    is_default: bool,
    is_from_environment: bool,
}

/// What the administrator decided about a directory that goes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Removal {
    keep: String,
    name: String,
}

async fn remove_page(app: &App, name: String, admin: &AdminSession, keep: &'static str, mistakes: Mistakes) -> Result<Response, AppError> {
    let standing = directory::standing(&mut app.db.read().await?, &name, app.clock.now()).await?;
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = RemovePage {
        chrome: Chrome { path: LIST.to_owned(), ..admin.chrome(app) },
        people: standing.active_users + standing.inactive_users,
        groups: standing.groups,
        keep,
        mistakes,
        is_default: name == directory::DEFAULT,
        is_from_environment: app.config.ui_config_disabled || (name == directory::DEFAULT && directory::is_from_environment(&app.config)),
        directory: name,
    };
    Ok((status, page).into_response())
}

/// `GET /admin/directories/{name}/remove`.
pub async fn remove_form(State(app): State<App>, admin: AdminSession, Known(name): Known) -> Result<Response, AppError> {
    remove_page(&app, name, &admin, "", Mistakes::default()).await
}

/// `POST /admin/directories/{name}/remove`.
pub async fn remove(
    State(app): State<App>,
    deed: AdminDeed,
    Known(name): Known,
    axum::Form(decision): axum::Form<Removal>,
) -> Result<Response, AppError> {
    let mut mistakes = Mistakes::default();
    let keep = Keep::from_word(&decision.keep);
    if keep.is_none() {
        mistakes.add("keep", t("directory-remove-undecided"));
    }
    if keep == Some(Keep::Delete) && decision.name.trim() != name {
        mistakes.add("name", t("directory-remove-name-wrong"));
    }
    let Some(keep) = keep.filter(|_| mistakes.is_empty()) else {
        return remove_page(&app, name, &deed.admin, keep.map_or("", Keep::word), mistakes).await;
    };
    if keep != Keep::AsLocal && deed.admin.user.directory.as_deref() == Some(name.as_str()) {
        return Err(conflict(t("directory-not-removed"), t("directory-not-removed-yours")));
    }
    match directory::remove(&app, &name, &deed, keep).await {
        Ok(_) => Ok(Redirect::to(&format!("{LIST}?notice=removed")).into_response()),
        Err(NotRemoved::FromEnvironment) => Err(conflict(t("directory-not-removed"), t("directory-not-removed-environment"))),
        Err(NotRemoved::Running) => Err(conflict(t("directory-not-removed-running"), t("directory-not-removed-running-message"))),
        Err(NotRemoved::NoAdminLeft) => Err(conflict(t("directory-not-removed"), t("directory-not-removed-no-admin"))),
        Err(NotRemoved::Database(error)) => Err(error.into()),
    }
}
