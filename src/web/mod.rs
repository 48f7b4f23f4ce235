//! HTTP plumbing that knows no feature: who is asking ([`client`], [`browser_cookie`]), how pages look ([`layout`]), in which language ([`language`]), what every answer carries ([`headers`]), what browsers report of it ([`csp_reports`]), static files
//! ([`assets`]), forms and lists ([`form`], [`list`]), QR codes ([`qr`]), the socket ([`listener`]), limits ([`rate_limit`]) and the one log line per request ([`request_log`]).

pub mod assets;
pub mod browser_cookie;
pub mod client;
pub mod csp_reports;
pub mod form;
pub mod greeting;
pub mod headers;
pub mod language;
pub mod layout;
pub mod list;
pub mod listener;
pub mod qr;
pub mod rate_limit;
pub mod request_log;
pub mod user_agent;

pub use browser_cookie::BrowserCookie;
pub use client::Client;
pub use form::Mistakes;
pub use greeting::Greeting;
pub use layout::Chrome;
