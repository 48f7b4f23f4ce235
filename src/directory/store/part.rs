//! What is known of a few entries: for following changes and for one person who signs in, where reading everything would take too long.

use std::collections::HashMap;

use super::super::model::{DirectoryState, EntryId};
use super::super::plan::{Current, KnownGroup, LocalGroup, Owner, Policy, wanted_groups};
use super::people::{self, IDS};
use super::row_hash;
use crate::clock::Timestamp;
use crate::db::{Conn, Value, query, query_list};
use crate::id::{GroupId, UserId};

/// The entry ids of people and groups at these places, spelled as they were stored.
pub(in super::super) async fn ids_at(conn: &mut Conn, directory: &str, dns: &[String]) -> sqlx::Result<(Vec<EntryId>, Vec<EntryId>)> {
    let (mut people, mut groups) = (Vec::new(), Vec::new());
    for chunk in dns.chunks(IDS) {
        let list = || chunk.iter().map(|dn| Value::from(dn.as_str()));
        let found: Vec<(String,)> =
            query_list("SELECT entry_id FROM users WHERE directory = {1} AND entry_id IS NOT NULL AND entry_dn IN ({list})", list())
                .bind(directory)
                .all(conn)
                .await?;
        people.extend(found.iter().map(|(id,)| EntryId::from(id.as_str())));
        let found: Vec<(String,)> =
            query_list("SELECT entry_id FROM groups WHERE directory = {1} AND entry_id IS NOT NULL AND entry_dn IN ({list})", list())
                .bind(directory)
                .all(conn)
                .await?;
        groups.extend(found.iter().map(|(id,)| EntryId::from(id.as_str())));
    }
    Ok((people, groups))
}

/// Which of these are groups here that have not been removed.
pub(in super::super) async fn groups_among(conn: &mut Conn, directory: &str, ids: &[EntryId]) -> sqlx::Result<Vec<EntryId>> {
    let mut known = Vec::new();
    for chunk in ids.chunks(IDS) {
        let sql = "SELECT entry_id FROM groups WHERE directory = {1} AND removed_at IS NULL AND entry_id IN ({list})";
        let found: Vec<(String,)> = query_list(sql, chunk.iter().map(|id| Value::from(&*id.text()))).bind(directory).all(conn).await?;
        known.extend(found.iter().map(|(id,)| EntryId::from(id.as_str())));
    }
    Ok(known)
}

/// Those of these groups that are known and have not been removed; without their members.
pub(in super::super) async fn known_groups(conn: &mut Conn, directory: &str, ids: &[EntryId]) -> sqlx::Result<Vec<KnownGroup>> {
    type KnownRow = (GroupId, String, String, String, String, Option<Vec<u8>>);
    let mut known = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(IDS) {
        let sql = "SELECT id, entry_id, COALESCE(entry_dn, ''), name, display_name, entry_hash
                   FROM groups WHERE directory = {1} AND removed_at IS NULL AND entry_id IN ({list})";
        let rows: Vec<KnownRow> = query_list(sql, chunk.iter().map(|id| Value::from(&*id.text()))).bind(directory).all(conn).await?;
        known.extend(rows.into_iter().map(|(id, entry_id, dn, name, display_name, hash)| {
            let (entry_id, hash) = (EntryId::from(entry_id.as_str()), row_hash(hash));
            KnownGroup { id, entry_id, dn, name, display_name, is_removed: false, hash, members: Vec::new() }
        }));
    }
    Ok(known)
}

/// The entry ids of the groups of the directory that these people are in.
pub(in super::super) async fn groups_of(conn: &mut Conn, directory: &str, people: &[EntryId]) -> sqlx::Result<Vec<EntryId>> {
    let mut groups = Vec::new();
    for chunk in people.chunks(IDS) {
        let sql = "SELECT DISTINCT g.entry_id FROM users u JOIN group_members m ON m.user_id = u.id JOIN groups g ON g.id = m.group_id
                   WHERE u.directory = {1} AND g.directory = {1} AND g.entry_id IS NOT NULL AND u.entry_id IN ({list})";
        let found: Vec<(String,)> = query_list(sql, chunk.iter().map(|id| Value::from(&*id.text()))).bind(directory).all(conn).await?;
        groups.extend(found.iter().map(|(id,)| EntryId::from(id.as_str())));
    }
    Ok(groups)
}

/// How many memberships the groups of a directory have.
pub(in super::super) async fn memberships(conn: &mut Conn, directory: &str) -> sqlx::Result<i64> {
    let (count,): (i64,) =
        query("SELECT COUNT(*) FROM group_members m JOIN groups g ON g.id = m.group_id WHERE g.directory = $1").bind(directory).one(conn).await?;
    Ok(count)
}

#[derive(sqlx::FromRow)]
struct Holder {
    id: UserId,
    entry_id: Option<String>,
    username: String,
    username_key: String,
    email_key: Option<String>,
    directory: Option<String>,
    directory_state: Option<String>,
}

