//! Where a walk through a space went on from: what a client shows to get the next page.
//!
//! A token holds all that its page needs, so that every node takes it, and nothing that its bearer
//! may not know: whoever makes one up gets what they could have asked for.

use base::number::RoomNo;
use ruma_common::serde::Base64;
use ruma_common::serde::base64::UrlSafe;
use serde::{Deserialize, Serialize};

use crate::error::RoomError;

/// Characters of a token at most.
const LONGEST: usize = 128;

/// A place in a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Token {
    /// Where the walk began.
    pub(super) root: RoomNo,
    /// How deep it goes.
    pub(super) max_depth: u64,
    /// Whether it passes over what is not suggested.
    pub(super) suggested_only: bool,
    /// The room shown last.
    pub(super) last: RoomNo,
    /// How many were shown: the place, should that room be out of the space by now.
    pub(super) shown: u64,
}

impl Token {
    pub(super) fn write(&self) -> Result<String, RoomError> {
        let bytes = postcard::to_allocvec(self).map_err(|error| crate::event::damaged(&error))?;
        Ok(Base64::<UrlSafe, _>::new(bytes).encode())
    }

    pub(super) fn read(text: &str) -> Result<Self, RoomError> {
        let unknown = || RoomError::InvalidParameter("from is no token of this server".to_owned());
        if text.len() > LONGEST {
            return Err(unknown());
        }
        let bytes = Base64::<UrlSafe>::parse(text).map_err(|_| unknown())?;
        let (token, rest) = postcard::take_from_bytes(bytes.as_bytes()).map_err(|_| unknown())?;
        if rest.is_empty() { Ok(token) } else { Err(unknown()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_nothing_else_does() {
        let (max_depth, suggested_only) = (u64::MAX, true);
        let (root, last) = (RoomNo(u64::MAX), RoomNo(u64::MAX));
        let token = Token { root, max_depth, suggested_only, last, shown: u64::MAX };
        let text = token.write().unwrap();
        assert!(text.len() <= LONGEST);
        assert_eq!(Token::read(&text).unwrap(), token);
        for wrong in ["", "x", &text[1..], &format!("{text}AAAA"), &"A".repeat(LONGEST + 1), "é"] {
            assert!(Token::read(wrong).is_err(), "{wrong:?}");
        }
    }
}
