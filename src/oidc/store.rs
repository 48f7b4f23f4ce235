//! The SQL of grants, the codes and tokens that belong to them, and consents. Every statement that reads a code or token for use also asks whether its
//! grant, its person and its client still stand (`live_grant!`).
//!
//! Longer than other files: what uses a code or refresh token up and stores what it gives is one statement, and these share the macros that say what still
//! stands. What touches neither is the seam to cut at.

pub(super) mod devices;
pub(super) mod keys;
pub(super) mod machines;
pub(super) mod notices;
pub(super) mod proofs;
pub(super) mod proxied;
pub(super) mod pushed;
pub(super) mod registration;

use std::sync::LazyLock;

use uuid::Uuid;

use super::AppLine;
use super::scope::Scopes;
use crate::apis::Reach;
use crate::authenticators::{Held, policies_of_person};
use crate::clients::policy::{ClaimsPolicy, Policies, TokenPolicy};
use crate::clock::Timestamp;
use crate::db::{Conn, Db, ListQuery, Query, Revision, Tx, Value, query, query_list, query_per_engine};
use crate::groups::Membership;
use crate::id::{ApiId, ClientId, GrantId, SessionId, UserId};
use crate::secret::TokenHash;
use crate::users::User;

/// The condition under which a grant `g` of person `u` to client `c` counts: not revoked, made after whatever voided the person's access, the person not
/// kept out, and still in a group the client is open to. Nothing is void for want of a clean-up.
macro_rules! live_grant {
    () => {
        "g.revoked_at IS NULL AND c.out_of_service_at IS NULL AND g.created_at > u.access_void_until AND u.blocked_at IS NULL AND COALESCE(u.directory_state, 'active') = 'active'
         AND (NOT c.restricted OR EXISTS (
             SELECT 1 FROM client_groups cg JOIN groups gr ON gr.id = cg.group_id JOIN group_members m ON m.group_id = cg.group_id
             WHERE cg.client_id = c.id AND m.user_id = u.id AND gr.removed_at IS NULL))"
    };
}

/// A grant about to be stored.
pub(super) struct NewGrant<'a> {
    pub(super) id: GrantId,
    pub(super) user: UserId,
    pub(super) client: ClientId,
    pub(super) session: Option<SessionId>,
    pub(super) scopes: &'a str,
    pub(super) claims: &'a str,
    pub(super) permissions: &'a str,
    pub(super) nonce: Option<&'a str>,
    pub(super) auth_at: Timestamp,
    pub(super) amr: &'a str,
    pub(super) acr: &'a str,
    /// The model of the authenticator, where that was proved.
    pub(super) passkey_model: Option<Uuid>,
    pub(super) created_at: Timestamp,
}

pub(super) async fn insert_grant(tx: &mut Tx, new: NewGrant<'_>) -> sqlx::Result<()> {
    query(
        "INSERT INTO grants (id, user_id, client_id, session_id, scopes, nonce, auth_at, amr, created_at, acr, claims, permissions, passkey_model)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(new.id)
    .bind(new.user)
    .bind(new.client)
    .bind(new.session)
    .bind(new.scopes)
    .bind(new.nonce)
    .bind(new.auth_at)
    .bind(new.amr)
    .bind(new.created_at)
    .bind(new.acr)
    .bind(new.claims)
    .bind(new.permissions)
    .bind(new.passkey_model)
    .execute(tx)
    .await
    .map(|_| ())
}

/// The columns of [`Grant`], of a grant `g`.
macro_rules! grant_columns {
    () => {
        "g.id AS grant_id, g.user_id, g.session_id, g.scopes, g.claims, g.permissions, g.nonce, g.auth_at, g.amr, g.acr, g.passkey_model, g.created_at AS granted_at"
    };
}

/// The columns of [`Person`], of a person `u`. Their groups come with them where the scopes have them; whoever needs them for another reason reads them.
macro_rules! person_columns {
    (sqlite, $scopes:literal) => {
        person_columns!($scopes, "json_group_array(json_array(hex(mg.id), mg.name, mg.display_name, mg.directory))")
    };
    (postgres, $scopes:literal) => {
        person_columns!(
            $scopes,
            "COALESCE(CAST(json_agg(json_build_array(mg.id, mg.name, mg.display_name, mg.directory)) AS TEXT), '[]')"
        )
    };
    ($scopes:literal, $memberships:literal) => {
        concat!(
            "u.id, u.user_handle, u.username, u.email, u.email_verified, u.first_name, u.last_name, u.display_name, u.phone, u.local_admin, u.directory_admin,
             u.directory, u.entry_id, u.entry_dn, u.directory_state, u.directory_state_at, u.blocked_at, u.access_void_until, u.created_at, u.updated_at,
             u.last_sign_in_at, u.locale, u.language, u.directory_attributes, u.picture,
             CASE WHEN ' ' || ",
            $scopes,
            " || ' ' LIKE '% groups %' THEN (SELECT ",
            $memberships,
            " FROM group_members mm JOIN groups mg ON mg.id = mm.group_id WHERE mm.user_id = u.id AND mg.removed_at IS NULL) END AS memberships"
        )
    };
}

/// The columns of [`Granted`], and where they come from but for the grant itself.
macro_rules! granted_columns {
    ($engine:ident) => {
        concat!("(", live_grant!(), ") AS counts, ", grant_columns!(), ", ", policies_of_person!($engine), ", ", person_columns!($engine, "g.scopes"))
    };
}

/// A person whom something granted is about, as they are now.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Person {
    #[sqlx(flatten)]
    pub(super) user: User,
    /// JSON.
    memberships: Option<String>,
}

