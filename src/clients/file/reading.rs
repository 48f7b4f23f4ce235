//! Reading a file of clients. Every field has the name it has in the form; a mistake names the client and the field, and a mistyped name is told the one that was
//! probably meant.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::clients::model::{Lifetimes, Registration, SigningAlg};
use crate::clients::policy::authentication::{WORKLOADS_MAX, Workload};
use crate::clients::policy::{Policies, Policy as _, Typed};
use crate::secret::SecretToken;

/// The fewest characters of a secret: it is kept as a plain hash, which is enough for what cannot be guessed and for nothing else.
const SECRET_CHARS_MIN: usize = 32;
/// The most secrets of a client.
const SECRETS_MAX: usize = 10;

/// A client as a file declares it; its registration was checked.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    pub(super) client_id: String,
    pub(super) registration: Registration,
    /// The names of the groups it is for; `None` when it is for everyone.
    pub(super) groups: Option<Vec<String>>,
    pub(super) secrets: Vec<SecretToken>,
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SecretSource {
    /// In a file of its own, relative to the file of clients.
    File(PathBuf),
    /// In a variable of the environment.
    Environment(String),
}

impl SecretSource {
    /// Reads it; what is around it is trimmed.
    pub(super) fn read(&self, folder: &Path) -> Result<String, String> {
        match self {
            Self::File(path) => {
                let path = folder.join(path);
                let text = std::fs::read_to_string(&path).map_err(|error| format!("the file {} cannot be read: {error}.", path.display()))?;
                Ok(text.trim().to_owned())
            }
            Self::Environment(name) => {
                #[expect(clippy::disallowed_methods, reason = "the file, not the configuration, says which variable holds a secret")]
                let text = std::env::var(name).map_err(|_| format!("the environment has no variable {name}."))?;
                Ok(text.trim().to_owned())
            }
        }
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Lines,
    Number,
    Switch,
    /// Of a policy: text, number or lines; the policy knows.
    Any,
}

const FIELDS: &[(&str, Kind)] = &[
    ("name", Kind::Text),
    ("redirect_uris", Kind::Lines),
    ("post_logout_redirect_uris", Kind::Lines),
    ("is_public", Kind::Switch),
    ("skip_consent", Kind::Switch),
    ("claims_in_id_token", Kind::Switch),
    ("require_pkce", Kind::Switch),
    ("require_par", Kind::Switch),
    ("signing_alg", Kind::Text),
    ("code_seconds", Kind::Number),
    ("access_minutes", Kind::Number),
    ("id_token_minutes", Kind::Number),
    ("refresh_days", Kind::Number),
    ("initiate_login_uri", Kind::Text),
    ("acts_alone", Kind::Switch),
    ("own_scopes", Kind::Lines),
    ("for_devices", Kind::Switch),
    ("allowed_groups", Kind::Lines),
];
/// What the form has no field for.
const OF_THE_FILE: &[&str] = &["client_id", "secret_file", "secret_env", "secret"];
const AT_THE_TOP: &[&str] = &["client", "allow_secrets_in_file"];

/// Reads a whole file; `read_secret` fetches what it refers to.
///
/// # Errors
/// Every mistake, each with the client and the field.
pub(super) fn parse(text: &str, read_secret: &dyn Fn(&SecretSource) -> Result<String, String>) -> Result<Vec<Declared>, Vec<String>> {
    let table: Table = toml::from_str(text).map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
        vec![format!("line {line}: this is not TOML: {}.", error.message().trim_end_matches('.'))]
    })?;
    let mut mistakes = Vec::new();
    for name in table.keys().filter(|name| !AT_THE_TOP.contains(&name.as_str())) {
        let hint = did_you_mean(name, AT_THE_TOP.iter().copied());
        mistakes.push(format!("{name}: there is no such field at the top of the file{hint}. Clients begin with [[client]]."));
    }
    let secrets_in_file = match table.get("allow_secrets_in_file") {
        None => false,
        Some(Value::Boolean(is_on)) => *is_on,
        Some(_) => {
            mistakes.push("allow_secrets_in_file: it must be true or false.".to_owned());
            false
        }
    };
    let entries: &[Value] = match table.get("client") {
        None => &[],
        Some(Value::Array(entries)) => entries,
        Some(_) => {
            mistakes.push("client: write each client as a table that begins with [[client]].".to_owned());
            &[]
        }
    };
    let kinds = kinds();
    let mut declared: Vec<Declared> = Vec::new();
    let mut ids = BTreeSet::new();
    for (number, entry) in entries.iter().enumerate() {
        let Value::Table(entry) = entry else {
            mistakes.push(format!("client {}: write each client as a table that begins with [[client]].", number + 1));
            continue;
        };
        let reader = Reader { kinds: &kinds, secrets_in_file, read_secret };
        let (client_id, read) = reader.client(entry);
        let named = client_id.as_deref().map_or_else(|| format!("client {}", number + 1), |id| format!("client \"{id}\""));
        if client_id.as_ref().is_some_and(|id| !ids.insert(id.clone())) {
            mistakes.push(format!("{named}, client_id: there are two clients of this ID in the file."));
        }
        match read {
            Ok(client) => declared.push(client),
            Err(found) => mistakes.extend(found.into_iter().map(|(field, mistake)| format!("{named}, {field}: {mistake}"))),
        }
    }
    if mistakes.is_empty() { Ok(declared) } else { Err(mistakes) }
}

