//! Nodes: stores that share their rows, and nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use base::number::LogPosition;
use store::{Batch, CommitError, Counters, Cursor, Store, Table};

use crate::contract::disk::Disk;

const ROWS: Table<u64, u64> = Table::new("rows");
const COUNTS: Counters<u64> = Counters::new("counts");

on_every_shared_engine!(
    the_log_of_many_nodes_is_one,
    a_node_follows_what_another_wrote,
    of_nodes_that_decide_on_the_same_state_one_wins,
    nodes_add_to_one_counter,
    a_node_that_asks_knows_the_end,
    hints_reach_the_other_nodes_only,
    a_node_reads_what_another_wrote_at_once,
    a_consumer_that_runs_on_every_node_does_everything_once,
    a_table_that_two_nodes_name_first_at_once_is_one,
);

fn logging(record: &str) -> Batch {
    let mut batch = Batch::new();
    batch.log(record.as_bytes().to_vec());
    batch
}

async fn nodes(disk: &Disk, count: usize) -> Vec<Store> {
    let mut nodes = Vec::new();
    for _ in 0..count {
        nodes.push(disk.open().await);
    }
    nodes
}

async fn the_log_of_many_nodes_is_one(disk: Disk) {
    let nodes = nodes(&disk, 3).await;
    let writers: Vec<_> = (0..24)
        .map(|writer| {
            let store = nodes[writer % 3].clone();
            tokio::spawn(async move {
                let mut written = Vec::new();
                for turn in 0..10 {
                    let record = format!("{writer}/{turn}");
                    let committed = store.commit(logging(&record)).await.unwrap();
                    written.push((committed.position.0, record.into_bytes()));
                }
                written
            })
        })
        .collect();
    let mut expected = BTreeMap::new();
    for writer in writers {
        for (position, record) in writer.await.unwrap() {
            assert!(expected.insert(position, record).is_none(), "two records at {position}");
        }
    }
    assert!(expected.keys().copied().eq(1..=240), "gap-free");
    for node in &nodes {
        assert_eq!(node.catch_up().await.unwrap(), LogPosition(240));
        let log = node.read_log(LogPosition(0), usize::MAX).await.unwrap();
        let log: BTreeMap<_, _> =
            log.into_iter().map(|entry| (entry.position.0, entry.record)).collect();
        assert_eq!(log, expected);
    }
}

async fn a_node_follows_what_another_wrote(disk: Disk) {
    let nodes = nodes(&disk, 2).await;
    let mut follower = nodes[1].follow(LogPosition(0));
    for turn in 1..=40_u64 {
        nodes[0].commit(logging(&turn.to_string())).await.unwrap();
        let heard = tokio::time::timeout(Duration::from_secs(10), follower.next()).await;
        let heard = heard.expect("a follower slept through another node's record").unwrap();
        assert_eq!(heard.last().unwrap().position.0, turn);
    }
}

async fn of_nodes_that_decide_on_the_same_state_one_wins(disk: Disk) {
    let nodes = nodes(&disk, 3).await;
    let climbers: Vec<_> = (0..6)
        .map(|climber| {
            let store = nodes[climber % 3].clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    climb(&store).await;
                }
            })
        })
        .collect();
    for climber in climbers {
        climber.await.unwrap();
    }
    assert_eq!(ROWS.get(&nodes[0], &1).await.unwrap(), Some(60));
}

