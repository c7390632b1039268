//! What is not delivered yet: up to where the cursor may move.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::number::LogPosition;
use parking_lot::Mutex;

/// Positions of the log whose deliveries are neither done nor written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dues(Arc<Mutex<BTreeMap<LogPosition, usize>>>);

/// A delivery that is due. It is done, or written, when this is dropped.
#[derive(Debug)]
pub(crate) struct Due {
    dues: Dues,
    position: LogPosition,
}

impl Dues {
    /// Something that a record of the log makes due.
    pub(crate) fn add(&self, position: LogPosition) -> Due {
        *self.0.lock().entry(position).or_default() += 1;
        Due { dues: self.clone(), position }
    }

    /// Up to where everything is done, of what was followed up to a position.
    pub(crate) fn done(&self, followed: LogPosition) -> LogPosition {
        let first = self.0.lock().first_key_value().map(|(position, _)| *position);
        first.map_or(followed, |first| LogPosition(first.0.saturating_sub(1)).min(followed))
    }

    /// Whether nothing is due.
    pub(crate) fn is_clear(&self) -> bool {
        self.0.lock().is_empty()
    }
}

impl Drop for Due {
    fn drop(&mut self) {
        let mut dues = self.dues.0.lock();
        if let Some(count) = dues.get_mut(&self.position) {
            *count -= 1;
            if *count == 0 {
                dues.remove(&self.position);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stands_before_the_first_that_is_not_done() {
        let (dues, at) = (Dues::default(), LogPosition);
        assert_eq!(dues.done(at(9)), at(9));
        let (early, late, twice) = (dues.add(at(4)), dues.add(at(7)), dues.add(at(4)));
        assert_eq!(dues.done(at(9)), at(3));
        drop(early);
        assert_eq!(dues.done(at(9)), at(3));
        drop(twice);
        assert_eq!(dues.done(at(9)), at(6));
        drop(late);
        assert!(dues.is_clear() && dues.done(at(9)) == at(9));
    }
}
