//! People of a directory.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::model::{DirectoryState, EntryId};
use super::super::plan::{Change, KnownUser, LocalAccount, OldProfile, Owner, ReleasedUser, UserRow, extras_text};
use super::super::text::Text;
use super::{NotApplied, Rows, all, row_hash};
use crate::clock::Timestamp;
use crate::db::{Conn, Engine, Tx, Value, add_rows, insert_rows, query, query_list};
use crate::id::{GroupId, UserId, new_user_handle};
use crate::users::model::{key, search_text};

/// How many rows are made ready at a time, so that memory stays bounded, and nothing else waits for long.
const ROWS: usize = 2_000;
/// How many ids one statement lists; see [`query_list`].
pub(super) const IDS: usize = 500;

/// Id, entry id, DN, username, e-mail address, administrator, state, when they left, hash. By place and not by name: of 100,000 rows, finding columns by
/// their names takes longer than reading them.
type KnownRow = (UserId, String, String, String, Option<String>, bool, String, Option<Timestamp>, Option<Vec<u8>>);

pub(in super::super) async fn known(conn: &mut Conn, directory: &str) -> sqlx::Result<Vec<KnownUser>> {
    let mut known = Vec::new();
    // Nearly everybody is wanted, so the table is read from its beginning to its end; by the index on the directory, SQLite would look for row after row.
    match conn.engine() {
        Engine::Sqlite => {
            query(
                "SELECT id, entry_hash,
                        concat_ws(char(31), COALESCE(directory_state, 'missing'), directory_admin,
                                  CASE WHEN directory_state = 'active' THEN '' ELSE COALESCE(left_at, directory_state_at, '') END,
                                  entry_id, username, COALESCE(email, ''), COALESCE(entry_dn, ''))
                 FROM users WHERE COALESCE(directory, '') = $1 AND entry_id IS NOT NULL",
            )
            .bind(directory)
            .each(conn, |row: JoinedRow| known.push(KnownUser::from(row)))
            .await?;
        }
        Engine::Postgres => {
            query(
                "SELECT id, entry_id, COALESCE(entry_dn, ''), username, email, directory_admin, COALESCE(directory_state, 'missing'),
                        CASE WHEN directory_state = 'active' THEN NULL ELSE COALESCE(left_at, directory_state_at) END, entry_hash
                 FROM users WHERE COALESCE(directory, '') = $1 AND entry_id IS NOT NULL",
            )
            .bind(directory)
            .each(conn, |row: KnownRow| known.push(KnownUser::from(row)))
            .await?;
        }
    }
    known.shrink_to_fit();
    Ok(known)
}

/// [`known`], only those with these ids.
pub(super) async fn known_among(conn: &mut Conn, directory: &str, ids: &[EntryId]) -> sqlx::Result<Vec<KnownUser>> {
    let mut known = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(IDS) {
        let sql = "SELECT id, entry_id, COALESCE(entry_dn, ''), username, email, directory_admin, COALESCE(directory_state, 'missing'),
                          CASE WHEN directory_state = 'active' THEN NULL ELSE COALESCE(left_at, directory_state_at) END, entry_hash
                   FROM users WHERE directory = {1} AND entry_id IN ({list})";
        let rows: Vec<KnownRow> = query_list(sql, chunk.iter().map(|id| Value::from(&*id.text()))).bind(directory).all(conn).await?;
        known.extend(rows.into_iter().map(KnownUser::from));
    }
    Ok(known)
}

/// [`known`], only those in this group.
pub(in super::super) async fn known_in(conn: &mut Conn, directory: &str, group: GroupId) -> sqlx::Result<Vec<KnownUser>> {
    let mut known = Vec::new();
    query(
        "SELECT u.id, u.entry_id, COALESCE(u.entry_dn, ''), u.username, u.email, u.directory_admin, COALESCE(u.directory_state, 'missing'),
                CASE WHEN u.directory_state = 'active' THEN NULL ELSE COALESCE(u.left_at, u.directory_state_at) END, u.entry_hash
         FROM group_members m JOIN users u ON u.id = m.user_id WHERE m.group_id = $1 AND u.directory = $2 AND u.entry_id IS NOT NULL",
    )
    .bind(group)
    .bind(directory)
    .each(conn, |row: KnownRow| known.push(KnownUser::from(row)))
    .await?;
    Ok(known)
}

