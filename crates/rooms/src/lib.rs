//! Rooms: what is said in them, who is in them, who may see what.
//!
//! A room is held in memory with its current state; one writer at a time appends events to it,
//! each by one batch, durable before anybody is told. Reading never waits for writing. Nothing
//! here knows of sessions, devices or HTTP; what changed is told by the log alone.
//!
//! Any number of nodes may write the rooms of one store. What is held in memory follows the log;
//! a decision stands only if the store has the room as it was decided on.

mod administration;
mod aliases;
mod append;
mod blocking;
mod bring_up;
mod bulk;
mod commit;
mod create;
mod error;
mod event;
mod events;
mod filter;
mod find;
mod follow;
mod hierarchy;
mod live;
mod load;
mod membership;
mod messages;
mod moment;
mod notices;
mod numbers;
mod outline;
mod powers;
mod presets;
mod purge;
mod reader;
mod reading;
mod receipts;
mod record;
mod redact;
mod relation;
mod relations;
mod restricted;
mod room;
mod send;
mod share;
mod state;
mod summary;
mod tables;
mod third_party;
mod thread;
mod token;
mod tree;
mod typing;
mod upgrade;
mod view;

pub use administration::{RoomInfo, RoomListing, RoomOrder, RoomQuery};
pub use bulk::RoomSort;
pub use create::{Direct, NewRoom, Preset, StateInput};
pub use error::RoomError;
pub use event::{Stored, Transaction};
pub use filter::EventFilter;
pub use hierarchy::{HierarchyPage, HierarchyRequest, HierarchyRoom};
pub use load::{EncryptionPolicy, Rooms, Settings};
pub use membership::{MemberProfile, MembershipChange, Standing};
pub use messages::{Context, Page, PageRequest, Way};
pub use notices::Notice;
pub use purge::{PurgeStatus, RoomRemoval};
pub use reading::ReadUpTo;
pub use receipts::{Receipt, ReceiptKind};
pub use relations::{Include, RelatedBy, RelationsRequest, ThreadsRequest};
pub use room::{Current, Room, StateKey};
pub use state::MemberFilter;
pub use summary::DirectoryFilter;
pub use tables::Membership;
pub use third_party::ThirdPartyInvite;
pub use token::{TimelineToken, UnknownToken};
pub use typing::{TypingEpoch, TypingVersion};
pub use upgrade::Upgrade;
pub use view::{Shown, Viewer};