impl Person {
    /// Their groups, by name; `None` when they were not asked for.
    pub(super) fn groups(&self) -> sqlx::Result<Option<Vec<Membership>>> {
        let Some(text) = &self.memberships else { return Ok(None) };
        let mut rows: Vec<(Uuid, String, String, Option<String>)> = serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))?;
        // Cheaper than having the database do it.
        rows.sort_unstable_by(|a, b| a.1.cmp(&b.1));
        let membership = |(id, name, display_name, directory): (Uuid, _, _, _)| Membership { id: id.into(), name, display_name, directory };
        Ok(Some(rows.into_iter().map(membership).collect()))
    }
}

/// A grant with its person, and whether it counts.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Granted {
    pub(super) counts: bool,
    /// What applies to the person now; see [`crate::authenticators::Applying::read`].
    pub(super) passkey_policies: String,
    #[sqlx(flatten)]
    pub(super) grant: Grant,
    #[sqlx(flatten)]
    pub(super) person: Person,
}

macro_rules! find_granted {
    ($engine:ident) => {
        concat!(
            "SELECT ",
            granted_columns!($engine),
            " FROM grants g JOIN users u ON u.id = g.user_id JOIN clients c ON c.id = g.client_id WHERE g.id = $1"
        )
    };
}

pub(super) async fn find_granted(conn: &mut Conn, id: GrantId) -> sqlx::Result<Option<Granted>> {
    query_per_engine(find_granted!(sqlite), find_granted!(postgres)).bind(id).optional(conn).await
}

/// A grant that counts.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Grant {
    #[sqlx(rename = "grant_id")]
    pub(super) id: GrantId,
    pub(super) user_id: UserId,
    pub(super) session_id: Option<SessionId>,
    pub(super) scopes: String,
    pub(super) claims: String,
    pub(super) permissions: String,
    pub(super) nonce: Option<String>,
    pub(super) auth_at: Timestamp,
    pub(super) amr: String,
    pub(super) acr: String,
    /// The model of the authenticator, where that was proved.
    pub(super) passkey_model: Option<Uuid>,
    #[sqlx(rename = "granted_at")]
    pub(super) created_at: Timestamp,
}

impl Grant {
    /// What was known of the passkey it was given by, when it was one.
    pub(super) fn held(&self) -> Option<Held> {
        // The words of `Method::amr`.
        let says = |word: &str| self.amr.split(' ').any(|said| said == word);
        says("pop").then(|| Held { synced: says("swk"), model: self.passkey_model })
    }
}

pub(super) async fn find_live_grant(conn: &mut Conn, id: GrantId) -> sqlx::Result<Option<Grant>> {
    query(concat!(
        "SELECT ",
        grant_columns!(),
        " FROM grants g JOIN users u ON u.id = g.user_id JOIN clients c ON c.id = g.client_id WHERE g.id = $1 AND ",
        live_grant!()
    ))
    .bind(id)
    .optional(conn)
    .await
}

/// Whose grant it was, for the audit log; also when it no longer counts.
pub(super) async fn user_of_grant(conn: &mut Conn, id: GrantId) -> sqlx::Result<Option<(UserId, String)>> {
    query("SELECT u.id, u.username FROM grants g JOIN users u ON u.id = g.user_id WHERE g.id = $1").bind(id).optional(conn).await
}

