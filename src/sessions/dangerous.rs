//! What asks for a fresh proof, in words for the person: `You are about to …`. The handlers decide by what they take ([`super::FreshSession`] and its kind);
//! this table only names the text that says it, and a test walks every form of the pages to see that each is either here or known to be harmless.

use crate::language::{Language, Text, speaking, t};

/// Routes of forms and pages, as `crate::routes` spells them, and the text of what somebody is about to do there.
pub const DEEDS: &[(&str, &str)] = &[
    ("/account/passkeys/add", "deed-add-passkey"),
    ("/account/passkeys/register/start", "deed-add-passkey"),
    ("/account/passkeys/{id}/not-mine", "deed-disown-passkey"),
    ("/account/passkeys/{id}/remove", "deed-remove-passkey"),
    ("/account/recovery", "deed-make-codes"),
    ("/account/recovery/review/passkeys/{id}/remove", "deed-remove-passkey"),
    ("/account/export", "deed-export"),
    ("/account/delete", "deed-delete-account"),
    ("/account/approve", "deed-let-in"),
    ("/account/password", "deed-change-password"),
    ("/device", "deed-let-device-in"),
    ("/admin/users/new", "deed-add-person"),
    ("/admin/users/{id}/edit", "deed-change-person"),
    ("/admin/users/{id}/block", "deed-block"),
    ("/admin/users/{id}/unblock", "deed-unblock"),
    ("/admin/users/{id}/make-admin", "deed-make-admin"),
    ("/admin/users/{id}/unmake-admin", "deed-unmake-admin"),
    ("/admin/users/{id}/delete", "deed-delete-person"),
    ("/admin/users/{id}/access-link", "deed-make-link"),
    ("/admin/users/{id}/access-links/{link}/revoke", "deed-revoke-link"),
    ("/admin/users/{id}/passkeys/{passkey}/remove", "deed-remove-others-passkey"),
    ("/admin/users/{id}/recovery-codes/revoke", "deed-revoke-codes"),
    ("/admin/sign-up", "deed-make-sign-up-link"),
    ("/admin/sign-up/{id}/revoke", "deed-revoke-sign-up-link"),
    ("/admin/groups/new", "deed-add-group"),
    ("/admin/groups/{id}/edit", "deed-change-group"),
    ("/admin/groups/{id}/coming-in", "deed-make-links"),
    ("/admin/groups/{id}/members", "deed-add-members"),
    ("/admin/groups/{id}/members/{user}/remove", "deed-remove-member"),
    ("/admin/groups/{id}/delete", "deed-delete-group"),
    ("/admin/settings", "deed-change-settings"),
    ("/admin/limits/{subject}/lift", "deed-lift-limit"),
    ("/admin/passkey-policies/{scope}", "deed-change-policy"),
    ("/admin/passkey-policies/{scope}/remove", "deed-remove-policy"),
    ("/admin/apis/new", "deed-add-api"),
    ("/admin/apis/{id}/edit", "deed-change-api"),
    ("/admin/apis/{id}/clients", "deed-change-api-app"),
    ("/admin/apis/{id}/delete", "deed-delete-api"),
    ("/admin/directories/new", "deed-add-directory"),
    ("/admin/directories/{name}/settings", "deed-change-directory"),
    ("/admin/directories/{name}/settings/look", "deed-look-directory"),
    ("/admin/directories/{name}/settings/fill", "deed-fill-directory"),
    ("/admin/directories/{name}/test", "deed-test-directory"),
    ("/admin/directories/{name}/preview", "deed-preview-directory"),
    ("/admin/directories/{name}/switch-on", "deed-switch-on-directory"),
    ("/admin/directories/{name}/switch-off", "deed-switch-off-directory"),
    ("/admin/directories/{name}/test-sign-in", "deed-test-password"),
    ("/admin/directories/{name}/remove", "deed-remove-directory"),
    ("/admin/directories/{name}/runs/{id}/confirm", "deed-confirm-sync"),
    ("/admin/keys/withdraw", "deed-withdraw-key"),
    ("/admin/keys/rotate", "deed-rotate-keys"),
    ("/admin/clients", "deed-add-app"),
    ("/admin/clients/{id}", "deed-change-app"),
    ("/admin/clients/registration", "deed-make-registration"),
    ("/admin/clients/registration/{id}/revoke", "deed-revoke-registration"),
    ("/admin/clients/{id}/errors/{error}/add", "deed-add-redirect"),
    ("/admin/clients/{id}/secrets", "deed-make-secret"),
    ("/admin/clients/{id}/secrets/delete", "deed-delete-secret"),
    ("/admin/clients/{id}/groups", "deed-change-app-groups"),
    ("/admin/clients/{id}/logo", "deed-change-logo"),
    ("/admin/clients/{id}/logo/remove", "deed-remove-logo"),
    ("/admin/clients/{id}/delete", "deed-delete-app"),
];

/// What somebody is about to do at a path of ours.
pub fn words(path_and_query: &str) -> Text {
    let path = path_and_query.split('?').next().unwrap_or_default();
    let fits = |(pattern, _): &&(&str, &str)| is_at(pattern, path);
    // What is spelt out goes before what has a hole: `/admin/clients/registration` is no client.
    let found = DEEDS.iter().filter(fits).min_by_key(|(pattern, _)| pattern.matches('{').count());
    t(found.map_or("deed-other", |(_, id)| id))
}

/// A deed as it was kept, in English, in the language of the request; as it was kept where there is no such deed any more.
pub fn in_words(kept: &str) -> String {
    let said = |id: &'static str| speaking(Language::English, || t(id).to_string());
    let known = DEEDS.iter().map(|(_, id)| *id).chain(["deed-other", "deed-stricter-policy"]).find(|id| said(id) == kept);
    known.map_or_else(|| kept.to_owned(), |id| t(id).into())
}

/// Whether a path fits a route.
fn is_at(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut parts) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), parts.next()) {
            (None, None) => return true,
            (Some(wanted), Some(part)) if wanted == part || (wanted.starts_with('{') && !part.is_empty()) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deed_has_words() {
        for (route, id) in DEEDS {
            assert!(!t(id).to_string().starts_with("deed-"), "{route}");
        }
    }

    #[test]
    fn each_deed_is_said_in_its_own_words() {
        assert_eq!(words("/admin/users/0198c0de/delete").to_string(), "delete a person with everything that is theirs");
        assert_eq!(words("/admin/clients/registration").to_string(), "make a token with which apps register themselves");
        assert_eq!(words("/admin/clients/registration?notice=a").to_string(), "make a token with which apps register themselves");
        assert_eq!(words("/admin/clients/0198c0de").to_string(), "change an app");
        assert_eq!(words("/admin/users//delete").to_string(), "change something that matters");
        assert_eq!(words("/elsewhere").to_string(), "change something that matters");
    }
}
