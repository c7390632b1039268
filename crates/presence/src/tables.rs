//! The one table of presence.

use serde::{Deserialize, Serialize};
use vault::SealedTable;

/// What a person says of themselves.
pub(crate) const STATUSES: SealedTable<String, StatusRow> = SealedTable::new("presence_statuses");

/// One person's line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StatusRow {
    /// Drawn anew with every change: by it nodes tell each other that there was one.
    pub(crate) revision: u64,
    /// The line; none when it was taken back.
    pub(crate) text: Option<String>,
}
