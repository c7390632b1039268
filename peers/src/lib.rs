//! Another client, which nobody here wrote: matrix-sdk, as applications for phones use it, against
//! the real program.

mod device;
mod server;

pub use device::{Device, PASSWORD, compare, eventually};
pub use server::Server;
