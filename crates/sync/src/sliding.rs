//! Sliding sync: a device says by rules which rooms it wants to know of, and how much of each.
//!
//! The accepted form and the one that was deployed before differ in how they are written only: both
//! are read into [`SlidingRequest`] and answered by one [`Teller`], which tells of a room by the
//! same means as `/v3/sync`. What a device was told is kept by connection in this node's memory.
//!
//! `spec/proposals/4186-simplified-sliding-sync.md`.
//!
//! [`Teller`]: teller::Teller

mod answer;
mod beside;
pub(crate) mod connection;
mod facts;
pub(crate) mod request;
pub(crate) mod required;
mod room;
pub(crate) mod roster;
mod serve;
mod state;
mod teller;
mod window;
