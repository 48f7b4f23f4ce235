//! An event of the audit log in words for the person it is about. Nobody else is named: who did it is them, an administrator, the directory or the server.

use serde_json::Value;

use crate::audit::{Kind, Line};
use crate::id::{PasskeyId, UserId};
use crate::language::{Text, t};
use crate::sessions::dangerous;

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

    /// The word by which the catalogue tells them apart.
    const fn word(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Administrator => "administrator",
            Self::Directory => "directory",
            Self::App => "app",
            Self::Server => "server",
            Self::Somebody => "somebody",
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
    let what = kind.map_or_else(|| t("did-something").into(), |kind| sentence(kind, who, line, &detail));
    let not_me = kind.and_then(|kind| not_me(kind, who, &detail));
    let passkey = detail["passkey_id"].as_str().and_then(|id| id.parse().ok());
    Said { what, class: kind.map_or("", class), who, not_me, passkey }
}

fn text<'a>(detail: &'a Value, name: &str) -> &'a str {
    detail[name].as_str().unwrap_or_default()
}

fn count(detail: &Value, names: &[&str]) -> Option<u64> {
    names.iter().find_map(|name| detail[*name].as_u64())
}

fn sentence(kind: Kind, who: Who, line: &Line, detail: &Value) -> String {
    words(kind, who, line, detail).map_or_else(|| format!("{}.", kind.label()), String::from)
}

/// `None` for what has only its label.
fn words(kind: Kind, who: Who, line: &Line, detail: &Value) -> Option<Text> {
    let passkey = text(detail, "passkey");
    let app = line.subject_name.as_str();
    Some(match kind {
        Kind::SetUp => t("did-set-up"),
        Kind::SignIn => match text(detail, "method") {
            "passkey" => t("did-sign-in-passkey").with("passkey", passkey),
            "directory_password" => t("did-sign-in-password"),
            "other_device" => t("did-sign-in-device"),
            _ => t("did-sign-in"),
        },
        Kind::SignInRefused => match text(detail, "method") {
            "recovery_code" => t("did-refused-code"),
            "directory_password" => t("did-refused-password"),
            _ => t("did-refused"),
        },
        Kind::NewBrowser => t("did-new-browser"),
        Kind::NewBrowserDenied => t("did-disown-browser").with("count", count(detail, &["sessions"]).unwrap_or_default()),
        Kind::ProofGiven => match (passkey, text(detail, "purpose")) {
            (passkey, "") => t("did-prove").with("passkey", passkey),
            (passkey, purpose) => t("did-prove-for").with("passkey", passkey).with("purpose", dangerous::in_words(purpose)),
        },
        Kind::ProofRefused => t("did-prove-refused"),
        Kind::SignOut => t("did-sign-out"),
        Kind::SessionsEnded if who == Who::You => match count(detail, &["count", "sessions"]) {
            None => t("did-end-session"),
            Some(count) => t("did-end-others").with("count", count),
        },
        Kind::SessionsEnded => t("did-sign-out-everywhere").with("who", who.word()),
        Kind::DirectoryPasswordChanged => t("did-change-password"),
        Kind::DirectoryPasswordRefused => t("did-change-password-refused"),
        Kind::PasskeyAdded => t("did-add-passkey").with("who", who.word()).with("passkey", passkey),
        Kind::PasskeyRefused => t("did-add-passkey-refused"),
        Kind::PasskeyRenamed => t("did-rename-passkey").with("who", who.word()).with("passkey", passkey),
        Kind::PasskeyRemoved => t("did-remove-passkey").with("who", who.word()).with("passkey", passkey),
        Kind::AccessLinkMade => t("did-make-link").with("who", who.word()),
        Kind::AccessLinkUsed => t("did-use-link"),
        Kind::AccessLinkRevoked => t("did-revoke-link").with("who", who.word()),
        Kind::AccessLinkRequested => t("did-ask-link"),
        Kind::OtherDeviceAllowed => t("did-let-in").with("browser", text(detail, "asked_with")).with("address", text(detail, "asked_from")),
        Kind::OtherDeviceDenied => t("did-keep-out").with("browser", text(detail, "asked_with")).with("address", text(detail, "asked_from")),
        Kind::RecoveryCodesMade => t("did-make-codes"),
        Kind::RecoveryCodeUsed => t("did-use-code"),
        Kind::RecoveryCodesRevoked => t("did-revoke-codes").with("who", who.word()),
        Kind::SignedUp => t("did-sign-up"),
        Kind::UserCreated => match who {
            Who::You => t("did-made"),
            Who::Directory => t("did-brought"),
            _ => t("did-make-account").with("who", who.word()),
        },
        Kind::UserChanged => changed(who, detail),
        Kind::UserBlocked => t("did-block").with("who", who.word()),
        Kind::UserUnblocked => t("did-unblock").with("who", who.word()),
        Kind::UserDeleted => t("did-delete").with("who", who.word()),
        Kind::AccountExported => t("did-export"),
        Kind::UserDisabled => t("did-disabled"),
        Kind::UserRestored => t("did-restored"),
        Kind::Authorized if detail["check"] == true => t("did-check-app").with("app", app),
        Kind::Authorized if detail["asked"] == true => t("did-consent-app").with("app", app),
        Kind::Authorized => t("did-sign-in-app").with("app", app),
        Kind::AuthorizationRevoked if detail["check"] == true => t("did-end-check-app").with("app", app),
        Kind::AuthorizationRevoked => t("did-revoke-app").with("app", app),
        Kind::TokenExchanged => t("did-exchange"),
        Kind::TokenReuse => t("did-reuse"),
        _ => return None,
    })
}

/// Which parts of a profile changed; what they were and are, the profile tells.
fn changed(who: Who, detail: &Value) -> Text {
    let has = |name: &str| detail.get(name).is_some();
    if has("picture") {
        return match (who, text(detail, "picture")) {
            (Who::You, "removed") => t("did-remove-picture"),
            _ => t("did-change-picture").with("who", who.word()),
        };
    }
    match text(detail, "administrator") {
        "no → yes" => return t("did-make-admin").with("who", who.word()),
        "yes → no" => return t("did-unmake-admin").with("who", who.word()),
        _ => {}
    }
    let fields = [
        ("username", t("did-change-username")),
        ("email", t("did-change-email")),
        ("first_name", t("did-change-first-name")),
        ("last_name", t("did-change-last-name")),
        ("display_name", t("did-change-display-name")),
        ("phone", t("did-change-phone")),
    ];
    let fields: Vec<String> = fields.into_iter().filter(|(name, _)| has(name)).map(|(_, words)| words.into()).collect();
    let by = who.word();
    if fields.is_empty() { t("did-change-account").with("who", by) } else { t("did-change-fields").with("who", by).with("fields", fields.join(", ")) }
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
    }
}
