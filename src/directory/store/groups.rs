//! Groups of a directory, and who is in them.

use std::collections::{HashMap, HashSet};

use super::super::model::EntryId;
use super::super::plan::{GroupRow, KnownGroup, KnownUser, LocalGroup, Owner};
use super::people::IDS;
use super::{NotApplied, Rows, all, row_hash};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Value, add_rows, insert_rows, query, query_list, query_per_engine};
use crate::id::{GroupId, UserId};
use crate::users::model::key;

#[derive(sqlx::FromRow)]
struct KnownRow {
    id: GroupId,
    entry_id: String,
    entry_dn: String,
    name: String,
    display_name: String,
    removed_at: Option<Timestamp>,
    entry_hash: Option<Vec<u8>>,
}

/// All groups of the directory, with their members among `people`.
pub(super) async fn known(conn: &mut Conn, directory: &str, people: &[KnownUser]) -> sqlx::Result<Vec<KnownGroup>> {
    let rows: Vec<KnownRow> = query(
        "SELECT id, entry_id, COALESCE(entry_dn, '') AS entry_dn, name, display_name, removed_at, entry_hash
         FROM groups WHERE directory = $1 AND entry_id IS NOT NULL",
    )
    .bind(directory)
    .all(conn)
    .await?;
    // One row a group, its members' ids one behind the other: each row costs more than what is in it. Who is somebody else's is left out here, where the
    // people are known already, and not by a join.
    let ours: HashSet<UserId> = people.iter().map(|user| user.id).collect();
    let mut of: HashMap<GroupId, Vec<UserId>> = HashMap::with_capacity(rows.len());
    query_per_engine(
        "SELECT group_id, unhex(group_concat(hex(user_id), '')) FROM group_members
         WHERE group_id IN (SELECT id FROM groups WHERE directory = $1) GROUP BY group_id",
        "SELECT group_id, string_agg(uuid_send(user_id), '') FROM group_members
         WHERE group_id IN (SELECT id FROM groups WHERE directory = $1) GROUP BY group_id",
    )
    .bind(directory)
    .each(conn, |(group, ids): (GroupId, Vec<u8>)| {
        let ids = ids.as_chunks::<16>().0.iter().map(|id| UserId::from(uuid::Uuid::from_bytes(*id)));
        let mut members: Vec<UserId> = ids.filter(|id| ours.contains(id)).collect();
        members.shrink_to_fit();
        of.insert(group, members);
    })
    .await?;
    let known = |row: KnownRow| KnownGroup {
        id: row.id,
        entry_id: EntryId::from(row.entry_id.as_str()),
        dn: row.entry_dn,
        name: row.name,
        display_name: row.display_name,
        is_removed: row.removed_at.is_some(),
        hash: row_hash(row.entry_hash),
        members: of.remove(&row.id).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(known).collect())
}

/// Names of all other groups, with whose they are.
pub(super) async fn names_of_others(conn: &mut Conn, directory: &str) -> sqlx::Result<HashMap<String, Owner>> {
    let rows: Vec<(String, String, Option<String>)> =
        query("SELECT name, name_key, directory FROM groups WHERE directory IS NULL OR directory <> $1 OR entry_id IS NULL")
            .bind(directory)
            .all(conn)
            .await?;
    let whose = |(name, name_key, directory): (String, String, Option<String>)| {
        let whose = match directory {
            None => format!("the local group {name:?}"),
            Some(other) => format!("{name:?} of the directory {other:?}"),
        };
        (name_key, Owner { words: whose.into(), local: None })
    };
    Ok(rows.into_iter().map(whose).collect())
}

/// The local groups of these name keys, with their members among the people of this directory and, if asked for, the local accounts.
pub(super) async fn local(conn: &mut Conn, directory: &str, keys: &[String], with_local: bool) -> sqlx::Result<HashMap<String, LocalGroup>> {
    let mut groups = HashMap::with_capacity(keys.len());
    for chunk in keys.chunks(IDS) {
        let sql = "SELECT id, name, name_key FROM groups WHERE name_key IN ({list}) AND directory IS NULL AND removed_at IS NULL";
        let rows: Vec<(GroupId, String, String)> = query_list(sql, chunk.iter().map(Value::from)).all(conn).await?;
        groups.extend(rows.into_iter().map(|(id, name, key)| (key, LocalGroup { id, name, members: Vec::new() })));
    }
    for group in groups.values_mut() {
        let members: Vec<(UserId,)> = query(
            "SELECT m.user_id FROM group_members m JOIN users u ON u.id = m.user_id
             WHERE m.group_id = $1 AND (u.directory = $2 OR ($3 AND u.directory IS NULL))",
        )
        .bind(group.id)
        .bind(directory)
        .bind(with_local)
        .all(conn)
        .await?;
        group.members = members.into_iter().map(|(user,)| user).collect();
    }
    Ok(groups)
}

