//! `GET /admin/clients`: which apps there are.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::clients::{self, Filter, Line, Order, last_errors};
use crate::error::AppError;
use crate::language::t;
use crate::sessions::AdminSession;
use crate::web::Chrome;
use crate::web::list::{self, Head, Pager, Pages};

const LIST: &str = "/admin/clients";

/// What the list's address says.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ListQuery {
    q: String,
    access: String,
    sort: String,
    page: String,
    notice: String,
}

impl ListQuery {
    fn filter(&self) -> Filter {
        Filter {
            patterns: list::patterns(&self.q.to_lowercase()),
            client_id: self.q.trim().to_owned(),
            access: ["everyone", "groups"].into_iter().find(|word| *word == self.access).unwrap_or_default(),
        }
    }

    fn order(&self) -> (Order, &'static str, bool) {
        let (column, descending) = list::sort_words(&self.sort);
        match column {
            "created" => (Order::Created, "created", descending),
            _ => (Order::Name, "name", column == "name" && descending),
        }
    }

    fn with_page(&self, page: i64) -> String {
        list::address(LIST, &Self { page: page.to_string(), notice: String::new(), ..self.clone() })
    }

    fn with_sort(&self, sort: &str) -> String {
        list::address(LIST, &Self { sort: sort.to_owned(), page: String::new(), notice: String::new(), ..self.clone() })
    }
}

/// The list.
#[derive(Template, WebTemplate)]
#[template(path = "clients/list.html")]
pub struct ListPage {
    chrome: Chrome,
    notice: String,
    query: ListQuery,
    heads: [Head; 2],
    lines: Vec<Line>,
    pager: Pager,
    filtered: bool,
    unattributed: Vec<last_errors::Shown>,
}

/// `GET /admin/clients`: search, filter, sort, page; all in the database.
pub async fn list(State(app): State<App>, admin: AdminSession, Query(query): Query<ListQuery>) -> Result<ListPage, AppError> {
    let filter = query.filter();
    let (order, column, descending) = query.order();
    let mut conn = app.db.read().await?;
    let pages = Pages::new(&query.page, clients::count(&mut conn, &filter).await?);
    let lines = clients::lines(&mut conn, &filter, order, descending, list::PAGE_LINES, pages.offset()).await?;
    let head = |label, of, descending_first| list::head(label, of, descending_first, (column, descending), |sort| query.with_sort(sort));
    Ok(ListPage {
        chrome: admin.chrome(&app),
        unattributed: last_errors::of_nobody(&mut conn).await?,
        notice: if query.notice == "deleted" { t("client-deleted").into() } else { String::new() },
        heads: [head(t("client-name"), "name", false), head(t("client-registered"), "created", true)],
        lines,
        pager: Pager {
            words: pages.words(),
            previous: pages.previous().map(|page| query.with_page(page)),
            next: pages.next().map(|page| query.with_page(page)),
        },
        filtered: !filter.patterns[0].is_empty() || !filter.access.is_empty(),
        query,
    })
}
