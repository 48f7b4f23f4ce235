//! `/admin/directories/new`: the first of two steps, name, address and bind. The server is asked what it is, and the directory is stored, switched off, with
//! what fits such a server; the second step is the guided form of its settings.

use std::time::Duration;

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::client::{self, Recognised};
use super::super::config::DirectoryConfig;
use super::super::settings::{BASE, BIND_DN, BIND_METHOD, BIND_PASSWORD};
use super::super::{self as directory, Texts, presets};
use super::form::{Form, keep_secrets, restore_secrets};
use super::{LIST, read_only};
use crate::app::App;
use crate::error::AppError;
use crate::language::{Text, t};
use crate::sessions::{AdminDeed, AdminSession};
use crate::settings::admin::{Field, sections};
use crate::settings::{Catalog as _, UpdateError};
use crate::web::{Chrome, Mistakes};

/// How long recognising a server may take; a page waits for it.
pub(super) const RECOGNISED_WITHIN: Duration = Duration::from_secs(20);
/// What has no base DN yet is read with this one; nothing is searched there.
const NO_BASE: &str = "dc=invalid";
/// Whose secrets the first step keeps.
const NOBODY: &str = "";

const ADDRESS: [&str; 1] = ["LDAP_URL"];
const ENCRYPTION: [&str; 4] = ["LDAP_START_TLS", "LDAP_CA_CERTIFICATE", "LDAP_SERVER_NAME", "LDAP_SKIP_CERT_VERIFY"];
const ACCOUNT: [&str; 2] = ["LDAP_BIND_DN", "LDAP_BIND_PASSWORD"];
const CERTIFICATE: [&str; 2] = ["LDAP_CLIENT_CERTIFICATE", "LDAP_CLIENT_KEY"];

#[derive(Template, WebTemplate)]
#[template(path = "directory/new.html")]
struct NewPage {
    chrome: Chrome,
    /// The name that was typed.
    called: String,
    /// How Muster says who asks: `account`, `anonymous` or `external`.
    bind: String,
    binds: [(&'static str, Text); 3],
    address: Vec<Field>,
    encryption: Vec<Field>,
    account: Vec<Field>,
    certificate: Vec<Field>,
    kept: Vec<(String, String)>,
    mistakes: Mistakes,
    /// Why the server could not be asked.
    failure: String,
}

/// The ways to bind, and what people read.
fn binds() -> [(&'static str, Text); 3] {
    [("account", t("directory-new-bind-account")), ("anonymous", t("directory-new-bind-anonymous")), ("external", t("directory-new-bind-external"))]
}

fn page(app: &App, admin: &AdminSession, form: Option<&Form>, mistakes: Mistakes, failure: String) -> NewPage {
    let config = app.config.without_settings();
    let mut fields: Vec<Field> =
        sections::<Texts>(&Texts::default(), &config, form, &mistakes).into_iter().flat_map(|section| section.fields).collect();
    let kept = form.map(|form| keep_secrets(app, admin, NOBODY, form)).unwrap_or_default();
    // What was typed and is kept counts as set.
    for field in &mut fields {
        field.is_set = kept.iter().any(|(name, _)| name.strip_prefix("kept_") == Some(field.entry.key));
    }
    let mut take = |keys: &[&str]| -> Vec<Field> {
        let (taken, rest) = std::mem::take(&mut fields).into_iter().partition(|field| keys.contains(&field.entry.key));
        fields = rest;
        taken
    };
    let typed = |key: &str| form.and_then(|form| form.get(key)).cloned().unwrap_or_default();
    NewPage {
        chrome: Chrome { path: LIST.to_owned(), ..admin.chrome(app) },
        called: typed("name"),
        bind: Some(typed("bind")).filter(|bind| !bind.is_empty()).unwrap_or_else(|| "account".to_owned()),
        binds: binds(),
        address: take(&ADDRESS),
        encryption: take(&ENCRYPTION),
        account: take(&ACCOUNT),
        certificate: take(&CERTIFICATE),
        kept,
        mistakes,
        failure,
    }
}

/// `GET /admin/directories/new`.
pub async fn new(State(app): State<App>, admin: AdminSession) -> Result<Response, AppError> {
    if app.config.ui_config_disabled {
        return Err(read_only());
    }
    Ok(page(&app, &admin, None, Mistakes::default(), String::new()).into_response())
}

/// `POST /admin/directories/new`.
pub async fn create(State(app): State<App>, deed: AdminDeed, axum::Form(mut form): axum::Form<Form>) -> Result<Response, AppError> {
    if app.config.ui_config_disabled {
        return Err(read_only());
    }
    restore_secrets(&app, &deed.admin, NOBODY, &mut form);
    let name = form.get("name").map(|name| name.trim().to_owned()).unwrap_or_default();
    let mut mistakes = Mistakes::default();
    mistakes.check("name", directory::check_new_name(&app, &name).await?);
    let (mut texts, config) = connection(&name, &form, &mut mistakes);
    let again = |mistakes, failure| Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&app, &deed.admin, Some(&form), mistakes, failure)).into_response());
    let Some(config) = config.filter(|_| mistakes.is_empty()) else { return again(mistakes, String::new()) };
    let recognised = match client::recognise(&config).await {
        Ok(recognised) => recognised,
        Err(error) => return again(Mistakes::default(), error.message),
    };
    fit(&mut texts, &recognised);
    match directory::add(&app, &deed, &name, &texts, recognised.vendor).await {
        Ok(()) => Ok(Redirect::to(&format!("{LIST}/{name}/set-up")).into_response()),
        Err(UpdateError::Mistakes(mistakes)) => again(mistakes, String::new()),
        Err(UpdateError::ReadOnly) => Err(read_only()),
        Err(UpdateError::Internal(error)) => Err(error.into()),
    }
}

