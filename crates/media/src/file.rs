//! What goes in and what comes out.

use bytes::Bytes;
use futures_util::stream::BoxStream;

use crate::error::MediaError;

/// The part of an `mxc://` address that names content on its server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MediaId(String);

impl MediaId {
    /// A new one, that nobody can guess.
    pub(crate) fn random() -> Self {
        Self(base::random::base32::<32>())
    }

    /// Reads one: letters, digits, `_` and `-` only, so that it can be no path.
    pub fn parse(text: &str) -> Result<Self, MediaError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if (1..=255).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(MediaError::NotFound)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an uploader says of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileInfo {
    /// Its media type.
    pub content_type: Option<String>,
    /// Its name.
    pub name: Option<String>,
}

impl FileInfo {
    /// Bytes in a name or type at most.
    const LONGEST: usize = 1024;

    pub(crate) fn check(&self) -> Result<(), MediaError> {
        let short =
            |text: &Option<String>| text.as_ref().is_none_or(|text| text.len() <= Self::LONGEST);
        if short(&self.name) && short(&self.content_type) {
            Ok(())
        } else {
            Err(MediaError::LongDescription)
        }
    }
}

/// Content on its way out.
pub struct Download {
    /// What the uploader said of it.
    pub info: FileInfo,
    /// How many bytes will come.
    pub size: u64,
    /// The bytes; an error ends them.
    pub body: BoxStream<'static, Result<Bytes, MediaError>>,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download").field("size", &self.size).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_is_never_a_path(text in "[a-zA-Z0-9_./\\\\%:-]{0,300}|\\PC{0,20}") {
            if let Ok(id) = MediaId::parse(&text) {
                prop_assert_eq!(id.as_str(), text.as_str());
                prop_assert!(!text.is_empty() && text.len() <= 255);
                prop_assert!(!text.contains(['/', '\\', '.', ':', '%', '\0']));
            } else {
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                prop_assert!(text.is_empty() || text.len() > 255 || !text.chars().all(plain));
            }
        }
    }
}
