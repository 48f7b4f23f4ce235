//! What a client's tokens are and where they count.

use serde::{Deserialize, Serialize};

use super::{Policy, Typed};
use crate::clients::Mistakes;

/// What a client's tokens are and where they count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenPolicy {}

impl Policy for TokenPolicy {
    fn from_typed(_typed: &Typed) -> Self {
        Self {}
    }

    fn to_typed(&self, _typed: &mut Typed) {}

    fn check(&mut self, _mistakes: &mut Mistakes) {}
}
