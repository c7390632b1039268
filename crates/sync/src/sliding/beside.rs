//! What is told beside rooms: the extensions.
//!
//! `spec/proposals/3884-sliding-sync-e2ee.md`, `3885-sliding-sync-to-device.md`,
//! `3959-sliding-sync-account-data.md`, `3960-sliding-sync-receipts.md`,
//! `3961-sliding-sync-typing.md`.

use std::collections::HashSet;

use base::number::{LogPosition, TimelineOrd};
use rooms::{EventFilter, Membership, Receipt, Room};
use ruma_common::OwnedEventId;

use super::answer::BesideTold;
use super::connection::{Beside, Reach, Sent};
use super::request::ToDevice;
use super::teller::{Extends, MAX_LIMIT, Teller};
use crate::SyncError;
use crate::cell::{InRoom, Whose};
use crate::ephemeral::{receipt_event, typing_event};
use crate::make::events;
use crate::token::Token;
use crate::typing::Typing;

/// Messages to a device in one answer at most, and when it does not say.
const MESSAGES: usize = 100;

/// A room that is told of, for extensions.
pub(crate) struct Around<'a> {
    pub(crate) room: &'a Room,
    pub(crate) moved: InRoom,
    /// What will have been told of it.
    pub(crate) next: Sent,
    /// Events that are told of it, if it is told of.
    pub(crate) shown: Option<Vec<OwnedEventId>>,
}

impl ToDevice {
    /// Up to where the device has its messages. A position beyond the log was given before the
    /// store was put back to an older state: nothing is known of what the device has.
    pub(crate) fn has(&self, now: LogPosition) -> Result<LogPosition, SyncError> {
        let Some(since) = &self.since else { return Ok(LogPosition(0)) };
        let digits =
            since.strip_prefix('d').filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let position = digits.and_then(|text| text.parse().ok()).map(LogPosition);
        let refused = || SyncError::Token(since.chars().take(64).collect());
        position.map(|at| if at > now { LogPosition(0) } else { at }).ok_or_else(refused)
    }
}

