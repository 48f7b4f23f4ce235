//! The directory: people and groups come, read-only, from the LDAP server an organisation already has.
//!
//! A run goes one way: [`client::fetch`] reads everything into a [`model::Snapshot`] (network, no transaction open); [`plan::reconcile`] compares it with
//! what is known and makes a [`plan::Plan`] (pure; a preview stops here, and so does a run the guard holds back); the store applies the plan in one
//! transaction. Whatever goes wrong before the last step, nothing has changed.
//!
//! What holds for every run:
//! - A person is an entry id. Names and DNs are attributes: who is renamed or moved keeps the account and its passkeys, and who gets a name someone else
//!   had before gets a new account.
//! - Absence needs proof: every page arrived, the server said success, the answer was not empty, and not too many are gone ([`model::Guard`]).
//! - An entry with a mistake in it is reported and skipped, and counts as present.
//! - Nobody who belongs here by another way (a local account, another directory) is ever touched.

pub mod attributes;
pub mod client;
pub mod dn;
pub mod filter;
pub mod membership;
pub mod model;
pub mod plan;
pub mod settings;
