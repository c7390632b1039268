//! Two nodes over one storage.

use std::io::Cursor;
use std::time::{Duration, Instant};

use image::{DynamicImage, ImageFormat};
use media::{FileInfo, Fit, MediaError, Size};

use super::fixture::{Fixture, NO_WAIT, alice, content, pieces, read};

on_every_storage!(
    what_one_node_stored_the_other_gives_out,
    content_comes_to_an_identifier_of_another_node_once,
    a_download_waits_for_content_that_comes_to_another_node,
    nodes_together_reserve_no_more_than_one_would,
    nodes_that_make_one_thumbnail_at_once_keep_one,
);

async fn what_one_node_stored_the_other_gives_out(fixture: Fixture) {
    let other = fixture.node().await;
    let id = fixture.uploads(&content(6_000_000)).await;
    let download = other.media.download(&id, NO_WAIT).await.unwrap();
    assert_eq!(download.info.content_type.as_deref(), Some("text/plain"));
    assert!(read(download).await.unwrap() == content(6_000_000));
}

async fn content_comes_to_an_identifier_of_another_node_once(fixture: Fixture) {
    let other = fixture.node().await;
    let id = fixture.media.reserve(alice()).await.unwrap().id;
    let uploads: Vec<_> = [&fixture.media, &other.media]
        .map(|media| {
            let (media, id) = (media.clone(), id.clone());
            tokio::spawn(async move {
                media.upload_reserved(alice(), id, FileInfo::default(), pieces(b"content")).await
            })
        })
        .into();
    let mut won = 0;
    for upload in uploads {
        match upload.await.unwrap() {
            Ok(()) => won += 1,
            Err(error) => assert!(matches!(error, MediaError::AlreadyUploaded), "{error}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(fixture.reads(&id).await.unwrap(), b"content");
    assert_eq!(fixture.files().len(), 1);
}

async fn a_download_waits_for_content_that_comes_to_another_node(fixture: Fixture) {
    let other = fixture.node().await;
    let id = fixture.media.reserve(alice()).await.unwrap().id;
    let began = Instant::now();
    let waiting = tokio::spawn({
        let (media, id) = (fixture.media.clone(), id.clone());
        async move { media.download(&id, Duration::from_secs(30)).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    other.media.upload_reserved(alice(), id, FileInfo::default(), pieces(b"late")).await.unwrap();
    assert_eq!(read(waiting.await.unwrap().unwrap()).await.unwrap(), b"late");
    assert!(began.elapsed() < Duration::from_secs(10));
}

async fn nodes_together_reserve_no_more_than_one_would(fixture: Fixture) {
    let other = fixture.node().await;
    let tries: Vec<_> = (0..80)
        .map(|n| {
            let media = if n % 2 == 0 { &fixture.media } else { &other.media }.clone();
            tokio::spawn(async move { media.reserve(alice()).await })
        })
        .collect();
    let mut reserved = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Ok(_) => reserved += 1,
            Err(error) => assert!(matches!(error, MediaError::TooManyReserved), "{error}"),
        }
    }
    assert_eq!(reserved, 32);
}

async fn nodes_that_make_one_thumbnail_at_once_keep_one(fixture: Fixture) {
    let other = fixture.node().await;
    let mut png = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(400, 200).write_to(&mut png, ImageFormat::Png).unwrap();
    let id = fixture.uploads_as("image/png", &png.into_inner()).await;
    let wishes = [&fixture.media, &other.media, &fixture.media, &other.media].map(|media| {
        let (media, id, size) = (media.clone(), id.clone(), Size { width: 96, height: 96 });
        tokio::spawn(async move { media.thumbnail(&id, size, Fit::Crop, NO_WAIT).await })
    });
    for wish in wishes {
        assert!(!read(wish.await.unwrap().unwrap()).await.unwrap().is_empty());
    }
    assert_eq!(fixture.files().len(), 2);
}
