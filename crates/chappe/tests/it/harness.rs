//! A server in a process of its own, and the people who use it.

mod cluster;
mod database;
mod http;
mod person;
mod roamer;
mod server;

pub(crate) use cluster::{Cluster, Node, PATIENCE, Way, make_databases};
pub(crate) use http::{Answer, Http};
pub(crate) use person::Person;
pub(crate) use roamer::Roamer;
pub(crate) use server::{Ground, PASSWORD, Server};
