//! The rules of Matrix rooms, pure: values in, values out.
//!
//! Events and their formats, redaction, authorisation, the state tree, state resolution, history
//! visibility, what an encrypted room refuses. No input or output, no async, no clock, no
//! randomness; differences between room versions are data (`RoomVersionRules`), never branches.

pub mod auth;
pub mod build;
pub mod event;
pub mod format;
pub mod json;
pub mod power;
pub mod redaction;
pub mod resolve;
pub mod sealing;
pub mod tree;
pub mod version;
pub mod visibility;
