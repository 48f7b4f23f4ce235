//! The pages of recovery: making codes, coming in by one, and looking at what is still open afterwards. All of them work without scripts.

use askama::Template;
use askama_web::WebTemplate;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;

use super::model::{Outlook, Risk};
use crate::app::App;
use crate::audit::{self, Event, Kind};
use crate::clock::Timestamp;
use crate::directory_passwords;
use crate::error::AppError;
use crate::first_steps;
use crate::id::{PasskeyId, SessionId};
use crate::language::{duration, t};
use crate::passkeys::http::{OnTheWay, SignInQuery};
use crate::passkeys::{self, Passkey, Removal};
use crate::recovery_codes::{self, Code, Recovery, Standing};
use crate::sessions::http::{self as account, NoticeQuery, WayIn};
use crate::sessions::{self, FreshSession, MaybeSignedIn, Method, SignedIn};
use crate::users::User;
use crate::web::{Chrome, Client, Mistakes, user_agent};

/// The longest name looked up, in bytes; no username or e-mail address is longer.
const NAME_BYTES_MAX: usize = 320;
/// The longest text looked at as a code, in bytes.
const CODE_BYTES_MAX: usize = 100;
/// Where somebody looks at what is still open.
const REVIEW: &str = "/account/recovery/review";

#[derive(Template, WebTemplate)]
#[template(path = "ways_in/recovery.html")]
struct RecoveryPage {
    chrome: Chrome,
    codes: Standing,
    is_few: bool,
    may_make: bool,
}

#[derive(Template, WebTemplate)]
#[template(path = "ways_in/codes.html")]
struct CodesPage {
    chrome: Chrome,
    user: User,
    address: String,
    codes: Vec<String>,
    made_at: Timestamp,
    has_replaced: bool,
    /// Where the person goes when they have kept them.
    done: &'static str,
}

#[derive(Template, WebTemplate)]
#[template(path = "ways_in/sign_in.html")]
struct SignInPage {
    chrome: Chrome,
    client_name: String,
    notice: String,
    username: String,
    mistakes: Mistakes,
    request: String,
    back: String,
    sign_in_page: String,
}

#[derive(Template, WebTemplate)]
#[template(path = "ways_in/review.html")]
struct ReviewPage {
    chrome: Chrome,
    notice: String,
    passkeys: Vec<Kept>,
    sessions: Vec<Open>,
    codes: Standing,
    is_few: bool,
    /// Where the person was on the way to, and what it is called.
    next: String,
    next_name: String,
    /// The query that keeps it.
    query: String,
}

/// A passkey that is still there.
struct Kept {
    passkey: Passkey,
    is_newest: bool,
}

/// A session that is still open.
struct Open {
    id: SessionId,
    browser: String,
    client_ip: String,
    last_seen_at: Timestamp,
}

/// `GET /account`: [`account::profile_page`], with how near the person is to being locked out, and the way to change the directory password where there is
/// one.
///
/// # Errors
/// When the database cannot be read.
pub async fn profile_page(State(app): State<App>, signed_in: SignedIn, Query(unverified): Query<NoticeQuery>) -> Result<Response, AppError> {
    let changes_password = directory_passwords::offers_change(&app, &signed_in.user).await?;
    let standing = super::standing_of(&mut app.db.read().await?, signed_in.user.id, app.clock.now()).await?;
    let is_on_the_way = first_steps::of_user(&mut app.db.read().await?, signed_in.user.id).await?.is_some();
    let Outlook { risk, heading, sentence } = standing.outlook;
    let way_in = WayIn {
        class: risk.class(),
        heading: heading.into(),
        sentence: sentence.into(),
        wants_passkey: risk != Risk::Low && !standing.advises_second,
        wants_codes: standing.codes < recovery_codes::FEW,
        advises_second: standing.advises_second,
        is_on_the_way,
    };
    account::profile_page(app, signed_in, unverified, changes_password, way_in).await
}

/// `POST /account/advice/put-off`: no advice to add a second passkey for a month.
///
/// # Errors
/// When the database refuses.
pub async fn put_off(State(app): State<App>, signed_in: SignedIn) -> Result<Redirect, AppError> {
    super::put_advice_off(&app, signed_in.user.id, app.clock.now()).await?;
    Ok(Redirect::to("/account?notice=put-off"))
}

/// `GET /account/recovery`.
///
/// # Errors
/// When the database cannot be read.
pub async fn show(State(app): State<App>, signed_in: SignedIn) -> Result<impl IntoResponse, AppError> {
    let codes = recovery_codes::standing(&mut app.db.read().await?, signed_in.user.id).await?;
    let may_make = signed_in.session.method.is_passkey();
    Ok(RecoveryPage { chrome: signed_in.chrome(&app), codes, is_few: codes.unused < recovery_codes::FEW, may_make })
}

