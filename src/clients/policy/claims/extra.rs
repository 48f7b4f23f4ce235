//! Claims an administrator gives to one client: constants, roles by group, texts made of what is known about the person. One line each:
//!
//! ```text
//! tier = gold                                    the same for everyone
//! role = admin if wiki-admins                    the first line of a claim that fits counts
//! role = reader
//! roles[] = editor if wiki-editors               a list takes every line that fits
//! upn = {username}@example.org                   what is known about the person
//! department = {directory.department}            what their directory gives
//! resource_access > wiki > roles[] = admin if wiki-admins
//! limits = {"files": 7}                          any JSON
//! ```

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::language::{Text, t};
use crate::users::User;
use crate::users::model::key;
use crate::users::reserved_claims::{PERSON_CLAIMS, is_plain_name, is_reserved_claim};

/// The most lines of one client.
const LINES_MAX: usize = 50;
/// The longest line, in bytes.
const LINE_BYTES_MAX: usize = 1000;
/// The deepest path.
const DEPTH_MAX: usize = 5;

/// What a claim's text needs to know, and so which scope a client must have been granted to get it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Names, language, and what a directory says besides: the scope `profile`.
    Profile,
    /// The e-mail address: the scope `email`.
    Email,
    /// The telephone number: the scope `phone`.
    Phone,
}

/// A line, read.
#[derive(Clone, Debug, PartialEq)]
pub struct ExtraClaim {
    /// The claim's name, and the names of members inside it.
    pub path: Vec<String>,
    /// Whether all lines of this path that fit make a list.
    pub is_list: bool,
    /// What stands in it; texts may hold placeholders.
    pub value: Value,
    /// The group people must be in, as it was typed.
    pub group: Option<String>,
}

impl ExtraClaim {
    /// Reads one line.
    ///
    /// # Errors
    /// What is wrong with it, to stand after the line.
    pub fn parse(line: &str) -> Result<Self, Text> {
        if line.len() > LINE_BYTES_MAX {
            return Err(t("client-extra-long"));
        }
        let Some((path, rest)) = line.split_once('=') else { return Err(t("client-extra-form")) };
        let path = path.trim();
        let (path, is_list) = path.strip_suffix("[]").map_or((path, false), |path| (path, true));
        let path: Vec<String> = path.split('>').map(|name| name.trim().to_owned()).collect();
        if path.len() > DEPTH_MAX {
            return Err(t("client-extra-deep").with("max", DEPTH_MAX));
        }
        if let Some(name) = path.iter().find(|name| !is_plain_name(name)) {
            return Err(t("client-extra-name").with("name", name));
        }
        let first = path.first().map_or("", String::as_str);
        if is_reserved_claim(first) || PERSON_CLAIMS.contains(&first) {
            return Err(t("client-extra-taken").with("name", first));
        }
        let (value, group) = value_and_group(rest.trim())?;
        if let Some(unknown) = placeholders(&value).into_iter().find(|name| need_of(name).is_none()) {
            return Err(t("client-extra-unknown").with("placeholder", format!("{{{unknown}}}")));
        }
        Ok(Self { path, is_list, value, group })
    }

    /// Reads all lines and checks that they do not contradict each other.
    ///
    /// # Errors
    /// The first line that is wrong, and why.
    pub fn parse_all(lines: &[String]) -> Result<Vec<Self>, Text> {
        if lines.len() > LINES_MAX {
            return Err(t("client-extra-many").with("max", LINES_MAX).with("count", lines.len()));
        }
        let shown = |line: &str| line.chars().take(120).collect::<String>();
        let read = lines
            .iter()
            .map(|line| Self::parse(line).map_err(|why| t("client-extra-wrong").with("line", shown(line)).with("why", why)))
            .collect::<Result<Vec<_>, _>>()?;
        for (at, claim) in read.iter().enumerate() {
            let clashes = |other: &Self| {
                (other.path == claim.path && other.is_list != claim.is_list)
                    || (other.path.len() < claim.path.len() && claim.path.starts_with(&other.path))
            };
            if read.iter().any(clashes) {
                let line = lines.get(at).map_or("", String::as_str);
                return Err(t("client-extra-clash").with("line", shown(line)));
            }
        }
        Ok(read)
    }

    /// Which scopes it needs besides `openid`.
    pub fn needs(&self) -> BTreeSet<Need> {
        placeholders(&self.value).iter().filter_map(|name| need_of(name)).collect()
    }
}

