//! A body that is streamed in: bounded by its announced length, and by time between its pieces.

use std::io;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::unfold;
use futures_util::{Stream, StreamExt};
use hyper::body::Body as _;

use crate::{ApiError, App};

/// Refuses a body that says itself that it is too long, before a byte of it is read.
pub(super) fn refuse_if_announced_too_long(app: &App, body: &Body) -> Result<(), ApiError> {
    let limit = app.media.settings().upload_bytes;
    if body.size_hint().lower() > limit {
        return Err(media::MediaError::TooLarge { limit }.into());
    }
    Ok(())
}

/// The pieces of a body. Each has to come in time: a body that stalls ends with an error.
pub(super) fn pieces(
    app: &App,
    body: Body,
) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + 'static {
    let patience = app.settings.body_timeout;
    let stream = body.into_data_stream().boxed();
    unfold(Some(stream), move |stream| async move {
        let mut stream = stream?;
        match next(&mut stream, patience).await? {
            Ok(piece) => Some((Ok(piece), Some(stream))),
            Err(error) => Some((Err(error), None)),
        }
    })
}

async fn next(
    stream: &mut (impl Stream<Item = Result<Bytes, axum::Error>> + Unpin),
    patience: Duration,
) -> Option<Result<Bytes, io::Error>> {
    match tokio::time::timeout(patience, stream.next()).await {
        Ok(piece) => Some(piece?.map_err(io::Error::other)),
        Err(_) => Some(Err(io::ErrorKind::TimedOut.into())),
    }
}
