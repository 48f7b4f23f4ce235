//! What requests find by the codes and tokens they bring. Who asks while others are being answered is answered together with those who ask meanwhile; see
//! [`SharedReads`]. Whether something has run out is each one's own question: they do not all ask at the same instant.

use super::store::{self, ByHash, FoundCode, FoundRefresh, LiveToken, UserinfoToken};
use crate::clock::Timestamp;
use crate::db::{Db, ListQuery, Row, SharedReads};
use crate::secret::TokenHash;

/// Codes and tokens, by their hashes.
#[derive(Debug)]
pub struct Lookups {
    codes: Found<FoundCode>,
    refresh_tokens: Found<FoundRefresh>,
    userinfo_tokens: Found<UserinfoToken>,
    live_tokens: Found<LiveToken>,
}

type Found<T> = SharedReads<TokenHash, ByHash<T>>;

impl Lookups {
    /// Those in a database.
    pub fn new(db: &Db) -> Self {
        Self {
            codes: by_hash(db, &store::CODES),
            refresh_tokens: by_hash(db, &store::REFRESH_TOKENS),
            userinfo_tokens: by_hash(db, &store::USERINFO_TOKENS),
            live_tokens: by_hash(db, &store::LIVE_TOKENS),
        }
    }

    /// A code that could be used now, whoever's it is.
    pub(super) async fn code(&self, hash: TokenHash, now: Timestamp) -> sqlx::Result<Option<FoundCode>> {
        find(&self.codes, hash, now).await
    }

    /// A refresh token that could be exchanged now, whoever's it is.
    pub(super) async fn refresh_token(&self, hash: TokenHash, now: Timestamp) -> sqlx::Result<Option<FoundRefresh>> {
        find(&self.refresh_tokens, hash, now).await
    }

    /// An access token that opens userinfo now.
    pub(super) async fn userinfo_token(&self, hash: TokenHash, now: Timestamp) -> sqlx::Result<Option<UserinfoToken>> {
        find(&self.userinfo_tokens, hash, now).await
    }

    /// A token, access or refresh, that could be used now.
    pub(super) async fn live_token(&self, hash: TokenHash, now: Timestamp) -> sqlx::Result<Option<LiveToken>> {
        find(&self.live_tokens, hash, now).await
    }
}

fn by_hash<T>(db: &Db, rows: &'static ListQuery) -> Found<T>
where
    T: Clone + Send + 'static,
    ByHash<T>: Row,
{
    let db = db.clone();
    SharedReads::new(move |hashes: Vec<TokenHash>| {
        let db = db.clone();
        async move {
            let rows: Vec<ByHash<T>> = rows.of(&hashes).all(&mut db.read().await?).await?;
            Ok(rows.into_iter().map(|row| (row.hash.clone(), row)).collect())
        }
    })
}

async fn find<T: Clone + Send + 'static>(all: &Found<T>, hash: TokenHash, now: Timestamp) -> sqlx::Result<Option<T>> {
    Ok(all.ask(hash).await?.filter(|row| row.good_until > now).map(|row| row.found))
}
