//! Muster, a self-hosted identity provider. This page is the map.
//!
//! # Rooms
//! Imports run downward only.
//!
//! | floor | rooms |
//! |---|---|
//! | foundation | [`clock`], [`language`], [`id`], [`secret`], [`config`], [`db`], [`installation`], [`jose`], [`lease`], [`queue`], [`attempts`], [`error`], [`outbound`], [`web`], [`audit`], [`settings`], [`mail`] |
//! | nouns | [`users`], [`groups`], [`authenticators`], [`clients`], [`apis`], [`account_news`] |
//! | sign-in | [`sessions`], [`directory`], [`recovery_codes`], [`sign_in_problems`], [`first_steps`], [`passkeys`], [`access_links`], [`sign_up`], [`directory_passwords`], [`other_device`], [`ways_in`] |
//! | protocols | [`oidc`], [`forward_auth`] |
//! | people's own | [`account`] |
//! | assembly | [`jobs`], [`metrics`], [`routes`], [`server`], [`app`], [`cli`] |
//!
//! Inside a slice the file names have a fixed meaning: `mod.rs` holds the verbs, `model.rs` the pure rules, `store.rs` the SQL, `http.rs` and `admin.rs` the
//! pages. `store` is private, so another slice reaches a table through a verb only.
//!
//! # Four walkthroughs, all of one form
//! **unverified text → typed request → pure decision → one transaction → typed result → page**
//!
//! **A person signs in.** [`passkeys::http::finish_sign_in`] takes the browser's JSON; [`passkeys::finish_sign_in`] takes the ceremony out of the database (committed
//! at once: a failed try burns it), [`passkeys::gate`] checks what the library does not, webauthn-rs verifies, one transaction notes the use and the audit event;
//! [`sessions::start`] changes the cookie; the answer names a [`sessions::Next`], never an address from the request.
//!
//! **An app gets a token.** [`oidc::request::validate`] is the only maker of an [`oidc::request::AuthorizationRequest`]; [`oidc::authorize::decide`] is pure and says what
//! happens next; a code is redeemed by one conditional `UPDATE … RETURNING`; [`oidc::claims::for_scope`] is what the ID token and userinfo both say.
//!
//! **A directory is synced.** [`directory::client::fetch`] reads everything with no transaction open; [`directory::plan::reconcile`] is pure and makes the plan (a preview
//! stops here, the guard against mass changes sits here); one transaction applies it; [`directory::sync`] keeps the report for the page.
//!
//! **An administrator edits a setting.** [`settings::admin::save`] takes the form; [`settings::parse`] gives changes or a mistake for each field; one transaction stores
//! and audits; the new values go out on [`app::Fields::settings`], no restart.

pub mod access_links;
pub mod account;
pub mod account_news;
pub mod apis;
pub mod app;
pub mod attempts;
pub mod audit;
pub mod authenticators;
pub mod cli;
pub mod clients;
pub mod clock;
pub mod config;
pub mod db;
pub mod directory;
pub mod directory_passwords;
pub mod error;
pub mod first_steps;
pub mod forward_auth;
pub mod groups;
pub mod id;
pub mod installation;
pub mod jobs;
pub mod jose;
pub mod language;
pub mod lease;
pub mod mail;
pub mod metrics;
pub mod oidc;
pub mod other_device;
pub mod outbound;
pub mod passkeys;
pub mod queue;
pub mod recovery_codes;
pub mod routes;
pub mod secret;
pub mod server;
pub mod sessions;
pub mod settings;
pub mod sign_in_problems;
pub mod sign_up;
pub mod users;
pub mod ways_in;
pub mod web;

// Templates name a text as `crate::t("…")`.
pub use language::{marked, t, told};
