//! The proxy that asks whether people may see what it guards.

use serde::{Deserialize, Serialize};

use super::{Policy, Typed};
use crate::clients::Mistakes;

/// The proxy that asks whether people may see what it guards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForwardAuth {}

impl Policy for ForwardAuth {
    fn from_typed(_typed: &Typed) -> Self {
        Self {}
    }

    fn to_typed(&self, _typed: &mut Typed) {}

    fn check(&mut self, _mistakes: &mut Mistakes) {}
}
