//! Limits per client address, in memory of the instance: plain shedding of load. They bound the work and the rows a single address can cause here; whatever
//! guards guessing, or mail that is sent, is counted in the database for all instances together ([`crate::attempts`], [`crate::sessions::tries`]).

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::error::AppError;
use crate::id::ClientId;
use crate::web::Client;

/// The limiters of this instance.
#[derive(Debug)]
pub struct Limits {
    /// Starting and finishing ceremonies, opening access links: 10 a second, bursts of 60.
    pub sign_in: Limit,
    /// Browsers that tell what went wrong: 1 a second, bursts of 30.
    pub problems: Limit,
    /// Typing the short codes of devices: 1 a second, bursts of 15. Wrong ones are counted in the database besides.
    pub user_codes: Limit,
    /// Browsers that report what they refused on our pages: 1 a second, bursts of 20.
    pub reports: Limit,
    /// All of these together: 10 a second, bursts of 100. Counted for one address that is nobody's.
    pub all_reports: Limit,
    /// Writing down what goes wrong at a client: one every 6 seconds, bursts of 10.
    pub client_errors: ClientErrorLimit,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_in: Limit::new(10, 60),
            problems: Limit::new(1, 30),
            user_codes: Limit::new(1, 15),
            reports: Limit::new(1, 20),
            all_reports: Limit::new(10, 100),
            client_errors: ClientErrorLimit::new(Duration::from_secs(6), 10),
        }
    }
}

/// One limit, counted per address (per /64 network for IPv6, which one household holds whole).
#[derive(Debug)]
pub struct Limit(DefaultKeyedRateLimiter<IpAddr>);

impl Limit {
    fn new(per_second: u32, burst: u32) -> Self {
        let quota =
            Quota::per_second(NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN)).allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN));
        Self(RateLimiter::keyed(quota))
    }

    /// Counts a try.
    ///
    /// # Errors
    /// `TooManyRequests` with the whole seconds to wait, when the address has used its share up.
    pub fn check(&self, client: &Client) -> Result<(), AppError> {
        let Some(ip) = client.ip else { return Ok(()) };
        self.0
            .check_key(&network(ip))
            .map_err(|refused| AppError::TooManyRequests { retry_after_seconds: refused.wait_time_from(DefaultClock::default().now()).as_secs() + 1 })
    }

    /// Forgets addresses that have been quiet.
    pub fn sweep(&self) {
        self.0.retain_recent();
        self.0.shrink_to_fit();
    }
}

/// One limit, counted per registered client, and once for all requests that name none.
#[derive(Debug)]
pub struct ClientErrorLimit(DefaultKeyedRateLimiter<Option<ClientId>>);

impl ClientErrorLimit {
    fn new(every: Duration, burst: u32) -> Self {
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(every).unwrap_or_else(|| Quota::per_second(burst)).allow_burst(burst);
        Self(RateLimiter::keyed(quota))
    }

    /// Counts a line; `false` when there were enough lately.
    pub fn admits(&self, client: Option<ClientId>) -> bool {
        self.0.check_key(&client).is_ok()
    }
}

fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_from_one_network_is_stopped_and_leaves_others_alone() {
        let limit = Limit::new(1, 3);
        let from = |ip: &str| limit.check(&Client { ip: ip.parse().ok(), ..Client::default() });
        for n in 0..3 {
            from(&format!("2001:db8::{n}")).unwrap();
        }
        assert!(matches!(from("2001:db8::ffff"), Err(AppError::TooManyRequests { retry_after_seconds: 1.. })));
        from("2001:db8:0:1::1").unwrap();
    }
}
