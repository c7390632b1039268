//! Uploading and downloading.

use std::io;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use media::{FileInfo, MediaError, MediaId};
use vault::Owner;

use super::fixture::{Fixture, LIMIT, NO_WAIT, alice, content, pieces};

on_every_storage!(
    content_of_every_length_reads_back,
    what_the_uploader_said_of_the_file_comes_back,
    content_over_the_limit_is_refused_while_it_comes_and_leaves_nothing,
    an_interrupted_upload_leaves_nothing,
    names_and_types_without_end_are_refused,
    unknown_media_is_not_found,
    media_of_an_account_whose_key_was_destroyed_is_not_found,
    many_uploads_at_once_do_not_mix,
);

async fn content_of_every_length_reads_back(fixture: Fixture) {
    let chunk = vault::CHUNK;
    for length in [0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 1_000_000, 6_000_000] {
        let content = content(length);
        let id = fixture.uploads(&content).await;
        assert!(fixture.reads(&id).await.unwrap() == content, "{length} bytes");
    }
}

async fn what_the_uploader_said_of_the_file_comes_back(fixture: Fixture) {
    let said = FileInfo {
        content_type: Some("text/plain; charset=utf-8".to_owned()),
        name: Some("été.txt".to_owned()),
    };
    for info in [said, FileInfo::default()] {
        let id = fixture.media.upload(alice(), info.clone(), pieces(b"x")).await.unwrap();
        assert_eq!(fixture.media.download(&id, NO_WAIT).await.unwrap().info, info);
    }
}

async fn content_over_the_limit_is_refused_while_it_comes_and_leaves_nothing(fixture: Fixture) {
    // A body without end: it can be refused only while it comes.
    let endless = stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from_static(&[7; 9000])));
    let refused = fixture.media.upload(alice(), FileInfo::default(), endless).await;
    assert!(matches!(refused, Err(MediaError::TooLarge { limit: LIMIT })));
    assert!(fixture.files().is_empty());
}

async fn an_interrupted_upload_leaves_nothing(fixture: Fixture) {
    let body =
        pieces(&content(500_000)).chain(stream::iter([Err(io::ErrorKind::BrokenPipe.into())]));
    let refused = fixture.media.upload(alice(), FileInfo::default(), body).await;
    assert!(matches!(refused, Err(MediaError::Interrupted)));
    assert!(fixture.files().is_empty());
}

async fn names_and_types_without_end_are_refused(fixture: Fixture) {
    let info = FileInfo { name: Some("x".repeat(5000)), content_type: None };
    let refused = fixture.media.upload(alice(), info, pieces(b"x")).await;
    assert!(matches!(refused, Err(MediaError::LongDescription)));
}

async fn unknown_media_is_not_found(fixture: Fixture) {
    let id = MediaId::parse("abcdefgh").unwrap();
    assert!(matches!(fixture.reads(&id).await, Err(MediaError::NotFound)));
}

#[test]
fn an_identifier_is_no_path() {
    let too_long = "a".repeat(256);
    for wrong in ["", ".", "..", "a/b", "a.b", "a%2e", "é", "a b", "a\0", &too_long] {
        assert!(MediaId::parse(wrong).is_err(), "{wrong:?}");
    }
    assert_eq!(MediaId::parse("Az09_-").unwrap().as_str(), "Az09_-");
}

async fn media_of_an_account_whose_key_was_destroyed_is_not_found(fixture: Fixture) {
    let id = fixture.uploads(b"secret").await;
    fixture.vault.destroy(&Owner::Person(alice().to_owned())).await.unwrap();
    assert!(matches!(fixture.reads(&id).await, Err(MediaError::NotFound)));
    let refused = fixture.media.upload(alice(), FileInfo::default(), pieces(b"more")).await;
    assert!(matches!(refused, Err(MediaError::AccountEnded)));
}

async fn many_uploads_at_once_do_not_mix(fixture: Fixture) {
    let uploads: Vec<_> = (0..20_u8)
        .map(|n| {
            let media = fixture.media.clone();
            let body = pieces(&vec![n; 200_000]);
            tokio::spawn(async move { media.upload(alice(), FileInfo::default(), body).await })
        })
        .collect();
    for (n, upload) in (0..).zip(uploads) {
        let id = upload.await.unwrap().unwrap();
        assert!(fixture.reads(&id).await.unwrap() == vec![n; 200_000]);
    }
    assert_eq!(fixture.files().len(), 20);
}
