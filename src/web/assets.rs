//! Static files: embedded, served under names that carry a hash of their content, cached for ever. No build step.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{StatusCode, header::HeaderValue};
use axum::response::{IntoResponse, Response};

use crate::secret::{base64url, sha256};

struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($name:literal, $content_type:literal;)*) => {
        const ASSETS: &[Asset] = &[$(Asset {
            name: $name, content_type: $content_type, bytes: include_bytes!(concat!("../../static/", $name)),
        },)*];
    };
}

assets! {
    "app.css", "text/css; charset=utf-8";
    "passkey.js", "text/javascript; charset=utf-8";
    "pages.js", "text/javascript; charset=utf-8";
    "picture.js", "text/javascript; charset=utf-8";
    "form-post.js", "text/javascript; charset=utf-8";
    "signed-out.js", "text/javascript; charset=utf-8";
    "icon.svg", "image/svg+xml";
}

static HASHES: LazyLock<Vec<String>> = LazyLock::new(|| ASSETS.iter().map(|asset| base64url(&sha256(asset.bytes)[..9])).collect());

/// The address of a file in `static/`; a new one whenever its content changes.
///
/// # Panics
/// When there is no such file: every page is rendered by a test.
pub fn url(name: &str) -> String {
    let position = ASSETS.iter().position(|asset| asset.name == name).expect("invariant: templates name files that exist");
    format!("/static/{}/{name}", HASHES[position])
}

/// `GET /static/{hash}/{name}`. A hash of another version answers too, but is not cached.
pub async fn serve(Path((hash, name)): Path<(String, String)>) -> Response {
    let Some(position) = ASSETS.iter().position(|asset| asset.name == name) else { return StatusCode::NOT_FOUND.into_response() };
    let asset = &ASSETS[position];
    let caching = if HASHES[position] == hash { "public, max-age=31536000, immutable" } else { "no-store" };
    ([(CONTENT_TYPE, HeaderValue::from_static(asset.content_type)), (CACHE_CONTROL, HeaderValue::from_static(caching))], asset.bytes).into_response()
}
