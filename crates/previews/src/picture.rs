//! The picture of a page: what it is is looked at, and nothing is decoded.

use std::io::Cursor;

use image::{ImageFormat, ImageReader};

/// Pixels of a picture at most: others are not shown.
const MOST_PIXELS: u64 = 64_000_000;

/// What a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) content_type: &'static str,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// What these bytes are, when they are a picture that clients show, whatever their server says.
pub(crate) fn kind(bytes: &[u8]) -> Option<Kind> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let content_type = match reader.format()? {
        ImageFormat::Png => "image/png",
        ImageFormat::Jpeg => "image/jpeg",
        ImageFormat::Gif => "image/gif",
        ImageFormat::WebP => "image/webp",
        _ => return None,
    };
    let (width, height) = reader.into_dimensions().ok()?;
    let fits = u64::from(width) * u64::from(height) <= MOST_PIXELS && width > 0 && height > 0;
    fits.then_some(Kind { content_type, width, height })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_picture_is_what_its_bytes_say() {
        let mut bytes = Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(3, 2).write_to(&mut bytes, ImageFormat::Png).unwrap();
        let bytes = bytes.into_inner();
        let png = Kind { content_type: "image/png", width: 3, height: 2 };
        assert_eq!(kind(&bytes), Some(png));
        for other in
            [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"<html>", b"", &bytes[..12]]
        {
            assert_eq!(kind(other), None);
        }
        // It says that it has 2^31 pixels across.
        let mut huge = bytes.clone();
        huge[16] = 0x7f;
        assert_eq!(kind(&huge), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at(bytes: Vec<u8>) {
            let _ = kind(&bytes);
        }
    }
}
