//! What the storage shows, and what a thief may do to it.

use media::MediaError;

use super::fixture::{Fixture, content};

on_every_storage!(
    the_storage_shows_nothing_of_the_content,
    changed_cut_lengthened_and_exchanged_blobs_are_refused,
    a_lost_blob_is_an_error_and_not_empty_content,
);

async fn the_storage_shows_nothing_of_the_content(fixture: Fixture) {
    fixture.uploads(&b"a word to find ".repeat(20_000)).await;
    let files = fixture.files();
    assert_eq!(files.len(), 1);
    let bytes = std::fs::read(&files[0]).unwrap();
    assert!(bytes.len() >= 300_000);
    assert!(!bytes.windows(6).any(|window| window == b"a word"));
}

async fn changed_cut_lengthened_and_exchanged_blobs_are_refused(fixture: Fixture) {
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

async fn a_lost_blob_is_an_error_and_not_empty_content(fixture: Fixture) {
    let id = fixture.uploads(b"content").await;
    std::fs::remove_file(&fixture.files()[0]).unwrap();
    assert!(matches!(fixture.reads(&id).await, Err(MediaError::Lost)));
}
