//! An event of the audit log in words for the person it is about. Nobody else is named: who did it is them, an administrator, the directory or the server.

use serde_json::Value;

use crate::audit::{Kind, Line};
use crate::id::{PasskeyId, UserId};
use crate::language::{Text, t};

/// Who did it, as far as the person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// They themselves, or whoever had their session.
    You,
    /// An administrator, here or at the command line.
    Administrator,
    /// The directory they come from.
    Directory,
    /// An app they use.
    App,
    /// The server by itself.
    Server,
    /// Somebody who proved nothing.
    Somebody,
}

impl Who {
    fn of(line: &Line, kind: Option<Kind>, person: UserId) -> Self {
        match (line.actor_id, line.actor_name.as_str()) {
            (Some(id), _) if id == person.uuid() => Self::You,
            (Some(_), _) | (None, "command line") => Self::Administrator,
            (None, "") => Self::Somebody,
            (None, _) if matches!(kind, Some(Kind::TokenExchanged | Kind::TokenReuse)) => Self::App,
            (None, name) if name.starts_with("directory") => Self::Directory,
            (None, _) => Self::Server,
        }
    }
}

/// Where somebody goes who did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotMe {
    /// To the passkey it was done with.
    Passkey,
    /// To their sessions.
    Sessions,
    /// To their recovery codes.
    Codes,
    /// To the apps that know them.
    Apps,
    /// To change their directory password.
    Password,
    /// To whoever did it: an administrator.
    Ask,
}

/// An event in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// One sentence.
    pub(super) what: String,
    /// `bad` or `warn` for what stands out; otherwise empty.
    pub(super) class: &'static str,
    /// Who did it.
    pub(super) who: Who,
    /// What to do when it was not them; `None` where there is nothing to do.
    pub(super) not_me: Option<NotMe>,
    /// The passkey it is about, as far as the log says.
    pub(super) passkey: Option<PasskeyId>,
}

/// Says an event of [`crate::audit::about`] to its person.
pub(super) fn say(line: &Line, person: UserId) -> Said {
    let kind = Kind::from_text(&line.kind);
    let who = Who::of(line, kind, person);
    let detail: Value = serde_json::from_str(&line.detail).unwrap_or_default();
    let what = kind.map_or_else(|| t("event-newer"), |kind| sentence(kind, who, line, &detail));
    let not_me = kind.and_then(|kind| not_me(kind, who, &detail));
    let passkey = detail["passkey_id"].as_str().and_then(|id| id.parse().ok());
    Said { what: what.into(), class: kind.map_or("", class), who, not_me, passkey }
}

fn text<'a>(detail: &'a Value, name: &str) -> &'a str {
    detail[name].as_str().unwrap_or_default()
}

/// Whether somebody had the key of a passkey whose counter went backwards.
fn is_possible_copy(detail: &Value) -> bool {
    text(detail, "reason") == "counter_went_back"
}

fn count(detail: &Value, names: &[&str]) -> Option<u64> {
    names.iter().find_map(|name| detail[*name].as_u64())
}