impl Teller<'_> {
    /// What belongs to no room.
    pub(crate) async fn tell_beside(
        &mut self,
        told: &mut BesideTold,
        next: &mut Beside,
    ) -> Result<(), SyncError> {
        let extensions = &self.questions.extensions;
        if let Some(to_device) = &extensions.to_device {
            let after = to_device.has(self.maker.upto.position)?;
            let limit = to_device.limit.and_then(|limit| usize::try_from(limit).ok());
            let limit = limit.unwrap_or(MESSAGES).clamp(1, MESSAGES);
            let (messages, upto) = self.maker.inbox(after, limit).await?;
            told.to_device = Some((format!("d{upto}"), messages));
        }
        if extensions.e2ee {
            self.tell_devices(told, next).await?;
        }
        next.data = extensions.account_data.is_some();
        if !next.data {
            return Ok(());
        }
        let all = EventFilter::default();
        if !self.told.beside.data {
            let data = self.maker.sources.devices.account_data(self.maker.user()).await?;
            told.data = events(&data, &all);
        } else if self.moved.account_data {
            self.data = self.maker.changed_data().await?;
            told.data = events(&self.data.remove(&None).unwrap_or_default(), &all);
        }
        Ok(())
    }

    async fn tell_devices(
        &self,
        told: &mut BesideTold,
        next: &mut Beside,
    ) -> Result<(), SyncError> {
        let keys = self.maker.keys().await?;
        if self.told.beside.keys.as_ref() != Some(&keys) {
            told.keys = Some(std::sync::Arc::clone(&keys));
            next.keys = Some(keys);
        }
        let whole = self.told.upto.position;
        told.devices = match self.told.beside.devices {
            None => told.devices.clone(),
            Some(at) if at == whole => self.maker.device_changes_of(self.moved.clone()).await?,
            Some(at) => {
                let since = Token::at(at, Typing::NOTHING);
                self.maker.after(Some(since)).device_changes(since).await?
            }
        };
        next.devices = Some(self.maker.upto.position);
        Ok(())
    }

    /// What belongs to a room.
    pub(crate) async fn extend(
        &self,
        told: &mut BesideTold,
        around: &mut Around<'_>,
        extends: Extends,
    ) -> Result<(), SyncError> {
        let whole = self.told.upto.position;
        let Around { room, moved, .. } = *around;
        let is_in = room.current().membership(self.maker.user()) == Membership::Join;
        if extends.data {
            let data = self.data_of(around).await?;
            if !data.is_empty() {
                told.data_of_rooms.insert(room.id.clone(), data);
            }
            around.next.data = Reach::Whole;
        } else if self.data.contains_key(&Some(room.no)) {
            around.next.data.stay(whole);
        }
        if extends.receipts {
            if is_in && let Some(event) = self.receipts_of(around).await? {
                told.receipts.insert(room.id.clone(), event);
            }
            around.next.receipts = Reach::Whole;
        } else if moved.receipts > Whose::Nobody {
            around.next.receipts.stay(whole);
        }
        if extends.typing {
            if is_in && let Some(event) = self.typing_of(around) {
                told.typing.insert(room.id.clone(), event);
            }
            around.next.typing.stale = false;
        } else {
            around.next.typing.stale |= moved.typing;
        }
        Ok(())
    }

    /// The person's data of a room: all of it, or what changed.
    async fn data_of(&self, around: &Around<'_>) -> Result<Vec<String>, SyncError> {
        let all = EventFilter::default();
        let before = self.told.rooms.get(&around.room.no);
        if self.data_reach(before) == Reach::Whole {
            let changed = self.data.get(&Some(around.room.no));
            return Ok(changed.map(|data| events(data, &all)).unwrap_or_default());
        }
        let (devices, id) = (&self.maker.sources.devices, &around.room.id);
        Ok(events(&devices.account_data_in(self.maker.user(), id).await?, &all))
    }

    /// Receipts of a room: what moved, or those at the events that are told, and the person's own.
    async fn receipts_of(&self, around: &Around<'_>) -> Result<Option<String>, SyncError> {
        let Around { room, moved, .. } = *around;
        let before = self.told.rooms.get(&room.no).map_or(Reach::Never, |sent| sent.receipts);
        let receipts = match before {
            Reach::Never => {
                let shown = self.shown(around).await?;
                let mut all = self.maker.sources.rooms.receipts(room.no).await?;
                let user = self.maker.user();
                all.retain(|one| one.user == user || shown.contains(&one.event_id));
                all
            }
            Reach::Whole if moved.receipts == Whose::Nobody => Vec::new(),
            Reach::Whole => self.maker.moved_receipts(room, moved).await?,
            Reach::UpTo(at) => {
                let since = Token::at(at, Typing::NOTHING);
                self.maker.after(Some(since)).moved_receipts(room, InRoom::all()).await?
            }
        };
        let is_told = |receipt: &&Receipt| self.maker.is_told(receipt);
        Ok(receipt_event(receipts.iter().filter(is_told)))
    }

    /// Events of a room that are told, or were when it was told before.
    async fn shown(&self, around: &Around<'_>) -> Result<HashSet<OwnedEventId>, SyncError> {
        if let Some(shown) = &around.shown {
            return Ok(shown.iter().cloned().collect());
        }
        let limit = around.next.limit.min(MAX_LIMIT);
        let last = TimelineOrd(i64::MAX);
        let events = self.maker.sources.rooms.newest(around.room, None, last, limit).await?;
        Ok(events.iter().map(|event| event.id().to_owned()).collect())
    }

    /// Who types in a room, when that was told otherwise.
    fn typing_of(&self, around: &mut Around<'_>) -> Option<String> {
        if !(around.moved.typing || around.next.typing.stale) {
            return None;
        }
        let typists = self.maker.typists(around.room);
        let was = std::mem::replace(&mut around.next.typing.somebody, !typists.is_empty());
        (was || !typists.is_empty()).then(|| typing_event(&typists))
    }
}
