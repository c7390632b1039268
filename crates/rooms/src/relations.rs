//! Relations between events: found by what they relate to, summed up for those who see that.
//!
//! `spec/content/client-server-api/_index.md`, "Forming relationships between events"; the modules
//! on replacements, annotations, references and threads. An event is indexed by the batch that
//! adds it, and taken out of the index by the batch that redacts it; both name the room's head, so
//! that what is decided on the index stands on what the store has. What the index does not know of
//! (a body whose key was destroyed) is seen when the event is read.

mod bundle;
mod checks;
mod index;
mod page;
mod related;
mod thread_list;
mod threads;

pub(crate) use bundle::Bundles;
pub use page::RelationsRequest;
pub use related::RelatedBy;
pub use thread_list::{Include, ThreadsRequest};
