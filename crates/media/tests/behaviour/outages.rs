//! A storage that is away, or refuses.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use media::{FileInfo, Fit, Media, MediaError, MediaId, Size};
use throwaway::SmallDisk;

use super::fixture::{Fixture, NO_WAIT, alice, content, pieces, read};
use super::place::{ACCESS_KEY_ID, Place, SECRET, address};

on_every_storage!(
    while_the_storage_is_away_everything_says_so_and_afterwards_all_is_well,
    a_node_starts_while_the_storage_is_away,
    a_reserved_identifier_survives_an_outage,
);

const DAY: Duration = Duration::from_hours(24);
/// Longer than any outage takes to be told.
const BOUND: Duration = Duration::from_secs(10);

async fn upload(media: &Media, content: &[u8]) -> Result<MediaId, MediaError> {
    media.upload(alice(), FileInfo::default(), pieces(content)).await
}

/// The storage is missed in every way, and soon.
async fn is_missed(media: &Media, id: &MediaId) {
    let began = Instant::now();
    for length in [10, 6_000_000] {
        let refused = upload(media, &content(length)).await;
        assert!(matches!(refused, Err(MediaError::StorageUnavailable)), "{refused:?}");
    }
    let refused = media.download(id, NO_WAIT).await;
    assert!(matches!(refused, Err(MediaError::StorageUnavailable)), "{refused:?}");
    let size = Size { width: 96, height: 96 };
    let refused = media.thumbnail(id, size, Fit::Crop, NO_WAIT).await;
    assert!(matches!(refused, Err(MediaError::StorageUnavailable)), "{refused:?}");
    assert!(began.elapsed() < BOUND);
}

async fn while_the_storage_is_away_everything_says_so_and_afterwards_all_is_well(
    mut fixture: Fixture,
) {
    let id = fixture.uploads(b"before").await;
    fixture.place.goes_away();
    is_missed(&fixture.media, &id).await;
    fixture.place.comes_back();
    assert_eq!(fixture.reads(&id).await.unwrap(), b"before");
    let after = fixture.uploads(b"after").await;
    assert_eq!(fixture.reads(&after).await.unwrap(), b"after");
    assert_eq!(fixture.files().len(), 2);
}

