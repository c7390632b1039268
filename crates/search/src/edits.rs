//! What a message says after it was edited.
//!
//! `spec/content/client-server-api/modules/event_replacements.md`: the newest edit counts, by time,
//! then by id.

use std::sync::Arc;

use base::number::EventNo;
use rooms::{Rooms, Stored};

use crate::SearchError;
use crate::index::Reading;
use crate::said::edit;

/// Edits of a message that are looked at at most.
const MOST: usize = 1_000;

/// The text of the newest edit of a message, of those that the index knows and some others.
pub(crate) async fn newest(
    rooms: &Rooms,
    reading: &Reading,
    message: EventNo,
    others: impl IntoIterator<Item = EventNo>,
) -> Result<Option<String>, SearchError> {
    let reading = reading.clone();
    let known = tokio::task::spawn_blocking(move || reading.edits_of(message)).await??;
    let mut edits: Vec<_> = known.into_iter().chain(others).collect();
    // Whoever edits without end is found by what they said lately.
    edits.sort_unstable();
    edits.dedup();
    edits.drain(..edits.len().saturating_sub(MOST));
    let edits = read(rooms, &edits).await?;
    let newest = edits.iter().filter_map(|event| Some((event, edit(event)?)));
    let newest =
        newest.max_by_key(|(event, _)| (event.pdu.origin_server_ts(), event.id().to_owned()));
    Ok(newest.map(|(_, edit)| edit.text))
}

/// Events as the store has them. One that is damaged is nobody's reason not to find the others.
pub(crate) async fn read(
    rooms: &Rooms,
    numbers: &[EventNo],
) -> Result<Vec<Arc<Stored>>, SearchError> {
    match rooms.read_events(numbers).await.map_err(SearchError::from) {
        Ok(events) => return Ok(events),
        Err(error) if error.is_outage() || error.is_end() => return Err(error),
        Err(_) => {}
    }
    let mut events = Vec::with_capacity(numbers.len());
    for no in numbers {
        match rooms.read_events(&[*no]).await.map_err(SearchError::from) {
            Ok(event) => events.extend(event),
            Err(error) if error.is_outage() || error.is_end() => return Err(error),
            Err(error) => tracing::debug!(%error, event = %no, "an event is not searched"),
        }
    }
    Ok(events)
}
