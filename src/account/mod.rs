//! What a person sees of their own account and does with it: what happened ([`activity`]), their picture ([`picture`]), all of it as a file ([`export`]), the
//! end of it ([`deletion`]), and their first minutes ([`welcome`]). The pages of passkeys, sessions, apps and recovery are those of their slices.

pub mod activity;
pub mod deletion;
pub mod export;
pub mod picture;
pub mod welcome;
mod words;
