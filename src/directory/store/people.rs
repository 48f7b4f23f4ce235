//! People of a directory.

use std::collections::HashMap;

use super::super::model::{DirectoryState, EntryId};
use super::super::plan::{Change, KnownUser, ReleasedUser, UserRow};
use super::{NotApplied, all, row_hash};
use crate::clock::Timestamp;
use crate::db::{Conn, Tx, Value, insert_rows, query, query_list};
use crate::id::{UserId, new_user_handle};
use crate::users::model::{key, search_text};

/// How many rows are made ready at a time, so that memory stays bounded.
const ROWS: usize = 5_000;
/// How many ids one statement lists; see [`query_list`].
pub(super) const IDS: usize = 500;

#[derive(sqlx::FromRow)]
struct KnownRow {
    id: UserId,
    entry_id: String,
    entry_dn: String,
    username: String,
    email: Option<String>,
    directory_admin: bool,
    directory_state: String,
    entry_hash: Option<Vec<u8>>,
}

pub(super) async fn known(conn: &mut Conn, directory: &str) -> sqlx::Result<Vec<KnownUser>> {
    let rows: Vec<KnownRow> = query(
        "SELECT id, entry_id, COALESCE(entry_dn, '') AS entry_dn, username, email, directory_admin,
                COALESCE(directory_state, 'missing') AS directory_state, entry_hash
         FROM users WHERE directory = $1 AND entry_id IS NOT NULL",
    )
    .bind(directory)
    .all(conn)
    .await?;
    Ok(rows.into_iter().map(KnownUser::from).collect())
}

/// [`known`], only those with these ids.
pub(super) async fn known_among(conn: &mut Conn, directory: &str, ids: &[EntryId]) -> sqlx::Result<Vec<KnownUser>> {
    let mut known = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(IDS) {
        let sql = "SELECT id, entry_id, COALESCE(entry_dn, '') AS entry_dn, username, email, directory_admin,
                          COALESCE(directory_state, 'missing') AS directory_state, entry_hash
                   FROM users WHERE directory = {1} AND entry_id IN ({list})";
        let rows: Vec<KnownRow> = query_list(sql, chunk.iter().map(|id| Value::from(id.as_str()))).bind(directory).all(conn).await?;
        known.extend(rows.into_iter().map(KnownUser::from));
    }
    Ok(known)
}

impl From<KnownRow> for KnownUser {
    fn from(row: KnownRow) -> Self {
        Self {
            id: row.id,
            entry_id: EntryId::from(row.entry_id.as_str()),
            dn: row.entry_dn,
            username: row.username,
            email: row.email,
            is_admin: row.directory_admin,
            state: DirectoryState::from_stored(&row.directory_state).unwrap_or(DirectoryState::Missing),
            hash: row_hash(row.entry_hash),
        }
    }
}

#[derive(sqlx::FromRow)]
struct OtherRow {
    username: String,
    username_key: String,
    email_key: Option<String>,
    directory: Option<String>,
}

/// Usernames and e-mail addresses of everybody else, with whose they are.
pub(super) async fn names_of_others(conn: &mut Conn, directory: &str) -> sqlx::Result<(HashMap<String, String>, HashMap<String, String>)> {
    let rows: Vec<OtherRow> =
        query("SELECT username, username_key, email_key, directory FROM users WHERE directory IS NULL OR directory <> $1 OR entry_id IS NULL")
            .bind(directory)
            .all(conn)
            .await?;
    let (mut usernames, mut emails) = (HashMap::with_capacity(rows.len()), HashMap::with_capacity(rows.len()));
    for row in rows {
        let whose = match row.directory {
            None => format!("the local account {:?}", row.username),
            Some(other) => format!("{:?} of the directory {other:?}", row.username),
        };
        if let Some(email) = row.email_key {
            emails.insert(email, whose.clone());
        }
        usernames.insert(row.username_key, whose);
    }
    Ok((usernames, emails))
}

