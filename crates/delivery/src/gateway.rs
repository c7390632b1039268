//! Asking a push gateway.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use outside::{Limits, Schemes};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::delivery::Inner;
use crate::pushers::Pusher;

/// Requests to one gateway at a time.
const TO_ONE: usize = 16;
/// Requests to all gateways at a time: first tries, and those after a failure, apart, so that what
/// fails never stands in the way of what does not.
const FIRST: usize = 512;
const AGAIN: usize = 64;
/// Gateways known at a time.
const GATEWAYS: u64 = 10_000;
/// How long a gateway that nobody asks is known.
const FORGOTTEN: Duration = Duration::from_mins(10);
/// Bytes of an answer at most.
const ANSWER: usize = 64 << 10;

/// Whose turn it is to be asked.
pub(crate) struct Gateways {
    each: Cache<String, Arc<Semaphore>>,
    first: Arc<Semaphore>,
    again: Arc<Semaphore>,
}

impl Default for Gateways {
    fn default() -> Self {
        Self {
            each: Cache::builder().max_capacity(GATEWAYS).time_to_idle(FORGOTTEN).build(),
            first: Arc::new(Semaphore::new(FIRST)),
            again: Arc::new(Semaphore::new(AGAIN)),
        }
    }
}

/// What a gateway says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It took the notification.
    Taken,
    /// It does not know the pusher, and never will again.
    Rejected,
    /// Nothing of use: it is asked again.
    Nothing,
}

#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    rejected: Vec<String>,
}

impl Gateways {
    async fn turn(
        &self,
        pusher: &Pusher,
        tries: u32,
    ) -> (Option<OwnedSemaphorePermit>, Option<OwnedSemaphorePermit>) {
        let host = pusher.url.split('/').nth(2).unwrap_or_default();
        let each = || Arc::new(Semaphore::new(TO_ONE));
        let one = self.each.get_with_by_ref(host, each);
        let all = Arc::clone(if tries == 0 { &self.first } else { &self.again });
        // They are never closed.
        let one = one.acquire_owned().await.ok();
        (one, all.acquire_owned().await.ok())
    }
}

impl Inner {
    /// Sends a notification, the gateway having failed `tries` times before.
    pub(crate) async fn notify(&self, pusher: &Pusher, body: &Value, tries: u32) -> Said {
        let _turn = self.gateways.turn(pusher, tries).await;
        let limits = Limits {
            time: self.settings.patience,
            bytes: ANSWER,
            redirections: 0,
            schemes: Schemes::Https,
        };
        match self.outside.post_json(&pusher.url, body, limits).await {
            Ok(answer) if answer.status.is_success() => {
                let response: Option<Response> = serde_json::from_slice(&answer.bytes).ok();
                let rejected = response.map(|response| response.rejected).unwrap_or_default();
                if rejected.contains(&pusher.pushkey) { Said::Rejected } else { Said::Taken }
            }
            Ok(answer) => {
                tracing::debug!(status = %answer.status, "a push gateway failed");
                Said::Nothing
            }
            Err(error) => {
                tracing::debug!(%error, "a push gateway was not reached");
                Said::Nothing
            }
        }
    }
}