/// [`known`], only those with one of these usernames, as [`key`] has them.
pub(in super::super) async fn known_by_username(conn: &mut Conn, directory: &str, keys: &[String]) -> sqlx::Result<Vec<KnownUser>> {
    let mut known = Vec::new();
    for chunk in keys.chunks(IDS) {
        let sql = "SELECT id, entry_id, COALESCE(entry_dn, ''), username, email, directory_admin, COALESCE(directory_state, 'missing'),
                          CASE WHEN directory_state = 'active' THEN NULL ELSE COALESCE(left_at, directory_state_at) END, entry_hash
                   FROM users WHERE directory = {1} AND entry_id IS NOT NULL AND username_key IN ({list})";
        let rows: Vec<KnownRow> = query_list(sql, chunk.iter().map(Value::from)).bind(directory).all(conn).await?;
        known.extend(rows.into_iter().map(KnownUser::from));
    }
    Ok(known)
}

/// Id, hash, and everything else in one text, with a character between that is in none of them but the DN, which is last. SQLite's library takes and frees
/// memory for every value of every row, under a lock that the thread that reads and the one that is read for share.
type JoinedRow = (UserId, Option<Vec<u8>>, String);

impl From<JoinedRow> for KnownUser {
    fn from((id, hash, joined): JoinedRow) -> Self {
        let mut fields = joined.splitn(7, '\u{1f}');
        let mut field = || fields.next().unwrap_or_default();
        let (state, is_admin, left_at, entry_id, username, email, dn) = (field(), field(), field(), field(), field(), field(), field());
        Self {
            id,
            entry_id: EntryId::from(entry_id),
            dn: dn.into(),
            username: username.into(),
            email: Some(email).filter(|email| !email.is_empty()).map(Into::into),
            is_admin: is_admin == "1",
            state: DirectoryState::from_stored(state).unwrap_or(DirectoryState::Missing),
            left_at: left_at.parse().ok().map(Timestamp::from_millis),
            hash: row_hash(hash),
        }
    }
}

impl From<KnownRow> for KnownUser {
    fn from((id, entry_id, dn, username, email, is_admin, state, left_at, hash): KnownRow) -> Self {
        Self {
            id,
            entry_id: EntryId::from(entry_id.as_str()),
            dn: dn.into(),
            username: username.into(),
            email: email.map(Into::into),
            is_admin,
            state: DirectoryState::from_stored(&state).unwrap_or(DirectoryState::Missing),
            left_at,
            hash: row_hash(hash),
        }
    }
}

#[derive(sqlx::FromRow)]
struct OtherRow {
    id: UserId,
    username: String,
    username_key: String,
    email: Option<String>,
    email_key: Option<String>,
    email_verified: bool,
    directory: Option<String>,
}

/// Everybody else.
#[derive(Default)]
pub(super) struct Others {
    pub(super) usernames: HashMap<String, Owner>,
    pub(super) emails: HashMap<String, Owner>,
    pub(super) accounts: HashMap<UserId, LocalAccount>,
}

/// Usernames and e-mail addresses of everybody else, with whose they are; and the local accounts, if asked for.
pub(super) async fn others(conn: &mut Conn, directory: &str, with_accounts: bool) -> sqlx::Result<Others> {
    // One part for each range of the index on the directory.
    let rows: Vec<OtherRow> = query(
        "SELECT id, username, username_key, email, email_key, email_verified, directory FROM users WHERE directory IS NULL
         UNION ALL SELECT id, username, username_key, email, email_key, email_verified, directory FROM users WHERE directory < $1
         UNION ALL SELECT id, username, username_key, email, email_key, email_verified, directory FROM users WHERE directory > $1
         UNION ALL SELECT id, username, username_key, email, email_key, email_verified, directory FROM users WHERE directory = $1 AND entry_id IS NULL",
    )
    .bind(directory)
    .all(conn)
    .await?;
    let mut others = Others::default();
    for row in rows {
        let is_local = row.directory.is_none();
        let words: Arc<str> = match row.directory {
            None => format!("the local account {:?}", row.username),
            Some(other) => format!("{:?} of the directory {other:?}", row.username),
        }
        .into();
        let owner = Owner { words, local: is_local.then_some(row.id) };
        if let Some(email) = row.email_key {
            others.emails.insert(email, owner.clone());
        }
        others.usernames.insert(row.username_key, owner);
        if is_local && with_accounts {
            let user = KnownUser {
                id: row.id,
                entry_id: EntryId::from(""),
                dn: Text::default(),
                username: row.username.into(),
                email: row.email.map(Into::into),
                is_admin: false,
                state: DirectoryState::Active,
                left_at: None,
                hash: None,
            };
            others.accounts.insert(row.id, LocalAccount { user, is_email_verified: row.email_verified });
        }
    }
    Ok(others)
}

