//! Guesses at what a person chose, counted in the database: what can be guessed must have one limit for all instances together. (What cannot be guessed is
//! limited in memory, by [`crate::web::rate_limit`].) Failures at the doors that strangers reach are counted here too, by [`crate::sessions::tries`].

mod beat;
mod store;

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

pub use beat::Beat;
pub use store::UsedUp;

use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::id::UserId;
use crate::secret::{from_base64url, sha256};

/// How many guesses in which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Guesses until the next one has to wait.
    pub count: i64,
    /// For how long a guess counts.
    pub within: Duration,
    /// Whether the time is counted from the last guess, and not from the first: then no stretch of [`within`](Self::within) ever has more than
    /// [`count`](Self::count).
    pub from_the_last: bool,
}

/// What guesses are counted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    hash: Vec<u8>,
    /// What administrators see of it; empty for nothing.
    door: &'static str,
    network: Option<String>,
    user: Option<UserId>,
}

impl Subject {
    /// Guesses of one kind at one thing. Only the hash is kept, unless more is said with [`shown_at`](Self::shown_at) or [`shown_from`](Self::shown_from).
    pub fn new(kind: &str, what: &str) -> Self {
        let hash = sha256(format!("{kind}\0{what}").as_bytes()).to_vec();
        Self { hash, door: "", network: None, user: None }
    }

    /// Guesses of one kind from the network around an address: IPv4 /24, IPv6 /48, which is what one customer or one provider's neighbourhood has.
    pub fn wide_network(kind: &str, ip: IpAddr) -> Self {
        Self::new(kind, &wide_network(ip))
    }

    /// Shows administrators that somebody has to wait at this door: who is signed in, or whose account it is.
    #[must_use]
    pub fn shown_at(mut self, door: &'static str, user: UserId) -> Self {
        (self.door, self.user) = (door, Some(user));
        self
    }

    /// Shows administrators that a network has to wait at this door.
    #[must_use]
    pub fn shown_from(mut self, door: &'static str, network: String) -> Self {
        (self.door, self.network) = (door, Some(network));
        self
    }

    /// Guesses of one kind from one address; for IPv6 from its /64 network, which one household holds whole.
    pub fn network(kind: &str, ip: IpAddr) -> Self {
        let network = match ip {
            IpAddr::V4(_) => ip,
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
        };
        Self::new(kind, &network.to_string())
    }
}

/// An address as one household has it, as administrators write it: an IPv4 address, an IPv6 /64.
pub fn network(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("{}/64", Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
    }
}

/// The network around an address, as administrators write it: IPv4 /24, IPv6 /48.
pub fn wide_network(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => format!("{}/24", std::net::Ipv4Addr::from_bits(ip.to_bits() & (u32::MAX << 8))),
        IpAddr::V6(ip) => format!("{}/48", Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 80))),
    }
}

/// Those who have to wait, the longest first, as far as administrators may see it.
///
/// # Errors
/// When the database cannot be read.
pub async fn used_up(conn: &mut Conn, now: Timestamp, limit: i64) -> sqlx::Result<Vec<UsedUp>> {
    store::used_up(conn, now, limit).await
}

/// Lets somebody try again at once who has to wait; gives who it was. `None` when nobody waits there.
///
/// # Errors
/// When the database refuses.
pub async fn lift(tx: &mut Tx, unverified_id: &str, now: Timestamp) -> sqlx::Result<Option<UsedUp>> {
    let Some(subject) = from_base64url(unverified_id) else { return Ok(None) };
    let found = store::find_used_up(tx, &subject, now).await?;
    if found.is_some() {
        store::delete(tx, &subject).await?;
    }
    Ok(found)
}

/// Counts a guess before it is tried, so that many at once are no more than the allowance; says how long to wait when it is used up, and counts nothing then.
///
/// # Errors
/// When the database refuses.
pub async fn take(tx: &mut Tx, subject: &Subject, allowance: Allowance, now: Timestamp) -> sqlx::Result<Result<(), Duration>> {
    if store::count(tx, subject, allowance, now).await?.is_some() {
        return Ok(Ok(()));
    }
    let until = store::expires_at(tx, &subject.hash).await?;
    Ok(Err(until.map_or(allowance.within, |until| until.since(now))))
}

