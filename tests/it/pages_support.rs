//! What tests of the administration share: an administrator at a browser, people and groups of a directory, and crowds.

use muster::clock::Timestamp;
use muster::db::{self, Value};
use muster::groups::Group;
use muster::id::{GroupId, UserId};
use muster::users::{self, User};

use crate::support::app::TestApp;
use crate::support::http::{Answer, Browser};

/// A new administrator, signed in with a passkey.
pub(crate) async fn administrator(app: &TestApp, username: &str) -> (User, Browser) {
    let (user, browser) = (app.admin(username).await, app.browser());
    app.enrol(&browser, &app.passkeys(), &user).await;
    (user, browser)
}

/// Somebody the directory `default` lists; an administrator by its admin group, if so said.
pub(crate) async fn directory_person(app: &TestApp, username: &str, is_admin: bool) -> User {
    let user = app.person(username).await;
    let changed = app
        .execute(
            "UPDATE users SET directory = 'default', entry_id = $2, entry_dn = $3, directory_state = 'active', directory_admin = $4 WHERE id = $1",
            vec![user.id.into(), format!("entry-{username}").into(), format!("uid={username},ou=people,dc=example,dc=org").into(), is_admin.into()],
        )
        .await;
    assert_eq!(changed, 1);
    find(app, user.id).await
}

/// A group with these people; of the directory `default`, or local.
pub(crate) async fn group(app: &TestApp, name: &str, is_local: bool, members: &[UserId]) -> GroupId {
    let (id, now) = (GroupId::new(), app.clock.now());
    let directory = |text: String| if is_local { None } else { Some(text) };
    app.execute(
        "INSERT INTO groups (id, name, name_key, display_name, directory, entry_id, entry_dn, created_at, updated_at) VALUES ($1, $2, $3, $2, $4, $5, $6, $7, $7)",
        vec![
            id.into(),
            name.into(),
            users::model::key(name).into(),
            directory("default".into()).into(),
            directory(format!("entry-{name}")).into(),
            directory(format!("cn={name},ou=groups,dc=example,dc=org")).into(),
            now.into(),
        ],
    )
    .await;
    for member in members {
        app.execute("INSERT INTO group_members (group_id, user_id) VALUES ($1, $2)", vec![id.into(), (*member).into()]).await;
    }
    id
}

/// Somebody as the database has them now.
///
/// Panics when they are gone.
pub(crate) async fn find(app: &TestApp, id: UserId) -> User {
    users::find(&mut app.app().db.read().await.expect("a connection"), id).await.expect("an answer").expect("the person is there")
}

/// A group as the database has it now.
pub(crate) async fn find_group(app: &TestApp, id: GroupId) -> Option<Group> {
    muster::groups::find(&mut app.app().db.read().await.expect("a connection"), id).await.expect("an answer")
}

/// So many people of the directory, `p000000` and on, with names that do not sort like their usernames. Gives their ids.
pub(crate) async fn crowd(app: &TestApp, count: usize) -> Vec<UserId> {
    const GIVEN: [&str; 8] = ["Zoe", "Ada", "Mia", "Élodie", "Ben", "tom", "Ivy", "Otto"];
    const FAMILY: [&str; 7] = ["Weber", "Lovelace", "Hopper", "Babbage", "Ritchie", "Nakamura", "Østergaard"];
    let ids: Vec<UserId> = (0..count).map(|_| UserId::new()).collect();
    let rows: Vec<[Value; 20]> = ids
        .iter()
        .enumerate()
        .map(|(n, id)| {
            let (first, last) = (GIVEN[n % 8], FAMILY[n % 7]);
            let (username, email, name) = (format!("p{n:06}"), format!("p{n:06}@example.org"), format!("{first} {last} {n}"));
            let search = users::model::search_text(&username, Some(&email), &name, first, last);
            let millis = i64::try_from(n).expect("small") * 1_000;
            let last_sign_in = (n % 3 == 0).then(|| Timestamp::from_millis(1_700_000_000_000 + (millis * 7_919) % 10_000_000));
            [
                (*id).into(),
                muster::id::new_user_handle().into(),
                (&username).into(),
                (&username).into(),
                (&email).into(),
                (&email).into(),
                true.into(),
                first.into(),
                last.into(),
                name.into(),
                search.into(),
                false.into(),
                (n % 1_000 == 0).into(),
                "default".into(),
                format!("entry-{n}").into(),
                format!("uid={username},ou=people,dc=example,dc=org").into(),
                if n % 50 == 7 { "missing" } else { "active" }.into(),
                0_i64.into(),
                Timestamp::from_millis(1_600_000_000_000 + millis).into(),
                last_sign_in.into(),
            ]
        })
        .collect();
    // The column updated_at takes the same value as created_at, so it is filled afterwards.
    let mut tx = app.app().db.begin().await.expect("a transaction");
    for chunk in rows.chunks(5_000) {
        let chunk: Vec<[Value; 21]> = chunk
            .iter()
            .map(|row| {
                let mut values = row.to_vec();
                values.push(row[18].clone());
                values.try_into().expect("one more than 20")
            })
            .collect();
        db::insert_rows(
            &mut tx,
            "INSERT INTO users (id, user_handle, username, username_key, email, email_key, email_verified, first_name, last_name, display_name, search_text,
                                local_admin, directory_admin, directory, entry_id, entry_dn, directory_state, access_void_until, created_at, last_sign_in_at,
                                updated_at) VALUES",
            chunk,
            "",
        )
        .await
        .expect("a crowd");
    }
    tx.commit().await.expect("committed");
    ids
}

/// Where a redirect leads, as path and query.
pub(crate) fn led_to(answer: &Answer) -> String {
    let Some(to) = answer.location() else { panic!("no redirect but {} from {}:\n{}", answer.status, answer.url, answer.body) };
    to.query().map_or_else(|| to.path().to_owned(), |query| format!("{}?{query}", to.path()))
}

/// Posts a form that stands on no page, as someone would who writes their own.
pub(crate) async fn forge(app: &TestApp, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let request = browser.request(reqwest::Method::POST, path).header("origin", &app.url).header("sec-fetch-site", "same-origin");
    crate::support::http::answer(request.form(fields)).await
}
