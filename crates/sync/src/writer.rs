//! Writing an answer from its beginning to its end: what belongs to no room, then room after room.
//!
//! What is written can be taken away at any time, so that an answer need not be held whole.

use rooms::Membership;
use ruma_common::RoomId;

use crate::answer::Answer;
use crate::json::{Object, object, quoted};

/// Where rooms stand in an answer, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    Join,
    Invite,
    Knock,
    Leave,
}

/// An answer being written.
pub(crate) struct Writer {
    out: String,
    /// The section that is open.
    section: Option<Section>,
}

impl Section {
    /// The section of rooms to which the person stands so.
    pub(crate) fn of(membership: Membership) -> Self {
        match membership {
            Membership::Join => Self::Join,
            Membership::Invite => Self::Invite,
            Membership::Knock => Self::Knock,
            Membership::Leave | Membership::Ban => Self::Leave,
        }
    }

    /// How it names the state of its rooms.
    pub(crate) fn state(self) -> &'static str {
        match self {
            Self::Invite => "invite_state",
            Self::Knock => "knock_state",
            Self::Join | Self::Leave => "state",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Invite => "invite",
            Self::Knock => "knock",
            Self::Leave => "leave",
        }
    }
}

impl Writer {
    /// Writes what belongs to no room.
    pub(crate) fn begin(head: &Answer) -> Self {
        let mut out = String::with_capacity(1024);
        head.write_head(&mut Object::begin(&mut out));
        Self { out, section: None }
    }

    /// Writes a room. All rooms of a section are to come one after the other.
    pub(crate) fn room(
        &mut self,
        section: Section,
        id: &RoomId,
        fill: impl FnOnce(&mut Object<'_>),
    ) {
        if self.section == Some(section) {
            self.out.push(',');
        } else {
            self.out.push_str(if self.section.is_some() { "}," } else { ",\"rooms\":{" });
            self.out.push_str(&quoted(section.name()));
            self.out.push_str(":{");
            self.section = Some(section);
        }
        self.out.push_str(&quoted(id.as_str()));
        self.out.push(':');
        object(&mut self.out, fill);
    }

    /// Takes away what is written.
    pub(crate) fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    /// What is written, to the end.
    pub(crate) fn end(mut self) -> String {
        self.out.push_str(if self.section.is_some() { "}}}" } else { "}" });
        self.out
    }
}