/// `false` when it was revoked already.
pub(super) async fn revoke_grant(tx: &mut Tx, id: GrantId, because: &str, now: Timestamp) -> sqlx::Result<bool> {
    let revoked = query("UPDATE grants SET revoked_at = $2, revoked_because = $3 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id)
        .bind(now)
        .bind(because)
        .execute(tx)
        .await?;
    Ok(revoked == 1)
}

/// Revokes what was granted in a session, but not what other clients than `asking` may do while the person is away: those grants "normally SHOULD NOT be
/// revoked" (OpenID Connect Back-Channel Logout 1.0, section 2.7).
pub(super) async fn revoke_grants_of_session(
    tx: &mut Tx,
    session: SessionId,
    asking: Option<ClientId>,
    because: &str,
    now: Timestamp,
) -> sqlx::Result<u64> {
    query(
        "UPDATE grants SET revoked_at = $3, revoked_because = $4
         WHERE session_id = $1 AND revoked_at IS NULL AND (client_id = $2 OR ' ' || scopes || ' ' NOT LIKE '% offline_access %')",
    )
    .bind(session)
    .bind(asking)
    .bind(now)
    .bind(because)
    .execute(tx)
    .await
}

pub(super) async fn revoke_grants_to(tx: &mut Tx, user: UserId, client: ClientId, because: &str, now: Timestamp) -> sqlx::Result<u64> {
    query("UPDATE grants SET revoked_at = $3, revoked_because = $4 WHERE user_id = $1 AND client_id = $2 AND revoked_at IS NULL")
        .bind(user)
        .bind(client)
        .bind(now)
        .bind(because)
        .execute(tx)
        .await
}

/// A code about to be stored.
pub(super) struct NewCode<'a> {
    pub(super) hash: &'a TokenHash,
    pub(super) grant: GrantId,
    pub(super) client: ClientId,
    pub(super) redirect_uri: &'a str,
    pub(super) code_challenge: Option<&'a str>,
    pub(super) jkt: Option<&'a str>,
    pub(super) expires_at: Timestamp,
}

pub(super) async fn insert_code(tx: &mut Tx, new: NewCode<'_>) -> sqlx::Result<()> {
    query(
        "INSERT INTO authorization_codes (code_hash, grant_id, client_id, redirect_uri, code_challenge, expires_at, jkt)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.hash)
    .bind(new.grant)
    .bind(new.client)
    .bind(new.redirect_uri)
    .bind(new.code_challenge)
    .bind(new.expires_at)
    .bind(new.jkt)
    .execute(tx)
    .await
    .map(|_| ())
}

/// What a redeemed code was bound to, and what was granted with it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Redeemed {
    pub(super) redirect_uri: String,
    pub(super) code_challenge: Option<String>,
    #[sqlx(rename = "code_jkt")]
    pub(super) jkt: Option<String>,
    /// The session it was given in is there. A session ends with what was granted in it, but for what is just being granted while it ends: that comes to light here.
    pub(super) in_session: bool,
    #[sqlx(flatten)]
    pub(super) granted: Granted,
}

/// How long the row of a used code stays at least, so that a second use finds what the first gave; [`keep_used_codes`] keeps it longer where that goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeptUntil {
    /// When it gave no refresh token.
    pub(super) plain: Timestamp,
    /// When it gave one.
    pub(super) offline: Timestamp,
}

/// The columns of [`Redeemed`], of a code `a` and its grant `g`.
macro_rules! redeemed_columns {
    ($engine:ident) => {
        concat!(
            "a.redirect_uri, a.code_challenge, a.jkt AS code_jkt,
             (g.session_id IS NULL OR EXISTS (SELECT 1 FROM sessions s WHERE s.id = g.session_id)) AS in_session, ",
            granted_columns!($engine)
        )
    };
}

macro_rules! redeem_code {
    () => {
        "UPDATE authorization_codes SET used_at = $3, expires_at = CASE WHEN EXISTS (
             SELECT 1 FROM grants g WHERE g.id = authorization_codes.grant_id AND ' ' || g.scopes || ' ' LIKE '% offline_access %') THEN $5 ELSE $4 END
         WHERE code_hash = $1 AND client_id = $2 AND used_at IS NULL AND expires_at > $3"
    };
}

/// Uses a code up: of two requests at once one gets the row. The statement names the client, so that a stranger cannot burn someone else's code.
pub(super) async fn redeem_code(
    tx: &mut Tx,
    hash: &TokenHash,
    client: ClientId,
    now: Timestamp,
    kept_until: KeptUntil,
) -> sqlx::Result<Option<Redeemed>> {
    query_per_engine(
        concat!(
            redeem_code!(),
            "; SELECT ",
            redeemed_columns!(sqlite),
            " FROM authorization_codes a JOIN grants g ON g.id = a.grant_id JOIN users u ON u.id = g.user_id JOIN clients c ON c.id = g.client_id
             WHERE a.code_hash = $1 AND changes() = 1"
        ),
        concat!(
            "WITH a AS (",
            redeem_code!(),
            " RETURNING grant_id, redirect_uri, code_challenge, jkt) SELECT ",
            redeemed_columns!(postgres),
            " FROM a JOIN grants g ON g.id = a.grant_id JOIN users u ON u.id = g.user_id JOIN clients c ON c.id = g.client_id"
        ),
    )
    .bind(hash)
    .bind(client)
    .bind(now)
    .bind(kept_until.plain)
    .bind(kept_until.offline)
    .optional(tx)
    .await
}

/// The columns of [`Found`], of a client `$client`.
macro_rules! found_columns {
    ($client:literal) => {
        concat!($client, " AS of_client, (SELECT number FROM revisions WHERE name = 'registrations') AS as_of, ")
    };
}

