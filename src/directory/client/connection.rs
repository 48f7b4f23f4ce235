//! One connection to one server, step by step: resolve, connect, agree on TLS, bind. Searches over it are in [`search`](super::search). Everything has a
//! time-out, and the driver of the connection ends with it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ldap3::controls::RawControl;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, StdStream};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::task::AbortOnDropHandle;

use super::super::config::{Bind, DirectoryConfig, Limits, ServerAddress};
use super::ber::{Frame, Message, frame, kind};
use super::certificate::CertificateFacts;
use super::explain::Doing;
use super::wire::Wire;
use super::{FetchError, Phase, SoFar, explain, tls};

/// The request for StartTLS: message 1, an extended request with the name 1.3.6.1.4.1.1466.20037.
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
/// The longest answer to it, in bytes.
const START_TLS_ANSWER_MAX: usize = 4_096;
/// How long saying goodbye may take.
const GOODBYE_WITHIN: Duration = Duration::from_secs(1);

/// An open socket to a server.
pub(super) enum Socket {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
}

/// The addresses a server's name leads to; none for a socket on this machine.
pub(super) async fn resolve(server: &ServerAddress, within: Duration) -> Result<Vec<SocketAddr>, FetchError> {
    let failed = |message| FetchError { phase: Phase::Resolve, message };
    let ServerAddress::Tcp { host, port, .. } = server else { return Ok(vec![]) };
    match timeout(within, tokio::net::lookup_host((host.as_str(), *port))).await {
        Ok(Ok(addresses)) => {
            let addresses: Vec<SocketAddr> = addresses.collect();
            if addresses.is_empty() { Err(failed(explain::resolve_error(server, None))) } else { Ok(addresses) }
        }
        Ok(Err(error)) => Err(failed(explain::resolve_error(server, Some(&error)))),
        Err(_) => Err(failed(explain::resolve_error(server, Some(&io::ErrorKind::TimedOut.into())))),
    }
}

/// A socket to the first of the server's addresses that takes one.
pub(super) async fn connect(server: &ServerAddress, addresses: &[SocketAddr], within: Duration) -> Result<Socket, FetchError> {
    let failed = |error: &io::Error| FetchError { phase: Phase::Connect, message: explain::connect_error(server, error) };
    let timed_out = || failed(&io::ErrorKind::TimedOut.into());
    if let ServerAddress::Unix { path } = server {
        let connected = timeout(within, UnixStream::connect(path)).await.map_err(|_| timed_out())?;
        return connected.map(Socket::Unix).map_err(|error| failed(&error));
    }
    // Each address gets its share, so that a silent one does not use up the time of the next.
    let share = within / u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
    let mut last = timed_out();
    for &address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Each request waits for its answer; holding back its last bytes would only cost time.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "the socket to the directory keeps its delay");
                }
                return Ok(Socket::Tcp(stream, address));
            }
            Ok(Err(error)) => last = failed(&error),
            Err(_) => last = timed_out(),
        }
    }
    Err(last)
}

/// A connection that can be searched.
pub(super) struct Connection {
    ldap: Ldap,
    wire: Wire,
    server: ServerAddress,
    limits: Limits,
    so_far: Option<Arc<SoFar>>,
    is_encrypted: bool,
    certificate: Option<CertificateFacts>,
    // Ends with the connection; a panic inside (ldap3 has some for malformed answers) shows as a closed connection. Gives why the connection ended.
    driver: Option<AbortOnDropHandle<Option<LdapError>>>,
}

