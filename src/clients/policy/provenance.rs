//! Who registered a client, and how.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Policy, Typed};
use crate::clients::Mistakes;
use crate::language::t;
use crate::outbound::NamedBy;

/// Who registered a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegisteredBy {
    /// A person, on the page or at the command line.
    #[default]
    Administrator,
    /// The file of clients; it alone changes the client.
    File,
    /// The app itself (RFC 7591).
    Itself,
    /// The document at the address that is its client ID.
    Document,
}

/// Who registered a client, and how. No form decides this.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// Who.
    pub registered_by: RegisteredBy,
    /// The name of the file.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The file no longer has it, so it may not be used.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub out_of_service: bool,
    /// What it said about itself that decides nothing here, by the names of client metadata (RFC 7591 section 2).
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub said: Map<String, Value>,
}

impl Provenance {
    /// Whether nobody who administers this server entered it: it is never taken for an app of the house.
    pub const fn is_stranger(&self) -> bool {
        matches!(self.registered_by, RegisteredBy::Itself | RegisteredBy::Document)
    }

    /// Whether the file alone may change it.
    pub const fn is_kept_by_file(&self) -> bool {
        matches!(self.registered_by, RegisteredBy::File) && !self.out_of_service
    }

    /// Who named the addresses in its registration.
    pub const fn named_by(&self) -> NamedBy {
        if self.is_stranger() { NamedBy::Stranger } else { NamedBy::Administrator }
    }

    /// For administrators, whole sentences; empty when a person registered it.
    pub fn words(&self) -> String {
        match self.registered_by {
            RegisteredBy::Administrator => String::new(),
            RegisteredBy::File if self.out_of_service => t("client-out-of-service").with("file", &self.file).into(),
            RegisteredBy::File => t("client-declared").with("file", &self.file).into(),
            RegisteredBy::Itself => t("client-registered-itself").into(),
            RegisteredBy::Document => t("client-described").into(),
        }
    }
}

impl Policy for Provenance {
    fn from_typed(_typed: &Typed) -> Self {
        Self::default()
    }

    fn to_typed(&self, typed: &mut Typed) {
        let words = self.words();
        if !words.is_empty() {
            typed.put("provenance", words);
        }
    }

    fn check(&mut self, _mistakes: &mut Mistakes) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_registered_before_reads_as_one_a_person_registered() {
        let old: Provenance = serde_json::from_str("{}").unwrap();
        assert_eq!((old.registered_by, old.named_by(), old.words().as_str()), (RegisteredBy::Administrator, NamedBy::Administrator, ""));
        let itself = Provenance { registered_by: RegisteredBy::Itself, ..Provenance::default() };
        assert_eq!(serde_json::from_str::<Provenance>(&serde_json::to_string(&itself).unwrap()).unwrap(), itself);
        assert_eq!(itself.named_by(), NamedBy::Stranger);
    }
}
