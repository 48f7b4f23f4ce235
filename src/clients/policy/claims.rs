//! What a client learns about people, and when it may sign them in.

use serde::{Deserialize, Serialize};

use super::{Policy, Typed};
use crate::clients::Mistakes;

/// What a client learns about people, and when it may sign them in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimsPolicy {}

impl Policy for ClaimsPolicy {
    fn from_typed(_typed: &Typed) -> Self {
        Self {}
    }

    fn to_typed(&self, _typed: &mut Typed) {}

    fn check(&mut self, _mistakes: &mut Mistakes) {}
}
