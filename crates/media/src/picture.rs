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

#[cfg(test)]
mod tests {
    use image::RgbaImage;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;

    const FORMATS: [ImageFormat; 4] =
        [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP];

    fn picture(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
        let pixels = RgbaImage::from_fn(width, height, |x, y| {
            let shade = u8::try_from((x * 7 + y * 13) % 256).unwrap();
            image::Rgba([shade, 255 - shade, shade / 2, 255])
        });
        let mut bytes = Cursor::new(Vec::new());
        let picture = DynamicImage::from(pixels);
        let written = match format {
            ImageFormat::Jpeg => picture.to_rgb8().write_to(&mut bytes, format),
            _ => picture.write_to(&mut bytes, format),
        };
        written.unwrap();
        bytes.into_inner()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_thumbnail_is_never_larger_than_asked_for(
            (format, width, height) in (select(&FORMATS[..]), 1..200_u32, 1..200_u32),
            (wish_width, wish_height) in (0..1_000_u32, 0..1_000_u32),
            crops: bool,
        ) {
            let fit = if crops { Fit::Crop } else { Fit::Scale };
            let wish = Size { width: wish_width, height: wish_height };
            let Some(size) = wish.for_wish(fit) else {
                prop_assert!(wish_width > 800 || wish_height > 600);
                return Ok(());
            };
            let made = thumbnail(&picture(format, width, height), size, fit).unwrap();
            match made {
                None => prop_assert!(width <= size.width && height <= size.height),
                Some(made) => {
                    let small = image::load_from_memory(&made.bytes).unwrap();
                    prop_assert!(small.width() <= size.width && small.height() <= size.height);
                    prop_assert!(small.width() > 0 && small.height() > 0);
                }
            }
        }

        #[test]
        fn a_damaged_picture_is_read_or_refused(
            format in select(&FORMATS[..]),
            damage in vec((any::<Index>(), any::<u8>()), 1..12),
            cut: Option<Index>,
        ) {
            let mut bytes = picture(format, 40, 30);
            for (at, byte) in damage {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(cut.map_or(bytes.len(), |at| at.index(bytes.len())));
            if let Ok(Some(made)) = thumbnail(&bytes, Size { width: 32, height: 32 }, Fit::Scale) {
                let small = image::load_from_memory(&made.bytes).unwrap();
                prop_assert!(small.width() <= 32 && small.height() <= 32);
            }
        }

        #[test]
        fn any_bytes_behind_a_format_s_mark_are_read_or_refused(
            format in select(&FORMATS[..]),
            kept in 4..33_usize,
            rest: Vec<u8>,
        ) {
            let mut bytes = picture(format, 8, 8);
            bytes.truncate(kept);
            bytes.extend(rest);
            let _ = thumbnail(&bytes, Size { width: 32, height: 32 }, Fit::Crop);
        }
    }

    #[test]
    fn a_picture_that_says_it_is_enormous_is_refused_unread() {
        let mut bytes = picture(ImageFormat::Png, 8, 8);
        // Width and height stand behind the mark and the first chunk's head.
        bytes[16..20].copy_from_slice(&100_000_u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&100_000_u32.to_be_bytes());
        let found = thumbnail(&bytes, Size { width: 32, height: 32 }, Fit::Scale);
        assert!(found.is_err());
    }
}
