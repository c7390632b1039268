//! A person whose client asks whichever node, and asks again when there is no answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::Method;

use super::cluster::{Addresses, PATIENCE};
use super::{Answer, Cluster, Person};

/// How long a client waits for an answer before it asks elsewhere: shorter than a server goes on
/// trying, which may then still do what was asked.
const ANSWER: Duration = Duration::from_secs(6);
/// How long it waits before it asks again.
const AGAIN: Duration = Duration::from_millis(100);

/// A session at every node.
#[derive(Clone)]
pub(crate) struct Roamer {
    pub(crate) person: Person,
    nodes: Addresses,
    repeats: Arc<AtomicUsize>,
}

impl Roamer {
    pub(crate) fn of(person: &Person, cluster: &Cluster) -> Self {
        let (nodes, repeats) = (cluster.addresses.clone(), Arc::default());
        Self { person: person.clone(), nodes, repeats }
    }

    /// How often it had to ask again.
    pub(crate) fn repeats(&self) -> usize {
        self.repeats.load(Ordering::Relaxed)
    }

    /// Asks a node once: an answer, or nothing when the node went away, is silent, or
    /// has not got its store.
    pub(crate) async fn tries(
        &self,
        node: usize,
        method: &Method,
        path: &str,
        body: &str,
    ) -> Option<Answer> {
        let person = self.person.at(&self.nodes.of(node));
        let authorization = format!("Bearer {}", person.token);
        let headers = [("authorization", authorization.as_str())];
        let asked = person.http.tries(method.clone(), path, &headers, body.to_owned());
        let answer = tokio::time::timeout(ANSWER, asked).await.ok()?.ok()?;
        (answer.status != 503).then_some(answer)
    }

    /// Asks one node after the other, the same thing, until one answers.
    pub(crate) async fn insists(
        &self,
        first: usize,
        method: &Method,
        path: &str,
        body: &str,
    ) -> Answer {
        let start = Instant::now();
        let mut node = first;
        loop {
            if let Some(answer) = self.tries(node, method, path, body).await {
                return answer;
            }
            assert!(start.elapsed() < PATIENCE, "no node answers: {method} {path}");
            self.repeats.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(AGAIN).await;
            node += 1;
        }
    }

    /// Reads from one node after the other until one answers; the body.
    pub(crate) async fn reads(&self, first: usize, path: &str) -> serde_json::Value {
        self.insists(first, &Method::GET, path, "").await.ok()
    }
}
