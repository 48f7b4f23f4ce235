//! Requests this server makes to others over HTTP: keys of clients, notices about sign-outs, metadata documents. All of them go through here.
//!
//! An address an administrator entered may lead anywhere, for apps stand in the same private network. One that a stranger named (a client that registered itself,
//! a `client_id` that is an address) may lead to the public Internet by https only, so that nobody can look around in the network of this server (OWASP: server-side
//! request forgery); the check is made on the addresses the connection then uses, so a name that changes its mind between two look-ups gains nothing. No redirect
//! is followed, no proxy of the environment used, no cookie kept; everything has a time-out and a size.

mod addresses;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

/// How long a connection may take to come about.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Who named the address of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// An administrator of this server, or its environment.
    Administrator,
    /// Anybody else.
    Stranger,
}

/// How much a request may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the look-up of the name to the last byte.
    pub within: Duration,
    /// The longest answer, in bytes.
    pub bytes: usize,
}

impl Limits {
    /// What keys and metadata documents need: five seconds, 256 KiB.
    pub const DOCUMENT: Self = Self { within: Duration::from_secs(5), bytes: 256 * 1024 };
}

/// What the other server said.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type, in lower case, without parameters; empty when it named none.
    pub media_type: String,
    /// How long it may be kept, when it says so (`max-age`); zero for `no-store` and `no-cache`.
    pub keep_for: Option<Duration>,
    /// What it sent.
    pub body: Vec<u8>,
}

/// Why there is no answer; each reads as one sentence for an administrator and holds nothing that was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The address may not be called.
    #[error("{0}")]
    NotAllowed(String),
    /// Nothing, or nothing in time, or not in a way that counts.
    #[error("{0}")]
    Unreachable(String),
    /// More than may be.
    #[error("The answer is longer than {0} bytes.")]
    TooLong(usize),
}

/// Makes the requests. What it needs is set up with the first one.
pub struct Outbound {
    trusted_hosts: Vec<String>,
    to_anywhere: OnceLock<reqwest::Client>,
    to_the_public: OnceLock<reqwest::Client>,
}

impl Outbound {
    /// `trusted_hosts` are names, with `:port` where it is not the usual one, that also strangers may name although they are private or speak plain http.
    pub const fn new(trusted_hosts: Vec<String>) -> Self {
        Self { trusted_hosts, to_anywhere: OnceLock::new(), to_the_public: OnceLock::new() }
    }

    /// `GET`s a document.
    ///
    /// # Errors
    /// [`Unanswered`]; a status that is no success is an answer.
    pub async fn get(&self, address: &str, named_by: NamedBy, limits: Limits) -> Result<Answer, Unanswered> {
        let (client, url) = self.client_for(address, named_by)?;
        answer(client.get(url).header(ACCEPT, "application/json, */*;q=0.1"), limits).await
    }

    /// `POST`s a form.
    ///
    /// # Errors
    /// [`Unanswered`]; a status that is no success is an answer.
    pub async fn post_form(&self, address: &str, fields: &[(&str, &str)], named_by: NamedBy, limits: Limits) -> Result<Answer, Unanswered> {
        let (client, url) = self.client_for(address, named_by)?;
        answer(client.post(url).form(fields), limits).await
    }

    fn client_for(&self, address: &str, named_by: NamedBy) -> Result<(&reqwest::Client, Url), Unanswered> {
        let refused = |why: &str| Unanswered::NotAllowed(format!("{} {why}", shown(address)));
        let url = Url::parse(address).map_err(|_| refused("is not an address."))?;
        if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
            return Err(refused("is not an http or https address."));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("holds a user name or password."));
        }
        if named_by == NamedBy::Administrator || self.is_trusted(&url) {
            return Ok((client(&self.to_anywhere, false)?, url));
        }
        if url.scheme() != "https" {
            return Err(refused("does not begin with https://."));
        }
        let literal = match url.host() {
            Some(Host::Ipv4(v4)) => Some(IpAddr::from(v4)),
            Some(Host::Ipv6(v6)) => Some(IpAddr::from(v6)),
            _ => None,
        };
        // A literal address never passes the resolver below.
        if literal.is_some_and(|address| !addresses::is_public(address)) {
            return Err(refused("is not an address of the public Internet."));
        }
        Ok((client(&self.to_the_public, true)?, url))
    }

    fn is_trusted(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let named = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        self.trusted_hosts.contains(&named)
    }
}

/// An address as a message shows it: without what follows the path, which may be secret, and not endless.
fn shown(address: &str) -> String {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    format!("“{}”", address[..end].chars().filter(|c| !c.is_control()).take(200).collect::<String>())
}

/// The client for a kind of address, made when it is first needed: reading the system's certificates takes time.
fn client(slot: &OnceLock<reqwest::Client>, public_only: bool) -> Result<&reqwest::Client, Unanswered> {
    if let Some(client) = slot.get() {
        return Ok(client);
    }
    let made = make_client(public_only).map_err(|error| Unanswered::Unreachable(format!("Requests to other servers cannot be made: {error}.")))?;
    Ok(slot.get_or_init(|| made))
}

