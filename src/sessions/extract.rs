//! Authority as extractors: a handler that takes one of these cannot be reached without it.

use axum::extract::FromRequestParts;
use axum::http::header::REFERER;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method as HttpMethod};

use super::{Method, Next, STATE_KEY, SessionState, store};
use crate::app::App;
use crate::audit::Actor;
use crate::authenticators::{Applying, Held};
use crate::error::AppError;
use crate::language::{Source, hear, t};
use crate::users::User;
use crate::web::Chrome;
use crate::web::layout::ChromePerson;

/// Someone who is signed in, by whatever method; not who has only come in to add a passkey.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The person, as the database has them now.
    pub user: User,
    /// Their session.
    pub session: SessionState,
    /// The path they asked for.
    pub path: String,
}

impl SignedIn {
    /// The frame of a page for this person. Administration is offered only where it would open.
    pub fn chrome(&self, app: &App) -> Chrome {
        let person = ChromePerson { display_name: self.user.display_name.clone(), is_admin: self.user.is_admin() };
        Chrome { person: Some(person), path: self.path.clone(), ..Chrome::public(app) }
    }

    /// What is known now of the passkey they came in with, when it was one.
    pub fn held(&self, app: &App) -> Option<Held> {
        self.session.method.held().map(|held| held.as_known(app.authenticators.get().as_deref()))
    }

    /// This person in the audit log.
    pub fn actor(&self) -> Actor {
        Actor::user(self.user.id, &self.user.username)
    }
}

/// Somebody signed in, or a visitor, as whom counts who has only come in to add a passkey, and whose passkey a policy does not admit any more.
#[derive(Clone, Debug)]
pub struct MaybeSignedIn(pub Option<SignedIn>);

/// Somebody who may add a passkey: whoever is signed in, and who has come in by a directory password or a recovery code for nothing else. No other handler takes
/// this, so that a session for a passkey alone opens nothing that forgot to ask.
#[derive(Clone, Debug)]
pub struct MayEnrol(pub SignedIn);

/// Whoever holds the session, whatever it may still be used for: everybody may leave.
#[derive(Clone, Debug)]
pub struct Leaving(pub Option<SignedIn>);

/// Somebody signed in who is about to prove it once more.
#[derive(Clone, Debug)]
pub struct MayProve {
    /// Who.
    pub signed_in: SignedIn,
    /// Because a policy does not admit the passkey of their session (any more), which opens nothing else until then.
    pub is_held_back: bool,
}

/// An administrator who proved it with a passkey. The only way to the administration: a verb that takes `&AdminSession` needs no check.
#[derive(Clone, Debug)]
pub struct AdminSession(SignedIn);

