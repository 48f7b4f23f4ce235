//! What a client learns about a person. One pure function, used by ID token and userinfo alike.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use openidconnect::core::CoreGenderClaim;
use openidconnect::{
    AdditionalClaims, AddressClaim, AddressCountry, AddressLocality, AddressPostalCode, AddressRegion, EndUserEmail, EndUserFamilyName,
    EndUserGivenName, EndUserName, EndUserPhoneNumber, EndUserPictureUrl, EndUserUsername, FormattedAddress, LanguageTag, LocalizedClaim,
    StandardClaims, StreetAddress, SubjectIdentifier, UserInfoClaims,
};
use serde::{Deserialize, Serialize};

use super::scope::{Scope, Scopes};
use crate::clients::policy::ClaimsPolicy;
use crate::clients::policy::claims::SubjectType;
use crate::clients::policy::claims::extra::{self, Need};
use crate::clients::policy::claims::groups::{GroupShape, MemberOf};
use crate::clock::Timestamp;
use crate::config::Origin;
use crate::groups::Membership;
use crate::id::GroupId;
use crate::users::User;
use crate::users::reserved_claims::{ADDRESS_PREFIX, PERSON_CLAIMS, is_reserved_claim};

/// Claims beyond OpenID Connect Core, section 5.1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoreClaims {
    /// The person's groups, in the shape the client wants; those of clients that want them under another name are among the extras. There, and then possibly
    /// empty, when the scope `groups` was granted: an app that takes rights away from people without groups must be able to tell "none" from "not said".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<serde_json::Value>,
    /// The session at this app (OpenID Connect Front-Channel Logout, section 3); in ID tokens only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Further attributes of a directory's person, under the names its settings give them (`LDAP_CUSTOM_CLAIMS`), and what an administrator added for the
    /// client.
    #[serde(flatten)]
    pub extras: BTreeMap<String, serde_json::Value>,
}

impl AdditionalClaims for MoreClaims {}

/// What a scope lets a client learn.
pub type Claims = (StandardClaims<CoreGenderClaim>, MoreClaims);

/// What is known about a person that a client may get.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// The issuer.
    pub origin: &'a Origin,
    /// What the client calls them.
    pub subject: String,
    /// The person.
    pub user: &'a User,
    /// Their groups, by name.
    pub groups: Vec<Membership>,
    /// The groups the client is open to; looked at only where its policy does.
    pub allowed: BTreeSet<GroupId>,
    /// What the client learns.
    pub policy: &'a ClaimsPolicy,
}

/// The claims of a person for these scopes. What is not known is left out, never sent empty. What a directory says besides comes with `profile`, and never
/// under a name that means something else.
pub fn for_scope(known_of: &Known<'_>, scopes: &Scopes) -> Claims {
    let Known { origin, user, policy, .. } = *known_of;
    let mut standard = StandardClaims::new(SubjectIdentifier::new(known_of.subject.clone()));
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
                    .set_locale(known(user.locale_for_apps()).map(LanguageTag::new))
                    // Its address names the person as every other client knows them.
                    .set_picture(
                        user.picture_path()
                            .filter(|_| policy.subject == SubjectType::Public)
                            .map(|path| unlocalized(EndUserPictureUrl::new(origin.url(&path)))),
                    )
                    .set_updated_at(instant(user.updated_at));
                let mut extras = user.extras();
                extras.retain(|name, value| {
                    if PERSON_CLAIMS.contains(&name.as_str()) {
                        fits(name, value)
                    } else {
                        !is_reserved_claim(name) && !name.starts_with(ADDRESS_PREFIX)
                    }
                });
                additional.extras.append(&mut extras);
            }
            Scope::Email => {
                let email = user.email.as_deref().and_then(known).map(EndUserEmail::new);
                standard = standard.set_email_verified(email.as_ref().map(|_| user.email_verified)).set_email(email);
            }
            Scope::Address => standard = standard.set_address(address(user)),
            Scope::Phone => {
                let phone = user.phone.as_deref().and_then(known).map(EndUserPhoneNumber::new);
                // Nobody has called it to see.
                standard = standard.set_phone_number_verified(phone.as_ref().map(|_| false)).set_phone_number(phone);
            }
            Scope::Groups => {
                let shaped = policy.groups.shape(&known_of.memberships());
                if policy.groups.claim == "groups" {
                    additional.groups = Some(shaped);
                } else {
                    additional.extras.insert(policy.groups.claim.clone(), shaped);
                }
            }
        }
    }
    if !policy.extra.is_empty() && scopes.contains(Scope::OpenId) {
        let names: Vec<&str> = known_of.groups.iter().map(|group| group.name.as_str()).collect();
        let may = |need| {
            scopes.contains(match need {
                Need::Profile => Scope::Profile,
                Need::Email => Scope::Email,
                Need::Phone => Scope::Phone,
            })
        };
        // What was decided for this client goes before what a directory says to all.
        additional.extras.extend(extra::claims_of(&policy.extra, user, &names, may));
    }
    (standard, additional)
}

