//! What an administrator is told about an app's claims: what each means, what looks wrong, and what to enter in the app. Pure.

use serde_json::{Map, Value};

use crate::clients::Client;
use crate::clients::policy::authentication::Allowed;
use crate::clients::policy::claims::SubjectType;
use crate::config::Origin;
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
    pub meaning: &'static str,
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
        meaning: if name == group_claim { "The person’s groups, in the shape set for this app." } else { meaning(name) },
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
        Value::Array(values) if values.is_empty() => "(none)".to_owned(),
        Value::Array(values) if values.iter().all(Value::is_string) => extra_text(value),
        Value::String(text) if text.is_empty() => "(empty)".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn instant(value: &Value) -> String {
    let Some(seconds) = value.as_i64() else { return readable(value) };
    format!("{seconds} ({})", crate::clock::Timestamp::from_seconds(seconds).for_people())
}

/// Names with a meaning that is explained, in the order they are shown.
const MEANINGS: &[(&str, &str)] = &[
    ("iss", "Who made the token: this server’s address. The app’s setting “issuer” must be exactly this."),
    ("sub", "Who it is about; the same at every sign-in. Apps should know people by this, not by e-mail address."),
    ("aud", "For which app it is: the client ID."),
    ("exp", "Until when it counts. Seconds since 1970, so both clocks must be right."),
    ("iat", "When it was made."),
    ("auth_time", "When the person last proved who they are."),
    ("nonce", "What the app sent along, so that it can tell its own sign-in from a forged one."),
    ("acr", "How well the person proved who they are: phr with a passkey, phrh with one that cannot leave its device."),
    ("amr", "How they did it (RFC 8176)."),
    ("sid", "The session at this app, for signing out."),
    ("at_hash", "Ties the access token to this ID token."),
    ("name", "What to call the person."),
    ("given_name", "First name."),
    ("family_name", "Last name."),
    ("preferred_username", "The username. It can change."),
    ("email", "E-mail address."),
    ("email_verified", "Whether the address is known to be theirs. Some apps refuse people where it is false."),
    ("phone_number", "Telephone number."),
    ("phone_number_verified", "Whether the number is known to be theirs; nobody has called it, so it is false."),
    ("address", "Postal address, as the directory has it."),
    ("locale", "Language."),
    ("picture", "Where their picture is."),
    ("updated_at", "When what is known about them last changed."),
];

fn order(name: &str) -> usize {
    MEANINGS.iter().position(|(known, _)| *known == name).unwrap_or(MEANINGS.len())
}

fn meaning(name: &str) -> &'static str {
    MEANINGS
        .iter()
        .find(|(known, _)| *known == name)
        .map_or("Set for this app under “Further claims”, or given by the directory.", |(_, meaning)| meaning)
}

