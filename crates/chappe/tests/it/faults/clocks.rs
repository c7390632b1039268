//! The nodes' clocks disagree.

use std::path::PathBuf;

use throwaway::{Postgres, Settings};

use super::load::Load;
use crate::harness::{Cluster, Way, make_databases};

/// Lets a program believe in another time. Debian's package `faketime`.
fn faketime() -> PathBuf {
    let libraries = std::fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let candidates = libraries.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    let mut found = candidates.filter(|path| path.exists());
    found.next().expect("libfaketime is installed (package faketime)")
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_of_nodes_may_be_five_minutes_apart() {
    let database = Postgres::start(Settings::default()).unwrap();
    make_databases(&database);
    let way = Way::to(&format!("127.0.0.1:{}", database.port()));
    let library = faketime();
    let astray = |by: &str| {
        let way = way.clone().with("LD_PRELOAD", library.to_str().unwrap());
        way.with("FAKETIME", by).with("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    };
    let cluster = Cluster::over(&[astray("+5m"), way.clone(), astray("-5m")]).await;
    let load = Load::start(&cluster).await;
    load.goes_on(120).await;
    load.ends(&cluster, "clocks five minutes apart").await;
}
