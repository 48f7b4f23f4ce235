//! What a certificate says, for people. Reads only; whether to trust it is decided in [`tls`](super::tls).

use serde::Serialize;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate, X509Name};

use crate::clock::Timestamp;
use crate::language::t;

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

/// How many names are kept.
const MAX_NAMES: usize = 100;

impl CertificateFacts {
    /// Reads a certificate in DER; `None` when it is none.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let alternatives = certificate.subject_alternative_name().ok().flatten();
        let names = alternatives.iter().flat_map(|extension| &extension.value.general_names).filter_map(name).take(MAX_NAMES).collect();
        Some(Self {
            subject: readable(certificate.subject()),
            names,
            issuer: readable(certificate.issuer()),
            not_before: Timestamp::from_seconds(certificate.validity().not_before.timestamp()),
            not_after: Timestamp::from_seconds(certificate.validity().not_after.timestamp()),
            is_self_signed: certificate.subject() == certificate.issuer(),
        })
    }

    /// The names it may be used under, for a sentence: `ldap.example.org and 10.0.0.5`.
    pub fn names_for_people(&self) -> String {
        match self.names.as_slice() {
            [] => t("directory-names-none").into(),
            [name] => name.clone(),
            [names @ .., last] if names.len() < 5 => t("directory-names-few").with("names", names.join(", ")).with("last", last).into(),
            names => t("directory-names-many").with("names", names[..4].join(", ")).with("more", (names.len() - 4).to_string()).into(),
        }
    }
}

fn readable(name: &X509Name<'_>) -> String {
    name.to_string().chars().filter(|c| !c.is_control()).take(300).collect()
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    let text = match name {
        GeneralName::DNSName(name) => (*name).to_owned(),
        GeneralName::IPAddress(bytes) => match (<[u8; 4]>::try_from(*bytes), <[u8; 16]>::try_from(*bytes)) {
            (Ok(v4), _) => std::net::Ipv4Addr::from(v4).to_string(),
            (_, Ok(v6)) => std::net::Ipv6Addr::from(v6).to_string(),
            _ => return None,
        },
        _ => return None,
    };
    Some(text.chars().filter(|c| !c.is_control()).take(255).collect())
}
