//! Copies and restores on a real PostgreSQL.

use store::{PostgresSettings, Store};
use throwaway::{Durability, Postgres, Settings};
use transfer::{Phase, Progress, TransferError, copy, refuse_unfinished};

use crate::town::{Empty, Town, faults, memory, row, rows};

fn server() -> Postgres {
    Postgres::start(Settings { durability: Durability::Fleeting, ..Settings::default() }).unwrap()
}

/// An empty store in a database of its own.
async fn empty(server: &Postgres, name: &str) -> Store {
    server.create_database(name).unwrap();
    let settings = PostgresSettings { url: server.url(name), ca_certificate: None, connections: 4 };
    Store::migrate_postgres(&settings).await.unwrap();
    Store::open_postgres(&settings).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_goes_to_postgresql_and_back_and_writes_on() {
    let (town, server) = (Town::with(6000).await, server());
    let to = empty(&server, "copy").await;
    let (from, target) = (town.data.clone(), to.clone());
    let killed = tokio::spawn(async move {
        let progress = Progress::new(|step| assert!(step.phase != Phase::Compare, "killed"));
        copy(&from, &target, &progress).await
    });
    assert!(killed.await.is_err());
    assert!(matches!(refuse_unfinished(&to).await, Err(TransferError::Unfinished { .. })));
    copy(&town.data, &to, &Progress::silent()).await.unwrap();
    assert_eq!(rows(&to).await, rows(&town.data).await);
    assert_eq!(to.catch_up().await.unwrap(), town.data.log_end());
    // The log goes on where it ended.
    let mut batch = store::Batch::new();
    batch.log(b"next".to_vec());
    let next = to.commit(batch).await.unwrap();
    assert_eq!(next.position.0, town.data.log_end().0 + 1);
    let back = memory();
    copy(&to, &back, &Progress::silent()).await.unwrap();
    assert_eq!(rows(&back).await, rows(&to).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_file_is_restored_into_postgresql_and_backed_up_from_there() {
    let (town, server) = (Town::with(2000).await, server());
    let target = town.backup("one").await;
    let stores = (empty(&server, "data").await, empty(&server, "keyring").await);
    let restored = Empty::over(stores.0.clone(), stores.1.clone());
    restored.restores(&target).await.unwrap();
    assert_eq!(rows(&stores.0).await, rows(&town.data).await);
    assert_eq!(rows(&stores.1).await, rows(&town.keyring).await);
    let again = Town { data: stores.0, keyring: stores.1, ..town };
    let target = again.backup("two").await;
    assert_eq!(faults(&target).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_written_to_meanwhile_is_noticed() {
    let server = server();
    let from = empty(&server, "moving").await;
    from.import(vec![row("numbers", b"k", b"v")]).await.unwrap();
    let (writer, to) = (from.clone(), memory());
    let progress = Progress::new(move |step| {
        if step.phase == Phase::Copy && step.ended {
            let mut batch = store::Batch::new();
            batch.log(b"meanwhile".to_vec());
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(writer.commit(batch)).unwrap();
            });
        }
    });
    let target = to.clone();
    let copied = tokio::spawn(async move { copy(&from, &target, &progress).await }).await.unwrap();
    assert!(matches!(copied, Err(TransferError::SourceMoved)));
    assert!(refuse_unfinished(&to).await.is_err());
}
