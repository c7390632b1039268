//! A node is killed.

use throwaway::{Postgres, Settings};

use super::load::Load;
use crate::harness::{Cluster, Way, make_databases};

#[tokio::test(flavor = "multi_thread")]
async fn any_node_may_be_killed_and_the_others_go_on() {
    let database = Postgres::start(Settings::default()).unwrap();
    make_databases(&database);
    let way = Way::to(&format!("127.0.0.1:{}", database.port()));
    let mut cluster = Cluster::over(&[way.clone(), way.clone(), way]).await;
    let load = Load::start(&cluster).await;
    for node in 0..cluster.len() {
        load.goes_on(30).await;
        cluster.kills(node);
        load.goes_on(30).await;
        cluster.starts(node).await;
        cluster.becomes(node, 200).await;
    }
    load.goes_on(30).await;
    load.ends(&cluster, "kill -9 of each of three nodes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_may_be_restarted_one_after_the_other() {
    let database = Postgres::start(Settings::default()).unwrap();
    make_databases(&database);
    let way = Way::to(&format!("127.0.0.1:{}", database.port()));
    let mut cluster = Cluster::over(&[way.clone(), way]).await;
    let load = Load::start(&cluster).await;
    for node in [0, 1, 0, 1] {
        load.goes_on(40).await;
        cluster.stops(node).await;
        load.goes_on(20).await;
        cluster.starts(node).await;
        cluster.becomes(node, 200).await;
    }
    load.goes_on(40).await;
    load.ends(&cluster, "a rolling restart of two nodes, twice").await;
}
