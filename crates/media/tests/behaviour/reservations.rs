//! Identifiers first, content later.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use media::{FileInfo, MediaError};

use super::fixture::{Fixture, NO_WAIT, alice, bob, content, pieces, read};

on_every_storage!(
    content_comes_to_its_reserved_identifier_once,
    of_two_uploads_at_once_to_one_identifier_one_wins_and_the_other_leaves_nothing,
    nobody_else_fills_a_reserved_identifier,
    an_expired_identifier_is_unknown_and_makes_room_for_others,
    filling_identifiers_makes_room_for_others,
    a_download_waits_for_announced_content,
    an_interrupted_upload_may_be_tried_again,
);

async fn content_comes_to_its_reserved_identifier_once(fixture: Fixture) {
    let id = fixture.media.reserve(alice()).await.unwrap().id;
    let upload = |content: &[u8]| {
        fixture.media.upload_reserved(alice(), id.clone(), FileInfo::default(), pieces(content))
    };
    upload(b"content").await.unwrap();
    assert!(matches!(upload(b"other").await, Err(MediaError::AlreadyUploaded)));
    assert_eq!(fixture.reads(&id).await.unwrap(), b"content");
    assert_eq!(fixture.files().len(), 1);
}

async fn of_two_uploads_at_once_to_one_identifier_one_wins_and_the_other_leaves_nothing(
    fixture: Fixture,
) {
    let id = fixture.media.reserve(alice()).await.unwrap().id;
    let uploads: Vec<_> = (0..4_u8)
        .map(|n| {
            let (media, id) = (fixture.media.clone(), id.clone());
            tokio::spawn(async move {
                let body = pieces(&vec![n; 100_000]);
                media.upload_reserved(alice(), id, FileInfo::default(), body).await
            })
        })
        .collect();
    let mut won = Vec::new();
    for (n, upload) in (0_u8..).zip(uploads) {
        match upload.await.unwrap() {
            Ok(()) => won.push(n),
            Err(error) => assert!(matches!(error, MediaError::AlreadyUploaded), "{error}"),
        }
    }
    assert_eq!(won.len(), 1);
    assert!(fixture.reads(&id).await.unwrap() == vec![won[0]; 100_000]);
    assert_eq!(fixture.files().len(), 1);
}

async fn nobody_else_fills_a_reserved_identifier(fixture: Fixture) {
    let id = fixture.media.reserve(alice()).await.unwrap().id;
    let refused = fixture.media.upload_reserved(bob(), id, FileInfo::default(), pieces(b"x")).await;
    assert!(matches!(refused, Err(MediaError::NotTheirs)));
}

async fn an_expired_identifier_is_unknown_and_makes_room_for_others(fixture: Fixture) {
    let first = fixture.media.reserve(alice()).await.unwrap();
    for _ in 1..32 {
        fixture.media.reserve(alice()).await.unwrap();
    }
    let refused = fixture.media.reserve(alice()).await;
    assert!(matches!(refused, Err(MediaError::TooManyReserved)));
    assert!(fixture.media.reserve(bob()).await.is_ok());
    fixture.clock.advance(Duration::from_hours(24));
    let (id, info) = (first.id.clone(), FileInfo::default());
    let late = fixture.media.upload_reserved(alice(), id, info, pieces(b"x")).await;
    assert!(matches!(late, Err(MediaError::NotFound)));
    assert!(matches!(fixture.reads(&first.id).await, Err(MediaError::NotFound)));
    fixture.media.reserve(alice()).await.unwrap();
}

async fn filling_identifiers_makes_room_for_others(fixture: Fixture) {
    for _ in 0..40 {
        let id = fixture.media.reserve(alice()).await.unwrap().id;
        let info = FileInfo::default();
        fixture.media.upload_reserved(alice(), id, info, pieces(b"x")).await.unwrap();
    }
}

async fn a_download_waits_for_announced_content(fixture: Fixture) {
    let id = fixture.media.reserve(alice()).await.unwrap().id;
    let early = fixture.media.download(&id, Duration::from_millis(20)).await;
    assert!(matches!(early, Err(MediaError::NotYetUploaded)));
    let waiting = tokio::spawn({
        let (media, id) = (fixture.media.clone(), id.clone());
        async move { media.download(&id, Duration::from_secs(30)).await }
    });
    let body = pieces(&content(100_000));
    fixture.media.upload_reserved(alice(), id, FileInfo::default(), body).await.unwrap();
    assert_eq!(read(waiting.await.unwrap().unwrap()).await.unwrap(), content(100_000));
}

async fn an_interrupted_upload_may_be_tried_again(fixture: Fixture) {
    let id = fixture.media.reserve(alice()).await.unwrap().id;
    let broken = pieces(b"half").chain(stream::iter([Err(std::io::ErrorKind::BrokenPipe.into())]));
    let info = FileInfo::default();
    let first = fixture.media.upload_reserved(alice(), id.clone(), info.clone(), broken).await;
    assert!(matches!(first, Err(MediaError::Interrupted)));
    fixture.media.upload_reserved(alice(), id.clone(), info, pieces(b"whole")).await.unwrap();
    let download = fixture.media.download(&id, NO_WAIT).await.unwrap();
    assert_eq!(read(download).await.unwrap(), b"whole");
}
