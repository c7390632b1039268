//! What happens to a cluster in its life: each fault under load, with real processes.
//!
//! People write into shared rooms through all nodes, repeat what was not acknowledged as clients
//! do, read what is new at changing nodes, and hand out one-time keys. Afterwards everything that
//! was acknowledged stands exactly once in what each of them sees at each node, in one order.

mod account;
mod clocks;
mod database;
mod disk;
mod failover;
mod files;
mod key_traffic;
mod load;
mod network;
mod node;
mod reader;
