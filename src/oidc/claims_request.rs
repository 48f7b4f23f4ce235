//! The `claims` parameter (OpenID Connect Core, section 5.5): claims asked for one by one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::acr::Wanted;
use super::claims;
use super::scope::Scopes;

/// Claims by name, for each of the two places they can stand. Names we have no claim for are left out. Kept with a grant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// For the ID token.
    #[serde(default)]
    pub id_token: BTreeSet<String>,
    /// For userinfo.
    #[serde(default)]
    pub userinfo: BTreeSet<String>,
}

impl Named {
    /// As a grant keeps it; empty when nothing is named.
    pub fn to_text(&self) -> String {
        if self.id_token.is_empty() && self.userinfo.is_empty() { String::new() } else { serde_json::to_string(self).unwrap_or_default() }
    }

    /// Reads what [`to_text`](Self::to_text) wrote.
    pub fn from_text(text: &str) -> Self {
        if text.is_empty() { Self::default() } else { serde_json::from_str(text).unwrap_or_default() }
    }

    /// The scopes that would give these claims: what a person is asked about.
    pub fn scopes(&self) -> Scopes {
        self.id_token.iter().chain(&self.userinfo).filter_map(|name| claims::scope_of(name)).collect()
    }
}

/// What a `claims` parameter asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimsRequest {
    /// Claims of the person.
    pub named: Named,
    /// Whom it must be: one of these subjects, when there are any (section 5.5.1).
    pub subjects: Vec<String>,
    /// Which class the sign-in should have (section 5.5.1.1).
    pub acr: Option<Wanted>,
}

/// Reads the parameter.
///
/// # Errors
/// What is wrong with it, for the app's developer.
pub fn parse(text: &str) -> Result<ClaimsRequest, &'static str> {
    const NOT_AN_OBJECT: &str = "claims must be a JSON object";
    let Ok(Value::Object(places)) = serde_json::from_str::<Value>(text) else { return Err(NOT_AN_OBJECT) };
    let mut request = ClaimsRequest::default();
    for place in ["id_token", "userinfo"] {
        let asked = match places.get(place) {
            None | Some(Value::Null) => continue,
            Some(Value::Object(asked)) => asked,
            Some(_) => return Err("id_token and userinfo in claims must be JSON objects"),
        };
        for (name, how) in asked {
            let none = Map::new();
            let how = match how {
                Value::Null => &none,
                Value::Object(how) => how,
                _ => return Err("a claim in claims must be null or a JSON object"),
            };
            match name.as_str() {
                "sub" => request.subjects.extend(values(how)?),
                "acr" if place == "id_token" => {
                    request.acr = Some(Wanted { values: values(how)?, is_essential: how.get("essential") == Some(&Value::Bool(true)) });
                }
                name if claims::scope_of(name).is_some() => {
                    let names = if place == "id_token" { &mut request.named.id_token } else { &mut request.named.userinfo };
                    names.insert(name.to_owned());
                }
                _ => {}
            }
        }
    }
    Ok(request)
}

/// The texts of `value` or `values`.
fn values(how: &Map<String, Value>) -> Result<Vec<String>, &'static str> {
    const NOT_TEXT: &str = "value and values of sub and acr in claims must be texts";
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or(NOT_TEXT);
    match (how.get("value"), how.get("values")) {
        (Some(value), _) => Ok(vec![text(value)?]),
        (None, Some(Value::Array(values))) => values.iter().map(text).collect(),
        (None, Some(_)) => Err(NOT_TEXT),
        (None, None) => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_has_its_claims() {
        let text = r#"{"userinfo":{"name":{"essential":true},"email":null,"http://x.example/y":null},"id_token":{"auth_time":{"essential":true},"groups":null}}"#;
        let asked = parse(text).unwrap();
        assert_eq!(asked.named.userinfo.iter().map(String::as_str).collect::<Vec<_>>(), ["email", "name"]);
        assert_eq!(asked.named.id_token.iter().map(String::as_str).collect::<Vec<_>>(), ["groups"]);
        assert_eq!(asked.named.scopes().to_string(), "profile email groups");
        assert_eq!(Named::from_text(&asked.named.to_text()), asked.named);
        assert_eq!((parse("{}").unwrap(), Named::default().to_text()), (ClaimsRequest::default(), String::new()));
        assert_eq!(parse(r#"{"userinfo":null,"other":7}"#).unwrap(), ClaimsRequest::default());
    }

    #[test]
    fn person_and_class_can_be_demanded() {
        let asked = parse(r#"{"id_token":{"sub":{"value":"7"},"acr":{"essential":true,"values":["phrh","phr"]}}}"#).unwrap();
        assert_eq!(asked.subjects, ["7"]);
        assert_eq!(asked.acr, Some(Wanted { values: vec!["phrh".into(), "phr".into()], is_essential: true }));
        let asked = parse(r#"{"id_token":{"acr":null,"sub":null}}"#).unwrap();
        assert_eq!((asked.subjects.len(), asked.acr), (0, Some(Wanted::default())));
    }

    #[test]
    fn what_is_no_claims_request_is_refused() {
        for bad in ["", "x", "[]", "7", "null", r#"{"userinfo":[]}"#, r#"{"userinfo":{"name":true}}"#, r#"{"id_token":{"sub":{"value":7}}}"#] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        for bad in [r#"{"id_token":{"acr":{"values":"phr"}}}"#, r#"{"id_token":{"acr":{"values":[1]}}}"#, "{\"a\":"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