/// `POST /account/recovery`: makes a new set and shows it, this once.
///
/// # Errors
/// `ProofFirst` or `PasskeyFirst` without a fresh proof: whoever came by a link must not be able to make themselves a lasting way in. When the database
/// refuses.
pub async fn make(State(app): State<App>, FreshSession(signed_in): FreshSession, client: Client) -> Result<impl IntoResponse, AppError> {
    let now = app.clock.now();
    let has_replaced = recovery_codes::standing(&mut app.db.read().await?, signed_in.user.id).await?.unused > 0;
    let codes = recovery_codes::make(&app, now, &client, &signed_in).await?;
    let is_on_the_way = first_steps::of_user(&mut app.db.read().await?, signed_in.user.id).await?.is_some();
    Ok(CodesPage {
        chrome: signed_in.chrome(&app),
        address: app.config.origin.as_str().to_owned(),
        codes: codes.iter().map(Code::shown).collect(),
        user: signed_in.user,
        made_at: now,
        has_replaced,
        done: if is_on_the_way { "/account/welcome" } else { "/account/recovery" },
    })
}

/// `GET /sign-in/recovery`.
///
/// # Errors
/// None of its own.
pub async fn sign_in_page(State(app): State<App>, MaybeSignedIn(signed_in): MaybeSignedIn, Query(unverified): Query<SignInQuery>) -> Response {
    let on_the_way = OnTheWay::read(&app, &unverified);
    if signed_in.as_ref().is_some_and(|signed_in| on_the_way.is_done_with(signed_in)) {
        return Redirect::to(&on_the_way.next.location()).into_response();
    }
    page(&app, &on_the_way, "", Mistakes::default(), String::new()).into_response()
}

/// What the person types, and where they are on the way to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SignInForm {
    username: String,
    code: String,
    request: Option<String>,
    back: Option<String>,
}

/// `POST /sign-in/recovery`: uses the code up and starts a session that can add a passkey and nothing else.
///
/// # Errors
/// `TooManyRequests`, or when the database refuses. A wrong code is the page again, with status 422, whoever it is.
pub async fn sign_in(State(app): State<App>, session: Session, client: Client, Form(unverified): Form<SignInForm>) -> Result<Response, AppError> {
    app.limits.sign_in.check(&client)?;
    let SignInForm { username, code, request, back } = unverified;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let on_the_way = OnTheWay::read(&app, &SignInQuery::on_the_way(filled(request), filled(back)));
    let again =
        |username: &str, mistakes: Mistakes, notice: String| (StatusCode::UNPROCESSABLE_ENTITY, page(&app, &on_the_way, username, mistakes, notice));
    let mistakes = mistakes(&username, &code);
    if !mistakes.is_empty() {
        let username = if mistakes.of("username").is_empty() { username.as_str() } else { "" };
        return Ok(again(username, mistakes, String::new()).into_response());
    }
    let now = app.clock.now();
    Ok(match recovery_codes::recover(&app, now, &client, &username, &code).await? {
        Recovery::Done(user) => {
            sessions::start(&app, &session, user.id, Method::RecoveryCode, &client, now).await?;
            Redirect::to(&format!("/account/passkeys/add{}", on_the_way.next.sign_in_query())).into_response()
        }
        // One sentence for every refusal.
        Recovery::Refused => again(&username, Mistakes::default(), t("code-refused").into()).into_response(),
        Recovery::TooMany { wait } => {
            let minutes = duration(std::time::Duration::from_secs(wait.as_secs().div_ceil(60).max(1) * 60));
            let (_, page) = again(&username, Mistakes::default(), t("code-too-many").with("time", minutes).into());
            (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, (wait.as_secs() + 1).to_string())], page).into_response()
        }
    })
}

/// What can be said without asking anybody.
fn mistakes(username: &str, code: &str) -> Mistakes {
    let mut mistakes = Mistakes::default();
    if username.trim().is_empty() {
        mistakes.add("username", t("name-missing"));
    } else if username.len() > NAME_BYTES_MAX || username.chars().any(char::is_control) {
        mistakes.add("username", t("username-impossible"));
    }
    if code.trim().is_empty() {
        mistakes.add("code", t("code-missing"));
    } else if code.len() > CODE_BYTES_MAX || Code::read(code).is_none() {
        mistakes.add("code", t("code-impossible"));
    }
    mistakes
}

fn page(app: &App, on_the_way: &OnTheWay, username: &str, mistakes: Mistakes, notice: String) -> SignInPage {
    let sign_in_page = format!("/sign-in{}", on_the_way.next.sign_in_query());
    let (request, back) = on_the_way.next.clone().fields();
    let client_name = on_the_way.pending.as_ref().map(|pending| pending.client_name.clone()).unwrap_or_default();
    SignInPage { chrome: Chrome::public(app), client_name, notice, username: username.to_owned(), mistakes, request, back, sign_in_page }
}

/// Where the review's forms come back to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReviewQuery {
    request: Option<String>,
    back: Option<String>,
    notice: String,
}

impl ReviewQuery {
    fn on_the_way(&self, app: &App) -> OnTheWay {
        OnTheWay::read(app, &SignInQuery::on_the_way(self.request.clone(), self.back.clone()))
    }

