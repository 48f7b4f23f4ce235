//! Scopes: what a client may learn and do.

use std::collections::BTreeSet;
use std::fmt;

use crate::language::{Text, t};

/// A scope we know. Unknown ones in a request are ignored (OpenID Connect Core, section 3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Who the person is; makes a request an OpenID Connect one.
    OpenId,
    /// Names.
    Profile,
    /// E-mail address.
    Email,
    /// Postal address.
    Address,
    /// Telephone number.
    Phone,
    /// Groups.
    Groups,
    /// A refresh token (OpenID Connect Core, section 11).
    OfflineAccess,
}

impl Scope {
    /// Every scope, as published.
    pub const ALL: [Self; 7] = [Self::OpenId, Self::Profile, Self::Email, Self::Address, Self::Phone, Self::Groups, Self::OfflineAccess];

    /// The name in requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::Address => "address",
            Self::Phone => "phone",
            Self::Groups => "groups",
            Self::OfflineAccess => "offline_access",
        }
    }

    /// What the consent page says the app will get.
    pub fn for_people(self) -> Text {
        match self {
            Self::OpenId => t("scope-openid"),
            Self::Profile => t("scope-profile"),
            Self::Email => t("scope-email"),
            Self::Address => t("scope-address"),
            Self::Phone => t("scope-phone"),
            Self::Groups => t("scope-groups"),
            Self::OfflineAccess => t("scope-offline"),
        }
    }
}

/// A set of scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Reads a `scope` parameter or what [`Display`](fmt::Display) wrote; what we do not know is left out.
    pub fn parse(text: &str) -> Self {
        Self(text.split(' ').filter_map(|name| Scope::ALL.into_iter().find(|scope| scope.as_str() == name)).collect())
    }

    /// Whether it is in the set.
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Whether all of these are in `other`.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// Both together.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(&self.0 | &other.0)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

/// Space-separated, always in the same order.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().map(Scope::as_str).collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_scopes_are_left_out_and_the_order_is_always_the_same() {
        let scopes = Scopes::parse("email openid  read:everything groups email");
        assert_eq!(scopes.to_string(), "openid email groups");
        assert_eq!(Scopes::parse(&scopes.to_string()), scopes);
        assert!(Scopes::parse("openid").is_within(&scopes) && !scopes.is_within(&Scopes::parse("openid")));
        assert!(Scopes::parse("OPENID").is_empty());
    }
}
