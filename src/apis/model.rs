//! What an API is, and what may be written about one. Pure.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::permissions::Permissions;
use crate::clients::SigningAlg;
use crate::clock::Timestamp;
use crate::id::ApiId;
use crate::language::{Text, t};
use crate::web::Mistakes;

const NAME_CHARS_MAX: usize = 100;
const IDENTIFIER_BYTES_MAX: usize = 500;
const PERMISSIONS_MAX: usize = 100;
const PERMISSION_BYTES_MAX: usize = 100;
const DESCRIPTION_CHARS_MAX: usize = 200;
/// Scopes that mean something at this server.
const OURS: [&str; 7] = ["openid", "profile", "email", "address", "phone", "groups", "offline_access"];

/// What an API's access tokens look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenFormat {
    /// Random text; the API asks the introspection endpoint about it, and taking it back counts at once.
    #[default]
    Opaque,
    /// A signed JWT (RFC 9068) that the API reads itself; who does not ask learns of a revocation when it expires.
    Jwt,
}

impl TokenFormat {
    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opaque => "opaque",
            Self::Jwt => "jwt",
        }
    }

    /// Reads the stored form.
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::Opaque, Self::Jwt].into_iter().find(|format| format.as_str() == text)
    }
}

/// Something an API lets callers do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// Its name, which is a scope.
    pub name: String,
    /// What people read when an app asks for it.
    pub description: String,
}

impl Permission {
    /// What people read; the name where nobody wrote more.
    pub fn for_people(&self) -> &str {
        if self.description.is_empty() { &self.name } else { &self.description }
    }
}

/// What an administrator decided about an API. Made by [`Draft::check`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// What `resource` names and `aud` says.
    pub identifier: String,
    /// What people see.
    pub name: String,
    /// What callers may be allowed there.
    pub permissions: Vec<Permission>,
    /// What its tokens look like.
    pub token_format: TokenFormat,
    /// What signs them, when they are JWTs.
    pub signing_alg: SigningAlg,
    /// How long they are good for, in minutes; otherwise as the client or the settings say.
    pub access_minutes: Option<u32>,
    /// Its JWTs name the person's groups.
    pub with_groups: bool,
    /// Any client may ask people for its permissions.
    pub open_to_all: bool,
}

/// A server that takes access tokens of ours (RFC 8707).
#[derive(Clone, Debug)]
pub struct Api {
    /// Our row.
    pub id: ApiId,
    /// What was decided about it.
    pub terms: Terms,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Api {
    /// Its permissions' names.
    pub fn permissions(&self) -> Permissions {
        self.terms.permissions.iter().map(|permission| permission.name.as_str()).collect()
    }

    /// How long its tokens are good for: never longer than it allows itself.
    pub fn lifetime(&self, otherwise: Duration) -> Duration {
        self.terms.access_minutes.map_or(otherwise, |minutes| Duration::from_secs(u64::from(minutes) * 60))
    }
}

/// What a client may have at an API. `None`: nothing; empty: its tokens, without a permission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Right {
    /// What it may ask people for.
    pub for_people: Option<Permissions>,
    /// What it may have for itself.
    pub for_itself: Option<Permissions>,
    /// It runs the API: it may ask about the API's tokens, and exchange them.
    pub serves: bool,
}

impl Right {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An API as one client sees it.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The API.
    pub api: Api,
    right: Right,
}

impl Opened {
    /// Puts the two together.
    pub const fn new(api: Api, right: Right) -> Self {
        Self { api, right }
    }

    /// What the client may ask people for, of what the API still has.
    pub fn for_people(&self) -> Option<Permissions> {
        let all = self.api.permissions();
        if self.api.terms.open_to_all { Some(all) } else { self.right.for_people.as_ref().map(|allowed| allowed.within(&all)) }
    }

