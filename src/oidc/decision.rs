//! What happens next with an authorization request: pure. [`super::authorize`] finds out what is known and carries the decision out.

use std::time::Duration;

use super::acr::Class;
use super::error::AuthorizeErrorCode;
use super::request::AuthorizationRequest;
use super::scope::Scopes;
use crate::apis::Reach;
use crate::authenticators::Held;
use crate::clients::policy::claims::RequiredProof;
use crate::clients::policy::{ClaimsPolicy, Policies};
use crate::clock::Timestamp;
use crate::id::UserId;

/// How long a sign-in made for a request satisfies its `prompt=login`, and its `max_age`, however small that is: long enough to read the page that asks for agreement.
const REPEATED_SIGN_IN_COUNTS: Duration = Duration::from_secs(5 * 60);

/// Why someone outside the client's groups is refused.
pub(super) const NOT_ADMITTED: &str = "this person is in none of the groups the app is open to";
/// Why someone is refused who has just signed in, but not well enough.
pub(super) const PROOF_MISSING: &str = "this app needs a better sign-in than this one, with another kind of passkey";

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    /// The person.
    pub user: UserId,
    /// What the client calls them.
    pub subject: String,
    /// When they proved it last.
    pub auth_at: Timestamp,
    /// How well.
    pub class: Class,
    /// With which passkey, when it was one.
    pub held: Option<Held>,
}

/// What is known when a request is decided.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Who is signed in.
    pub session: Option<Session>,
    /// Whether the client is open to them.
    pub admitted: bool,
    /// What they let the client have before.
    pub consented: Scopes,
    /// And at APIs.
    pub reached: Reach,
    /// They have just agreed to this very request.
    pub agreed: bool,
    /// They have no passkey that the client takes, and go back to it.
    pub stopped: bool,
    /// Whom the client expects, by a hint that is ours.
    pub expected: Option<UserId>,
    /// How old their sign-in may be at most, as the policies for them say.
    pub proof_within: Option<Duration>,
}

/// What happens next with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The person signs in, or signs in again.
    SignIn,
    /// The person is told that the client takes another passkey, and which.
    WantOtherPasskey,
    /// The person is asked whether the client may.
    AskConsent,
    /// The client gets a code.
    Issue,
    /// The client is told no.
    Refuse(AuthorizeErrorCode, &'static str),
}

