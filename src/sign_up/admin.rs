//! `/admin/sign-up`: links with which people make their own accounts.

use askama::Template;
use askama_web::WebTemplate;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Link, LinkDraft, Made, MakeError, State as LinkState};
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::id::SignUpLinkId;
use crate::language::t;
use crate::mail;
use crate::sessions::{AdminDeed, AdminSession};
use crate::settings::SignUpMode;
use crate::web::list::{self, Pager, Pages};
use crate::web::{Chrome, Mistakes, qr};

const LIST: &str = "/admin/sign-up";

/// What an address here says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    page: String,
    notice: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "sign_up/list.html")]
struct ListPage {
    chrome: Chrome,
    notice: String,
    mode: SignUpMode,
    can_mail: bool,
    lines: Vec<Link>,
    now: Timestamp,
    pager: Pager,
    draft: LinkDraft,
    mistakes: Mistakes,
    lifetimes: [(&'static str, String); 4],
}

/// `GET /admin/sign-up`.
pub async fn show(State(app): State<App>, admin: AdminSession, Query(address): Query<Address>) -> Result<impl IntoResponse, AppError> {
    list_page(&app, admin.chrome(&app), &address, LinkDraft { uses: "1".to_owned(), ..LinkDraft::default() }, Mistakes::default()).await
}

async fn list_page(app: &App, chrome: Chrome, address: &Address, draft: LinkDraft, mistakes: Mistakes) -> Result<ListPage, AppError> {
    let mut conn = app.db.read().await?;
    let pages = Pages::new(&address.page, super::count(&mut conn).await?);
    let lines = super::links(&mut conn, list::PAGE_LINES, pages.offset()).await?;
    let at = |page: i64| list::address(LIST, &[("page", page.to_string())]);
    let settings = app.settings();
    Ok(ListPage {
        chrome,
        notice: match address.notice.as_str() {
            "revoked" => t("sign-up-links-was-taken-back").into(),
            _ => String::new(),
        },
        mode: settings.sign_up,
        can_mail: mail::is_configured(&settings),
        lines,
        now: app.clock.now(),
        pager: Pager { words: pages.words(), previous: pages.previous().map(at), next: pages.next().map(at) },
        draft,
        mistakes,
        lifetimes: [
            ("hour", t("lifetime-hour").into()),
            ("day", t("lifetime-day").into()),
            ("week", t("lifetime-week").into()),
            ("month", t("lifetime-month").into()),
        ],
    })
}

#[derive(Template, WebTemplate)]
#[template(path = "sign_up/made.html")]
struct MadePage {
    chrome: Chrome,
    made: Made,
    code: Option<qr::Svg>,
}

/// `POST /admin/sign-up`: makes the link and shows it, this once; or sends invitations.
pub async fn make(State(app): State<App>, deed: AdminDeed, Form(draft): Form<LinkDraft>) -> Result<Response, AppError> {
    match super::make(&app, &deed, &draft).await {
        Ok(made) => {
            let code = made.url.as_deref().and_then(qr::svg);
            Ok(MadePage { chrome: deed.admin.chrome(&app), made, code }.into_response())
        }
        Err(MakeError::Mistakes(mistakes)) => {
            let page = list_page(&app, deed.admin.chrome(&app), &Address::default(), draft, mistakes).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(MakeError::Internal(error)) => Err(error.into()),
    }
}

/// `POST /admin/sign-up/{id}/revoke`.
pub async fn revoke(State(app): State<App>, deed: AdminDeed, Path(id): Path<SignUpLinkId>) -> Result<impl IntoResponse, AppError> {
    if !super::revoke(&app, &deed, id).await? {
        let (title, message) = (t("sign-up-links-nothing-to-take-back").into(), t("sign-up-links-nothing-to-take-back-help").into());
        return Err(AppError::Refused { title, message, status: StatusCode::CONFLICT });
    }
    Ok(Redirect::to(&format!("{LIST}?notice=revoked")))
}
