//! Behaviour over HTTP, against the real program on the real store.

mod harness;
mod server;
