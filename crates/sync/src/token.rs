//! Where a client stands: positions in the log and among who types, as a short text.
//!
//! The log is the same on every node. Who types is not in it: each node counts its own versions, so
//! a token says which node's version it holds, and what its client believes for any other node.

use std::fmt::{Display, Formatter, Result as FmtResult};
use std::str::FromStr;

use base::number::{LogPosition, RoomNo};

use presence::PresenceVersion;

use crate::SyncError;
use crate::typing::{Typing, Typists};

/// How far a client has come (`since`, `next_batch`). All up to it was given, and is acknowledged
/// by being named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Position in the log.
    pub position: LogPosition,
    /// What was told of who types.
    pub(crate) typing: Typing,
    /// Up to which version was told who is there, by the same node; 0 when nothing was.
    pub(crate) presence: PresenceVersion,
    /// Position of the last message to the device that was given: behind `position` when there
    /// were more than one answer holds.
    pub inbox: LogPosition,
}

impl Token {
    /// A token behind which nothing is left to give.
    pub(crate) const fn at(position: LogPosition, typing: Typing) -> Self {
        Self { position, typing, presence: 0, inbox: position }
    }

    /// The beginning: nothing was given yet.
    pub(crate) const START: Self = Self::at(LogPosition(0), Typing::NOTHING);
}

impl Display for Token {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        write!(f, "s{}_{}", self.position, self.typing.version)?;
        if self.inbox != self.position {
            write!(f, "_{}", self.inbox)?;
        }
        if self.typing.node != 0 {
            write!(f, "~{}", self.typing.node)?;
        }
        for (room, typists) in self.typing.shown.iter() {
            write!(f, "~{room}.{typists}")?;
        }
        if self.presence != 0 {
            write!(f, "~p{}", self.presence)?;
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
    let text = text.strip_prefix('s')?;
    let (text, presence) = match text.rsplit_once("~p") {
        Some((before, version)) => (before, number(version).filter(|one| *one != 0)?),
        None => (text, 0),
    };
    let mut sections = text.split('~');
    let mut parts = sections.next()?.split('_');
    let position = LogPosition(number(parts.next()?)?);
    let version = number(parts.next()?)?;
    let inbox = match parts.next() {
        Some(part) => LogPosition(number(part)?),
        None => position,
    };
    if parts.next().is_some() || inbox > position {
        return None;
    }
    let node = match sections.next() {
        Some(node) => number(node).filter(|node| *node != 0)?,
        // Of a server that had no other nodes yet.
        None => 0,
    };
    let mut shown = Typists::NOBODY;
    for section in sections {
        let (room, typists) = section.split_once('.')?;
        let typists = u32::try_from(number(typists)?).ok()?;
        shown.push(RoomNo(number(room)?), typists).then_some(())?;
    }
    Some(Token { position, typing: Typing { node, version, shown }, presence, inbox })
}

/// Digits and nothing else: `parse` alone would take a sign.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_reads_back() {
        let table = [
            "s0_0",
            "s12_34",
            "s12_34_5",
            "s18446744073709551615_0",
            "s12_34~9",
            "s12_34_5~9~1.2~3.4294967295",
            "s12_34~p7",
            "s12_34_5~9~1.2~p18446744073709551615",
        ];
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
            "s1_2~",
            "s1_2~0",
            "s1_2~-1",
            "s1_2~1~",
            "s1_2~1~2",
            "s1_2~1~2.",
            "s1_2~1~.2",
            "s1_2~1~2.4294967296",
            "s1_2~1~2.1~1.1~",
            "s1_2~1~1.1~1.1",
            "s1_2~p",
            "s1_2~p0",
            "s1_2~p-1",
            "s1_2~p1~1",
            "s1_2~p1~p1",
            "s1_2~1~0.1",
            "s1_2~1~1.0~2.0~3.0~4.0~5.0~6.0~7.0~8.0~9.0",
        ];
        for text in table {
            assert!(text.parse::<Token>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_token_or_refused(
            text in "s[0-9]{1,21}_[0-9]{1,4}(_[0-9]{0,4})?(~[0-9]{0,3}(\\.[0-9]{0,11})?){0,9}|\\PC{0,30}",
        ) {
            match text.parse::<Token>() {
                Ok(token) => {
                    let shown = token.to_string();
                    prop_assert!(shown.len() <= 256, "{shown}");
                    prop_assert_eq!(shown.parse::<Token>().unwrap(), token);
                    prop_assert!(token.inbox <= token.position);
                }
                // What was sent comes back in the refusal: no more of it than a token has.
                Err(error) => prop_assert!(error.to_string().chars().count() <= 128),
            }
        }

        #[test]
        fn any_token_reads_back(
            (position, behind, version, node) in any::<(u64, u64, u64, u64)>(),
            shown in proptest::collection::btree_map(1..u64::MAX, any::<u32>(), 0..6),
        ) {
            let mut typists = Typists::NOBODY;
            for (room, people) in &shown {
                prop_assert!(typists.push(RoomNo(*room), *people));
            }
            // Only a node's version is worth saying what was shown of it.
            let shown = if node == 0 { Typists::NOBODY } else { typists };
            let token = Token {
                position: LogPosition(position),
                typing: Typing { node, version, shown },
                presence: 0,
                inbox: LogPosition(position.saturating_sub(behind)),
            };
            prop_assert_eq!(token.to_string().parse::<Token>().unwrap(), token);
        }
    }
}
