//! Syncs as clients see them, over real stores.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod account_data;
mod cluster;
mod devices;
mod ephemeral;
mod filters;
mod first;
mod fold;
mod memberships;
mod presence;
mod sliding;
mod timelines;
mod unread;
mod unread_oracle;
mod wake;
mod world;
