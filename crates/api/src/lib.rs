//! HTTP: what clients say is parsed, authenticated, handed down, and answered.
//!
//! One endpoint, one file, under `client/<area>/`. Paths, methods and the kind of authentication
//! come from ruma's description of each endpoint, and who asks is part of a handler's type: no
//! handler can forget to authenticate. Nothing is decided here, and nothing is stored.

mod app;
mod authenticate;
mod body;
mod call;
mod client;
mod confirm;
mod error;
mod health;
mod linger;
mod members_only;
mod routes;
mod server;
mod web;

pub use app::{App, Services, Settings};
pub use authenticate::{Caller, ClientAddress};
pub use client::finish_departures;
pub use server::{endpoints, router};

pub(crate) use call::Call;
pub(crate) use error::ApiError;
