//! Media as its users see it: kept, given out, refused; and what the disk shows of it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod behaviour {
    pub(crate) mod fixture;

    mod disk;
    mod pictures;
    mod reservations;
    mod uploads;
}
