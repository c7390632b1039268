//! Keys of devices: upload, query, claim, and messages to 1,000 devices.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::repeat;
use crate::crowd::people;
use crate::report::Report;
use crate::server::Server;

const PEOPLE: usize = 1_000;
/// One-time keys uploaded at a time, as clients do.
const KEYS: usize = 50;

pub(super) async fn run(server: Server, report: &mut Report) -> anyhow::Result<()> {
    let mut crowd = people(&server, "device", server.times(PEOPLE)).await?;
    let targets: Vec<(String, String)> =
        crowd.iter().map(|person| (person.user_id.clone(), person.device_id.clone())).collect();
    let count = targets.len();
    let first = Arc::new(Mutex::new(crowd.remove(0)));

    let batches: Vec<Arc<Mutex<_>>> =
        crowd.into_iter().map(|person| Arc::new(Mutex::new(person))).collect();
    repeat((&server, report), "keys/upload of 50 one-time keys", batches.len(), |index| {
        let person = batches.get(index).cloned();
        async move {
            let Some(person) = person else { return Ok(()) };
            let request = one_time_keys(index);
            person.lock().await.post("/_matrix/client/v3/keys/upload", &request).await.map(drop)
        }
    })
    .await?;

    let query: Map<String, Value> =
        targets.iter().map(|(user, _)| (user.clone(), json!([]))).collect();
    let query = json!({ "device_keys": query });
    repeat((&server, report), &format!("keys/query of {count} people"), 20, |_| {
        let (first, query) = (Arc::clone(&first), query.clone());
        async move { first.lock().await.post("/_matrix/client/v3/keys/query", &query).await.map(drop) }
    })
    .await?;

    let claim = per_device(&targets, &json!("signed_curve25519"));
    let claim = json!({ "one_time_keys": claim });
    repeat((&server, report), &format!("keys/claim from {count} devices"), 20, |_| {
        let (first, claim) = (Arc::clone(&first), claim.clone());
        async move { first.lock().await.post("/_matrix/client/v3/keys/claim", &claim).await.map(drop) }
    })
    .await?;

    let content =
        json!({ "algorithm": "m.olm.v1.curve25519-aes-sha2", "ciphertext": "B".repeat(600) });
    let messages = json!({ "messages": per_device(&targets, &content) });
    repeat((&server, report), &format!("to-device message to {count} devices"), 20, |index| {
        let (first, messages) = (Arc::clone(&first), messages.clone());
        async move {
            let path = format!("/_matrix/client/v3/sendToDevice/m.room.encrypted/t{index}");
            first.lock().await.put(&path, &messages).await.map(drop)
        }
    })
    .await
}

fn per_device(targets: &[(String, String)], value: &Value) -> Map<String, Value> {
    let entry =
        |(user, device): &(String, String)| (user.clone(), json!({ device.clone(): value }));
    targets.iter().map(entry).collect()
}

/// Keys of the right form. Nobody checks their signatures but the client that claims one.
fn one_time_keys(person: usize) -> Value {
    let mut keys = Map::new();
    for index in 0..KEYS {
        let key = format!("{:A>43}", format!("{person}x{index}"));
        let signature =
            json!({ format!("@device{person}:bench.example"): { "ed25519:X": "A".repeat(86) } });
        let value = json!({ "key": key, "signatures": signature });
        keys.insert(format!("signed_curve25519:K{index}"), value);
    }
    json!({ "one_time_keys": keys })
}
