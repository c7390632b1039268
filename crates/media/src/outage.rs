//! Times in which the storage of files does not answer, or refuses.

use std::error::Error;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use object_store::client::{HttpError, HttpErrorKind};

use crate::error::MediaError;

/// How long the storage may take for one step.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is missed when something is missed that should always be there.
pub(crate) const NOT_THERE: &str = "the bucket or the directory is not there";

/// Whether the storage is away, as last seen. Its beginning and its end are a line each in the
/// log, whatever number of requests meets it.
#[derive(Debug, Default)]
pub(crate) struct Outage(AtomicBool);

impl Outage {
    /// Waits for an answer of the storage: for a while, and not for ever.
    pub(crate) async fn ask<T>(
        &self,
        question: impl Future<Output = object_store::Result<T>> + Send,
    ) -> Result<T, MediaError> {
        self.find(question).await?.ok_or_else(|| self.is_seen(NOT_THERE))
    }

    /// Waits for something that may not be there.
    pub(crate) async fn find<T>(
        &self,
        question: impl Future<Output = object_store::Result<T>> + Send,
    ) -> Result<Option<T>, MediaError> {
        match tokio::time::timeout(PATIENCE, question).await {
            Ok(Ok(answer)) => {
                self.ends();
                Ok(Some(answer))
            }
            Ok(Err(object_store::Error::NotFound { .. })) => Ok(None),
            Ok(Err(error)) => Err(self.is_seen(reason(&error))),
            Err(_) => Err(self.is_seen("it did not answer in time")),
        }
    }

    /// The storage is away; why is for the log, and names nothing.
    pub(crate) fn is_seen(&self, reason: &'static str) -> MediaError {
        if self.0.swap(true, Ordering::Relaxed) {
            tracing::debug!(reason, "the storage of files is still not available");
        } else {
            tracing::warn!(
                reason,
                "the storage of files is not available: uploads and downloads fail until it is"
            );
        }
        MediaError::StorageUnavailable
    }

    fn ends(&self) {
        // Most of the time there is nothing to write, and readers do not disturb each other.
        if self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed) {
            tracing::info!("the storage of files is available again");
        }
    }
}

/// Why a storage failed. Never its own words: they hold addresses, and on some stores keys.
fn reason(error: &object_store::Error) -> &'static str {
    match error {
        object_store::Error::PermissionDenied { .. } => "it refused our permission",
        object_store::Error::Unauthenticated { .. } => "it refused our keys",
        error => causes(error).find_map(known).unwrap_or("it answered with an error"),
    }
}

/// An error and what caused it, from the outside in.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

fn known(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(error) = cause.downcast_ref::<HttpError>() {
        return match error.kind() {
            HttpErrorKind::Connect => Some("it cannot be reached"),
            HttpErrorKind::Timeout => Some("it did not answer in time"),
            _ => Some("the connection to it broke"),
        };
    }
    match cause.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some("it is full"),
        io::ErrorKind::PermissionDenied => Some("it refused our permission"),
        io::ErrorKind::ReadOnlyFilesystem => Some("it can only be read"),
        io::ErrorKind::NotADirectory => Some(NOT_THERE),
        _ => None,
    }
}
