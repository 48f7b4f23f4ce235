//! What a person sees of themselves and their sessions, and the way out.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;

use super::devices;
use super::{Farewell, Leaving, Next, SignedIn};
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::groups;
use crate::id::{NewBrowserId, SessionId};
use crate::language::{Language, t};
use crate::users::{self, Source, User};
use crate::web::{Chrome, Client, language, user_agent};

/// A further attribute of a directory's person, for reading.
fn extra(value: &serde_json::Value) -> String {
    crate::users::model::extra_text(value)
}

#[derive(Template, WebTemplate)]
#[template(path = "account/profile.html")]
struct ProfilePage {
    chrome: Chrome,
    notice: String,
    user: User,
    groups: Vec<String>,
    /// The directory's name; empty for local people.
    directory: String,
    /// Whether the directory password can be changed here.
    changes_password: bool,
    /// Sign-ins with browsers never seen before.
    new_browsers: Vec<devices::Line>,
    way_in: WayIn,
    /// Whether the page to delete the account is offered.
    may_delete: bool,
}

/// How near the person is to being locked out, as the page says it. Made by `ways_in`, which stands above.
#[derive(Debug)]
pub struct WayIn {
    /// The class of the notice.
    pub class: &'static str,
    /// Such as "You are one device away from being locked out".
    pub heading: String,
    /// One sentence with the next step.
    pub sentence: String,
    /// Whether to offer adding a passkey.
    pub wants_passkey: bool,
    /// Whether to offer making recovery codes.
    pub wants_codes: bool,
    /// Whether to advise a second passkey, which can be put off.
    pub advises_second: bool,
    /// Whether they have not come to the end of their first minutes.
    pub is_on_the_way: bool,
}

#[derive(Template, WebTemplate)]
#[template(path = "sessions/list.html")]
struct ListPage {
    chrome: Chrome,
    notice: String,
    rows: Vec<Row>,
    /// Whether the person may let another browser in from here.
    offers_other_device: bool,
}

struct Row {
    id: SessionId,
    browser: String,
    client_ip: String,
    created_at: Timestamp,
    /// How it was started; empty when nobody knows.
    method: String,
    last_seen_at: Timestamp,
    is_this: bool,
}

#[derive(Template, WebTemplate)]
#[template(path = "sessions/sign_out.html")]
struct SignOutPage {
    chrome: Chrome,
    name: String,
}

/// A page's query: which fixed sentence to show.
#[derive(Debug, Deserialize)]
pub struct NoticeQuery {
    notice: Option<String>,
}

/// `GET /account`: what is known about the person, and where it comes from. Whether their directory lets them change their password here, the caller knows.
///
/// # Errors
/// When the database cannot be read.
pub async fn profile_page(
    app: App,
    signed_in: SignedIn,
    unverified: NoticeQuery,
    changes_password: bool,
    way_in: WayIn,
) -> Result<Response, AppError> {
    let mut conn = app.db.read().await?;
    let groups = groups::of_user(&mut conn, signed_in.user.id).await?;
    let new_browsers = devices::unanswered(&mut conn, &signed_in, app.clock.now()).await?;
    drop(conn);
    let notice = match unverified.notice.as_deref() {
        Some("ready") => t("profile-ready").into(),
        Some("language") => t("language-chosen").into(),
        Some("put-off") => t("profile-put-off").into(),
        Some("password-changed") => t("profile-password-changed").into(),
        _ => String::new(),
    };
    let directory = match signed_in.user.source() {
        Source::Directory(name) => name.to_owned(),
        Source::Local => String::new(),
    };
    let groups = groups.into_iter().map(|group| group.name).collect();
    let chrome = signed_in.chrome(&app);
    let may_delete = app.settings().own_account_deletion && signed_in.user.directory.is_none();
    Ok(ProfilePage { chrome, notice, user: signed_in.user, groups, directory, changes_password, new_browsers, way_in, may_delete }.into_response())
}

/// What the select of the profile sends.
#[derive(Debug, Deserialize)]
pub struct LanguageForm {
    language: String,
}

/// `POST /account/language`: the language pages and mails speak to the person; the browser keeps it for when nobody is signed in. Nothing: as the browser asks.
///
/// # Errors
/// When the database refuses.
pub async fn choose_language(State(app): State<App>, signed_in: SignedIn, Form(unverified): Form<LanguageForm>) -> Result<Response, AppError> {
    let chosen = Language::from_tag(&unverified.language);
    let mut tx = app.db.begin().await?;
    users::choose_language(&mut tx, signed_in.user.id, chosen).await?;
    tx.commit().await?;
    let back = Redirect::to("/account?notice=language");
    Ok(match chosen {
        Some(language) => language::keep(&app, language, back),
        None => back.into_response(),
    })
}

