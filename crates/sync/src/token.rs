//! Where a client stands: positions in the log and among who types, as a short text.

use std::fmt::{Display, Formatter, Result as FmtResult};
use std::str::FromStr;

use base::number::LogPosition;
use rooms::TypingVersion;

use crate::SyncError;

/// How far a client has come (`since`, `next_batch`). All up to it was given, and is acknowledged
/// by being named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Position in the log.
    pub position: LogPosition,
    /// Version of who types where.
    pub typing: TypingVersion,
    /// Position of the last message to the device that was given: behind `position` when there
    /// were more than one answer holds.
    pub inbox: LogPosition,
}

impl Token {
    /// A token behind which nothing is left to give.
    pub const fn at(position: LogPosition, typing: TypingVersion) -> Self {
        Self { position, typing, inbox: position }
    }

    /// The beginning: nothing was given yet.
    pub const START: Self = Self::at(LogPosition(0), 0);
}

impl Display for Token {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        write!(f, "s{}_{}", self.position, self.typing)?;
        if self.inbox != self.position {
            write!(f, "_{}", self.inbox)?;
        }
        Ok(())
    }
}

impl FromStr for Token {
    type Err = SyncError;

    fn from_str(text: &str) -> Result<Self, SyncError> {
        parse(text).ok_or_else(|| SyncError::Token(text.chars().take(64).collect()))
    }
}

fn parse(text: &str) -> Option<Token> {
    let mut parts = text.strip_prefix('s')?.split('_');
    let position = LogPosition(number(parts.next()?)?);
    let typing = number(parts.next()?)?;
    let inbox = match parts.next() {
        Some(part) => LogPosition(number(part)?),
        None => position,
    };
    let token = Token { position, typing, inbox };
    (parts.next().is_none() && inbox <= position).then_some(token)
}

/// Digits and nothing else: `parse` alone would take a sign.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back() {
        let table = ["s0_0", "s12_34", "s12_34_5", "s18446744073709551615_0"];
        for text in table {
            assert_eq!(text.parse::<Token>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let table = [
            "",
            "s",
            "s1",
            "s1_",
            "s_1",
            "1_2",
            "s1_2_",
            "s1_2_3_4",
            "s1_2_9",
            "s+1_2",
            "s1_-2",
            "s1 _2",
            "S1_2",
            "s18446744073709551616_0",
            "s1_2\u{0661}",
        ];
        for text in table {
            assert!(text.parse::<Token>().is_err(), "{text}");
        }
    }
}
