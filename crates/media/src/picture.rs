//! Pictures: decoding a stranger's bytes with bounds, and making them smaller. Pure.
//!
//! The attacker is who uploads a small file that says it is enormous, or a malformed one. Nothing
//! is decoded whose dimensions were not looked at first, and the decoder's memory is bounded.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use crate::error::MediaError;

/// Pixels of a picture at most. A telephone's camera makes 50 million today.
const MOST_PIXELS: u64 = 64_000_000;
/// Bytes that a decoder may take.
const MOST_MEMORY: u64 = 512 * 1024 * 1024;
/// The quality of JPEG thumbnails.
const QUALITY: u8 = 80;

/// How a thumbnail fits into the size asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Whole, inside the size.
    Scale,
    /// Filling the size, its edges cut.
    Crop,
}

/// Width and height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// A thumbnail.
pub(crate) struct Thumbnail {
    pub(crate) content_type: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Sizes in which thumbnails are made and kept (specification, "Thumbnails").
const SIZES: [Size; 5] = [
    Size { width: 32, height: 32 },
    Size { width: 96, height: 96 },
    Size { width: 320, height: 240 },
    Size { width: 640, height: 480 },
    Size { width: 800, height: 600 },
];

impl Size {
    /// The size to make for a wish: never smaller, of few different ones so that few are kept.
    /// `None` when the wish exceeds all of them: the original serves.
    pub(crate) fn for_wish(self, fit: Fit) -> Option<Self> {
        let covers = |size: &&Self| size.width >= self.width && size.height >= self.height;
        let size = SIZES.iter().find(covers).copied()?;
        match fit {
            Fit::Scale => Some(size),
            Fit::Crop => Some(self.grown_into(size)),
        }
    }

    /// The largest size of this shape that fits into `outer`.
    fn grown_into(self, outer: Self) -> Self {
        let (w, h) = (u64::from(self.width.max(1)), u64::from(self.height.max(1)));
        let (outer_w, outer_h) = (u64::from(outer.width), u64::from(outer.height));
        let narrow = |n: u64| u32::try_from(n.max(1)).unwrap_or(u32::MAX);
        if outer_w * h <= outer_h * w {
            Self { width: outer.width, height: narrow(outer_w * h / w) }
        } else {
            Self { width: narrow(outer_h * w / h), height: outer.height }
        }
    }
}

/// Makes a thumbnail of a picture; `None` when the picture is no larger than that already.
pub(crate) fn thumbnail(
    bytes: &[u8],
    size: Size,
    fit: Fit,
) -> Result<Option<Thumbnail>, MediaError> {
    let picture = decode(bytes)?;
    if picture.width() <= size.width && picture.height() <= size.height {
        return Ok(None);
    }
    let small = match fit {
        Fit::Scale => picture.thumbnail(size.width, size.height),
        Fit::Crop => crop(&picture, size),
    };
    encode(&small).map(Some)
}

/// Cuts the middle out of a picture in the shape of `size`, and shrinks it to that, never growing.
fn crop(picture: &DynamicImage, size: Size) -> DynamicImage {
    let whole = Size { width: picture.width(), height: picture.height() };
    let cut = size.grown_into(whole);
    let (x, y) = ((whole.width - cut.width) / 2, (whole.height - cut.height) / 2);
    let middle = picture.crop_imm(x, y, cut.width, cut.height);
    if cut.width <= size.width { middle } else { middle.thumbnail_exact(size.width, size.height) }
}

/// Decodes a picture upright, within bounds.
fn decode(bytes: &[u8]) -> Result<DynamicImage, MediaError> {
    let format = image::guess_format(bytes).map_err(|error| unreadable(&error))?;
    let known = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP];
    if !known.contains(&format) {
        return Err(MediaError::NoThumbnail("its format is not supported".to_owned()));
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| unreadable(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(MediaError::PictureTooLarge);
    }
    let orientation = decoder.orientation().map_err(|error| unreadable(&error))?;
    let picture = DynamicImage::from_decoder(decoder);
    let mut picture = picture.map_err(|error| unreadable(&error))?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn unreadable(error: &image::ImageError) -> MediaError {
    match error {
        image::ImageError::Limits(_) => MediaError::PictureTooLarge,
        error => MediaError::NoThumbnail(error.to_string()),
    }
}

/// PNG where something shines through, JPEG elsewhere. Neither carries what the original said of
/// camera and place.
fn encode(picture: &DynamicImage) -> Result<Thumbnail, MediaError> {
    let mut bytes = Vec::new();
    let (content_type, done) = if picture.color().has_alpha() {
        let done = picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png);
        ("image/png", done)
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
        ("image/jpeg", picture.to_rgb8().write_with_encoder(encoder))
    };
    done.map_err(|error| unreadable(&error))?;
    Ok(Thumbnail { content_type, bytes })
}
