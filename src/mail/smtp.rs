//! Handing mails to the mail server (RFC 5321, RFC 6409). lettre lives here alone.

use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::model::{Failure, Mail, SmtpTls};
use crate::config::Origin;
use crate::id::MailId;
use crate::settings::Settings;

/// How long one command may take, the connection included.
const COMMAND_WITHIN: Duration = Duration::from_secs(10);
/// How long a mail may take in all.
pub(super) const MAIL_WITHIN: Duration = Duration::from_secs(30);
/// How much of an answer of the mail server is repeated, in characters.
const ANSWER_CHARS_MAX: usize = 300;

/// A mail server and who the mails come from.
pub(super) struct Sender {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    host: String,
}

impl Sender {
    /// Prepares what the settings say; connects only when something is sent.
    ///
    /// # Errors
    /// [`Failure`] when the settings cannot be meant.
    pub(super) fn new(settings: &Settings, origin: &Origin) -> Result<Self, Failure> {
        let host = settings.smtp_host.clone();
        if !super::is_configured(settings) {
            return Err(Failure::for_now(
                "There is no mail server in the settings yet: enter its name (SMTP_HOST) and the sender's address (SMTP_FROM).",
            ));
        }
        let from: Mailbox =
            settings.smtp_from.as_str().parse().map_err(|_| Failure::for_now("The sender's address (SMTP_FROM) is not an e-mail address."))?;
        let from = if from.name.is_none() { Mailbox::new(Some(settings.app_name.clone()), from.email) } else { from };
        let parameters = || {
            let builder = TlsParameters::builder(host.clone()).dangerous_accept_invalid_certs(settings.smtp_skip_cert_verify);
            builder.build().map_err(|error| Failure::for_now(format!("TLS cannot be used with this server: {}", words(&error))))
        };
        let (tls, usual_port) = match settings.smtp_tls {
            SmtpTls::None => (Tls::None, 25),
            SmtpTls::StartTls => (Tls::Required(parameters()?), 587),
            SmtpTls::Tls => (Tls::Wrapper(parameters()?), 465),
        };
        let port = if settings.smtp_port.0 == 0 { usual_port } else { u16::try_from(settings.smtp_port.0).unwrap_or(usual_port) };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.as_str());
        let builder = builder.port(port).tls(tls).timeout(Some(COMMAND_WITHIN)).hello_name(ClientId::Domain(origin.host().to_owned()));
        let builder = builder.pool_config(PoolConfig::new().max_size(1));
        let builder = if settings.smtp_user.is_empty() {
            builder
        } else {
            builder.credentials(Credentials::new(settings.smtp_user.clone(), settings.smtp_password.reveal().to_owned()))
        };
        Ok(Self { transport: builder.build(), from, host: origin.host().to_owned() })
    }

    /// Hands one mail over.
    ///
    /// # Errors
    /// [`Failure`]: for good when the server refuses the mail or the address with a 5xx answer (RFC 5321 section 4.2.1), for now otherwise.
    pub(super) async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        let message = self.message(mail)?;
        match tokio::time::timeout(MAIL_WITHIN, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(judge(&error)),
            Err(_) => Err(Failure::for_now("The mail server did not take the mail in time.")),
        }
    }

    fn message(&self, mail: &Mail) -> Result<Message, Failure> {
        let to: Mailbox = mail.to.parse().map_err(|_| Failure::for_good(format!("“{}” is not an e-mail address.", mail.to)))?;
        Message::builder()
            .message_id(Some(format!("<{}@{}>", MailId::new(), self.host)))
            .from(self.from.clone())
            .to(to)
            .subject(mail.subject.as_str())
            .header(ContentType::TEXT_PLAIN)
            // No answer by a machine, please (RFC 3834, section 5).
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            .body(mail.text.clone())
            .map_err(|error| Failure::for_good(format!("The mail cannot be written: {error}.")))
    }
}

/// What an administrator can do about an error.
fn judge(error: &Error) -> Failure {
    let said = words(error);
    if error.is_permanent() {
        // A wrong password is no property of the mail: it may be right the next time.
        let code = error.status().map(|code| code.to_string()).unwrap_or_default();
        let why = format!("The mail server refused: {said}");
        return if matches!(code.as_str(), "530" | "534" | "535" | "538") { Failure::for_now(why) } else { Failure::for_good(why) };
    }
    Failure::for_now(if error.is_timeout() {
        "The mail server did not answer in time: is its name right, and can this machine reach it?".to_owned()
    } else if error.is_tls() {
        format!("The connection could not be encrypted, or the server's certificate is not trusted: {said}")
    } else if error.is_transient() {
        format!("The mail server cannot take it now: {said}")
    } else {
        format!("The mail server could not be reached or not be understood: {said}")
    })
}

/// An error with its causes, shortened, on one line.
fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(ANSWER_CHARS_MAX).collect()
}