/// Memberships in local groups that carry the directory's name.
pub(super) async fn placed(conn: &mut Conn, directory: &str) -> sqlx::Result<Vec<(GroupId, UserId)>> {
    query("SELECT group_id, user_id FROM group_members WHERE directory = $1").bind(directory).all(conn).await
}

pub(super) async fn release(tx: &mut Tx, released: &[(GroupId, String)], now: Timestamp) -> Result<(), NotApplied> {
    let rows: Vec<[Value; 4]> = released.iter().map(|(group, name)| [(*group).into(), name.into(), key(name).into(), now.into()]).collect();
    let changed = insert_rows(
        tx,
        "UPDATE groups SET name = v.column2, name_key = v.column3, updated_at = v.column4 FROM (VALUES",
        rows,
        ") AS v WHERE groups.id = v.column1",
    )
    .await?;
    all(changed, released.len())
}

pub(super) async fn remove(tx: &mut Tx, groups: &[GroupId], now: Timestamp) -> Result<(), NotApplied> {
    for chunk in groups.chunks(IDS) {
        let sql = "UPDATE groups SET removed_at = {1}, entry_hash = NULL, updated_at = {1} WHERE id IN ({list})";
        let changed = query_list(sql, chunk.iter().map(|id| Value::from(*id))).bind(now).execute(tx).await?;
        all(changed, chunk.len())?;
    }
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, updated: &[(GroupId, GroupRow<'_>)], now: Timestamp) -> Result<(), NotApplied> {
    let row = |(id, row): &(GroupId, GroupRow<'_>)| -> [Value; 7] {
        let (display_name, dn) = (row.entry.display_name.as_str(), row.entry.dn.as_str());
        [(*id).into(), row.name.as_ref().into(), key(&row.name).into(), display_name.into(), dn.into(), row.hash.0.as_slice().into(), now.into()]
    };
    let rows: Vec<[Value; 7]> = updated.iter().map(row).collect();
    let changed = insert_rows(
        tx,
        "UPDATE groups SET name = v.column2, name_key = v.column3, display_name = v.column4, entry_dn = v.column5, entry_hash = v.column6,
                           removed_at = NULL, updated_at = v.column7 FROM (VALUES",
        rows,
        ") AS v WHERE groups.id = v.column1",
    )
    .await?;
    all(changed, updated.len())
}

/// New groups; gives their new ids by entry.
pub(super) async fn create<'p>(
    tx: &mut Tx,
    directory: &str,
    created: &'p [GroupRow<'_>],
    now: Timestamp,
) -> Result<HashMap<&'p EntryId, GroupId>, NotApplied> {
    let (mut ids, mut rows) = (HashMap::with_capacity(created.len()), Vec::with_capacity(created.len()));
    for row in created {
        let id = GroupId::new();
        ids.insert(&row.entry.id, id);
        let values: [Value; 10] = [
            id.into(),
            row.name.as_ref().into(),
            key(&row.name).into(),
            row.entry.display_name.as_str().into(),
            directory.into(),
            (&*row.entry.id.text()).into(),
            row.entry.dn.as_str().into(),
            row.hash.0.as_slice().into(),
            now.into(),
            now.into(),
        ];
        rows.push(values);
    }
    add_rows(tx, "groups", "id, name, name_key, display_name, directory, entry_id, entry_dn, entry_hash, created_at, updated_at", rows).await?;
    Ok(ids)
}

/// Memberships that end. Those of deleted people are gone already, so fewer rows than pairs is as it should be.
pub(super) async fn take_out(tx: &mut Tx, members: &[(GroupId, UserId)]) -> Result<(), NotApplied> {
    insert_rows(tx, "DELETE FROM group_members WHERE (group_id, user_id) IN (VALUES", pairs(members), ")").await?;
    Ok(())
}

/// Memberships that begin; those marked carry the directory's name.
pub(super) async fn put_in(tx: &mut Tx, directory: &str, members: &[(GroupId, UserId, bool)]) -> Result<(), NotApplied> {
    let row = |(group, user, is_marked): &(GroupId, UserId, bool)| -> [Value; 3] {
        [(*group).into(), (*user).into(), is_marked.then_some(directory).into()]
    };
    let rows: Rows<'_, 3> = Box::new(members.iter().map(row));
    add_rows(tx, "group_members", "group_id, user_id, directory", rows).await?;
    Ok(())
}

fn pairs(members: &[(GroupId, UserId)]) -> Rows<'_, 2> {
    Box::new(members.iter().map(|(group, user)| [(*group).into(), (*user).into()]))
}
