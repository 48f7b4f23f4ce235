//! A person's own passkeys: the list, one of them with what happened with it, and what can be done with them.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::app::App;
use crate::audit::{Kind, Line};
use crate::authenticators::{Metadata, Rule};
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::id::PasskeyId;
use crate::language::t;
use crate::passkeys::model::check_name;
use crate::passkeys::{self, Passkey, Removal, policy};
use crate::recovery_codes;
use crate::secret::base64url;
use crate::sessions::{FreshSession, Method, SignedIn};
use crate::web::{Chrome, Client, user_agent};

#[derive(Template, WebTemplate)]
#[template(path = "passkeys/list.html")]
struct ListPage {
    chrome: Chrome,
    cards: Vec<Card>,
    notice: String,
    is_bad: bool,
    /// What signs them in has changed: perhaps other browsers are not to be trusted.
    may_end_others: bool,
    may_change: bool,
    by_password: bool,
    by_other_device: bool,
    is_full: bool,
    may_add: bool,
    /// The origin passkeys belong to.
    address: String,
    /// What policies want of a passkey, after "wants"; empty when any will do.
    wanted: String,
    /// How many recovery codes still work, for whoever has one passkey only.
    codes: i64,
    signal: String,
}

struct Card {
    id: PasskeyId,
    /// Its id in WebAuthn, for the test.
    credential_id: String,
    name: String,
    provider: &'static str,
    reach: String,
    created_at: Timestamp,
    created_browser: String,
    last_used_at: Option<Timestamp>,
    last_used_browser: String,
    last_used_ip: String,
    use_count: i64,
    /// It is too little for a policy.
    lacks: bool,
    /// What was typed into the name field.
    typed_name: String,
    mistake: String,
}

/// The query of the list.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    notice: Option<String>,
}

/// `GET /account/passkeys`.
///
/// # Errors
/// When the database cannot be read.
pub async fn list_page(State(app): State<App>, signed_in: SignedIn, Query(unverified): Query<ListQuery>) -> Result<Response, AppError> {
    list(&app, &signed_in, unverified.notice.as_deref(), None).await
}

async fn list(app: &App, signed_in: &SignedIn, notice: Option<&str>, wrong: Option<(PasskeyId, &str, &str)>) -> Result<Response, AppError> {
    let (passkeys, codes, rule) = {
        let mut conn = app.db.read().await?;
        let passkeys = passkeys::of_user(&mut conn, signed_in.user.id).await?;
        let rule = policy::of_person(&mut conn, signed_in.user.id).await?.rule();
        (passkeys, recovery_codes::standing(&mut conn, signed_in.user.id).await?.unused, rule)
    };
    let metadata = app.authenticators.get();
    let may_end_others = matches!(notice, Some("added" | "removed"));
    let (notice, is_bad) = match notice {
        Some("added") => (t("passkeys-notice-added").into(), false),
        Some("tested") => (t("passkeys-notice-tested").into(), false),
        Some("renamed") => (t("passkeys-notice-renamed").into(), false),
        Some("removed") => (t("passkeys-notice-removed").into(), false),
        Some("last") => (t("passkeys-notice-last").into(), true),
        Some("last-suitable") => (t("passkeys-notice-last-allowed").into(), true),
        Some("last-admin") => (t("passkeys-notice-last-admin").into(), true),
        _ => (String::new(), false),
    };
    let signal = serde_json::to_string(&passkeys::signal(app, &signed_in.user).await?).map_err(anyhow::Error::from)?;
    let page = ListPage {
        chrome: signed_in.chrome(app),
        is_full: passkeys.len() >= passkeys::PASSKEYS_MAX,
        may_add: passkeys.len() < passkeys::PASSKEYS_MAX && passkeys::may_add(signed_in.session.method, !passkeys.is_empty()),
        wanted: rule.words(metadata.as_deref()),
        cards: passkeys.into_iter().map(|passkey| Card::new(passkey, wrong, &rule, metadata.as_deref())).collect(),
        notice,
        is_bad,
        may_end_others,
        may_change: signed_in.session.method.is_passkey(),
        by_password: matches!(signed_in.session.method, Method::DirectoryPassword { .. }),
        by_other_device: signed_in.session.method == Method::OtherDevice,
        address: app.config.origin.as_str().to_owned(),
        codes,
        signal,
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, page).into_response())
}

impl Card {
    fn new(passkey: Passkey, wrong: Option<(PasskeyId, &str, &str)>, rule: &Rule, metadata: Option<&Metadata>) -> Self {
        let lacks = rule.lack(passkey.held(metadata)).is_some();
        let (typed_name, mistake) = match wrong {
            Some((id, typed, mistake)) if id == passkey.id => (typed.to_owned(), mistake.to_owned()),
            _ => (passkey.name.clone(), String::new()),
        };
        Self {
            id: passkey.id,
            credential_id: base64url(&passkey.credential_id),
            provider: passkey.provider().unwrap_or_default(),
            reach: passkey.reach().into(),
            created_at: passkey.created_at,
            created_browser: user_agent::in_words(&passkey.created_user_agent),
            last_used_at: passkey.last_used_at,
            last_used_browser: user_agent::in_words(&passkey.last_used_user_agent),
            last_used_ip: passkey.last_used_ip,
            use_count: passkey.use_count,
            name: passkey.name,
            lacks,
            typed_name,
            mistake,
        }
    }
}

