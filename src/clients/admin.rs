//! `/admin/clients`: the pages on which administrators register apps.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use super::model::{Client, Lifetimes, Mistakes, Registration, SigningAlg};
use super::policy::{Policies, Policy as _, Typed};
use super::{Authority, Filter, GroupLine, Line, Order, Refused, Registered, SecretLine, store};
use crate::app::App;
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::id::{ClientId, GroupId};
use crate::sessions::AdminSession;
use crate::web::list::{self, Head, Pager, Pages};
use crate::web::{self, Chrome};

/// How many groups the picker offers at a time.
const GROUPS_OFFERED: i64 = 20;

fn gone() -> AppError {
    AppError::gone("No longer there", "This app was deleted meanwhile, or what you changed is gone. Go back to the list of apps.")
}

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
    notice: &'static str,
    query: ListQuery,
    heads: [Head; 2],
    lines: Vec<Line>,
    pager: Pager,
    filtered: bool,
}

/// `GET /admin/clients`: search, filter, sort, page; all in the database.
pub async fn list(State(app): State<App>, admin: AdminSession, Query(query): Query<ListQuery>) -> Result<ListPage, AppError> {
    let filter = query.filter();
    let (order, column, descending) = query.order();
    let mut conn = app.db.read().await?;
    let pages = Pages::new(&query.page, super::count(&mut conn, &filter).await?);
    let lines = super::lines(&mut conn, &filter, order, descending, list::PAGE_LINES, pages.offset()).await?;
    let head = |label, of, descending_first| list::head(label, of, descending_first, (column, descending), |sort| query.with_sort(sort));
    Ok(ListPage {
        chrome: admin.chrome(&app),
        notice: if query.notice == "deleted" { "The app was deleted. Nobody can sign in to it any more." } else { "" },
        heads: [head("Name", "name", false), head("Registered", "created", true)],
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

/// What was typed into the form of a client.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClientForm {
    id: String,
    name: String,
    redirect_uris: String,
    post_logout_redirect_uris: String,
    is_public: Option<String>,
    skip_consent: Option<String>,
    claims_in_id_token: Option<String>,
    require_pkce: Option<String>,
    require_par: Option<String>,
    signing_alg: String,
    code_seconds: String,
    access_minutes: String,
    id_token_minutes: String,
    refresh_days: String,
    initiate_login_uri: String,
    acts_alone: Option<String>,
    own_scopes: String,
    for_devices: Option<String>,
    allowed_groups: String,
    /// The fields of the policies.
    #[serde(flatten)]
    typed: Typed,
}

/// A number that may be left out; what is none counts as one that is out of every range.
fn whole(typed: &str) -> Option<u32> {
    let typed = typed.trim();
    (!typed.is_empty()).then(|| typed.parse().unwrap_or(u32::MAX))
}

impl ClientForm {
    fn registration(&self) -> Registration {
        let lines = |text: &str| text.lines().map(str::to_owned).collect();
        Registration {
            name: self.name.clone(),
            is_public: self.is_public.is_some(),
            redirect_uris: lines(&self.redirect_uris),
            post_logout_redirect_uris: lines(&self.post_logout_redirect_uris),
            skip_consent: self.skip_consent.is_some(),
            // The form offers these and nothing else.
            signing_alg: SigningAlg::from_text(&self.signing_alg).unwrap_or_default(),
            claims_in_id_token: self.claims_in_id_token.is_some(),
            require_pkce: self.require_pkce.is_some(),
            require_par: self.require_par.is_some(),
            lifetimes: Lifetimes {
                code_seconds: whole(&self.code_seconds),
                access_minutes: whole(&self.access_minutes),
                id_token_minutes: whole(&self.id_token_minutes),
                refresh_days: whole(&self.refresh_days),
            },
            initiate_login_uri: self.initiate_login_uri.clone(),
            acts_alone: self.acts_alone.is_some(),
            own_scopes: self.own_scopes.split_whitespace().map(str::to_owned).collect(),
            for_devices: self.for_devices.is_some(),
            policies: Policies::from_typed(&self.typed),
        }
    }

    /// The fields as they were typed, with what is wrong.
    fn fields(self, mistakes: Mistakes) -> Fields {
        let registration = self.registration();
        Fields {
            code_seconds: self.code_seconds,
            access_minutes: self.access_minutes,
            id_token_minutes: self.id_token_minutes,
            refresh_days: self.refresh_days,
            typed: self.typed,
            ..Fields::new(registration, self.allowed_groups, mistakes)
        }
    }
}

/// The fields as the template shows them.
struct Fields {
    name: String,
    redirect_uris: String,
    post_logout_redirect_uris: String,
    is_public: bool,
    skip_consent: bool,
    claims_in_id_token: bool,
    require_pkce: bool,
    require_par: bool,
    signing_alg: &'static str,
    code_seconds: String,
    access_minutes: String,
    id_token_minutes: String,
    refresh_days: String,
    initiate_login_uri: String,
    acts_alone: bool,
    own_scopes: String,
    for_devices: bool,
    typed: Typed,
    allowed_groups: String,
    mistakes: Mistakes,
}

impl Fields {
    fn new(registration: Registration, allowed_groups: String, mistakes: Mistakes) -> Self {
        let text = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        let mut typed = Typed::default();
        registration.policies.to_typed(&mut typed);
        Self {
            typed,
            require_par: registration.require_par,
            code_seconds: text(registration.lifetimes.code_seconds),
            access_minutes: text(registration.lifetimes.access_minutes),
            id_token_minutes: text(registration.lifetimes.id_token_minutes),
            refresh_days: text(registration.lifetimes.refresh_days),
            initiate_login_uri: registration.initiate_login_uri,
            acts_alone: registration.acts_alone,
            own_scopes: registration.own_scopes.join("\n"),
            for_devices: registration.for_devices,
            name: registration.name,
            redirect_uris: registration.redirect_uris.join("\n"),
            post_logout_redirect_uris: registration.post_logout_redirect_uris.join("\n"),
            is_public: registration.is_public,
            skip_consent: registration.skip_consent,
            claims_in_id_token: registration.claims_in_id_token,
            require_pkce: registration.require_pkce,
            signing_alg: registration.signing_alg.as_str(),
            allowed_groups,
            mistakes,
        }
    }

    /// What is wrong with a field; empty when nothing is.
    fn mistake(&self, field: &str) -> &str {
        self.mistakes.get(field).map_or("", String::as_str)
    }
}

/// The algorithms the form offers.
const ALGS: [(&str, &str); 3] =
    [("RS256", "RS256 (works everywhere)"), ("ES256", "ES256 (smaller and faster, widely understood)"), ("EdDSA", "EdDSA (few apps understand it)")];

/// The form for a new client.
#[derive(Template, WebTemplate)]
#[template(path = "clients/new.html")]
pub struct NewPage {
    chrome: Chrome,
    id: ClientId,
    fields: Fields,
    algs: [(&'static str, &'static str); 3],
}

/// `GET /admin/clients/new`.
pub async fn new(State(app): State<App>, admin: AdminSession) -> NewPage {
    let registration = Registration { claims_in_id_token: true, ..Registration::default() };
    NewPage { chrome: admin.chrome(&app), id: ClientId::new(), fields: Fields::new(registration, String::new(), Mistakes::new()), algs: ALGS }
}

/// Shown once: the secret, and what the app needs to know about this server.
#[derive(Template, WebTemplate)]
#[template(path = "clients/created.html")]
pub struct CreatedPage {
    chrome: Chrome,
    client: Client,
    secret: Option<String>,
    is_new: bool,
    endpoints: Endpoints,
}

/// What apps ask for when they cannot read the metadata.
struct Endpoints {
    issuer: String,
    discovery: String,
    authorization: String,
    token: String,
    userinfo: String,
    jwks: String,
    end_session: String,
}

impl Endpoints {
    fn new(app: &App) -> Self {
        let origin = &app.config.origin;
        Self {
            issuer: origin.as_str().to_owned(),
            discovery: origin.url("/.well-known/openid-configuration"),
            authorization: origin.url("/authorize"),
            token: origin.url("/api/oidc/token"),
            userinfo: origin.url("/api/oidc/userinfo"),
            jwks: origin.url("/.well-known/jwks.json"),
            end_session: origin.url("/api/oidc/end-session"),
        }
    }
}

impl CreatedPage {
    fn new(app: &App, admin: &AdminSession, registered: Registered, is_new: bool) -> Self {
        let secret = registered.secret.map(|secret| secret.reveal().to_owned());
        Self { chrome: admin.chrome(app), client: registered.client, secret, is_new, endpoints: Endpoints::new(app) }
    }
}

/// `POST /admin/clients`. Answers with the page itself, because the secret can be shown only now; the form's own id keeps a reload from making a second
/// client.
pub async fn create(State(app): State<App>, admin: AdminSession, browser: web::Client, Form(form): Form<ClientForm>) -> Result<Response, AppError> {
    let id: ClientId = form.id.parse().map_err(|_| AppError::refused("Not understood", "Open the form again and fill it in anew."))?;
    let groups: Vec<String> = form.allowed_groups.lines().map(str::to_owned).collect();
    match super::register(&app, Authority::Admin(&admin, &browser), id, form.registration(), &groups, app.clock.now()).await {
        Ok(registered) => Ok(CreatedPage::new(&app, &admin, registered, true).into_response()),
        Err(Refused::Mistakes(mistakes)) => {
            let fields = form.fields(mistakes);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, NewPage { chrome: admin.chrome(&app), id, fields, algs: ALGS }).into_response())
        }
        Err(Refused::AlreadyThere) => Ok(Redirect::to(&format!("/admin/clients/{id}?notice=already")).into_response()),
        Err(Refused::Gone) => Err(gone()),
        Err(Refused::Internal(error)) => Err(error.into()),
    }
}

