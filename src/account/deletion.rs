//! `/account/delete`: the end of an account, by its person, where the installation allows it.

use askama::Template;
use askama_web::WebTemplate;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;

use crate::app::App;
use crate::error::AppError;
use crate::language::{Text, t};
use crate::oidc;
use crate::sessions::{self, Farewell, FreshSession, SignedIn};
use crate::users::model::key;
use crate::users::{self, OwnError, Refusal, User};
use crate::web::{Chrome, Client, Greeting, Mistakes};

#[derive(Template, WebTemplate)]
#[template(path = "account/delete.html")]
struct DeletePage {
    chrome: Chrome,
    user: User,
    /// Why it cannot be done; empty when it can.
    stays_because: String,
    /// Apps that know the person, by name.
    apps: Vec<String>,
    typed: String,
    mistakes: Mistakes,
}

impl DeletePage {
    async fn new(app: &App, signed_in: SignedIn) -> Result<Self, AppError> {
        let stays = users::stays_because(app, &mut app.db.read().await?, &signed_in.user).await?;
        if stays == Some(Refusal::NotOffered) {
            return Err(AppError::NotFound);
        }
        let apps = oidc::apps_of_user(app, signed_in.user.id).await?.into_iter().map(|app| app.name).collect();
        let chrome = signed_in.chrome(app);
        let stays_because = stays.map(|refusal| own_sentence(refusal).into()).unwrap_or_default();
        Ok(Self { chrome, user: signed_in.user, stays_because, apps, typed: String::new(), mistakes: Mistakes::default() })
    }
}

/// Why not, for the person themselves.
fn own_sentence(refusal: Refusal) -> Text {
    match refusal {
        Refusal::FromDirectory => t("deletion-of-directory"),
        Refusal::LastAdmin => t("deletion-last-administrator"),
        Refusal::NotFound | Refusal::Yourself | Refusal::NotOffered => t("deletion-not-here"),
    }
}

/// `GET /account/delete`: what happens, or why it cannot be done.
///
/// # Errors
/// `NotFound` where the installation does not let people do it.
pub async fn page(State(app): State<App>, signed_in: SignedIn) -> Result<impl IntoResponse, AppError> {
    DeletePage::new(&app, signed_in).await
}

/// What the person types to be sure.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeleteForm {
    username: String,
}

/// `POST /account/delete`: deletes the account, tells the apps, signs out.
///
/// # Errors
/// As [`page`]; 422 with the page when the username is typed wrong, 409 where a rule forbids it; a fresh proof is needed.
pub async fn delete(
    State(app): State<App>,
    FreshSession(signed_in): FreshSession,
    session: Session,
    client: Client,
    Form(form): Form<DeleteForm>,
) -> Result<Response, AppError> {
    let now = app.clock.now();
    if key(&form.username) != key(&signed_in.user.username) {
        let mut page = DeletePage::new(&app, signed_in).await?;
        page.mistakes.add("username", t("deletion-username-wrong").with("username", &page.user.username));
        page.typed = form.username.chars().take(100).collect();
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let told_here = users::delete_own(&app, now, &client, &signed_in).await.map_err(refused)?;
    sessions::end_own(&session).await?;
    let location = if told_here.is_empty() {
        "/sign-in?notice=deleted".to_owned()
    } else {
        Farewell::new(signed_in.session.id, told_here, None, now).location(&app)
    };
    let mut response = Redirect::to(&location).into_response();
    response.headers_mut().append(SET_COOKIE, Greeting::forget(&app));
    Ok(response)
}

fn refused(error: OwnError) -> AppError {
    match error {
        OwnError::Refused(Refusal::NotOffered | Refusal::NotFound) => AppError::NotFound,
        OwnError::Refused(refusal) => {
            AppError::Refused { title: t("deletion-not-done").into(), message: own_sentence(refusal).into(), status: StatusCode::CONFLICT }
        }
        OwnError::Database(error) => error.into(),
        OwnError::Internal(error) => error.into(),
    }
}
