//! The list at a `sector_identifier_uri` (OpenID Connect Core, section 8.1): apps of several hosts that call people the same say there which redirect URIs
//! belong together. Whoever could name any list would learn what other apps call people, so the list must name every redirect URI of the client.

use super::model::Registration;
use crate::language::{Text, t, told};
use crate::outbound::{Limits, NamedBy, Outbound};

/// Why a list does not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlisted {
    /// Nobody answered; why.
    Unanswered(String),
    /// The answer had another status than 200.
    Status(u16),
    /// The answer is no list.
    NoList,
    /// The list lacks this redirect URI.
    Lacks(String),
}

impl Unlisted {
    /// For people, a whole sentence.
    pub fn words(&self) -> Text {
        match self {
            Self::Unanswered(why) => t("client-list-unreachable").with("why", told(why)),
            Self::Status(status) => t("client-list-status").with("status", status),
            Self::NoList => t("client-list-no-json"),
            Self::Lacks(uri) => t("client-list-lacks").with("uri", uri),
        }
    }
}

/// Looks whether the list names every redirect URI of what is to be registered; nothing to do when it names no list.
///
/// # Errors
/// Why it does not.
pub async fn verify(outbound: &Outbound, registration: &Registration, named_by: NamedBy) -> Result<(), Unlisted> {
    let uri = registration.policies.claims.sector_identifier_uri.as_str();
    if uri.is_empty() {
        return Ok(());
    }
    let answer = outbound.get(uri, named_by, Limits::DOCUMENT).await.map_err(|why| Unlisted::Unanswered(why.to_string()))?;
    if answer.status != 200 {
        return Err(Unlisted::Status(answer.status));
    }
    check(&answer.body, &registration.redirect_uris)
}

/// OpenID Connect Dynamic Registration, section 5: a JSON array in which every redirect URI stands.
fn check(body: &[u8], redirect_uris: &[String]) -> Result<(), Unlisted> {
    let listed: Vec<String> = serde_json::from_slice(body).map_err(|_| Unlisted::NoList)?;
    match redirect_uris.iter().find(|uri| !listed.contains(uri)) {
        None => Ok(()),
        Some(missing) => Err(Unlisted::Lacks(missing.chars().take(200).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_redirect_uri_stands_in_the_list() {
        let fits = |body: &str| check(body.as_bytes(), &["https://a.example/cb".to_owned(), "https://b.example/cb".to_owned()]).is_ok();
        assert!(fits(r#"["https://b.example/cb","https://a.example/cb","https://c.example/cb"]"#));
        for bad in
            [r#"["https://a.example/cb"]"#, "[]", r#"{"redirect_uris":["https://a.example/cb"]}"#, r#"["https://a.example/cb",7]"#, "", "not json"]
        {
            assert!(!fits(bad), "{bad}");
        }
    }
}
