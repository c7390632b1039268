//! Devices, on the real stores: in memory, and on disk where reopening or bytes matter.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod account_data;
mod backup;
mod cluster;
mod cross_signing;
mod disk;
mod identity;
mod model;
mod one_time_keys;
mod push_rules;
mod removal;
mod to_device;
mod world;
