//! HTTP plumbing that knows no feature: who is asking ([`client`]), how pages look ([`layout`]), what every answer carries ([`headers`]), static files
//! ([`assets`]), forms and lists ([`form`], [`list`]), QR codes ([`qr`]), the socket ([`listener`]), limits ([`rate_limit`]) and the one log line per request ([`request_log`]).

pub mod assets;
pub mod client;
pub mod form;
pub mod headers;
pub mod layout;
pub mod list;
pub mod listener;
pub mod qr;
pub mod rate_limit;
pub mod request_log;
pub mod user_agent;

pub use client::Client;
pub use form::Mistakes;
pub use layout::Chrome;
