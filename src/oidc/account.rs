//! `/account/apps`: the apps a person can open, and those that may know who they are.

use std::collections::BTreeSet;

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use serde::Deserialize;

use super::AppLine;
use super::answer::answer_url;
use super::scope::Scopes;
use crate::apis::{self, Api, Reach};
use crate::app::App;
use crate::clients::{self, Face, OpenTo};
use crate::clock::Timestamp;
use crate::error::AppError;
use crate::id::{ApiId, ClientId};
use crate::language::{Text, t};
use crate::sessions::SignedIn;
use crate::web::{self, Chrome};

/// The page.
#[derive(Template, WebTemplate)]
#[template(path = "oidc/apps.html")]
pub struct AppsPage {
    chrome: Chrome,
    apps: Vec<Card>,
    notice: Option<Text>,
}

/// An app on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Card {
    id: ClientId,
    name: String,
    face: Face,
    /// Where a click leads; empty when only the app itself knows.
    open: String,
    /// Whether they may (still) use it.
    may_use: bool,
    /// What it got, if it has been used.
    used: Option<Used>,
}

/// What an app was given.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Used {
    scopes: Vec<String>,
    /// APIs by name, with what it may do there.
    apis: Vec<(String, Vec<String>)>,
    granted_at: Timestamp,
    last_used_at: Timestamp,
}

/// The cards, by name: every app that was used, and those that were not but can be opened. A click opens the app where its administrator said, or else begins
/// a sign-in where the app said (OpenID Connect Core, section 4).
fn cards(may_use: Vec<OpenTo>, used: Vec<AppLine>, apis: &[Api], issuer: &str) -> Vec<Card> {
    let face = |id: ClientId, name: &str, logo: &str| Face::new(&id.to_string(), name, logo);
    let mut cards: Vec<Card> = may_use
        .into_iter()
        .map(|app| Card {
            id: app.id,
            face: face(app.id, &app.name, &app.logo),
            open: match (app.launch_url, app.initiate_login_uri) {
                (launch_url, initiate) if launch_url.is_empty() && !initiate.is_empty() => answer_url(&initiate, &[("iss", issuer)]),
                (launch_url, _) => launch_url,
            },
            name: app.name,
            may_use: true,
            used: None,
        })
        .collect();
    for line in used {
        let used = Used {
            scopes: Scopes::parse(&line.scopes).iter().map(|scope| scope.for_people().into()).collect(),
            apis: apis::words(apis, &Reach::from_text(&line.permissions)),
            granted_at: line.granted_at,
            last_used_at: line.last_used_at,
        };
        match cards.iter_mut().find(|card| card.id == line.id) {
            Some(card) => card.used = Some(used),
            None => {
                let face = face(line.id, &line.name, &line.logo);
                cards.push(Card { id: line.id, name: line.name, face, open: String::new(), may_use: false, used: Some(used) });
            }
        }
    }
    cards.retain(|card| card.used.is_some() || !card.open.is_empty());
    cards.sort_by_key(|card| (card.name.to_lowercase(), card.id));
    cards
}

/// What the address may say.
#[derive(Deserialize)]
pub struct Address {
    notice: Option<String>,
}

/// `GET /account/apps`.
pub async fn get(State(app): State<App>, person: SignedIn, Query(address): Query<Address>) -> Result<AppsPage, AppError> {
    let used = super::apps_of_user(&app, person.user.id).await?;
    let mut conn = app.db.read().await?;
    let may_use = clients::open_to(&mut conn, person.user.id).await?;
    let reached: BTreeSet<ApiId> = used.iter().flat_map(|line| Reach::from_text(&line.permissions).apis().collect::<Vec<_>>()).collect();
    let apis = if reached.is_empty() { Vec::new() } else { apis::find_all(&mut conn, reached).await? };
    drop(conn);
    let notice = (address.notice.as_deref() == Some("revoked")).then(|| t("app-removed"));
    Ok(AppsPage { chrome: person.chrome(&app), apps: cards(may_use, used, &apis, app.config.origin.as_str()), notice })
}

/// `POST /account/apps/{id}/revoke`.
pub async fn revoke(State(app): State<App>, person: SignedIn, browser: web::Client, Path(client): Path<ClientId>) -> Result<Redirect, AppError> {
    super::take_back(&app, &person, client, &browser, app.clock.now()).await?;
    Ok(Redirect::to("/account/apps?notice=revoked"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_to(name: &str, launch_url: &str, initiate_login_uri: &str) -> OpenTo {
        let text = str::to_owned;
        OpenTo {
            id: ClientId::new(),
            name: text(name),
            launch_url: text(launch_url),
            initiate_login_uri: text(initiate_login_uri),
            logo: String::new(),
        }
    }

    fn line(id: ClientId, name: &str) -> AppLine {
        let (name, logo, scopes, permissions) = (name.to_owned(), String::new(), "openid email".to_owned(), String::new());
        AppLine { id, name, logo, scopes, permissions, granted_at: Timestamp::EPOCH, last_used_at: Timestamp::EPOCH }
    }

    #[test]
    fn apps_that_can_be_opened_and_apps_that_were_used_are_listed_once_by_name() {
        let (wiki, photos) =
            (open_to("wiki", "https://wiki.example", "https://wiki.example/login"), open_to("Photos", "", "https://photos.example/login"));
        let (hidden, plain) = (open_to("Hidden", "", ""), open_to("Plain", "", ""));
        let lost = ClientId::new();
        let used = vec![line(wiki.id, "wiki"), line(plain.id, "Plain"), line(lost, "Lost")];
        let cards = cards(vec![wiki, photos, hidden, plain], used, &[], "https://id.example");
        let seen: Vec<_> = cards.iter().map(|card| (card.name.as_str(), card.open.as_str(), card.may_use, card.used.is_some())).collect();
        assert_eq!(
            seen,
            [
                ("Lost", "", false, true),
                ("Photos", "https://photos.example/login?iss=https%3A%2F%2Fid.example", true, false),
                ("Plain", "", true, true),
                ("wiki", "https://wiki.example", true, true),
            ]
        );
        assert_eq!(cards[0].used.as_ref().unwrap().scopes, ["Know that it is you", "See your e-mail address"]);
    }
}
