//! Thumbnails.

use std::io::Cursor;
use std::time::Duration;

use image::{DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use media::{Fit, MediaError, MediaId, Size};
use vault::Owner;

use super::fixture::{Fixture, NO_WAIT, alice, read};

on_every_storage!(
    thumbnails_have_the_sizes_of_the_specification,
    every_supported_format_gets_a_thumbnail,
    a_small_picture_is_given_as_it_is_and_never_grows,
    what_shines_through_still_does,
    a_turned_picture_stands_upright_and_says_nothing_of_its_camera,
    a_second_wish_is_served_from_what_was_kept,
    odd_shapes_do_not_fill_the_disk,
    many_who_want_a_thumbnail_at_once_get_it_and_one_is_kept,
    a_thumbnail_goes_with_its_uploaders_key,
    enormous_and_malformed_pictures_are_refused,
    what_does_not_say_that_it_is_a_picture_gets_no_thumbnail,
);

/// Left half red, right half blue.
fn picture(width: u32, height: u32) -> DynamicImage {
    let colour = |x| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) };
    RgbImage::from_fn(width, height, |x, _| colour(x)).into()
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn size(width: u32, height: u32) -> Size {
    Size { width, height }
}

async fn thumbnail(
    fixture: &Fixture,
    id: &MediaId,
    wish: Size,
    fit: Fit,
) -> Result<(String, Vec<u8>), MediaError> {
    let download = fixture.media.thumbnail(id, wish, fit, NO_WAIT).await?;
    let kind = download.info.content_type.clone().unwrap();
    Ok((kind, read(download).await?))
}

async fn dimensions(fixture: &Fixture, id: &MediaId, wish: Size, fit: Fit) -> (u32, u32) {
    let (_, bytes) = thumbnail(fixture, id, wish, fit).await.unwrap();
    image::load_from_memory(&bytes).unwrap().dimensions()
}

async fn thumbnails_have_the_sizes_of_the_specification(fixture: Fixture) {
    let png = encoded(&picture(1600, 800), ImageFormat::Png);
    let id = fixture.uploads_as("image/png", &png).await;
    let cases = [
        (size(32, 32), Fit::Crop, (32, 32)),
        (size(96, 96), Fit::Crop, (96, 96)),
        (size(320, 240), Fit::Scale, (320, 160)),
        (size(640, 480), Fit::Scale, (640, 320)),
        (size(800, 600), Fit::Scale, (800, 400)),
        // Others get the next larger, in the shape asked for when edges are cut.
        (size(33, 33), Fit::Crop, (96, 96)),
        (size(30, 15), Fit::Crop, (32, 16)),
        (size(100, 200), Fit::Crop, (120, 240)),
        (size(1, 1), Fit::Scale, (32, 16)),
        // None is made larger than all of these: the original serves.
        (size(801, 1), Fit::Scale, (1600, 800)),
        (size(u32::MAX, u32::MAX), Fit::Crop, (1600, 800)),
    ];
    for (wish, fit, expected) in cases {
        assert_eq!(dimensions(&fixture, &id, wish, fit).await, expected, "{wish:?} {fit:?}");
    }
}

async fn every_supported_format_gets_a_thumbnail(fixture: Fixture) {
    let cases = [
        (ImageFormat::Png, "image/png"),
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Gif, "image/gif"),
        (ImageFormat::WebP, "image/webp"),
    ];
    for (format, kind) in cases {
        let id = fixture.uploads_as(kind, &encoded(&picture(400, 200), format)).await;
        let found = dimensions(&fixture, &id, size(96, 96), Fit::Scale).await;
        assert_eq!(found, (96, 48), "{kind}");
    }
}

async fn a_small_picture_is_given_as_it_is_and_never_grows(fixture: Fixture) {
    let png = encoded(&picture(20, 10), ImageFormat::Png);
    let id = fixture.uploads_as("image/png", &png).await;
    for fit in [Fit::Scale, Fit::Crop] {
        let (_, bytes) = thumbnail(&fixture, &id, size(96, 96), fit).await.unwrap();
        assert_eq!(bytes, png);
    }
    let long = fixture.uploads_as("image/png", &encoded(&picture(300, 20), ImageFormat::Png)).await;
    assert_eq!(dimensions(&fixture, &long, size(96, 96), Fit::Crop).await, (20, 20));
}

async fn what_shines_through_still_does(fixture: Fixture) {
    let glass = RgbaImage::from_pixel(200, 200, Rgba([0, 255, 0, 100])).into();
    let id = fixture.uploads_as("image/png", &encoded(&glass, ImageFormat::Png)).await;
    let (kind, bytes) = thumbnail(&fixture, &id, size(32, 32), Fit::Crop).await.unwrap();
    assert_eq!(kind, "image/png");
    assert_eq!(image::load_from_memory(&bytes).unwrap().get_pixel(5, 5).0[3], 100);
    let opaque = encoded(&picture(200, 200), ImageFormat::Png);
    let id = fixture.uploads_as("image/png", &opaque).await;
    assert_eq!(thumbnail(&fixture, &id, size(32, 32), Fit::Crop).await.unwrap().0, "image/jpeg");
}

