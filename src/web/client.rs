//! Who is asking: the address and the browser. Forwarding headers count only when they come from a proxy named in `TRUST_PROXY`.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;

use crate::app::App;
use crate::config::TrustProxy;

/// How much of a user agent is kept.
const USER_AGENT_CHARS_MAX: usize = 300;

/// Where a request comes from. Empty for jobs and commands.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The address, when known.
    pub ip: Option<IpAddr>,
    /// What the browser calls itself, shortened.
    pub user_agent: String,
    /// The hash of the cookie by which the browser is known again; see `sessions::devices`. Empty where no session can begin.
    pub device: String,
}

impl Client {
    /// The address as text; empty when there is none.
    pub fn ip_text(&self) -> String {
        self.ip.map(|ip| ip.to_string()).unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

/// Finds out who asks, and notes it for the extractor.
pub fn identify(app: &App, request: &mut Request) -> Client {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    let ip = peer.map(|peer| forwarded_for(&app.config.trust_proxy, peer, request.headers()).to_canonical());
    let user_agent = request.headers().get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default();
    let user_agent = user_agent.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARS_MAX).collect();
    let client = Client { ip, user_agent, device: String::new() };
    request.extensions_mut().insert(client.clone());
    client
}

/// The address the nearest trusted proxy vouches for, in `X-Forwarded-For` or `Forwarded` (RFC 7239). A proxy usually writes one of the two and hands on the
/// other as the visitor sent it, and which one cannot be told from here: when both are there and disagree, neither is believed.
fn forwarded_for(trust: &TrustProxy, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    if !trust.trusts(peer) {
        return peer;
    }
    let lines = |name: &str| headers.get_all(name).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).collect::<Vec<_>>();
    let (plain, standard) = (lines("x-forwarded-for"), lines("forwarded"));
    let plain: Vec<&str> = plain.into_iter().map(str::trim).collect();
    let standard: Vec<&str> = standard.into_iter().map(for_parameter).collect();
    match (plain.is_empty(), standard.is_empty()) {
        (_, true) => vouched_for(trust, peer, &plain),
        (true, false) => vouched_for(trust, peer, &standard),
        (false, false) => Some(vouched_for(trust, peer, &plain)).filter(|ip| *ip == vouched_for(trust, peer, &standard)).unwrap_or(peer),
    }
}

/// Walks the chain from the right and stops at the first address that is not a trusted proxy, so that a made-up entry on the left is never believed.
fn vouched_for(trust: &TrustProxy, peer: IpAddr, chain: &[&str]) -> IpAddr {
    let mut nearest = peer;
    for hop in chain.iter().rev() {
        let Some(ip) = address_of(hop) else { break };
        nearest = ip;
        // With `TRUST_PROXY=true` every hop would be "trusted"; only the one our own proxy added is worth anything.
        if matches!(trust, TrustProxy::Everyone) || !trust.trusts(ip) {
            break;
        }
    }
    nearest
}

/// The `for` parameter of one element of `Forwarded` (RFC 7239 section 4), without quotes; empty when there is none.
fn for_parameter(element: &str) -> &str {
    let named = |pair: &'_ str| pair.trim().split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("for")).is_some();
    let pair = element.split(';').find(|pair| named(pair));
    pair.and_then(|pair| pair.split_once('=')).map_or("", |(_, value)| value.trim().trim_matches('"'))
}

/// The address of an entry; some proxies add the port, and brackets around IPv6.
fn address_of(hop: &str) -> Option<IpAddr> {
    hop.parse()
        .ok()
        .or_else(|| hop.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))
        .or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(trust: &str, peer: &str, chain: &str) -> String {
        seen_in(trust, peer, &[("x-forwarded-for", chain)])
    }

    fn seen_in(trust: &str, peer: &str, lines: &[(&'static str, &str)]) -> String {
        let trust = match trust {
            "no" => TrustProxy::No,
            "everyone" => TrustProxy::Everyone,
            networks => TrustProxy::Networks(networks.split(' ').map(|n| n.parse().unwrap()).collect()),
        };
        let mut headers = HeaderMap::new();
        for (name, chain) in lines {
            headers.append(*name, chain.parse().unwrap());
        }
        forwarded_for(&trust, peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_forged_address_is_never_believed() {
        assert_eq!(seen("no", "192.0.2.1", "127.0.0.1"), "192.0.2.1");
        assert_eq!(seen("10.0.0.0/8", "192.0.2.1", "127.0.0.1"), "192.0.2.1");
        assert_eq!(seen("10.0.0.0/8", "10.0.0.1", "127.0.0.1, 198.51.100.7"), "198.51.100.7");
        assert_eq!(seen("10.0.0.0/8", "10.0.0.1", "198.51.100.7, 10.0.0.2"), "198.51.100.7");
        assert_eq!(seen("everyone", "10.0.0.1", "127.0.0.1, 198.51.100.7"), "198.51.100.7");
        assert_eq!(seen("everyone", "10.0.0.1", "nonsense"), "10.0.0.1");
    }

    #[test]
    fn the_standard_header_counts_like_the_usual_one_and_a_contradiction_counts_for_nothing() {
        let standard = |chain| seen_in("10.0.0.0/8", "10.0.0.1", &[("forwarded", chain)]);
        assert_eq!(standard("for=127.0.0.1, for=198.51.100.7;proto=https;by=10.0.0.1"), "198.51.100.7");
        assert_eq!(standard("proto=https;For=\"[2001:db8::7]:4711\""), "2001:db8::7");
        assert_eq!(standard("for=_hidden"), "10.0.0.1");
        let both = |plain, standard| seen_in("10.0.0.0/8", "10.0.0.1", &[("x-forwarded-for", plain), ("forwarded", standard)]);
        assert_eq!(both("198.51.100.7", "for=198.51.100.7"), "198.51.100.7");
        assert_eq!(both("198.51.100.7", "for=203.0.113.9"), "10.0.0.1");
    }

    #[test]
    fn an_address_with_a_port_is_still_the_visitors_own() {
        assert_eq!(seen("everyone", "10.0.0.1", "198.51.100.7:50412"), "198.51.100.7");
        assert_eq!(seen("10.0.0.0/8", "10.0.0.1", "[2001:db8::7]:50412, 10.0.0.2:443"), "2001:db8::7");
        assert_eq!(seen("everyone", "10.0.0.1", "[2001:db8::7]"), "2001:db8::7");
    }
}