/// Decides about a request that came at `asked_at`, or whose person was last sent to sign in then: a sign-in after that instant satisfies `prompt=login`, and
/// for a short while any `max_age`. A request may wait for an hour, so the sign-in it began with can have become too old by the time it is answered.
pub fn decide(request: &AuthorizationRequest, facts: &Facts, asked_at: Timestamp, now: Timestamp) -> Decision {
    use AuthorizeErrorCode::{AccessDenied, ConsentRequired, LoginRequired, UnmetAuthenticationRequirements};
    if request.acr.is_essential && !request.acr.can_be_met() {
        return Decision::Refuse(UnmetAuthenticationRequirements, "none of the acr values asked for is offered");
    }
    let sign_in = |why| if request.prompt.none { Decision::Refuse(LoginRequired, why) } else { Decision::SignIn };
    let Some(session) = &facts.session else { return sign_in("nobody is signed in") };
    let for_this = session.auth_at > asked_at;
    let policy = &request.client.registration.policies.claims;
    // A request that waits is bound to no browser, and could be made before a sign-in that is none of its business; so that one counts for a short while only.
    let is_new = for_this && now.since(session.auth_at) <= REPEATED_SIGN_IN_COUNTS;
    if (request.prompt.login || policy.reauthenticate) && !is_new {
        return sign_in("the app asked for a new sign-in");
    }
    let own_max_age = policy.sign_in_minutes.map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
    let allowed = |max_age: Duration| if for_this { max_age.max(REPEATED_SIGN_IN_COUNTS) } else { max_age };
    if request
        .max_age
        .into_iter()
        .chain(own_max_age)
        .chain(facts.proof_within)
        .min()
        .is_some_and(|max_age| now.since(session.auth_at) > allowed(max_age))
    {
        return sign_in("the sign-in is older than max_age");
    }
    if !request.acr.is_met_by(session.class) && request.acr.can_be_met() {
        match (request.acr.is_essential, for_this) {
            (true, true) => return Decision::Refuse(UnmetAuthenticationRequirements, "the sign-in has none of the acr values asked for"),
            (true, false) => return sign_in("the sign-in has none of the acr values asked for"),
            // Better would be welcome, and is asked for once where a page may be shown.
            (false, false) if !request.prompt.none => return Decision::SignIn,
            (false, _) => {}
        }
    }
    if !takes(&request.client.registration.policies, session.class, session.held) {
        // Whoever came in without a passkey may have one.
        let may_be_asked_at_once = session.held.is_none() && !for_this;
        return match (request.prompt.none, facts.stopped) {
            (_, true) => Decision::Refuse(UnmetAuthenticationRequirements, PROOF_MISSING),
            (false, false) if !may_be_asked_at_once => Decision::WantOtherPasskey,
            _ => sign_in("this app needs a better sign-in than this one"),
        };
    }
    let named = |subject: &String| *subject == session.subject;
    let is_other =
        facts.expected.is_some_and(|expected| expected != session.user) || !(request.subjects.is_empty() || request.subjects.iter().any(named));
    if is_other {
        return if for_this { Decision::Refuse(LoginRequired, "someone else is signed in") } else { sign_in("someone else is signed in") };
    }
    if !facts.admitted {
        return Decision::Refuse(AccessDenied, NOT_ADMITTED);
    }
    if facts.agreed {
        return Decision::Issue;
    }
    let agreed_before = request.reach().is_within(&facts.consented) && request.apis.is_within(&facts.reached);
    let may_remember = !request.prompt.consent && !policy.ask_each_time && !request.may_be_an_impostor() && !request.may_lead_elsewhere();
    let settled = request.client.registration.skip_consent || (may_remember && agreed_before);
    match (settled, request.prompt.none) {
        (true, _) => Decision::Issue,
        (false, true) => Decision::Refuse(ConsentRequired, "the person has not agreed yet"),
        (false, false) => Decision::AskConsent,
    }
}

/// Whether a client takes a sign-in: of this class, with this passkey.
pub fn takes(policies: &Policies, class: Class, held: Option<Held>) -> bool {
    let rule = policies.passkey_rule();
    class >= required_class(&policies.claims) && (rule.is_open() || held.is_some_and(|held| rule.lack(held).is_none()))
}

