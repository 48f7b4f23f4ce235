//! Pictures of people: taken from where they come, made small, served under an address that changes with them.

use std::fmt;
use std::io::Cursor;
use std::time::Duration;

use anyhow::Context as _;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageReader, Limits};
use tokio::sync::Semaphore;

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
/// The most pixels decoded: a telephone's best.
const SOURCE_PIXELS_MAX: u64 = 30_000_000;
/// What decoding one picture may take of memory, in bytes.
const DECODE_BYTES_MAX: u64 = 200 * 1024 * 1024;
/// How well a picture is kept, of 100.
const QUALITY: u8 = 82;
/// Pictures people send are decoded one at a time: a hundred at once must not take the memory or the processors of everybody who signs in.
static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);
/// How long somebody waits for those before.
const WAIT_MAX: Duration = Duration::from_secs(10);

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

/// Why a picture of unknown origin cannot be used. Printed, it is a sentence for logs and administrators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// The file has more than [`SOURCE_BYTES_MAX`].
    TooLarge,
    /// It would become too large when it is decoded.
    TooManyPixels,
    /// It is no picture of a kind that is taken.
    Unsupported,
    /// It cannot be read to its end, or there is nothing on it.
    Damaged,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "The picture has more than {SOURCE_BYTES_MAX} bytes."),
            Self::TooManyPixels => {
                write!(f, "The picture has more than {SOURCE_SIDE_MAX} pixels a side, or more than {} million in all.", SOURCE_PIXELS_MAX / 1_000_000)
            }
            Self::Unsupported => write!(f, "The picture is neither JPEG nor PNG, WebP or GIF."),
            Self::Damaged => write!(f, "The picture is damaged or empty."),
        }
    }
}

impl From<image::ImageError> for Unusable {
    fn from(error: image::ImageError) -> Self {
        match error {
            image::ImageError::Limits(_) => Self::TooManyPixels,
            image::ImageError::Unsupported(_) => Self::Unsupported,
            _ => Self::Damaged,
        }
    }
}

/// Which square of a picture to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crop {
    /// Where the square lies between left (0) and right (100).
    pub x: u32,
    /// Where it lies between top (0) and bottom (100).
    pub y: u32,
    /// How near: 100 is the largest square there is, 400 one of a quarter of its side.
    pub zoom: u32,
}

impl Default for Crop {
    fn default() -> Self {
        Self { x: 50, y: 50, zoom: 100 }
    }
}

impl Crop {
    /// Whether nothing was chosen.
    pub fn is_whole(&self) -> bool {
        *self == Self::default()
    }

    /// Reads what a form says; what is missing, no number or beyond the ends becomes the nearest that is allowed.
    pub fn read(x: &str, y: &str, zoom: &str) -> Self {
        let read = |text: &str, otherwise: u32, least: u32, most: u32| text.trim().parse().unwrap_or(otherwise).clamp(least, most);
        let whole = Self::default();
        Self { x: read(x, whole.x, 0, 100), y: read(y, whole.y, 0, 100), zoom: read(zoom, whole.zoom, 100, 400) }
    }

    /// Left, top and side of the square in a picture of this size, in pixels.
    fn square(self, width: u32, height: u32) -> (u32, u32, u32) {
        let side = (u64::from(width.min(height)) * 100 / u64::from(self.zoom.max(100))).max(1);
        let along = |room: u32, percent: u32| u64::from(room).saturating_sub(side) * u64::from(percent.min(100)) / 100;
        let whole = |pixels: u64| u32::try_from(pixels).unwrap_or(u32::MAX);
        (whole(along(width, self.x)), whole(along(height, self.y)), whole(side))
    }
}

