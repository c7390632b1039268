//! Behaviour of search, over the real store and a real index on the disk.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod cluster;
mod disk;
mod finding;
mod leaving;
mod making;
mod town;