/// What was looked up before its client had proved who it is.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Found {
    #[sqlx(rename = "of_client")]
    pub(super) client: ClientId,
    /// What copies must be as new as: read together with the rest.
    pub(super) as_of: Revision,
}

/// What was found by the hash of a code or token.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct ByHash<T> {
    #[sqlx(rename = "asked_hash")]
    pub(super) hash: TokenHash,
    /// When it runs out.
    pub(super) good_until: Timestamp,
    #[sqlx(flatten)]
    pub(super) found: T,
}

/// The columns of [`ByHash`], of a token `t`, but for what was found.
macro_rules! by_hash {
    () => {
        "t.token_hash AS asked_hash, t.expires_at AS good_until, "
    };
}

/// A code that could be used unless it has run out.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct FoundCode {
    #[sqlx(flatten)]
    pub(super) found: Found,
    #[sqlx(flatten)]
    pub(super) redeemed: Redeemed,
}

macro_rules! find_code {
    ($engine:ident) => {
        concat!(
            "SELECT a.code_hash AS asked_hash, a.expires_at AS good_until, ",
            found_columns!("a.client_id"),
            redeemed_columns!($engine),
            " FROM authorization_codes a JOIN grants g ON g.id = a.grant_id JOIN users u ON u.id = g.user_id JOIN clients c ON c.id = g.client_id
             WHERE a.code_hash IN ({list}) AND a.used_at IS NULL"
        )
    };
}

/// Codes that were not used, whoever's they are; gives [`FoundCode`].
pub(super) static CODES: LazyLock<ListQuery> = LazyLock::new(|| ListQuery::new(find_code!(sqlite), find_code!(postgres)));

/// When a code of this client was used, and until when it is good or its row is kept; `None` when it never was.
pub(super) async fn code_state(conn: &mut Conn, hash: &TokenHash, client: ClientId) -> sqlx::Result<Option<(Option<Timestamp>, Timestamp)>> {
    query("SELECT used_at, expires_at FROM authorization_codes WHERE code_hash = $1 AND client_id = $2").bind(hash).bind(client).optional(conn).await
}

/// The grant of a code of this client that was used before.
pub(super) async fn grant_of_used_code(conn: &mut Conn, hash: &TokenHash, client: ClientId) -> sqlx::Result<Option<GrantId>> {
    let row: Option<(GrantId,)> = query("SELECT grant_id FROM authorization_codes WHERE code_hash = $1 AND client_id = $2 AND used_at IS NOT NULL")
        .bind(hash)
        .bind(client)
        .optional(conn)
        .await?;
    Ok(row.map(|(grant,)| grant))
}

/// A token about to be stored.
pub(super) struct NewToken<'a> {
    pub(super) hash: &'a TokenHash,
    pub(super) kind: &'static str,
    pub(super) grant: GrantId,
    pub(super) scopes: &'a str,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
    /// The key it is bound to.
    pub(super) jkt: Option<&'a str>,
    /// The API it is for.
    pub(super) api: Option<ApiId>,
    /// Who exchanged another token for it.
    pub(super) holder: Option<ClientId>,
    pub(super) act: Option<String>,
}

impl<'a> NewToken<'a> {
    /// A token that is bound to no key and for no API.
    pub(super) const fn plain(hash: &'a TokenHash, kind: &'static str, grant: &'a Grant, created_at: Timestamp, expires_at: Timestamp) -> Self {
        let scopes = grant.scopes.as_str();
        Self { hash, kind, grant: grant.id, scopes, created_at, expires_at, jkt: None, api: None, holder: None, act: None }
    }
}

macro_rules! insert_tokens {
    ($more:literal) => {
        concat!(
            "INSERT INTO tokens (token_hash, kind, grant_id, scopes, created_at, expires_at, jkt, api_id, holder_id, act)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            $more
        )
    };
}

/// Stores a token, and the one that is given with it.
pub(super) async fn insert_tokens(tx: &mut Tx, new: &NewToken<'_>, beside: Option<&NewToken<'_>>) -> sqlx::Result<()> {
    let text = match beside {
        None => insert_tokens!(""),
        Some(_) => insert_tokens!(", ($11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"),
    };
    let first = bind_token(query(text), new);
    let both = match beside {
        None => first,
        Some(second) => bind_token(first, second),
    };
    both.execute(tx).await.map(|_| ())
}

fn bind_token(query: Query, token: &NewToken<'_>) -> Query {
    let query = query.bind(token.hash).bind(token.kind).bind(token.grant).bind(token.scopes).bind(token.created_at).bind(token.expires_at);
    query.bind(token.jkt).bind(token.api).bind(token.holder).bind(token.act.clone())
}

