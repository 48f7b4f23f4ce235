//! What a client learns about a person. One pure function, used by ID token and userinfo alike.

use std::collections::BTreeMap;

use openidconnect::core::CoreGenderClaim;
use openidconnect::{
    AdditionalClaims, EndUserEmail, EndUserFamilyName, EndUserGivenName, EndUserName, EndUserPictureUrl, EndUserUsername, LanguageTag,
    LocalizedClaim, StandardClaims, SubjectIdentifier,
};
use serde::{Deserialize, Serialize};

use super::scope::{Scope, Scopes};
use crate::clock::Timestamp;
use crate::config::Origin;
use crate::users::User;

/// Claims beyond OpenID Connect Core, section 5.1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoreClaims {
    /// The names of the person's groups. There, and then possibly empty, when the scope `groups` was granted: an app that takes rights away from people
    /// without groups must be able to tell "none" from "not said".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// Further attributes of a directory's person, under the names its settings give them (`LDAP_CUSTOM_CLAIMS`).
    #[serde(flatten)]
    pub extras: BTreeMap<String, serde_json::Value>,
}

impl AdditionalClaims for MoreClaims {}

/// What a scope lets a client learn.
pub type Claims = (StandardClaims<CoreGenderClaim>, MoreClaims);

/// The claims of a person for these scopes, for an issuer at `origin`. What is not known is left out, never sent empty. What a directory says besides comes
/// with `profile`, and never under a name that means something else.
pub fn for_scope(origin: &Origin, user: &User, groups: &[String], scopes: &Scopes) -> Claims {
    let mut standard = StandardClaims::new(SubjectIdentifier::new(user.id.to_string()));
    let mut additional = MoreClaims::default();
    for scope in scopes.iter() {
        match scope {
            Scope::OpenId | Scope::OfflineAccess => {}
            Scope::Profile => {
                standard = standard
                    .set_name(known(&user.display_name).map(EndUserName::new).map(unlocalized))
                    .set_given_name(known(&user.first_name).map(EndUserGivenName::new).map(unlocalized))
                    .set_family_name(known(&user.last_name).map(EndUserFamilyName::new).map(unlocalized))
                    .set_preferred_username(known(&user.username).map(EndUserUsername::new))
                    .set_locale(known(&user.locale).map(LanguageTag::new))
                    .set_picture(user.picture_path().map(|path| unlocalized(EndUserPictureUrl::new(origin.url(&path)))))
                    .set_updated_at(instant(user.updated_at));
                additional.extras = user.extras();
                additional.extras.retain(|name, _| !is_reserved(name));
            }
            Scope::Email => {
                let email = user.email.as_deref().and_then(known).map(EndUserEmail::new);
                standard = standard.set_email_verified(email.as_ref().map(|_| user.email_verified)).set_email(email);
            }
            Scope::Groups => additional.groups = Some(groups.to_vec()),
        }
    }
    (standard, additional)
}

/// Whether a name is a claim with a meaning of its own: of ID tokens, of RFC 7519, or of OpenID Connect Core section 5.1.
fn is_reserved(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "nbf",
        "jti",
        "azp",
        "acr",
        "c_hash",
        "s_hash",
        "sid",
        "events",
        "cnf",
        "act",
        "may_act",
        "scope",
        "client_id",
        "middle_name",
        "nickname",
        "profile",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "phone_number",
        "phone_number_verified",
        "address",
    ];
    NAMES.contains(&name) || OTHERS.contains(&name)
}

/// The claims we may send, for the metadata.
pub const NAMES: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "amr",
    "at_hash",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "locale",
    "picture",
    "updated_at",
    "email",
    "email_verified",
    "groups",
];

fn known(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn unlocalized<T>(value: T) -> LocalizedClaim<T> {
    let mut claim = LocalizedClaim::new();
    claim.insert(None, value);
    claim
}

/// An instant as openidconnect wants it; sent as whole seconds.
pub(super) fn instant(at: Timestamp) -> Option<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::from_timestamp(at.as_seconds(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use openidconnect::UserInfoClaims;
    use serde_json::{Value, json};

    fn seen(user: &User, groups: &[&str], scopes: &str) -> Value {
        let groups: Vec<String> = groups.iter().map(|&name| name.to_owned()).collect();
        let (standard, additional) = for_scope(&Origin::parse("https://id.example.org").unwrap(), user, &groups, &Scopes::parse(scopes));
        serde_json::to_value(UserInfoClaims::new(standard, additional)).unwrap()
    }

    fn ada() -> User {
        User { email_verified: true, ..User::new_local("ada", Some("ada@example.org"), "Ada", "Lovelace", Timestamp::from_millis(1_700_000_000_999)) }
    }

    #[test]
    fn each_scope_gives_its_claims_and_no_others() {
        let ada = ada();
        let sub = ada.id.to_string();
        assert_eq!(seen(&ada, &["staff"], "openid offline_access"), json!({ "sub": sub }));
        assert_eq!(seen(&ada, &["staff"], "openid email"), json!({ "sub": sub, "email": "ada@example.org", "email_verified": true }));
        assert_eq!(seen(&ada, &["staff", "wiki"], "openid groups"), json!({ "sub": sub, "groups": ["staff", "wiki"] }));
        let profile = json!({ "sub": sub, "name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace", "preferred_username": "ada",
                              "updated_at": 1_700_000_000 });
        assert_eq!(seen(&ada, &[], "openid profile"), profile);
    }

    #[test]
    fn what_a_directory_says_besides_comes_with_the_profile_and_replaces_nothing() {
        let mut ada = ada();
        ada.locale = "en-GB".to_owned();
        ada.picture = "0123abcd".to_owned();
        ada.directory_attributes = r#"{"department":"Engines","roles":["a","b"],"sub":"admin","groups":["admins"],"email_verified":true}"#.to_owned();
        let profile = seen(&ada, &[], "openid profile");
        assert_eq!((&profile["department"], &profile["roles"], &profile["locale"]), (&json!("Engines"), &json!(["a", "b"]), &json!("en-GB")));
        assert_eq!(profile["picture"], json!(format!("https://id.example.org/picture/{}/0123abcd", ada.id)));
        assert_eq!(profile["sub"], json!(ada.id.to_string()));
        assert!(profile.get("groups").is_none() && profile.get("email_verified").is_none());
        assert!(seen(&ada, &[], "openid email groups").get("department").is_none());
    }

    #[test]
    fn what_is_not_known_is_left_out_instead_of_sent_empty() {
        let bare = User::new_local("7of9", None, "", " ", Timestamp::from_millis(1_700_000_000_000));
        let all = seen(&bare, &[], "openid profile email groups");
        let mut names: Vec<&String> = all.as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(names, ["groups", "name", "preferred_username", "sub", "updated_at"]);
        assert_eq!(all["groups"], json!([]), "that someone is in no group is known");
    }

    #[test]
    fn every_claim_sent_is_published() {
        let all = seen(&ada(), &["staff"], "openid profile email groups offline_access");
        for name in all.as_object().unwrap().keys() {
            assert!(NAMES.contains(&name.as_str()), "{name}");
        }
    }
}
