//! Behaviour over HTTP, against the real program on the real store.

mod accounts;
mod aliases;
mod bad_input;
mod disk;
mod harness;
mod kill;
mod media;
mod membership;
mod messages;
mod profile;
mod receipts;
mod rooms;
mod server;
mod sessions;
