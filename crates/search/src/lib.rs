//! Search in what people say where everybody may read it: in rooms that are not encrypted.
//!
//! Each node keeps an index of its own, sealed, in a folder of its data directory. It follows the
//! log and is made of the store alone: it is in no backup, and whatever is wrong with it, it is
//! made anew. The index says where to look; what is shown is read from the store, and goes through
//! the rooms' gate like everything else.
//!
//! `spec/content/client-server-api/modules/search.md`.

mod collect;
mod edits;
mod error;
mod index;
mod keeper;
mod page;
mod query;
mod said;
mod schema;
mod scope;
mod sealed;
mod service;
mod token;
mod words;

pub use error::SearchError;
pub use page::{Answer, Hit, Order, Question};
pub use said::Key;
pub use service::{Search, remove};
