//! Copies, backups and restores as behaviour, on real stores.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod attack;
mod backup;
mod copy;
mod media_copy;
mod postgres;
mod storages;
mod town;
