//! Committing: atomic, conditional, in order.

use store::{Batch, CommitError, Counters, Prefix, Store, Table};

use crate::contract::disk::Disk;

const ROWS: Table<u64, String> = Table::new("rows");
const HEADS: Table<u64, u64> = Table::new("heads");
const COUNTS: Counters<String> = Counters::new("counts");

on_every_engine!(
    operations_apply_in_their_order,
    a_check_that_holds_lets_the_batch_through,
    a_check_that_fails_leaves_nothing_of_the_batch,
    checks_look_at_what_was_before_the_batch,
    of_two_that_decide_on_the_same_state_one_wins,
    counters_add_up_under_concurrency,
    a_counter_begins_at_zero_and_may_sink,
    deleting_a_range_takes_its_part_only,
    deleting_a_whole_table_takes_long_keys_of_ff_too,
    a_row_keeps_what_was_written_last,
    an_appended_batch_follows_what_was_there,
    large_values_are_kept_whole,
);

async fn row(store: &Store, key: u64) -> Option<String> {
    ROWS.get(store, &key).await.unwrap()
}

fn put(batch: &mut Batch, key: u64, value: &str) {
    ROWS.put(batch, &key, &value.to_owned()).unwrap();
}

async fn with_row(disk: &Disk, key: u64, value: &str) -> Store {
    let store = disk.open().await;
    let mut batch = Batch::new();
    put(&mut batch, key, value);
    store.commit(batch).await.unwrap();
    store
}

async fn operations_apply_in_their_order(disk: Disk) {
    let store = with_row(&disk, 1, "old").await;
    let mut batch = Batch::new();
    ROWS.delete(&mut batch, &1);
    put(&mut batch, 1, "new");
    put(&mut batch, 2, "gone");
    put(&mut batch, 3, "gone");
    ROWS.delete_range(&mut batch, Prefix::all().from(&2_u64));
    put(&mut batch, 3, "kept");
    store.commit(batch).await.unwrap();
    let rows = ROWS.all(&store, &Prefix::all()).await.unwrap();
    assert_eq!(rows, [(1, "new".to_owned()), (3, "kept".to_owned())]);
}

async fn a_check_that_holds_lets_the_batch_through(disk: Disk) {
    let store = with_row(&disk, 1, "old").await;
    let mut batch = Batch::new();
    ROWS.check_equals(&mut batch, &1, &"old".to_owned()).unwrap();
    ROWS.check_absent(&mut batch, &2);
    ROWS.check(&mut batch, &1, Some(&"old".to_owned())).unwrap();
    ROWS.check(&mut batch, &2, None).unwrap();
    put(&mut batch, 1, "new");
    store.commit(batch).await.unwrap();
    assert_eq!(row(&store, 1).await.as_deref(), Some("new"));
}

async fn a_check_that_fails_leaves_nothing_of_the_batch(disk: Disk) {
    let store = with_row(&disk, 1, "old").await;
    let absent: fn(&mut Batch) = |batch| ROWS.check_absent(batch, &1);
    let differs: fn(&mut Batch) = |batch| {
        ROWS.check_equals(batch, &1, &"other".to_owned()).unwrap();
    };
    let missing: fn(&mut Batch) = |batch| {
        ROWS.check_equals(batch, &9, &"old".to_owned()).unwrap();
    };
    for check in [absent, differs, missing] {
        let mut batch = Batch::new();
        put(&mut batch, 1, "new");
        put(&mut batch, 2, "new");
        ROWS.delete_range(&mut batch, Prefix::all());
        COUNTS.add(&mut batch, &"batches".to_owned(), 1);
        batch.log(b"record".to_vec());
        // Checks hold for the whole batch, wherever they were added.
        check(&mut batch);
        let refused = store.commit(batch).await;
        assert!(matches!(refused, Err(CommitError::Conflict { table: "rows" })), "{refused:?}");
    }
    assert_eq!(ROWS.all(&store, &Prefix::all()).await.unwrap(), [(1, "old".to_owned())]);
    assert_eq!(COUNTS.get(&store, &"batches".to_owned()).await.unwrap(), 0);
    assert_eq!(store.log_end().0, 0);
}

async fn checks_look_at_what_was_before_the_batch(disk: Disk) {
    let store = disk.open().await;
    let mut batch = Batch::new();
    put(&mut batch, 1, "new");
    ROWS.check_absent(&mut batch, &1);
    store.commit(batch).await.unwrap();
    assert_eq!(row(&store, 1).await.as_deref(), Some("new"));
}

async fn of_two_that_decide_on_the_same_state_one_wins(disk: Disk) {
    let store = disk.open().await;
    let climbers: Vec<_> = (0..8)
        .map(|climber: u64| {
            let store = store.clone();
            tokio::spawn(async move {
                for step in 0..25 {
                    climb(&store, climber * 1000 + step).await;
                }
            })
        })
        .collect();
    for climber in climbers {
        climber.await.unwrap();
    }
    assert_eq!(HEADS.get(&store, &0).await.unwrap(), Some(200));
    assert_eq!(ROWS.all(&store, &Prefix::all()).await.unwrap().len(), 200);
}