async fn a_node_starts_while_the_storage_is_away(mut fixture: Fixture) {
    let id = fixture.uploads(b"before").await;
    let node = fixture.node().await;
    fixture.place.goes_away();
    // A directory is made when it is not there, so only a store that is elsewhere can be missed.
    let node = if fixture.place.is_directory() { node } else { fixture.node().await };
    is_missed(&node.media, &id).await;
    fixture.place.comes_back();
    assert_eq!(read(node.media.download(&id, NO_WAIT).await.unwrap()).await.unwrap(), b"before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_upload_during_which_the_store_goes_leaves_nothing_that_is_seen() {
    let mut fixture = Fixture::at(Place::s3()).await;
    let (stop, end) = stalled_end();
    let body = pieces(&content(6_000_000)).chain(end);
    let uploading = tokio::spawn({
        let media = fixture.media.clone();
        async move { media.upload(alice(), FileInfo::default(), body).await }
    });
    while fixture.files().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    fixture.place.goes_away();
    drop(stop);
    let refused = uploading.await.unwrap();
    fixture.place.comes_back();
    assert!(matches!(refused, Err(MediaError::StorageUnavailable)), "{refused:?}");
    fixture.clock.advance(DAY + DAY);
    fixture.media.remove_abandoned().await.unwrap();
    assert_eq!(fixture.media.remove_abandoned().await.unwrap(), 0);
    assert!(fixture.blobs().list(None, 10).await.unwrap().is_empty());
}

/// A body that ends when its other half is dropped.
fn stalled_end()
-> (tokio::sync::oneshot::Sender<()>, impl futures_util::Stream<Item = io::Result<Bytes>>) {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let end = stream::once(async move {
        let _ = stopped.await;
        Ok(Bytes::from_static(b"end"))
    });
    (stop, end)
}

async fn a_reserved_identifier_survives_an_outage(mut fixture: Fixture) {
    let id = fixture.media.reserve(alice()).await.unwrap().id;
    let media = fixture.media.clone();
    let fill = async |content: &[u8]| {
        media.upload_reserved(alice(), id.clone(), FileInfo::default(), pieces(content)).await
    };
    fixture.place.goes_away();
    assert!(matches!(fill(b"lost").await, Err(MediaError::StorageUnavailable)));
    let waiting = fixture.media.download(&id, NO_WAIT).await;
    assert!(matches!(waiting, Err(MediaError::NotYetUploaded)));
    fixture.place.comes_back();
    fill(b"content").await.unwrap();
    assert_eq!(fixture.reads(&id).await.unwrap(), b"content");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_that_refuses_our_keys_or_has_no_bucket_is_away_too() {
    let mut fixture = Fixture::at(Place::s3()).await;
    let id = fixture.uploads(b"before").await;
    let other = fixture.place.other_server();
    fixture.place.remote().leads_to(address(&other));
    is_missed(&fixture.media, &id).await;
    let right = address(&fixture.place.remote().server);
    fixture.place.remote().leads_to(right);
    assert_eq!(fixture.reads(&id).await.unwrap(), b"before");
    fixture.place.loses_its_bucket();
    let refused = fixture.media.download(&id, NO_WAIT).await;
    assert!(matches!(refused, Err(MediaError::StorageUnavailable)), "{refused:?}");
    fixture.place.finds_its_bucket();
    assert_eq!(fixture.reads(&id).await.unwrap(), b"before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_that_hangs_is_given_up_in_time() {
    let mut fixture = Fixture::at(Place::s3()).await;
    let id = fixture.uploads(b"before").await;
    fixture.place.remote().network.freeze();
    let began = Instant::now();
    let (uploaded, downloaded) =
        tokio::join!(upload(&fixture.media, b"x"), fixture.media.download(&id, NO_WAIT));
    assert!(matches!(uploaded, Err(MediaError::StorageUnavailable)), "{uploaded:?}");
    assert!(matches!(downloaded, Err(MediaError::StorageUnavailable)), "{downloaded:?}");
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    fixture.place.remote().network.restore().unwrap();
    assert_eq!(fixture.reads(&id).await.unwrap(), b"before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_download_that_the_store_breaks_off_ends_with_an_error() {
    let mut fixture = Fixture::at(Place::s3()).await;
    let id = fixture.uploads(&content(7_000_000)).await;
    let mut download = fixture.media.download(&id, NO_WAIT).await.unwrap();
    assert!(download.body.try_next().await.unwrap().is_some());
    fixture.place.goes_away();
    let rest = download.body.try_collect::<Vec<Bytes>>().await;
    assert!(matches!(rest, Err(MediaError::StorageUnavailable)), "{rest:?}");
}

#[tokio::test]
async fn a_full_disk_refuses_uploads_and_still_gives_out() {
    let disk = SmallDisk::with_room_for(32 << 20).unwrap();
    let fixture = Fixture::at(Place::on(disk.path())).await;
    let id = fixture.uploads(b"before").await;
    disk.fill().unwrap();
    for length in [100_000, 6_000_000] {
        let refused = upload(&fixture.media, &content(length)).await;
        assert!(matches!(refused, Err(MediaError::StorageUnavailable)), "{refused:?}");
    }
    assert_eq!(fixture.reads(&id).await.unwrap(), b"before");
    disk.make_room().unwrap();
    fixture.uploads(&content(6_000_000)).await;
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_tells_an_outage_once_and_names_nothing() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    let _here = tracing::subscriber::set_default(subscriber);
    let mut fixture = Fixture::at(Place::s3()).await;
    let id = fixture.uploads(b"before").await;
    let other = fixture.place.other_server();
    fixture.place.remote().leads_to(address(&other));
    is_missed(&fixture.media, &id).await;
    fixture.place.goes_away();
    is_missed(&fixture.media, &id).await;
    fixture.place.comes_back();
    let right = address(&fixture.place.remote().server);
    fixture.place.remote().leads_to(right);
    fixture.reads(&id).await.unwrap();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let told: Vec<_> = log.lines().filter(|line| line.contains("storage of files is")).collect();
    assert_eq!(told.len(), 2, "{log}");
    assert!(told[0].contains("WARN") && told[0].contains("it refused our permission"), "{log}");
    assert!(told[1].contains("INFO") && told[1].contains("available again"), "{log}");
    for secret in [SECRET, ACCESS_KEY_ID, alice().as_str(), id.as_str()] {
        assert!(!log.contains(secret), "{log}");
    }
}