fn sentence(kind: Kind, who: Who, line: &Line, detail: &Value) -> Text {
    let passkey = |text: Text| text.with("passkey", self::text(detail, "passkey"));
    let app = |text: Text| text.with("app", &line.subject_name);
    let device = |text: Text| text.with("browser", self::text(detail, "asked_with")).with("address", self::text(detail, "asked_from"));
    match (kind, who) {
        (Kind::SetUp, _) => t("event-set-up"),
        (Kind::SignIn, _) => match self::text(detail, "method") {
            "passkey" => passkey(t("event-sign-in-passkey")),
            "directory_password" => t("event-sign-in-password"),
            "other_device" => t("event-sign-in-device"),
            _ => t("event-sign-in"),
        },
        (Kind::SignInRefused, _) => match self::text(detail, "method") {
            "recovery_code" => t("event-refused-code"),
            "directory_password" => t("event-refused-password"),
            _ if is_possible_copy(detail) => passkey(t("event-refused-copy")),
            _ => t("event-refused"),
        },
        (Kind::NewBrowser, _) => t("event-new-browser"),
        (Kind::NewBrowserDenied, _) => t("event-new-browser-denied").with("count", count(detail, &["sessions"]).unwrap_or_default()),
        (Kind::ProofGiven, _) => passkey(t("event-proof")),
        (Kind::ProofRefused, _) if is_possible_copy(detail) => passkey(t("event-refused-copy")),
        (Kind::ProofRefused, _) => t("event-proof-refused"),
        (Kind::SignOut, _) => t("event-sign-out"),
        (Kind::SessionsEnded, Who::You) => match count(detail, &["count", "sessions"]) {
            None => t("event-session-ended"),
            Some(count) => t("event-sessions-ended").with("count", count),
        },
        (Kind::SessionsEnded, _) => t("event-signed-out-everywhere"),
        (Kind::DirectoryPasswordChanged, _) => t("event-password-changed"),
        (Kind::DirectoryPasswordRefused, _) => t("event-password-refused"),
        (Kind::PasskeyAdded, _) => passkey(t("event-passkey-added")),
        (Kind::PasskeyRefused, _) => t("event-passkey-refused"),
        (Kind::PasskeyRenamed, _) => passkey(t("event-passkey-renamed")),
        (Kind::PasskeyRemoved, Who::You) => passkey(t("event-passkey-removed")),
        (Kind::PasskeyRemoved, _) => passkey(t("event-passkey-removed-by-administrator")),
        (Kind::AccessLinkMade, _) => t("event-link-made"),
        (Kind::AccessLinkUsed, _) => t("event-link-used"),
        (Kind::AccessLinkRevoked, _) => t("event-link-revoked"),
        (Kind::AccessLinkRequested, _) => t("event-link-requested"),
        (Kind::OtherDeviceAllowed, _) => device(t("event-device-allowed")),
        (Kind::OtherDeviceDenied, _) => device(t("event-device-denied")),
        (Kind::RecoveryCodesMade, _) => t("event-codes-made"),
        (Kind::RecoveryCodeUsed, _) => t("event-code-used"),
        (Kind::RecoveryCodesRevoked, _) => t("event-codes-revoked"),
        (Kind::SignedUp, _) => t("event-signed-up"),
        (Kind::UserCreated, Who::Directory) => t("event-created-by-directory"),
        (Kind::UserCreated, Who::Administrator) => t("event-created-by-administrator"),
        (Kind::UserCreated, _) => t("event-created"),
        (Kind::UserChanged, _) => changed(who, detail),
        (Kind::UserBlocked, _) => t("event-blocked"),
        (Kind::UserUnblocked, _) => t("event-unblocked"),
        (Kind::UserDeleted, _) => t("event-deleted"),
        (Kind::AccountExported, _) => t("event-exported"),
        (Kind::UserDisabled, _) => t("event-disabled"),
        (Kind::UserRestored, _) => t("event-restored"),
        (Kind::Authorized, _) if detail["check"] == true => app(t("event-app-checked")),
        (Kind::Authorized, _) if detail["asked"] == true => app(t("event-app-let")),
        (Kind::Authorized, _) => app(t("event-app")),
        (Kind::AuthorizationRevoked, _) if detail["check"] == true => app(t("event-app-check-over")),
        (Kind::AuthorizationRevoked, _) => app(t("event-app-revoked")),
        (Kind::TokenExchanged, _) => t("event-token-exchanged"),
        (Kind::TokenReuse, _) => t("event-token-reused"),
        // Nothing else happens to a person.
        (other, _) => t("event-other").with("label", other.label()),
    }
}

/// Which parts of a profile changed; what they were and are, the profile tells.
fn changed(who: Who, detail: &Value) -> Text {
    match text(detail, "picture") {
        "" => {}
        "removed" => return t("event-picture-removed"),
        _ => return t("event-picture"),
    }
    match text(detail, "administrator") {
        "no → yes" => return t("event-made-administrator"),
        "yes → no" => return t("event-unmade-administrator"),
        _ => {}
    }
    let fields: Vec<String> = [
        ("username", t("field-username")),
        ("email", t("field-email")),
        ("first_name", t("field-first-name")),
        ("last_name", t("field-last-name")),
        ("display_name", t("field-display-name")),
        ("phone", t("field-phone")),
    ]
    .into_iter()
    .filter(|(name, _)| detail.get(name).is_some())
    .map(|(_, words)| words.into())
    .collect();
    match who {
        Who::Administrator if !fields.is_empty() => t("event-changed-fields").with("fields", fields.join(", ")),
        Who::Administrator => t("event-changed-by-administrator"),
        Who::Directory => t("event-changed-by-directory"),
        _ => t("event-changed"),
    }
}

