//! What leaves the server: notifications, to the push gateways that people's clients name.
//!
//! One node at a time follows the log for all of them (`turn`); its place in the log is a cursor in
//! the store, and moves only by who has the turn. What a gateway took needs no row: the cursor passes
//! it. What a gateway did not take is written, one row a pusher, so that no gateway that is slow or
//! away holds the cursor. After a crash, what was sent in the last second is sent again, with the
//! same event id, by which gateways and clients know it.
//!
//! Whether a notification is still due is asked when it is sent: what was read, redacted or left
//! meanwhile is not sent. What is written names events and holds nothing of them.
//!
//! `spec/content/push-gateway-api.md`; `spec/content/client-server-api/modules/push.md`.

mod badge;
mod delivery;
mod due;
mod error;
mod follow;
mod gateway;
mod payload;
mod pushers;
mod queue;
mod tables;
mod turn;
mod work;

pub use delivery::{Delivery, Services, Settings};
pub use error::DeliveryError;
pub use pushers::{Others, Pusher};
pub use tables::SEALED_BY_PERSON;
