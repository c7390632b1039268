//! Syncs as clients see them, over real stores.

mod account_data;
mod devices;
mod ephemeral;
mod filters;
mod fold;
mod memberships;
mod timelines;
mod unread;
mod wake;
mod world;