fn not_me(kind: Kind, who: Who, detail: &Value) -> Option<NotMe> {
    match (kind, who) {
        (_, Who::Administrator) => Some(NotMe::Ask),
        (Kind::SignIn, _) => Some(match text(detail, "method") {
            "passkey" => NotMe::Passkey,
            "directory_password" => NotMe::Password,
            _ => NotMe::Sessions,
        }),
        (Kind::ProofGiven | Kind::PasskeyAdded | Kind::PasskeyRenamed, _) => Some(NotMe::Passkey),
        (Kind::SignInRefused | Kind::ProofRefused, _) if is_possible_copy(detail) => Some(NotMe::Passkey),
        (Kind::NewBrowser | Kind::AccessLinkUsed | Kind::AccessLinkRequested | Kind::OtherDeviceAllowed | Kind::PasskeyRemoved, _) => {
            Some(NotMe::Sessions)
        }
        (Kind::UserChanged | Kind::SessionsEnded | Kind::SignOut | Kind::AccountExported, Who::You) => Some(NotMe::Sessions),
        (Kind::RecoveryCodesMade | Kind::RecoveryCodeUsed, _) => Some(NotMe::Codes),
        (Kind::Authorized, _) => Some(NotMe::Apps),
        (Kind::DirectoryPasswordChanged, _) => Some(NotMe::Password),
        _ => None,
    }
}

const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::SignInRefused | Kind::ProofRefused | Kind::PasskeyRefused | Kind::DirectoryPasswordRefused | Kind::TokenReuse => "bad",
        Kind::NewBrowser
        | Kind::NewBrowserDenied
        | Kind::RecoveryCodeUsed
        | Kind::OtherDeviceDenied
        | Kind::PasskeyRemoved
        | Kind::UserBlocked
        | Kind::UserDisabled => "warn",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::id::AuditEventId;

    fn line(kind: Kind, actor: Option<UserId>, actor_name: &str, detail: &Value) -> Line {
        Line {
            id: AuditEventId::new(),
            at: Timestamp::EPOCH,
            kind: kind.as_str().to_owned(),
            actor_id: actor.map(UserId::uuid),
            actor_name: actor_name.to_owned(),
            subject_id: None,
            subject_name: "Wiki".to_owned(),
            client_ip: String::new(),
            user_agent: String::new(),
            detail: detail.to_string(),
        }
    }

    #[test]
    fn every_kind_is_a_sentence_that_names_nobody_else() {
        let (me, other) = (UserId::new(), UserId::new());
        for kind in Kind::ALL {
            for (actor, name) in [(Some(me), "ada"), (Some(other), "mallory"), (None, "command line"), (None, "directory sync"), (None, "mallory")] {
                let said = say(&line(*kind, actor, name, &serde_json::json!({"passkey": "iPhone"})), me);
                assert!(said.what.ends_with('.') && !said.what.contains("mallory"), "{kind:?}: {}", said.what);
            }
        }
        assert!(say(&Line { kind: "newer".into(), ..line(Kind::SignIn, None, "", &Value::Null) }, me).what.contains("newer version"));
    }

    #[test]
    fn what_happened_is_said_plainly_and_leads_on() {
        let (me, admin) = (UserId::new(), UserId::new());
        let said = |kind, actor, detail| say(&line(kind, actor, "x", &detail), me);
        let passkey = PasskeyId::new();
        let signed_in =
            said(Kind::SignIn, Some(me), serde_json::json!({"method": "passkey", "passkey": "iPhone", "passkey_id": passkey.to_string()}));
        assert_eq!(signed_in.what, "You signed in with the passkey “iPhone”.");
        assert_eq!((signed_in.not_me, signed_in.passkey), (Some(NotMe::Passkey), Some(passkey)));
        let removed = said(Kind::PasskeyRemoved, Some(admin), serde_json::json!({"passkey": "iPhone"}));
        assert_eq!((removed.what.as_str(), removed.not_me), ("An administrator removed the passkey “iPhone”.", Some(NotMe::Ask)));
        let app = said(Kind::Authorized, Some(me), serde_json::json!({"asked": false}));
        assert_eq!((app.what.as_str(), app.not_me), ("You signed in to the app “Wiki”.", Some(NotMe::Apps)));
        let email = said(Kind::UserChanged, Some(admin), serde_json::json!({"email": "a → b", "phone": "1 → 2"}));
        assert_eq!(email.what, "An administrator changed your e-mail address, telephone number.");
        let refused = said(Kind::SignInRefused, None, serde_json::json!({"method": "recovery_code"}));
        assert_eq!((refused.not_me, refused.class), (None, "bad"));
        let copied =
            said(Kind::SignInRefused, None, serde_json::json!({"reason": "counter_went_back", "passkey": "Key", "passkey_id": passkey.to_string()}));
        assert!(copied.what.contains("“Key”") && copied.what.contains("copied"), "{}", copied.what);
        assert_eq!((copied.not_me, copied.passkey), (Some(NotMe::Passkey), Some(passkey)));
    }
}