/// The claims these lines make for a person in groups of these names, as far as `may` gives what they need. What is not known is left out.
pub fn claims_of(lines: &[String], user: &User, groups: &[&str], may: impl Fn(Need) -> bool) -> Map<String, Value> {
    let mut claims = Map::new();
    let keys: BTreeSet<String> = groups.iter().map(|name| key(name)).collect();
    // Lines were checked when they were saved; one that a newer version no longer reads is left out.
    for claim in lines.iter().filter_map(|line| ExtraClaim::parse(line).ok()) {
        if claim.group.as_ref().is_some_and(|group| !keys.contains(&key(group))) || !claim.needs().into_iter().all(&may) {
            continue;
        }
        let Some(value) = filled(&claim.value, user) else { continue };
        put(&mut claims, &claim.path, claim.is_list, value);
    }
    claims
}

fn put(object: &mut Map<String, Value>, path: &[String], is_list: bool, value: Value) {
    match path {
        [] => {}
        [name] if is_list => {
            let list = object.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
            let Value::Array(list) = list else { return };
            for value in if let Value::Array(values) = value { values } else { vec![value] } {
                if !list.contains(&value) {
                    list.push(value);
                }
            }
        }
        [name] => {
            object.entry(name.clone()).or_insert(value);
        }
        [name, rest @ ..] => {
            if let Value::Object(inner) = object.entry(name.clone()).or_insert_with(|| Value::Object(Map::new())) {
                put(inner, rest, is_list, value);
            }
        }
    }
}

/// Splits `value if group`. What is JSON is taken as such, anything else is text.
fn value_and_group(text: &str) -> Result<(Value, Option<String>), Text> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    if let Some(Ok(value)) = stream.next() {
        let rest = text.get(stream.byte_offset()..).unwrap_or_default();
        if rest.trim().is_empty() {
            return Ok((value, None));
        }
        if let Some(group) = rest.strip_prefix(" if ").map(str::trim).filter(|group| !group.is_empty()) {
            return Ok((value, Some(group.to_owned())));
        }
    }
    let (value, group) = match text.split_once(" if ") {
        Some((value, group)) => (value.trim(), Some(group.trim())),
        None => (text, None),
    };
    if value.is_empty() {
        return Err(t("client-extra-nothing"));
    }
    if group.is_some_and(str::is_empty) {
        return Err(t("client-extra-no-group"));
    }
    Ok((Value::String(value.to_owned()), group.map(str::to_owned)))
}

fn need_of(placeholder: &str) -> Option<Need> {
    match placeholder {
        "username" | "first_name" | "last_name" | "display_name" | "locale" => Some(Need::Profile),
        "email" => Some(Need::Email),
        "phone" => Some(Need::Phone),
        other => other.strip_prefix("directory.").filter(|name| is_plain_name(name)).map(|_| Need::Profile),
    }
}

/// A text as pieces: literal, or (second) a placeholder.
fn pieces(text: &str) -> Vec<(&str, Option<&str>)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { break };
        pieces.push((before, Some(name)));
        rest = behind;
    }
    pieces.push((rest, None));
    pieces
}

fn placeholders(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => pieces(text).into_iter().filter_map(|(_, name)| name.map(str::to_owned)).collect(),
        Value::Array(values) => values.iter().flat_map(placeholders).collect(),
        Value::Object(members) => members.values().flat_map(placeholders).collect(),
        _ => Vec::new(),
    }
}