fn make_client(public_only: bool) -> anyhow::Result<reqwest::Client> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_WITHIN)
        .pool_max_idle_per_host(2)
        .pool_idle_timeout(Duration::from_secs(30))
        .user_agent(concat!("Muster/", env!("CARGO_PKG_VERSION")));
    let builder = if public_only { builder.dns_resolver(Arc::new(PublicOnly)) } else { builder };
    Ok(builder.build()?)
}

/// Finds the addresses of a name and keeps the public ones; the connection uses what it gives.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // A name that is not there and one that is there privately look the same: strangers read the reason.
            let looked_up = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found: Vec<SocketAddr> = looked_up.into_iter().flatten().filter(|address| addresses::is_public(address.ip())).collect();
            if found.is_empty() {
                return Err("the name has no address of the public Internet".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

async fn answer(request: reqwest::RequestBuilder, limits: Limits) -> Result<Answer, Unanswered> {
    let exchange = async {
        let mut response = request.send().await.map_err(|error| Unanswered::Unreachable(said(&error)))?;
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let media_type = header(CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let keep_for = header(CACHE_CONTROL).and_then(keep_for);
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| Unanswered::Unreachable(said(&error)))? {
            if body.len() + chunk.len() > limits.bytes {
                return Err(Unanswered::TooLong(limits.bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, media_type, keep_for, body })
    };
    let late = |_| Unanswered::Unreachable(format!("There was no answer within {} seconds.", limits.within.as_secs()));
    tokio::time::timeout(limits.within, exchange).await.map_err(late)?
}

/// RFC 9111 section 5.2.2.
fn keep_for(cache_control: &str) -> Option<Duration> {
    let mut directives = cache_control.split(',').map(|directive| directive.trim().to_ascii_lowercase());
    directives.find_map(|directive| match directive.split_once('=') {
        None if directive == "no-store" || directive == "no-cache" => Some(Duration::ZERO),
        Some(("max-age", seconds)) => seconds.trim_matches('"').parse().ok().map(Duration::from_secs),
        _ => None,
    })
}

/// What went wrong, down to its cause, without the address, which may hold secrets.
fn said(error: &reqwest::Error) -> String {
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    let mut deepest = None;
    while let Some(inner) = cause {
        deepest = Some(inner.to_string());
        cause = inner.source();
    }
    let what = if error.is_connect() { "No connection came about" } else { "The request failed" };
    match deepest {
        Some(deepest) => format!("{what}: {}.", deepest.trim_end_matches('.')),
        None => format!("{what}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    const QUICK: Limits = Limits { within: Duration::from_secs(5), bytes: 1000 };

    /// A server that gives one answer to whoever comes.
    async fn server(answer: String) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        address
    }

    fn http(head: &str, body: &str) -> String {
        format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    }

    #[tokio::test]
    async fn an_administrators_address_may_be_private_and_a_strangers_may_not() {
        let at = server(http("200 OK\r\ncontent-type: Application/JSON; charset=utf-8\r\ncache-control: public, max-age=60", "{}")).await;
        let outbound = Outbound::new(Vec::new());
        let answer = outbound.get(&format!("http://{at}/keys"), NamedBy::Administrator, QUICK).await.unwrap();
        assert_eq!((answer.status, answer.media_type.as_str(), answer.keep_for), (200, "application/json", Some(Duration::from_secs(60))));
        assert_eq!(answer.body, b"{}");
        for address in [
            format!("http://{at}/keys"),
            format!("https://{at}/keys"),
            format!("https://localhost:{}/keys", at.port()),
            "https://169.254.169.254/latest".into(),
            "https://[::1]/".into(),
            "https://2130706433/".into(),
            "https://0x7f.1/".into(),
            "https://user@example.org/".into(),
            "file:///etc/passwd".into(),
            "https:".into(),
        ] {
            let refused = outbound.get(&address, NamedBy::Stranger, QUICK).await.unwrap_err();
            assert!(!matches!(refused, Unanswered::TooLong(_)), "{address}: {refused}");
        }
        let trusting = Outbound::new(vec![at.to_string()]);
        assert_eq!(trusting.get(&format!("http://{at}/keys"), NamedBy::Stranger, QUICK).await.unwrap().status, 200);
        let other = format!("http://{}:{}/keys", at.ip(), if at.port() == 1 { 2 } else { at.port() - 1 });
        assert!(matches!(trusting.get(&other, NamedBy::Stranger, QUICK).await, Err(Unanswered::NotAllowed(_))));
    }

    #[tokio::test]
    async fn nobody_is_led_elsewhere_and_no_answer_is_endless() {
        let outbound = Outbound::new(Vec::new());
        let at = server(http("302 Found\r\nlocation: http://127.0.0.1:1/", "")).await;
        assert_eq!(outbound.get(&format!("http://{at}/"), NamedBy::Administrator, QUICK).await.unwrap().status, 302);
        let at = server(http("200 OK", &"x".repeat(1001))).await;
        assert_eq!(outbound.get(&format!("http://{at}/"), NamedBy::Administrator, QUICK).await.unwrap_err(), Unanswered::TooLong(1000));
        let at = server(String::new()).await;
        let slow = Limits { within: Duration::from_millis(50), ..QUICK };
        let said = outbound.get(&format!("http://{at}/?token=secret"), NamedBy::Administrator, slow).await.unwrap_err().to_string();
        assert!(!said.contains("secret"), "{said}");
    }
}