/// How long to wait where the allowance is used up, without counting anything.
///
/// # Errors
/// When the database cannot be read.
pub async fn wait(conn: &mut Conn, subject: &Subject, allowance: Allowance, now: Timestamp) -> sqlx::Result<Option<Duration>> {
    let until = store::used_up_until(conn, &subject.hash, allowance.count, now).await?;
    Ok(until.map(|until| until.since(now)))
}

/// Counts a failure after the fact; whether it was the one that used the allowance up.
///
/// # Errors
/// When the database refuses.
pub async fn failed(tx: &mut Tx, subject: &Subject, allowance: Allowance, now: Timestamp) -> sqlx::Result<bool> {
    Ok(store::count(tx, subject, allowance, now).await? == Some(allowance.count))
}

/// Takes a counted guess back, because it was none.
///
/// # Errors
/// When the database refuses.
pub async fn give_back(tx: &mut Tx, subject: &Subject) -> sqlx::Result<()> {
    store::count_less(tx, &subject.hash).await
}

/// Forgets the guesses at something, because it was proved.
///
/// # Errors
/// When the database refuses.
pub async fn forget(tx: &mut Tx, subject: &Subject) -> sqlx::Result<()> {
    store::delete(tx, &subject.hash).await
}

/// Deletes what no longer counts.
///
/// # Errors
/// When the database refuses.
pub async fn sweep(tx: &mut Tx, now: Timestamp) -> sqlx::Result<u64> {
    store::delete_expired(tx, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_one_network_and_its_neighbour_another() {
        let of = |ip: &str| Subject::network("x", ip.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_ne!(Subject::new("a", "b"), Subject::new("b", "a"));
        let of = |ip: &str| Subject::wide_network("x", ip.parse().unwrap());
        assert_eq!((of("2001:db8::1"), of("192.0.2.1")), (of("2001:db8:0:ffff::1"), of("192.0.2.255")));
        assert_ne!(of("2001:db8::1"), of("2001:db8:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
        let words = |ip: &str| (network(ip.parse().unwrap()), wide_network(ip.parse().unwrap()));
        assert_eq!(words("192.0.2.7"), ("192.0.2.7".into(), "192.0.2.0/24".into()));
        assert_eq!(words("2001:db8:0:7:1:2:3:4"), ("2001:db8:0:7::/64".into(), "2001:db8::/48".into()));
    }

    #[tokio::test]
    async fn the_allowance_holds_until_its_time_is_over() {
        let directory = tempfile::tempdir().unwrap();
        let db = crate::db::open(&format!("sqlite://{}", directory.path().join("a.db").display())).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let at = Timestamp::from_seconds;
        let subject = Subject::new("account", "ada");
        let three = Allowance { count: 3, within: Duration::from_secs(900), from_the_last: true };
        for second in [0, 100, 200] {
            assert_eq!(take(&mut tx, &subject, three, at(second)).await.unwrap(), Ok(()));
        }
        assert_eq!(take(&mut tx, &subject, three, at(901)).await.unwrap(), Err(Duration::from_secs(199)), "counted from the last");
        assert_eq!(take(&mut tx, &Subject::new("account", "grace"), three, at(901)).await.unwrap(), Ok(()));
        assert_eq!(take(&mut tx, &subject, three, at(1100)).await.unwrap(), Ok(()), "and then there are three more");
        give_back(&mut tx, &subject).await.unwrap();
        for _ in 0..3 {
            assert_eq!(take(&mut tx, &subject, three, at(1101)).await.unwrap(), Ok(()));
        }
        assert!(take(&mut tx, &subject, three, at(1101)).await.unwrap().is_err());
        forget(&mut tx, &subject).await.unwrap();
        assert_eq!(take(&mut tx, &subject, three, at(1101)).await.unwrap(), Ok(()));

        let network = Subject::new("network", "192.0.2.1");
        let two = Allowance { count: 2, from_the_last: false, ..three };
        assert_eq!(take(&mut tx, &network, two, at(0)).await.unwrap(), Ok(()));
        assert_eq!(take(&mut tx, &network, two, at(800)).await.unwrap(), Ok(()));
        assert_eq!(take(&mut tx, &network, two, at(899)).await.unwrap(), Err(Duration::from_secs(1)), "counted from the first");
        assert_eq!(take(&mut tx, &network, two, at(900)).await.unwrap(), Ok(()));
        assert_eq!(sweep(&mut tx, at(5000)).await.unwrap(), 3);
    }
}
