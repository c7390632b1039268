//! The network between a node and the database is at its worst.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use throwaway::{Postgres, Proxy, Settings};

use super::load::Load;
use crate::harness::{Cluster, Way, make_databases};

/// Longer than a node waits for one answer of the database, and than whoever commits waits for it.
const SILENCE: Duration = Duration::from_secs(30);

/// Two nodes, of which the second reaches the database through a proxy.
async fn one_through_a_proxy(database: &Postgres) -> (Cluster, Proxy) {
    make_databases(database);
    let server = SocketAddr::from((Ipv4Addr::LOCALHOST, database.port()));
    let proxy = Proxy::start(server).unwrap();
    let ways = [server, proxy.address()].map(|server| Way::to(&server.to_string()));
    (Cluster::over(&ways).await, proxy)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_between_a_node_and_the_database_for_a_while() {
    let database = Postgres::start(Settings::default()).unwrap();
    let (cluster, mut proxy) = one_through_a_proxy(&database).await;
    let load = Load::start(&cluster).await;
    load.goes_on(40).await;
    proxy.freeze();
    cluster.becomes(1, 503).await;
    cluster.becomes(0, 200).await;
    // The silence is the fault.
    tokio::time::sleep(SILENCE).await;
    proxy.restore().unwrap();
    cluster.becomes(1, 200).await;
    load.goes_on(40).await;
    cluster.logs(1, "no answer in time").await;
    load.ends(&cluster, "a node's connections frozen for 30 s").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_between_a_node_and_the_database_are_cut_again_and_again() {
    let database = Postgres::start(Settings::default()).unwrap();
    let (cluster, mut proxy) = one_through_a_proxy(&database).await;
    let load = Load::start(&cluster).await;
    for _ in 0..4 {
        load.goes_on(30).await;
        proxy.cut();
        cluster.becomes(1, 503).await;
        proxy.restore().unwrap();
        cluster.becomes(1, 200).await;
    }
    load.goes_on(30).await;
    cluster.logs(1, "the database is away").await;
    load.ends(&cluster, "a node's connections cut four times").await;
}
