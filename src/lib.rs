//! Muster.
pub mod clock;
pub mod db;
pub mod id;
pub mod secret;