/// Decodes a picture of unknown origin, within limits, and turns it upright; of an animation the first picture. Keeps a processor busy for some milliseconds.
///
/// # Errors
/// When it is larger than 5 MiB, 8,000 pixels a side or 30 million in all, no JPEG, PNG, WebP or GIF, empty or damaged.
pub fn decode(unverified: &[u8]) -> Result<DynamicImage, Unusable> {
    if unverified.len() > SOURCE_BYTES_MAX {
        return Err(Unusable::TooLarge);
    }
    let mut reader = ImageReader::new(Cursor::new(unverified)).with_guessed_format().map_err(|_| Unusable::Damaged)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SOURCE_SIDE_MAX);
    limits.max_image_height = Some(SOURCE_SIDE_MAX);
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    // Before anything is decoded: the head alone says how large it becomes.
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > SOURCE_PIXELS_MAX || decoder.total_bytes() > DECODE_BYTES_MAX {
        return Err(Unusable::TooManyPixels);
    }
    // A picture without a usable orientation stands as it is.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    if picture.width() == 0 || picture.height() == 0 {
        return Err(Unusable::Damaged);
    }
    Ok(picture)
}

/// [`decode`]s a picture and writes it anew: cut to a square around its middle, at most 256 by 256 pixels, as JPEG.
///
/// # Errors
/// As [`decode`].
pub fn prepare(unverified: &[u8]) -> Result<Picture, Unusable> {
    prepare_cropped(unverified, Crop::default())
}

/// What became of a picture somebody sent.
#[derive(Debug)]
pub enum Prepared {
    /// It can be stored.
    Done(Picture),
    /// It cannot be used.
    Refused(Unusable),
    /// Others are before it, and it is not its turn for too long.
    Busy,
}

/// [`prepare`] for a picture somebody sent, with the square they chose: beside the pages' threads, and one at a time however many come.
///
/// # Errors
/// When the work itself failed.
pub async fn prepare_sent(unverified: Vec<u8>, crop: Crop) -> anyhow::Result<Prepared> {
    let Ok(Ok(turn)) = tokio::time::timeout(WAIT_MAX, ONE_AT_A_TIME.acquire()).await else { return Ok(Prepared::Busy) };
    let work = move || {
        // Held by the work and not by the request, which may be gone before the work ends.
        let _turn = turn;
        prepare_cropped(&unverified, crop)
    };
    Ok(match tokio::task::spawn_blocking(work).await.context("making a picture small")? {
        Ok(picture) => Prepared::Done(picture),
        Err(reason) => Prepared::Refused(reason),
    })
}

