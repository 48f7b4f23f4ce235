//! A sheet of paper with which one person comes in: what to do, in a few words, and their link as a QR code and to type.

use crate::web::qr;

/// A sheet for one person.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What to call them.
    pub display_name: String,
    /// Their sign-in name.
    pub username: String,
    /// Their link.
    pub url: String,
    /// The link, to be scanned.
    pub code: Option<qr::Svg>,
}

impl Sheet {
    /// For somebody with a link.
    pub fn new(display_name: &str, username: &str, url: &str) -> Self {
        Self { display_name: display_name.to_owned(), username: username.to_owned(), url: url.to_owned(), code: qr::svg(url) }
    }
}
