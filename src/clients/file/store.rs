//! The SQL of clients from a file.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::Known;
use crate::clients::store as clients;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Value, insert_rows, query};
use crate::id::ClientId;
use crate::secret::TokenHash;
use crate::users;

/// Waits until no other instance applies a file, and keeps others waiting until the transaction ends.
pub(super) async fn take_turn(tx: &mut Tx, now: Timestamp) -> sqlx::Result<()> {
    query("UPDATE client_turns SET taken_at = $1 WHERE id = 1").bind(now).execute(tx).await.map(|_| ())
}

/// Every client, with its secrets and the groups the file named for it: three queries, however many clients there are.
pub(super) async fn known(conn: &mut Conn) -> sqlx::Result<Vec<Known>> {
    let secrets: Vec<(ClientId, TokenHash)> = query("SELECT client_id, secret_hash FROM client_secrets").all(conn).await?;
    let groups: Vec<(ClientId, String)> = query("SELECT client_id, name_key FROM client_file_groups").all(conn).await?;
    let mut secrets_of: BTreeMap<ClientId, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for (client, hash) in secrets {
        secrets_of.entry(client).or_default().insert(hash.as_bytes().to_vec());
    }
    let mut groups_of: BTreeMap<ClientId, BTreeSet<String>> = BTreeMap::new();
    for (client, key) in groups {
        groups_of.entry(client).or_default().insert(key);
    }
    let every = clients::all(conn).await?;
    Ok(every
        .into_iter()
        .map(|client| Known {
            secrets: secrets_of.remove(&client.id).unwrap_or_default(),
            groups: groups_of.remove(&client.id).unwrap_or_default(),
            client,
        })
        .collect())
}

pub(super) async fn set_out_of_service(tx: &mut Tx, id: ClientId, since: Option<Timestamp>) -> sqlx::Result<()> {
    query("UPDATE clients SET out_of_service_at = $2 WHERE id = $1").bind(id).bind(since).execute(tx).await.map(|_| ())
}

/// Keeps by name which groups a client is for.
pub(super) async fn put_groups(tx: &mut Tx, id: ClientId, names: Option<&[String]>) -> sqlx::Result<()> {
    query("DELETE FROM client_file_groups WHERE client_id = $1").bind(id).execute(tx).await?;
    let keys: BTreeSet<String> = names.unwrap_or_default().iter().map(|name| users::model::key(name)).collect();
    let rows: Vec<[Value; 2]> = keys.into_iter().map(|key| [id.into(), key.into()]).collect();
    insert_rows(tx, "INSERT INTO client_file_groups (client_id, name_key) VALUES", rows, "").await.map(|_| ())
}

/// Whether a group a client of the file is for has come about.
pub(super) async fn groups_to_link(conn: &mut Conn) -> sqlx::Result<bool> {
    let found: Option<(i64,)> = query(
        "SELECT CAST(1 AS BIGINT) FROM client_file_groups f JOIN groups g ON g.name_key = f.name_key
         WHERE g.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM client_groups cg WHERE cg.client_id = f.client_id AND cg.group_id = g.id) LIMIT 1",
    )
    .optional(conn)
    .await?;
    Ok(found.is_some())
}

/// Opens clients of the file to the groups they name, as far as those are there.
pub(super) async fn link_groups(tx: &mut Tx) -> sqlx::Result<u64> {
    query(
        "INSERT INTO client_groups (client_id, group_id)
         SELECT f.client_id, g.id FROM client_file_groups f JOIN groups g ON g.name_key = f.name_key WHERE g.removed_at IS NULL ON CONFLICT DO NOTHING",
    )
    .execute(tx)
    .await
}
