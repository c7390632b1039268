//! Behaviour over HTTP, against the real program on the real store.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod account_data;
mod accounts;
mod aliases;
mod backup;
mod bad_input;
mod cluster;
mod disk;
mod faults;
mod harness;
mod keys;
mod kill;
mod media;
mod membership;
mod messages;
mod moving;
mod profile;
mod push_rules;
mod receipts;
mod rooms;
mod server;
mod sessions;
mod sync;
mod to_device;
