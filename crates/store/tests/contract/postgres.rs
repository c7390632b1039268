//! What is PostgreSQL's alone: schemas, TLS, and a database that goes away.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use base::number::LogPosition;
use store::{Batch, Migration, PostgresSettings, Prefix, Store, StoreError, Table};
use throwaway::{Certificate, Durability, Postgres, Proxy, Settings};

use crate::contract::disk::{Database, Disk};

const ROWS: Table<u64, u64> = Table::new("rows");

/// A row and a record of the same number; nothing in the batch would refuse it a second time.
fn numbered(number: u64) -> Batch {
    let mut batch = Batch::new();
    ROWS.put(&mut batch, &number, &number).unwrap();
    batch.log(number.to_be_bytes().to_vec());
    batch
}

fn at(url: String) -> PostgresSettings {
    PostgresSettings { url, ca_certificate: None, connections: 4 }
}

/// Commits numbers by many tasks while `harm` is done; each number is then in the log once.
async fn every_batch_is_there_once(store: &Store, harm: impl Future<Output = ()>) {
    let writers: Vec<_> = (0..8_u64)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for turn in 0..40 {
                    store.commit(numbered(writer * 1_000 + turn)).await.unwrap();
                }
            })
        })
        .collect();
    harm.await;
    for writer in writers {
        writer.await.unwrap();
    }
    let log = store.read_log(LogPosition(0), usize::MAX).await.unwrap();
    assert!(log.iter().map(|entry| entry.position.0).eq(1..=320), "gap-free, nothing doubled");
    let numbers: BTreeSet<_> = log
        .iter()
        .map(|entry| u64::from_be_bytes(entry.record.clone().try_into().unwrap()))
        .collect();
    assert_eq!(numbers.len(), 320, "nothing lost");
    assert_eq!(ROWS.all(store, &Prefix::all()).await.unwrap().len(), 320);
}

#[tokio::test]
async fn a_database_without_a_schema_says_what_to_do() {
    let database = Database::create();
    let refused = Store::open_postgres(&database.settings()).await.err().unwrap();
    assert!(matches!(refused, StoreError::OlderSchema { found: 0, .. }), "{refused}");
    assert!(refused.to_string().contains("chappe migrate"), "{refused}");
}

