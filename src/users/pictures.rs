//! Pictures of people: taken from where they come, made small, served under an address that changes with them.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageReader, Limits};

use super::store;
use crate::clock::Timestamp;
use crate::db::{Conn, Tx};
use crate::id::UserId;
use crate::secret::sha256;

/// Width and height of a picture as it is served, in pixels.
const SIDE: u32 = 256;
/// The largest picture taken, in bytes.
pub const SOURCE_BYTES_MAX: usize = 5 * 1024 * 1024;
/// The largest width or height decoded, in pixels: what a camera makes.
const SOURCE_SIDE_MAX: u32 = 8_000;
/// What decoding one picture may take of memory, in bytes.
const DECODE_BYTES_MAX: u64 = 200 * 1024 * 1024;
/// How well a picture is kept, of 100.
const QUALITY: u8 = 82;

/// A picture as it is served: square, small, and without anything the camera wrote beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// `image/jpeg`, or `image/png` for a logo.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Picture {
    /// The last part of its address: equal for equal pictures, not to be guessed otherwise.
    pub fn name(&self) -> String {
        hex(&sha256(&self.bytes)[..16])
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Decodes a picture of unknown origin, within limits, and turns it upright. Keeps a processor busy for some milliseconds.
///
/// # Errors
/// One sentence when it is larger than 5 MiB or 8,000 pixels, no JPEG, PNG or WebP, empty or damaged.
pub fn decode(unverified: &[u8]) -> Result<DynamicImage, String> {
    if unverified.len() > SOURCE_BYTES_MAX {
        return Err(format!("The picture has {} bytes, more than the {SOURCE_BYTES_MAX} taken.", unverified.len()));
    }
    let mut reader = ImageReader::new(Cursor::new(unverified)).with_guessed_format().map_err(|_| "The picture cannot be read.".to_owned())?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SOURCE_SIDE_MAX);
    limits.max_image_height = Some(SOURCE_SIDE_MAX);
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    // A picture without a usable orientation stands as it is.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(orientation);
    if picture.width() == 0 || picture.height() == 0 {
        return Err("The picture is empty.".to_owned());
    }
    Ok(picture)
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err wants it")]
fn damaged(error: image::ImageError) -> String {
    match error {
        image::ImageError::Limits(_) => format!("The picture has more than {SOURCE_SIDE_MAX} pixels a side."),
        image::ImageError::Unsupported(_) => "The picture is neither JPEG nor PNG nor WebP.".to_owned(),
        _ => "The picture is damaged.".to_owned(),
    }
}

/// [`decode`]s a picture and writes it anew: cut to a square around its middle, at most 256 by 256 pixels, as JPEG.
///
/// # Errors
/// As [`decode`].
pub fn prepare(unverified: &[u8]) -> Result<Picture, String> {
    let picture = decode(unverified)?;
    let side = picture.width().min(picture.height());
    let (left, top) = ((picture.width() - side) / 2, (picture.height() - side) / 2);
    let square = picture.crop_imm(left, top, side, side);
    let small = if side > SIDE { square.resize_exact(SIDE, SIDE, FilterType::Triangle) } else { square };
    // JPEG has no transparency: what was see-through becomes white.
    let mut flat = image::RgbaImage::from_pixel(small.width(), small.height(), image::Rgba([255; 4]));
    image::imageops::overlay(&mut flat, &small.to_rgba8(), 0, 0);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(&DynamicImage::ImageRgba8(flat).to_rgb8()).map_err(damaged)?;
    Ok(Picture { media_type: "image/jpeg", bytes })
}

/// The fingerprint of a picture as its source has it: equal means that nothing has to be decoded.
pub fn fingerprint(unverified: &[u8]) -> [u8; 32] {
    sha256(unverified)
}

/// Somebody of a directory, and the picture last taken from there.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Known {
    /// Who.
    pub user: UserId,
    /// Their entry.
    pub entry_id: String,
    /// Whether the directory lists them and lets them in.
    pub is_active: bool,
    /// The [`fingerprint`] of the picture; `None` when they have none.
    pub source: Option<Vec<u8>>,
    /// What the directory said of the entry's age then.
    pub stamp: String,
}

