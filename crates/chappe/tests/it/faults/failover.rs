//! The database dies for good, and its standby takes its place.

use throwaway::{Postgres, Settings};

use super::load::Load;
use crate::harness::{Cluster, Way, make_databases};

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_takes_the_place_of_a_killed_database() {
    let mut primary = Postgres::start(Settings::default()).unwrap();
    make_databases(&primary);
    let standby = primary.standby().unwrap();
    let (first, second) = (primary.port(), standby.port());
    let way = Way::to(&format!("127.0.0.1:{first},127.0.0.1:{second}"));
    let cluster = Cluster::over(&[way.clone(), way]).await;
    let load = Load::start(&cluster).await;
    load.goes_on(50).await;
    primary.kill().unwrap();
    cluster.all_become(503).await;
    standby.promote().unwrap();
    cluster.all_become(200).await;
    load.goes_on(50).await;
    for node in 0..cluster.len() {
        cluster.logs(node, "the database is away").await;
    }
    load.ends(&cluster, "primary killed, standby promoted").await;
}
