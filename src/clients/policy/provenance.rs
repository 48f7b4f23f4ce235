//! Who registered a client, and how.

use serde::{Deserialize, Serialize};

use super::{Policy, Typed};
use crate::clients::Mistakes;

/// Who registered a client, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {}

impl Policy for Provenance {
    fn from_typed(_typed: &Typed) -> Self {
        Self {}
    }

    fn to_typed(&self, _typed: &mut Typed) {}

    fn check(&mut self, _mistakes: &mut Mistakes) {}
}