/// What a client's address says.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ShowAddress {
    #[serde(default)]
    notice: String,
    #[serde(default)]
    groups: String,
}

/// A client: its form, its secrets, its groups.
#[derive(Template, WebTemplate)]
#[template(path = "clients/show.html")]
pub struct ShowPage {
    chrome: Chrome,
    notice: Option<(&'static str, &'static str)>,
    id: ClientId,
    client_id: String,
    title: String,
    created_at: Timestamp,
    restricted: bool,
    fields: Fields,
    algs: [(&'static str, &'static str); 3],
    has_secrets: bool,
    secrets: Vec<SecretLine>,
    groups: Vec<GroupLine>,
    group_search: String,
    offered: Vec<GroupLine>,
    endpoints: Endpoints,
    last_notice: Option<super::LastNotice>,
}

impl ShowPage {
    async fn read(app: &App, admin: &AdminSession, id: ClientId, group_search: &str) -> Result<Self, AppError> {
        let mut conn = app.db.read().await?;
        let client = store::find(&mut conn, id).await?.ok_or(AppError::NotFound)?;
        let group_search: String = group_search.trim().chars().take(100).collect();
        Ok(Self {
            chrome: admin.chrome(app),
            notice: None,
            id,
            client_id: client.client_id,
            title: client.registration.name.clone(),
            created_at: client.created_at,
            restricted: client.restricted,
            has_secrets: !client.registration.is_public,
            fields: Fields::new(client.registration, String::new(), Mistakes::new()),
            algs: ALGS,
            secrets: store::secrets(&mut conn, id).await?,
            groups: store::groups(&mut conn, id).await?,
            offered: store::other_groups(&mut conn, id, &group_search, GROUPS_OFFERED).await?,
            group_search,
            endpoints: Endpoints::new(app),
            last_notice: super::last_notice(&mut conn, id).await?,
        })
    }
}

