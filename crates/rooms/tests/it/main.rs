//! Rooms as people live in them, on real stores.

#[cfg(test)]
mod aliases;
#[cfg(test)]
mod contention;
#[cfg(test)]
mod creation;
#[cfg(test)]
mod encryption;
#[cfg(test)]
mod hearsay;
#[cfg(test)]
mod members;
#[cfg(test)]
mod nodes;
#[cfg(test)]
mod outline;
#[cfg(test)]
mod purge;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod redaction;
#[cfg(test)]
mod relations;
#[cfg(test)]
mod sending;
#[cfg(test)]
mod state;
#[cfg(test)]
mod threads;
#[cfg(test)]
mod timeline;
#[cfg(test)]
mod town;
#[cfg(test)]
mod typing;
#[cfg(test)]
mod visibility;
#[cfg(test)]
mod writers;
