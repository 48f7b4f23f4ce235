//! Every integration test, in one binary: one file per slice, what they share in [`support`].

#![expect(clippy::panic, reason = "where what a test needs does not hold, the test ends and says so")]

mod clients;
mod oidc_authorize;
mod oidc_discovery;
mod oidc_foreign_clients;
mod oidc_logout;
mod oidc_support;
mod oidc_token;
mod support;
mod support_checks;