/// A token for userinfo that counts unless it has run out, with whom it is about.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct UserinfoToken {
    pub(super) jkt: Option<String>,
    pub(super) scopes: String,
    pub(super) claims: String,
    /// The client's row.
    pub(super) client_row: ClientId,
    /// What the protocol calls it.
    pub(super) client_id: String,
    policy: String,
    #[sqlx(flatten)]
    pub(super) person: Person,
}

impl UserinfoToken {
    /// What its client learns.
    pub(super) fn claims_policy(&self) -> sqlx::Result<ClaimsPolicy> {
        ClaimsPolicy::from_column(&self.policy).map_err(|error| sqlx::Error::Decode(error.into()))
    }

    /// Where its client's tokens count.
    pub(super) fn token_policy(&self) -> sqlx::Result<TokenPolicy> {
        serde_json::from_str::<Policies>(&self.policy).map(|policies| policies.tokens).map_err(|error| sqlx::Error::Decode(error.into()))
    }
}

macro_rules! find_userinfo_token {
    ($engine:ident) => {
        concat!(
            "SELECT ",
            by_hash!(),
            "t.jkt, t.scopes, g.claims, c.id AS client_row, c.client_id, c.policy, ",
            person_columns!($engine, "t.scopes"),
            " FROM tokens t JOIN grants g ON g.id = t.grant_id JOIN users u ON u.id = g.user_id JOIN clients c ON c.id = g.client_id
             WHERE t.token_hash IN ({list}) AND t.kind = 'access' AND t.api_id IS NULL AND t.holder_id IS NULL AND t.used_at IS NULL AND ",
            live_grant!()
        )
    };
}

/// Tokens for userinfo that count, with everything the answer needs; gives [`UserinfoToken`].
pub(super) static USERINFO_TOKENS: LazyLock<ListQuery> =
    LazyLock::new(|| ListQuery::new(find_userinfo_token!(sqlite), find_userinfo_token!(postgres)));

/// A token that counts unless it has run out.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct LiveToken {
    /// `access`, `refresh`, or `jwt` for an access token whose hash is that of its `jti`.
    pub(super) kind: String,
    pub(super) grant_id: GrantId,
    pub(super) jkt: Option<String>,
    pub(super) api_id: Option<ApiId>,
    /// The identifier of its API.
    pub(super) audience: Option<String>,
    pub(super) act: Option<String>,
    pub(super) user_id: UserId,
    pub(super) username: String,
    pub(super) client_id: String,
    pub(super) scopes: String,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
    /// What was decided about the client.
    pub(super) policy: String,
}

impl LiveToken {
    /// What its client learns.
    pub(super) fn claims_policy(&self) -> sqlx::Result<ClaimsPolicy> {
        ClaimsPolicy::from_column(&self.policy).map_err(|error| sqlx::Error::Decode(error.into()))
    }
}

macro_rules! find_live_token {
    () => {
        concat!(
            "SELECT ",
            by_hash!(),
            "t.kind, t.grant_id, t.jkt, t.api_id, a.identifier AS audience, t.act, g.user_id, u.username, COALESCE(h.client_id, c.client_id) AS client_id,
                    t.scopes, t.created_at, t.expires_at, c.policy
             FROM tokens t JOIN grants g ON g.id = t.grant_id JOIN users u ON u.id = g.user_id JOIN clients c ON c.id = g.client_id
                  LEFT JOIN apis a ON a.id = t.api_id LEFT JOIN clients h ON h.id = t.holder_id
             WHERE t.token_hash IN ({list}) AND t.kind <> 'proxied' AND t.used_at IS NULL AND (t.api_id IS NULL OR a.id IS NOT NULL)
               AND (t.holder_id IS NULL OR (h.id IS NOT NULL AND h.out_of_service_at IS NULL AND (NOT h.restricted OR EXISTS (
                   SELECT 1 FROM client_groups hg JOIN groups hgr ON hgr.id = hg.group_id JOIN group_members hm ON hm.group_id = hg.group_id
                   WHERE hg.client_id = h.id AND hm.user_id = u.id AND hgr.removed_at IS NULL)))) AND ",
            live_grant!()
        )
    };
}

/// Tokens that count, access or refresh; gives [`LiveToken`].
pub(super) static LIVE_TOKENS: LazyLock<ListQuery> = LazyLock::new(|| ListQuery::new(find_live_token!(), find_live_token!()));

/// A token, access or refresh, that could be used now.
pub(super) async fn find_live_token(conn: &mut Conn, hash: &TokenHash, now: Timestamp) -> sqlx::Result<Option<LiveToken>> {
    let live: Option<ByHash<LiveToken>> = LIVE_TOKENS.of([hash]).optional(conn).await?;
    Ok(live.filter(|live| live.good_until > now).map(|live| live.found))
}

macro_rules! rotate_refresh_token {
    () => {
        "UPDATE tokens SET used_at = $3 WHERE token_hash = $1 AND kind = 'refresh' AND used_at IS NULL AND expires_at > $3
           AND (jkt IS NULL OR jkt = $4) AND EXISTS (SELECT 1 FROM grants g WHERE g.id = tokens.grant_id AND g.client_id = $2)"
    };
}