impl Connection {
    /// Starts the protocol on a socket, agreeing on TLS first where it is configured: nothing else is said before, and nothing at all to a server that
    /// refuses.
    pub(super) async fn start(config: &DirectoryConfig, server: &ServerAddress, socket: Socket) -> Result<Self, FetchError> {
        let failed = |message| FetchError { phase: Phase::Tls, message };
        let within = config.connection.limits.connect_within;
        let mut security = None;
        let started = match (server, socket) {
            (ServerAddress::Tcp { tls, host, .. }, Socket::Tcp(stream, _)) if *tls || config.connection.start_tls => {
                let name = config.connection.server_name.as_deref().unwrap_or(host);
                let (name, connection) = (name.to_owned(), config.connection.clone());
                // Reads the system's certificates from files.
                let made = tokio::task::spawn_blocking(move || tls::Security::new(&name, &connection)).await;
                let made = security.insert(made.map_err(|_| failed("TLS could not be set up.".to_owned()))?.map_err(failed)?);
                match timeout(within, secure(stream, made, !tls)).await {
                    Ok(secured) => secured.and_then(|stream| Ok(Wire::over(stream)?)),
                    Err(_) => return Err(failed(format!("{server} did not agree on TLS in time. Does it speak TLS on this port?"))),
                }
            }
            (_, Socket::Tcp(stream, _)) => Wire::over(stream).map_err(LdapError::from),
            (_, Socket::Unix(stream)) => Wire::over(stream).map_err(LdapError::from),
        };
        let certificate = security.as_ref().and_then(tls::Security::certificate);
        let explained = |error: &LdapError| failed(explain::tls_error(server, security.as_ref(), certificate.as_ref(), error));
        let (wire, socket) = started.map_err(|error| explained(&error))?;
        // ldap3 is told that this is a socket on this machine, as it is.
        let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(socket));
        let (driver, ldap) = LdapConnAsync::with_settings(settings, "ldapi:///").await.map_err(|error| explained(&error))?;
        let driver = AbortOnDropHandle::new(tokio::spawn(async move {
            let ended = driver.drive().await.err();
            if let Some(error) = &ended {
                tracing::debug!(%error, "the directory connection ended");
            }
            ended
        }));
        let (server, limits) = (server.clone(), config.connection.limits);
        Ok(Self { ldap, wire, server, limits, so_far: None, is_encrypted: security.is_some(), certificate, driver: Some(driver) })
    }

    /// Says who asks. Without a bind every server takes the asker for anyone (RFC 4511 section 4.2).
    pub(super) async fn bind(&mut self, bind: &Bind) -> Result<(), BindError> {
        let refused = |message| BindError { error: FetchError { phase: Phase::Bind, message }, is_final: true };
        let result = match bind {
            Bind::Anonymous => return Ok(()),
            Bind::Simple { password, .. } if password.is_empty() => {
                return Err(refused("The bind DN needs a password: many servers take an empty one for anybody's.".to_owned()));
            }
            Bind::Simple { name, password } => self.simple_bind(name, password.reveal(), vec![]).await,
            Bind::External => {
                if !self.is_encrypted && !self.server.is_local_socket() {
                    return Err(refused(format!(
                        "SASL EXTERNAL proves who asks by a client certificate or by a socket on this machine, and {} has neither. Use ldaps:// or StartTLS \
                         with a client certificate, or ldapi://.",
                        self.server
                    )));
                }
                self.ldap().sasl_external_bind().await
            }
        };
        match result {
            Ok(result) if result.rc == 0 => Ok(()),
            // Busy and unavailable say nothing about who asks; another server may know.
            Ok(result) => Err(BindError { is_final: !matches!(result.rc, 51 | 52), ..refused(self.sentence(&Doing::Bind(bind), &result)) }),
            Err(error) => Err(BindError { error: self.failure(Phase::Bind, &error).await, is_final: false }),
        }
    }

    /// A bind by name and password, whatever the server answers.
    pub(super) async fn simple_bind(&mut self, name: &str, password: &str, controls: Vec<RawControl>) -> Result<LdapResult, LdapError> {
        let ldap = self.ldap();
        if !controls.is_empty() {
            ldap.with_controls(controls);
        }
        ldap.simple_bind(name, password).await
    }

    /// Says goodbye (RFC 4511 section 4.3). Dropping a connection ends it too, without the word.
    pub(super) async fn close(mut self) {
        let goodbye = async {
            let _gone = self.ldap.unbind().await;
            self.wire.ended().await
        };
        let _late = timeout(GOODBYE_WITHIN, goodbye).await;
    }

    /// For one request, which must be answered in time.
    pub(super) fn ldap(&mut self) -> &mut Ldap {
        self.ldap.with_timeout(self.limits.answer_within)
    }

    /// For searches of our own.
    pub(super) const fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }

    /// For a search that does not end.
    pub(super) fn handle(&self) -> Ldap {
        self.ldap.clone()
    }

    /// Counts what is read from now on in `so_far`.
    pub(super) fn note_in(&mut self, so_far: Arc<SoFar>) {
        self.so_far = Some(so_far);
    }

    /// Counts entries that were read.
    pub(super) fn note(&self, phase: Phase, entries: usize) {
        if let Some(so_far) = &self.so_far {
            so_far.note(phase, entries);
        }
    }

    pub(super) const fn server(&self) -> &ServerAddress {
        &self.server
    }

    pub(super) const fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether nobody on the way can read what is said.
    pub(super) const fn is_private(&self) -> bool {
        self.is_encrypted || self.server.is_local_socket()
    }

    pub(super) const fn certificate(&self) -> Option<&CertificateFacts> {
        self.certificate.as_ref()
    }

    /// What a result other than success means.
    pub(super) fn sentence(&self, doing: &Doing<'_>, result: &LdapResult) -> String {
        explain::result_sentence(&self.server, self.is_private(), doing, result)
    }

    /// What an error of ldap3 means. Why a connection ended only those who drive it know.
    pub(super) async fn failure(&mut self, phase: Phase, error: &LdapError) -> FetchError {
        let mut reason = None;
        if explain::is_closed(error) {
            reason = timeout(GOODBYE_WITHIN, self.wire.ended()).await.ok().flatten().map(LdapError::from);
            // What ldap3 could not read came whole.
            if reason.is_none()
                && let Some(driver) = self.driver.take()
            {
                reason = timeout(GOODBYE_WITHIN, driver).await.ok().and_then(Result::ok).flatten();
            }
        }
        FetchError { phase, message: explain::ldap_error(&self.server, self.is_encrypted, phase, reason.as_ref().unwrap_or(error)) }
    }
}

