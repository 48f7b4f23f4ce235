//! Signing people in to apps behind a proxy ([`crate::forward_auth`]): the provider is the client's other half there. A code is redeemed here instead of at the
//! token endpoint, and what it gives is the secret of a cookie, which counts for as long as grant, session and person do.

use super::acr::Class;
use super::decision::takes;
use super::store::{self, KeptUntil, NewToken, proxied};
use super::token::{self, Proof};
use crate::app::App;
use crate::audit::{self, Actor, Event, Kind};
use crate::authenticators::Applying;
use crate::clients::policy::claims::groups::GroupShape;
use crate::clients::policy::{ForwardAuth, Policies};
use crate::clock::Timestamp;
use crate::id::{ClientId, SessionId};
use crate::secret::{SecretToken, TokenHash};
use crate::{sessions, web};

/// An app whose proxy asks, and who stands behind the cookie that came.
#[derive(Clone, Debug)]
pub struct Guarded {
    /// Our row.
    pub client: ClientId,
    /// What the protocol calls `client_id`.
    pub client_id: String,
    /// Where the app is.
    pub policy: ForwardAuth,
    /// Who is signed in to it; nobody when session, grant or person no longer count, or their passkey is no longer of the kind that is wanted.
    pub person: Option<Person>,
}

/// Somebody signed in to an app behind a proxy, as the database has them now.
#[derive(Clone, Debug)]
pub struct Person {
    /// What they sign in as.
    pub username: String,
    /// What people call them.
    pub display_name: String,
    /// Their e-mail address; empty when none is known.
    pub email: String,
    /// Their groups, those and in the way the app gets them.
    pub groups: Vec<String>,
    /// Whether the app is open to them.
    pub is_admitted: bool,
    /// The session they signed in to the app from.
    pub session: SessionId,
    /// When that was last used.
    pub last_seen_at: Timestamp,
}

/// Finds an app by its `client_id`, and who is signed in to it with a cookie. One statement, and for an app that gets only some groups, or not their names, two more.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(app: &App, client_id: &str, unverified_cookie: &str, now: Timestamp) -> anyhow::Result<Option<Guarded>> {
    let idle_since = now - app.settings().session_idle_lifetime.minutes();
    let mut conn = app.db.read().await?;
    let Some(row) = proxied::find(&mut conn, client_id, &TokenHash::of(unverified_cookie), now, idle_since).await? else { return Ok(None) };
    let policies: Policies = serde_json::from_str(&row.policy)?;
    let names = row.groups.split_terminator('\u{1f}').map(str::to_owned).collect();
    let groups = match row.user_id {
        Some(user) if policies.claims.groups != GroupShape::default() => super::groups_for(&mut conn, row.client, &policies.claims, user).await?,
        _ => names,
    };
    drop(conn);
    let is_enough = match row.session_state.as_deref().filter(|_| row.user_id.is_some()) {
        Some(state) => is_still_enough(app, &policies, state, &row.passkey_policies, now)?,
        None => false,
    };
    let person = match (row.user_id, row.session_id, row.last_seen_at) {
        (Some(_), Some(session), Some(last_seen_at)) if is_enough => Some(Person {
            username: row.username.unwrap_or_default(),
            display_name: row.display_name.unwrap_or_default(),
            email: row.email.unwrap_or_default(),
            groups,
            is_admitted: row.admitted,
            session,
            last_seen_at,
        }),
        _ => None,
    };
    Ok(Some(Guarded { client: row.client, client_id: row.client_id, policy: policies.forward_auth, person }))
}

/// Whether a session would do for the app if its person came in now: else they are sent to sign in, where they are told what is wanted.
fn is_still_enough(app: &App, policies: &Policies, session_state: &str, passkey_policies: &str, now: Timestamp) -> anyhow::Result<bool> {
    let Some(method) = sessions::method_of(session_state) else { return Ok(false) };
    let held = method.held().map(|held| held.as_known(app.authenticators.get().as_deref()));
    let is_for_client = takes(policies, Class::of(method.amr().iter().copied()), held);
    Ok(is_for_client && held.map_or(Ok(true), |held| Applying::read(passkey_policies).map(|applying| applying.lets_go_on(held, now)))?)
}

/// Redeems a code for the secret of the app's cookie; `None` when the code is unknown, expired, used, another app's, for another address or another browser's,
/// or the person may no longer use the app. A code is used up even then; a second use revokes what the first gave (RFC 6749 section 4.1.2).
///
/// # Errors
/// When the database refuses.
pub async fn redeem(
    app: &App,
    guarded: &Guarded,
    unverified_code: &str,
    redirect_uri: &str,
    unverified_verifier: &str,
    browser: &web::Client,
    now: Timestamp,
) -> anyhow::Result<Option<SecretToken>> {
    let hash = TokenHash::of(unverified_code);
    let lasts = app.settings().session_lifetime.minutes();
    let kept_until = KeptUntil { plain: now + lasts, offline: now + lasts };
    let mut tx = app.db.begin().await?;
    let Some(redeemed) = store::redeem_code(&mut tx, &hash, guarded.client, now, kept_until).await? else {
        if let Some(grant) = store::grant_of_used_code(&mut tx, &hash, guarded.client).await?
            && store::revoke_grant(&mut tx, grant, "reuse", now).await?
        {
            let (id, name) = store::user_of_grant(&mut tx, grant).await?.map_or((None, String::new()), |(id, name)| (Some(id.uuid()), name));
            let event = Event::new(now, Kind::TokenReuse, Actor::visitor()).on(id, &name).from_client(browser);
            audit::record(&mut tx, event.with("client_id", guarded.client_id.as_str()).with("token", "code")).await?;
        }
        tx.commit().await?;
        return Ok(None);
    };
    // A verifier always comes, so a code without a challenge, which was not asked for here, fits nothing.
    let proof = Proof { redirect_uri: Some(redirect_uri), code_verifier: Some(unverified_verifier) };
    let fits = token::check_proof(&proof, &redeemed.redirect_uri, redeemed.code_challenge.as_deref());
    let grant = (fits.is_ok() && redeemed.granted.counts).then_some(redeemed.granted.grant);
    let cookie = SecretToken::new("");
    if let Some(grant) = &grant {
        let hash = cookie.hash();
        let new = NewToken::plain(&hash, "proxied", grant, now, now + lasts);
        store::insert_tokens(&mut tx, &new, None).await?;
    }
    tx.commit().await?;
    Ok(grant.map(|_| cookie))
}
