//! What an administrator is told about an app's claims: what each means, what looks wrong, and what to enter in the app. Pure.

use serde_json::{Map, Value};

use crate::clients::Client;
use crate::clients::policy::authentication::Allowed;
use crate::clients::policy::claims::SubjectType;
use crate::config::Origin;
use crate::language::{self, Text, t};
use crate::oidc::scope::{Scope, Scopes};
use crate::users::User;
use crate::users::model::extra_text;

/// Browsers take cookies of 4,096 bytes, and many apps keep the ID token in one.
const COOKIE_BYTES: usize = 4096;
/// How far two clocks may lie apart before tokens are refused, in seconds: what most apps allow.
const CLOCK_SECONDS: i64 = 60;

/// A claim, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRow {
    /// Its name.
    pub name: String,
    /// Its value, for reading.
    pub value: String,
    /// What it means.
    pub meaning: String,
    /// It stands in the ID token.
    pub in_id_token: bool,
    /// Userinfo says it.
    pub in_userinfo: bool,
}

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `bad` when it will hardly work, `warn` when it may not, `good` when all is well.
    pub tone: &'static str,
    /// What, and what to do.
    pub text: String,
}

/// What an app got, or would get, about a person.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// The app.
    pub client: &'a Client,
    /// The person.
    pub user: &'a User,
    /// How many groups they are in.
    pub groups: usize,
    /// What was granted.
    pub scopes: &'a Scopes,
    /// The claims of the ID token.
    pub id_token: &'a Value,
    /// How long the ID token is, in bytes.
    pub id_token_bytes: usize,
    /// What userinfo says.
    pub userinfo: &'a Value,
    /// How far the browser's clock is ahead of ours, in seconds, where it was measured.
    pub clock_ahead: Option<i64>,
}

/// What the claims mean, those of the ID token first.
pub fn rows(client: &Client, id_token: &Value, userinfo: &Value) -> Vec<ClaimRow> {
    let none = Map::new();
    let (first, second) = (id_token.as_object().unwrap_or(&none), userinfo.as_object().unwrap_or(&none));
    let group_claim = client.registration.policies.claims.groups.claim.as_str();
    let row = |name: &String, value: &Value| ClaimRow {
        name: name.clone(),
        value: if name.ends_with("_at") || matches!(name.as_str(), "iat" | "exp" | "auth_time") { instant(value) } else { readable(value) },
        meaning: if name == group_claim { t("check-groups-meaning") } else { meaning(name) }.into(),
        in_id_token: first.contains_key(name),
        in_userinfo: second.contains_key(name),
    };
    let mut rows: Vec<ClaimRow> = first.iter().map(|(name, value)| row(name, value)).collect();
    rows.extend(second.iter().filter(|(name, _)| !first.contains_key(*name)).map(|(name, value)| row(name, value)));
    rows.sort_by_key(|row| (order(&row.name), row.name.clone()));
    rows
}