/// Every field a client can have, and what it holds.
fn kinds() -> BTreeMap<String, Kind> {
    let mut typed = Typed::default();
    let mut policies = Policies::default();
    // Each place of the form, also those that are empty.
    policies.authentication.workloads = vec![Workload::default(); WORKLOADS_MAX];
    policies.to_typed(&mut typed);
    let policies = typed.names().into_iter().map(|(name, is_switch)| (name.to_owned(), if is_switch { Kind::Switch } else { Kind::Any }));
    policies.chain(FIELDS.iter().map(|(name, kind)| ((*name).to_owned(), *kind))).collect()
}

/// The end of a sentence about a name that is not known.
fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let nearest = known.map(|known| (strsim::damerau_levenshtein(name, known), known)).min();
    nearest
        .filter(|(distance, known)| *distance <= 3 && *distance < known.len())
        .map(|(_, known)| format!("; did you mean {known}?"))
        .unwrap_or_default()
}

type Found = Vec<(String, String)>;

struct Reader<'a> {
    kinds: &'a BTreeMap<String, Kind>,
    secrets_in_file: bool,
    read_secret: &'a dyn Fn(&SecretSource) -> Result<String, String>,
}

impl Reader<'_> {
    /// One client: its ID as far as it can be read, and the client or what is wrong with it.
    fn client(&self, entry: &Table) -> (Option<String>, Result<Declared, Found>) {
        let mut mistakes: Found = Vec::new();
        let client_id = match entry.get("client_id") {
            Some(Value::String(id)) if is_client_id(id) => Some(id.clone()),
            Some(_) => {
                let mistake = "it must be text of 1 to 200 letters, digits and the signs . _ ~ -".to_owned();
                mistakes.push(("client_id".to_owned(), mistake));
                None
            }
            None => {
                let mistake = "it is missing. Choose a name that stays, such as \"wiki\"; the app is told it.".to_owned();
                mistakes.push(("client_id".to_owned(), mistake));
                None
            }
        };
        let mut typed = Typed::default();
        // As on the page of a new client.
        typed.switch("claims_in_id_token", true);
        for (name, value) in entry.iter().filter(|(name, _)| !OF_THE_FILE.contains(&name.as_str())) {
            match self.kinds.get(name) {
                Some(kind) => {
                    if let Err(mistake) = put(&mut typed, name, *kind, value) {
                        mistakes.push((name.clone(), mistake.to_owned()));
                    }
                }
                None => {
                    let hint = did_you_mean(name, self.kinds.keys().map(String::as_str).chain(OF_THE_FILE.iter().copied()));
                    mistakes.push((name.clone(), format!("there is no such field{}", if hint.is_empty() { "." } else { &hint })));
                }
            }
        }
        if SigningAlg::from_text(typed.text("signing_alg")).is_none() && entry.contains_key("signing_alg") {
            mistakes.push(("signing_alg".to_owned(), "it must be RS256, ES256, PS256 or EdDSA.".to_owned()));
        }
        mistakes.extend(self.not_understood(entry, &typed));
        let secrets = self.secrets(entry, &mut mistakes);
        let groups = entry.contains_key("allowed_groups").then(|| typed.lines("allowed_groups"));
        let checked = match registration(&typed).checked() {
            Ok(checked) => Some(checked),
            Err(found) => {
                // What could not be read was said already.
                let read: BTreeSet<String> = mistakes.iter().map(|(field, _)| field.clone()).collect();
                mistakes.extend(found.into_iter().filter(|(field, _)| !read.contains(*field)).map(|(field, mistake)| (field.to_owned(), mistake)));
                None
            }
        };
        if let Some(registration) = &checked {
            let proves_itself_otherwise = !registration.policies.authentication.method.uses_secrets();
            if registration.is_public && !secrets.is_empty() {
                mistakes.push(("is_public".to_owned(), "a public client has no secret. Take one of the two away.".to_owned()));
            } else if !registration.is_public && secrets.is_empty() && !proves_itself_otherwise && !mentions_secret(entry) {
                let mistake =
                    "it is missing. Name a file that holds the app's secret, or a variable (secret_env); or say is_public = true.".to_owned();
                mistakes.push(("secret_file".to_owned(), mistake));
            }
        }
        let read = match (checked, client_id.clone()) {
            (Some(registration), Some(client_id)) if mistakes.is_empty() => Ok(Declared { client_id, registration, groups, secrets }),
            _ => Err(mistakes),
        };
        (client_id, read)
    }

    /// Fields of policies whose value a form could not have sent: a policy reads such a choice as its default, which nobody meant here.
    fn not_understood(&self, entry: &Table, typed: &Typed) -> Found {
        let mut read = Typed::default();
        Policies::from_typed(typed).to_typed(&mut read);
        let given = entry.keys().filter(|name| self.kinds.get(*name) == Some(&Kind::Any));
        let differs = given.filter(|name| read.lines(name) != typed.lines(name));
        differs.map(|name| (name.clone(), "this value is not understood; the form of a client shows what is possible.".to_owned())).collect()
    }

    fn secrets(&self, entry: &Table, mistakes: &mut Found) -> Vec<SecretToken> {
        let mut secrets = Vec::new();
        for field in ["secret_file", "secret_env", "secret"] {
            let values: Vec<&Value> = match entry.get(field) {
                None => continue,
                Some(Value::Array(values)) => values.iter().collect(),
                Some(value) => vec![value],
            };
            for value in values {
                match self.secret(field, value) {
                    Ok(secret) => secrets.push(secret),
                    Err(mistake) => mistakes.push((field.to_owned(), mistake)),
                }
            }
        }
        if secrets.len() > SECRETS_MAX {
            mistakes.push(("secret_file".to_owned(), format!("a client has at most {SECRETS_MAX} secrets.")));
        }
        secrets
    }

    fn secret(&self, field: &str, value: &Value) -> Result<SecretToken, String> {
        let text = value.as_str().ok_or("it must be text, or a list of texts.")?;
        let secret = match field {
            "secret_file" => (self.read_secret)(&SecretSource::File(PathBuf::from(text)))?,
            "secret_env" => (self.read_secret)(&SecretSource::Environment(text.to_owned()))?,
            _ if self.secrets_in_file => text.to_owned(),
            _ => {
                return Err(
                    "whoever reads this file would have the secret. Use secret_file or secret_env; if you insist, write allow_secrets_in_file = true at \
                            the top of the file."
                        .to_owned(),
                );
            }
        };
        if secret.chars().count() < SECRET_CHARS_MIN || secret.chars().any(char::is_whitespace) {
            return Err(format!(
                "the secret must have at least {SECRET_CHARS_MIN} characters and no spaces; `openssl rand -base64 32` makes a good one."
            ));
        }
        Ok(SecretToken::unverified(&secret))
    }
}

