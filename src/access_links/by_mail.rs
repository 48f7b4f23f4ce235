//! Sign-in links by e-mail: those an administrator sends, and those people ask for at `/sign-in/email`.
//!
//! Asking writes a wish and nothing else, whoever was named, and a job answers it: neither words nor time tell whether there is such a person (OWASP ASVS 5.0,
//! 6.3.8). A link that was asked for works in the browser that asked alone, so who only reads the mail opens nothing with it. It does not protect
//! somebody who is talked into sending it to the one who asked; the mail says so.

use std::time::Duration;

use askama::Template;
use askama_web::WebTemplate;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::model::Purpose;
use super::{address, store};
use crate::app::App;
use crate::attempts::{self, Allowance, Subject};
use crate::audit::{self, Actor, Event, Kind};
use crate::clock::Timestamp;
use crate::db::{Signal, Tx};
use crate::error::AppError;
use crate::id::{AccessLinkId, LinkRequestId, UserId};
use crate::language::{Language, current, duration, instant, speaking, t};
use crate::mail::{self, Mail};
use crate::queue::work_off;
use crate::secret::SecretToken;
use crate::sessions::next::PendingAuthorization;
use crate::sessions::{Next, tries};
use crate::settings::Settings;
use crate::users::{self, User};
use crate::web::{BrowserCookie, Chrome, Client, user_agent};

/// Raised when somebody asked. One for the whole process, because it says no more than that.
static ASKED: Signal = std::sync::LazyLock::new(|| tokio::sync::watch::Sender::new(0));

/// How long a link that was asked for works.
const LIFETIME: Duration = Duration::from_secs(15 * 60);
/// Links for one person to one network in that time, and to all of them together: whoever asks in another's name uses up their own share.
const PER_NETWORK: Allowance = Allowance { count: 3, within: LIFETIME, from_the_last: false };
const PER_PERSON: Allowance = Allowance { count: 12, within: LIFETIME, from_the_last: false };
/// How long a name may be, in characters: as long as an e-mail address (RFC 5321, section 4.5.3.1).
const NAME_CHARS_MAX: usize = 254;

/// Whether people may ask for links.
pub fn is_offered(settings: &Settings) -> bool {
    settings.email_link_on_request && mail::is_configured(settings)
}

/// The text of a mail with a link.
#[derive(Template)]
#[template(path = "mail/access_link.txt")]
struct Text<'a> {
    app_name: &'a str,
    name: &'a str,
    url: &'a str,
    until: String,
    /// Who asked, where; empty when an administrator sends it.
    browser: &'a str,
    client_ip: &'a str,
}

/// A mail with a link an administrator made, to an address, for somebody of this name who reads this language.
///
/// # Errors
/// When the text cannot be written.
pub(super) fn from_administrator(
    app: &App,
    to: &str,
    (user, name, language): (UserId, &str, Option<Language>),
    url: &str,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<Mail, askama::Error> {
    let settings = app.settings();
    let app_name = settings.app_name.as_str();
    speaking(language.unwrap_or(settings.default_language), || {
        let text = Text { app_name, name, url, until: instant(expires_at), browser: "", client_ip: "" }.render()?;
        let subject = t("mail-link-subject").with("app", app_name).into();
        Ok(Mail { to: to.to_owned(), about: Some(user), subject, text, useful_for: expires_at.since(now) })
    })
}

#[derive(Template, WebTemplate)]
#[template(path = "access_links/ask.html")]
struct AskPage {
    chrome: Chrome,
    typed: String,
    mistake: String,
    /// Where the person was going.
    request: String,
    back: String,
    sign_in_page: String,
}

impl AskPage {
    fn new(app: &App, next: Next, typed: String, mistake: String) -> Self {
        let sign_in_page = format!("/sign-in{}", next.sign_in_query());
        let (request, back) = next.fields();
        Self { chrome: Chrome::public(app), typed, mistake, request, back, sign_in_page }
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "access_links/asked.html")]
struct AskedPage {
    chrome: Chrome,
    lifetime: String,
    sign_in_page: String,
}

/// What the form asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AskForm {
    name: String,
    request: Option<String>,
    back: Option<String>,
}

impl AskForm {
    /// Where the person was going, as far as it can be believed.
    fn next(&self, app: &App) -> Next {
        let filled = |text: &'_ Option<String>| text.clone().filter(|text| !text.is_empty());
        let request = filled(&self.request).filter(|sealed| PendingAuthorization::unseal(&app.sealer, sealed).is_some());
        Next::from_query(request.as_deref(), filled(&self.back).as_deref())
    }
}

/// `GET /sign-in/email`.
///
/// # Errors
/// `NotFound` where links are not sent to who asks.
pub async fn page(State(app): State<App>, Query(unverified): Query<AskForm>) -> Result<impl IntoResponse, AppError> {
    if !is_offered(&app.settings()) {
        return Err(AppError::NotFound);
    }
    let next = unverified.next(&app);
    Ok(AskPage::new(&app, next, String::new(), String::new()))
}