/// The value with its placeholders filled; `None` when something in it is not known.
fn filled(value: &Value, user: &User) -> Option<Value> {
    match value {
        Value::String(text) => match pieces(text)[..] {
            // Alone, it keeps its form: a directory's list stays a list.
            [("", Some(name)), ("", None)] => known(name, user),
            ref pieces => {
                let mut all = String::new();
                for (before, name) in pieces {
                    all.push_str(before);
                    if let Some(name) = name {
                        all.push_str(&crate::users::model::extra_text(&known(name, user)?));
                    }
                }
                Some(Value::String(all))
            }
        },
        Value::Array(values) => values.iter().map(|value| filled(value, user)).collect::<Option<Vec<_>>>().map(Value::Array),
        Value::Object(members) => {
            members.iter().map(|(name, value)| Some((name.clone(), filled(value, user)?))).collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        other => Some(other.clone()),
    }
}

fn known(placeholder: &str, user: &User) -> Option<Value> {
    let text = match placeholder {
        "username" => user.username.as_str(),
        "first_name" => &user.first_name,
        "last_name" => &user.last_name,
        "display_name" => &user.display_name,
        "locale" => user.locale_for_apps(),
        "email" => user.email.as_deref()?,
        "phone" => user.phone.as_deref()?,
        other => return user.extras().remove(other.strip_prefix("directory.")?),
    };
    (!text.trim().is_empty()).then(|| Value::String(text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use serde_json::json;

    fn made(lines: &str, groups: &[&str], may: &[Need]) -> Value {
        let ada = User {
            directory_attributes: r#"{"department":"Engines","roles":["a","b"]}"#.to_owned(),
            ..User::new_local("ada", Some("ada@example.org"), "Ada", "Lovelace", Timestamp::EPOCH)
        };
        let lines: Vec<String> = lines.lines().map(str::to_owned).collect();
        ExtraClaim::parse_all(&lines).unwrap();
        Value::Object(claims_of(&lines, &ada, groups, |need| may.contains(&need)))
    }

    const ALL: &[Need] = &[Need::Profile, Need::Email, Need::Phone];

    #[test]
    fn constants_and_roles_by_group() {
        let lines = "tier = gold\nlevel = 7\nbeta = true\nquoted = \"7\"\nrole = admin if Wiki Admins\nrole = reader\nlimits = {\"files\": [1, 2]}";
        let plain = json!({ "tier": "gold", "level": 7, "beta": true, "quoted": "7", "role": "reader", "limits": { "files": [1, 2] } });
        assert_eq!(made(lines, &[], &[]), plain);
        assert_eq!(made(lines, &["wiki admins"], &[])["role"], "admin", "names of groups are compared as everywhere");
        let lists = "roles[] = editor if editors\nroles[] = [\"admin\", \"editor\"] if admins";
        assert_eq!(made(lists, &["editors", "admins"], &[]), json!({ "roles": ["editor", "admin"] }));
        assert_eq!(made(lists, &["other"], &[]), json!({}));
    }

    #[test]
    fn a_path_makes_objects() {
        let lines = "resource_access > wiki > roles[] = admin if admins\nresource_access > wiki > roles[] = user\nhttps://x.example/n = 1";
        let made = made(lines, &["admins"], &[]);
        assert_eq!(made, json!({ "resource_access": { "wiki": { "roles": ["admin", "user"] } }, "https://x.example/n": 1 }));
    }

    #[test]
    fn what_is_known_of_a_person_fills_texts_and_needs_its_scope() {
        let lines = "upn = {username}@corp.example\ndep = {directory.department}\nall = {directory.roles}\nmail = <{email}>\ntel = {phone}";
        let full = json!({ "upn": "ada@corp.example", "dep": "Engines", "all": ["a", "b"], "mail": "<ada@example.org>" });
        assert_eq!(made(lines, &[], ALL), full, "a telephone number nobody knows is left out");
        assert_eq!(made(lines, &[], &[Need::Email]), json!({ "mail": "<ada@example.org>" }));
    }

    #[test]
    fn what_cannot_be_a_claim_is_refused_with_its_line() {
        for (lines, word) in [
            ("role", "not of the form"),
            ("= x", "cannot be a name"),
            ("two words = x", "cannot be a name"),
            ("sub = admin", "meaning of its own"),
            ("EMAIL_verified = true", "meaning of its own"),
            ("groups = x", "meaning of its own"),
            ("nickname = x", "meaning of its own"),
            ("sub > x = y", "meaning of its own"),
            ("cnf = {\"jkt\": \"x\"}", "meaning of its own"),
            ("x =", "nothing behind"),
            ("x = if y", "“x = if y"),
            ("x = {password}", "is not known"),
            ("x = {directory.}", "is not known"),
            ("a > b > c > d > e > f = 1", "names deep"),
            ("x = 1\nx[] = 2", "something else of the same claim"),
            ("x > y = 1\nx = 2", "something else of the same claim"),
        ] {
            let lines: Vec<String> = lines.lines().map(str::to_owned).collect();
            match ExtraClaim::parse_all(&lines) {
                Err(mistake) => assert!(mistake.to_string().contains(word), "{lines:?}: {mistake}"),
                Ok(read) => assert_eq!(read[0].value, json!("if y"), "{lines:?}"),
            }
        }
    }
}