/// A JPEG that says that its top is at the right: a telephone held upright.
fn turned(width: u32, height: u32) -> Vec<u8> {
    let jpeg = encoded(&picture(width, height), ImageFormat::Jpeg);
    // TIFF header, one directory of one entry: orientation (0x0112), a short, 6.
    let tiff: &[u8] = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let segment = [b"Exif\0\0", tiff].concat();
    let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], b"\xff\xe1", &length, &segment, &jpeg[2..]].concat()
}

async fn a_turned_picture_stands_upright_and_says_nothing_of_its_camera(fixture: Fixture) {
    let id = fixture.uploads_as("image/jpeg", &turned(400, 200)).await;
    let (_, bytes) = thumbnail(&fixture, &id, size(96, 96), Fit::Scale).await.unwrap();
    let small = image::load_from_memory(&bytes).unwrap();
    assert_eq!(small.dimensions(), (48, 96));
    // Turned clockwise, the left half is at the top.
    assert!(small.get_pixel(24, 10).0[0] > 200 && small.get_pixel(24, 86).0[2] > 200);
    assert!(!bytes.windows(4).any(|window| window == b"Exif"));
}

async fn a_second_wish_is_served_from_what_was_kept(fixture: Fixture) {
    let png = encoded(&picture(400, 200), ImageFormat::Png);
    let id = fixture.uploads_as("image/png", &png).await;
    let first = thumbnail(&fixture, &id, size(96, 96), Fit::Scale).await.unwrap();
    assert_eq!(fixture.files().len(), 2);
    assert_eq!(thumbnail(&fixture, &id, size(90, 50), Fit::Scale).await.unwrap(), first);
    assert_eq!(fixture.files().len(), 2);
    for file in fixture.files() {
        let bytes = std::fs::read(file).unwrap();
        assert!(image::guess_format(&bytes).is_err(), "a picture lies readable on the disk");
    }
}

async fn odd_shapes_do_not_fill_the_disk(fixture: Fixture) {
    let png = encoded(&picture(400, 200), ImageFormat::Png);
    let id = fixture.uploads_as("image/png", &png).await;
    for height in 1..40 {
        thumbnail(&fixture, &id, size(40, height), Fit::Crop).await.unwrap();
    }
    assert_eq!(fixture.files().len(), 17);
}

async fn many_who_want_a_thumbnail_at_once_get_it_and_one_is_kept(fixture: Fixture) {
    let png = encoded(&picture(400, 200), ImageFormat::Png);
    let id = fixture.uploads_as("image/png", &png).await;
    let wishes: Vec<_> = (0..8)
        .map(|_| {
            let (media, id) = (fixture.media.clone(), id.clone());
            tokio::spawn(async move {
                media.thumbnail(&id, size(96, 96), Fit::Crop, Duration::ZERO).await
            })
        })
        .collect();
    for wish in wishes {
        assert!(!read(wish.await.unwrap().unwrap()).await.unwrap().is_empty());
    }
    assert_eq!(fixture.files().len(), 2);
}

async fn a_thumbnail_goes_with_its_uploaders_key(fixture: Fixture) {
    let png = encoded(&picture(400, 200), ImageFormat::Png);
    let id = fixture.uploads_as("image/png", &png).await;
    thumbnail(&fixture, &id, size(96, 96), Fit::Crop).await.unwrap();
    fixture.vault.destroy(&Owner::Person(alice().to_owned())).await.unwrap();
    let gone = thumbnail(&fixture, &id, size(96, 96), Fit::Crop).await;
    assert!(matches!(gone, Err(MediaError::NotFound)));
}

/// A small PNG whose header says that it has this size.
fn pretending(width: u32, height: u32) -> Vec<u8> {
    let mut png = encoded(&picture(8, 8), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let check = crc(&png[12..29]);
    png[29..33].copy_from_slice(&check.to_be_bytes());
    png
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    })
}

async fn enormous_and_malformed_pictures_are_refused(fixture: Fixture) {
    for (width, height) in [(100_000, 100_000), (64_000_001, 1), (u32::MAX >> 1, 1)] {
        let id = fixture.uploads_as("image/png", &pretending(width, height)).await;
        let refused = thumbnail(&fixture, &id, size(96, 96), Fit::Scale).await;
        assert!(matches!(refused, Err(MediaError::PictureTooLarge)), "{width}x{height}");
    }
    let whole = encoded(&picture(400, 200), ImageFormat::Png);
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec();
    for bytes in [Vec::new(), b"GIF89a".to_vec(), whole[..whole.len() / 2].to_vec(), svg] {
        let id = fixture.uploads_as("image/png", &bytes).await;
        let refused = thumbnail(&fixture, &id, size(96, 96), Fit::Scale).await;
        assert!(matches!(refused, Err(MediaError::NoThumbnail(_))), "{refused:?}");
    }
}

async fn what_does_not_say_that_it_is_a_picture_gets_no_thumbnail(fixture: Fixture) {
    let png = encoded(&picture(400, 200), ImageFormat::Png);
    let id = fixture.uploads_as("application/octet-stream", &png).await;
    for wish in [size(96, 96), size(5000, 5000)] {
        let refused = thumbnail(&fixture, &id, wish, Fit::Scale).await;
        assert!(matches!(refused, Err(MediaError::NoThumbnail(_))));
    }
}
