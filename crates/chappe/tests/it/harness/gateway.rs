//! A push gateway: it takes what it is told, or says what the test wants.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::any;
use http::{Method, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// How long a notification may take that must come.
const PATIENCE: Duration = Duration::from_mins(1);

/// A gateway on this machine.
pub(crate) struct Gateway {
    port: u16,
    told: mpsc::Receiver<Value>,
    answers: Answers,
}

/// What it says of the next events, one after the other; otherwise that nothing is rejected.
type Answers = Arc<Mutex<VecDeque<(u16, Value)>>>;

impl Gateway {
    /// Starts one.
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (sender, told) = mpsc::channel(100);
        let answers = Answers::default();
        let state = (sender, Arc::clone(&answers));
        let router = Router::new().fallback(any(take)).with_state(state);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, told, answers }
    }

    /// What a configuration says for such a gateway to be asked at all.
    pub(crate) const ALLOWED: &str =
        "[push]\nallowed_private_networks = [\"127.0.0.1/32\"]\nretry_seconds = 1";

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/_matrix/push/v1/notify", self.port)
    }

    /// What it answers to the next event that is told.
    pub(crate) fn answers(&self, status: u16, body: Value) {
        self.answers.lock().expect("a lock").push_back((status, body));
    }

    /// The next notification, counts alone left out.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            let notification = self.any().await;
            if notification.get("event_id").is_some() {
                return notification;
            }
        }
    }

    /// The next count that is told alone.
    pub(crate) async fn count(&mut self) -> Value {
        loop {
            let notification = self.any().await;
            if notification.get("event_id").is_none() {
                return notification["counts"]["unread"].clone();
            }
        }
    }

    /// The next that is told, whatever it is.
    pub(crate) async fn any(&mut self) -> Value {
        let told = tokio::time::timeout(PATIENCE, self.told.recv()).await;
        told.expect("a notification").expect("a gateway that runs")
    }
}

async fn take(
    State((sender, answers)): State<(mpsc::Sender<Value>, Answers)>,
    method: Method,
    uri: Uri,
    body: String,
) -> (StatusCode, String) {
    let asked = (method.as_str(), uri.path());
    assert_eq!(asked, ("POST", "/_matrix/push/v1/notify"));
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let notification = &body["notification"];
    // When counts are told alone no test knows.
    let scripted = notification.get("event_id").is_some();
    // A test that has ended wants to know no more.
    let _ = sender.send(notification.clone()).await;
    let next = scripted.then(|| answers.lock().expect("a lock").pop_front()).flatten();
    let (status, answer) = next.unwrap_or_else(|| (200, json!({ "rejected": [] })));
    (StatusCode::from_u16(status).expect("a status"), answer.to_string())
}
