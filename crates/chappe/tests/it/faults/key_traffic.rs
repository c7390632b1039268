//! One-time keys: some people upload them, others claim them, at whichever node.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::Method;
use serde_json::{Map, Value, json};
use tokio::task::JoinHandle;

use super::load::Day;
use crate::harness::Roamer;
use crate::keys::Keys;

/// Keys as they were handed out: whose, and their ids.
pub(super) type Claims = Vec<(String, String)>;

/// Keys in one upload.
const UPLOADED: usize = 5;
/// How long between two uploads, or two claims.
const PAUSE: Duration = Duration::from_millis(400);

/// The first two upload; the others, and one of the two, claim of both.
pub(super) async fn start(people: &[Roamer], day: &Arc<Day>) -> Vec<JoinHandle<Claims>> {
    let mut tasks = Vec::new();
    for person in &people[..2] {
        Keys::of(&person.person).publish().await;
    }
    for (number, person) in people[..2].iter().enumerate() {
        tasks.push(tokio::spawn(uploads(person.clone(), number, Arc::clone(day))));
    }
    for (number, person) in people[1..].iter().enumerate() {
        let of = [0, 1].map(|which: usize| people[which].clone());
        tasks.push(tokio::spawn(claims(person.clone(), number, of, Arc::clone(day))));
    }
    tasks
}

/// Uploads keys until the day is over; repeats an upload that was not acknowledged.
async fn uploads(person: Roamer, number: usize, day: Arc<Day>) -> Claims {
    let signer = person.person.clone();
    let keys = Keys::of(&signer);
    for upload in 0.. {
        if day.is_over() {
            break;
        }
        let ids = (0..UPLOADED).map(|key| upload * UPLOADED + key);
        let new: Map<String, Value> = ids
            .map(|id| {
                (format!("signed_curve25519:K{id:05}"), keys.one_time_key(id.to_le_bytes()[0]))
            })
            .collect();
        let body = json!({ "one_time_keys": new }).to_string();
        let path = "/_matrix/client/v3/keys/upload";
        person.insists(number + upload, &Method::POST, path, &body).await.ok();
        tokio::time::sleep(PAUSE).await;
    }
    Claims::new()
}

/// Claims keys until the day is over. A claim that was not answered is not asked for again: its
/// key is lost, which is safe.
async fn claims(person: Roamer, number: usize, of: [Roamer; 2], day: Arc<Day>) -> Claims {
    let mut claimed = Claims::new();
    let wanted = of.each_ref().map(|other| {
        let Roamer { person: other, .. } = other;
        (other.user_id.clone(), json!({ (&other.device_id): "signed_curve25519" }))
    });
    let body = json!({ "one_time_keys": Map::from_iter(wanted) }).to_string();
    for claim in number.. {
        if day.is_over() {
            break;
        }
        let path = "/_matrix/client/v3/keys/claim";
        if let Some(answer) = person.tries(claim, &Method::POST, path, &body).await {
            let (answer, before) = (answer.ok(), claimed.len());
            for (user, devices) in answer["one_time_keys"].as_object().into_iter().flatten() {
                let keys = devices.as_object().into_iter().flatten().map(|(_, keys)| keys);
                let ids = keys.filter_map(Value::as_object).flat_map(Map::keys);
                claimed.extend(ids.map(|id| (user.clone(), id.clone())));
            }
            day.claimed.fetch_add(claimed.len() - before, Ordering::Relaxed);
        }
        tokio::time::sleep(PAUSE).await;
    }
    claimed
}
