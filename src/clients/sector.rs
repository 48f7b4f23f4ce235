//! The list at a `sector_identifier_uri` (OpenID Connect Core, section 8.1): apps of several hosts that call people the same say there which redirect URIs
//! belong together. Whoever could name any list would learn what other apps call people, so the list must name every redirect URI of the client.

use super::model::Registration;
use crate::outbound::{Limits, NamedBy, Outbound};

/// Looks whether the list names every redirect URI of what is to be registered; nothing to do when it names no list.
///
/// # Errors
/// Why it does not, in a sentence.
pub async fn verify(outbound: &Outbound, registration: &Registration, named_by: NamedBy) -> Result<(), String> {
    let uri = registration.policies.claims.sector_identifier_uri.as_str();
    if uri.is_empty() {
        return Ok(());
    }
    let answer = outbound.get(uri, named_by, Limits::DOCUMENT).await.map_err(|why| format!("The list cannot be fetched. {why}"))?;
    if answer.status != 200 {
        return Err(format!("The list cannot be fetched: its server answered {}.", answer.status));
    }
    check(&answer.body, &registration.redirect_uris)
}

/// OpenID Connect Dynamic Registration, section 5: a JSON array in which every redirect URI stands.
fn check(body: &[u8], redirect_uris: &[String]) -> Result<(), String> {
    let listed: Vec<String> = serde_json::from_slice(body).map_err(|_| "What is there is no list of texts in JSON.".to_owned())?;
    match redirect_uris.iter().find(|uri| !listed.contains(uri)) {
        None => Ok(()),
        Some(missing) => Err(format!("The list does not name {}.", missing.chars().take(200).collect::<String>())),
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
