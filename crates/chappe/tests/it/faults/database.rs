//! The database is killed.

use throwaway::{Postgres, Settings};

use super::load::Load;
use crate::harness::{Cluster, Way, make_databases};

#[tokio::test(flavor = "multi_thread")]
async fn the_database_may_be_killed_and_started_again() {
    let mut database = Postgres::start(Settings::default()).unwrap();
    make_databases(&database);
    let way = Way::to(&format!("127.0.0.1:{}", database.port()));
    let cluster = Cluster::over(&[way.clone(), way]).await;
    let load = Load::start(&cluster).await;
    for _ in 0..2 {
        load.goes_on(40).await;
        database.kill().unwrap();
        cluster.all_become(503).await;
        database.start_again().unwrap();
        cluster.all_become(200).await;
    }
    load.goes_on(40).await;
    for node in 0..cluster.len() {
        cluster.logs(node, "the database is away").await;
    }
    load.ends(&cluster, "kill -9 of PostgreSQL, twice").await;
}