/// Adds one to a row by reading it and checking that it is still so.
async fn climb(store: &Store) {
    loop {
        let was = ROWS.get(store, &1).await.unwrap();
        let mut batch = Batch::new();
        ROWS.check(&mut batch, &1, was.as_ref()).unwrap();
        ROWS.put(&mut batch, &1, &(was.unwrap_or_default() + 1)).unwrap();
        match store.commit(batch).await {
            Ok(_) => return,
            Err(CommitError::Conflict { table: "rows" }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

async fn nodes_add_to_one_counter(disk: Disk) {
    let nodes = nodes(&disk, 2).await;
    let adders: Vec<_> = (0..20)
        .map(|adder: usize| {
            let store = nodes[adder % 2].clone();
            tokio::spawn(async move {
                let mut batch = Batch::new();
                COUNTS.add(&mut batch, &1, i64::try_from(adder).unwrap());
                store.commit(batch).await.unwrap();
            })
        })
        .collect();
    for adder in adders {
        adder.await.unwrap();
    }
    assert_eq!(COUNTS.get(&nodes[1], &1).await.unwrap(), 190);
}

async fn a_node_that_asks_knows_the_end(disk: Disk) {
    let nodes = nodes(&disk, 2).await;
    for turn in 1..=20 {
        nodes[0].commit(logging("record")).await.unwrap();
        assert_eq!(nodes[1].catch_up().await.unwrap(), LogPosition(turn));
        assert_eq!(nodes[1].log_end(), LogPosition(turn));
    }
}

async fn hints_reach_the_other_nodes_only(disk: Disk) {
    let nodes = nodes(&disk, 3).await;
    let mut heard: Vec<_> = nodes.iter().map(Store::hints).collect();
    // A node that has just come may not listen yet: it is spoken to until it answers.
    for listener in [1, 2] {
        loop {
            nodes[0].publish("topic", b"hello");
            let hint = tokio::time::timeout(Duration::from_millis(100), heard[listener].recv());
            if let Ok(hint) = hint.await {
                let hint = hint.unwrap();
                assert_eq!((hint.topic.as_str(), &*hint.payload), ("topic", b"hello".as_slice()));
                break;
            }
        }
    }
    nodes[1].publish("other", b"for zero");
    let hint = heard[0].recv().await.unwrap();
    assert_eq!((hint.topic.as_str(), &*hint.payload), ("other", b"for zero".as_slice()));
    assert!(heard[0].is_empty(), "a node heard itself");
}

async fn a_node_reads_what_another_wrote_at_once(disk: Disk) {
    let nodes = nodes(&disk, 2).await;
    for turn in 0..20 {
        let mut batch = Batch::new();
        ROWS.put(&mut batch, &turn, &turn).unwrap();
        nodes[0].commit(batch).await.unwrap();
        assert_eq!(ROWS.get(&nodes[1], &turn).await.unwrap(), Some(turn));
        assert_eq!(ROWS.get(&nodes[1].snapshot().await.unwrap(), &turn).await.unwrap(), Some(turn));
    }
}

async fn a_table_that_two_nodes_name_first_at_once_is_one(disk: Disk) {
    const TABLES: [Table<u64, u64>; 4] =
        [Table::new("one"), Table::new("two"), Table::new("three"), Table::new("four")];
    let nodes = nodes(&disk, 4).await;
    let writers: Vec<_> = (0..16_usize)
        .map(|writer| {
            let store = nodes[writer % 4].clone();
            tokio::spawn(async move {
                let key = writer as u64;
                let mut batch = Batch::new();
                TABLES[(writer / 4 + writer) % 4].put(&mut batch, &key, &key).unwrap();
                store.commit(batch).await.unwrap();
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let mut rows = 0;
    for table in TABLES {
        let here = table.all(&nodes[0], &store::Prefix::all()).await.unwrap();
        assert_eq!(here, table.all(&nodes[3], &store::Prefix::all()).await.unwrap());
        assert_eq!(here.len(), 4);
        rows += here.len();
    }
    assert_eq!(rows, 16);
}

async fn a_consumer_that_runs_on_every_node_does_everything_once(disk: Disk) {
    const CONSUMER: Cursor = Cursor::new("consumer");
    let nodes = nodes(&disk, 3).await;
    for record in 0..60 {
        nodes[0].commit(logging(&record.to_string())).await.unwrap();
    }
    let consumers: Vec<_> = nodes.iter().cloned().map(|node| tokio::spawn(consume(node))).collect();
    let mut done = 0;
    for consumer in consumers {
        done += consumer.await.unwrap();
    }
    assert_eq!(done, 60, "every step was won once");
    assert_eq!(COUNTS.get(&nodes[1], &1).await.unwrap(), 60);
    assert_eq!(CONSUMER.position(&nodes[2]).await.unwrap(), LogPosition(60));
}

/// Counts the records of the log, a few at a time, whoever else does; how many were counted here.
async fn consume(store: Store) -> usize {
    const CONSUMER: Cursor = Cursor::new("consumer");
    let mut counted = 0;
    loop {
        let from = CONSUMER.position(&store).await.unwrap();
        let entries = store.read_log(from, 3).await.unwrap();
        let Some(last) = entries.last() else { return counted };
        let mut batch = Batch::new();
        COUNTS.add(&mut batch, &1, i64::try_from(entries.len()).unwrap());
        CONSUMER.step(&mut batch, from, last.position).unwrap();
        match store.commit(batch).await {
            Ok(_) => counted += entries.len(),
            Err(CommitError::Conflict { table: "cursors" }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}
