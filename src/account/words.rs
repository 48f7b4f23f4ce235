//! An event of the audit log in words for the person it is about. Nobody else is named: who did it is them, an administrator, the directory or the server.

use serde_json::Value;

use crate::audit::{Kind, Line};
use crate::id::{PasskeyId, UserId};

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

    const fn subject(self) -> &'static str {
        match self {
            Self::You => "You",
            Self::Administrator => "An administrator",
            Self::Directory => "The directory",
            Self::App => "An app",
            Self::Server => "The server",
            Self::Somebody => "Somebody",
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
    let what = kind.map_or_else(|| "Something happened that only a newer version can tell.".to_owned(), |kind| sentence(kind, who, line, &detail));
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

fn sessions(count: u64) -> String {
    match count {
        0 => "no session was open".to_owned(),
        1 => "one session ended".to_owned(),
        many => format!("{many} sessions ended"),
    }
}

fn sentence(kind: Kind, who: Who, line: &Line, detail: &Value) -> String {
    let by = who.subject();
    let passkey = text(detail, "passkey");
    let app = line.subject_name.as_str();
    match kind {
        Kind::SetUp => "You set this server up.".to_owned(),
        Kind::SignIn => match text(detail, "method") {
            "passkey" => format!("You signed in with the passkey “{passkey}”."),
            "directory_password" => "You signed in with your directory password.".to_owned(),
            "other_device" => "You signed in, let in from another device.".to_owned(),
            _ => "You signed in.".to_owned(),
        },
        Kind::SignInRefused => match text(detail, "method") {
            "recovery_code" => "A recovery code for your account was refused.".to_owned(),
            "directory_password" => "A sign-in with your directory password was refused.".to_owned(),
            _ => "A sign-in to your account was refused.".to_owned(),
        },
        Kind::NewBrowser => "You signed in with a browser that was never seen for you.".to_owned(),
        Kind::NewBrowserDenied => {
            format!("You said that a sign-in was not yours; {}.", sessions(count(detail, &["sessions"]).unwrap_or_default()))
        }
        Kind::ProofGiven => match (passkey, text(detail, "purpose")) {
            (passkey, "") => format!("You confirmed with the passkey “{passkey}” that it was you."),
            (passkey, purpose) => format!("You confirmed with the passkey “{passkey}” that it was you, to {purpose}."),
        },
        Kind::ProofRefused => "A confirmation with a passkey was refused.".to_owned(),
        Kind::SignOut => "You signed out.".to_owned(),
        Kind::SessionsEnded if who == Who::You => match count(detail, &["count", "sessions"]) {
            None => "You ended a session.".to_owned(),
            Some(count) => format!("You ended your other sessions; {}.", sessions(count)),
        },
        Kind::SessionsEnded => format!("{by} signed you out everywhere."),
        Kind::DirectoryPasswordChanged => "You changed your directory password.".to_owned(),
        Kind::DirectoryPasswordRefused => "A change of your directory password was refused.".to_owned(),
        Kind::PasskeyAdded => format!("{by} added the passkey “{passkey}”."),
        Kind::PasskeyRefused => "A new passkey was refused.".to_owned(),
        Kind::PasskeyRenamed => format!("{by} gave a passkey the name “{passkey}”."),
        Kind::PasskeyRemoved => format!("{by} removed the passkey “{passkey}”."),
        Kind::AccessLinkMade => format!("{by} made a one-time sign-in link for you."),
        Kind::AccessLinkUsed => "You came in by a one-time link.".to_owned(),
        Kind::AccessLinkRevoked => format!("{by} took a one-time sign-in link for you back."),
        Kind::AccessLinkRequested => "A sign-in link was asked for, and sent to your e-mail address.".to_owned(),
        Kind::OtherDeviceAllowed => format!("You let another device in: {}, {}.", text(detail, "asked_with"), text(detail, "asked_from")),
        Kind::OtherDeviceDenied => format!("You refused another device: {}, {}.", text(detail, "asked_with"), text(detail, "asked_from")),
        Kind::RecoveryCodesMade => "You made recovery codes.".to_owned(),
        Kind::RecoveryCodeUsed => "You came in by a recovery code.".to_owned(),
        Kind::RecoveryCodesRevoked => format!("{by} took your recovery codes back."),
        Kind::SignedUp => "You made your account.".to_owned(),
        Kind::UserCreated => match who {
            Who::You => "Your account was made.".to_owned(),
            Who::Directory => "The directory brought your account here.".to_owned(),
            _ => format!("{by} made your account."),
        },
        Kind::UserChanged => changed(who, detail),
        Kind::UserBlocked => format!("{by} kept you out."),
        Kind::UserUnblocked => format!("{by} let you in again."),
        Kind::UserDeleted => format!("{by} deleted your account."),
        Kind::AccountExported => "You took a copy of what is known about you.".to_owned(),
        Kind::UserDisabled => "The directory disabled your account, or no longer listed you.".to_owned(),
        Kind::UserRestored => "The directory let you in again.".to_owned(),
        Kind::Authorized if detail["check"] == true => format!("You tried the app “{app}” to check it."),
        Kind::Authorized if detail["asked"] == true => format!("You let the app “{app}” know who you are, and signed in to it."),
        Kind::Authorized => format!("You signed in to the app “{app}”."),
        Kind::AuthorizationRevoked if detail["check"] == true => format!("What the check of “{app}” was given was taken back."),
        Kind::AuthorizationRevoked => format!("You took back what the app “{app}” had of you."),
        Kind::TokenExchanged => "An app acted for you at another service.".to_owned(),
        Kind::TokenReuse => "An app showed something a second time that counts once; what it had of you ended.".to_owned(),
        other => format!("{}.", other.label()),
    }
}

/// Which parts of a profile changed; what they were and are, the profile tells.
fn changed(who: Who, detail: &Value) -> String {
    let by = who.subject();
    let has = |name: &str| detail.get(name).is_some();
    if has("picture") {
        return match (who, text(detail, "picture")) {
            (Who::You, "removed") => "You removed your picture.".to_owned(),
            (Who::You, _) => "You changed your picture.".to_owned(),
            _ => format!("{by} changed your picture."),
        };
    }
    match text(detail, "administrator") {
        "no → yes" => return format!("{by} made you an administrator."),
        "yes → no" => return format!("{by} took the administration away from you."),
        _ => {}
    }
    const FIELDS: [(&str, &str); 6] = [
        ("username", "username"),
        ("email", "e-mail address"),
        ("first_name", "first name"),
        ("last_name", "last name"),
        ("display_name", "display name"),
        ("phone", "telephone number"),
    ];
    let fields: Vec<&str> = FIELDS.iter().filter(|(name, _)| has(name)).map(|(_, words)| *words).collect();
    if fields.is_empty() { format!("{by} changed your account.") } else { format!("{by} changed your {}.", fields.join(", ")) }
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