/// The people of a directory.
///
/// # Errors
/// When the database cannot be read.
pub async fn known(conn: &mut Conn, directory: &str) -> sqlx::Result<Vec<Known>> {
    store::picture_sources(conn, directory).await
}

/// Stores a person's picture in place of the one before; `stamp` is what their entry's age was told by.
///
/// # Errors
/// When the database refuses, also when the person is gone.
pub async fn put(tx: &mut Tx, user: UserId, source: &[u8; 32], stamp: &str, picture: &Picture, now: Timestamp) -> sqlx::Result<()> {
    store::put_picture(tx, user, source, stamp, picture, now).await
}

/// Notes that a picture is the same although the entry changed.
///
/// # Errors
/// When the database refuses.
pub async fn keep(tx: &mut Tx, user: UserId, stamp: &str) -> sqlx::Result<()> {
    store::stamp_picture(tx, user, stamp).await
}

/// Takes a person's picture away and remembers which one could not take its place.
///
/// # Errors
/// When the database refuses, also when the person is gone.
pub async fn leave_out(tx: &mut Tx, user: UserId, source: &[u8; 32], stamp: &str, now: Timestamp) -> sqlx::Result<()> {
    store::leave_picture_out(tx, user, source, stamp, now).await
}

/// Takes a person's picture away.
///
/// # Errors
/// When the database refuses.
pub async fn remove(tx: &mut Tx, user: UserId) -> sqlx::Result<()> {
    store::remove_picture(tx, user).await
}

/// The picture at an address; `None` when it is another one by now, or its person may not sign in.
///
/// # Errors
/// When the database cannot be read.
pub async fn read(conn: &mut Conn, user: UserId, name: &str) -> sqlx::Result<Option<(String, Vec<u8>)>> {
    store::picture(conn, user, name).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, RgbImage, RgbaImage};

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    #[test]
    fn a_picture_becomes_a_small_square_jpeg_whatever_it_was() {
        let wide = DynamicImage::ImageRgb8(RgbImage::from_pixel(600, 300, image::Rgb([10, 200, 30])));
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let picture = prepare(&encoded(&wide, format)).unwrap();
            let read = image::load_from_memory_with_format(&picture.bytes, ImageFormat::Jpeg).unwrap();
            assert_eq!((read.width(), read.height()), (256, 256));
            assert_eq!(picture.name().len(), 32);
        }
        let see_through = DynamicImage::ImageRgba8(RgbaImage::from_pixel(40, 40, image::Rgba([0, 0, 0, 0])));
        let picture = prepare(&encoded(&see_through, ImageFormat::Png)).unwrap();
        let read = image::load_from_memory(&picture.bytes).unwrap().to_rgb8();
        assert_eq!((read.width(), read.get_pixel(5, 5).0), (40, [255; 3]));
    }

    #[test]
    fn what_is_no_picture_or_a_bomb_is_refused_with_a_reason() {
        assert!(prepare(b"http://169.254.169.254/").unwrap_err().contains("neither JPEG"));
        assert!(prepare(b"").is_err());
        assert!(prepare(&vec![0; SOURCE_BYTES_MAX + 1]).unwrap_err().contains("5242880"));
        let flat = DynamicImage::ImageLuma8(image::GrayImage::new(SOURCE_SIDE_MAX + 1, 1));
        assert!(prepare(&encoded(&flat, ImageFormat::Png)).unwrap_err().contains("8000 pixels"));
        let mut cut = encoded(&DynamicImage::ImageRgb8(RgbImage::new(64, 64)), ImageFormat::Png);
        cut.truncate(cut.len() / 2);
        assert!(prepare(&cut).unwrap_err().contains("damaged"));
    }
}
