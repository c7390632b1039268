//! Moderation: what people report, kept until an administrator has dealt with it.
//!
//! An inbox of reports of events, rooms and people. Who reported what is sealed under the server's
//! key; what they wrote of it, under their own: it goes with them. Nothing here decides what is
//! done about a report, and nothing here knows rooms or people: a report of what does not exist is
//! kept like any other, so that its sender learns nothing from it.
//!
//! `spec/content/client-server-api/modules/report_content.md`.

mod error;
mod inbox;
mod listing;
mod report;
mod tables;

pub use error::ModerationError;
pub use inbox::{LONGEST_REASON, MOST_KEPT, MOST_OF_ONE, Moderation};
pub use listing::{Listing, Order, Query};
pub use report::{Kind, Report, ReportNo, Subject};
