//! Tokens by which clients name a place in a timeline.
//!
//! A place lies between two events. `t…` names it by the event before it; `s…`, a position in the
//! log as syncs give it, by what the room held then. Clients hand back either.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base::number::{LogPosition, TimelineOrd};
use journal::Span;
use store::{Direction, Prefix};

use crate::error::RoomError;
use crate::event::Stored;
use crate::load::Rooms;
use crate::room::Room;
use crate::tables::TIMELINE;

/// A place in a timeline, as a client names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimelineToken {
    /// After the event of this place in its room (`t5`).
    After(TimelineOrd),
    /// After what was there at a position of the log: the token of a sync (`s5`, `s5_7`).
    At(LogPosition),
}

/// What a client sent is no token of this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is not one that this server gave")]
pub struct UnknownToken;

impl fmt::Display for TimelineToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After(ord) => write!(f, "t{}", ord.0),
            Self::At(position) => write!(f, "s{position}"),
        }
    }
}

impl FromStr for TimelineToken {
    type Err = UnknownToken;

    fn from_str(text: &str) -> Result<Self, UnknownToken> {
        if let Some(ord) = text.strip_prefix('t') {
            return ord.parse().map(|ord| Self::After(TimelineOrd(ord))).map_err(|_| UnknownToken);
        }
        let sync = text.strip_prefix('s').ok_or(UnknownToken)?;
        // What follows the position belongs to streams that no timeline has.
        let position = sync.split('_').next().unwrap_or_default();
        position.parse().map(|position| Self::At(LogPosition(position))).map_err(|_| UnknownToken)
    }
}

impl Rooms {
    /// The place that a token names in a room.
    pub async fn place(&self, room: &Room, token: TimelineToken) -> Result<TimelineOrd, RoomError> {
        let upto = match token {
            TimelineToken::After(ord) => return Ok(ord),
            TimelineToken::At(position) => position,
        };
        let span = Span { after: LogPosition(0), upto };
        let newest = journal::newest_events(&self.0.store, room.no, span, 1).await?;
        Ok(newest.first().map_or(TimelineOrd(0), |(_, arrival)| arrival.ord))
    }

    /// The first event of a room after a place.
    pub(crate) async fn next(
        &self,
        room: &Room,
        place: TimelineOrd,
    ) -> Result<Option<Arc<Stored>>, RoomError> {
        let part = Prefix::of(&room.no).from(&(room.no, TimelineOrd(place.0.saturating_add(1))));
        let rows = TIMELINE.scan(&self.0.store, &part, Direction::Forward, 1).await?;
        let numbers: Vec<_> = rows.into_iter().map(|(_, no)| no).collect();
        Ok(self.events(&numbers).await?.pop())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_read_as_they_were_written() {
        let tokens =
            [TimelineToken::After(TimelineOrd(-5)), TimelineToken::At(LogPosition(u64::MAX))];
        for token in tokens {
            assert_eq!(token.to_string().parse(), Ok(token));
        }
    }

    #[test]
    fn only_tokens_of_this_server_are_read() {
        let table = [
            ("s7_9_1", Ok(TimelineToken::At(LogPosition(7)))),
            ("t0", Ok(TimelineToken::After(TimelineOrd(0)))),
            ("", Err(UnknownToken)),
            ("t", Err(UnknownToken)),
            ("s", Err(UnknownToken)),
            ("s-1", Err(UnknownToken)),
            ("t1 ", Err(UnknownToken)),
            ("t99999999999999999999", Err(UnknownToken)),
            ("x1", Err(UnknownToken)),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_token_or_refused(text in "[ts][0-9_+-]{0,24}|\\PC{0,20}") {
            if let Ok(token) = text.parse::<TimelineToken>() {
                prop_assert!(text.starts_with(['t', 's']));
                prop_assert_eq!(token.to_string().parse(), Ok(token));
            }
        }

        #[test]
        fn any_token_reads_back(number: i64, position: u64) {
            let tokens = [
                TimelineToken::After(TimelineOrd(number)),
                TimelineToken::At(LogPosition(position)),
            ];
            for token in tokens {
                prop_assert_eq!(token.to_string().parse(), Ok(token));
            }
        }
    }
}
