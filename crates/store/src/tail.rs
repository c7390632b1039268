//! The newest records of the log in memory: what was just committed here is followed by several,
//! and none of them needs to read it again.

use std::collections::VecDeque;

use base::number::LogPosition;

use crate::log::LogEntry;

/// Records held at most.
const RECORDS: usize = 2048;
/// Bytes of records held at most.
const BYTES: usize = 1 << 20;

/// A stretch of the log without a gap. Records never change, so it is right whoever else writes.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    entries: VecDeque<LogEntry>,
    bytes: usize,
}

impl Tail {
    /// Takes records that follow one another. Where they do not follow on what is held, they
    /// replace it, unless they are older.
    pub(crate) fn take(&mut self, entries: impl IntoIterator<Item = LogEntry>) {
        for entry in entries {
            let next = self.entries.back().map(|last| last.position.0 + 1);
            match next {
                Some(next) if entry.position.0 < next => continue,
                Some(next) if entry.position.0 > next => {
                    self.entries.clear();
                    self.bytes = 0;
                }
                _ => {}
            }
            self.bytes += entry.record.len();
            self.entries.push_back(entry);
        }
        while self.entries.len() > RECORDS || self.bytes > BYTES {
            let Some(oldest) = self.entries.pop_front() else { return };
            self.bytes -= oldest.record.len();
        }
    }

    /// At most `limit` records just after `position`; none when they are not all held.
    pub(crate) fn after(&self, position: LogPosition, limit: usize) -> Vec<LogEntry> {
        let Some(first) = self.entries.front() else { return Vec::new() };
        let skipped = (position.0 + 1).checked_sub(first.position.0);
        let Some(skipped) = skipped.and_then(|skipped| usize::try_from(skipped).ok()) else {
            return Vec::new();
        };
        self.entries.iter().skip(skipped).take(limit).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(positions: std::ops::RangeInclusive<u64>) -> Vec<LogEntry> {
        let entry = |n: u64| LogEntry { position: LogPosition(n), record: vec![1; 100] };
        positions.map(entry).collect()
    }

    fn after(tail: &Tail, position: u64) -> Vec<u64> {
        let found = tail.after(LogPosition(position), 3);
        found.iter().map(|entry| entry.position.0).collect()
    }

    #[test]
    fn what_follows_on_is_held_together_and_what_does_not_replaces_it() {
        let mut tail = Tail::default();
        assert!(after(&tail, 0).is_empty());
        tail.take(entries(5..=6));
        tail.take(entries(7..=8));
        assert_eq!(after(&tail, 4), [5, 6, 7]);
        assert_eq!(after(&tail, 7), [8]);
        for elsewhere in [3, 8, 99] {
            assert!(after(&tail, elsewhere).is_empty());
        }
        // Held already, in part.
        tail.take(entries(6..=9));
        assert_eq!(after(&tail, 7), [8, 9]);
        tail.take(entries(1..=2));
        assert_eq!(after(&tail, 7), [8, 9]);
        // Others wrote 10.
        tail.take(entries(11..=11));
        assert!(after(&tail, 8).is_empty());
        assert_eq!(after(&tail, 10), [11]);
    }

    #[test]
    fn it_holds_so_much_and_no_more() {
        let mut tail = Tail::default();
        tail.take(entries(1..=20_000));
        assert!(tail.entries.len() <= RECORDS && tail.bytes <= BYTES);
        assert_eq!(after(&tail, 19_998), [19_999, 20_000]);
    }
}