fn readable(value: &Value) -> String {
    match value {
        Value::Array(values) if values.is_empty() => t("check-none").into(),
        Value::Array(values) if values.iter().all(Value::is_string) => extra_text(value),
        Value::String(text) if text.is_empty() => t("check-empty").into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn instant(value: &Value) -> String {
    let Some(seconds) = value.as_i64() else { return readable(value) };
    format!("{seconds} ({})", language::instant(crate::clock::Timestamp::from_seconds(seconds)))
}

/// Names with a meaning that is explained, in the order they are shown.
const EXPLAINED: [&str; 23] = [
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
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "address",
    "locale",
    "picture",
    "updated_at",
];

fn order(name: &str) -> usize {
    EXPLAINED.iter().position(|known| *known == name).unwrap_or(EXPLAINED.len())
}

fn meaning(name: &str) -> Text {
    match name {
        "iss" => t("check-claim-iss"),
        "sub" => t("check-claim-sub"),
        "aud" => t("check-claim-aud"),
        "exp" => t("check-claim-exp"),
        "iat" => t("check-claim-iat"),
        "auth_time" => t("check-claim-auth-time"),
        "nonce" => t("check-claim-nonce"),
        "acr" => t("check-claim-acr"),
        "amr" => t("check-claim-amr"),
        "sid" => t("check-claim-sid"),
        "at_hash" => t("check-claim-at-hash"),
        "name" => t("check-claim-name"),
        "given_name" => t("check-claim-given-name"),
        "family_name" => t("check-claim-family-name"),
        "preferred_username" => t("check-claim-preferred-username"),
        "email" => t("check-claim-email"),
        "email_verified" => t("check-claim-email-verified"),
        "phone_number" => t("check-claim-phone-number"),
        "phone_number_verified" => t("check-claim-phone-number-verified"),
        "address" => t("check-claim-address"),
        "locale" => t("check-claim-locale"),
        "picture" => t("check-claim-picture"),
        "updated_at" => t("check-claim-updated-at"),
        _ => t("check-claim-other"),
    }
}

/// What looks wrong. Never empty: when all is well, it says so.
pub fn findings(seen: &Seen<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |tone, text: Text| found.push(Finding { tone, text: text.into() });
    let registration = &seen.client.registration;
    let policy = &registration.policies.claims;
    let userinfo = |name: &str| seen.userinfo.get(name);
    let is_nothing = |value: Option<&Value>| match value {
        Some(Value::Array(values)) => values.is_empty(),
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
        None => true,
    };

    let claim = policy.groups.claim.as_str();
    if seen.scopes.contains(Scope::Groups) {
        if seen.groups == 0 {
            add("warn", t("check-no-group").with("name", &seen.user.display_name).with("claim", claim));
        } else if is_nothing(userinfo(claim)) {
            let left_out = t("check-groups-left-out").with("name", &seen.user.display_name).with("count", seen.groups);
            add("bad", left_out.with("claim", claim));
        }
    } else if seen.groups > 0 {
        add("warn", t("check-groups-not-asked"));
    }
    if seen.scopes.contains(Scope::Email) {
        match (&seen.user.email, seen.user.email_verified) {
            (None, _) => add("bad", t("check-no-email")),
            (Some(_), false) => add("warn", t("check-email-unverified")),
            (Some(_), true) => {}
        }
    }
    if seen.scopes.contains(Scope::Profile) && seen.user.first_name.is_empty() && seen.user.last_name.is_empty() {
        add("warn", t("check-no-names"));
    }
    if !registration.claims_in_id_token && seen.scopes.iter().any(|scope| !matches!(scope, Scope::OpenId | Scope::OfflineAccess)) {
        add("warn", t("check-userinfo-only"));
    }
    if seen.id_token_bytes > COOKIE_BYTES {
        add("bad", t("check-too-long").with("bytes", seen.id_token_bytes).with("max", COOKIE_BYTES));
    }
    if let Some(ahead) = seen.clock_ahead.filter(|ahead| ahead.abs() > CLOCK_SECONDS) {
        let clock = if ahead > 0 { t("check-clock-behind") } else { t("check-clock-ahead") };
        add("bad", clock.with("seconds", ahead.abs()));
    }
    for uri in &registration.redirect_uris {
        let own = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
        if uri.starts_with("http://") && !own.iter().any(|own| uri.starts_with(own)) {
            add("warn", t("check-uri-unencrypted").with("uri", uri));
        }
        if uri.contains('*') {
            add("warn", t("check-uri-wildcard").with("uri", uri));
        }
    }
    if policy.subject == SubjectType::Pairwise && seen.scopes.contains(Scope::Email) {
        add("warn", t("check-pairwise-email"));
    }
    if found.is_empty() {
        found.push(Finding { tone: "good", text: t("check-all-well").into() });
    }
    found
}

/// What to enter in the app.
pub fn settings(origin: &Origin, client: &Client, scopes: &Scopes) -> Vec<(String, String)> {
    let registration = &client.registration;
    let claims = &registration.policies.claims;
    let methods = match registration.policies.authentication.method {
        _ if registration.is_public => t("check-auth-none").into(),
        Allowed::Secret => t("check-auth-either").into(),
        Allowed::ClientSecretBasic => "client_secret_basic".to_owned(),
        Allowed::ClientSecretPost => "client_secret_post".to_owned(),
        Allowed::PrivateKeyJwt => t("check-auth-key").into(),
        Allowed::Workload => t("check-auth-workload").into(),
    };
    let pkce = if client.needs_pkce() { t("check-pkce-required") } else { t("check-pkce-if") };
    let mut settings: Vec<(Text, String)> = vec![
        (t("check-issuer"), origin.as_str().to_owned()),
        (t("check-discovery"), origin.url("/.well-known/openid-configuration")),
        (t("check-client-id"), client.client_id.clone()),
        (t("check-client-auth"), methods),
        (t("check-scopes"), scopes.to_string()),
        (t("check-response-type"), "code".to_owned()),
        (t("check-pkce"), pkce.into()),
        (t("check-signing-alg"), registration.signing_alg.to_string()),
        (t("check-claim-for-username"), "preferred_username".to_owned()),
        (t("check-claim-for-email"), "email".to_owned()),
        (t("check-claim-for-groups"), claims.groups.claim.clone()),
        (t("check-redirect-uris"), registration.redirect_uris.join("  ")),
    ];
    if client.needs_par() {
        settings.push((t("check-par"), origin.url("/api/oidc/par")));
    }
    settings.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::Registration;
    use crate::clock::Timestamp;
    use crate::id::ClientId;
    use serde_json::json;

    fn client() -> Client {
        let redirect_uris = vec!["https://wiki.example.org/cb".to_owned()];
        let registration = Registration { name: "Wiki".into(), redirect_uris, claims_in_id_token: true, ..Registration::default() };
        let (created_at, updated_at) = (Timestamp::EPOCH, Timestamp::EPOCH);
        Client { id: ClientId::new(), client_id: "wiki".into(), registration, restricted: false, created_at, updated_at }
    }

    fn found(change: impl FnOnce(&mut Client, &mut User, &mut usize), groups: &Value, bytes: usize, clock_ahead: Option<i64>) -> Vec<&'static str> {
        let (mut client, mut count) = (client(), 1);
        let mut user = User { email_verified: true, ..User::new_local("ada", Some("ada@example.org"), "Ada", "Lovelace", Timestamp::EPOCH) };
        change(&mut client, &mut user, &mut count);
        let (scopes, userinfo) = (Scopes::parse("openid profile email groups"), json!({ "sub": "x", "groups": groups }));
        let seen = Seen {
            client: &client,
            user: &user,
            groups: count,
            scopes: &scopes,
            id_token: &userinfo,
            id_token_bytes: bytes,
            userinfo: &userinfo,
            clock_ahead,
        };
        findings(&seen)
            .iter()
            .map(|finding| {
                [
                    "nothing",
                    "no group",
                    "empty:",
                    "e-mail address is known",
                    "not known to be theirs",
                    "at userinfo only",
                    "bytes",
                    "clock",
                    "encrypted",
                    "wildcard",
                ]
                .into_iter()
                .find(|word| finding.text.to_lowercase().contains(word))
                .unwrap_or("?")
            })
            .collect()
    }

    #[test]
    fn what_looks_wrong_is_named() {
        let staff = json!(["staff"]);
        assert_eq!(found(|_, _, _| {}, &staff, 900, Some(5)), ["nothing"]);
        assert_eq!(found(|_, _, _| {}, &json!([]), 900, None), ["empty:"]);
        assert_eq!(found(|_, _, count| *count = 0, &json!([]), 900, None), ["no group"]);
        assert_eq!(found(|_, user, _| user.email = None, &staff, 900, None), ["e-mail address is known"]);
        assert_eq!(found(|_, user, _| user.email_verified = false, &staff, 900, None), ["not known to be theirs"]);
        assert_eq!(found(|client, _, _| client.registration.claims_in_id_token = false, &staff, 900, None), ["at userinfo only"]);
        assert_eq!(found(|_, _, _| {}, &staff, 4097, None), ["bytes"]);
        assert_eq!(found(|_, _, _| {}, &staff, 900, Some(-61)), ["clock"]);
        assert_eq!(found(|client, _, _| client.registration.redirect_uris = vec!["http://wiki/cb".into()], &staff, 900, None), ["encrypted"]);
        assert_eq!(found(|client, _, _| client.registration.redirect_uris = vec!["https://*.a.example/cb".into()], &staff, 900, None), ["wildcard"]);
    }

    #[test]
    fn how_it_proves_who_it_is_stands_there_as_it_was_decided() {
        let says = |change: fn(&mut Registration)| {
            let mut client = client();
            change(&mut client.registration);
            let settings = settings(&Origin::parse("https://id.example.org").unwrap(), &client, &Scopes::default());
            settings.into_iter().find(|(name, _)| name == "Client authentication").unwrap().1
        };
        assert_eq!(says(|_| {}), "client_secret_basic or client_secret_post");
        assert!(says(|it| it.policies.authentication.method = Allowed::PrivateKeyJwt).starts_with("private_key_jwt"));
        assert!(says(|it| (it.is_public, it.policies.authentication.method) = (true, Allowed::PrivateKeyJwt)).starts_with("none"));
        assert!(says(|it| it.policies.authentication.method = Allowed::Workload).contains("platform"));
    }

    #[test]
    fn each_claim_says_where_it_is_and_what_it_means() {
        let rows = rows(&client(), &json!({ "sub": "1", "iss": "https://x", "groups": [] }), &json!({ "sub": "1", "tier": "gold" }));
        let shape: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.value.as_str(), row.in_id_token, row.in_userinfo)).collect();
        assert_eq!(
            shape,
            [("iss", "https://x", true, false), ("sub", "1", true, true), ("groups", "(none)", true, false), ("tier", "gold", false, true)]
        );
        assert!(rows.iter().all(|row| !row.meaning.is_empty()));
    }
}
