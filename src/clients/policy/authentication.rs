//! How a client proves who it is.

use serde::{Deserialize, Serialize};

use super::{Policy, Typed};
use crate::clients::Mistakes;

/// How a client proves who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Authentication {}

impl Policy for Authentication {
    fn from_typed(_typed: &Typed) -> Self {
        Self {}
    }

    fn to_typed(&self, _typed: &mut Typed) {}

    fn check(&mut self, _mistakes: &mut Mistakes) {}
}
