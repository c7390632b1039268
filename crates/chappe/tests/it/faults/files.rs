//! The store of files refuses.

use http::Method;
use serde_json::Value;
use throwaway::{Postgres, Settings};

use super::load::Load;
use crate::harness::{Cluster, Person, Roamer, Way, make_databases};

const UPLOAD: &str = "/_matrix/media/v3/upload";

/// Uploads a file, at one node after the other until one takes it; where it is.
async fn uploads(person: &Roamer, node: usize, text: &str) -> String {
    path_of(&person.insists(node, &Method::POST, UPLOAD, text).await.ok())
}

fn path_of(answer: &Value) -> String {
    let address = answer["content_uri"].as_str().expect("an address");
    let path = address.strip_prefix("mxc://").expect("an mxc address");
    format!("/_matrix/client/v1/media/download/{path}")
}

async fn asks(cluster: &Cluster, node: usize, person: &Person) -> (u16, Value) {
    let answer = cluster.on(node, person).request(Method::POST, UPLOAD, "in vain").await;
    (answer.status, answer.body)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_of_files_may_refuse_while_messages_go_on() {
    let database = Postgres::start(Settings::default()).unwrap();
    make_databases(&database);
    let way = Way::to(&format!("127.0.0.1:{}", database.port()));
    let mut cluster = Cluster::over(&[way.clone(), way]).await;
    let load = Load::start(&cluster).await;
    let eve = cluster.register(0, "eve").await;
    let roamer = Roamer::of(&eve, &cluster);
    let mut files = Vec::new();
    for round in 0..2 {
        let before = format!("before {round}");
        files.push((uploads(&roamer, round, &before).await, before));
        cluster.s3.stop();
        for node in 0..cluster.len() {
            let (status, body) = asks(&cluster, node, &eve).await;
            assert_eq!((status, &body["errcode"]), (503, &"M_UNKNOWN".into()));
            cluster.logs(node, "the storage of files is not available").await;
            // Messages need no files: the node is well.
            cluster.becomes(node, 200).await;
        }
        load.goes_on(30).await;
        let meanwhile = format!("meanwhile {round}");
        let waiting = tokio::spawn({
            let (roamer, text) = (roamer.clone(), meanwhile.clone());
            async move { uploads(&roamer, round, &text).await }
        });
        cluster.s3.start_again().unwrap();
        files.push((waiting.await.unwrap(), meanwhile));
        for node in 0..cluster.len() {
            for (path, text) in &files {
                assert_eq!(cluster.on(node, &eve).get(path).await.bytes, text.as_bytes());
            }
            cluster.logs(node, "the storage of files is available again").await;
        }
    }
    load.ends(&cluster, &format!("S3 refusing twice ({} files, lost 0)", files.len())).await;
}
