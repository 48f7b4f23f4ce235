//! Logos of apps, as administrators upload them; and what stands in the place of one: a letter on a colour that stays the same.

use std::io::Cursor;

use image::codecs::png::PngEncoder;
use image::imageops::{self, FilterType};
use image::{ImageEncoder as _, RgbaImage};

use anyhow::Context as _;

use super::{Authority, Client, Mistakes, Refused, changeable, store};
use crate::app::App;
use crate::audit::{self, Kind};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::id::ClientId;
use crate::secret::sha256;
use crate::users::pictures::{self, Picture};

/// Width and height of a logo as it is served, in pixels.
const SIDE: u32 = 192;
/// How many colours letters stand on; `static/app.css` names them `.hue-0` and on.
const HUES: u32 = 8;

/// Decodes a logo of unknown origin and writes it anew: as large as it goes into a square of 192 by 192 pixels, the rest see-through, as PNG. SVG is not taken:
/// it can hold scripts. Keeps a processor busy for some milliseconds.
///
/// # Errors
/// One sentence when it is larger than 5 MiB or 8,000 pixels, no JPEG, PNG, WebP or GIF, or damaged.
pub(super) fn prepare(unverified: &[u8]) -> Result<Picture, String> {
    let logo = pictures::decode(unverified).map_err(|unusable| unusable.to_string())?;
    let is_larger = logo.width() > SIDE || logo.height() > SIDE;
    let logo = if is_larger { logo.resize(SIDE, SIDE, FilterType::CatmullRom) } else { logo };
    let side = logo.width().max(logo.height());
    let mut square = RgbaImage::new(side, side);
    let (left, top) = (i64::from((side - logo.width()) / 2), i64::from((side - logo.height()) / 2));
    imageops::replace(&mut square, &logo.to_rgba8(), left, top);
    let mut bytes = Vec::new();
    let written = PngEncoder::new(Cursor::new(&mut bytes)).write_image(&square, side, side, image::ExtendedColorType::Rgba8);
    written.map_err(|_| "The picture is damaged.".to_owned())?;
    Ok(Picture { media_type: "image/png", bytes })
}

/// How an app is shown: its logo, or a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    /// The logo's path; empty when it has none.
    pub logo: String,
    /// The first letter or digit of its name.
    pub letter: String,
    /// Which colour the letter stands on, from 0.
    pub hue: u32,
}

impl Face {
    /// The face of an app; the colour follows from its id, so that it stays when the app is renamed. `logo` is the last part of its logo's address.
    pub fn new(id: &str, name: &str, logo: &str) -> Self {
        let letter = name.chars().find(|c| c.is_alphanumeric()).map_or_else(|| "?".to_owned(), |c| c.to_uppercase().collect());
        // The spread must be even and never change.
        let hue = u32::from(sha256(id.as_bytes())[0]) % HUES;
        let logo = if logo.is_empty() { String::new() } else { format!("/logo/{id}/{logo}") };
        Self { logo, letter, hue }
    }
}

/// How a client is shown.
///
/// # Errors
/// When the database cannot be read.
pub async fn face(conn: &mut Conn, client: &Client) -> sqlx::Result<Face> {
    let logo = store::logo(conn, client.id).await?;
    Ok(Face::new(&client.id.to_string(), &client.registration.name, &logo))
}

/// Gives a client a logo in place of the one before.
///
/// # Errors
/// [`Refused::Mistakes`] (field `logo`) when the file cannot be used; [`Refused::Gone`].
pub async fn put(app: &App, by: Authority<'_>, id: ClientId, unverified: Vec<u8>, now: Timestamp) -> Result<(), Refused> {
    let prepared = tokio::task::spawn_blocking(move || prepare(&unverified)).await.context("making a logo small").map_err(Refused::Internal)?;
    let logo = prepared.map_err(|mistake| Refused::Mistakes(Mistakes::from([("logo", mistake)])))?;
    let mut tx = app.db.begin().await?;
    let client = store::find(&mut tx, id).await?.ok_or(Refused::Gone)?;
    changeable(&client)?;
    store::put_logo(&mut tx, id, &logo, now).await?;
    audit::record(&mut tx, by.event(now, Kind::ClientChanged, &client).with("changed", vec!["logo"])).await?;
    Ok(tx.commit().await?)
}

/// Takes a client's logo away.
///
/// # Errors
/// [`Refused::Gone`] when there is no such client.
pub async fn remove(app: &App, by: Authority<'_>, id: ClientId, now: Timestamp) -> Result<(), Refused> {
    let mut tx = app.db.begin().await?;
    let client = store::find(&mut tx, id).await?.ok_or(Refused::Gone)?;
    changeable(&client)?;
    if store::remove_logo(&mut tx, id).await? {
        audit::record(&mut tx, by.event(now, Kind::ClientChanged, &client).with("changed", vec!["logo"])).await?;
    }
    Ok(tx.commit().await?)
}

/// The logo at an address: its media type and file; `None` when it is another one by now.
///
/// # Errors
/// When the database cannot be read.
pub async fn read(conn: &mut Conn, id: ClientId, name: &str) -> sqlx::Result<Option<(String, Vec<u8>)>> {
    store::read_logo(conn, id, name).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, ImageFormat};

    #[test]
    fn a_logo_is_shown_whole_and_keeps_what_is_see_through() {
        let wide = DynamicImage::ImageRgba8(RgbaImage::from_pixel(600, 300, image::Rgba([10, 200, 30, 128])));
        for format in [ImageFormat::Png, ImageFormat::WebP] {
            let mut bytes = Vec::new();
            wide.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
            let logo = prepare(&bytes).unwrap();
            let read = image::load_from_memory_with_format(&logo.bytes, ImageFormat::Png).unwrap().to_rgba8();
            assert_eq!((read.dimensions(), read.get_pixel(5, 5).0[3]), ((192, 192), 0));
            assert!((126..=130).contains(&read.get_pixel(96, 96).0[3]), "{:?}", read.get_pixel(96, 96));
        }
        assert!(prepare(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>").unwrap_err().contains("neither JPEG"));
    }

    #[test]
    fn without_a_logo_a_letter_stands_on_a_colour_that_stays() {
        let face = |name: &str| Face::new("0198", name, "");
        assert_eq!((face("élan").letter.as_str(), face("  9x").letter.as_str(), face("…").letter.as_str()), ("É", "9", "?"));
        assert_eq!(face("a").hue, face("b").hue);
        assert_eq!(Face::new("0198", "a", "beef").logo, "/logo/0198/beef");
        let hues: std::collections::BTreeSet<u32> = (0..100).map(|n| Face::new(&n.to_string(), "a", "").hue).collect();
        assert_eq!(hues.into_iter().collect::<Vec<_>>(), (0..HUES).collect::<Vec<_>>());
    }
}
