//! Muster, a self-hosted identity provider. This page is the map.
//!
//! Imports run downward only: foundation ([`clock`], [`id`], [`secret`], [`config`], [`db`], [`error`], [`web`], [`audit`], [`settings`], [`installation`],
//! [`lease`]), nouns ([`users`], [`groups`], [`clients`]), sign-in ([`sessions`], [`passkeys`], [`access_links`]), protocols ([`directory`], [`oidc`]),
//! assembly ([`jobs`], [`routes`], [`server`], [`cli`]).
//! Inside a slice: `mod.rs` holds the verbs, `model.rs` the pure rules, `store.rs` the SQL, `http.rs` and `admin.rs` the pages.

pub mod access_links;
pub mod app;
pub mod audit;
pub mod cli;
pub mod clients;
pub mod clock;
pub mod config;
pub mod db;
pub mod directory;
pub mod error;
pub mod groups;
pub mod id;
pub mod installation;
pub mod jobs;
pub mod lease;
pub mod oidc;
pub mod passkeys;
pub mod routes;
pub mod secret;
pub mod server;
pub mod sessions;
pub mod settings;
pub mod users;
pub mod web;