/// `GET /admin/clients/{id}`.
pub async fn show(
    State(app): State<App>,
    admin: AdminSession,
    Path(id): Path<ClientId>,
    Query(address): Query<ShowAddress>,
) -> Result<ShowPage, AppError> {
    let mut page = ShowPage::read(&app, &admin, id, &address.groups).await?;
    page.notice = match address.notice.as_str() {
        "saved" => Some(("good", "Saved.")),
        "already" => Some(("good", "This app is registered already: the form was sent twice. If you did not note its secret, make a new one below.")),
        "secret_deleted" => Some(("good", "The secret was deleted. An app that still uses it can no longer sign anyone in.")),
        "groups" => Some(("good", "Saved who may use this app.")),
        _ => None,
    };
    Ok(page)
}

/// `POST /admin/clients/{id}`.
pub async fn update(
    State(app): State<App>,
    admin: AdminSession,
    browser: web::Client,
    Path(id): Path<ClientId>,
    Form(form): Form<ClientForm>,
) -> Result<Response, AppError> {
    match super::update(&app, Authority::Admin(&admin, &browser), id, form.registration(), app.clock.now()).await {
        Ok(()) => Ok(Redirect::to(&format!("/admin/clients/{id}?notice=saved")).into_response()),
        Err(Refused::Mistakes(mistakes)) => {
            let mut page = ShowPage::read(&app, &admin, id, "").await?;
            page.fields = form.fields(mistakes);
            page.notice = Some(("bad", "Not saved: something below needs another look."));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(Refused::Gone | Refused::AlreadyThere) => Err(gone()),
        Err(Refused::Internal(error)) => Err(error.into()),
    }
}

/// `POST /admin/clients/{id}/secrets`. Answers with the page itself: the secret can be shown only now.
pub async fn make_secret(State(app): State<App>, admin: AdminSession, browser: web::Client, Path(id): Path<ClientId>) -> Result<Response, AppError> {
    match super::make_secret(&app, Authority::Admin(&admin, &browser), id, app.clock.now()).await {
        Ok(registered) => Ok(CreatedPage::new(&app, &admin, registered, false).into_response()),
        Err(Refused::Mistakes(mistakes)) => Err(AppError::refused("No new secret", mistakes.into_values().next().unwrap_or_default())),
        Err(Refused::Gone | Refused::AlreadyThere) => Err(gone()),
        Err(Refused::Internal(error)) => Err(error.into()),
    }
}

/// Names a secret by its first characters.
#[derive(Deserialize)]
pub struct SecretForm {
    hint: String,
}

/// `POST /admin/clients/{id}/secrets/delete`.
pub async fn delete_secret(
    State(app): State<App>,
    admin: AdminSession,
    browser: web::Client,
    Path(id): Path<ClientId>,
    Form(form): Form<SecretForm>,
) -> Result<Redirect, AppError> {
    let done = super::delete_secret(&app, Authority::Admin(&admin, &browser), id, &form.hint, app.clock.now()).await;
    done.map_err(app_error)?;
    Ok(Redirect::to(&format!("/admin/clients/{id}?notice=secret_deleted")))
}

/// One change to who may use a client.
#[derive(Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum GroupsForm {
    /// People in this group too.
    Allow {
        /// The group.
        group: GroupId,
    },
    /// No longer people in this group.
    Disallow {
        /// The group.
        group: GroupId,
    },
    /// Only people in groups that are named.
    Restrict,
    /// Everyone.
    Open,
}