/// What is known of the people with these ids, and who else holds one of these usernames and addresses. No groups: a plan made of this changes none.
pub(in super::super) async fn load(conn: &mut Conn, directory: &str, ids: &[EntryId], names: &[String]) -> sqlx::Result<Current> {
    let mut wanted = ids.to_vec();
    let (mut other_usernames, mut other_emails) = (HashMap::new(), HashMap::new());
    for chunk in names.chunks(IDS) {
        for column in [
            "SELECT id, entry_id, username, username_key, email_key, directory, directory_state FROM users WHERE username_key IN ({list})",
            "SELECT id, entry_id, username, username_key, email_key, directory, directory_state FROM users WHERE email_key IN ({list})",
        ] {
            let holders: Vec<Holder> = query_list(column, chunk.iter().map(|name| Value::from(name.as_str()))).all(conn).await?;
            for holder in holders {
                let is_ours = holder.directory.as_deref() == Some(directory);
                match holder.entry_id.as_deref().map(EntryId::from).filter(|_| is_ours) {
                    Some(id) if wanted.contains(&id) => continue,
                    // Who has left gives names up to who is there.
                    Some(id) if holder.directory_state.as_deref() == Some(DirectoryState::Missing.as_str()) => {
                        wanted.push(id);
                        continue;
                    }
                    _ => {}
                }
                let words = match &holder.directory {
                    None => format!("the local account {:?}", holder.username),
                    Some(other) => format!("{:?} of the directory {other:?}", holder.username),
                };
                let whose = Owner { words: words.into(), local: holder.directory.is_none().then_some(holder.id) };
                if let Some(email) = holder.email_key {
                    other_emails.insert(email, whose.clone());
                }
                other_usernames.insert(holder.username_key, whose);
            }
        }
    }
    let users = people::known_among(conn, directory, &wanted).await?;
    Ok(Current { users, other_usernames, other_emails, ..Current::default() })
}

/// Adds the local groups a policy names, and which of the known people are in them.
pub(in super::super) async fn load_places(conn: &mut Conn, directory: &str, policy: &Policy, current: &mut Current) -> sqlx::Result<()> {
    let keys = wanted_groups(policy);
    for chunk in keys.chunks(IDS) {
        let sql = "SELECT id, name, name_key FROM groups WHERE name_key IN ({list}) AND directory IS NULL AND removed_at IS NULL";
        let rows: Vec<(GroupId, String, String)> = query_list(sql, chunk.iter().map(Value::from)).all(conn).await?;
        current.local_groups.extend(rows.into_iter().map(|(id, name, key)| (key, LocalGroup { id, name, members: Vec::new() })));
    }
    let ids: Vec<UserId> = current.users.iter().map(|user| user.id).collect();
    for chunk in ids.chunks(IDS) {
        let sql = "SELECT group_id, user_id, directory FROM group_members WHERE user_id IN ({list})";
        let rows: Vec<(GroupId, UserId, Option<String>)> = query_list(sql, chunk.iter().map(|id| Value::from(*id))).all(conn).await?;
        for (group, user, from) in rows {
            if from.as_deref() == Some(directory) {
                current.placed.push((group, user));
            }
            if let Some(local) = current.local_groups.values_mut().find(|local| local.id == group) {
                local.members.push(user);
            }
        }
    }
    Ok(())
}

/// Memberships in this directory's groups.
pub(in super::super) async fn memberships_of(conn: &mut Conn, directory: &str, users: &[UserId]) -> sqlx::Result<Vec<(GroupId, UserId)>> {
    let mut memberships = Vec::new();
    for chunk in users.chunks(IDS) {
        let sql = "SELECT m.group_id, m.user_id FROM group_members m JOIN groups g ON g.id = m.group_id
                   WHERE g.directory = {1} AND m.user_id IN ({list})";
        let found: Vec<(GroupId, UserId)> = query_list(sql, chunk.iter().map(|id| Value::from(*id))).bind(directory).all(conn).await?;
        memberships.extend(found);
    }
    Ok(memberships)
}

/// How many may sign in, how many administrators among them, and how many lost that after `since`.
pub(in super::super) async fn active_and_lost(conn: &mut Conn, directory: &str, since: Timestamp) -> sqlx::Result<(i64, i64, i64)> {
    query(
        "SELECT (SELECT COUNT(*) FROM users WHERE directory = $1 AND directory_state = 'active'),
                (SELECT COUNT(*) FROM users WHERE directory = $1 AND directory_state = 'active' AND directory_admin = $3),
                (SELECT COUNT(*) FROM users WHERE directory = $1 AND directory_state <> 'active' AND directory_state_at > $2)",
    )
    .bind(directory)
    .bind(since)
    .bind(true)
    .one(conn)
    .await
}
