//! Calls of the database's function that were held up on their way: the network, or a proxy, may
//! deliver one long after it was repeated on another connection and answered there.

use store::{Batch, Store};

use crate::contract::disk::{Database, Disk};

/// Calls the function as a committer does, with one check and one log record.
fn call(database: &Database, who: &str, turn: u64, check: &str) -> Result<String, String> {
    let none = "'{}', '{}'";
    database.try_run(&format!(
        "select refused, log_before from chappe_commit({who}, {turn}, {check}, '{{}}', '{{}}', \
         {none}, {none}, {none}, '{{}}', {none}, '{{}}', {none}, '{{}}', '{{}}', 2::smallint, \
         array['late'::bytea])"
    ))
}

const NO_CHECK: &str = "'{}', '{}', '{}'";
/// Holds once the row is there.
const CHECK: &str = "array[9::smallint], array['key'::bytea], array['value'::bytea]";
const ROW: &str = "insert into rows values (9, 'key', 'value')";

async fn store_and_database() -> (Store, Box<Database>) {
    let disk = Disk::postgres().await;
    let store = disk.open().await;
    let Disk::Postgres(database) = disk else { panic!("it is PostgreSQL") };
    (store, database)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_comes_after_its_committer_went_on_is_not_done() {
    let (store, database) = store_and_database().await;
    for record in ["first", "second"] {
        let mut batch = Batch::new();
        batch.log(record.as_bytes().to_vec());
        store.commit(batch).await.unwrap();
    }
    let me = "(select id from committers)";
    let why = call(&database, me, 1, NO_CHECK).unwrap_err();
    assert!(why.contains("turn 1 is over"), "{why}");
    assert_eq!(call(&database, me, 2, NO_CHECK).unwrap(), "|1", "it was done, after record 1");
    assert_eq!(store.catch_up().await.unwrap().0, 2);
    assert_eq!(call(&database, me, 3, NO_CHECK).unwrap(), "|2");
    assert_eq!(store.catch_up().await.unwrap().0, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_refused_stays_refused_whatever_happens_meanwhile() {
    let (store, database) = store_and_database().await;
    assert_eq!(call(&database, "'me'", 1, CHECK).unwrap(), "{1}|0");
    database.run(ROW);
    assert_eq!(call(&database, "'me'", 1, CHECK).unwrap(), "{1}|0");
    assert_eq!(store.catch_up().await.unwrap().0, 0);
    assert_eq!(call(&database, "'me'", 2, CHECK).unwrap(), "|0");
    assert_eq!(store.catch_up().await.unwrap().0, 1);
}