/// Raises the head by one, deciding again as often as another was quicker.
async fn climb(store: &Store, name: u64) {
    loop {
        let head = HEADS.get(store, &0).await.unwrap();
        let next = head.unwrap_or(0) + 1;
        let mut batch = Batch::new();
        HEADS.check(&mut batch, &0, head.as_ref()).unwrap();
        HEADS.put(&mut batch, &0, &next).unwrap();
        ROWS.check_absent(&mut batch, &next);
        put(&mut batch, next, &name.to_string());
        match store.commit(batch).await {
            Ok(_) => return,
            Err(CommitError::Conflict { table }) => assert_eq!(table, "heads"),
            Err(error) => panic!("{error}"),
        }
    }
}

async fn counters_add_up_under_concurrency(disk: Disk) {
    let store = disk.open().await;
    let adders: Vec<_> = (0..100)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut batch = Batch::new();
                COUNTS.add(&mut batch, &"sum".to_owned(), n);
                COUNTS.add(&mut batch, &"sum".to_owned(), -1);
                store.commit(batch).await.unwrap();
            })
        })
        .collect();
    for adder in adders {
        adder.await.unwrap();
    }
    assert_eq!(COUNTS.get(&store, &"sum".to_owned()).await.unwrap(), 4950 - 100);
}

async fn a_counter_begins_at_zero_and_may_sink(disk: Disk) {
    let store = disk.open().await;
    assert_eq!(COUNTS.get(&store, &"depth".to_owned()).await.unwrap(), 0);
    let mut batch = Batch::new();
    COUNTS.add(&mut batch, &"depth".to_owned(), -3);
    store.commit(batch).await.unwrap();
    assert_eq!(COUNTS.get(&store, &"depth".to_owned()).await.unwrap(), -3);
}

async fn deleting_a_range_takes_its_part_only(disk: Disk) {
    let store = disk.open().await;
    let mut batch = Batch::new();
    for key in 1..=5 {
        put(&mut batch, key, "row");
    }
    store.commit(batch).await.unwrap();
    let mut batch = Batch::new();
    ROWS.delete_range(&mut batch, Prefix::all().after(&1_u64).before(&4_u64));
    ROWS.delete_range(&mut batch, Prefix::all().from(&9_u64).before(&2_u64));
    store.commit(batch).await.unwrap();
    let left: Vec<_> = ROWS.all(&store, &Prefix::all()).await.unwrap();
    assert_eq!(left.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [1, 4, 5]);
}

async fn deleting_a_whole_table_takes_long_keys_of_ff_too(disk: Disk) {
    const LONG: Table<[u8; 100], u64> = Table::new("long");
    let store = disk.open().await;
    let mut batch = Batch::new();
    LONG.put(&mut batch, &[0xff; 100], &1).unwrap();
    LONG.put(&mut batch, &[0x00; 100], &2).unwrap();
    store.commit(batch).await.unwrap();
    let mut batch = Batch::new();
    LONG.delete_range(&mut batch, Prefix::all());
    store.commit(batch).await.unwrap();
    assert_eq!(LONG.all(&store, &Prefix::all()).await.unwrap(), []);
}

async fn a_row_keeps_what_was_written_last(disk: Disk) {
    let store = with_row(&disk, 1, "first").await;
    for value in ["second", "third"] {
        let mut batch = Batch::new();
        put(&mut batch, 1, value);
        store.commit(batch).await.unwrap();
        assert_eq!(row(&store, 1).await.as_deref(), Some(value));
    }
    drop(store);
    assert_eq!(row(&disk.open().await, 1).await.as_deref(), Some("third"));
}

async fn an_appended_batch_follows_what_was_there(disk: Disk) {
    const AT_LOG: Table<((), base::number::LogPosition), String> = Table::new("at_log");
    let store = disk.open().await;
    let mut whole = Batch::new();
    for name in ["one", "two"] {
        let mut batch = Batch::new();
        put(&mut batch, 1, name);
        batch.log(name.as_bytes().to_vec());
        AT_LOG.put_at_log(&mut batch, &(), &name.to_owned()).unwrap();
        whole.append(batch);
    }
    store.commit(whole).await.unwrap();
    assert_eq!(row(&store, 1).await.as_deref(), Some("two"));
    let rows = AT_LOG.all(&store, &Prefix::all()).await.unwrap();
    let rows: Vec<_> = rows.iter().map(|(((), at), name)| (at.0, name.as_str())).collect();
    assert_eq!(rows, [(1, "one"), (2, "two")]);
}

async fn large_values_are_kept_whole(disk: Disk) {
    let long = "long ".repeat(1_000_000);
    let store = with_row(&disk, 1, &long).await;
    assert!(row(&store, 1).await == Some(long));
}
