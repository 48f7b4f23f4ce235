//! Sets of permissions, at one API and at several. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::ApiId;

/// Names of permissions. A name is a scope (RFC 6749 section 3.3), so it has no spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permissions(BTreeSet<String>);

impl Permissions {
    /// Reads a `scope` parameter or what [`Display`](fmt::Display) wrote.
    pub fn parse(text: &str) -> Self {
        Self(text.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// Those in both.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        Self(&self.0 & &other.0)
    }

    /// Those in either.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(&self.0 | &other.0)
    }

    /// Whether all of these are in `other`.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// Whether this one is there.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One after the other, in the order of the alphabet.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl<S: Into<String>> FromIterator<S> for Permissions {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

/// Space-separated.
impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.iter().enumerate() {
            if place > 0 {
                f.write_str(" ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

/// Permissions at several APIs: what was asked for, agreed to or granted. An API may stand there without a permission: its tokens alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reach(BTreeMap<ApiId, Permissions>);

impl Reach {
    /// Reads what [`to_text`](Self::to_text) wrote; what cannot be read reaches nothing.
    pub fn from_text(text: &str) -> Self {
        if text.is_empty() { Self::default() } else { serde_json::from_str(text).unwrap_or_default() }
    }

    /// The stored form; empty when there is nothing.
    pub fn to_text(&self) -> String {
        if self.0.is_empty() { String::new() } else { serde_json::to_string(self).unwrap_or_default() }
    }

    /// Adds permissions at an API.
    pub fn add(&mut self, api: ApiId, permissions: &Permissions) {
        let known = self.0.entry(api).or_default();
        *known = known.and(permissions);
    }

    /// What is reached at an API; `None` when it is not among them.
    pub fn at(&self, api: ApiId) -> Option<&Permissions> {
        self.0.get(&api)
    }

    /// The only API, when there is one and no other.
    pub fn only(&self) -> Option<ApiId> {
        match self.0.keys().copied().collect::<Vec<_>>()[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The APIs.
    pub fn apis(&self) -> impl Iterator<Item = ApiId> {
        self.0.keys().copied()
    }

    /// Whether no API is reached.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Both together.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for (api, permissions) in &other.0 {
            both.add(*api, permissions);
        }
        both
    }

    /// Whether `other` reaches all of it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|(api, permissions)| other.at(*api).is_some_and(|known| permissions.is_within(known)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reach_is_within_another_when_each_permission_is() {
        let (a, b) = (ApiId::new(), ApiId::new());
        let reach = |parts: &[(ApiId, &str)]| {
            let mut reach = Reach::default();
            parts.iter().for_each(|(api, text)| reach.add(*api, &Permissions::parse(text)));
            reach
        };
        let all = reach(&[(a, "read write"), (b, "")]);
        assert!(reach(&[(a, "read")]).is_within(&all) && reach(&[(b, "")]).is_within(&all) && Reach::default().is_within(&all));
        assert!(!reach(&[(b, "read")]).is_within(&all) && !reach(&[(ApiId::new(), "")]).is_within(&all));
        assert_eq!(Reach::from_text(&all.to_text()), all);
        assert_eq!((Reach::from_text(""), Reach::default().to_text()), (Reach::default(), String::new()));
        assert_eq!((all.only(), reach(&[(a, "")]).only()), (None, Some(a)));
        assert_eq!(reach(&[(a, "read")]).and(&reach(&[(a, "write"), (b, "")])), all);
    }
}
