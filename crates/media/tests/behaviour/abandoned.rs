//! Uploads that broke off: what they leave is removed, and nothing else is.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use media::{FileInfo, Media, MediaError, MediaId};
use store::{Crash, Moment};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::fixture::{Fixture, LIMIT, NO_WAIT, alice, content, pieces, read};

on_every_storage!(
    what_a_killed_node_left_is_removed_a_day_later,
    another_nodes_upload_goes_on_though_its_clock_is_behind,
    an_upload_that_was_given_up_is_refused_at_its_end_and_leaves_nothing,
    a_starting_node_removes_what_was_left,
    what_is_on_no_record_is_left_alone,
);

const DAY: Duration = Duration::from_hours(24);
const MINUTES: Duration = Duration::from_mins(5);

/// Waits for something that happens soon.
async fn soon(mut happened: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if happened() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it does not happen");
}

/// An upload of which more than a part is in the storage, and which ends when it is told to.
async fn stalled(
    fixture: &Fixture,
    media: &Media,
) -> (oneshot::Sender<()>, JoinHandle<Result<MediaId, MediaError>>) {
    let before = fixture.files().len();
    let (go_on, told) = oneshot::channel();
    let rest = stream::once(async move {
        let _ = told.await;
        Ok::<_, io::Error>(Bytes::from_static(b"end"))
    });
    let body = pieces(&content(usize::try_from(LIMIT - 1_000_000).unwrap())).chain(rest);
    let upload = tokio::spawn({
        let media = media.clone();
        async move { media.upload(alice(), FileInfo::default(), body).await }
    });
    soon(|| fixture.files().len() > before).await;
    (go_on, upload)
}

/// The blob is written, and the node dies before the row that would name it.
async fn dies_before_the_row(fixture: &Fixture) {
    let moment = Moment::BeforeCommit;
    let node = fixture.node_that(Some(Crash { at: 2, moment })).await;
    let upload = node.media.upload(alice(), FileInfo::default(), pieces(b"lost")).await;
    assert!(matches!(upload, Err(MediaError::Store(_))), "{upload:?}");
}

async fn what_a_killed_node_left_is_removed_a_day_later(fixture: Fixture) {
    let kept = fixture.uploads(b"kept").await;
    dies_before_the_row(&fixture).await;
    assert_eq!(fixture.media.remove_abandoned().await.unwrap(), 0);
    assert_eq!(fixture.files().len(), 2);
    fixture.clock.advance(DAY + MINUTES);
    fixture.media.remove_abandoned().await.unwrap();
    soon(|| fixture.files().len() == 1).await;
    assert_eq!(fixture.media.remove_abandoned().await.unwrap(), 0);
    assert_eq!(fixture.reads(&kept).await.unwrap(), b"kept");
}

async fn another_nodes_upload_goes_on_though_its_clock_is_behind(fixture: Fixture) {
    let (go_on, upload) = stalled(&fixture, &fixture.media).await;
    let other = fixture.node().await;
    other.clock.advance(MINUTES);
    assert_eq!(other.media.remove_abandoned().await.unwrap(), 0);
    go_on.send(()).unwrap();
    let id = upload.await.unwrap().unwrap();
    assert!(read(other.media.download(&id, NO_WAIT).await.unwrap()).await.is_ok());
}

async fn an_upload_that_was_given_up_is_refused_at_its_end_and_leaves_nothing(fixture: Fixture) {
    let (go_on, upload) = stalled(&fixture, &fixture.media).await;
    let other = fixture.node().await;
    other.clock.advance(DAY + MINUTES);
    // The sweep of its start may have been quicker.
    other.media.remove_abandoned().await.unwrap();
    go_on.send(()).unwrap();
    assert!(upload.await.unwrap().is_err());
    soon(|| fixture.files().is_empty()).await;
}

async fn a_starting_node_removes_what_was_left(fixture: Fixture) {
    dies_before_the_row(&fixture).await;
    fixture.clock.advance(DAY + MINUTES);
    let _node = fixture.node().await;
    soon(|| fixture.files().is_empty()).await;
}

async fn what_is_on_no_record_is_left_alone(fixture: Fixture) {
    let body = stream::iter([Ok::<_, MediaError>(Bytes::from_static(b"of a copy"))]);
    fixture.blobs().write("abcdefgh", body).await.unwrap();
    fixture.clock.advance(DAY * 10);
    assert_eq!(fixture.media.remove_abandoned().await.unwrap(), 0);
    assert_eq!(fixture.files().len(), 1);
}