/// Names and addresses given up; a row that is updated later in the plan gets its search text there, one who has left gets it here.
pub(super) async fn release(tx: &mut Tx, released: &[ReleasedUser], now: Timestamp) -> Result<(), NotApplied> {
    let named = released.iter().filter_map(|release| Some((release.user, release.username.as_deref()?)));
    let rows: Vec<[Value; 4]> = named.map(|(user, username)| [user.into(), username.into(), key(username).into(), now.into()]).collect();
    let count = rows.len();
    let changed = insert_rows(
        tx,
        "UPDATE users SET username = v.column2, username_key = v.column3,
                          search_text = v.column3 || ' ' || search_text, updated_at = v.column4 FROM (VALUES",
        rows,
        ") AS v WHERE users.id = v.column1",
    )
    .await?;
    all(changed, count)?;
    let cleared: Vec<UserId> = released.iter().filter(|release| release.clear_email).map(|release| release.user).collect();
    for chunk in cleared.chunks(IDS) {
        let sql = "UPDATE users SET email = NULL, email_key = NULL, email_verified = {1}, updated_at = {2} WHERE id IN ({list})";
        let changed = query_list(sql, chunk.iter().map(|id| Value::from(*id))).bind(false).bind(now).execute(tx).await?;
        all(changed, chunk.len())?;
    }
    Ok(())
}

/// People who left. What they hold is void from now on; the hash goes, so that a return writes everything anew.
pub(super) async fn depart(tx: &mut Tx, users: &[UserId], now: Timestamp) -> Result<(), NotApplied> {
    for chunk in users.chunks(IDS) {
        let sql =
            "UPDATE users SET directory_state = 'missing', directory_state_at = {1}, directory_admin = {2}, entry_hash = NULL, updated_at = {1},
                                    access_void_until = CASE WHEN access_void_until < {1} THEN {1} ELSE access_void_until END
                   WHERE id IN ({list})";
        let changed = query_list(sql, chunk.iter().map(|id| Value::from(*id))).bind(now).bind(false).execute(tx).await?;
        all(changed, chunk.len())?;
    }
    Ok(())
}

/// People who left, with soft delete off. Sessions, passkeys and what apps hold of them go with them (foreign keys).
pub(super) async fn delete(tx: &mut Tx, users: &[UserId]) -> Result<(), NotApplied> {
    for chunk in users.chunks(IDS) {
        let changed = query_list("DELETE FROM users WHERE id IN ({list})", chunk.iter().map(|id| Value::from(*id))).execute(tx).await?;
        all(changed, chunk.len())?;
    }
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, updated: &[(UserId, Change, UserRow<'_>)], now: Timestamp) -> Result<(), NotApplied> {
    for chunk in updated.chunks(ROWS) {
        let rows: Vec<[Value; 17]> = chunk.iter().map(|(id, change, row)| updated_row(*id, *change, row, now)).collect();
        let changed = insert_rows(
            tx,
            "UPDATE users SET username = v.column2, username_key = v.column3, email = v.column4, email_key = v.column5, email_verified = v.column6,
                              first_name = v.column7, last_name = v.column8, display_name = v.column9, phone = v.column10, search_text = v.column11,
                              directory_admin = v.column12, entry_dn = v.column13, entry_hash = v.column14,
                              directory_state_at = CASE WHEN directory_state = v.column15 THEN directory_state_at ELSE v.column17 END,
                              directory_state = v.column15,
                              access_void_until = CASE WHEN v.column16 AND access_void_until < v.column17 THEN v.column17 ELSE access_void_until END,
                              updated_at = v.column17
             FROM (VALUES",
            rows,
            ") AS v WHERE users.id = v.column1",
        )
        .await?;
        all(changed, chunk.len())?;
    }
    Ok(())
}

fn updated_row(id: UserId, change: Change, row: &UserRow<'_>, now: Timestamp) -> [Value; 17] {
    let [username, username_key, email, email_key, email_verified, first_name, last_name, display_name, phone, search_text] = profile(row);
    [
        id.into(),
        username,
        username_key,
        email,
        email_key,
        email_verified,
        first_name,
        last_name,
        display_name,
        phone,
        search_text,
        row.is_admin.into(),
        row.entry.dn.as_str().into(),
        row.hash.0.as_slice().into(),
        row.state.as_str().into(),
        // A sign-in that ran into the run that disabled them may have left a session behind; a return must not bring it to life.
        matches!(change, Change::Disabled | Change::Restored).into(),
        now.into(),
    ]
}

/// New people; gives their new ids by entry.
pub(super) async fn create<'p>(
    tx: &mut Tx,
    directory: &str,
    created: &'p [UserRow<'_>],
    now: Timestamp,
) -> Result<HashMap<&'p EntryId, UserId>, NotApplied> {
    let mut ids = HashMap::with_capacity(created.len());
    for chunk in created.chunks(ROWS) {
        let mut rows: Vec<[Value; 23]> = Vec::with_capacity(chunk.len());
        for row in chunk {
            let id = UserId::new();
            ids.insert(&row.entry.id, id);
            rows.push(created_row(id, directory, row, now));
        }
        insert_rows(
            tx,
            "INSERT INTO users (id, user_handle, username, username_key, email, email_key, email_verified, first_name, last_name, display_name, phone,
                                search_text, local_admin, directory_admin, directory, entry_id, entry_dn, entry_hash, directory_state,
                                directory_state_at, access_void_until, created_at, updated_at) VALUES",
            rows,
            "",
        )
        .await?;
    }
    Ok(ids)
}

fn created_row(id: UserId, directory: &str, row: &UserRow<'_>, now: Timestamp) -> [Value; 23] {
    let [username, username_key, email, email_key, email_verified, first_name, last_name, display_name, phone, search_text] = profile(row);
    [
        id.into(),
        new_user_handle().into(),
        username,
        username_key,
        email,
        email_key,
        email_verified,
        first_name,
        last_name,
        display_name,
        phone,
        search_text,
        false.into(),
        row.is_admin.into(),
        directory.into(),
        row.entry.id.as_str().into(),
        row.entry.dn.as_str().into(),
        row.hash.0.as_slice().into(),
        row.state.as_str().into(),
        now.into(),
        Timestamp::EPOCH.into(),
        now.into(),
        now.into(),
    ]
}

/// The columns the directory says, alike for new and known people. Its addresses count as verified: the organisation gave them out.
fn profile(row: &UserRow<'_>) -> [Value; 10] {
    let entry = row.entry;
    [
        row.username.as_ref().into(),
        key(&row.username).into(),
        row.email.into(),
        row.email.map(key).into(),
        row.email.is_some().into(),
        entry.first_name.as_str().into(),
        entry.last_name.as_str().into(),
        entry.display_name.as_str().into(),
        Some(entry.phone.as_str()).filter(|phone| !phone.is_empty()).into(),
        search_text(&row.username, row.email, &entry.display_name, &entry.first_name, &entry.last_name).into(),
    ]
}
