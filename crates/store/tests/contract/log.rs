//! The log: dense, gap-free, in commit order, and nobody who follows it misses a record.

use std::collections::BTreeMap;
use std::time::Duration;

use base::number::LogPosition;
use store::{Batch, LogEntry, Prefix, Store, StoreError, Table};

use crate::contract::disk::Disk;

const AT_LOG: Table<(String, LogPosition), String> = Table::new("at_log");
const PLAIN: Table<String, u64> = Table::new("plain");

on_every_engine!(
    the_log_is_dense_and_in_commit_order_under_concurrency,
    the_log_goes_on_where_it_ended_after_reopening,
    a_batch_without_records_moves_nothing,
    a_row_at_a_position_agrees_with_the_log,
    a_row_at_a_position_needs_a_record,
    every_follower_sees_every_record_once,
    a_follower_never_sleeps_through_a_record,
    a_follower_woken_by_a_record_reads_what_came_with_it,
    a_page_of_the_log_has_its_limit,
    nothing_is_after_the_last_position,
);

fn logging(record: &str) -> Batch {
    let mut batch = Batch::new();
    batch.log(record.as_bytes().to_vec());
    batch
}

async fn whole_log(store: &Store) -> Vec<LogEntry> {
    store.read_log(LogPosition(0), usize::MAX).await.unwrap()
}

/// Commits `batches` batches of one to three records from each of `writers`; position → record.
async fn write_concurrently(
    store: &Store,
    writers: usize,
    batches: usize,
) -> BTreeMap<u64, Vec<u8>> {
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut written = Vec::new();
                for n in 0..batches {
                    let records: Vec<_> =
                        (0..=(n % 3)).map(|part| format!("{writer}/{n}/{part}")).collect();
                    let mut batch = Batch::new();
                    for record in &records {
                        batch.log(record.as_bytes().to_vec());
                    }
                    let last = store.commit(batch).await.unwrap().position.0;
                    let first = last + 1 - records.len() as u64;
                    written.extend((first..).zip(records.into_iter().map(String::into_bytes)));
                }
                written
            })
        })
        .collect();
    let mut all = BTreeMap::new();
    for task in tasks {
        for (position, record) in task.await.unwrap() {
            assert!(all.insert(position, record).is_none(), "two records at {position}");
        }
    }
    all
}

async fn the_log_is_dense_and_in_commit_order_under_concurrency(disk: Disk) {
    let store = disk.open().await;
    let expected = write_concurrently(&store, 32, 20).await;
    let log = whole_log(&store).await;
    assert!(log.iter().map(|entry| entry.position.0).eq(1..=log.len() as u64), "gap-free");
    let found: BTreeMap<_, _> =
        log.into_iter().map(|entry| (entry.position.0, entry.record)).collect();
    assert_eq!(found, expected);
    assert_eq!(store.log_end().0, found.len() as u64);
}

async fn the_log_goes_on_where_it_ended_after_reopening(disk: Disk) {
    let store = disk.open().await;
    assert_eq!(store.log_end(), LogPosition(0));
    assert_eq!(store.commit(logging("one")).await.unwrap().position, LogPosition(1));
    drop(store);
    let store = disk.open().await;
    assert_eq!(store.log_end(), LogPosition(1));
    assert_eq!(store.commit(logging("two")).await.unwrap().position, LogPosition(2));
}

async fn a_batch_without_records_moves_nothing(disk: Disk) {
    let store = disk.open().await;
    store.commit(logging("one")).await.unwrap();
    let mut batch = Batch::new();
    PLAIN.put(&mut batch, &"key".to_owned(), &1).unwrap();
    assert_eq!(store.commit(batch).await.unwrap().position, LogPosition(1));
    assert_eq!(store.log_end(), LogPosition(1));
}