    /// Back to the page with a notice, still on the way.
    fn back_with(&self, app: &App, notice: &str) -> Redirect {
        let query = self.on_the_way(app).next.sign_in_query();
        let joined = if query.is_empty() { "?" } else { "&" };
        Redirect::to(&format!("{REVIEW}{query}{joined}notice={notice}"))
    }
}

/// `GET /account/recovery/review`: every other passkey and session, each ended with one press. Where a recovery ends.
///
/// # Errors
/// When the database cannot be read.
pub async fn review(State(app): State<App>, signed_in: SignedIn, Query(unverified): Query<ReviewQuery>) -> Result<impl IntoResponse, AppError> {
    let (passkeys, lines, codes) = {
        let mut conn = app.db.read().await?;
        let passkeys = passkeys::of_user(&mut conn, signed_in.user.id).await?;
        let lines = sessions::of_user(&app, &mut conn, signed_in.user.id, app.clock.now()).await?;
        (passkeys, lines, recovery_codes::standing(&mut conn, signed_in.user.id).await?)
    };
    let newest = passkeys.last().map(|passkey| passkey.id);
    let open = lines.into_iter().filter(|line| line.id != signed_in.session.id).map(|line| Open {
        id: line.id,
        browser: user_agent::in_words(&line.user_agent),
        client_ip: line.client_ip,
        last_seen_at: line.last_seen_at,
    });
    let OnTheWay { pending, next } = unverified.on_the_way(&app);
    Ok(ReviewPage {
        chrome: signed_in.chrome(&app),
        notice: match unverified.notice.as_str() {
            "removed" => t("review-removed").into(),
            "last" => t("review-last").into(),
            "disowned" => t("review-disowned").into(),
            "disowned-last" => t("review-disowned-last").into(),
            "ended" => t("session-ended").into(),
            "others-ended" => t("sessions-others-ended").into(),
            _ => String::new(),
        },
        passkeys: passkeys.into_iter().map(|passkey| Kept { is_newest: Some(passkey.id) == newest, passkey }).collect(),
        sessions: open.collect(),
        codes,
        is_few: codes.unused < recovery_codes::FEW,
        query: next.sign_in_query(),
        next: next.location(),
        next_name: pending.map(|pending| pending.client_name).unwrap_or_default(),
    })
}

/// `POST /account/recovery/review/passkeys/{id}/remove`.
///
/// # Errors
/// `NotFound`; `ProofFirst` or `PasskeyFirst` without a fresh proof; when the database refuses.
pub async fn remove_passkey(
    State(app): State<App>,
    FreshSession(signed_in): FreshSession,
    client: Client,
    Path(id): Path<PasskeyId>,
    Query(unverified): Query<ReviewQuery>,
) -> Result<Redirect, AppError> {
    match passkeys::remove(&app, app.clock.now(), &client, &signed_in, id).await? {
        Removal::Removed => Ok(unverified.back_with(&app, "removed")),
        Removal::IsLast | Removal::IsLastSuitable | Removal::IsLastOfLastAdmin => Ok(unverified.back_with(&app, "last")),
        Removal::NotFound => Err(AppError::NotFound),
    }
}

/// `POST /account/recovery/review/sessions/{id}/end`.
///
/// # Errors
/// When the database refuses. A session that is gone already is no error: that is what was wanted.
pub async fn end_session(
    State(app): State<App>,
    signed_in: SignedIn,
    client: Client,
    Path(id): Path<SessionId>,
    Query(unverified): Query<ReviewQuery>,
) -> Result<Redirect, AppError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if sessions::end(&mut tx, signed_in.user.id, id, now).await?.was_there {
        audit::record(&mut tx, ended(now, &signed_in, &client).with("session", id.to_string())).await?;
    }
    tx.commit().await?;
    Ok(unverified.back_with(&app, "ended"))
}

/// `POST /account/recovery/review/sessions/end-others`.
///
/// # Errors
/// When the database refuses.
pub async fn end_others(
    State(app): State<App>,
    signed_in: SignedIn,
    client: Client,
    Query(unverified): Query<ReviewQuery>,
) -> Result<Redirect, AppError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let count = sessions::end_others(&mut tx, signed_in.user.id, signed_in.session.id, now).await?;
    audit::record(&mut tx, ended(now, &signed_in, &client).with("count", count)).await?;
    tx.commit().await?;
    Ok(unverified.back_with(&app, "others-ended"))
}

fn ended(now: Timestamp, signed_in: &SignedIn, client: &Client) -> Event {
    let event = Event::new(now, Kind::SessionsEnded, signed_in.actor());
    event.on(signed_in.user.id.uuid(), &signed_in.user.username).from_client(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_wrong_is_said_by_field() {
        assert!(mistakes("ada", "k7qf 3mxd 9wtp").is_empty());
        assert!(mistakes(" ", "").of("username").contains("Enter"));
        assert!(mistakes("ada", "").of("code").contains("Enter"));
        assert!(mistakes("ada", "K7QF-3MXD").of("code").contains("twelve"));
        assert!(!mistakes(&"x".repeat(321), "K7QF-3MXD-9WTP").of("username").is_empty());
    }
}