/// Agrees on TLS, asking for it first with StartTLS (RFC 4511 section 4.14) where that is wanted.
async fn secure(mut stream: TcpStream, security: &tls::Security, start_tls: bool) -> Result<TlsStream<TcpStream>, LdapError> {
    if start_tls {
        stream.write_all(START_TLS).await?;
        let mut answer = Vec::with_capacity(256);
        let result = loop {
            // One byte at a time: what follows the answer is not LDAP any more.
            answer.push(stream.read_u8().await?);
            match frame(&answer) {
                Frame::Whole(_) => break Message::read(&answer).filter(|answer| answer.kind == kind::EXTENDED).and_then(|answer| answer.result()),
                Frame::Partial if answer.len() < START_TLS_ANSWER_MAX => {}
                Frame::Partial | Frame::Nonsense => break None,
            }
        };
        let result = result.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no answer to StartTLS"))?;
        if result.rc != 0 {
            return Err(LdapError::LdapResult { result });
        }
    }
    // The certificate is checked by our own verifier, against the name that was configured; this one is only sent along (RFC 6066 section 3).
    let name = ServerName::try_from(security.name.clone()).or_else(|_| ServerName::try_from("directory.invalid"));
    let name = name.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    Ok(TlsConnector::from(Arc::clone(&security.config)).connect(name, stream).await?)
}

/// A bind that did not work.
#[derive(Debug)]
pub(super) struct BindError {
    pub(super) error: FetchError,
    /// The server decided; asking another one with the same password could lock the account.
    pub(super) is_final: bool,
}

impl From<BindError> for FetchError {
    fn from(error: BindError) -> Self {
        error.error
    }
}
