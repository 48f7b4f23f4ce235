//! The SQL of DPoP proofs that were used, and of JWTs that were given back.

use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};
use crate::secret::TokenHash;

/// `false` when it was used before: of two requests at once one gets it.
pub(in crate::oidc) async fn insert(tx: &mut Tx, hash: &TokenHash, expires_at: Timestamp) -> sqlx::Result<bool> {
    let inserted = query("INSERT INTO dpop_proofs (proof_hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(hash)
        .bind(expires_at)
        .execute(tx)
        .await?;
    Ok(inserted == 1)
}

pub(in crate::oidc) async fn revoke_jwt(tx: &mut Tx, jti: &TokenHash, expires_at: Timestamp) -> sqlx::Result<()> {
    query("INSERT INTO revoked_jwts (jti_hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(jti)
        .bind(expires_at)
        .execute(tx)
        .await
        .map(|_| ())
}

pub(in crate::oidc) async fn is_revoked(conn: &mut Conn, jti: &TokenHash) -> sqlx::Result<bool> {
    let row: Option<(i64,)> = query("SELECT expires_at FROM revoked_jwts WHERE jti_hash = $1").bind(jti).optional(conn).await?;
    Ok(row.is_some())
}

/// Deletes what no longer matters, a batch at a time.
pub(in crate::oidc) async fn sweep(tx: &mut Tx, now: Timestamp) -> sqlx::Result<u64> {
    let proofs = query("DELETE FROM dpop_proofs WHERE proof_hash IN (SELECT proof_hash FROM dpop_proofs WHERE expires_at <= $1 LIMIT 1000)")
        .bind(now)
        .execute(tx)
        .await?;
    let jwts = query("DELETE FROM revoked_jwts WHERE jti_hash IN (SELECT jti_hash FROM revoked_jwts WHERE expires_at <= $1 LIMIT 1000)")
        .bind(now)
        .execute(tx)
        .await?;
    Ok(proofs + jwts)
}