    /// What the client may have for itself, of what the API still has.
    pub fn for_itself(&self) -> Option<Permissions> {
        self.right.for_itself.as_ref().map(|allowed| allowed.within(&self.api.permissions()))
    }

    /// Whether the client runs the API.
    pub const fn serves(&self) -> bool {
        self.right.serves
    }
}

/// A form about an API, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// Its identifier.
    pub identifier: String,
    /// A permission per line: its name, a space, what people read.
    pub permissions: String,
    /// `opaque` or `jwt`.
    pub token_format: String,
    /// An algorithm's name.
    pub signing_alg: String,
    /// A number of minutes, or nothing.
    pub access_minutes: String,
    /// A switch.
    pub with_groups: Option<String>,
    /// A switch.
    pub open_to_all: Option<String>,
}

impl Draft {
    /// The form about an API that is there.
    pub fn of(terms: &Terms) -> Self {
        let switch = |on: bool| on.then(|| "true".to_owned());
        let line = |permission: &Permission| format!("{} {}", permission.name, permission.description).trim_end().to_owned();
        Self {
            name: terms.name.clone(),
            identifier: terms.identifier.clone(),
            permissions: terms.permissions.iter().map(line).collect::<Vec<_>>().join("\n"),
            token_format: terms.token_format.as_str().to_owned(),
            signing_alg: terms.signing_alg.as_str().to_owned(),
            access_minutes: terms.access_minutes.map(|minutes| minutes.to_string()).unwrap_or_default(),
            with_groups: switch(terms.with_groups),
            open_to_all: switch(terms.open_to_all),
        }
    }

    /// Checks every field. `origin` is this server's own address, which no API can have.
    ///
    /// # Errors
    /// Every mistake there is.
    pub fn check(&self, origin: &str) -> Result<Terms, Mistakes> {
        let mut mistakes = Mistakes::default();
        let name = self.name.trim();
        if name.is_empty() {
            mistakes.add("name", t("api-name-missing"));
        } else if name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            mistakes.add("name", t("api-name-wrong").with("max", NAME_CHARS_MAX));
        }
        let identifier = self.identifier.trim();
        mistakes.check("identifier", check_identifier(identifier, origin));
        let permissions = permissions(&self.permissions).unwrap_or_else(|mistake| {
            mistakes.add("permissions", mistake);
            Vec::new()
        });
        let minutes = self.access_minutes.trim();
        let access_minutes = (!minutes.is_empty()).then(|| minutes.parse::<u32>().unwrap_or(u32::MAX));
        if access_minutes.is_some_and(|minutes| !(1..=1_440).contains(&minutes)) {
            mistakes.add("access_minutes", t("api-minutes-wrong"));
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(Terms {
            identifier: identifier.to_owned(),
            name: name.to_owned(),
            permissions,
            // The form offers these and nothing else.
            token_format: TokenFormat::from_text(&self.token_format).unwrap_or_default(),
            signing_alg: SigningAlg::from_text(&self.signing_alg).unwrap_or_default(),
            access_minutes,
            with_groups: self.with_groups.is_some(),
            open_to_all: self.open_to_all.is_some(),
        })
    }
}

/// RFC 8707 section 2: an absolute URI without a fragment.
fn check_identifier(identifier: &str, origin: &str) -> Result<(), Text> {
    if identifier.is_empty() {
        return Err(t("api-identifier-missing"));
    }
    if identifier.len() > IDENTIFIER_BYTES_MAX || !identifier.bytes().all(|b| b.is_ascii_graphic()) || identifier.contains(['"', '\\', '<', '>']) {
        return Err(t("api-identifier-characters"));
    }
    if identifier.contains('#') {
        return Err(t("api-identifier-fragment"));
    }
    if url::Url::parse(identifier).is_err() {
        return Err(t("api-identifier-no-uri"));
    }
    if identifier.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?'])) {
        return Err(t("api-identifier-ours"));
    }
    Ok(())
}

