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
mod administration;
mod aliases;
mod application_services;
mod backup;
mod bad_input;
mod cluster;
mod contact;
mod coverage;
mod dehydrated_devices;
mod disk;
mod elsewhere;
mod faults;
mod guests;
mod harness;
mod hierarchy;
mod keys;
mod kill;
mod media;
mod membership;
mod messages;
mod moderation_of_accounts;
mod moving;
mod notifications;
mod old_sync;
mod openid;
mod presence;
mod previews;
mod profile;
mod push_rules;
mod pushers;
mod rate_limits;
mod receipts;
mod relations;
mod reports;
mod rooms;
mod search;
mod server;
mod server_notices;
mod sessions;
mod shared_secret;
mod sliding_sync;
mod sync;
mod third_party_invites;
mod third_party_networks;
mod threads;
mod to_device;
mod tokens_in_the_query;
mod turn;
mod unread;
mod well_known;