fn mentions_secret(entry: &Table) -> bool {
    ["secret_file", "secret_env", "secret"].iter().any(|field| entry.contains_key(*field))
}

/// A name of a client that needs no encoding anywhere.
fn is_client_id(text: &str) -> bool {
    (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b))
}

/// Writes a value as the form would have it.
fn put(typed: &mut Typed, name: &str, kind: Kind, value: &Value) -> Result<(), &'static str> {
    match (kind, value) {
        (Kind::Switch, Value::Boolean(is_on)) => typed.switch(name, *is_on),
        (Kind::Switch, _) => return Err("it must be true or false."),
        (Kind::Text | Kind::Any, Value::String(text)) => typed.put(name, text.as_str()),
        (Kind::Lines, Value::String(text)) if !text.contains('\n') => typed.put(name, text.as_str()),
        (Kind::Number | Kind::Any, Value::Integer(number)) => typed.put(name, number.to_string()),
        (Kind::Lines | Kind::Any, Value::Array(values)) => {
            let lines: Option<Vec<String>> =
                values.iter().map(|value| value.as_str().filter(|line| !line.contains('\n')).map(str::to_owned)).collect();
            typed.put_lines(name, &lines.ok_or("it must be a list of texts, one line each.")?);
        }
        (Kind::Text, _) => return Err("it must be text."),
        (Kind::Number, _) => return Err("it must be a whole number."),
        (Kind::Lines, _) => return Err("it must be a list of texts."),
        (Kind::Any, _) => return Err("it must be text, a whole number or a list of texts."),
    }
    Ok(())
}

