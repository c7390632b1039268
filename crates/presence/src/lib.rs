//! Presence: who is there, who is idle, and what they say of it.
//!
//! A person is as present as the most present of their devices, on whichever node each is. That is
//! in memory, bounded by the people who are connected or were lately, and travels between nodes in
//! passing: what is lost on the way heals by itself. Only the line that a person writes of
//! themselves is stored, sealed under their key.
//!
//! Whom it is told to is not decided here: whoever asks must share a room with the person.
//! Changes are gathered and numbered every two seconds ([`Presence::settle`]), so that a person who
//! comes and goes many times between costs everybody else one change.
//!
//! `spec/content/client-server-api/modules/presence.md`.

mod error;
mod hints;
mod person;
mod presence;
mod settle;
mod status;
mod tables;

pub use error::PresenceError;
pub use person::{Seen, State};
pub use presence::{Connected, Presence, PresenceEpoch, PresenceVersion, Settings};
pub use status::LONGEST_STATUS;
