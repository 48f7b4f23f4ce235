//! Nobody learns who exists, by words, by shape or by time, wherever a stranger may type a name, an address or an app's id. Directory passwords have tests of
//! their own (`directory_passwords`).
//!
//! Time is compared by ranks of samples taken in turns, so that a busy machine meets both sides; what counts as a difference has to be seen twice, the second
//! time in three times as many samples, and be as large as what a stretched password or a statement that writes would make it.

use std::time::{Duration, Instant};

use muster::clients::{self, Authority, Registration};
use muster::id::ClientId;
use reqwest::{Method, RequestBuilder};

use crate::pages_support::crowd;
use crate::support::app::{Engine, TestApp};
use crate::support::http::{Answer, answer};
use crate::support::mailbox::Mailbox;
use crate::support::wait_until;

/// Pairs of samples of the first look.
const PAIRS: u32 = 40;
/// Medians that lie nearer to each other than this tell nobody anything over a network.
const NEAR: Duration = Duration::from_micros(250);
/// How many standard deviations ranks may be apart: by chance once in a quarter of a million looks.
const APART_MAX: f64 = 4.5;

/// Mann and Whitney's test: how far two samples are from coming from one source, in standard deviations.
pub(crate) fn rank_difference(one: &[Duration], other: &[Duration]) -> f64 {
    let mut all: Vec<(Duration, bool)> = one.iter().map(|took| (*took, true)).chain(other.iter().map(|took| (*took, false))).collect();
    all.sort_unstable();
    let ranks: f64 = all.iter().zip(1_u32..).filter(|((_, is_one), _)| *is_one).map(|(_, rank)| f64::from(rank)).sum();
    let count = |sample: &[Duration]| f64::from(u32::try_from(sample.len()).expect("a few"));
    let (n, m) = (count(one), count(other));
    (ranks - n * (n + m + 1.0) / 2.0).abs() / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

fn median(sample: &[Duration]) -> Duration {
    let mut sorted = sample.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

/// What the times of known and unknown names tell; `None` when nothing.
fn told_by_time(known: &[Duration], unknown: &[Duration]) -> Option<String> {
    let (apart, of_known, of_unknown) = (rank_difference(known, unknown), median(known), median(unknown));
    let words = format!("known {of_known:?}, unknown {of_unknown:?}, {apart:.1} standard deviations apart, {} samples each", known.len());
    eprintln!("{words}");
    (apart > APART_MAX && of_known.abs_diff(of_unknown) > NEAR).then_some(words)
}

/// What an answer looks like: status, heads and body, without what is new in every answer and without the name that was typed.
fn shape(answer: &Answer, typed: &str) -> (u16, Vec<String>, String) {
    let changes = ["date", "x-request-id", "set-cookie", "location"];
    let mut heads: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, value)| if changes.contains(&name.as_str()) { format!("{name}, {} bytes", value.len()) } else { format!("{name}: {value:?}") })
        .collect();
    heads.sort_unstable();
    (answer.status.as_u16(), heads, answer.body.replace(typed, ""))
}

/// Asks about known and unknown names in turns. `ask` gives the request and the name in it for a number and for whether it is to be known; `settle` waits
/// until the server has nothing left to do. Gives what time tells.
async fn compared(ask: impl AsyncFn(u32, bool) -> (RequestBuilder, String), settle: impl AsyncFn()) -> Option<String> {
    let (mut number, mut first_shape) = (1, None);
    let mut told = None;
    for pairs in [PAIRS, 3 * PAIRS] {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for _ in 0..pairs {
            number += 1;
            for is_known in [number % 2 == 0, number % 2 == 1] {
                let (request, typed) = ask(number, is_known).await;
                settle().await;
                let began = Instant::now();
                let answer = answer(request).await;
                let took = began.elapsed();
                if is_known {
                    known.push(took);
                } else {
                    unknown.push(took);
                }
                let shape = shape(&answer, &typed);
                let first = first_shape.get_or_insert_with(|| shape.clone());
                assert_eq!(shape, *first, "{typed} is {}known", if is_known { "" } else { "un" });
            }
        }
        told = told_by_time(&known, &unknown);
        if told.is_none() {
            break;
        }
    }
    told
}

