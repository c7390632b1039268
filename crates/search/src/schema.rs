//! What the index holds of an event, and how it is asked for.

use base::number::{EventNo, LogPosition, RoomNo};
use ruma_common::UserId;
use sha2::{Digest, Sha256};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{TantivyDocument, Term};

use crate::said::Said;

/// The version of everything that makes an index what it is: its fields, how texts become words.
/// An index of another version is made anew.
pub(crate) const VERSION: u32 = 1;

/// What the tokenizer is called in the schema.
pub(crate) const TOKENIZER: &str = "chappe";

/// Stands in [`Fields::kind`] for an edit, which is not found itself.
pub(crate) const EDIT: u64 = 7;
/// Added to the kind of what has a `url`.
pub(crate) const WITH_URL: u64 = 8;

/// Names of the columns that are read while searching.
pub(crate) mod column {
    pub(crate) const EVENT: &str = "event";
    pub(crate) const TARGET: &str = "target";
    pub(crate) const ROOM: &str = "room";
    pub(crate) const SENDER: &str = "sender";
    pub(crate) const AT: &str = "at";
    pub(crate) const KIND: &str = "kind";
    pub(crate) const POSITION: &str = "position";
}

/// The fields of the index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    /// The event's number.
    pub(crate) event: Field,
    /// Of an edit, the number of the event that it changes.
    pub(crate) target: Field,
    pub(crate) room: Field,
    /// A hash of who sent it.
    pub(crate) sender: Field,
    /// When it was sent.
    pub(crate) at: Field,
    /// Which key is searched, and whether there is a `url`.
    pub(crate) kind: Field,
    /// Position in the log of what made it as it is.
    pub(crate) position: Field,
    pub(crate) text: Field,
}

/// Of an event, what the index needs beside its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) event: EventNo,
    pub(crate) room: RoomNo,
    pub(crate) sender: u64,
    pub(crate) at: u64,
    pub(crate) position: LogPosition,
}

impl Fields {
    /// The schema, and its fields.
    pub(crate) fn schema() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let mut known = |name| schema.add_u64_field(name, INDEXED | FAST);
        let (event, target) = (known(column::EVENT), known(column::TARGET));
        let (room, sender) = (known(column::ROOM), known(column::SENDER));
        let mut read = |name| schema.add_u64_field(name, FAST);
        let (at, kind) = (read(column::AT), read(column::KIND));
        let position = read(column::POSITION);
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(TOKENIZER)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let text =
            schema.add_text_field("text", TextOptions::default().set_indexing_options(indexing));
        let fields = Self { event, target, room, sender, at, kind, position, text };
        (schema.build(), fields)
    }

    /// An event with what it says.
    pub(crate) fn said(&self, row: &Row, said: &Said) -> TantivyDocument {
        let url = if said.url { WITH_URL } else { 0 };
        let mut document = self.row(row, said.key.number() + url);
        document.add_text(self.text, &said.text);
        document
    }

    /// That an event is an edit of another.
    pub(crate) fn edit(&self, row: &Row, target: EventNo) -> TantivyDocument {
        let mut document = self.row(row, EDIT);
        document.add_u64(self.target, target.0);
        document
    }

    fn row(&self, row: &Row, kind: u64) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_u64(self.event, row.event.0);
        document.add_u64(self.room, row.room.0);
        document.add_u64(self.sender, row.sender);
        document.add_u64(self.at, row.at);
        document.add_u64(self.kind, kind);
        document.add_u64(self.position, row.position.0);
        document
    }

    /// The document of an event.
    pub(crate) fn of_event(&self, event: EventNo) -> Term {
        Term::from_field_u64(self.event, event.0)
    }

    /// The edits of an event.
    pub(crate) fn of_target(&self, target: EventNo) -> Term {
        Term::from_field_u64(self.target, target.0)
    }

    /// All that was said in a room.
    pub(crate) fn of_room(&self, room: RoomNo) -> Term {
        Term::from_field_u64(self.room, room.0)
    }

    /// All that a person sent.
    pub(crate) fn of_sender(&self, user: &UserId) -> Term {
        Term::from_field_u64(self.sender, sender(user))
    }
}

/// What stands for a person in the index.
pub(crate) fn sender(user: &UserId) -> u64 {
    let hash = Sha256::digest(user.as_bytes());
    hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
