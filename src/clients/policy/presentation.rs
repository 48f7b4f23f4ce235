//! How people meet a client: where it starts.

use serde::{Deserialize, Serialize};

use super::{Policy, Typed};
use crate::clients::Mistakes;
use crate::clients::model::check_redirect_uri;

/// How people meet a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Presentation {
    /// Where people open the app, from their page of apps; empty when it is not shown there.
    pub launch_url: String,
}

impl Policy for Presentation {
    fn from_typed(typed: &Typed) -> Self {
        Self { launch_url: typed.text("launch_url").to_owned() }
    }

    fn to_typed(&self, typed: &mut Typed) {
        typed.put("launch_url", self.launch_url.as_str());
    }

    fn check(&mut self, mistakes: &mut Mistakes) {
        self.launch_url = self.launch_url.trim().to_owned();
        let is_web = self.launch_url.starts_with("https://") || self.launch_url.starts_with("http://");
        let is_good = is_web && check_redirect_uri(&self.launch_url).is_ok();
        if !is_good && !self.launch_url.is_empty() {
            mistakes.insert("launch_url", "This is not a full address; one looks like https://app.example.org.".to_owned());
        }
    }
}
