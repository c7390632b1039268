//! Small numbers that stand for long Matrix identifiers inside the store.

use serde::{Deserialize, Serialize};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

number! {
    /// A room. Numbers are given in blocks to each node, so they say nothing of order.
    RoomNo
}
number! {
    /// An event, over all rooms. Numbers are given in blocks to each node: in order on one node,
    /// in none between two.
    EventNo
}
number! {
    /// A position in the change log: dense, gap-free, in commit order. Sync tokens are made of it.
    LogPosition
}

/// Place of an event in its room's timeline. Live events are [`Ord::GAP`] apart, so that history
/// found later fits between two neighbours without renumbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimelineOrd(pub i64);

impl TimelineOrd {
    /// Distance between two neighbouring live events.
    pub const GAP: i64 = 1 << 24;

    /// The place of the `n`th live event of a room, counted from 1.
    pub const fn live(n: u64) -> Self {
        Self((n.cast_signed()).wrapping_mul(Self::GAP))
    }
}
