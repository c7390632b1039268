//! Which node follows the log.
//!
//! Who has the turn says so in passing every [`BEAT`]; whoever hears nothing for [`SILENCE`] takes
//! it. That may go wrong, and then two nodes send the same for a moment; but what is written is
//! checked against the turn in the store, so that no more than one moves the cursor.

use std::sync::Arc;
use std::time::Duration;

use store::{Batch, CommitError, Hint, StoreError};
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep, timeout_at};

use crate::delivery::Inner;
use crate::error::DeliveryError;
use crate::follow::{Holder, told_to_stop};
use crate::tables::TURN;

/// What the hint is about: which node has the turn; nobody, when it is a question.
const TOPIC: &str = "delivery";
/// How often who has the turn says so.
pub(crate) const BEAT: Duration = Duration::from_secs(2);
/// How long it may be silent.
const SILENCE: Duration = Duration::from_secs(7);
/// How long an answer to the first question may take.
const FIRST_SILENCE: Duration = Duration::from_millis(500);
/// How long is waited before what failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Delivers whenever it is this node's turn, until told to stop.
pub(crate) async fn run(inner: Arc<Inner>, mut stopped: watch::Receiver<bool>) {
    let mut hints = inner.store.hints();
    let mut patience = FIRST_SILENCE;
    loop {
        let silence = tokio::select! {
            silence = silence(&inner, &mut hints, patience) => silence,
            () = told_to_stop(&mut stopped) => return,
        };
        patience = SILENCE;
        if silence.is_err() {
            return;
        }
        let held = match take(&inner).await {
            Ok(true) => Holder::new(Arc::clone(&inner)).run(&mut hints, &mut stopped).await,
            Ok(false) => continue,
            Err(error) => Err(error),
        };
        if *stopped.borrow() {
            return;
        }
        match held {
            Ok(()) => tracing::debug!("another node has the turn to deliver"),
            Err(DeliveryError::Store(StoreError::Closed)) => return,
            Err(error) => {
                tracing::warn!(%error, "deliveries begin anew");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Says which node has the turn.
pub(crate) fn beat(inner: &Inner) {
    inner.store.publish(TOPIC, inner.node.to_be_bytes());
}

/// Whether a hint asks who has the turn.
pub(crate) fn is_question(hint: &Hint) -> bool {
    hint.topic == TOPIC && hint.payload.is_empty()
}

/// Waits until nobody has said for a while that it has the turn; fails when the store closes.
async fn silence(
    inner: &Inner,
    hints: &mut broadcast::Receiver<Hint>,
    patience: Duration,
) -> Result<(), ()> {
    inner.store.publish(TOPIC, []);
    let mut until = Instant::now() + patience;
    loop {
        match timeout_at(until, hints.recv()).await {
            Err(_) => return Ok(()),
            Ok(Ok(hint)) if hint.topic != TOPIC || hint.payload.is_empty() => {}
            // Whoever lagged may have missed it.
            Ok(Ok(_) | Err(broadcast::error::RecvError::Lagged(_))) => {
                until = Instant::now() + SILENCE;
            }
            Ok(Err(broadcast::error::RecvError::Closed)) => return Err(()),
        }
    }
}

/// Takes the turn, unless another node does at the same time.
async fn take(inner: &Inner) -> Result<bool, DeliveryError> {
    let was = TURN.get(&inner.store, &()).await?;
    let mut batch = Batch::new();
    TURN.check(&mut batch, &(), was.as_ref())?;
    TURN.put(&mut batch, &(), &inner.node)?;
    match inner.store.commit(batch).await {
        Ok(_) => Ok(true),
        Err(CommitError::Conflict { .. }) => Ok(false),
        Err(CommitError::Store(error)) => Err(error.into()),
    }
}
