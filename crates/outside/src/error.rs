//! Why a request to the outside brought nothing.

use thiserror::Error;

/// Why a request to the outside brought nothing.
#[derive(Debug, Error)]
pub enum OutsideError {
    /// The address is none that may be asked, whatever answers there.
    #[error("the address may not be asked: {0}")]
    Address(&'static str),
    /// The address leads inside.
    #[error("the address is not of the public internet")]
    Inside,
    /// Nobody answered, or not in HTTP.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// The answer did not come in time.
    #[error("no answer in time")]
    Late,
    /// The answer is larger than was wanted.
    #[error("the answer is too large")]
    TooLarge,
    /// The answer led on too often.
    #[error("too many redirections")]
    Redirections,
    /// This machine cannot speak TLS.
    #[error("no TLS: {0}")]
    Tls(String),
}

/// Why no connection was made.
#[derive(Debug, Error)]
pub(crate) enum ConnectError {
    #[error("the address is not of the public internet")]
    Inside,
    #[error("{0}")]
    Unreachable(String),
}

impl OutsideError {
    /// From the client's own error, whose causes say what it was.
    pub(crate) fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut cause = Some(error);
        let mut last = error.to_string();
        while let Some(error) = cause {
            if let Some(ConnectError::Inside) = error.downcast_ref() {
                return Self::Inside;
            }
            last = error.to_string();
            cause = error.source();
        }
        Self::Unreachable(last)
    }
}
