//! What stands beside an event, in the reader's words.

use crate::language::{Text, t, told, worded};

/// Details that hold what somebody typed: it is shown as it is, whatever word it may be.
const TYPED: [&str; 14] =
    ["added", "app", "display_name", "email", "file", "first_name", "group", "groups", "last_name", "name", "note", "passkey", "person", "username"];

/// The detail of an event as names and values in words. Bare ids say nothing to people; the command line prints them.
pub(super) fn readable(detail: &str) -> Vec<(String, String)> {
    let Ok(serde_json::Value::Object(detail)) = serde_json::from_str(detail) else { return Vec::new() };
    let said = |name: &str, text: String| match word(&text) {
        _ if TYPED.contains(&name) => text,
        Some(word) => word.into(),
        None => told(text),
    };
    let words = |name: &str, value: serde_json::Value| match value {
        serde_json::Value::String(text) => said(name, text),
        serde_json::Value::Bool(yes) => if yes { t("audit-word-yes") } else { t("audit-word-no") }.into(),
        serde_json::Value::Array(values) => {
            let one = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), |text| said(name, text.to_owned()));
            values.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        // Counts: those of things that happened.
        serde_json::Value::Object(counts) => counts
            .iter()
            .filter(|(_, count)| count.as_u64() != Some(0))
            .map(|(name, count)| format!("{count} {}", word(name).map_or_else(|| name.replace('_', " "), String::from)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    };
    detail
        .into_iter()
        .map(|(name, value)| (detail_name(&name), words(&name, value)))
        .filter(|(_, value)| !value.is_empty() && value.parse::<uuid::Uuid>().is_err())
        .collect()
}

/// What a detail is called. What the log calls it is for programs; the command line prints that.
fn detail_name(name: &str) -> String {
    let text = match name {
        "access_link" => t("audit-detail-access-link"),
        "added" => t("audit-detail-added"),
        "administrator" => t("audit-detail-administrator"),
        "address" => t("audit-detail-address"),
        "after" => t("audit-detail-after"),
        "alg" => t("audit-detail-alg"),
        "amr" => t("audit-detail-amr"),
        "app" => t("audit-detail-app"),
        "asked" => t("audit-detail-asked"),
        "asked_from" => t("audit-detail-asked-from"),
        "asked_with" => t("audit-detail-asked-with"),
        "auth_method" => t("audit-detail-auth-method"),
        "because" => t("audit-detail-because"),
        "before" => t("audit-detail-before"),
        "browser" => t("audit-detail-browser"),
        "browser_can" => t("audit-detail-browser-can"),
        "by" => t("audit-detail-by"),
        "changed" => t("audit-detail-changed"),
        "check" => t("audit-detail-check"),
        "client_id" => t("audit-detail-client-id"),
        "code" => t("audit-detail-code"),
        "codes" => t("audit-detail-codes"),
        "codes_left" => t("audit-detail-codes-left"),
        "confirmed" => t("audit-detail-confirmed"),
        "count" => t("audit-detail-count"),
        "days" => t("audit-detail-days"),
        "delegation" => t("audit-detail-delegation"),
        "device" => t("audit-detail-device"),
        "directory" => t("audit-detail-directory"),
        "directory_was_down" => t("audit-detail-directory-was-down"),
        "discarded" => t("audit-detail-discarded"),
        "display_name" => t("audit-detail-display-name"),
        "door" => t("audit-detail-door"),
        "email" => t("audit-detail-email"),
        "error" => t("audit-detail-error"),
        "fields" => t("audit-detail-fields"),
        "file" => t("audit-detail-file"),
        "first" => t("audit-detail-first"),
        "first_name" => t("audit-detail-first-name"),
        "for_itself" => t("audit-detail-for-itself"),
        "for_people" => t("audit-detail-for-people"),
        "from" => t("audit-detail-from"),
        "grants_revoked" => t("audit-detail-grants-revoked"),
        "group" => t("audit-detail-group"),
        "group_allowed" => t("audit-detail-group-allowed"),
        "group_disallowed" => t("audit-detail-group-disallowed"),
        "groups" => t("audit-detail-groups"),
        "identifier" => t("audit-detail-identifier"),
        "inside_another_app" => t("audit-detail-inside-another-app"),
        "joined" => t("audit-detail-joined"),
        "last_name" => t("audit-detail-last-name"),
        "left" => t("audit-detail-left"),
        "lifetime" => t("audit-detail-lifetime"),
        "link" => t("audit-detail-link"),
        "linked" => t("audit-detail-linked"),
        "memberships" => t("audit-detail-memberships"),
        "method" => t("audit-detail-method"),
        "name" => t("audit-detail-name"),
        "network" => t("audit-detail-network"),
        "note" => t("audit-detail-note"),
        "only_for" => t("audit-detail-only-for"),
        "outcome" => t("audit-detail-outcome"),
        "passkey" => t("audit-detail-passkey"),
        "passkey_became_synced" => t("audit-detail-passkey-became-synced"),
        "passkeys" => t("audit-detail-passkeys"),
        "passkeys_left" => t("audit-detail-passkeys-left"),
        "people" => t("audit-detail-people"),
        "people_become" => t("audit-detail-people-become"),
        "person" => t("audit-detail-person"),
        "phone" => t("audit-detail-phone"),
        "picture" => t("audit-detail-picture"),
        "problems" => t("audit-detail-problems"),
        "prompt_open_for" => t("audit-detail-prompt-open-for"),
        "proved_model" => t("audit-detail-proved-model"),
        "purpose" => t("audit-detail-purpose"),
        "reason" => t("audit-detail-reason"),
        "received" => t("audit-detail-received"),
        "redirect_uris" => t("audit-detail-redirect-uris"),
        "removed" => t("audit-detail-removed"),
        "replaced" => t("audit-detail-replaced"),
        "resource" => t("audit-detail-resource"),
        "restored" => t("audit-detail-restored"),
        "restricted" => t("audit-detail-restricted"),
        "run" => t("audit-detail-run"),
        "scheduled" => t("audit-detail-scheduled"),
        "scope" => t("audit-detail-scope"),
        "scopes" => t("audit-detail-scopes"),
        "secret_deleted" => t("audit-detail-secret-deleted"),
        "sent_to" => t("audit-detail-sent-to"),
        "serves" => t("audit-detail-serves"),
        "server" => t("audit-detail-server"),
        "session" => t("audit-detail-session"),
        "sessions" => t("audit-detail-sessions"),
        "sessions_ended" => t("audit-detail-sessions-ended"),
        "settings" => t("audit-detail-settings"),
        "started_by" => t("audit-detail-started-by"),
        "state" => t("audit-detail-state"),
        "status" => t("audit-detail-status"),
        "subject" => t("audit-detail-subject"),
        "synced" => t("audit-detail-synced"),
        "to" => t("audit-detail-to"),
        "token" => t("audit-detail-token"),
        "tokens_voided" => t("audit-detail-tokens-voided"),
        "tried" => t("audit-detail-tried"),
        "unsuitable_from" => t("audit-detail-unsuitable-from"),
        "username" => t("audit-detail-username"),
        "users" => t("audit-detail-users"),
        "uses" => t("audit-detail-uses"),
        "who_joined" => t("audit-detail-who-joined"),
        "who_left" => t("audit-detail-who-left"),
        // A setting, a newer version's, or one too rare to have words of its own.
        other => return worded(&format!("setting-{other}"), &other.replace('_', " ")),
    };
    text.into()
}

/// A word that events have for what they say; `None` for anything else, such as a name.
fn word(value: &str) -> Option<Text> {
    Some(match value {
        "true" => t("audit-word-yes"),
        "false" => t("audit-word-no"),
        "passkey" => t("audit-word-passkey"),
        "directory_password" => t("audit-word-directory-password"),
        "recovery_code" => t("audit-word-recovery-code"),
        "other_device" => t("audit-word-other-device"),
        "access_link" => t("audit-word-access-link"),
        "sign_in" => t("audit-word-sign-in"),
        "user_code" => t("audit-word-user-code"),
        "client_authentication" => t("audit-word-client-authentication"),
        "themselves" => t("audit-word-themselves"),
        "changed" => t("audit-word-changed"),
        "removed" => t("audit-word-removed"),
        "created" => t("audit-word-created"),
        "updated" => t("audit-word-updated"),
        "disabled" => t("audit-word-disabled"),
        "unchanged" => t("audit-word-unchanged"),
        "skipped" => t("audit-word-skipped"),
        "deleted" => t("audit-word-deleted"),
        "missing" => t("audit-word-missing"),
        "linked" => t("audit-word-linked"),
        "added" => t("audit-word-added"),
        "yes" => t("audit-word-yes"),
        "no" => t("audit-word-no"),
        "start" => t("audit-word-start"),
        "schedule" => t("audit-word-schedule"),
        "admin" => t("audit-word-admin"),
        "command" => t("audit-word-command"),
        "follow" => t("audit-word-follow"),
        "catch_up" => t("audit-word-catch-up"),
        "code" => t("audit-word-code"),
        "next" => t("audit-word-next"),
        "active" => t("audit-word-active"),
        "retired" => t("audit-word-retired"),
        "withdrawn" => t("audit-word-withdrawn"),
        "local" => t("audit-word-local"),
        "logo" => t("audit-word-logo"),
        "none" => t("audit-word-none"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Language, speaking};

    #[test]
    fn details_read_as_words() {
        let mut shown = readable(
            r#"{"auth_method":"passkey","first":true,"scopes":["openid","email"],"count":3,"empty":"","users":{"created":5,"updated":0,"skipped":1},"groups":{"created":0},"access_link":"01a1fddb-fd5c-73ff-870b-a562a52fb34d"}"#,
        );
        shown.sort();
        let expected = [("auth method", "passkey"), ("count", "3"), ("first", "yes"), ("scopes", "openid, email"), ("users", "5 created, 1 skipped")];
        assert_eq!(shown, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(readable("nonsense").is_empty());
    }

    #[test]
    fn words_of_ours_are_translated_and_what_somebody_typed_is_not() {
        let detail = r#"{"method":"other_device","passkey":"none","users":{"created":5},"only_for":"a first passkey"}"#;
        let mut shown = speaking(Language::German, || readable(detail));
        shown.sort();
        let expected = [("Art", "anderes Gerät"), ("Passkey", "none"), ("Personen", "5 angelegt"), ("nur für", "einen ersten Passkey")];
        assert_eq!(shown, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