/// Reads a permission per line.
fn permissions(text: &str) -> Result<Vec<Permission>, Text> {
    let mut permissions: Vec<Permission> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, description) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let shown: String = name.chars().take(60).collect();
        if name.len() > PERMISSION_BYTES_MAX || !name.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) {
            return Err(t("api-permission-name-wrong").with("name", shown));
        }
        if OURS.contains(&name) {
            return Err(t("api-permission-ours").with("name", shown));
        }
        if permissions.iter().any(|known| known.name == name) {
            return Err(t("api-permission-twice").with("name", shown));
        }
        if description.chars().count() > DESCRIPTION_CHARS_MAX || description.chars().any(char::is_control) {
            return Err(t("api-permission-text-long").with("name", shown));
        }
        permissions.push(Permission { name: name.to_owned(), description: description.trim().to_owned() });
    }
    if permissions.len() > PERMISSIONS_MAX {
        return Err(t("api-permissions-many").with("max", PERMISSIONS_MAX).with("count", permissions.len()));
    }
    Ok(permissions)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://id.example.org";

    fn draft() -> Draft {
        Draft {
            name: "Documents".into(),
            identifier: "https://docs.example.org/api".into(),
            permissions: "docs:read Read your documents\n\n  docs:write\tChange your documents\nadmin".into(),
            token_format: "jwt".into(),
            signing_alg: "ES256".into(),
            ..Draft::default()
        }
    }

    #[test]
    fn what_a_form_shows_is_read_from_it_again() {
        let terms = draft().check(ORIGIN).unwrap();
        assert_eq!(terms.permissions[1].for_people(), "Change your documents");
        assert_eq!((terms.permissions[2].for_people(), terms.token_format), ("admin", TokenFormat::Jwt));
        assert_eq!(Draft::of(&terms).check(ORIGIN).unwrap(), terms);
    }

    #[test]
    fn an_identifier_is_an_absolute_uri_of_somebody_else() {
        let good = |identifier: &str| Draft { identifier: identifier.into(), ..draft() }.check(ORIGIN).is_ok();
        assert!(good("urn:example:docs") && good("https://docs.example.org") && good("https://id.example.org.example/x"));
        for bad in
            ["", "docs", "/docs", "https://docs.example.org/#x", "https://docs example.org", ORIGIN, "https://id.example.org/api", "https://a\"b"]
        {
            assert!(!good(bad), "{bad}");
        }
    }

    #[test]
    fn a_permission_is_a_scope_and_none_of_ours() {
        let good = |permissions: &str| Draft { permissions: permissions.into(), ..draft() }.check(ORIGIN).is_ok();
        assert!(good("") && good("a\nb") && good("https://example.org/scope Read"));
        for bad in ["openid", "groups See groups", "a\na", "sch\u{f6}n", "a\"b", "a\\b"] {
            assert!(!good(bad), "{bad}");
        }
        let minutes = |typed: &str| Draft { access_minutes: typed.into(), ..draft() }.check(ORIGIN).map(|terms| terms.access_minutes).ok();
        assert_eq!((minutes(""), minutes(" 5 "), minutes("0"), minutes("1441"), minutes("x")), (Some(None), Some(Some(5)), None, None, None));
    }

    #[test]
    fn an_api_gives_no_more_than_it_has() {
        let now = Timestamp::EPOCH;
        let api = Api { id: ApiId::new(), terms: draft().check(ORIGIN).unwrap(), created_at: now, updated_at: now };
        let right = Right { for_people: Some(Permissions::parse("docs:read gone")), for_itself: None, serves: false };
        let mut opened = Opened::new(api, right);
        assert_eq!((opened.for_people().unwrap().to_string().as_str(), opened.for_itself()), ("docs:read", None));
        opened.api.terms.open_to_all = true;
        assert_eq!(opened.for_people().unwrap().to_string(), "admin docs:read docs:write");
    }
}