async fn a_row_at_a_position_agrees_with_the_log(disk: Disk) {
    let store = disk.open().await;
    let tasks: Vec<_> = (0..40)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut batch = Batch::new();
                for part in 0..3 {
                    let record = format!("{n}/{part}");
                    batch.log(record.as_bytes().to_vec());
                    if part != 1 {
                        AT_LOG.put_at_log(&mut batch, &format!("{}", n % 4), &record).unwrap();
                    }
                }
                store.commit(batch).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let log = whole_log(&store).await;
    let rows = AT_LOG.all(&store, &Prefix::all()).await.unwrap();
    assert_eq!((log.len(), rows.len()), (120, 80));
    for ((_, position), record) in rows {
        let entry = &log[usize::try_from(position.0).unwrap() - 1];
        assert_eq!(entry.record, record.as_bytes());
    }
}

async fn a_row_at_a_position_needs_a_record(_: Disk) {
    let refused = AT_LOG.put_at_log(&mut Batch::new(), &"room".to_owned(), &"row".to_owned());
    assert!(matches!(refused, Err(StoreError::NoRecord { table: "at_log" })));
}

/// Follows from `position` until `count` records came; waits 10 seconds for each at most.
async fn follow(store: Store, position: u64, count: usize) -> Vec<LogEntry> {
    let mut follower = store.follow(LogPosition(position));
    let mut seen = Vec::new();
    while seen.len() < count {
        let more = tokio::time::timeout(Duration::from_secs(10), follower.next()).await;
        let more = more.expect("a follower slept through a record").unwrap();
        assert!(!more.is_empty());
        seen.extend(more);
    }
    seen
}

async fn every_follower_sees_every_record_once(disk: Disk) {
    let store = disk.open().await;
    // 16 writers, 21 batches of 1 to 3 records: 16 × 7 × 6.
    let count = 672;
    let followers: Vec<_> = (0..4).map(|_| tokio::spawn(follow(store.clone(), 0, count))).collect();
    let written = write_concurrently(&store, 16, 21).await;
    let late = tokio::spawn(follow(store.clone(), 100, count - 100));
    for (follower, from) in followers.into_iter().map(|task| (task, 1)).chain([(late, 101)]) {
        let seen = follower.await.unwrap();
        assert!(seen.iter().map(|entry| entry.position.0).eq(from..=count as u64));
        assert!(seen.iter().all(|entry| written[&entry.position.0] == entry.record));
    }
}

async fn a_follower_never_sleeps_through_a_record(disk: Disk) {
    let store = disk.open().await;
    // Each turn the follower goes to sleep just as a record is committed.
    let mut follower = store.follow(LogPosition(0));
    for turn in 1..=300_u64 {
        let writer = tokio::spawn({
            let store = store.clone();
            async move { store.commit(logging("record")).await.unwrap() }
        });
        let seen = tokio::time::timeout(Duration::from_secs(10), follower.next()).await;
        let seen = seen.expect("a follower slept through a record").unwrap();
        assert!(seen.iter().map(|entry| entry.position.0).eq([turn]));
        writer.await.unwrap();
    }
}

async fn a_follower_woken_by_a_record_reads_what_came_with_it(disk: Disk) {
    let store = disk.open().await;
    let mut follower = store.follow(LogPosition(0));
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            for n in 1..=100 {
                let mut batch = logging(&n.to_string());
                PLAIN.put(&mut batch, &n.to_string(), &n).unwrap();
                store.commit(batch).await.unwrap();
                // Who was answered finds its own record.
                assert!(store.log_end().0 >= n);
            }
        }
    });
    let mut seen = 0;
    while seen < 100 {
        for entry in follower.next().await.unwrap() {
            let key = String::from_utf8(entry.record).unwrap();
            assert_eq!(PLAIN.get(&store, &key).await.unwrap(), Some(entry.position.0));
            seen += 1;
        }
    }
    writer.await.unwrap();
}

async fn a_page_of_the_log_has_its_limit(disk: Disk) {
    let store = disk.open().await;
    for n in 0..5 {
        store.commit(logging(&n.to_string())).await.unwrap();
    }
    let page = store.read_log(LogPosition(1), 2).await.unwrap();
    assert_eq!(page.iter().map(|entry| entry.position.0).collect::<Vec<_>>(), [2, 3]);
}

async fn nothing_is_after_the_last_position(disk: Disk) {
    let store = disk.open().await;
    store.commit(logging("one")).await.unwrap();
    for position in [1, 2, u64::MAX] {
        assert_eq!(store.read_log(LogPosition(position), 10).await.unwrap(), []);
    }
}
