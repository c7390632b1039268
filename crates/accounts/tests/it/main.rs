//! Accounts as behaviour, on the real store with a clock that the tests move.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod cluster;
mod confirm;
mod deactivate;
mod directory;
mod profile;
mod register;
mod secrecy;
mod sessions;
mod sign_in;
mod standing;
mod tokens;
mod town;