impl std::ops::Deref for AdminSession {
    type Target = SignedIn;
    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

/// Somebody who has proved with a passkey, within the last minutes, that it is them: what everything asks for that a thief of a cookie must not be able to
/// do. Who proved it longer ago is asked once more, and what they sent is kept meanwhile; see [`super::held`]. Who has no passkey has to add one first.
#[derive(Clone, Debug)]
pub struct FreshSession(pub SignedIn);

/// [`FreshSession`] for those who have a passkey; who has none passes. For what asks for another proof by itself, or what people without a passkey need.
#[derive(Clone, Debug)]
pub struct FreshIfPasskey(pub SignedIn);

/// [`FreshSession`] of an administrator.
#[derive(Clone, Debug)]
pub struct FreshAdmin(AdminSession);

/// Somebody who may begin to add a passkey now: [`FreshSession`], or who has come in by other means for that very purpose. What they began they may end as
/// [`MayEnrol`], because a ceremony belongs to the person and the browser that began it.
#[derive(Clone, Debug)]
pub struct FreshEnrol(pub SignedIn);

impl std::ops::Deref for FreshAdmin {
    type Target = AdminSession;
    fn deref(&self) -> &AdminSession {
        &self.0
    }
}

/// Who holds a session.
struct Holder {
    signed_in: SignedIn,
    /// They came in with a passkey that a policy does not admit, and were not told of it yet, or their days of grace are over.
    is_held_back: bool,
}

/// Whose session this is, whatever it may be used for.
async fn holder(parts: &Parts, app: &App) -> Result<Option<Holder>, AppError> {
    let Some(session) = parts.extensions.get::<tower_sessions::Session>().cloned() else {
        return Err(AppError::Internal(anyhow::anyhow!("the session layer is missing on this route")));
    };
    let state: Option<SessionState> = session.get(STATE_KEY).await.map_err(|error| AppError::Internal(error.into()))?;
    let Some(state) = state else { return Ok(None) };
    let mut conn = app.db.read().await?;
    let found = store::find_holder(&mut conn, state.user).await?.filter(|found| !found.user.is_disabled());
    // Of two who came in by the same password, the one who is second finds a passkey there already.
    if state.method.is_for_first_passkey() && store::has_passkey(&mut conn, state.user).await? {
        return Ok(None);
    }
    let Some(store::Holder { user, passkey_policies }) = found else { return Ok(None) };
    hear(Source::Person, user.chosen_language());
    let signed_in = SignedIn { user, session: state, path: parts.uri.path().to_owned() };
    let is_held_back = match signed_in.held(app) {
        Some(held) => !Applying::read(&passkey_policies)?.lets_go_on(held, app.clock.now()),
        None => false,
    };
    Ok(Some(Holder { signed_in, is_held_back }))
}

/// [`holder`], who goes on only with a passkey that will do: who does not is asked for one, which has to be of a kind the policies admit, or begins the days
/// of grace.
async fn suitable_holder(parts: &Parts, app: &App) -> Result<SignedIn, AppError> {
    let holder = holder(parts, app).await?.ok_or_else(|| sign_in_first(parts))?;
    if holder.is_held_back { Err(proof_first(parts, app)) } else { Ok(holder.signed_in) }
}

/// The page to sign in on, and from there back.
fn sign_in_first(parts: &Parts) -> AppError {
    // After a form the page it stood on is the place to come back to, not the form's target.
    let back_to = if parts.method == HttpMethod::GET { parts.uri.path_and_query().map_or("/account", |path| path.as_str()) } else { "/account" };
    AppError::SignInFirst { back_to: back_to.to_owned() }
}

impl FromRequestParts<App> for MaybeSignedIn {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let holder = holder(parts, app).await?.filter(|holder| !holder.is_held_back);
        Ok(Self(holder.map(|holder| holder.signed_in).filter(|signed_in| !signed_in.session.method.only_enrols())))
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let signed_in = suitable_holder(parts, app).await?;
        if signed_in.session.method.only_enrols() { Err(AppError::PasskeyFirst) } else { Ok(signed_in) }
    }
}

impl FromRequestParts<App> for MayEnrol {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        Ok(Self(suitable_holder(parts, app).await?))
    }
}

impl FromRequestParts<App> for Leaving {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        Ok(Self(holder(parts, app).await?.map(|holder| holder.signed_in)))
    }
}

impl FromRequestParts<App> for MayProve {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let Holder { signed_in, is_held_back } = holder(parts, app).await?.ok_or_else(|| sign_in_first(parts))?;
        if signed_in.session.method.only_enrols() { Err(AppError::PasskeyFirst) } else { Ok(Self { signed_in, is_held_back }) }
    }
}

impl FromRequestParts<App> for AdminSession {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let signed_in = SignedIn::from_request_parts(parts, app).await?;
        if !signed_in.user.is_admin() {
            return Err(AppError::Forbidden(t("error-not-an-administrator").into()));
        }
        match signed_in.session.method {
            Method::Passkey { .. } => Ok(Self(signed_in)),
            Method::AccessLink | Method::RecoveryCode => Err(AppError::PasskeyFirst),
            Method::OtherDevice => Err(AppError::Forbidden(t("error-administration-other-device").into())),
            Method::DirectoryPassword { .. } => Err(AppError::Forbidden(t("error-administration-password").into())),
        }
    }
}

