//! The first answer to a device: everything, made while it is read.
//!
//! A person may be in any number of rooms, so no more than a page of them is held: it is made when
//! the reader has taken the one before, and not at all when there is no reader any more. Rooms of a
//! section stand together, so it is settled beforehand which section each belongs to.

use std::sync::Arc;
use std::time::Duration;
use std::vec::IntoIter;

use attention::Basis;
use base::number::RoomNo;
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use rooms::{Room, RoomError};
use ruma_common::{OwnedDeviceId, OwnedRoomId};

use crate::answer::{Answer, Told};
use crate::cell::{InRoom, Seat};
use crate::device_lists::Encounters;
use crate::make::{Maker, RoomNews, Wishes};
use crate::memory::Ignored;
use crate::writer::{Section, Writer};
use crate::{Sync, SyncError, Token};

/// Rooms held at a time.
const PAGE: usize = 16;
/// Rooms read at once.
const AT_ONCE: usize = 4;

/// Everything, for a device that begins: in pieces as they are asked for, or whole.
pub struct First {
    sync: Sync,
    seat: Seat,
    device: OwnedDeviceId,
    wishes: Wishes,
    basis: Arc<Basis>,
    ignored: Ignored,
    upto: Token,
    /// What belongs to no room.
    head: Answer,
    /// The rooms that are not told yet, by section.
    rooms: IntoIter<(Section, RoomNo)>,
}

impl First {
    /// Reads everything that belongs to no room, and which rooms there are.
    pub(crate) async fn begin(
        sync: Sync,
        (seat, device): (Seat, OwnedDeviceId),
        wishes: Wishes,
    ) -> Result<Self, SyncError> {
        let span = (None, sync.0.hub.now(&seat));
        let maker = Maker::new(&sync.0.sources, (&seat, &device), &wishes, span).await?;
        let head = maker.head().await?;
        let standings = maker.sources.rooms.standings(maker.user()).await?;
        // Whatever moved before the rooms were listed is marked from here on.
        sync.catch_up(None, Duration::ZERO).await?;
        let shown = standings.into_iter().filter(|standing| !standing.forgotten);
        let listed = shown.map(|standing| (Section::of(standing.membership), standing.room));
        let rooms = maker.settle(listed.collect()).await?.into_iter();
        let Maker { basis, ignored, upto, .. } = maker;
        Ok(Self { sync, seat, device, wishes, basis, ignored, upto, head, rooms })
    }

    /// The answer as JSON, in pieces: each is made when it is asked for. A failure ends it, and
    /// leaves the JSON unfinished.
    pub fn pieces(self) -> impl Stream<Item = Result<String, SyncError>> + Send + 'static {
        let writer = Writer::begin(&self.head);
        stream::try_unfold(Some((self, writer)), |rest| async {
            let Some((mut first, mut writer)) = rest else { return Ok(None) };
            for (planned, no, id, told) in first.page().await? {
                if told.section() != planned {
                    return Err(SyncError::Moved(no));
                }
                writer.room(planned, &id, |out| told.write(out));
            }
            Ok(Some(match first.rooms.as_slice() {
                [] => (writer.end(), None),
                _ => (writer.take(), Some((first, writer))),
            }))
        })
    }

    /// The answer whole.
    pub(crate) async fn whole(mut self) -> Result<Answer, SyncError> {
        while !self.rooms.as_slice().is_empty() {
            for (.., id, told) in self.page().await? {
                self.head.insert(id, told);
            }
        }
        Ok(self.head)
    }

    /// The next rooms, each with the section that it was settled to be in.
    async fn page(&mut self) -> Result<Vec<(Section, RoomNo, OwnedRoomId, Told)>, SyncError> {
        let page: Vec<_> = self.rooms.by_ref().take(PAGE).collect();
        let maker = self.maker();
        let made = stream::iter(page).map(|(section, no)| {
            let maker = &maker;
            async move {
                let told = maker.whole_room(no).await?;
                Ok(told.map(|(id, told)| (section, no, id, told)))
            }
        });
        let made = made.buffered(AT_ONCE).try_filter_map(|told| async { Ok(told) });
        made.try_collect().await
    }

    fn maker(&self) -> Maker<'_> {
        Maker {
            sources: &self.sync.0.sources,
            seat: &self.seat,
            device: &self.device,
            wishes: &self.wishes,
            basis: Arc::clone(&self.basis),
            ignored: Arc::clone(&self.ignored),
            since: None,
            upto: self.upto,
            holds_presence: false,
        }
    }
}

impl Maker<'_> {
    /// The rooms to be told of in the order of their sections. How a person stands to a room may
    /// have changed between the answer's end and the listing: then it is read as of the end.
    async fn settle(
        &self,
        listed: Vec<(Section, RoomNo)>,
    ) -> Result<Vec<(Section, RoomNo)>, SyncError> {
        let marked = if self.seat.is_dropped() { None } else { self.seat.moved_since(self.upto) };
        let still = |no: &RoomNo| {
            let marked = marked.as_ref();
            marked.is_some_and(|moved| !moved.rooms.get(no).is_some_and(|moved| moved.events))
        };
        let mut settled = Vec::with_capacity(listed.len());
        for (section, no) in listed {
            let section = if still(&no) { Some(section) } else { self.section(no).await? };
            settled.extend(section.map(|section| (section, no)));
        }
        let left_too = self.wishes.filter.room.include_leave;
        settled.retain(|(section, _)| left_too || *section != Section::Leave);
        settled.sort_by_key(|(section, _)| *section);
        Ok(settled)
    }

    /// Where a room stands as of the answer's end.
    async fn section(&self, no: RoomNo) -> Result<Option<Section>, SyncError> {
        let Some(room) = self.room_if_kept(no).await? else { return Ok(None) };
        let visit = self.visit(&room, RoomNews::default()).await?;
        Ok(visit.map(|visit| Section::of(visit.is.0)))
    }

    /// All that is told of a room.
    async fn whole_room(&self, no: RoomNo) -> Result<Option<(OwnedRoomId, Told)>, SyncError> {
        let Some(room) = self.room_if_kept(no).await? else { return Ok(None) };
        let news = RoomNews { moved: InRoom::all(), account_data: Vec::new() };
        let told = self.told(&room, news, &mut Encounters::default()).await?;
        Ok(told.map(|told| (room.id.clone(), told)))
    }

    async fn room_if_kept(&self, no: RoomNo) -> Result<Option<Arc<Room>>, SyncError> {
        match self.sources.rooms.room_by_number(no).await {
            Ok(room) => Ok(Some(room)),
            Err(RoomError::Deleted(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
