//! The tables of moderation, each with what it is for.
//!
//! Clear rows hold marks only, made with the server's key; who reported what, and why, is sealed.

use base::clock::Timestamp;
use ruma_common::OwnedUserId;
use serde::{Deserialize, Serialize};
use store::{Counters, Table};
use vault::SealedTable;

use crate::report::{Kind, ReportNo, Subject};

/// Made with the server's key: stands for a person, a room, or one person's reports of one thing.
pub(crate) type Mark = [u8; 16];

/// The number of the newest report. Every report checks it, so they follow one another.
pub(crate) const LAST: Table<(), ReportNo> = Table::new("report_last");
/// The reports that wait: what lists are chosen by.
pub(crate) const REPORTS: Table<ReportNo, ReportRow> = Table::new("reports");
/// What they say, sealed under the server's key.
pub(crate) const CONTENTS: SealedTable<ReportNo, ContentRow> = SealedTable::new("report_contents");
/// Why, in the words of who reports, sealed under their key.
pub(crate) const REASONS: SealedTable<ReportNo, String> = SealedTable::new("report_reasons");
/// One person's newest report of one thing.
pub(crate) const BY_SUBJECT: Table<Mark, ReportNo> = Table::new("reports_by_subject");
/// How many reports of a person wait.
pub(crate) const OF_PERSON: Counters<Mark> = Counters::new("reports_of_person");
/// How many wait in all.
pub(crate) const WAITING: Counters<()> = Counters::new("reports_waiting");

/// What is known of a report without opening it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReportRow {
    pub(crate) kind: Kind,
    pub(crate) reporter: Mark,
    pub(crate) room: Option<Mark>,
    pub(crate) subject: Mark,
}

/// What a report says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ContentRow {
    pub(crate) reporter: OwnedUserId,
    pub(crate) subject: Subject,
    pub(crate) at: Timestamp,
}