#[derive(sqlx::FromRow)]
struct ProfileRow {
    id: UserId,
    first_name: String,
    last_name: String,
    display_name: String,
    phone: Option<String>,
    locale: String,
    directory_attributes: String,
}

/// What is stored of these people besides what every run reads.
pub(super) async fn old_profiles(conn: &mut Conn, ids: &[UserId]) -> sqlx::Result<HashMap<UserId, OldProfile>> {
    let mut profiles = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(IDS) {
        let sql = "SELECT id, first_name, last_name, display_name, phone, locale, directory_attributes FROM users WHERE id IN ({list})";
        let rows: Vec<ProfileRow> = query_list(sql, chunk.iter().map(|id| Value::from(*id))).all(conn).await?;
        profiles.extend(rows.into_iter().map(|row| {
            let ProfileRow { id, first_name, last_name, display_name, phone, locale, directory_attributes: extras } = row;
            (id, OldProfile { first_name, last_name, display_name, phone: phone.unwrap_or_default(), locale, extras })
        }));
    }
    Ok(profiles)
}

/// Names and addresses given up; a row that is updated later in the plan gets its search text there, one who has left gets it here.
pub(super) async fn release(tx: &mut Tx, released: &[ReleasedUser], now: Timestamp) -> Result<(), NotApplied> {
    let named = released.iter().filter_map(|release| Some((release.user, release.username.as_deref()?)));
    let rows: Vec<[Value; 4]> = named.map(|(user, username)| [user.into(), username.into(), key(username).into(), now.into()]).collect();
    let count = rows.len();
    let changed = insert_rows(
        tx,
        "UPDATE users SET username = v.column2, username_key = v.column3,
                          search_text = substr(v.column3 || ' ' || search_text, 1, 500), updated_at = v.column4 FROM (VALUES",
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
        let sql = "UPDATE users SET directory_state = 'missing', directory_state_at = {1}, directory_admin = {2}, left_at = {1},
                                    entry_hash = NULL, updated_at = {1},
                                    access_void_until = CASE WHEN access_void_until < {1} THEN {1} ELSE access_void_until END
                   WHERE id IN ({list})";
        let changed = query_list(sql, chunk.iter().map(|id| Value::from(*id))).bind(now).bind(false).execute(tx).await?;
        all(changed, chunk.len())?;
    }
    Ok(())
}

/// People who left and are not kept. Sessions, passkeys and what apps hold of them go with them (foreign keys).
pub(super) async fn delete(tx: &mut Tx, users: &[UserId]) -> Result<(), NotApplied> {
    for chunk in users.chunks(IDS) {
        let changed = query_list("DELETE FROM users WHERE id IN ({list})", chunk.iter().map(|id| Value::from(*id))).execute(tx).await?;
        all(changed, chunk.len())?;
    }
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, updated: &[(UserId, Change, UserRow<'_>)], now: Timestamp) -> Result<(), NotApplied> {
    if !updated.is_empty() {
        let rows: Rows<'_, 19> = Box::new(updated.iter().map(|(id, change, row)| updated_row(*id, *change, row, now)));
        let changed = insert_rows(
            tx,
            "UPDATE users SET username = v.column2, username_key = v.column3, email = v.column4, email_key = v.column5, email_verified = v.column6,
                              first_name = v.column7, last_name = v.column8, display_name = v.column9, phone = v.column10, search_text = v.column11,
                              directory_admin = v.column12, entry_dn = v.column13, entry_hash = v.column14,
                              directory_state_at = CASE WHEN directory_state = v.column15 THEN directory_state_at ELSE v.column17 END,
                              directory_state = v.column15,
                              access_void_until = CASE WHEN v.column16 AND access_void_until < v.column17 THEN v.column17 ELSE access_void_until END,
                              updated_at = v.column17, locale = v.column18, directory_attributes = v.column19, left_at = NULL
             FROM (VALUES",
            rows,
            ") AS v WHERE users.id = v.column1",
        )
        .await?;
        all(changed, updated.len())?;
    }
    Ok(())
}

fn updated_row(id: UserId, change: Change, row: &UserRow<'_>, now: Timestamp) -> [Value; 19] {
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
        row.entry.locale.as_str().into(),
        extras_text(&row.entry.extras).into(),
    ]
}

/// Local accounts that become the directory's. What is theirs here stays: passkeys, sessions, groups, a local administrator's rights and a local block.
pub(super) async fn link(tx: &mut Tx, directory: &str, linked: &[(UserId, UserRow<'_>)], now: Timestamp) -> Result<(), NotApplied> {
    for chunk in linked.chunks(ROWS) {
        let mut rows: Vec<[Value; 19]> = Vec::with_capacity(chunk.len());
        for (id, row) in chunk {
            let mut values = updated_row(*id, Change::Updated, row, now);
            values[15] = (&*row.entry.id.text()).into();
            rows.push(values);
        }
        let changed = insert_rows(
            tx,
            "UPDATE users SET username = v.column2, username_key = v.column3, email = v.column4, email_key = v.column5, email_verified = v.column6,
                              first_name = v.column7, last_name = v.column8, display_name = v.column9, phone = v.column10, search_text = v.column11,
                              directory_admin = v.column12, entry_dn = v.column13, entry_hash = v.column14, directory_state_at = v.column17,
                              directory_state = v.column15, entry_id = v.column16, updated_at = v.column17, locale = v.column18,
                              directory_attributes = v.column19, left_at = NULL
             FROM (VALUES",
            rows,
            ") AS v WHERE users.id = v.column1 AND users.directory IS NULL",
        )
        .await?;
        all(changed, chunk.len())?;
        let sql = "UPDATE users SET directory = {1} WHERE id IN ({list}) AND directory IS NULL";
        for ids in chunk.chunks(IDS) {
            let changed = query_list(sql, ids.iter().map(|(id, _)| Value::from(*id))).bind(directory).execute(tx).await?;
            all(changed, ids.len())?;
        }
    }
    Ok(())
}

/// New people; gives their new ids by entry.
pub(super) async fn create<'p>(
    tx: &mut Tx,
    directory: &str,
    created: &'p [UserRow<'_>],
    now: Timestamp,
) -> Result<HashMap<&'p EntryId, UserId>, NotApplied> {
    let mut ids = HashMap::with_capacity(created.len());
    // In the order of names, in which most of the indexes are.
    let mut ordered: Vec<&UserRow<'_>> = created.iter().collect();
    ordered.sort_unstable_by(|one, other| one.username.cmp(&other.username));
    let rows: Rows<'_, 25> = Box::new(ordered.into_iter().map(|row| {
        let id = UserId::new();
        ids.insert(&row.entry.id, id);
        created_row(id, directory, row, now)
    }));
    add_rows(
        tx,
        "users",
        "id, user_handle, username, username_key, email, email_key, email_verified, first_name, last_name, display_name, phone,
                            search_text, local_admin, directory_admin, directory, entry_id, entry_dn, entry_hash, directory_state,
                            directory_state_at, access_void_until, created_at, updated_at, locale, directory_attributes",
        rows,
    )
    .await?;
    Ok(ids)
}

fn created_row(id: UserId, directory: &str, row: &UserRow<'_>, now: Timestamp) -> [Value; 25] {
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
        (&*row.entry.id.text()).into(),
        row.entry.dn.as_str().into(),
        row.hash.0.as_slice().into(),
        row.state.as_str().into(),
        now.into(),
        Timestamp::EPOCH.into(),
        now.into(),
        now.into(),
        row.entry.locale.as_str().into(),
        extras_text(&row.entry.extras).into(),
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
