//! `GET /admin/clients/catalogue`: the first step of registering an app, which one it is.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Query, State};
use serde::Deserialize;

use crate::app::App;
use crate::clients::Face;
use crate::clients::catalogue::{self, Topic};
use crate::language::Text;
use crate::sessions::AdminSession;
use crate::web::Chrome;

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
}

struct Tile {
    app: &'static catalogue::Template,
    face: Face,
}

/// The grid.
#[derive(Template, WebTemplate)]
#[template(path = "clients/choose.html")]
pub struct ChoosePage {
    chrome: Chrome,
    search: String,
    topics: Vec<(Text, Vec<Tile>)>,
}

/// The apps that fit, topic by topic; the general kinds last, and always, because one of them fits every app.
pub async fn choose(State(app): State<App>, admin: AdminSession, Query(search): Query<Search>) -> ChoosePage {
    let search: String = search.q.trim().chars().take(100).collect();
    let found = catalogue::search(&search);
    let (general, named): (Vec<_>, Vec<_>) = Topic::ALL.into_iter().partition(|topic| *topic == Topic::General);
    let tile = |app: &'static catalogue::Template| Tile { app, face: Face::new(app.id, app.name, "") };
    let tiles = |topic: Topic| -> Vec<Tile> {
        let fits = |app: &&'static catalogue::Template| app.topic == topic && (app.is_general() || found.iter().any(|it| it.id == app.id));
        catalogue::all().filter(fits).map(tile).collect()
    };
    let topics = named.into_iter().chain(general).map(|topic| (topic.heading(), tiles(topic)));
    ChoosePage { chrome: admin.chrome(&app), search, topics: topics.filter(|(_, tiles)| !tiles.is_empty()).collect() }
}
