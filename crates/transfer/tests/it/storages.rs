//! Media on a real S3 server.

use base::secret::Secret;
use media::{Blobs, S3Settings, Storage};
use throwaway::{Keys, S3};
use transfer::{Progress, copy_blobs};

use crate::town::{Empty, Town, faults, files, memory};

fn bucket(server: &S3, keys: &Keys, name: &str) -> Blobs {
    server.create_bucket(name).unwrap();
    let settings = S3Settings {
        bucket: name.to_owned(),
        prefix: "chappe".to_owned(),
        endpoint: Some(server.endpoint()),
        region: "us-east-1".to_owned(),
        access_key_id: keys.access_key_id.clone(),
        secret_access_key: Secret::new(keys.secret_access_key.clone()),
    };
    Blobs::open(&Storage::S3(settings)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn media_go_to_a_bucket_and_back_and_are_backed_up_from_there() {
    let town = Town::with(1).await;
    // Of several parts.
    town.uploads(12_000_000).await;
    let place = tempfile::tempdir().unwrap();
    let keys = Keys { access_key_id: "chappe".to_owned(), secret_access_key: "secret".to_owned() };
    let server = S3::start(place.path(), keys.clone()).unwrap();
    let in_bucket = bucket(&server, &keys, "media");
    let count = copy_blobs(&town.blobs, &in_bucket, &Progress::silent()).await.unwrap();
    assert_eq!(copy_blobs(&town.blobs, &in_bucket, &Progress::silent()).await.unwrap(), count);
    let original = files(&town.place.path().join("media"));
    let town = Town { blobs: in_bucket, ..town };
    let target = town.backup("one").await;
    assert_eq!(faults(&target).await, Vec::<String>::new());
    // Restored into another bucket, and from there to a directory.
    let mut restored = Empty::over(memory(), memory());
    let directory = std::mem::replace(&mut restored.blobs, bucket(&server, &keys, "restored"));
    restored.restores(&target).await.unwrap();
    copy_blobs(&restored.blobs, &directory, &Progress::silent()).await.unwrap();
    let back = files(&restored.directory);
    assert_eq!(back.len(), original.len());
    for (one, other) in original.iter().zip(&back) {
        assert_eq!(std::fs::read(one).unwrap(), std::fs::read(other).unwrap());
    }
}
