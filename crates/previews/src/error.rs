//! Why there is no preview.

use std::sync::Arc;

use media::MediaError;
use outside::OutsideError;

/// Why there is no preview.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PreviewError {
    /// The address is none of the web, whatever answers there.
    #[error("this is no address of a page on the web")]
    Address,
    /// Nothing was read: nobody is there, or not for this server, or too much of it, or too late.
    #[error("the page could not be read")]
    Unread,
    /// It is neither a page nor a picture.
    #[error("there is no page")]
    NoPage,
    /// This server could not keep the picture.
    #[error("the picture could not be kept: {0}")]
    Media(Arc<MediaError>),
}

impl From<OutsideError> for PreviewError {
    fn from(error: OutsideError) -> Self {
        match error {
            OutsideError::Address(_) => Self::Address,
            // Whoever asks must not learn what is inside, and what is not there.
            OutsideError::Inside
            | OutsideError::Unreachable(_)
            | OutsideError::Late
            | OutsideError::TooLarge
            | OutsideError::Redirections
            | OutsideError::Tls(_) => Self::Unread,
        }
    }
}
