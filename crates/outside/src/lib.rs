//! Requests to the outside, never to the inside.
//!
//! People name addresses that this server then asks: push gateways, pages to preview, identity
//! servers. The attacker names one that only this server reaches: its own ports, the database,
//! the cloud's metadata. So an address is looked at when it is connected to, after its name was
//! resolved and for each redirection anew: what a name meant a moment ago says nothing. Addresses
//! that are not of the public internet are refused, but for networks that the operator allows.
//! Answers are bounded in time and size, and nothing is sent along that was not asked for.

mod address;
mod client;
mod connect;
mod error;
mod identity;

pub use client::{Answer, Ask, Limits, Outside, OutsideSettings, Schemes};
pub use error::OutsideError;
pub use identity::{
    IdentityCall, IdentityError, IdentityServers, Invitation, InvitationKey, StoredInvitation,
    ThirdParty,
};
pub use ipnet::IpNet;
