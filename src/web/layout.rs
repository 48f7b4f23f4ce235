//! What every page has around its content.

use crate::app::App;

/// The frame of a page: the installation's name and who is signed in. Every page struct has one as its field `chrome`.
#[derive(Clone, Debug)]
pub struct Chrome {
    /// Name of this installation.
    pub app_name: String,
    /// Who is signed in, if anyone.
    pub person: Option<ChromePerson>,
    /// The path of the page, to mark where in the navigation the person is; empty when nobody is signed in.
    pub path: String,
}

/// Who is signed in, as the frame shows it.
#[derive(Clone, Debug)]
pub struct ChromePerson {
    /// What to call them.
    pub display_name: String,
    /// Whether to offer the administration.
    pub is_admin: bool,
}

impl Chrome {
    /// The frame of a page for nobody in particular.
    pub fn public(app: &App) -> Self {
        Self { app_name: app.settings().app_name.clone(), person: None, path: String::new() }
    }

    /// Whether this is the page at `path`.
    pub fn is_at(&self, path: &str) -> bool {
        self.path == path
    }

    /// Whether this is the page at `path` or one below it.
    pub fn is_under(&self, path: &str) -> bool {
        self.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}
