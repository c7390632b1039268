//! What every crate of Chappe speaks: numbers, time, randomness, secrets.
//!
//! Depends on no other crate of ours, does no input or output. Matrix identifiers
//! themselves come from `ruma_common`.

pub mod change;
pub mod clock;
pub mod network;
pub mod number;
pub mod random;
pub mod rate;
pub mod secret;