fn registration(typed: &Typed) -> Registration {
    Registration {
        name: typed.text("name").to_owned(),
        is_public: typed.is_on("is_public"),
        redirect_uris: typed.lines("redirect_uris"),
        post_logout_redirect_uris: typed.lines("post_logout_redirect_uris"),
        skip_consent: typed.is_on("skip_consent"),
        signing_alg: SigningAlg::from_text(typed.text("signing_alg")).unwrap_or_default(),
        claims_in_id_token: typed.is_on("claims_in_id_token"),
        require_pkce: typed.is_on("require_pkce"),
        require_par: typed.is_on("require_par"),
        lifetimes: Lifetimes {
            code_seconds: typed.number("code_seconds"),
            access_minutes: typed.number("access_minutes"),
            id_token_minutes: typed.number("id_token_minutes"),
            refresh_days: typed.number("refresh_days"),
        },
        initiate_login_uri: typed.text("initiate_login_uri").to_owned(),
        acts_alone: typed.is_on("acts_alone"),
        own_scopes: typed.lines("own_scopes"),
        for_devices: typed.is_on("for_devices"),
        policies: Policies::from_typed(typed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIKI: &str = "[[client]]\nclient_id = \"wiki\"\nname = \"Wiki\"\nredirect_uris = [\"https://wiki.example.org/cb\"]\n";
    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn read(text: &str) -> Result<Vec<Declared>, Vec<String>> {
        parse(text, &|source| match source {
            SecretSource::File(path) if path.ends_with("good") => Ok(SECRET.to_owned()),
            SecretSource::Environment(name) if name == "SHORT" => Ok("short".to_owned()),
            other => Err(format!("{other:?} is not there.")),
        })
    }

    #[test]
    fn fields_have_the_names_of_the_form() {
        let more = "secret_file = [\"good\"]\nsigning_alg = \"es256\"\nrefresh_days = 7\nskip_consent = true\nallowed_groups = [\"staff\", \"IT\"]\n\
                    launch_url = \"https://wiki.example.org\"\nbackchannel_logout_uri = \"https://wiki.example.org/bcl\"\n\
                    backchannel_logout_session_required = true\nproxied_addresses = [\"https://wiki.example.org\"]\n";
        let clients = read(&format!("{WIKI}{more}")).unwrap();
        let Declared { client_id, registration, groups, secrets } = &clients[0];
        assert_eq!((client_id.as_str(), registration.name.as_str(), secrets.len()), ("wiki", "Wiki", 1));
        assert_eq!((registration.signing_alg, registration.lifetimes.refresh_days), (SigningAlg::Es256, Some(7)));
        assert!(registration.skip_consent && registration.claims_in_id_token && !registration.require_pkce);
        assert_eq!(groups.as_deref().unwrap(), ["staff", "IT"]);
        assert_eq!(registration.policies.presentation.launch_url, "https://wiki.example.org");
        assert!(registration.policies.logout.backchannel_logout_session_required);
        assert!(registration.policies.forward_auth.is_on());
        assert!(read("").unwrap().is_empty(), "an empty file declares no client");
    }

    #[test]
    fn a_mistake_names_client_and_field_and_says_what_was_meant() {
        let with = |more: &str| read(&format!("{WIKI}{more}")).unwrap_err().join("\n");
        for (more, says) in [
            ("redirect_urls = []", "client \"wiki\", redirect_urls: there is no such field; did you mean redirect_uris?"),
            ("backchannel_logout_url = \"x\"", "did you mean backchannel_logout_uri?"),
            ("xyzzy = 1", "xyzzy: there is no such field."),
            ("is_public = \"yes\"", "client \"wiki\", is_public: it must be true or false."),
            ("is_public = true\nrefresh_days = 999", "refresh_days: Enter a whole number"),
            ("is_public = true\ninitiate_login_uri = \"http://x.example\"", "initiate_login_uri: "),
            ("signing_alg = \"HS256\"", "signing_alg: it must be RS256, ES256, PS256 or EdDSA"),
            ("", "client \"wiki\", secret_file: it is missing"),
            ("secret_file = \"nowhere\"", "client \"wiki\", secret_file: "),
            ("secret_env = \"SHORT\"", "secret_env: the secret must have at least 32 characters"),
            ("secret = \"0123456789abcdef0123456789abcdef\"", "secret: whoever reads this file"),
            ("is_public = true\nsecret_file = \"good\"", "is_public: a public client has no secret"),
            ("is_public = true\nauth_method = \"magic\"", "auth_method: this value is not understood"),
            ("own_scopes = [1]", "own_scopes: it must be a list of texts"),
            ("provenance = \"mine\"", "provenance: there is no such field"),
        ] {
            assert!(with(more).contains(says), "{more}: {}", with(more));
        }
        let twice = format!("{WIKI}secret_file = \"good\"\n{WIKI}secret_file = \"good\"\n");
        assert!(read(&twice).unwrap_err()[0].contains("two clients"));
        assert!(read("clients = []").unwrap_err()[0].contains("did you mean client?"));
        assert!(read("[[client]]\nname = ").unwrap_err()[0].starts_with("line 2: this is not TOML"));
        assert!(read("[[client]]\nclient_id = \"a b\"").unwrap_err().join(" ").contains("client 1, client_id"));
        assert!(!with("secret = \"hunter2hunter2hunter2hunter2hunter2\"").contains("hunter2"));
        read(&format!("allow_secrets_in_file = true\n{WIKI}secret = \"{SECRET}\"")).unwrap();
    }
}
