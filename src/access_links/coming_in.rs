//! `/admin/groups/{id}/coming-in`: who of a group has come in, and links for those who have not: as sheets to print, or as a table (CSV) to send.

use std::time::Duration;

use askama::Template;
use askama_web::WebTemplate;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Sheet;
use super::crowd::{self, Arrival, Counts, LINKS_MAX, Made, Standing, Whom};
use crate::app::App;
use crate::error::AppError;
use crate::groups::{self, Group};
use crate::id::GroupId;
use crate::language::{current, duration, speaking, t};
use crate::mail;
use crate::sessions::{AdminDeed, AdminSession};
use crate::web::Chrome;
use crate::web::list::{self, Pager, Pages};

/// What the page's address says.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ShowQuery {
    show: String,
    page: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "access_links/coming_in.html")]
struct ShowPage {
    chrome: Chrome,
    group: Group,
    query: ShowQuery,
    counts: Counts,
    lines: Vec<Arrival>,
    pager: Pager,
    can_mail: bool,
}

/// `GET /admin/groups/{id}/coming-in`.
///
/// # Errors
/// `NotFound`.
pub async fn show(
    State(app): State<App>,
    admin: AdminSession,
    Path(id): Path<GroupId>,
    Query(query): Query<ShowQuery>,
) -> Result<impl IntoResponse, AppError> {
    let mut conn = app.db.read().await?;
    let group = groups::find(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    let now = app.clock.now();
    let counts = crowd::counts(&mut conn, id, now).await?;
    let standing = Standing::parse(&query.show);
    let pages = Pages::new(&query.page, standing.map_or(counts.all(), |standing| counts.of(standing)));
    let lines = crowd::arrivals(&mut conn, id, standing, now, list::PAGE_LINES, pages.offset()).await?;
    let at = |page: i64| list::address(&format!("/admin/groups/{id}/coming-in"), &ShowQuery { page: page.to_string(), ..query.clone() });
    Ok(ShowPage {
        chrome: admin.chrome(&app),
        can_mail: mail::is_configured(&app.settings()),
        group,
        counts,
        lines,
        pager: Pager { words: pages.words(), previous: pages.previous().map(at), next: pages.next().map(at) },
        query,
    })
}

/// What the form asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MakeForm {
    whom: String,
    lifetime: String,
    form: String,
}

impl MakeForm {
    /// `day` or `month`, or a week for anything else.
    fn lifetime(&self) -> Duration {
        Duration::from_secs(match self.lifetime.as_str() {
            "day" => 86_400,
            "month" => 30 * 86_400,
            _ => 7 * 86_400,
        })
    }

    fn whom(&self) -> Whom {
        if self.whom == "without-passkey" { Whom::WithoutPasskey } else { Whom::WithoutLink }
    }
}

#[derive(Template, WebTemplate)]
#[template(path = "access_links/sheets.html")]
struct SheetsPage {
    chrome: Chrome,
    group: Group,
    sheets: Vec<Sheet>,
    expires_at: crate::clock::Timestamp,
    lifetime: String,
    /// How many are still without a link.
    rest: i64,
    /// How many links went out by e-mail.
    sent: usize,
}

/// `POST /admin/groups/{id}/coming-in`: makes the links and shows them, this once.
///
/// # Errors
/// `NotFound`; refused when nobody is without a passkey.
pub async fn make(State(app): State<App>, deed: AdminDeed, Path(id): Path<GroupId>, Form(form): Form<MakeForm>) -> Result<Response, AppError> {
    let group = groups::find(&mut app.db.read().await?, id).await?.ok_or(AppError::NotFound)?;
    let lifetime = form.lifetime();
    let by_mail = form.form == "mail";
    if by_mail && !mail::is_configured(&app.settings()) {
        return Err(AppError::refused(t("links-no-mail"), t("links-no-mail-help")));
    }
    let made = crowd::make(&app, &deed, &group, form.whom(), lifetime, by_mail).await?;
    if made.links.is_empty() {
        let (title, message) = (t("links-none-needed").into(), t("links-none-needed-help").into());
        return Err(AppError::Refused { title, message, status: StatusCode::CONFLICT });
    }
    if form.form == "csv" {
        return Ok(file(&group, &made));
    }
    let rest = crowd::counts(&mut app.db.read().await?, id, deed.now).await?.out;
    // Sheets are for those a mail cannot reach.
    let sent = if by_mail { made.links.iter().filter(|handed| handed.person.email.is_some()).count() } else { 0 };
    let people: Vec<crowd::Handed> = made.links.into_iter().filter(|handed| !by_mail || handed.person.email.is_none()).collect();
    // A thousand pictures take a moment, in which others want to be served.
    let language = current();
    let sheets = move || {
        speaking(language, || {
            people.into_iter().map(|handed| Sheet::new(&handed.person.display_name, &handed.person.username, &handed.url)).collect()
        })
    };
    let sheets = tokio::task::spawn_blocking(sheets).await.map_err(anyhow::Error::from)?;
    let chrome = deed.admin.chrome(&app);
    Ok(SheetsPage { chrome, group, sheets, expires_at: made.expires_at, lifetime: duration(lifetime).into(), rest, sent }.into_response())
}

/// The links as a file of comma-separated values (RFC 4180).
fn file(group: &Group, made: &Made) -> Response {
    let mut text = String::from("username,display_name,email,link,works_until\r\n");
    for handed in &made.links {
        let person = &handed.person;
        let cells = [&person.username, &person.display_name, person.email.as_deref().unwrap_or_default(), &handed.url, &made.expires_at.rfc3339()];
        text.push_str(&cells.map(cell).join(","));
        text.push_str("\r\n");
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"access-links-{}.csv\"", file_name(&group.name))),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, text).into_response()
}

/// A cell of such a file. What a spreadsheet would take for a formula begins with an apostrophe (OWASP, CSV injection).
fn cell(text: &str) -> String {
    let guarded = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if guarded.contains([',', '"', '\r', '\n']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

/// A group's name as part of a file's name: ASCII letters and digits, hyphens for the rest.
fn file_name(name: &str) -> String {
    let plain: String = name.chars().take(60).map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    plain.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_neither_a_formula_nor_two_cells() {
        for (text, expected) in [
            ("ada", "ada"),
            ("Lovelace, Ada", "\"Lovelace, Ada\""),
            ("Ada \"the first\"", "\"Ada \"\"the first\"\"\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("@ada", "'@ada"),
            ("a\nb", "\"a\nb\""),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }

    #[test]
    fn the_files_name_is_plain() {
        assert_eq!(file_name("Büro \"Nord\"; 3"), "b-ro--nord---3");
    }
}
