//! How people meet a client: where it starts, and which well-known app it is.

use serde::{Deserialize, Serialize};

use super::{Policy, Typed};
use crate::clients::model::check_redirect_uri;
use crate::clients::{Mistakes, catalogue};
use crate::language::t;

/// How people meet a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Presentation {
    /// Where people open the app, from their page of apps; empty when it is not shown there.
    pub launch_url: String,
    /// Its entry in the [`catalogue`], which says how it is connected; empty when it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub template: String,
    /// Its own address, for the entry's placeholders; empty when nobody said.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
}

impl Policy for Presentation {
    fn from_typed(typed: &Typed) -> Self {
        let text = |field| typed.text(field).to_owned();
        Self { launch_url: text("launch_url"), template: text("template"), address: text("app_url") }
    }

    fn to_typed(&self, typed: &mut Typed) {
        typed.put("launch_url", self.launch_url.as_str());
        typed.put("template", self.template.as_str());
        typed.put("app_url", self.address.as_str());
    }

    fn check(&mut self, mistakes: &mut Mistakes) {
        self.launch_url = self.launch_url.trim().to_owned();
        let is_web = self.launch_url.starts_with("https://") || self.launch_url.starts_with("http://");
        let is_good = is_web && check_redirect_uri(&self.launch_url).is_ok();
        if !is_good && !self.launch_url.is_empty() {
            mistakes.insert("launch_url", t("client-launch-wrong").into());
        }
        // An entry may go from the catalogue, and a client stay.
        if catalogue::find(&self.template).is_none() {
            self.template.clear();
        }
        if !self.address.trim().is_empty() {
            match catalogue::address(&self.address) {
                Ok(address) => self.address = address,
                Err(mistake) => {
                    mistakes.insert("app_url", mistake.into());
                }
            }
        } else {
            self.address.clear();
        }
    }
}
