//! One-time keys that a claim of this process is about to hand out.
//!
//! Two claims at once would choose the same oldest key and one would have to begin again. The store
//! decides who gets a key; this only lets claims that run together on one node choose different
//! ones. Claims of two nodes meet in the store, and whoever comes second begins again.

use std::collections::HashSet;

use parking_lot::Mutex;

/// A one-time key's place: person, device, algorithm, number.
pub(crate) type OneTimeKeyPlace = (String, String, String, u64);

/// The keys that running claims have chosen.
#[derive(Default)]
pub(crate) struct Reservations(Mutex<HashSet<OneTimeKeyPlace>>);

/// What one claim has chosen; given back when it ends.
pub(crate) struct Reserved<'a> {
    all: &'a Reservations,
    own: Vec<OneTimeKeyPlace>,
}

impl Reservations {
    pub(crate) fn begin(&self) -> Reserved<'_> {
        Reserved { all: self, own: Vec::new() }
    }
}

impl Reserved<'_> {
    /// Chooses a key, unless another claim has.
    pub(crate) fn take(&mut self, place: &OneTimeKeyPlace) -> bool {
        let free = self.all.0.lock().insert(place.clone());
        if free {
            self.own.push(place.clone());
        }
        free
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        let mut all = self.all.0.lock();
        for place in &self.own {
            all.remove(place);
        }
    }
}
