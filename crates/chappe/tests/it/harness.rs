//! A server in a process of its own, and the people who use it.

mod database;
mod http;
mod person;
mod server;

pub(crate) use http::{Answer, Http};
pub(crate) use person::Person;
pub(crate) use server::{Ground, PASSWORD, Server};
