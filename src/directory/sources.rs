//! The directories as lists of people and groups show them: a name to filter by, and the mark shown with everything from there.

use std::collections::BTreeMap;

use super::settings::TAG;
use super::{DEFAULT, names, scope};
use crate::app::App;
use crate::db::Conn;
use crate::settings::remembered;

/// The names of all directories with their marks.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    names: Vec<String>,
    marks: BTreeMap<String, String>,
}

impl Sources {
    /// The names to filter by; none when there is only one directory, which needs no name.
    pub fn to_choose(&self) -> &[String] {
        if self.names.len() > 1 { &self.names } else { &[] }
    }

    /// The mark of a directory; empty when it has none.
    pub fn mark(&self, directory: &str) -> &str {
        self.marks.get(directory).map_or("", String::as_str)
    }
}

/// Reads them.
///
/// # Errors
/// When the database cannot be read.
pub async fn sources(app: &App, conn: &mut Conn) -> sqlx::Result<Sources> {
    let names = names(conn).await?;
    let mut stored = if app.config.ui_config_disabled { BTreeMap::new() } else { remembered(conn, TAG.key).await? };
    let mut marks: BTreeMap<String, String> = names.iter().filter_map(|name| Some((name.clone(), stored.remove(&scope(name))?))).collect();
    if let Some(mark) = app.config.settings_from_environment.get(TAG.key) {
        marks.insert(DEFAULT.to_owned(), mark.trim().to_owned());
    }
    Ok(Sources { names, marks })
}
