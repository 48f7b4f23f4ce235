//! What asks for a fresh proof, in words for the person: `You are about to …`. The handlers decide by what they take ([`super::FreshSession`] and its kind);
//! this table only says it, and a test walks every form of the pages to see that each is either here or known to be harmless.

/// Routes of forms and pages, as `crate::routes` spells them, and what somebody is about to do there.
pub const DEEDS: &[(&str, &str)] = &[
    ("/account/passkeys/add", "add a passkey, which signs in to your account"),
    ("/account/passkeys/register/start", "add a passkey, which signs in to your account"),
    ("/account/passkeys/{id}/not-mine", "remove a passkey from your account and end every other session"),
    ("/account/passkeys/{id}/remove", "remove a passkey from your account"),
    ("/account/recovery", "make recovery codes, which let in whoever has them"),
    ("/account/recovery/review/passkeys/{id}/remove", "remove a passkey from your account"),
    ("/account/export", "take everything that is known about you with you"),
    ("/account/delete", "delete your account with everything that is yours"),
    ("/account/approve", "let another device in as you"),
    ("/account/password", "change your directory password"),
    ("/device", "let a device in to an app as you"),
    ("/admin/users/new", "add a person"),
    ("/admin/users/{id}/edit", "change a person"),
    ("/admin/users/{id}/block", "keep a person out"),
    ("/admin/users/{id}/unblock", "let a person in again"),
    ("/admin/users/{id}/make-admin", "make somebody an administrator"),
    ("/admin/users/{id}/unmake-admin", "take the administration away from somebody"),
    ("/admin/users/{id}/delete", "delete a person with everything that is theirs"),
    ("/admin/users/{id}/access-link", "make a link that signs in as somebody else"),
    ("/admin/users/{id}/access-links/{link}/revoke", "take back a sign-in link"),
    ("/admin/users/{id}/passkeys/{passkey}/remove", "remove a passkey of somebody else"),
    ("/admin/users/{id}/recovery-codes/revoke", "take back somebody's recovery codes"),
    ("/admin/sign-up", "make a link with which people get accounts here"),
    ("/admin/sign-up/{id}/revoke", "take back a link with which people get accounts here"),
    ("/admin/groups/new", "add a group"),
    ("/admin/groups/{id}/edit", "change a group"),
    ("/admin/groups/{id}/coming-in", "make links that sign in as other people"),
    ("/admin/groups/{id}/members", "put people in a group, which opens apps to them"),
    ("/admin/groups/{id}/members/{user}/remove", "take somebody out of a group"),
    ("/admin/groups/{id}/delete", "delete a group"),
    ("/admin/settings", "change the settings of this server"),
    ("/admin/limits/{subject}/lift", "let somebody try again who has tried too often"),
    ("/admin/passkey-policies/{scope}", "change which passkeys may be used here"),
    ("/admin/passkey-policies/{scope}/remove", "take back a rule about passkeys"),
    ("/admin/apis/new", "add an API"),
    ("/admin/apis/{id}/edit", "change an API"),
    ("/admin/apis/{id}/clients", "change what an app may do at an API"),
    ("/admin/apis/{id}/delete", "delete an API"),
    ("/admin/directories/new", "add a directory"),
    ("/admin/directories/{name}/settings", "change the settings of a directory"),
    ("/admin/directories/{name}/settings/look", "look into a directory with these settings"),
    ("/admin/directories/{name}/settings/fill", "fill in the settings of a directory"),
    ("/admin/directories/{name}/test", "connect to a directory with its password"),
    ("/admin/directories/{name}/preview", "read a directory with its password"),
    ("/admin/directories/{name}/switch-on", "switch a directory on"),
    ("/admin/directories/{name}/switch-off", "switch a directory off"),
    ("/admin/directories/{name}/test-sign-in", "try somebody's directory password"),
    ("/admin/directories/{name}/remove", "remove a directory"),
    ("/admin/directories/{name}/runs/{id}/confirm", "apply a sync that was held back"),
    ("/admin/keys/withdraw", "withdraw a key that signs ID tokens"),
    ("/admin/keys/rotate", "change the keys that sign ID tokens"),
    ("/admin/clients", "register an app"),
    ("/admin/clients/{id}", "change an app"),
    ("/admin/clients/registration", "make a token with which apps register themselves"),
    ("/admin/clients/registration/{id}/revoke", "revoke a token with which apps register themselves"),
    ("/admin/clients/{id}/errors/{error}/add", "let an app send people to another address"),
    ("/admin/clients/{id}/secrets", "make a secret for an app"),
    ("/admin/clients/{id}/secrets/delete", "delete a secret of an app"),
    ("/admin/clients/{id}/groups", "change who may use an app"),
    ("/admin/clients/{id}/logo", "change the logo of an app"),
    ("/admin/clients/{id}/logo/remove", "remove the logo of an app"),
    ("/admin/clients/{id}/delete", "delete an app"),
];

/// What somebody is about to do at a path of ours.
pub fn words(path_and_query: &str) -> &'static str {
    let path = path_and_query.split('?').next().unwrap_or_default();
    let fits = |(pattern, _): &&(&str, &str)| is_at(pattern, path);
    // What is spelt out goes before what has a hole: `/admin/clients/registration` is no client.
    let found = DEEDS.iter().filter(fits).min_by_key(|(pattern, _)| pattern.matches('{').count());
    found.map_or("change something that matters", |(_, words)| words)
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
    fn each_deed_is_said_in_its_own_words() {
        assert_eq!(words("/admin/users/0198c0de/delete"), "delete a person with everything that is theirs");
        assert_eq!(words("/admin/clients/registration"), "make a token with which apps register themselves");
        assert_eq!(words("/admin/clients/registration?notice=a"), "make a token with which apps register themselves");
        assert_eq!(words("/admin/clients/0198c0de"), "change an app");
        assert_eq!(words("/admin/users//delete"), "change something that matters");
        assert_eq!(words("/elsewhere"), "change something that matters");
    }
}