/// The form that renames a passkey.
#[derive(Debug, Deserialize)]
pub struct RenameForm {
    name: String,
}

/// `POST /account/passkeys/{id}/rename`.
///
/// # Errors
/// `NotFound` when the person has no such passkey; `PasskeyFirst` in a session that came by an access link.
pub async fn rename(
    State(app): State<App>,
    signed_in: SignedIn,
    client: Client,
    Path(id): Path<PasskeyId>,
    Form(form): Form<RenameForm>,
) -> Result<Response, AppError> {
    proved_by_passkey(&signed_in)?;
    let name = match check_name(&form.name) {
        Ok(name) => name,
        Err(mistake) => return list(&app, &signed_in, None, Some((id, &form.name, &mistake.to_string()))).await,
    };
    if passkeys::rename(&app, app.clock.now(), &client, &signed_in, id, name).await? {
        Ok(Redirect::to("/account/passkeys?notice=renamed").into_response())
    } else {
        Err(AppError::NotFound)
    }
}

/// `POST /account/passkeys/{id}/remove`.
///
/// # Errors
/// As [`rename`]; and a fresh proof is needed.
pub async fn remove(
    State(app): State<App>,
    FreshSession(signed_in): FreshSession,
    client: Client,
    Path(id): Path<PasskeyId>,
) -> Result<Redirect, AppError> {
    match passkeys::remove(&app, app.clock.now(), &client, &signed_in, id).await? {
        Removal::Removed => Ok(Redirect::to("/account/passkeys?notice=removed")),
        Removal::IsLast => Ok(Redirect::to("/account/passkeys?notice=last")),
        Removal::IsLastSuitable => Ok(Redirect::to("/account/passkeys?notice=last-suitable")),
        Removal::IsLastOfLastAdmin => Ok(Redirect::to("/account/passkeys?notice=last-admin")),
        Removal::NotFound => Err(AppError::NotFound),
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "passkeys/show.html")]
struct ShowPage {
    chrome: Chrome,
    card: Card,
    events: Vec<Happened>,
    may_change: bool,
}

/// An event of a passkey's timeline, in words.
fn what_happened(line: &Line) -> String {
    match Kind::from_text(&line.kind) {
        Some(Kind::SignIn) => t("passkey-event-sign-in").into(),
        Some(Kind::SignInRefused) => t("passkey-event-sign-in-refused").into(),
        Some(Kind::ProofGiven) => t("passkey-event-proof").into(),
        Some(Kind::ProofRefused) => t("passkey-event-proof-refused").into(),
        Some(Kind::PasskeyAdded) => t("passkey-event-added").into(),
        Some(Kind::PasskeyRenamed) => t("passkey-event-renamed").into(),
        Some(other) => other.label().into(),
        None => t("passkey-event-other").into(),
    }
}

/// Something that happened with a passkey.
struct Happened {
    at: Timestamp,
    what: String,
    browser: String,
    client_ip: String,
}

/// `GET /account/passkeys/{id}`: what happened with a passkey, and "this was not me".
///
/// # Errors
/// `NotFound` when the person has no such passkey.
pub async fn show(State(app): State<App>, signed_in: SignedIn, Path(id): Path<PasskeyId>) -> Result<Response, AppError> {
    let (passkey, events, rule) = {
        let mut conn = app.db.read().await?;
        let passkeys = passkeys::of_user(&mut conn, signed_in.user.id).await?;
        let passkey = passkeys.into_iter().find(|passkey| passkey.id == id).ok_or(AppError::NotFound)?;
        let rule = policy::of_person(&mut conn, signed_in.user.id).await?.rule();
        (passkey, passkeys::timeline(&mut conn, signed_in.user.id, id).await?, rule)
    };
    let events = events.into_iter().map(|line| Happened {
        at: line.at,
        what: what_happened(&line),
        browser: user_agent::in_words(&line.user_agent),
        client_ip: line.client_ip,
    });
    let may_change = signed_in.session.method.is_passkey();
    let card = Card::new(passkey, None, &rule, app.authenticators.get().as_deref());
    Ok(ShowPage { chrome: signed_in.chrome(&app), card, events: events.collect(), may_change }.into_response())
}

/// `POST /account/passkeys/{id}/not-mine`: removes the passkey where that leaves a way in, ends every other session, and leads to what is still open.
///
/// # Errors
/// `NotFound` when the person has no such passkey; a fresh proof is needed.
pub async fn disown(
    State(app): State<App>,
    FreshSession(signed_in): FreshSession,
    client: Client,
    Path(id): Path<PasskeyId>,
) -> Result<Redirect, AppError> {
    match passkeys::disown(&app, app.clock.now(), &client, &signed_in, id).await?.removal {
        Removal::Removed => Ok(Redirect::to("/account/recovery/review?notice=disowned")),
        Removal::IsLast | Removal::IsLastSuitable | Removal::IsLastOfLastAdmin => Ok(Redirect::to("/account/recovery/review?notice=disowned-last")),
        Removal::NotFound => Err(AppError::NotFound),
    }
}

/// A session that came by an access link or a password may add a passkey and nothing else.
fn proved_by_passkey(signed_in: &SignedIn) -> Result<(), AppError> {
    if signed_in.session.method.is_passkey() { Ok(()) } else { Err(AppError::PasskeyFirst) }
}