/// Exchanges a refresh token: of two requests at once one gets the grant. The statement names the client.
pub(super) async fn rotate_refresh_token(
    tx: &mut Tx,
    hash: &TokenHash,
    client: ClientId,
    jkt: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<Option<Granted>> {
    query_per_engine(
        concat!(
            rotate_refresh_token!(),
            "; SELECT ",
            granted_columns!(sqlite),
            " FROM tokens t JOIN grants g ON g.id = t.grant_id JOIN users u ON u.id = g.user_id JOIN clients c ON c.id = g.client_id
             WHERE t.token_hash = $1 AND changes() = 1"
        ),
        concat!(
            "WITH t AS (",
            rotate_refresh_token!(),
            " RETURNING grant_id) SELECT ",
            granted_columns!(postgres),
            " FROM t JOIN grants g ON g.id = t.grant_id JOIN users u ON u.id = g.user_id JOIN clients c ON c.id = g.client_id"
        ),
    )
    .bind(hash)
    .bind(client)
    .bind(now)
    .bind(jkt)
    .optional(tx)
    .await
}

/// A refresh token that could be exchanged unless it has run out.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct FoundRefresh {
    #[sqlx(flatten)]
    pub(super) found: Found,
    /// The key it is bound to.
    #[sqlx(rename = "token_jkt")]
    pub(super) jkt: Option<String>,
    #[sqlx(flatten)]
    pub(super) granted: Granted,
}

macro_rules! find_refresh {
    ($engine:ident) => {
        concat!(
            "SELECT ",
            by_hash!(),
            found_columns!("g.client_id"),
            "t.jkt AS token_jkt, ",
            granted_columns!($engine),
            " FROM tokens t JOIN grants g ON g.id = t.grant_id JOIN users u ON u.id = g.user_id JOIN clients c ON c.id = g.client_id
             WHERE t.token_hash IN ({list}) AND t.kind = 'refresh' AND t.used_at IS NULL"
        )
    };
}

/// Refresh tokens that were not exchanged, whoever's they are; gives [`FoundRefresh`].
pub(super) static REFRESH_TOKENS: LazyLock<ListQuery> = LazyLock::new(|| ListQuery::new(find_refresh!(sqlite), find_refresh!(postgres)));

/// What is used up for tokens.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spent<'a> {
    Code { hash: &'a TokenHash, kept_until: KeptUntil },
    Refresh { hash: &'a TokenHash, jkt: Option<&'a str> },
}