/// `POST /sign-in/email`: the same answer for everyone.
///
/// # Errors
/// As [`page`], and `TooManyRequests`.
pub async fn ask(State(app): State<App>, client: Client, headers: HeaderMap, Form(form): Form<AskForm>) -> Result<Response, AppError> {
    if !is_offered(&app.settings()) {
        return Err(AppError::NotFound);
    }
    tries::ask_for_mail(&app, &client, app.clock.now()).await?;
    let name = form.name.trim();
    let mistake: String = if name.is_empty() {
        t("name-missing").into()
    } else if name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        t("name-impossible").into()
    } else {
        String::new()
    };
    if !mistake.is_empty() {
        let next = form.next(&app);
        let page = AskPage::new(&app, next, form.name.chars().take(NAME_CHARS_MAX).collect(), mistake);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let sign_in_page = format!("/sign-in{}", form.next(&app).sign_in_query());
    let browser = BrowserCookie::read_or_make(&app, &headers);
    let wish = store::Wish {
        asked_for: name.to_owned(),
        browser_hash: browser.hash(),
        client_ip: client.ip_text(),
        user_agent: client.user_agent.clone(),
        language: current().tag().to_owned(),
        created_at: app.clock.now(),
    };
    let mut tx = app.db.begin().await?;
    store::insert_wish(&mut tx, LinkRequestId::new(), &wish).await?;
    tx.announce(&ASKED);
    tx.commit().await?;
    Ok(browser.attach(&app, AskedPage { chrome: Chrome::public(&app), lifetime: duration(LIFETIME).into(), sign_in_page }))
}

/// Answers wishes until the server stops. For the jobs.
pub async fn keep_answering(app: App) {
    work_off(app, &ASKED, "wishes for sign-in links cannot be answered", |app| async move { answer_one(&app).await }).await;
}

/// Answers the oldest wish: the wish goes, and link, audit event and mail come, in one transaction. `false` when there is none.
async fn answer_one(app: &App) -> anyhow::Result<bool> {
    if !store::any_wish(&mut app.db.read().await?).await? {
        return Ok(false);
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(wish) = store::take_wish(&mut tx).await? else { return Ok(false) };
    let user = users::find_by_name(&mut tx, &wish.asked_for).await?;
    if let Some((user, email)) = user.and_then(|user| user.email.clone().map(|email| (user, email))) {
        let is_timely = now.since(wish.created_at) < LIFETIME && is_offered(&app.settings());
        if is_timely && may_have_link(&user) && is_within(&mut tx, &user, &wish, now).await? {
            send(app, &mut tx, &user, email, &wish, now).await?;
        }
    }
    tx.commit().await?;
    Ok(true)
}

/// Whether somebody who asked for a link may have one: not who is kept out, not administrators (whoever reads their mail would have the house).
fn may_have_link(user: &User) -> bool {
    !user.is_disabled() && !user.is_admin()
}

/// Counts a link against what the network that asks, and the person, may have.
async fn is_within(tx: &mut Tx, user: &User, wish: &store::Wish, now: Timestamp) -> sqlx::Result<bool> {
    if let Ok(ip) = wish.client_ip.parse() {
        let subject = Subject::network(&format!("sign-in link for {} from", user.id), ip);
        if attempts::take(tx, &subject, PER_NETWORK, now).await?.is_err() {
            return Ok(false);
        }
    }
    Ok(attempts::take(tx, &Subject::new("sign-in link for", &user.id.to_string()).shown_at("Sign-in links by e-mail", user.id), PER_PERSON, now)
        .await?
        .is_ok())
}

async fn send(app: &App, tx: &mut Tx, user: &User, email: String, wish: &store::Wish, now: Timestamp) -> anyhow::Result<()> {
    let code = SecretToken::new("");
    let id = AccessLinkId::new();
    let browser_hash = Some(wish.browser_hash.clone());
    let (purpose, expires_at) = (Purpose::SignIn, now + LIFETIME);
    let new = store::New { id, code_hash: &code.hash(), purpose, user: Some(user.id), created_by: None, created_at: now, expires_at, browser_hash };
    store::insert(tx, new).await?;
    let client = Client { ip: wish.client_ip.parse().ok(), user_agent: wish.user_agent.clone(), ..Client::default() };
    let event = Event::new(now, Kind::AccessLinkRequested, Actor::visitor()).on(user.id.uuid(), &user.username).from_client(&client);
    audit::record(tx, event.with("access_link", id.to_string())).await?;
    let settings = app.settings();
    let language = user.reads().or(Language::from_tag(&wish.language)).unwrap_or(settings.default_language);
    let mail = speaking(language, || -> askama::Result<Mail> {
        let app_name = settings.app_name.as_str();
        let text = Text {
            app_name,
            name: &user.display_name,
            url: &address(app, &code),
            until: instant(expires_at),
            browser: &user_agent::in_words(&wish.user_agent),
            client_ip: &wish.client_ip,
        };
        Ok(Mail {
            to: email,
            about: Some(user.id),
            subject: t("mail-link-asked-subject").with("app", app_name).into(),
            text: text.render()?,
            useful_for: LIFETIME,
        })
    })?;
    Ok(mail::queue(tx, &app.sealer, &mail, now).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_and_who_is_kept_out_get_no_link() {
        let now = Timestamp::from_seconds(0);
        let ada = User::new_local("ada", Some("ada@example.org"), "Ada", "", now);
        assert!(may_have_link(&ada));
        assert!(!may_have_link(&User { local_admin: true, ..ada.clone() }));
        assert!(!may_have_link(&User { directory_admin: true, ..ada.clone() }));
        assert!(!may_have_link(&User { blocked_at: Some(now), ..ada }));
    }
}