impl Known<'_> {
    fn memberships(&self) -> Vec<MemberOf<'_>> {
        memberships(&self.groups, &self.allowed)
    }
}

fn memberships<'a>(groups: &'a [Membership], allowed: &BTreeSet<GroupId>) -> Vec<MemberOf<'a>> {
    groups
        .iter()
        .map(|group| MemberOf {
            id: group.id.to_string(),
            name: &group.name,
            display_name: &group.display_name,
            from_directory: group.directory.is_some(),
            is_allowed: allowed.contains(&group.id),
        })
        .collect()
}

/// The groups a client gets, each as it wants it, one by one whatever form it wants them together in.
pub(super) fn group_list(shape: &GroupShape, groups: &[Membership], allowed: &BTreeSet<GroupId>) -> Vec<String> {
    shape.texts(&memberships(groups, allowed))
}

/// The postal address (OpenID Connect Core, section 5.1.1), of the attributes a directory gives as `address.locality` and so on.
fn address(user: &User) -> Option<AddressClaim> {
    let extras = user.extras();
    let member = |name: &str| {
        let value = extras.get(&format!("{ADDRESS_PREFIX}{name}"))?;
        known(value.as_str()?)
    };
    let address = AddressClaim {
        formatted: member("formatted").map(FormattedAddress::new),
        street_address: member("street_address").map(StreetAddress::new),
        locality: member("locality").map(AddressLocality::new),
        region: member("region").map(AddressRegion::new),
        postal_code: member("postal_code").map(AddressPostalCode::new),
        country: member("country").map(AddressCountry::new),
    };
    (address != AddressClaim::default()).then_some(address)
}

/// Whether a directory's attribute has the form the standard claim of this name must have.
fn fits(name: &str, value: &serde_json::Value) -> bool {
    let Some(text) = value.as_str().filter(|text| !text.trim().is_empty()) else { return false };
    match name {
        "profile" | "website" => url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https")),
        // YYYY-MM-DD, 0000-MM-DD or YYYY.
        "birthdate" => {
            let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
            match text.split('-').collect::<Vec<_>>()[..] {
                [year] => digits(year, 4),
                [year, month, day] => digits(year, 4) && digits(month, 2) && digits(day, 2),
                _ => false,
            }
        }
        _ => true,
    }
}

/// The scope that gives a claim of the person; `None` for other names.
pub fn scope_of(name: &str) -> Option<Scope> {
    match name {
        "name" | "given_name" | "family_name" | "preferred_username" | "locale" | "picture" | "updated_at" => Some(Scope::Profile),
        name if PERSON_CLAIMS.contains(&name) => Some(Scope::Profile),
        "address" => Some(Scope::Address),
        "email" | "email_verified" => Some(Scope::Email),
        "phone_number" | "phone_number_verified" => Some(Scope::Phone),
        "groups" => Some(Scope::Groups),
        _ => None,
    }
}