/// The class a client wants at least, whatever its requests say.
const fn required_class(policy: &ClaimsPolicy) -> Class {
    match policy.required_proof {
        RequiredProof::Any => Class::Basic,
        RequiredProof::PhishingResistant => Class::PhishingResistant,
        RequiredProof::HardwareHeld => Class::HardwareHeld,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::params::Params;
    use crate::oidc::request;
    use crate::oidc::request::tests::{client, good};

    const ASKED: Timestamp = Timestamp::from_seconds(10_000);

    fn request(more: &str) -> AuthorizationRequest {
        request::validate(&Params::parse(&good(more)).unwrap(), Some(client())).unwrap()
    }

    /// Someone who signed in so many seconds before the request (after it, when negative), and agreed to `openid` before.
    fn known(seconds_before: i64) -> Facts {
        let user = UserId::from(uuid::Uuid::from_u128(7));
        let auth_at = Timestamp::from_seconds(10_000 - seconds_before);
        let held = Some(Held { synced: true, model: None });
        let session = Session { user, subject: user.to_string(), auth_at, class: Class::PhishingResistant, held };
        Facts { session: Some(session), admitted: true, consented: Scopes::parse("openid"), ..Facts::default() }
    }

    fn decided(more: &str, facts: &Facts) -> Decision {
        decide(&request(more), facts, ASKED, ASKED + Duration::from_secs(5))
    }

    fn refused(more: &str, facts: &Facts) -> &'static str {
        match decided(more, facts) {
            Decision::Refuse(error, _) => error.as_str(),
            other => panic!("{more}: {other:?}"),
        }
    }

    #[test]
    fn someone_known_gets_a_code_and_nobody_else() {
        assert_eq!(decided("", &known(60)), Decision::Issue);
        assert_eq!(decided("", &Facts::default()), Decision::SignIn);
        assert_eq!(decided("prompt=none", &known(60)), Decision::Issue);
        assert_eq!(refused("prompt=none", &Facts::default()), "login_required");
        assert_eq!(refused("", &Facts { admitted: false, ..known(60) }), "access_denied");
        assert_eq!(refused("", &Facts { admitted: false, agreed: true, ..known(60) }), "access_denied");
    }

    #[test]
    fn a_sign_in_before_the_request_does_not_satisfy_prompt_login() {
        for more in ["prompt=login", "prompt=select_account"] {
            assert_eq!(decided(more, &known(1)), Decision::SignIn);
            assert_eq!(decided(more, &known(-1)), Decision::Issue);
        }
    }

    #[test]
    fn a_sign_in_of_some_time_ago_does_not_satisfy_a_request_that_was_made_before_it() {
        let after = |minutes: u64, more: &str| decide(&request(more), &known(-1), ASKED, ASKED + Duration::from_secs(60 * minutes));
        for more in ["prompt=login", "prompt=select_account"] {
            assert_eq!((after(4, more), after(6, more)), (Decision::Issue, Decision::SignIn));
        }
        assert_eq!(after(50, ""), Decision::Issue);
    }

    #[test]
    fn a_sign_in_older_than_max_age_is_asked_for_again_once() {
        assert_eq!(decided("max_age=60", &known(30)), Decision::Issue);
        assert_eq!(decided("max_age=60", &known(61)), Decision::SignIn);
        assert_eq!(refused("max_age=60&prompt=none", &known(61)), "login_required");
        assert_eq!(decided("max_age=0", &known(-1)), Decision::Issue, "or it would never end");
        assert_eq!(decided("max_age=0", &known(0)), Decision::SignIn, "a sign-in before the request");
    }

    #[test]
    fn a_request_that_waited_does_not_make_an_old_sign_in_young() {
        let after = |minutes: u64, more: &str, facts: &Facts| decide(&request(more), facts, ASKED, ASKED + Duration::from_secs(60 * minutes));
        assert_eq!(after(1, "max_age=60", &known(-1)), Decision::Issue);
        assert_eq!(after(4, "max_age=1", &known(-1)), Decision::Issue, "time to read the page that asks");
        assert_eq!(after(50, "max_age=60", &known(-1)), Decision::SignIn, "made for the request, and yet too old when it is answered");
        assert_eq!(after(50, "max_age=60", &known(-49 * 60)), Decision::Issue);
        assert_eq!(after(50, "max_age=1800", &known(600)), Decision::SignIn, "young enough when the request came, not any more");
        assert_eq!(after(50, "max_age=3600", &known(-1)), Decision::Issue);
    }

    #[test]
    fn a_class_is_asked_for_once_and_a_must_is_a_must() {
        let with = |class, seconds_before| {
            let known = known(seconds_before);
            Facts { session: known.session.map(|session| Session { class, ..session }), ..known }
        };
        let must = |values: &str| {
            format!("claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22values%22%3A%5B%22{values}%22%5D%7D%7D%7D")
        };
        for (more, class, expected) in [
            ("acr_values=phr", Class::Basic, Decision::SignIn),
            ("acr_values=phr", Class::PhishingResistant, Decision::Issue),
            ("acr_values=phr", Class::HardwareHeld, Decision::Issue),
            ("acr_values=phrh", Class::PhishingResistant, Decision::SignIn),
            ("acr_values=phrh+phr", Class::PhishingResistant, Decision::Issue),
            ("acr_values=1+2", Class::Basic, Decision::Issue),
            ("acr_values=phrh&prompt=none", Class::Basic, Decision::Issue),
            (must("phrh").as_str(), Class::PhishingResistant, Decision::SignIn),
            (must("phrh").as_str(), Class::HardwareHeld, Decision::Issue),
        ] {
            assert_eq!(decided(more, &with(class, 60)), expected, "{more} {class:?}");
        }
        assert_eq!(decided("acr_values=phrh", &with(Class::PhishingResistant, -1)), Decision::Issue, "asked for, not demanded");
        assert_eq!(refused(&must("phrh"), &with(Class::PhishingResistant, -1)), "unmet_authentication_requirements");
        assert_eq!(refused(&format!("{}&prompt=none", must("phr")), &with(Class::Basic, 60)), "login_required");
        assert_eq!(refused(&must("urn:mace:incommon:iap:gold"), &with(Class::HardwareHeld, 60)), "unmet_authentication_requirements");
    }

    #[test]
    fn what_was_decided_for_the_client_counts_beside_its_request() {
        let decided = |change: &dyn Fn(&mut ClaimsPolicy), more: &str, facts: &Facts| {
            let mut request = request(more);
            change(&mut request.client.registration.policies.claims);
            decide(&request, facts, ASKED, ASKED + Duration::from_secs(5))
        };
        let reauthenticate = |it: &mut ClaimsPolicy| it.reauthenticate = true;
        assert_eq!(decided(&reauthenticate, "", &known(1)), Decision::SignIn);
        assert_eq!(decided(&reauthenticate, "", &known(-1)), Decision::Issue);
        assert!(matches!(decided(&reauthenticate, "prompt=none", &known(1)), Decision::Refuse(AuthorizeErrorCode::LoginRequired, _)));
        let ten_minutes = |it: &mut ClaimsPolicy| it.sign_in_minutes = Some(10);
        assert_eq!(decided(&ten_minutes, "", &known(500)), Decision::Issue);
        assert_eq!(decided(&ten_minutes, "", &known(601)), Decision::SignIn);
        assert_eq!(decided(&ten_minutes, "max_age=86400", &known(601)), Decision::SignIn, "a request cannot ask for less");
        assert_eq!(decided(&ten_minutes, "max_age=60", &known(120)), Decision::SignIn);
        let hardware = |it: &mut ClaimsPolicy| it.required_proof = RequiredProof::HardwareHeld;
        for seconds_before in [60, -1] {
            assert_eq!(decided(&hardware, "", &known(seconds_before)), Decision::WantOtherPasskey);
            let stopped = Facts { stopped: true, ..known(seconds_before) };
            assert!(matches!(decided(&hardware, "", &stopped), Decision::Refuse(AuthorizeErrorCode::UnmetAuthenticationRequirements, _)));
        }
        assert!(matches!(decided(&hardware, "prompt=none", &known(60)), Decision::Refuse(AuthorizeErrorCode::LoginRequired, _)));
        let without = |seconds_before| {
            let known = known(seconds_before);
            Facts { session: known.session.map(|session| Session { class: Class::Basic, held: None, ..session }), ..known }
        };
        assert_eq!(decided(&hardware, "", &without(60)), Decision::SignIn, "perhaps there is a passkey");
        assert_eq!(decided(&hardware, "", &without(-1)), Decision::WantOtherPasskey);
        assert_eq!(decided(&|it| it.required_proof = RequiredProof::PhishingResistant, "", &known(60)), Decision::Issue);
        // What the policies for the person say counts as the app's own limit does.
        let in_ten_minutes = |seconds| Facts { proof_within: Some(Duration::from_secs(600)), ..known(seconds) };
        assert_eq!(decided(&|_| {}, "", &in_ten_minutes(500)), Decision::Issue);
        assert_eq!(decided(&|_| {}, "", &in_ten_minutes(601)), Decision::SignIn);
        let ask = |it: &mut ClaimsPolicy| it.ask_each_time = true;
        assert_eq!(decided(&ask, "", &known(60)), Decision::AskConsent);
        assert_eq!(decided(&ask, "", &Facts { agreed: true, ..known(60) }), Decision::Issue);
        assert!(matches!(decided(&ask, "prompt=none", &known(60)), Decision::Refuse(AuthorizeErrorCode::ConsentRequired, _)));
    }

    #[test]
    fn a_client_takes_the_models_it_names_and_no_other() {
        let key = uuid::Uuid::from_u128(5);
        let mut policies = Policies::default();
        policies.passkeys.models = vec![key.to_string()];
        let held = |model| Some(Held { synced: false, model });
        assert!(takes(&policies, Class::HardwareHeld, held(Some(key))));
        for other in [held(None), held(Some(uuid::Uuid::from_u128(6))), None] {
            assert!(!takes(&policies, Class::HardwareHeld, other), "{other:?}");
        }
        assert!(takes(&Policies::default(), Class::Basic, None));
    }

    #[test]
    fn a_subject_asked_for_is_the_one_who_answers() {
        let sub = |value: &str| format!("claims=%7B%22id_token%22%3A%7B%22sub%22%3A%7B%22value%22%3A%22{value}%22%7D%7D%7D");
        let seven = uuid::Uuid::from_u128(7).to_string();
        assert_eq!(decided(&sub(&seven), &known(60)), Decision::Issue);
        assert_eq!(decided(&sub("nobody"), &known(60)), Decision::SignIn);
        assert_eq!(refused(&sub("nobody"), &known(-1)), "login_required");
        assert_eq!(refused(&format!("{}&prompt=none", sub("nobody")), &known(60)), "login_required");
    }

    #[test]
    fn claims_asked_for_by_name_need_agreement_too() {
        let name = "claims=%7B%22userinfo%22%3A%7B%22name%22%3Anull%7D%7D";
        assert_eq!(decided(name, &known(60)), Decision::AskConsent);
        assert_eq!(refused(&format!("{name}&prompt=none"), &known(60)), "consent_required");
        assert_eq!(decided(name, &Facts { consented: Scopes::parse("openid profile"), ..known(60) }), Decision::Issue);
    }

    #[test]
    fn consent_is_asked_for_once_and_again_for_more() {
        let asked = |more: &str, facts: &Facts| decided(more, facts) == Decision::AskConsent;
        assert!(asked("", &Facts { consented: Scopes::default(), ..known(60) }));
        assert!(asked("prompt=consent", &known(60)));
        assert_eq!(decided("prompt=consent", &Facts { agreed: true, ..known(60) }), Decision::Issue);
        assert_eq!(refused("prompt=none", &Facts { consented: Scopes::default(), ..known(60) }), "consent_required");
        let mut more = request("");
        more.scopes = Scopes::parse("openid email");
        assert_eq!(decide(&more, &known(60), ASKED, ASKED), Decision::AskConsent);
        more.client.registration.skip_consent = true;
        more.prompt.consent = true;
        assert_eq!(decide(&more, &known(60), ASKED, ASKED), Decision::Issue, "an administrator said not to ask");
    }

    #[test]
    fn whom_the_client_expects_must_be_the_one_signed_in() {
        let other = Some(UserId::from(uuid::Uuid::from_u128(8)));
        assert_eq!(decided("", &Facts { expected: known(1).session.map(|session| session.user), ..known(60) }), Decision::Issue);
        assert_eq!(decided("", &Facts { expected: other, ..known(60) }), Decision::SignIn);
        assert_eq!(refused("", &Facts { expected: other, ..known(-1) }), "login_required");
        assert_eq!(refused("prompt=none", &Facts { expected: other, ..known(60) }), "login_required");
    }
}
