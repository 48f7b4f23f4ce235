//! `/lc/<code>`: looking at a link is harmless, its button uses it up.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;

use super::{AccessLink, SetUp, State as LinkState};
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::language::t;
use crate::sessions::tries::{self, Door};
use crate::sessions::{self, Method};
use crate::users::model::{check_email, check_username};
use crate::users::{self, User};
use crate::web::{BrowserCookie, Chrome, Client};

/// Where every link leads: a passkey first.
const FIRST: &str = "/account/passkeys/add";
/// How long a name may be, in characters.
const NAME_CHARS_MAX: usize = 100;

#[derive(Template, WebTemplate)]
#[template(path = "access_links/open.html")]
struct OpenPage {
    chrome: Chrome,
    expires_at: Timestamp,
}

#[derive(Template, WebTemplate)]
#[template(path = "access_links/set_up.html")]
struct SetUpPage {
    chrome: Chrome,
    form: SetUpForm,
    mistakes: Mistakes,
}

/// What the first administrator types. Empty when the button of a sign-in link is pressed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SetUpForm {
    first_name: String,
    last_name: String,
    username: String,
    email: String,
}

/// One sentence per field; empty when all is well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Mistakes {
    first_name: String,
    last_name: String,
    username: String,
    email: String,
}

/// `GET /lc/{code}`: one button, or the form of the first administrator.
///
/// # Errors
/// 404 for a link that never was, 410 for one that opens nothing any more, `TooManyRequests`.
pub async fn open_page(State(app): State<App>, client: Client, Path(unverified_code): Path<String>) -> Result<Response, AppError> {
    app.limits.sign_in.check(&client)?;
    let link = usable(look(&app, &client, &unverified_code).await?, app.clock.now())?;
    let chrome = Chrome::public(&app);
    Ok(if link.is_set_up() {
        SetUpPage { chrome, form: SetUpForm::default(), mistakes: Mistakes::default() }.into_response()
    } else {
        OpenPage { chrome, expires_at: link.expires_at }.into_response()
    })
}

/// `POST /lc/{code}`: uses the link up and starts a session.
///
/// # Errors
/// As [`open_page`].
pub async fn open(
    State(app): State<App>,
    session: Session,
    client: Client,
    headers: HeaderMap,
    Path(unverified_code): Path<String>,
    Form(form): Form<SetUpForm>,
) -> Result<Response, AppError> {
    app.limits.sign_in.check(&client)?;
    let now = app.clock.now();
    let link = usable(look(&app, &client, &unverified_code).await?, now)?;
    if link.is_set_up() {
        return set_up(&app, &session, &client, &unverified_code, form, now).await;
    }
    let browser = BrowserCookie::read(&app, &headers).map(|token| token.hash());
    if link.browser_hash.is_some() && link.browser_hash != browser {
        return Err(another_browser());
    }
    // Somebody else pressed the button first, or the person may not come in: in the same words.
    let user = super::consume(&app, now, &client, browser.as_ref(), &unverified_code).await?.ok_or_else(|| gone(LinkState::Used, false))?;
    sessions::start(&app, &session, user.id, Method::AccessLink, &client, now).await?;
    Ok(Redirect::to(FIRST).into_response())
}

async fn set_up(app: &App, session: &Session, client: &Client, unverified_code: &str, form: SetUpForm, now: Timestamp) -> Result<Response, AppError> {
    let mut mistakes = Mistakes::of(&form);
    {
        let mut conn = app.db.read().await?;
        if mistakes.username.is_empty() && users::find_by_name(&mut conn, &form.username).await?.is_some() {
            mistakes.username = t("username-taken").into();
        }
        if mistakes.email.is_empty() && users::find_by_name(&mut conn, &form.email).await?.is_some() {
            mistakes.email = t("email-taken").into();
        }
    }
    if mistakes == Mistakes::default() {
        let admin = User::new_local(&form.username, Some(&form.email), &form.first_name, &form.last_name, now);
        match super::set_up(app, now, client, unverified_code, admin).await? {
            SetUp::Done(admin) => {
                sessions::start(app, session, admin.id, Method::AccessLink, client, now).await?;
                return Ok(Redirect::to(FIRST).into_response());
            }
            SetUp::LinkGone => return Err(gone(LinkState::Used, true)),
            SetUp::NameTaken => mistakes.username = t("set-up-taken").into(),
        }
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, SetUpPage { chrome: Chrome::public(app), form, mistakes }).into_response())
}

impl Mistakes {
    fn of(form: &SetUpForm) -> Self {
        let name = |name: &str| {
            let is_wrong = name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control);
            if is_wrong { t("set-up-name-wrong").into() } else { String::new() }
        };
        let is_nameless = form.first_name.trim().is_empty();
        Self {
            first_name: if is_nameless { t("sign-up-first-name-missing").into() } else { name(&form.first_name) },
            // Not everybody has one.
            last_name: name(&form.last_name),
            username: check_username(&form.username).err().map(String::from).unwrap_or_default(),
            email: check_email(&form.email).err().map(String::from).unwrap_or_default(),
        }
    }
}

/// Looks at a link; one that never was counts as a try.
async fn look(app: &App, client: &Client, unverified_code: &str) -> Result<Option<AccessLink>, AppError> {
    let now = app.clock.now();
    tries::admit(app, client, Door::Link, now).await?;
    let link = super::look(app, unverified_code).await?;
    if link.is_none() {
        tries::failed(app, client, Door::Link, now).await?;
    }
    Ok(link)
}

fn usable(link: Option<AccessLink>, now: Timestamp) -> Result<AccessLink, AppError> {
    let Some(link) = link else {
        let (title, message) = (t("link-unknown").into(), t("link-unknown-message").into());
        return Err(AppError::Refused { title, message, status: StatusCode::NOT_FOUND });
    };
    match link.state(now) {
        LinkState::Usable => Ok(link),
        ended => Err(gone(ended, link.is_set_up())),
    }
}

/// The link still works where it was asked for.
fn another_browser() -> AppError {
    let (title, message) = (t("link-of-another-browser").into(), t("link-of-another-browser-message").into());
    AppError::Refused { title, message, status: StatusCode::FORBIDDEN }
}

fn gone(ended: LinkState, is_set_up: bool) -> AppError {
    let message = match (ended, is_set_up) {
        (LinkState::Used | LinkState::Usable, false) => t("link-used"),
        (LinkState::Used | LinkState::Usable, true) => t("set-up-link-used"),
        (LinkState::Revoked, false) => t("link-revoked"),
        (LinkState::Revoked, true) => t("set-up-link-replaced"),
        (LinkState::Expired, false) => t("link-expired"),
        (LinkState::Expired, true) => t("set-up-link-expired"),
    };
    AppError::gone(t("link-gone"), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_up_form_names_each_mistake_and_takes_people_with_one_name() {
        let mut form =
            SetUpForm { first_name: "Suharto".into(), last_name: String::new(), username: "suharto".into(), email: "s@example.org".into() };
        assert_eq!(Mistakes::of(&form), Mistakes::default());
        form.first_name = "  ".into();
        form.last_name = "x".repeat(101);
        form.username = "a b".into();
        form.email = "nobody".into();
        let mistakes = Mistakes::of(&form);
        for mistake in [mistakes.first_name, mistakes.last_name, mistakes.username, mistakes.email] {
            assert!(mistake.ends_with('.') || mistake.contains("example.org"), "{mistake:?}");
        }
    }
}
