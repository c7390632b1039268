//! The database's disk is full.

use throwaway::{Postgres, Settings, SmallDisk};

use super::load::Load;
use crate::harness::{Cluster, Way, make_databases};

#[tokio::test(flavor = "multi_thread")]
async fn the_database_s_disk_fills_up_and_gets_room_again() {
    let disk = SmallDisk::with_room_for(256 << 20).unwrap();
    let directory = disk.path().join("postgres");
    // Checkpoints often, so that there is no room for the write-ahead log either.
    let lines = ["min_wal_size = 32MB", "max_wal_size = 32MB"].map(ToOwned::to_owned);
    let settings = Settings { lines: lines.into(), ..Settings::default() };
    let mut database = Postgres::start_in(&directory, settings).unwrap();
    make_databases(&database);
    let way = Way::to(&format!("127.0.0.1:{}", database.port()));
    let cluster = Cluster::over(&[way.clone(), way]).await;
    let load = Load::start(&cluster).await;
    load.goes_on(40).await;
    disk.fill().unwrap();
    for node in 0..cluster.len() {
        cluster.logs(node, "No space left on device").await;
    }
    disk.make_room().unwrap();
    // Without room for its log PostgreSQL ends; who looks after it starts it again.
    if !database.is_running().unwrap() {
        database.kill().unwrap();
        database.start_again().unwrap();
    }
    cluster.all_become(200).await;
    load.goes_on(40).await;
    load.ends(&cluster, "the database's disk full").await;
}
