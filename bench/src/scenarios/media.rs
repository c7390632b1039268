//! Files of 1 and 10 MiB, up and down.

use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use http::Method;
use serde_json::Value;
use tokio::sync::Mutex;

use super::repeat;
use crate::client::Client;
use crate::report::Report;
use crate::server::Server;

pub(super) async fn run(server: Server, report: &mut Report) -> anyhow::Result<()> {
    let person = Arc::new(Mutex::new(Client::register(server.address(0), "files").await?));
    for (mib, times) in [(1, 50), (10, 10)] {
        let file = Bytes::from(vec![0x5a; mib << 20]);
        let last = Arc::new(Mutex::new(String::new()));
        repeat((&server, report), &format!("upload, {mib} MiB"), times, |_| {
            let (person, file, last) = (Arc::clone(&person), file.clone(), Arc::clone(&last));
            async move {
                let path = "/_matrix/media/v3/upload";
                let answer = person.lock().await.call(Method::POST, path, file).await?;
                let answer: Value = serde_json::from_slice(&answer)?;
                let uri =
                    answer.get("content_uri").and_then(Value::as_str).context("no address")?;
                uri.trim_start_matches("mxc://").clone_into(&mut *last.lock().await);
                Ok(())
            }
        })
        .await?;
        let path = format!("/_matrix/client/v1/media/download/{}", last.lock().await);
        repeat((&server, report), &format!("download, {mib} MiB"), times, |_| {
            let (person, path) = (Arc::clone(&person), path.clone());
            async move {
                person.lock().await.call(Method::GET, &path, Bytes::new()).await.map(drop)
            }
        })
        .await?;
    }
    Ok(())
}
