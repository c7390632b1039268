//! Whoever asks may stop waiting at any moment: a client hangs up, a time is over.

use store::{Batch, Store, Table};

use crate::contract::disk::Disk;

const ROWS: Table<u64, u64> = Table::new("rows");

on_every_shared_engine!(what_is_read_is_of_now_whoever_gave_up_before);

/// Asks for something and stops waiting before it can be there.
async fn gives_up<T>(asked: impl Future<Output = T>) {
    tokio::select! {
        biased;
        _ = asked => {}
        () = tokio::task::yield_now() => {}
    }
}

async fn writes(store: &Store, value: u64) {
    let mut batch = Batch::new();
    ROWS.put(&mut batch, &1, &value).unwrap();
    store.commit(batch).await.unwrap();
}

async fn what_is_read_is_of_now_whoever_gave_up_before(disk: Disk) {
    let (store, other) = (disk.open().await, disk.open().await);
    for value in 0..20 {
        gives_up(store.snapshot()).await;
        gives_up(ROWS.get(&store, &1)).await;
        writes(&other, value).await;
        assert_eq!(ROWS.get(&store, &1).await.unwrap(), Some(value));
        let snapshot = store.snapshot().await.unwrap();
        gives_up(ROWS.get(&snapshot, &1)).await;
        assert_eq!(ROWS.get(&snapshot, &1).await.unwrap(), Some(value));
    }
}
