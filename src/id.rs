//! Identities of our own rows: time-ordered UUIDs (RFC 9562 version 7), one type per kind so that they cannot be mixed up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new identity, later than every one made before it on this machine.
            #[expect(clippy::disallowed_methods, reason = "this module makes the ids")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The bare UUID, for a query parameter or a foreign format.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for crate::db::Value {
            fn from(id: $name) -> Self {
                Self::Uuid(Some(id.0))
            }
        }

        impl From<Option<$name>> for crate::db::Value {
            fn from(id: Option<$name>) -> Self {
                Self::Uuid(id.map(|id| id.0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// A person. Also the OIDC subject.
    UserId;
    /// A group of people.
    GroupId;
    /// A registered OpenID client (our row; the protocol's `client_id` is text).
    ClientId;
    /// A notice to an app that a session ended.
    LogoutNoticeId;
    /// A mail that waits to be sent.
    MailId;
    /// Somebody's wish for a sign-in link by e-mail.
    LinkRequestId;
    /// A link to make an account with.
    SignUpLinkId;
    /// Somebody's wish for an account.
    SignUpWishId;
    /// A server that takes access tokens of ours.
    ApiId;
    /// A browser session, as listed on pages; never the cookie's secret.
    SessionId;
    /// A passkey's row.
    PasskeyId;
    /// A sign-in with a browser never seen for its person.
    NewBrowserId;
    /// A one-time access link.
    AccessLinkId;
    /// One run of the directory sync.
    SyncRunId;
    /// What a sync would have changed when an administrator looked.
    PreviewId;
    /// An initial access token: whoever holds it may register apps.
    RegistrationTokenId;
    /// What a person let a client have: codes and tokens belong to one.
    GrantId;
    /// A line of the audit log.
    AuditEventId;
    /// Something that went wrong at a client.
    ClientErrorId;
}

/// A random WebAuthn user handle: 122 random bits that say nothing about the person and are not the OIDC subject (WebAuthn Level 3, section 14.6.1).
#[expect(clippy::disallowed_methods, reason = "this module makes the ids")]
pub fn new_user_handle() -> Uuid {
    Uuid::new_v4()
}
