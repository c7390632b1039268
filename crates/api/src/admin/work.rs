//! Works that take long: begun here, ended here or by whichever node looks for what is not ended.

use crate::{ApiError, App};

/// Works on, after the answer.
pub(super) fn start(app: &App, id: String) {
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = app.rooms.finish_purge(&id).await {
            tracing::warn!(%error, "a removal goes on later");
        }
    });
}

/// Works to the end, even when whoever asked is gone.
pub(super) async fn finish(app: &App, id: String) -> Result<(), ApiError> {
    let rooms = app.rooms.clone();
    let work = tokio::spawn(async move { rooms.finish_purge(&id).await });
    Ok(work.await.map_err(|error| ApiError::internal(&error))??)
}

/// Goes on with works that a stop interrupted, on whatever node.
pub async fn finish_purges(app: &App) {
    if let Err(error) = app.rooms.finish_purges().await {
        tracing::warn!(%error, "removals of rooms go on later");
    }
}