/// The claims of a person for these scopes, and those asked for by name.
pub fn for_request(known: &Known<'_>, scopes: &Scopes, named: &BTreeSet<String>) -> Claims {
    let of_scopes = for_scope(known, scopes);
    if named.is_empty() {
        return of_scopes;
    }
    let json = |(standard, additional): Claims| serde_json::to_value(UserInfoClaims::new(standard, additional)).unwrap_or_default();
    let every = json(for_scope(known, &Scope::ALL.into_iter().collect()));
    let mut chosen = json(of_scopes.clone());
    for name in named {
        // Whoever asks for the groups gets them under the name they have for this client.
        let name = if name == "groups" { &known.policy.groups.claim } else { name };
        if let (Some(chosen), Some(value)) = (chosen.as_object_mut(), every.get(name)) {
            chosen.insert(name.clone(), value.clone());
        }
    }
    let read = UserInfoClaims::<MoreClaims, CoreGenderClaim>::from_json::<Infallible>(chosen.to_string().as_bytes(), None);
    read.map_or(of_scopes, |claims| (claims.standard_claims().clone(), claims.additional_claims().clone()))
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
    "acr",
    "amr",
    "sid",
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
    "address",
    "phone_number",
    "phone_number_verified",
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

    #[test]
    fn no_directory_fills_a_claim_that_is_sent_from_elsewhere() {
        for name in NAMES {
            assert!(is_reserved_claim(name), "{name}");
        }
    }
    use serde_json::{Value, json};

    fn seen_with(user: &User, groups: &[&str], scopes: &str, named: &[&str], policy: &ClaimsPolicy) -> Value {
        let group = |name: &&str| Membership { id: GroupId::new(), name: (*name).to_owned(), display_name: name.to_uppercase(), directory: None };
        let groups = groups.iter().map(group).collect();
        let origin = Origin::parse("https://id.example.org").unwrap();
        let known = Known { origin: &origin, subject: user.id.to_string(), user, groups, allowed: BTreeSet::new(), policy };
        let named = named.iter().map(|&name| name.to_owned()).collect();
        let (standard, additional) = for_request(&known, &Scopes::parse(scopes), &named);
        serde_json::to_value(UserInfoClaims::new(standard, additional)).unwrap()
    }

    fn seen(user: &User, groups: &[&str], scopes: &str) -> Value {
        seen_with(user, groups, scopes, &[], &ClaimsPolicy::default())
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
    fn standard_claims_from_a_directory_have_the_form_they_must_have() {
        let mut ada = ada();
        ada.directory_attributes =
            r#"{"nickname":"ADA","zoneinfo":"Europe/London","birthdate":"0000-12-10","website":"https://ada.example","gender":["x"]}"#.to_owned();
        let profile = seen(&ada, &[], "openid profile");
        assert_eq!(
            (&profile["nickname"], &profile["zoneinfo"], &profile["birthdate"]),
            (&json!("ADA"), &json!("Europe/London"), &json!("0000-12-10"))
        );
        assert_eq!((&profile["website"], profile.get("gender")), (&json!("https://ada.example"), None));
        ada.directory_attributes =
            r#"{"nickname":" ","birthdate":"10.12.1815","website":"javascript:x","profile":["https://a","https://b"],"sid":"x"}"#.to_owned();
        let profile = seen(&ada, &[], "openid profile");
        for name in ["nickname", "birthdate", "website", "profile", "sid"] {
            assert!(profile.get(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_telephone_number_comes_with_its_scope() {
        let ada = User { phone: Some("+44 20 7946 0000".into()), ..ada() };
        let phone = seen(&ada, &[], "openid phone");
        assert_eq!((&phone["phone_number"], &phone["phone_number_verified"]), (&json!("+44 20 7946 0000"), &json!(false)));
        assert_eq!(seen(&self::ada(), &[], "openid phone").as_object().unwrap().len(), 1);
    }

    #[test]
    fn a_claim_asked_for_by_name_comes_alone() {
        let ada = User { phone: Some("1".into()), locale: "en".into(), ..ada() };
        let seen = |scopes: &str, named: &[&str]| seen_with(&ada, &["staff"], scopes, named, &ClaimsPolicy::default());
        let sub = ada.id.to_string();
        assert_eq!(seen("openid", &["name"]), json!({ "sub": sub, "name": "Ada Lovelace" }));
        assert_eq!(seen("openid", &["groups", "locale", "nickname"]), json!({ "sub": sub, "groups": ["staff"], "locale": "en" }));
        let email = json!({ "sub": sub, "email": "ada@example.org", "email_verified": true, "phone_number": "1" });
        assert_eq!(seen("openid email", &["phone_number"]), email);
        for name in NAMES.iter().filter(|name| seen("openid profile email phone groups", &[]).get(name).is_some() && **name != "sub") {
            assert!(scope_of(name).is_some(), "{name}");
        }
    }

    #[test]
    fn an_address_is_made_of_what_the_directory_gives() {
        let mut ada = ada();
        ada.directory_attributes = r#"{"address.locality":"London","address.country":"GB","address.region":" ","address.po_box":"7"}"#.to_owned();
        let seen = |scopes: &str| seen(&ada, &[], scopes);
        assert_eq!(seen("openid address")["address"], json!({ "locality": "London", "country": "GB" }));
        assert!(seen("openid profile").as_object().unwrap().keys().all(|name| !name.starts_with("address")));
        assert!(self::seen(&self::ada(), &[], "openid address").get("address").is_none());
    }

    #[test]
    fn a_client_gets_groups_and_claims_of_its_own_as_decided_for_it() {
        let mut policy = ClaimsPolicy::default();
        policy.groups.claim = "roles".to_owned();
        policy.groups.format = crate::clients::policy::claims::groups::GroupFormat::Commas;
        policy.extra = vec!["level = admin if wiki".to_owned(), "mail_of = {email}".to_owned(), "a > b = 1".to_owned()];
        let ada = ada();
        let seen = |scopes: &str, named: &[&str]| seen_with(&ada, &["staff", "wiki"], scopes, named, &policy);
        let sub = ada.id.to_string();
        assert_eq!(seen("openid groups", &[]), json!({ "sub": sub, "roles": "staff,wiki", "level": "admin", "a": { "b": 1 } }));
        assert_eq!(seen("openid", &["groups"])["roles"], json!("staff,wiki"));
        assert_eq!(seen("openid email", &[])["mail_of"], json!("ada@example.org"));
        assert_eq!(seen("profile", &[]).get("level"), None, "without openid there is nobody to tell about");
        policy.groups.claim = "groups".to_owned();
        let text = seen_with(&ada, &["staff", "wiki"], "openid groups", &["name"], &policy);
        assert_eq!((&text["groups"], &text["name"]), (&json!("staff,wiki"), &json!("Ada Lovelace")));
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
        let all = seen(&ada(), &["staff"], "openid profile email phone groups offline_access");
        for name in all.as_object().unwrap().keys() {
            assert!(NAMES.contains(&name.as_str()), "{name}");
        }
    }
}
