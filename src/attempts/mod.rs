//! Guesses at what a person chose, counted in the database: what can be guessed must have one limit for all instances together. (What cannot be guessed is
//! limited in memory, by [`crate::web::rate_limit`].) Failures at the doors that strangers reach are counted here too, by [`crate::sessions::tries`].

mod beat;
mod store;

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

pub use beat::Beat;

use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::secret::sha256;

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
pub struct Subject(Vec<u8>);

impl Subject {
    /// Guesses of one kind at one thing. Only the hash is kept.
    pub fn new(kind: &str, what: &str) -> Self {
        Self(sha256(format!("{kind}\0{what}").as_bytes()).to_vec())
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

/// Counts a guess before it is tried, so that many at once are no more than the allowance; says how long to wait when it is used up, and counts nothing then.
///
/// # Errors
/// When the database refuses.
pub async fn take(tx: &mut Tx, subject: &Subject, allowance: Allowance, now: Timestamp) -> sqlx::Result<Result<(), Duration>> {
    if store::count(tx, &subject.0, allowance, now).await?.is_some() {
        return Ok(Ok(()));
    }
    let until = store::expires_at(tx, &subject.0).await?;
    Ok(Err(until.map_or(allowance.within, |until| until.since(now))))
}

/// How long to wait where the allowance is used up, without counting anything.
///
/// # Errors
/// When the database cannot be read.
pub async fn wait(conn: &mut Conn, subject: &Subject, allowance: Allowance, now: Timestamp) -> sqlx::Result<Option<Duration>> {
    let until = store::used_up_until(conn, &subject.0, allowance.count, now).await?;
    Ok(until.map(|until| until.since(now)))
}

/// Counts a failure after the fact; whether it was the one that used the allowance up.
///
/// # Errors
/// When the database refuses.
pub async fn failed(tx: &mut Tx, subject: &Subject, allowance: Allowance, now: Timestamp) -> sqlx::Result<bool> {
    Ok(store::count(tx, &subject.0, allowance, now).await? == Some(allowance.count))
}

/// Takes a counted guess back, because it was none.
///
/// # Errors
/// When the database refuses.
pub async fn give_back(tx: &mut Tx, subject: &Subject) -> sqlx::Result<()> {
    store::count_less(tx, &subject.0).await
}

/// Forgets the guesses at something, because it was proved.
///
/// # Errors
/// When the database refuses.
pub async fn forget(tx: &mut Tx, subject: &Subject) -> sqlx::Result<()> {
    store::delete(tx, &subject.0).await
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