/// The connection as typed; nothing when it cannot be used.
fn connection(name: &str, form: &Form, mistakes: &mut Mistakes) -> (Texts, Option<DirectoryConfig>) {
    let mut texts = Texts::default();
    let text = |key: &str| form.get(key).map_or("", String::as_str);
    for key in ADDRESS.iter().chain(&ENCRYPTION).chain(&ACCOUNT).chain(&CERTIFICATE) {
        // A switch that is off is not sent.
        let typed = if text(key).is_empty() && texts.text(key) == Some("false") { "false" } else { text(key) };
        mistakes.check(key, texts.set(key, typed).map_err(|allowed| t("settings-must-be").with("allowed", allowed)));
    }
    let bind = text("bind");
    let is_account = !matches!(bind, "anonymous" | "external");
    if is_account && text(BIND_DN.key).trim().is_empty() {
        mistakes.add(BIND_DN.key, t("directory-new-account-missing"));
    }
    if !is_account {
        texts.forget_password();
        mistakes.check(BIND_DN.key, texts.set(BIND_DN.key, ""));
    }
    let method = if bind == "external" { "external" } else { "simple" };
    mistakes.check("bind", texts.set(BIND_METHOD.key, method));
    mistakes.check(BASE.key, texts.set(BASE.key, NO_BASE));
    match texts.read(name) {
        Ok(mut config) => {
            config.connection.limits.run_within = RECOGNISED_WITHIN;
            (texts, Some(config))
        }
        Err(errors) => {
            for error in errors {
                // Without an account there is nothing to say about its password.
                let key = if error.key == BIND_PASSWORD.key && !is_account { "bind" } else { error.key };
                mistakes.add(key, directory::sentence(&error.message));
            }
            (texts, None)
        }
    }
}

/// What fits the server: its own base, the settings of its kind.
fn fit(texts: &mut Texts, recognised: &Recognised) {
    let base = recognised.naming_contexts.first().map_or("", String::as_str);
    if let Err(allowed) = texts.set(BASE.key, base) {
        tracing::debug!(allowed, "the base the server names cannot be used");
    }
    presets::apply(texts, recognised.vendor);
}