#[tokio::test]
async fn a_schema_is_made_once_whoever_makes_it() {
    let database = Database::create();
    let settings = database.settings();
    let (one, other) =
        tokio::join!(Store::migrate_postgres(&settings), Store::migrate_postgres(&settings));
    assert_eq!((one.unwrap().to, other.unwrap().to), (1, 1));
    let store = Store::open_postgres(&settings).await.unwrap();
    store.commit(numbered(1)).await.unwrap();
    drop(store);
    let again = Store::migrate_postgres(&settings).await.unwrap();
    assert_eq!(again, Migration { from: 1, to: 1 });
    let store = Store::open_postgres(&settings).await.unwrap();
    assert_eq!(ROWS.get(&store, &1).await.unwrap(), Some(1));
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_as_it_is() {
    let database = Database::create();
    let settings = database.settings();
    Store::migrate_postgres(&settings).await.unwrap();
    database.run("update schema set version = 9");
    for refused in [
        Store::open_postgres(&settings).await.err().unwrap(),
        Store::migrate_postgres(&settings).await.err().unwrap(),
    ] {
        assert!(matches!(refused, StoreError::NewerSchema { found: 9, known: 1 }), "{refused}");
    }
    assert_eq!(database.run("select version from schema"), "9");
}

#[tokio::test]
async fn what_is_said_without_a_hint_is_known_within_the_poll() {
    let Disk::Postgres(database) = Disk::postgres().await else { unreachable!() };
    let store = Store::open_postgres(&database.settings()).await.unwrap();
    let mut follower = store.follow(LogPosition(0));
    database
        .run("insert into rows values (2, int8send(1), 'hello'); update log_end set position = 1");
    let heard = tokio::time::timeout(Duration::from_secs(30), follower.next()).await;
    assert_eq!(heard.expect("it is asked for").unwrap()[0].record, b"hello");
}

#[tokio::test]
async fn a_database_that_lost_what_it_acknowledged_is_not_served() {
    let Disk::Postgres(database) = Disk::postgres().await else { unreachable!() };
    let store = Store::open_postgres(&database.settings()).await.unwrap();
    for number in 0..5 {
        store.commit(numbered(number)).await.unwrap();
    }
    let mut follower = store.follow(LogPosition(5));
    database
        .run("delete from rows where t = 2 and k > int8send(2); update log_end set position = 2");
    let ended = tokio::time::timeout(Duration::from_secs(30), follower.next()).await;
    assert!(matches!(ended.expect("it is noticed"), Err(StoreError::Closed)));
    assert!(matches!(ROWS.get(&store, &1).await, Err(StoreError::Closed)));
}

#[tokio::test]
async fn tls_is_spoken_and_the_certificate_verified() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::make(folder.path()).unwrap();
    let authority = certificate.authority.clone();
    let settings = Settings { certificate: Some(certificate), ..Settings::default() };
    let server = Postgres::start(settings).unwrap();
    server.create_database("data").unwrap();
    let address =
        |mode: &str| format!("postgres://chappe@localhost:{}/data?sslmode={mode}", server.port());
    let trusting =
        |url: String| PostgresSettings { ca_certificate: Some(authority.clone()), ..at(url) };
    let made = Store::migrate_postgres(&trusting(address("require"))).await.unwrap();
    assert_eq!(made, Migration { from: 0, to: 1 });
    let store = Store::open_postgres(&trusting(address("require"))).await.unwrap();
    store.commit(numbered(1)).await.unwrap();
    let question = "select count(*) > 0 from pg_stat_ssl join pg_stat_activity using (pid)
                    where application_name = 'chappe' and ssl";
    assert_eq!(server.sql().run("postgres", question).unwrap(), "t");
    // A certificate that nobody signed whom the operator trusts, and no TLS at all.
    assert!(Store::open_postgres(&at(address("require"))).await.is_err());
    assert!(Store::open_postgres(&at(address("disable"))).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_killed_and_started_again_loses_and_doubles_nothing() {
    let settings = Settings { durability: Durability::Durable, ..Settings::default() };
    let mut server = Postgres::start(settings).unwrap();
    server.create_database("data").unwrap();
    let settings = at(server.url("data"));
    Store::migrate_postgres(&settings).await.unwrap();
    let store = Store::open_postgres(&settings).await.unwrap();
    every_batch_is_there_once(&store, async {
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            tokio::task::block_in_place(|| {
                server.kill().unwrap();
                server.start_again().unwrap();
            });
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_commit_whose_answer_is_lost_is_not_done_twice() {
    let server = Postgres::start(Settings::default()).unwrap();
    server.create_database("data").unwrap();
    Store::migrate_postgres(&at(server.url("data"))).await.unwrap();
    let mut proxy = Proxy::start(SocketAddr::from((Ipv4Addr::LOCALHOST, server.port()))).unwrap();
    let store = Store::open_postgres(&at(through(&proxy))).await.unwrap();
    store.commit(numbered(1)).await.unwrap();
    // Somebody else is committing: the next call waits at the database, and its connection is cut.
    let sql = server.sql().clone();
    let other = tokio::task::spawn_blocking(move || {
        sql.run("data", "begin; select 1 from log_end for update; select pg_sleep(1); commit")
    });
    waits(&server, "PgSleep").await;
    let commit = tokio::spawn({
        let store = store.clone();
        async move { store.commit(numbered(2)).await }
    });
    waits(&server, "transactionid").await;
    proxy.cut();
    proxy.restore().unwrap();
    other.await.unwrap().unwrap();
    assert_eq!(commit.await.unwrap().unwrap().position, LogPosition(2));
    store.commit(numbered(3)).await.unwrap();
    let log = store.read_log(LogPosition(0), usize::MAX).await.unwrap();
    assert_eq!(log.len(), 3, "the second call was answered, not done");
}

/// Waits until some session at the server waits for this.
async fn waits(server: &Postgres, event: &str) {
    let question =
        format!("select count(*) > 0 from pg_stat_activity where wait_event = '{event}'");
    while server.sql().run("postgres", &question).unwrap() != "t" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn through(proxy: &Proxy) -> String {
    format!("postgres://chappe@{}/data", proxy.address())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn answers_lost_on_the_way_are_asked_for_again() {
    let server = Postgres::start(Settings::default()).unwrap();
    server.create_database("data").unwrap();
    Store::migrate_postgres(&at(server.url("data"))).await.unwrap();
    let mut proxy = Proxy::start(SocketAddr::from((Ipv4Addr::LOCALHOST, server.port()))).unwrap();
    let store = Store::open_postgres(&at(through(&proxy))).await.unwrap();
    every_batch_is_there_once(&store, async {
        for turn in 0..12 {
            tokio::time::sleep(Duration::from_millis(20 + turn * 7)).await;
            tokio::task::block_in_place(|| {
                proxy.cut();
                proxy.restore().unwrap();
            });
        }
    })
    .await;
}

#[tokio::test]
async fn a_read_touches_what_it_asks_for_however_much_there_is() {
    let Disk::Postgres(database) = Disk::postgres().await else { unreachable!() };
    let store = Store::open_postgres(&database.settings()).await.unwrap();
    store.commit(numbered(0)).await.unwrap();
    // Many rows, of which the database has not yet counted any.
    database.run(
        "insert into rows select t, int8send(n), v from rows, generate_series(1, 20000) n
         where t = (select id from tables where name = 'rows')",
    );
    let touched = || {
        let touched = database.run(
            "select seq_tup_read + idx_tup_read
             from pg_stat_user_tables tables join pg_stat_user_indexes using (relid)
             where tables.relname = 'rows'",
        );
        touched.parse::<u64>().unwrap()
    };
    let before = touched();
    for first in 0..20 {
        let keys: Vec<u64> = (first..first + 50).collect();
        assert!(ROWS.get_many(&store, &keys).await.unwrap().iter().all(Option::is_some));
        let part = Prefix::all().from(&first).before(&(first + 10));
        assert_eq!(ROWS.all_of(&store, &[part]).await.unwrap().concat().len(), 10);
    }
    // What a session touched is known once it is over.
    drop(store);
    let sessions = "select count(*) from pg_stat_activity
         where application_name = 'chappe' and datname = current_database()";
    while database.run(sessions) != "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let touched = touched() - before;
    assert!((1_200..3_000).contains(&touched), "{touched} rows were touched to read 1,200");
}