/// Another visitor each time, so that no limit is in the way.
fn from_elsewhere(request: RequestBuilder, app: &TestApp, number: u32, is_known: bool) -> RequestBuilder {
    let ip = format!("10.{}.{}.{}", 1 + u32::from(is_known), number / 250, 1 + number % 250);
    request.header("origin", &app.url).header("sec-fetch-site", "same-origin").header("x-forwarded-for", ip)
}

/// A name of the crowd, or one as long that nobody has.
fn name(number: u32, is_known: bool) -> String {
    // Of each fifty one is missing in the directory.
    let number = if number % 50 == 7 { number + 1_000 } else { number };
    format!("{}{:06}", if is_known { 'p' } else { 'q' }, number)
}

/// A server with people, where strangers may ask for everything that can be asked for.
async fn house() -> (TestApp, Mailbox) {
    let mailbox = Mailbox::start().await;
    let environment = mailbox.environment();
    let mut variables: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.extend([("ALLOW_USER_SIGNUPS", "open"), ("EMAIL_ONE_TIME_ACCESS_AS_UNAUTHENTICATED_ENABLED", "true")]);
    let app = TestApp::start_with(Engine::Sqlite, &variables).await;
    crowd(&app, 1_200).await;
    (app, mailbox)
}

#[tokio::test]
async fn asking_for_a_link_or_an_account_takes_as_long_for_everyone() {
    let (app, _mailbox) = house().await;
    for (path, field, suffix, queue) in [
        ("/sign-in/email", "name", "", "SELECT (SELECT COUNT(*) FROM link_requests) + (SELECT COUNT(*) FROM mails)"),
        ("/sign-up", "email", "@example.org", "SELECT (SELECT COUNT(*) FROM sign_up_wishes) + (SELECT COUNT(*) FROM mails)"),
    ] {
        eprintln!("{path}");
        let told = compared(
            async |number, is_known| {
                let typed = format!("{}{suffix}", name(number, is_known));
                let request = from_elsewhere(app.browser().request(Method::POST, path), &app, number, is_known);
                (request.form(&[(field, &typed)]), typed)
            },
            async || wait_until("the queues to be empty", async || app.count(queue, vec![]).await == 0).await,
        )
        .await;
        assert_eq!(told, None, "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn an_app_that_does_not_exist_is_refused_as_fast_as_one_with_a_wrong_secret() {
    let app = TestApp::start(Engine::Sqlite).await;
    let registration = Registration { name: "Wiki".into(), redirect_uris: vec!["https://wiki.example.org/cb".into()], ..Registration::default() };
    let now = app.clock.now();
    let client = clients::register(app.app(), Authority::CommandLine, ClientId::new(), registration, &[], now).await.expect("a client").client;
    let elsewhere = ClientId::new().to_string();
    assert_eq!(client.client_id.len(), elsewhere.len());
    let plain = reqwest::Client::builder().no_proxy().build().expect("a client");
    for path in ["/api/oidc/token", "/api/oidc/introspect"] {
        eprintln!("{path}");
        let told = compared(
            async |number, is_known| {
                let id = if is_known { &client.client_id } else { &elsewhere };
                let secret = "a-wrong-secret-of-the-usual-length-0123456789";
                let form =
                    [("grant_type", "authorization_code"), ("code", "x"), ("token", "x"), ("client_id", id.as_str()), ("client_secret", secret)];
                (from_elsewhere(plain.post(format!("{}{path}", app.url)), &app, number, is_known).form(&form), id.clone())
            },
            async || (),
        )
        .await;
        assert_eq!(told, None, "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_hint_who_wants_to_sign_in_changes_nothing_for_a_stranger() {
    let app = TestApp::start(Engine::Sqlite).await;
    crowd(&app, 1_200).await;
    let registration = Registration { name: "Wiki".into(), redirect_uris: vec!["https://wiki.example.org/cb".into()], ..Registration::default() };
    let now = app.clock.now();
    let client = clients::register(app.app(), Authority::CommandLine, ClientId::new(), registration, &[], now).await.expect("a client").client;
    let told = compared(
        async |number, is_known| {
            let typed = name(number, is_known);
            let asked = [
                ("client_id", client.client_id.as_str()),
                ("redirect_uri", "https://wiki.example.org/cb"),
                ("response_type", "code"),
                ("scope", "openid"),
                ("login_hint", &typed),
            ];
            let path = format!("/authorize?{}", serde_urlencoded::to_string(asked).expect("a query"));
            (from_elsewhere(app.browser().request(Method::GET, &path), &app, number, is_known), typed)
        },
        async || (),
    )
    .await;
    assert_eq!(told, None);
    app.stop().await;
}

#[tokio::test]
async fn a_recovery_code_is_refused_as_fast_for_nobody_as_for_somebody() {
    let (app, _mailbox) = house().await;
    // Each answer takes half a second on purpose: all at once.
    let asked = (1..=24_u32).flat_map(|number| [(number, number % 2 == 0), (number, number % 2 == 1)]);
    let answers = futures::future::join_all(asked.map(async |(number, is_known)| {
        let typed = name(number, is_known);
        let request = from_elsewhere(app.browser().request(Method::POST, "/sign-in/recovery"), &app, number, is_known);
        let began = Instant::now();
        let answer = answer(request.form(&[("username", typed.as_str()), ("code", "K7QF-3MXD-9WTP")])).await;
        (is_known, began.elapsed(), shape(&answer, &typed))
    }))
    .await;
    assert!(answers.iter().all(|(_, _, shape)| *shape == answers[0].2 && shape.0 == 422), "the answers differ");
    let of = |which: bool| answers.iter().filter(|(is_known, ..)| *is_known == which).map(|(_, took, _)| *took).collect::<Vec<_>>();
    assert_eq!(told_by_time(&of(true), &of(false)), None);
    app.stop().await;
}

/// That the comparison sees what it is for: one more statement that writes, or a stretched password, on one side only.
#[tokio::test]
async fn a_write_or_a_stretched_password_on_one_side_would_be_seen() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.person("ada").await;
    for what in ["a write", "a stretched password"] {
        eprintln!("{what}");
        let told = compared_work(async |is_known| {
            let request = from_elsewhere(app.browser().request(Method::GET, "/sign-in/recovery"), &app, 1, is_known);
            let began = Instant::now();
            answer(request).await;
            if is_known && what == "a write" {
                app.execute("UPDATE users SET updated_at = updated_at + 1 WHERE id = $1", vec![ada.id.into()]).await;
            } else if is_known {
                let mut key = [0_u8; 32];
                argon2::Argon2::default().hash_password_into(b"password", b"a salt of 16 by.", &mut key).expect("a hash");
            }
            began.elapsed()
        })
        .await;
        assert!(told.is_some(), "{what} was not seen");
    }
    app.stop().await;
}

/// As [`compared`] does, for work that is no single request; a machine that is very busy gets more looks.
async fn compared_work(work: impl AsyncFn(bool) -> Duration) -> Option<String> {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..9 * PAIRS {
        for is_known in [number % 2 == 0, number % 2 == 1] {
            let took = work(is_known).await;
            if is_known { known.push(took) } else { unknown.push(took) }
        }
        if (number + 1) % PAIRS == 0
            && let Some(told) = told_by_time(&known, &unknown)
        {
            return Some(told);
        }
    }
    None
}