/// What looks wrong. Never empty: when all is well, it says so.
pub fn findings(seen: &Seen<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |tone, text: String| found.push(Finding { tone, text });
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
            add(
                "warn",
                format!(
                    "{} is in no group, so the claim “{claim}” is empty. An app that takes rights from groups gives none.",
                    seen.user.display_name
                ),
            );
        } else if is_nothing(userinfo(claim)) {
            add(
                "bad",
                format!(
                    "{} is in {} groups, but the claim “{claim}” is empty: what is set under “What it learns about people” (beginning of the name, only a directory’s, only allowed groups) leaves all out.",
                    seen.user.display_name, seen.groups
                ),
            );
        }
    } else if seen.groups > 0 {
        add("warn", "The scope groups was not asked for, so the app gets no groups. Add it to the scopes in the app if it should.".to_owned());
    }
    if seen.scopes.contains(Scope::Email) {
        match (&seen.user.email, seen.user.email_verified) {
            (None, _) => add("bad", "No e-mail address is known. Many apps refuse to make an account without one.".to_owned()),
            (Some(_), false) => add(
                "warn",
                "The e-mail address is not known to be theirs (email_verified is false). Some apps refuse that or do not link accounts by it."
                    .to_owned(),
            ),
            (Some(_), true) => {}
        }
    }
    if seen.scopes.contains(Scope::Profile) && seen.user.first_name.is_empty() && seen.user.last_name.is_empty() {
        add("warn", "Neither first nor last name is known; apps get the display name alone.".to_owned());
    }
    if !registration.claims_in_id_token && seen.scopes.iter().any(|scope| !matches!(scope, Scope::OpenId | Scope::OfflineAccess)) {
        add(
            "warn",
            "Name, e-mail address and groups stand at userinfo only. If the app sees none of them, switch “Claims in the ID token” on: many apps look only there."
                .to_owned(),
        );
    }
    if seen.id_token_bytes > COOKIE_BYTES {
        add(
            "bad",
            format!(
                "The ID token has {} bytes. Apps that keep it in a cookie lose it above {COOKIE_BYTES}: send fewer groups (beginning of the name), or switch “Claims in the ID token” off.",
                seen.id_token_bytes
            ),
        );
    }
    if let Some(ahead) = seen.clock_ahead.filter(|ahead| ahead.abs() > CLOCK_SECONDS) {
        let (seconds, which) = (ahead.abs(), if ahead > 0 { "behind" } else { "ahead of" });
        add(
            "bad",
            format!(
                "This server’s clock is {seconds} seconds {which} your computer’s. If the server’s is the wrong one, apps refuse its tokens; set it by NTP."
            ),
        );
    }
    for uri in &registration.redirect_uris {
        let own = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
        if uri.starts_with("http://") && !own.iter().any(|own| uri.starts_with(own)) {
            add("warn", format!("The redirect URI {uri} is not encrypted: whoever listens on the way can sign in as the person."));
        }
        if uri.contains('*') {
            add("warn", format!("The redirect URI {uri} has a wildcard: whoever controls any address it stands for can receive people’s sign-ins."));
        }
    }
    if policy.subject == SubjectType::Pairwise && seen.scopes.contains(Scope::Email) {
        add(
            "warn",
            "The app has names of its own for people (pairwise), but asks for their e-mail address, by which apps can compare all the same."
                .to_owned(),
        );
    }
    if found.is_empty() {
        found.push(Finding { tone: "good", text: "Nothing looks wrong.".to_owned() });
    }
    found
}

/// What to enter in the app.
pub fn settings(origin: &Origin, client: &Client, scopes: &Scopes) -> Vec<(&'static str, String)> {
    let registration = &client.registration;
    let claims = &registration.policies.claims;
    let methods = match registration.policies.authentication.method {
        _ if registration.is_public => "none (public client, PKCE instead)",
        Allowed::Secret => "client_secret_basic or client_secret_post",
        Allowed::ClientSecretBasic => "client_secret_basic",
        Allowed::ClientSecretPost => "client_secret_post",
        Allowed::PrivateKeyJwt => "private_key_jwt (a key of the app’s own, no secret)",
        Allowed::Workload => "a token of the platform it runs on, as client_assertion (no secret)",
    };
    let pkce = if client.needs_pkce() { "S256, required" } else { "S256 if the app can" };
    let mut settings = vec![
        ("Issuer", origin.as_str().to_owned()),
        ("Discovery URL", origin.url("/.well-known/openid-configuration")),
        ("Client ID", client.client_id.clone()),
        ("Client authentication", methods.to_owned()),
        ("Scopes", scopes.to_string()),
        ("Response type", "code".to_owned()),
        ("PKCE", pkce.to_owned()),
        ("Signing algorithm of ID tokens", registration.signing_alg.to_string()),
        ("Claim for the username", "preferred_username".to_owned()),
        ("Claim for the e-mail address", "email".to_owned()),
        ("Claim for groups", claims.groups.claim.clone()),
        ("Redirect URIs the app must use", registration.redirect_uris.join("  ")),
    ];
    if client.needs_par() {
        settings.push(("Pushed requests (PAR)", origin.url("/api/oidc/par")));
    }
    settings
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
            settings.into_iter().find(|(name, _)| *name == "Client authentication").unwrap().1
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
