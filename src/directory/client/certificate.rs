//! What a certificate says, for people.

use serde::Serialize;

use crate::clock::Timestamp;

/// The facts of a server's certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateFacts {
    /// Whom it is for, as a distinguished name; may be empty.
    pub subject: String,
    /// The names and addresses it may be used under (subject alternative names, RFC 5280 section 4.2.1.6).
    pub names: Vec<String>,
    /// Who signed it.
    pub issuer: String,
    /// When it begins to be valid.
    pub not_before: Timestamp,
    /// When it ends to be valid.
    pub not_after: Timestamp,
    /// Whether it was signed by nobody else.
    pub is_self_signed: bool,
}

impl CertificateFacts {
    /// The names it may be used under, for a sentence.
    pub fn names_for_people(&self) -> String {
        self.names.join(", ")
    }
}
