//! A server in a process of its own, and the people who use it.

mod cluster;
pub(crate) mod coverage;
mod database;
mod gateway;
mod http;
mod operator;
mod person;
mod roamer;
mod server;
mod specification;

pub(crate) use cluster::{Cluster, Node, PATIENCE, Way, make_databases};
pub(crate) use gateway::Gateway;
pub(crate) use http::{Answer, Http};
pub(crate) use operator::{ADMINISTRATION, BY_SECRET, SECRET, signed};
pub(crate) use person::Person;
pub(crate) use roamer::Roamer;
pub(crate) use server::{Ground, PASSWORD, Server};
pub(crate) use specification::{Document, Operation, compile_all, fits};
