//! What a proxy is answered: pure.

use super::question::{Asked, SIGN_OUT_PATH};
use crate::clients::policy::forward_auth::CALLBACK_PATH;

/// Who stands behind the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody who is signed in to the app.
    Nobody,
    /// Somebody who may use the app.
    Admitted,
    /// Somebody who is in none of the app's groups any more.
    NotAdmitted,
}

/// What a proxy is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The request may pass.
    Pass,
    /// To the app, at the start or where the person was.
    Back,
    /// A sign-in that ends here.
    Finish,
    /// To the sign-in.
    SignIn,
    /// To the page to sign out on.
    SignOut,
    /// No, with a page that says why.
    Refuse,
    /// No, in short: nobody is signed in.
    Unauthorized,
    /// No, in short: not this person.
    Forbidden,
}

/// Decides about one request. Nothing depends on the path but our own two; what of an app is open to everyone, the proxy's configuration says.
pub fn decide(asked: &Asked, standing: Standing) -> Decision {
    match (asked.path(), standing, asked.is_page) {
        (CALLBACK_PATH, Standing::Admitted, _) => Decision::Back,
        (CALLBACK_PATH, _, true) if asked.is_repeatable => Decision::Finish,
        (SIGN_OUT_PATH, _, true) => Decision::SignOut,
        (_, Standing::Admitted, _) => Decision::Pass,
        (_, Standing::Nobody, true) => Decision::SignIn,
        (_, Standing::Nobody, false) => Decision::Unauthorized,
        (_, Standing::NotAdmitted, true) => Decision::Refuse,
        (_, Standing::NotAdmitted, false) => Decision::Forbidden,
    }
}

/// The value of `Remote-Groups`: names joined by commas. A group whose name has a comma would read as two, one of which the person may not be in, so it is
/// left out, as is one with a control character.
pub fn groups_header<'g>(names: impl IntoIterator<Item = &'g str>) -> String {
    let fit = |name: &&str| !name.is_empty() && !name.contains(',') && !name.chars().any(char::is_control);
    names.into_iter().filter(fit).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::super::question::Proxy;
    use super::*;

    #[test]
    fn a_request_passes_only_for_somebody_admitted() {
        use Standing::{Admitted, Nobody, NotAdmitted};
        let asked = |target: &str| Asked {
            proxy: Proxy::ByStatus,
            origin: "https://a.example".to_owned(),
            target: target.to_owned(),
            is_page: true,
            is_repeatable: true,
        };
        let page = asked("/x");
        let script = Asked { is_page: false, ..page.clone() };
        assert_eq!([Nobody, Admitted, NotAdmitted].map(|who| decide(&page, who)), [Decision::SignIn, Decision::Pass, Decision::Refuse]);
        assert_eq!([Nobody, Admitted, NotAdmitted].map(|who| decide(&script, who)), [Decision::Unauthorized, Decision::Pass, Decision::Forbidden]);
        let callback = asked("/.muster/callback?code=1");
        assert_eq!([Nobody, Admitted, NotAdmitted].map(|who| decide(&callback, who)), [Decision::Finish, Decision::Back, Decision::Finish]);
        assert_eq!(decide(&Asked { is_page: false, ..callback }, Nobody), Decision::Unauthorized);
        assert_eq!(decide(&asked("/.muster/sign-out"), Admitted), Decision::SignOut);
        assert_eq!(decide(&asked("/.muster/callback/../x"), Nobody), Decision::SignIn);
    }

    #[test]
    fn a_group_cannot_pass_for_two() {
        assert_eq!(groups_header(["staff", "a,admins", "", "wiki-Ä", "b\nc"]), "staff,wiki-Ä");
    }
}
