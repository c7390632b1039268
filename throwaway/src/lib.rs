//! Real servers for tests, benches and development: started, hurt, and gone with their owner.
//!
//! Nothing here imitates anything: each is the program that operators run, in a directory of its
//! own and on a free port of this machine. Whatever happens to the process that started them, they
//! end with it. Not for real data: nothing asks who connects.

mod account;
mod background;
mod certificate;
mod keeper;
mod postgres;
mod process;
mod proxy;
#[cfg(feature = "s3")]
mod s3;
mod small_disk;
mod sql;

pub use certificate::Certificate;
pub use postgres::{Durability, Postgres, Settings};
pub use process::Process;
pub use proxy::Proxy;
#[cfg(feature = "s3")]
pub use s3::{Keys, S3};
pub use small_disk::SmallDisk;
pub use sql::Sql;

use std::net::{Ipv4Addr, TcpListener};

/// A port of this machine on which nothing listens at this moment.
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Whether this machine has a PostgreSQL that is new enough.
pub fn postgres_is_installed() -> bool {
    postgres::programs().is_ok()
}
