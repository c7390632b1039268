//! What a page of the outside says of itself: title, description, picture (Open Graph).
//!
//! The attacker is who has this server look at an address: to reach what is inside (refused by
//! [`outside`], at every step), to have it read without end, or to have its readers run something.
//! So a page is read up to a size and a time, nothing of it is executed or passed on but a few lines
//! of plain text, and its picture is copied here, so that readers never ask the page's server. What
//! was read is kept for an hour. Why nothing was read is told in few words, the same for what is
//! inside as for what does not answer.
//!
//! `spec/data/api/client-server/authed-content-repo.yaml`, `/media/preview_url`.

mod charset;
mod error;
mod page;
mod picture;
mod previews;

pub use error::PreviewError;
pub use previews::{Picture, Preview, Previews};
