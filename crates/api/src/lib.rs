//! HTTP: what clients say is parsed, authenticated, handed down, and answered.
//!
//! One endpoint, one file, under `client/<area>/`. Paths, methods and the kind of authentication
//! come from ruma's description of each endpoint, and who asks is part of a handler's type: no
//! handler can forget to authenticate. Nothing is decided here, and nothing is stored.

mod activity;
mod admin;
mod admission;
mod answer;
mod app;
mod authenticate;
mod body;
mod call;
mod client;
mod confirm;
mod error;
mod flood;
mod guests;
mod health;
mod linger;
mod members_only;
mod relay;
mod routes;
mod server;
mod suspension;
mod web;

pub use admin::finish_purges;
pub use app::{App, Notices, Services, Settings, Support};
pub use authenticate::{Caller, ClientAddress};
pub use client::{expel_guests, finish_departures};
pub use flood::Rates;
pub use relay::Relay;
pub use routes::Endpoint;
pub use server::{endpoints, router};

pub(crate) use call::Call;
pub(crate) use error::ApiError;
