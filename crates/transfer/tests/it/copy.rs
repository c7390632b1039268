//! Copying a store into another.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::Poll;

use store::{MemoryDisk, Store};
use transfer::{Phase, Progress, TransferError, copy, refuse_unfinished};

use crate::town::{Town, memory, row, rows};

/// Progress that panics once `after` rows were copied: the process dies in the middle.
fn dies_after(after: u64) -> Progress {
    Progress::new(move |step| {
        assert!(step.phase != Phase::Copy || step.items < after, "killed");
    })
}

#[tokio::test]
async fn every_row_and_the_log_are_copied_to_another_engine_and_back() {
    let town = Town::with(500).await;
    let place = tempfile::tempdir().unwrap();
    let redb = Store::open_redb(&place.path().join("copy.redb"), 1 << 20).unwrap();
    let survey = copy(&town.data, &redb, &Progress::silent()).await.unwrap();
    assert_eq!(rows(&redb).await, rows(&town.data).await);
    assert_eq!(redb.log_end(), town.data.log_end());
    assert_eq!(survey.0["numbers"].rows, 500);
    let back = memory();
    assert_eq!(copy(&redb, &back, &Progress::silent()).await.unwrap(), survey);
    assert_eq!(rows(&back).await, rows(&town.data).await);
    refuse_unfinished(&back).await.unwrap();
}

#[tokio::test]
async fn a_copy_that_was_killed_goes_on_where_it_was_and_cannot_be_used_before() {
    let town = Town::with(9000).await;
    let disk = MemoryDisk::new();
    let (mut steps, mut halves) = (0, BTreeSet::new());
    // Another process each time, which dies some steps further on.
    while !dies_after_steps(&town.data, &disk, steps).await {
        let to = Store::open_memory(&disk, None).unwrap();
        let found = rows(&to).await;
        // Nothing yet, all of it, or a half that nobody can use.
        if found.len() > 1 && found != rows(&town.data).await {
            assert!(refuse_unfinished(&to).await.is_err(), "after {steps} steps");
        }
        halves.insert(found.len());
        steps += 3;
    }
    assert!(halves.len() > 4, "it was never killed in the middle: {halves:?}");
    let to = Store::open_memory(&disk, None).unwrap();
    assert_eq!(rows(&to).await, rows(&town.data).await);
    refuse_unfinished(&to).await.unwrap();
}

/// Copies until it has waited so many times, and drops everything then; whether it was done
/// before.
async fn dies_after_steps(from: &Store, disk: &MemoryDisk, steps: usize) -> bool {
    let to = Store::open_memory(disk, None).unwrap();
    let silent = Progress::silent();
    let mut copying = std::pin::pin!(copy(from, &to, &silent));
    for _ in 0..steps {
        let once = std::future::poll_fn(|cx| Poll::Ready(copying.as_mut().poll(cx)));
        if let Poll::Ready(copied) = once.await {
            copied.unwrap();
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

#[tokio::test]
async fn a_target_that_holds_something_is_left_alone() {
    let town = Town::with(3).await;
    let other = memory();
    other.import(vec![row("numbers", b"k", b"v")]).await.unwrap();
    let before = rows(&other).await;
    let refused = copy(&town.data, &other, &Progress::silent()).await;
    assert!(matches!(refused, Err(TransferError::NotEmpty { table }) if table == "numbers"));
    assert_eq!(rows(&other).await, before);
}

#[tokio::test]
async fn a_whole_copy_is_found_to_be_one() {
    let (town, to) = (Town::with(3).await, memory());
    copy(&town.data, &to, &Progress::silent()).await.unwrap();
    copy(&town.data, &to, &Progress::silent()).await.unwrap();
    refuse_unfinished(&to).await.unwrap();
    town.adds(3).await;
    let refused = copy(&town.data, &to, &Progress::silent()).await;
    assert!(matches!(refused, Err(TransferError::NotEmpty { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_changed_between_two_tries_is_another_source() {
    let (town, to) = (Town::with(3000).await, memory());
    let (from, target) = (town.data.clone(), to.clone());
    let killed = tokio::spawn(async move { copy(&from, &target, &dies_after(0)).await }).await;
    assert!(killed.is_err());
    town.adds(3000).await;
    let refused = copy(&town.data, &to, &Progress::silent()).await;
    assert!(matches!(refused, Err(TransferError::AnotherOrigin { .. })));
    assert!(refuse_unfinished(&to).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_written_to_meanwhile_is_noticed() {
    let (town, to) = (Arc::new(Town::with(3).await), memory());
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let (resume, resumed) = std::sync::mpsc::sync_channel(1);
    let resumed = parking_lot::Mutex::new(resumed);
    let progress = Progress::new(move |step| {
        if step.phase == Phase::Copy && step.ended {
            sender.send(()).unwrap();
            resumed.lock().recv().unwrap();
        }
    });
    let (from, target) = (town.data.clone(), to.clone());
    let copying = tokio::spawn(async move { copy(&from, &target, &progress).await });
    tokio::task::spawn_blocking(move || receiver.recv().unwrap()).await.unwrap();
    town.adds(3).await;
    resume.send(()).unwrap();
    assert!(matches!(copying.await.unwrap(), Err(TransferError::SourceMoved)));
    assert!(refuse_unfinished(&to).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_does_not_hold_what_was_sent_is_refused() {
    let (town, to) = (Town::with(3).await, memory());
    let target = to.clone();
    let progress = Progress::new(move |step| {
        if step.phase == Phase::Copy && step.ended {
            let target = target.clone();
            let rows = vec![row("stray", b"k", b"v")];
            let import = async move { target.import(rows).await };
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(import).unwrap();
            });
        }
    });
    let refused = copy(&town.data, &to, &progress).await;
    assert!(refused.unwrap_err().to_string().contains("table stray has 1 rows instead of 0"));
    assert!(refuse_unfinished(&to).await.is_err());
}

#[tokio::test]
async fn a_half_filled_store_is_no_source() {
    let (town, half) = (Town::with(3).await, memory());
    let (from, target) = (town.data.clone(), half.clone());
    let killed = tokio::spawn(async move { copy(&from, &target, &dies_after(0)).await }).await;
    assert!(killed.is_err());
    let refused = copy(&half, &memory(), &Progress::silent()).await;
    assert!(matches!(refused, Err(TransferError::Unfinished { .. })));
}
