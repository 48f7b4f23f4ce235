//! One connection to one server, step by step: resolve, connect, agree on TLS, bind. Searches over it are in [`search`](super::search). Everything has a
//! time-out, and the driver of the connection ends with it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ldap3::controls::RawControl;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, StdStream};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::super::config::{Bind, DirectoryConfig, Limits, ServerAddress};
use super::certificate::CertificateFacts;
use super::explain::Doing;
use super::{FetchError, Phase, SoFar, explain, tls};

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
        let mut settings = LdapConnSettings::new();
        let (mut url, mut security) = ("ldapi:///".to_owned(), None);
        if let ServerAddress::Tcp { tls, host, .. } = server {
            let start_tls = config.connection.start_tls && !tls;
            let name = config.connection.server_name.as_deref().unwrap_or(host);
            if *tls || start_tls {
                let (name, connection) = (name.to_owned(), config.connection.clone());
                // Reads the system's certificates from files.
                let made = tokio::task::spawn_blocking(move || tls::Security::new(&name, &connection)).await;
                let made = made.map_err(|_| failed("TLS could not be set up.".to_owned()))?.map_err(failed)?;
                settings = settings.set_config(Arc::clone(&made.config)).set_starttls(start_tls);
                security = Some(made);
            }
            // The socket is there and the certificate is checked by our own verifier, so ldap3 needs the name only to send it along (SNI). An IPv6 address
            // it cannot take here.
            let sent = if name.parse::<IpAddr>().is_ok() { "directory.invalid" } else { name };
            url = format!("{}://{sent}", if *tls { "ldaps" } else { "ldap" });
        }
        let stream = match socket {
            Socket::Tcp(stream, _) => stream.into_std().map(StdStream::Tcp),
            Socket::Unix(stream) => stream.into_std().map(StdStream::Unix),
        };
        let settings = settings.set_std_stream(stream.map_err(|error| failed(explain::connect_error(server, &error)))?);
        // In a task of its own, because ldap3 panics on some answers to StartTLS.
        let starting = AbortOnDropHandle::new(tokio::spawn(async move { LdapConnAsync::with_settings(settings, &url).await }));
        let started = timeout(config.connection.limits.connect_within, starting).await;
        let certificate = security.as_ref().and_then(tls::Security::certificate);
        let (driver, ldap) = match started {
            Ok(Ok(Ok(pair))) => pair,
            Ok(Ok(Err(error))) => return Err(failed(explain::tls_error(server, security.as_ref(), certificate.as_ref(), &error))),
            Ok(Err(_)) => return Err(failed(format!("{server} sent an answer that cannot be read."))),
            Err(_) => return Err(failed(format!("{server} did not agree on TLS in time. Does it speak TLS on this port?"))),
        };
        let driver = AbortOnDropHandle::new(tokio::spawn(async move {
            let ended = driver.drive().await.err();
            if let Some(error) = &ended {
                tracing::debug!(%error, "the directory connection ended");
            }
            ended
        }));
        let (server, limits) = (server.clone(), config.connection.limits);
        Ok(Self { ldap, server, limits, so_far: None, is_encrypted: security.is_some(), certificate, driver: Some(driver) })
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
        let _ = timeout(GOODBYE_WITHIN, self.ldap.unbind()).await;
    }

    /// For one request, which must be answered in time.
    pub(super) fn ldap(&mut self) -> &mut Ldap {
        self.ldap.with_timeout(self.limits.answer_within)
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

    /// What an error of ldap3 means. Why a connection ended only its driver knows.
    pub(super) async fn failure(&mut self, phase: Phase, error: &LdapError) -> FetchError {
        let ended = if explain::is_closed(error) { self.driver.take() } else { None };
        let reason = match ended {
            Some(driver) => timeout(GOODBYE_WITHIN, driver).await.ok().and_then(Result::ok).flatten(),
            None => None,
        };
        FetchError { phase, message: explain::ldap_error(&self.server, self.is_encrypted, phase, reason.as_ref().unwrap_or(error)) }
    }
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
