//! What the disk shows, what a thief may do to it, what a crash leaves on it.

use std::io;

use futures_util::{StreamExt, poll, stream};
use media::{FileInfo, MediaError};

use super::fixture::{Fixture, alice, content, pieces};

#[tokio::test]
async fn the_disk_shows_nothing_of_the_content() {
    let fixture = Fixture::new().await;
    fixture.uploads(&b"a word to find ".repeat(20_000)).await;
    let files = fixture.files();
    assert_eq!(files.len(), 1);
    let bytes = std::fs::read(&files[0]).unwrap();
    assert!(bytes.len() >= 300_000);
    assert!(!bytes.windows(6).any(|window| window == b"a word"));
}

#[tokio::test]
async fn changed_cut_lengthened_and_exchanged_blobs_are_refused() {
    let fixture = Fixture::new().await;
    let id = fixture.uploads(&content(200_000)).await;
    let path = fixture.files().remove(0);
    let whole = std::fs::read(&path).unwrap();
    fixture.uploads(&vec![1; 200_000]).await;
    let other = fixture.files().into_iter().find(|file| *file != path).unwrap();
    let chunk = vault::SEALED_CHUNK;
    let changed = {
        let mut bytes = whole.clone();
        bytes[150_000] ^= 1;
        bytes
    };
    let reordered = [&whole[chunk..2 * chunk], &whole[..chunk], &whole[2 * chunk..]].concat();
    let cases = [
        ("changed", changed),
        ("reordered", reordered),
        ("cut", whole[..whole.len() - 1].to_vec()),
        ("cut at a chunk", whole[..2 * chunk].to_vec()),
        ("lengthened", [whole.as_slice(), b"x"].concat()),
        ("empty", Vec::new()),
        ("exchanged", std::fs::read(other).unwrap()),
    ];
    for (case, bytes) in cases {
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(fixture.reads(&id).await, Err(MediaError::Damaged)), "{case}");
    }
    std::fs::write(&path, whole).unwrap();
    assert_eq!(fixture.reads(&id).await.unwrap(), content(200_000));
}

#[tokio::test]
async fn a_lost_blob_is_an_error_and_not_empty_content() {
    let fixture = Fixture::new().await;
    let id = fixture.uploads(b"content").await;
    std::fs::remove_file(&fixture.files()[0]).unwrap();
    assert!(matches!(fixture.reads(&id).await, Err(MediaError::Blob(_))));
}

#[tokio::test]
async fn what_a_crash_left_of_an_upload_is_removed_at_the_next_start() {
    let fixture = Fixture::new().await;
    let kept = fixture.uploads(b"kept").await;
    let stalled = pieces(&content(3_000_000 / 4)).chain(stream::pending::<io::Result<_>>());
    let upload = fixture.media.upload(alice(), FileInfo::default(), stalled);
    let mut upload = Box::pin(upload);
    while fixture.files().len() < 2 {
        assert!(poll!(upload.as_mut()).is_pending());
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // The process is gone; what it wrote is there, and another process starts.
    let media = fixture.opened_again().await;
    assert_eq!(fixture.files().len(), 1);
    assert!(media.download(&kept, std::time::Duration::ZERO).await.is_ok());
}
