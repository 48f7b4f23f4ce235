//! The SQL of sign-ins at apps behind a proxy. What the app's cookie names is a token of kind `proxied`, which opens nothing else.

use crate::authenticators::policies_of_person;
use crate::clock::Timestamp;
use crate::db::{Conn, query_per_engine};
use crate::id::{ClientId, SessionId, UserId};
use crate::secret::TokenHash;

/// An app, and who stands behind the cookie that came, if anyone.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(in crate::oidc) struct Asked {
    pub(in crate::oidc) client: ClientId,
    pub(in crate::oidc) client_id: String,
    pub(in crate::oidc) policy: String,
    pub(in crate::oidc) user_id: Option<UserId>,
    pub(in crate::oidc) username: Option<String>,
    pub(in crate::oidc) display_name: Option<String>,
    pub(in crate::oidc) email: Option<String>,
    pub(in crate::oidc) session_id: Option<SessionId>,
    pub(in crate::oidc) last_seen_at: Option<Timestamp>,
    /// What the session's row keeps; see [`crate::sessions::method_of`].
    pub(in crate::oidc) session_state: Option<String>,
    /// What applies to the person; see [`crate::authenticators::Applying::read`].
    pub(in crate::oidc) passkey_policies: String,
    pub(in crate::oidc) admitted: bool,
    /// Names, each followed by U+001F.
    pub(in crate::oidc) groups: String,
}

// One statement per request of every app: each join is by a unique key, and whatever voids a person's access (a block, the directory, the end of the session,
// the grant or the group) is asked for anew. The two engines differ in how they join text only.
macro_rules! asked {
    ($engine:ident, $join_names:literal) => {
        concat!(
            "SELECT c.id AS client, c.client_id, c.policy, u.id AS user_id, u.username, u.display_name, u.email, s.id AS session_id, s.last_seen_at,
                    s.state AS session_state, ",
            policies_of_person!($engine),
            ",
                    (NOT c.restricted OR EXISTS (
                        SELECT 1 FROM client_groups cg JOIN groups gr ON gr.id = cg.group_id JOIN group_members m ON m.group_id = cg.group_id
                        WHERE cg.client_id = c.id AND m.user_id = u.id AND gr.removed_at IS NULL)) AS admitted,
                    COALESCE((SELECT ",
            $join_names,
            " FROM group_members m JOIN groups gr ON gr.id = m.group_id WHERE m.user_id = u.id AND gr.removed_at IS NULL), '') AS groups
             FROM clients c
             LEFT JOIN tokens t ON t.token_hash = $2 AND t.kind = 'proxied' AND t.expires_at > $3
             LEFT JOIN grants g ON g.id = t.grant_id AND g.client_id = c.id AND g.revoked_at IS NULL
             LEFT JOIN sessions s ON s.id = g.session_id AND s.user_id = g.user_id AND s.expires_at > $3 AND (s.last_seen_at > $4 OR s.kept)
             LEFT JOIN users u ON u.id = s.user_id AND g.created_at > u.access_void_until AND s.created_at > u.access_void_until
                              AND u.blocked_at IS NULL AND COALESCE(u.directory_state, 'active') = 'active'
             WHERE c.client_id = $1 AND c.out_of_service_at IS NULL"
        )
    };
}

/// The app of this `client_id`, and who signed in to it with this cookie in a session that still counts.
pub(in crate::oidc) async fn find(
    conn: &mut Conn,
    client_id: &str,
    cookie: &TokenHash,
    now: Timestamp,
    idle_since: Timestamp,
) -> sqlx::Result<Option<Asked>> {
    query_per_engine(
        asked!(sqlite, "group_concat(gr.name || char(31), '' ORDER BY gr.name)"),
        asked!(postgres, "string_agg(gr.name || chr(31), '' ORDER BY gr.name)"),
    )
    .bind(client_id)
    .bind(cookie)
    .bind(now)
    .bind(idle_since)
    .optional(conn)
    .await
}