/// `POST /admin/clients/{id}/groups`.
pub async fn change_groups(
    State(app): State<App>,
    admin: AdminSession,
    browser: web::Client,
    Path(id): Path<ClientId>,
    Form(form): Form<GroupsForm>,
) -> Result<Redirect, AppError> {
    let (by, now) = (Authority::Admin(&admin, &browser), app.clock.now());
    let done = match form {
        GroupsForm::Allow { group } => super::allow_group(&app, by, id, group, now).await,
        GroupsForm::Disallow { group } => super::disallow_group(&app, by, id, group, now).await,
        GroupsForm::Restrict => super::restrict(&app, by, id, true, now).await,
        GroupsForm::Open => super::restrict(&app, by, id, false, now).await,
    };
    done.map_err(app_error)?;
    Ok(Redirect::to(&format!("/admin/clients/{id}?notice=groups#groups")))
}

/// `POST /admin/clients/{id}/delete`.
pub async fn delete(State(app): State<App>, admin: AdminSession, browser: web::Client, Path(id): Path<ClientId>) -> Result<Redirect, AppError> {
    super::delete(&app, Authority::Admin(&admin, &browser), id, app.clock.now()).await.map_err(app_error)?;
    Ok(Redirect::to("/admin/clients?notice=deleted"))
}

fn app_error(refused: Refused) -> AppError {
    match refused {
        Refused::Internal(error) => error.into(),
        Refused::Gone | Refused::AlreadyThere | Refused::Mistakes(_) => gone(),
    }
}
