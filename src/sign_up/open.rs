//! Open sign-up: somebody gives an e-mail address, and a link goes there; whose address it is already gets a mail that says so. Asking writes a wish and
//! nothing else, so neither words nor time tell who has an account here (OWASP ASVS 5.0, 6.3.8).

use std::time::Duration;

use askama::Template;

use super::store;
use crate::app::App;
use crate::audit::{self, Actor, Event, Kind};
use crate::db::Signal;
use crate::id::SignUpWishId;
use crate::language::{Language, current, speaking, t};
use crate::mail::{self, Mail};
use crate::queue::work_off;
use crate::settings::{Settings, SignUpMode};
use crate::users::model::key;
use crate::users::{self, User};
use crate::web::{Client, user_agent};

/// Raised when somebody asked. One for the whole process, because it says no more than that.
static ASKED: Signal = std::sync::LazyLock::new(|| tokio::sync::watch::Sender::new(0));

/// How long a link works that somebody asked for.
pub(super) const LIFETIME: Duration = Duration::from_secs(3600);
/// How many mails one address gets in that time.
const MAILS_MAX: i64 = 3;

/// Whether everyone may sign up: it is wanted, and mail can be sent.
pub(super) fn is_offered(settings: &Settings) -> bool {
    settings.sign_up == SignUpMode::Open && mail::is_configured(settings)
}

#[derive(Template)]
#[template(path = "mail/sign_up.txt")]
struct Text<'a> {
    app_name: &'a str,
    /// Where the account is made; empty when there is one.
    url: &'a str,
    sign_in: &'a str,
    browser: String,
    client_ip: &'a str,
}

/// Writes down that somebody wants an account. The address was checked.
pub(super) async fn ask(app: &App, client: &Client, email: &str) -> sqlx::Result<()> {
    let wish = store::Wish {
        email: email.to_owned(),
        client_ip: client.ip_text(),
        user_agent: client.user_agent.clone(),
        language: current().tag().to_owned(),
        created_at: app.clock.now(),
    };
    let mut tx = app.db.begin().await?;
    store::insert_wish(&mut tx, SignUpWishId::new(), &wish).await?;
    tx.announce(&ASKED);
    tx.commit().await
}

/// Answers wishes until the server stops. For the jobs.
pub async fn keep_answering(app: App) {
    work_off(app, &ASKED, "wishes for accounts cannot be answered", |app| async move { answer_one(&app).await }).await;
}

/// Answers the oldest wish: the wish goes, and link and mail come, in one transaction. `false` when there is none.
async fn answer_one(app: &App) -> anyhow::Result<bool> {
    if !store::any_wish(&mut app.db.read().await?).await? {
        return Ok(false);
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let Some(wish) = store::take_wish(&mut tx).await? else { return Ok(false) };
    let settings = app.settings();
    // Written as compared, so that an address cannot be filled under many spellings.
    let email = key(&wish.email);
    let sent = store::count_sent(&mut tx, &email, now - LIFETIME).await?;
    if is_offered(&settings) && now.since(wish.created_at) < LIFETIME && sent < MAILS_MAX {
        let known = users::find_by_name(&mut tx, &email).await?;
        // The link counts the mail; where there is an account, nobody is told its address.
        let link = super::make_for(&mut tx, app, &email, LIFETIME, now).await?;
        let language = known.as_ref().and_then(User::reads).or(Language::from_tag(&wish.language)).unwrap_or(settings.default_language);
        let mail = speaking(language, || -> askama::Result<Mail> {
            let text = Text {
                app_name: &settings.app_name,
                url: if known.is_some() { "" } else { &link },
                sign_in: &app.config.origin.url("/sign-in"),
                browser: user_agent::in_words(&wish.user_agent),
                client_ip: &wish.client_ip,
            };
            let subject = t("mail-sign-up-subject").with("app", &settings.app_name).into();
            Ok(Mail { to: wish.email.clone(), about: None, subject, text: text.render()?, useful_for: LIFETIME })
        })?;
        mail::queue(&mut tx, &app.sealer, &mail, now).await?;
        let client = Client { ip: wish.client_ip.parse().ok(), user_agent: wish.user_agent.clone(), ..Client::default() };
        audit::record(&mut tx, Event::new(now, Kind::SignUpAsked, Actor::visitor()).from_client(&client).with("email", email)).await?;
    }
    tx.commit().await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_up_is_offered_to_everyone_only_when_it_is_open_and_mail_can_be_sent() {
        let mut settings = Settings { sign_up: SignUpMode::Open, ..Settings::default() };
        assert!(!is_offered(&settings));
        settings.smtp_host = "mail.example.org".to_owned();
        settings.set("smtp_from", "id@example.org").unwrap();
        assert!(is_offered(&settings));
        settings.sign_up = SignUpMode::Link;
        assert!(!is_offered(&settings));
    }
}