/// Whether the proof of a session still counts.
fn is_fresh(signed_in: &SignedIn, app: &App) -> bool {
    signed_in.session.is_fresh(app.clock.now(), app.settings().proof_lifetime.minutes())
}

async fn has_passkey(signed_in: &SignedIn, app: &App) -> Result<bool, AppError> {
    Ok(store::has_passkey(&mut app.db.read().await?, signed_in.user.id).await?)
}

/// To the page that asks for the passkey. After a form the page it stood on is the place to come back to.
fn proof_first(parts: &Parts, app: &App) -> AppError {
    let back_to = match parts.method {
        HttpMethod::GET => parts.uri.path_and_query().map_or("/account", |path| path.as_str()).to_owned(),
        _ => page_before(app.config.origin.as_str(), &parts.headers).unwrap_or_else(|| "/account".to_owned()),
    };
    AppError::ProofFirst { back_to }
}

/// The page of ours a form was sent from, as the browser tells.
fn page_before(origin: &str, headers: &HeaderMap) -> Option<String> {
    let unverified_path = headers.get(REFERER)?.to_str().ok()?.strip_prefix(origin)?;
    match Next::from_query(None, Some(unverified_path)) {
        // A form that was kept is kept no more when it comes back from there.
        Next::Page(path) if !path.starts_with(crate::error::PROVE) => Some(path),
        Next::Page(_) | Next::Account | Next::Authorize(_) => None,
    }
}

impl FromRequestParts<App> for FreshSession {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let signed_in = SignedIn::from_request_parts(parts, app).await?;
        if is_fresh(&signed_in, app) {
            return Ok(Self(signed_in));
        }
        Err(if has_passkey(&signed_in, app).await? { proof_first(parts, app) } else { AppError::PasskeyFirst })
    }
}

impl FromRequestParts<App> for FreshIfPasskey {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let signed_in = SignedIn::from_request_parts(parts, app).await?;
        if is_fresh(&signed_in, app) || !has_passkey(&signed_in, app).await? { Ok(Self(signed_in)) } else { Err(proof_first(parts, app)) }
    }
}

impl FromRequestParts<App> for FreshAdmin {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        // Its session came by a passkey, so there is one to ask for; or it has been removed since, and nobody can help but another administrator.
        let admin = AdminSession::from_request_parts(parts, app).await?;
        if is_fresh(&admin, app) { Ok(Self(admin)) } else { Err(proof_first(parts, app)) }
    }
}

impl FromRequestParts<App> for FreshEnrol {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AppError> {
        let MayEnrol(signed_in) = MayEnrol::from_request_parts(parts, app).await?;
        let may = match signed_in.session.method {
            Method::Passkey { .. } => is_fresh(&signed_in, app),
            Method::AccessLink => signed_in.session.may_enrol_by_link(app.clock.now()) || !has_passkey(&signed_in, app).await?,
            // Adds a first passkey or none, which `passkeys` sees to.
            Method::DirectoryPassword { .. } => true,
            Method::OtherDevice => false,
            // Just come in by it, for at most an hour, and for nothing else.
            Method::RecoveryCode => true,
        };
        if may { Ok(Self(signed_in)) } else { Err(proof_first(parts, app)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_a_form_was_sent_from_is_believed_only_when_it_is_ours() {
        let before = |referer: &str| page_before("https://id.example.org", &[(REFERER, referer.parse().unwrap())].into_iter().collect());
        assert_eq!(before("https://id.example.org/admin/users/new?q=a").as_deref(), Some("/admin/users/new?q=a"));
        for other in [
            "https://evil.example/admin",
            "https://id.example.org:8443/admin",
            "https://id.example.org.evil.example/admin",
            "https://id.example.org//evil.example/admin",
            "https://id.example.org/sign-in",
            "/admin",
            "nonsense",
        ] {
            assert_eq!(before(other), None, "{other}");
        }
    }
}