/// `GET /account/sessions`.
///
/// # Errors
/// When the database cannot be read.
pub async fn list_page(State(app): State<App>, signed_in: SignedIn, Query(unverified): Query<NoticeQuery>) -> Result<Response, AppError> {
    let lines = super::of_user(&app, &mut app.db.read().await?, signed_in.user.id, app.clock.now()).await?;
    let rows = lines.into_iter().map(|line| Row {
        id: line.id,
        method: line.method().map(|method| method.label().into()).unwrap_or_default(),
        browser: user_agent::in_words(&line.user_agent),
        client_ip: line.client_ip,
        created_at: line.created_at,
        last_seen_at: line.last_seen_at,
        is_this: line.id == signed_in.session.id,
    });
    let notice = match unverified.notice.as_deref() {
        Some("ended") => t("session-ended").into(),
        Some("stranger-ended") => t("session-stranger-ended").into(),
        Some("others-ended") => t("sessions-others-ended").into(),
        _ => String::new(),
    };
    let offers_other_device = app.settings().other_device.admits(signed_in.user.is_admin()) && signed_in.session.method.is_passkey();
    Ok(ListPage { chrome: signed_in.chrome(&app), notice, rows: rows.collect(), offers_other_device }.into_response())
}

/// `POST /account/sessions/{id}/end`: ends one of the person's sessions; their own leads to the sign-in page.
///
/// # Errors
/// When the database refuses. A session that is gone already is no error: that is what was wanted.
pub async fn end(State(app): State<App>, signed_in: SignedIn, client: Client, Path(id): Path<SessionId>) -> Result<Redirect, AppError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let end = super::end(&mut tx, signed_in.user.id, id, now).await?;
    if end.was_there {
        audit::record(&mut tx, ended(now, &signed_in, &client).with("session", id.to_string())).await?;
    }
    tx.commit().await?;
    if id == signed_in.session.id {
        return Ok(Redirect::to(&Farewell::new(id, end.front_channel, None, now).location(&app)));
    }
    Ok(Redirect::to("/account/sessions?notice=ended"))
}

/// `POST /account/sessions/end-others`.
///
/// # Errors
/// When the database refuses.
pub async fn end_others(State(app): State<App>, signed_in: SignedIn, client: Client) -> Result<Redirect, AppError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let count = super::end_others(&mut tx, signed_in.user.id, signed_in.session.id, now).await?;
    audit::record(&mut tx, ended(now, &signed_in, &client).with("count", count)).await?;
    tx.commit().await?;
    Ok(Redirect::to("/account/sessions?notice=others-ended"))
}

/// `POST /account/new-browsers/{id}/mine`: the person knows the browser.
///
/// # Errors
/// When the database refuses. A question that is gone already is no error.
pub async fn was_me(State(app): State<App>, signed_in: SignedIn, client: Client, Path(id): Path<NewBrowserId>) -> Result<Redirect, AppError> {
    devices::answer(&app, &signed_in, &client, id, true, app.clock.now()).await?;
    Ok(Redirect::to("/account"))
}

/// `POST /account/new-browsers/{id}/not-mine`: ends its sessions and shows what is left.
///
/// # Errors
/// As [`was_me`].
pub async fn was_not_me(State(app): State<App>, signed_in: SignedIn, client: Client, Path(id): Path<NewBrowserId>) -> Result<Redirect, AppError> {
    Ok(match devices::answer(&app, &signed_in, &client, id, false, app.clock.now()).await? {
        Some(_) => Redirect::to("/account/sessions?notice=stranger-ended"),
        None => Redirect::to("/account/sessions"),
    })
}

fn ended(now: Timestamp, signed_in: &SignedIn, client: &Client) -> Event {
    let event = Event::new(now, Kind::SessionsEnded, signed_in.actor());
    event.on(signed_in.user.id.uuid(), &signed_in.user.username).from_client(client)
}

/// `GET /sign-out`: asks first; a link or a preloading browser must not sign anyone out.
///
/// # Errors
/// When the database cannot be read.
pub async fn sign_out_page(State(app): State<App>, Leaving(holder): Leaving) -> Result<Response, AppError> {
    Ok(match holder {
        Some(signed_in) => SignOutPage { chrome: Chrome::public(&app), name: signed_in.user.display_name }.into_response(),
        None => Redirect::to("/sign-in").into_response(),
    })
}

/// `POST /sign-out`: to the sign-in page, by way of the page that tells apps where there are such.
///
/// # Errors
/// When the database refuses.
pub async fn sign_out(State(app): State<App>, Leaving(holder): Leaving, session: Session, client: Client) -> Result<Redirect, AppError> {
    let now = app.clock.now();
    let mut location = Next::after_sign_out().to_owned();
    if let Some(signed_in) = holder {
        let event = Event::new(now, Kind::SignOut, signed_in.actor());
        let mut tx = app.db.begin().await?;
        let ended = super::sign_out(&mut tx, signed_in.user.id, signed_in.session.id, now).await?;
        audit::record(&mut tx, event.on(signed_in.user.id.uuid(), &signed_in.user.username).from_client(&client)).await?;
        tx.commit().await?;
        location = Farewell::new(signed_in.session.id, ended.front_channel, None, now).location(&app);
    }
    super::end_own(&session).await?;
    Ok(Redirect::to(&location))
}