/// One text for what is used up and the tokens it gives: `$use` is an `UPDATE` of a row whose grant is its `grant_id`, with `$1` to `$5`.
macro_rules! spend {
    (sqlite, $use:expr, $rows:literal) => {
        concat!(
            spend!($use),
            "; INSERT INTO tokens (token_hash, kind, grant_id, scopes, created_at, expires_at, jkt, api_id, holder_id, act)
             SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9, column10
             FROM (VALUES ($6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            $rows,
            ") WHERE changes() = 1"
        )
    };
    (postgres, $use:expr, $rows:literal) => {
        concat!(
            "WITH spent AS (",
            spend!($use),
            " RETURNING grant_id) INSERT INTO tokens (token_hash, kind, grant_id, scopes, created_at, expires_at, jkt, api_id, holder_id, act)
             SELECT given.* FROM (VALUES ($6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            $rows,
            ") AS given WHERE EXISTS (SELECT 1 FROM spent)"
        )
    };
    ($use:expr) => {
        concat!(
            $use,
            " AND EXISTS (SELECT 1 FROM grants g JOIN users u ON u.id = g.user_id JOIN clients c ON c.id = g.client_id WHERE g.id = grant_id AND ",
            live_grant!(),
            ")"
        )
    };
}

/// Uses a code or refresh token up and stores the tokens it gives, durably and in one statement: both happen, or neither when it was used, taken back or out of
/// date meanwhile. Of two requests at once one is told that it happened.
pub(super) async fn spend(
    db: &Db,
    spent: Spent<'_>,
    client: ClientId,
    now: Timestamp,
    new: &NewToken<'_>,
    beside: Option<&NewToken<'_>>,
) -> sqlx::Result<bool> {
    macro_rules! both {
        ($use:expr) => {
            match beside {
                None => query_per_engine(spend!(sqlite, $use, ""), spend!(postgres, $use, "")),
                Some(_) => query_per_engine(
                    spend!(sqlite, $use, ", ($16, $17, $18, $19, $20, $21, $22, $23, $24, $25)"),
                    spend!(postgres, $use, ", ($16, $17, $18, $19, $20, $21, $22, $23, $24, $25)"),
                ),
            }
        };
    }
    let query = match spent {
        Spent::Code { hash, kept_until } => both!(redeem_code!()).bind(hash).bind(client).bind(now).bind(kept_until.plain).bind(kept_until.offline),
        // The statement has one place more than it needs, so that the tokens have the same ones.
        Spent::Refresh { hash, jkt } => both!(concat!(rotate_refresh_token!(), " AND $5 = 0")).bind(hash).bind(client).bind(now).bind(jkt).bind(0),
    };
    let query = bind_token(query, new);
    let query = match beside {
        None => query,
        Some(second) => bind_token(query, second),
    };
    Ok(db.write(query).await? > 0)
}

/// A refresh token of a client that keeps it: used, and still there.
pub(super) async fn find_refresh_token(
    conn: &mut Conn,
    hash: &TokenHash,
    client: ClientId,
    jkt: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<Option<GrantId>> {
    let row: Option<(GrantId,)> = query(
        "SELECT t.grant_id FROM tokens t JOIN grants g ON g.id = t.grant_id
         WHERE t.token_hash = $1 AND t.kind = 'refresh' AND t.used_at IS NULL AND t.expires_at > $3 AND g.client_id = $2 AND (t.jkt IS NULL OR t.jkt = $4)",
    )
    .bind(hash)
    .bind(client)
    .bind(now)
    .bind(jkt)
    .optional(conn)
    .await?;
    Ok(row.map(|(grant,)| grant))
}

/// Lets a refresh token that stays in use live on.
pub(super) async fn keep_refresh_token(tx: &mut Tx, hash: &TokenHash, expires_at: Timestamp) -> sqlx::Result<u64> {
    query("UPDATE tokens SET expires_at = $2 WHERE token_hash = $1 AND kind = 'refresh'").bind(hash).bind(expires_at).execute(tx).await
}

/// A refresh token of this client that was exchanged before, and when.
pub(super) async fn used_refresh_token(
    conn: &mut Conn,
    hash: &TokenHash,
    client: ClientId,
    jkt: Option<&str>,
) -> sqlx::Result<Option<(GrantId, Timestamp)>> {
    query(
        "SELECT t.grant_id, t.used_at FROM tokens t JOIN grants g ON g.id = t.grant_id
         WHERE t.token_hash = $1 AND t.kind = 'refresh' AND t.used_at IS NOT NULL AND g.client_id = $2 AND (t.jkt IS NULL OR t.jkt = $3)",
    )
    .bind(hash)
    .bind(client)
    .bind(jkt)
    .optional(conn)
    .await
}

/// The refresh token that was given for another.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Successor {
    pub(super) used_at: Option<Timestamp>,
    /// The key it is bound to.
    pub(super) jkt: Option<String>,
}

/// A refresh token of a grant, used or not.
pub(super) async fn successor(conn: &mut Conn, hash: &TokenHash, grant: GrantId) -> sqlx::Result<Option<Successor>> {
    query("SELECT used_at, jkt FROM tokens WHERE token_hash = $1 AND kind = 'refresh' AND grant_id = $2").bind(hash).bind(grant).optional(conn).await
}

/// Kind and grant of a token this client was given.
pub(super) async fn token_of_client(conn: &mut Conn, hash: &TokenHash, client: ClientId) -> sqlx::Result<Option<(String, GrantId)>> {
    query("SELECT t.kind, t.grant_id FROM tokens t JOIN grants g ON g.id = t.grant_id WHERE t.token_hash = $1 AND COALESCE(t.holder_id, g.client_id) = $2")
        .bind(hash)
        .bind(client)
        .optional(conn)
        .await
}

pub(super) async fn delete_token(tx: &mut Tx, hash: &TokenHash) -> sqlx::Result<()> {
    query("DELETE FROM tokens WHERE token_hash = $1").bind(hash).execute(tx).await.map(|_| ())
}

/// What a person agreed to: scopes here, and permissions at APIs. Nothing, when they were never asked.
pub(super) async fn consent(conn: &mut Conn, user: UserId, client: ClientId) -> sqlx::Result<(Scopes, Reach)> {
    let row: Option<(String, String)> =
        query("SELECT scopes, permissions FROM consents WHERE user_id = $1 AND client_id = $2").bind(user).bind(client).optional(conn).await?;
    Ok(row.map(|(scopes, permissions)| (Scopes::parse(&scopes), Reach::from_text(&permissions))).unwrap_or_default())
}

/// Notes that a person agreed to this besides what they agreed to before.
pub(super) async fn put_consent(tx: &mut Tx, user: UserId, client: ClientId, scopes: &Scopes, reach: &Reach, now: Timestamp) -> sqlx::Result<()> {
    let (before, reached) = consent(tx, user, client).await?;
    query(
        "INSERT INTO consents (user_id, client_id, scopes, permissions, granted_at, last_used_at) VALUES ($1, $2, $3, $5, $4, $4)
         ON CONFLICT (user_id, client_id) DO UPDATE SET scopes = excluded.scopes, permissions = excluded.permissions, granted_at = excluded.granted_at,
                                                        last_used_at = excluded.last_used_at",
    )
    .bind(user)
    .bind(client)
    .bind(before.and(scopes).to_string())
    .bind(now)
    .bind(reached.and(reach).to_text())
    .execute(tx)
    .await
    .map(|_| ())
}

pub(super) async fn touch_consent(tx: &mut Tx, user: UserId, client: ClientId, now: Timestamp) -> sqlx::Result<()> {
    query("UPDATE consents SET last_used_at = $3 WHERE user_id = $1 AND client_id = $2")
        .bind(user)
        .bind(client)
        .bind(now)
        .execute(tx)
        .await
        .map(|_| ())
}

pub(super) async fn delete_consent(tx: &mut Tx, user: UserId, client: ClientId) -> sqlx::Result<bool> {
    Ok(query("DELETE FROM consents WHERE user_id = $1 AND client_id = $2").bind(user).bind(client).execute(tx).await? == 1)
}

/// What a person lets apps have: what they agreed to, and what apps got that need no asking.
pub(super) async fn apps_of_user(conn: &mut Conn, user: UserId) -> sqlx::Result<Vec<AppLine>> {
    query(
        "SELECT c.id, c.name, c.logo, k.scopes, k.permissions, k.granted_at, k.last_used_at FROM consents k JOIN clients c ON c.id = k.client_id WHERE k.user_id = $1
         UNION ALL
         SELECT c.id, c.name, c.logo, max(g.scopes), max(g.permissions), min(g.created_at), max(g.created_at) FROM grants g JOIN clients c ON c.id = g.client_id
         WHERE g.user_id = $1 AND g.revoked_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM consents k WHERE k.user_id = g.user_id AND k.client_id = g.client_id)
         GROUP BY c.id, c.name, c.logo
         ORDER BY 2, 1 LIMIT 500",
    )
    .bind(user)
    .all(conn)
    .await
}

/// The condition under which a used code `a` must still be known at `$1`: something that it gave, or that came of that, is still good.
macro_rules! still_gives {
    () => {
        "a.used_at IS NOT NULL AND EXISTS (SELECT 1 FROM tokens t WHERE t.grant_id = a.grant_id AND t.expires_at > $1)"
    };
}

/// Keeps used codes whose time is over for as long as the longest of what came of them, a batch at a time: refreshing goes on, and an API may have tokens that live longer
/// than others. Gives how many.
pub(super) async fn keep_used_codes(tx: &mut Tx, now: Timestamp) -> sqlx::Result<u64> {
    query(concat!(
        "UPDATE authorization_codes SET expires_at = (SELECT MAX(t.expires_at) FROM tokens t WHERE t.grant_id = authorization_codes.grant_id)
         WHERE code_hash IN (SELECT a.code_hash FROM authorization_codes a WHERE a.expires_at <= $1 AND ",
        still_gives!(),
        " LIMIT 1000)"
    ))
    .bind(now)
    .execute(tx)
    .await
}

/// Deletes codes that ran out, and used ones whose tokens did, a batch at a time; gives their grants.
pub(super) async fn sweep_codes(tx: &mut Tx, now: Timestamp) -> sqlx::Result<Vec<GrantId>> {
    let rows: Vec<(GrantId,)> = query(concat!(
        "DELETE FROM authorization_codes WHERE code_hash IN (SELECT a.code_hash FROM authorization_codes a WHERE a.expires_at <= $1 AND NOT (",
        still_gives!(),
        ") LIMIT 1000) RETURNING grant_id"
    ))
    .bind(now)
    .all(tx)
    .await?;
    Ok(rows.into_iter().map(|(grant,)| grant).collect())
}

/// Deletes tokens that ran out, a batch at a time; gives their grants. A used refresh token is a marker until then.
pub(super) async fn sweep_tokens(tx: &mut Tx, now: Timestamp) -> sqlx::Result<Vec<GrantId>> {
    let rows: Vec<(GrantId,)> =
        query("DELETE FROM tokens WHERE token_hash IN (SELECT token_hash FROM tokens WHERE expires_at <= $1 LIMIT 1000) RETURNING grant_id")
            .bind(now)
            .all(tx)
            .await?;
    Ok(rows.into_iter().map(|(grant,)| grant).collect())
}

/// Deletes those of these grants nothing belongs to any more.
pub(super) async fn delete_empty_grants(tx: &mut Tx, grants: &[GrantId]) -> sqlx::Result<u64> {
    query_list(
        "DELETE FROM grants WHERE id IN ({list}) AND NOT EXISTS (SELECT 1 FROM tokens t WHERE t.grant_id = grants.id)
           AND NOT EXISTS (SELECT 1 FROM authorization_codes a WHERE a.grant_id = grants.id)",
        grants.iter().map(|id| Value::from(*id)),
    )
    .execute(tx)
    .await
}
