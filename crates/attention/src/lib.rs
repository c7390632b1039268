//! What calls for a person's attention: which events notify them, and what of it is unread.
//!
//! An event is asked by the person's own push rules, in the room as it was when the event came: the
//! answer is the same whenever and wherever it is asked. So nothing is written per member and event.
//! What was counted is kept in memory by whoever asks for counts, and now and then, after many
//! events, written as one row of the person for the room; counting goes on from there.
//!
//! `spec/content/client-server-api/modules/push.md`; `modules/receipts.md`, "Threaded read
//! receipts".

mod asked;
mod attention;
mod basis;
mod count;
mod error;
mod kept;
mod list;
mod unread;

pub use attention::Attention;
pub use basis::{Basis, Ignored};
pub use count::{Counter, Reach, Receipts};
pub use error::AttentionError;
pub use list::{Notification, NotificationPage, NotificationQuery, Only};
pub use unread::{Counts, Unread};
