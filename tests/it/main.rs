//! Every integration test, in one binary: one file per slice, what they share in [`support`].

#![expect(clippy::panic, reason = "where what a test needs does not hold, the test ends and says so")]

mod access_links;
mod attacks;
mod audit;
mod browser_form_post;
mod browser_prompts;
mod browser_sign_in;
mod clients;
mod directory;
mod directory_connection;
mod directory_faults;
mod directory_follow;
mod directory_holds;
mod directory_interrupted;
mod directory_mapping;
mod directory_pages;
mod directory_passwords;
mod directory_pictures;
mod directory_setup;
mod directory_site;
mod ds389_sync;
mod forged_ceremonies;
mod groups;
mod killed;
mod oidc_authorize;
mod oidc_basic;
mod oidc_device;
mod oidc_discovery;
mod oidc_foreign_clients;
mod oidc_lifetimes;
mod oidc_logout;
mod oidc_machines;
mod oidc_pushed;
mod oidc_support;
mod oidc_token;
mod pages;
mod pages_support;
mod passkeys;
mod samba_sync;
mod sessions;
mod settings;
mod starting;
mod support;
mod support_checks;
mod users;
