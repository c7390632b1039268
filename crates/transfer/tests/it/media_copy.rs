//! Copying media between storages.

use media::{Blobs, Storage};
use transfer::{Progress, TransferError, copy_blobs};

use crate::town::{Town, files};

#[tokio::test]
async fn every_blob_is_copied_once_and_compared_after() {
    let town = Town::with(1).await;
    town.uploads(3_000_000).await;
    let place = tempfile::tempdir().unwrap();
    let to = Blobs::open(&Storage::Directory(place.path().join("to"))).unwrap();
    for _ in 0..2 {
        let count = copy_blobs(&town.blobs, &to, &Progress::silent()).await.unwrap();
        assert_eq!(count.blobs, 2);
        let pairs = files(&town.place.path().join("media"));
        let copies = files(&place.path().join("to"));
        assert_eq!(pairs.len(), copies.len());
        for (one, other) in pairs.iter().zip(&copies) {
            assert_eq!(std::fs::read(one).unwrap(), std::fs::read(other).unwrap());
        }
    }
}

#[tokio::test]
async fn a_blob_with_other_content_is_neither_taken_for_the_same_nor_replaced() {
    let town = Town::with(1).await;
    let place = tempfile::tempdir().unwrap();
    let to = Blobs::open(&Storage::Directory(place.path().join("to"))).unwrap();
    copy_blobs(&town.blobs, &to, &Progress::silent()).await.unwrap();
    let copy = files(&place.path().join("to")).remove(0);
    let mut other = std::fs::read(&copy).unwrap();
    other[5] ^= 1;
    std::fs::write(&copy, &other).unwrap();
    let refused = copy_blobs(&town.blobs, &to, &Progress::silent()).await;
    assert!(matches!(refused, Err(TransferError::BlobDiffers { .. })));
    assert_eq!(std::fs::read(&copy).unwrap(), other);
}
