//! The SQL of signing keys.

use crate::clients::SigningAlg;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, query};

/// Where a key stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Published, does not sign yet.
    Next,
    /// Signs.
    Active,
    /// Signed once.
    Retired,
}

impl State {
    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }
}

/// A key as listed, without the private half.
#[derive(Clone, Debug)]
pub struct Line {
    /// The key id.
    pub kid: String,
    /// What it signs with.
    pub alg: SigningAlg,
    /// Where it stands in its life.
    pub state: State,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it began to sign; none for one that has not, and for those from before this was noted.
    pub active_at: Option<Timestamp>,
    /// When another took its place.
    pub retired_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
pub(in crate::oidc) struct Row {
    pub(in crate::oidc) kid: String,
    pub(in crate::oidc) alg: String,
    pub(in crate::oidc) sealed_private_key: Vec<u8>,
    pub(in crate::oidc) public_jwk: String,
    pub(in crate::oidc) state: String,
    pub(in crate::oidc) created_at: Timestamp,
    pub(in crate::oidc) active_at: Option<Timestamp>,
    pub(in crate::oidc) retired_at: Option<Timestamp>,
}

impl Row {
    pub(in crate::oidc) fn alg(&self) -> sqlx::Result<SigningAlg> {
        SigningAlg::from_text(&self.alg).ok_or_else(|| sqlx::Error::Decode("an unknown algorithm".into()))
    }

    pub(in crate::oidc) fn state(&self) -> sqlx::Result<State> {
        let states = [State::Next, State::Active, State::Retired];
        states.into_iter().find(|state| state.as_str() == self.state).ok_or_else(|| sqlx::Error::Decode("an unknown key state".into()))
    }

    pub(in crate::oidc) fn line(&self) -> sqlx::Result<Line> {
        let Self { kid, created_at, active_at, retired_at, .. } = self;
        Ok(Line { kid: kid.clone(), alg: self.alg()?, state: self.state()?, created_at: *created_at, active_at: *active_at, retired_at: *retired_at })
    }
}

/// RSA before the curves: some clients take the first key of a set.
pub(in crate::oidc) async fn all(conn: &mut Conn) -> sqlx::Result<Vec<Row>> {
    query(
        "SELECT kid, alg, sealed_private_key, public_jwk, state, created_at, active_at, retired_at FROM signing_keys
         ORDER BY CASE alg WHEN 'RS256' THEN 0 WHEN 'ES256' THEN 1 WHEN 'EdDSA' THEN 2 ELSE 3 END, CASE state WHEN 'active' THEN 0 WHEN 'next' THEN 1 ELSE 2 END,
                  created_at, kid",
    )
    .all(conn)
    .await
}

/// `false` when another instance was first: there is one active and one next key per algorithm.
pub(in crate::oidc) async fn insert(tx: &mut Tx, row: &Row) -> sqlx::Result<bool> {
    let inserted = query(
        "INSERT INTO signing_keys (kid, alg, sealed_private_key, public_jwk, state, created_at, active_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT DO NOTHING",
    )
    .bind(&row.kid)
    .bind(&row.alg)
    .bind(row.sealed_private_key.as_slice())
    .bind(&row.public_jwk)
    .bind(&row.state)
    .bind(row.created_at)
    .bind(row.active_at)
    .execute(tx)
    .await?;
    Ok(inserted == 1)
}

/// Retires the key that signs, when it is the one of this id or none is named; `false` when there was none such.
pub(in crate::oidc) async fn retire_active(tx: &mut Tx, alg: SigningAlg, kid: Option<&str>, now: Timestamp) -> sqlx::Result<bool> {
    let retired = query("UPDATE signing_keys SET state = 'retired', retired_at = $2 WHERE alg = $1 AND state = 'active' AND (kid = $3 OR $3 = '')")
        .bind(alg.as_str())
        .bind(now)
        .bind(kid.unwrap_or_default())
        .execute(tx)
        .await?;
    Ok(retired == 1)
}

/// Deletes a key, so that nothing it signed is believed; gives its state. `None` when it is gone.
pub(in crate::oidc) async fn delete(tx: &mut Tx, kid: &str) -> sqlx::Result<Option<String>> {
    let row: Option<(String,)> = query("DELETE FROM signing_keys WHERE kid = $1 RETURNING state").bind(kid).optional(tx).await?;
    Ok(row.map(|(state,)| state))
}

/// `false` when there was none.
pub(in crate::oidc) async fn promote_next(tx: &mut Tx, alg: SigningAlg, now: Timestamp) -> sqlx::Result<bool> {
    let promoted = query("UPDATE signing_keys SET state = 'active', active_at = $2 WHERE alg = $1 AND state = 'next'")
        .bind(alg.as_str())
        .bind(now)
        .execute(tx)
        .await?;
    Ok(promoted == 1)
}
