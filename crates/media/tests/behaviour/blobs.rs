//! Sealed bytes as copies and backups move them.

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use media::{BlobStream, Blobs, FileInfo, MediaError};

use super::fixture::{Fixture, NO_WAIT, alice, content, pieces, read};
use super::place::Place;

on_every_storage!(
    a_list_goes_on_where_the_last_one_ended,
    blobs_moved_to_another_storage_are_given_out_there,
    a_blob_whose_bytes_fail_is_not_there,
    a_blob_that_is_not_there_is_none,
    a_name_is_no_path,
);

fn bytes(content: &[u8]) -> BlobStream {
    let pieces: Vec<_> =
        content.chunks(100_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces).boxed()
}

async fn all(blobs: &Blobs, name: &str) -> Vec<u8> {
    let (size, source) = blobs.read(name).await.unwrap().unwrap();
    let pieces: Vec<Bytes> = source.try_collect().await.unwrap();
    let all = pieces.concat();
    assert_eq!(all.len() as u64, size);
    all
}

async fn a_list_goes_on_where_the_last_one_ended(fixture: Fixture) {
    let blobs = fixture.blobs();
    let mut names = ["abzz22", "zz2345", "abaa22", "ab", "aa9999", "ac2222", "abaa23"];
    for name in names {
        assert_eq!(blobs.write(name, bytes(name.as_bytes())).await.unwrap(), name.len() as u64);
    }
    names.sort_unstable();
    for limit in [1, 2, 3, 100] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = blobs.list(after.as_deref(), limit).await.unwrap();
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            after = Some(last.name.clone());
            found.extend(
                page.into_iter().map(|blob| (blob.name.len() as u64 == blob.size, blob.name)),
            );
        }
        let expected: Vec<_> = names.iter().map(|name| (true, (*name).to_owned())).collect();
        assert_eq!(found, expected, "{limit} at a time");
    }
}

async fn blobs_moved_to_another_storage_are_given_out_there(fixture: Fixture) {
    let (small, large) = (b"small".to_vec(), content(6_000_000));
    let ids = [fixture.uploads(&small).await, fixture.uploads(&large).await];
    for other in [Place::directory(), Place::s3()] {
        let (from, to) = (fixture.blobs(), Blobs::open(&other.storage()).unwrap());
        for blob in from.list(None, 10).await.unwrap() {
            let (_, source) = from.read(&blob.name).await.unwrap().unwrap();
            assert_eq!(to.write(&blob.name, source).await.unwrap(), blob.size);
            assert_eq!(to.size(&blob.name).await.unwrap(), Some(blob.size));
            assert!(all(&to, &blob.name).await == all(&from, &blob.name).await);
        }
        let moved = fixture.node_at(&other).await;
        for (id, content) in ids.iter().zip([&small, &large]) {
            let download = moved.media.download(id, NO_WAIT).await.unwrap();
            assert!(read(download).await.unwrap() == *content);
        }
        moved.media.upload(alice(), FileInfo::default(), pieces(b"on")).await.unwrap();
    }
}

async fn a_blob_whose_bytes_fail_is_not_there(fixture: Fixture) {
    for length in [10, 6_000_000] {
        let broken = bytes(&content(length)).chain(stream::iter([Err(MediaError::Interrupted)]));
        let refused = fixture.blobs().write("abcdefgh", broken).await;
        assert!(matches!(refused, Err(MediaError::Interrupted)));
        assert!(fixture.files().is_empty(), "{length} bytes: {:?}", fixture.files());
    }
}

async fn a_blob_that_is_not_there_is_none(fixture: Fixture) {
    let blobs = fixture.blobs();
    assert!(blobs.read("abcdefgh").await.unwrap().is_none());
    assert_eq!(blobs.size("abcdefgh").await.unwrap(), None);
    assert!(blobs.list(None, 10).await.unwrap().is_empty());
}

async fn a_name_is_no_path(fixture: Fixture) {
    for name in ["", "a", "..", "../../x", "ab/cd", "ab#1", "ABcd", "ab.d", "é2", &"a".repeat(65)]
    {
        let refused = fixture.blobs().write(name, bytes(b"x")).await;
        assert!(matches!(refused, Err(MediaError::NotFound)), "{name:?}");
        assert!(fixture.blobs().read(name).await.is_err(), "{name:?}");
    }
}
