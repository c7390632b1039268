//! Where a page of answers ended, as the next question names it.

use base::number::{LogPosition, RoomNo};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::SearchError;
use crate::page::Order;

/// The beginning of every token: what it is, and its format.
const MARK: &str = "q1";
/// Characters of a token at most.
const LONGEST: usize = 128;

/// Where an event stands among the answers: those that come first are the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Rank {
    /// The bits of its score, where that decides.
    pub(crate) score: u32,
    pub(crate) at: u64,
    pub(crate) event: u64,
}

/// A part of the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Within {
    /// All of them.
    Everything,
    /// Those of a room.
    Room(RoomNo),
    /// Those of a sender, by what stands for them in the index.
    Sender(u64),
}

/// A place in the answers to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) order: Order,
    /// The last event that was looked at.
    pub(crate) after: Rank,
    /// What was indexed later is not part of the answers.
    pub(crate) upto: LogPosition,
    pub(crate) within: Within,
}

impl Token {
    pub(crate) fn parse(text: &str) -> Result<Self, SearchError> {
        let unknown = || SearchError::Token(text.chars().take(LONGEST).collect());
        let coded = text.strip_prefix(MARK).filter(|coded| coded.len() <= LONGEST);
        let bytes = URL_SAFE_NO_PAD.decode(coded.ok_or_else(unknown)?).map_err(|_| unknown())?;
        match postcard::take_from_bytes(&bytes) {
            Ok((token, [])) => Ok(token),
            _ => Err(unknown()),
        }
    }
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = postcard::to_allocvec(self).map_err(|_| std::fmt::Error)?;
        write!(f, "{MARK}{}", URL_SAFE_NO_PAD.encode(bytes))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_reads_back_and_nothing_else_does() {
        let after = Rank { score: 7, at: u64::MAX, event: 3 };
        for within in [Within::Everything, Within::Room(RoomNo(9)), Within::Sender(u64::MAX)] {
            let token = Token { order: Order::Rank, after, upto: LogPosition(5), within };
            let text = token.to_string();
            assert_eq!(Token::parse(&text).unwrap(), token);
            let table =
                ["", "q1", "s5", &text[2..], &text[..text.len() - 2], &[&text, "AA"].concat()];
            for wrong in table {
                assert!(Token::parse(wrong).is_err(), "{wrong}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange_to_be_refused(text in "\\PC{0,40}", coded in "[A-Za-z0-9_-]{0,200}") {
            let _ = Token::parse(&text);
            let _ = Token::parse(&[MARK, &coded].concat());
        }
    }
}