fn prepare_cropped(unverified: &[u8], crop: Crop) -> Result<Picture, Unusable> {
    let picture = decode(unverified)?;
    let (left, top, side) = crop.square(picture.width(), picture.height());
    let square = picture.crop_imm(left, top, side, side);
    let small = if side > SIDE { square.resize_exact(SIDE, SIDE, FilterType::Triangle) } else { square };
    // JPEG has no transparency: what was see-through becomes white.
    let mut flat = image::RgbaImage::from_pixel(small.width(), small.height(), image::Rgba([255; 4]));
    image::imageops::overlay(&mut flat, &small.to_rgba8(), 0, 0);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(&DynamicImage::ImageRgba8(flat).to_rgb8())?;
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

/// What stands where a directory's stamp would, for pictures people sent themselves: no directory takes those away.
const OWN: &str = "own";

/// Stores a picture its person sent.
///
/// # Errors
/// When the database refuses, also when the person is gone.
pub async fn put_own(tx: &mut Tx, user: UserId, picture: &Picture, now: Timestamp) -> sqlx::Result<()> {
    store::put_picture(tx, user, &sha256(&picture.bytes), OWN, picture, now).await
}

/// Whether a person's picture is one they sent themselves.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_own(conn: &mut Conn, user: UserId) -> sqlx::Result<bool> {
    store::is_own_picture(conn, user).await
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
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
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
        assert!(prepare(b"http://169.254.169.254/").unwrap_err().to_string().contains("neither JPEG"));
        assert!(prepare(b"").is_err());
        assert!(prepare(&vec![0; SOURCE_BYTES_MAX + 1]).unwrap_err().to_string().contains("5242880 bytes"));
        let flat = DynamicImage::ImageLuma8(image::GrayImage::new(SOURCE_SIDE_MAX + 1, 1));
        assert!(prepare(&encoded(&flat, ImageFormat::Png)).unwrap_err().to_string().contains("8000 pixels"));
        let many = DynamicImage::ImageLuma8(image::GrayImage::new(6_000, 6_000));
        assert!(prepare(&encoded(&many, ImageFormat::Png)).unwrap_err().to_string().contains("30 million"));
        assert!(prepare(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>").unwrap_err().to_string().contains("neither JPEG"));
        assert!(prepare(b"BM\x00\x00").unwrap_err().to_string().contains("neither JPEG"));
        let mut cut = encoded(&DynamicImage::ImageRgb8(RgbImage::new(64, 64)), ImageFormat::Png);
        cut.truncate(cut.len() / 2);
        assert!(prepare(&cut).unwrap_err().to_string().contains("damaged"));
    }

    #[test]
    fn the_square_somebody_chose_lies_inside_the_picture() {
        let whole = Crop::default();
        assert_eq!(whole.square(600, 300), (150, 0, 300));
        assert_eq!(Crop { x: 0, ..whole }.square(600, 300), (0, 0, 300));
        assert_eq!(Crop { x: 100, y: 100, zoom: 200 }.square(600, 300), (450, 150, 150));
        assert_eq!(Crop::read("-5", "nonsense", "9999"), Crop { x: 50, y: 50, zoom: 400 });
        assert_eq!(Crop::read("200", "7", "50"), Crop { x: 100, y: 7, zoom: 100 });
        for (width, height) in [(1, 1), (1, 8_000), (7, 3)] {
            for x in [0, 50, 100] {
                let (left, top, side) = Crop { x, y: x, zoom: 400 }.square(width, height);
                assert!(side >= 1 && left + side <= width && top + side <= height, "{width}x{height} {x}");
            }
        }
        let mut halves = RgbImage::from_pixel(400, 200, image::Rgb([255, 0, 0]));
        image::imageops::replace(&mut halves, &RgbImage::from_pixel(200, 200, image::Rgb([0, 0, 255])), 200, 0);
        let right = prepare_cropped(&encoded(&DynamicImage::ImageRgb8(halves), ImageFormat::Png), Crop { x: 100, ..whole }).unwrap();
        let [red, _, blue] = image::load_from_memory(&right.bytes).unwrap().to_rgb8().get_pixel(20, 100).0;
        assert!(red < 60 && blue > 200, "{red} {blue}");
    }

    #[test]
    fn what_a_camera_wrote_beside_the_picture_is_gone_and_it_stands_upright() {
        // Big-endian TIFF: one tag, orientation 6 (to be turned to the right), and a text as a place would be.
        let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
        exif.extend_from_slice(b"GPS 47.3769 N 8.5417 E");
        let mut picture = RgbImage::from_pixel(64, 32, image::Rgb([255, 255, 255]));
        image::imageops::replace(&mut picture, &RgbImage::from_pixel(16, 32, image::Rgb([0, 0, 0])), 0, 0);
        let plain = encoded(&DynamicImage::ImageRgb8(picture), ImageFormat::Jpeg);
        let mut tagged = plain[..2].to_vec();
        tagged.extend_from_slice(&[0xff, 0xe1]);
        tagged.extend_from_slice(&u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
        tagged.extend_from_slice(&exif);
        tagged.extend_from_slice(&plain[2..]);
        let upright = decode(&tagged).unwrap();
        assert_eq!((upright.width(), upright.height()), (32, 64));
        let top = prepare_cropped(&tagged, Crop { y: 0, ..Crop::default() }).unwrap();
        assert!(!top.bytes.windows(4).any(|bytes| bytes == b"Exif" || bytes == b"GPS "));
        let read = image::load_from_memory(&top.bytes).unwrap().to_rgb8();
        assert!(read.get_pixel(16, 3).0[0] < 60 && read.get_pixel(16, 28).0[0] > 200, "the dark edge was at the left and is at the top now");
    }
}
