//! Makes one answer: the rooms that a request matches and that have news, and what it asks beside.
//!
//! A room costs something when it moved, when it is told for the first time, or when more of it is
//! wanted than was told. The others are passed over without looking further than at what was told.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use base::number::RoomNo;
use devices::AccountData;
use rooms::{Membership, Room, RoomError};

use super::answer::{RoomTold, SlidingAnswer};
use super::beside::Around;
use super::connection::{Reach, Sent, Step, Told, Turn};
use super::request::{Questions, Scope};
use super::required::Required;
use super::room::{Telling, Wanted};
use super::roster::Stands;
use super::window::{Facts, Matched, Windows};
use crate::SyncError;
use crate::cell::{InRoom, Moved, Whose};
use crate::make::Maker;

/// Events of a room's timeline at most, whatever is asked.
pub(crate) const MAX_LIMIT: usize = 100;
/// Rooms in one answer at most; the next one, at once, goes on.
const ROOMS: usize = 500;
/// Bytes of rooms in one answer, about, after which the next one goes on.
const BYTES: usize = 8 << 20;

/// One answer in the making.
pub(crate) struct Teller<'a> {
    pub(crate) maker: Maker<'a>,
    pub(crate) questions: &'a Questions,
    pub(crate) turn: &'a Turn,
    pub(crate) told: &'a Told,
    pub(crate) facts: Facts,
    pub(crate) moved: Moved,
    /// The person's data that changed, by room.
    pub(crate) data: HashMap<Option<RoomNo>, Vec<AccountData>>,
}

/// For which extensions a room is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extends {
    pub(crate) data: bool,
    pub(crate) receipts: bool,
    pub(crate) typing: bool,
}

/// What rules that match a room ask of it together.
#[derive(Clone)]
struct Ruling {
    wanted: Wanted,
    extends: Extends,
}

/// How much an answer may still hold.
struct Budget {
    rooms: usize,
    bytes: usize,
}

impl Budget {
    fn take(&mut self, bytes: usize) {
        self.rooms = self.rooms.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    fn is_spent(&self) -> bool {
        self.rooms == 0 || self.bytes == 0
    }
}

impl<'a> Teller<'a> {
    /// Gathers what is to be looked at.
    pub(crate) async fn new(
        maker: Maker<'a>,
        questions: &'a Questions,
        turn: &'a Turn,
    ) -> Result<Self, SyncError> {
        let told = &*turn.told;
        let facts = maker.facts(questions).await?;
        let moved = match maker.since {
            None => Moved::default(),
            Some(since) => match maker.seat.moved_since(since) {
                Some(moved) => moved,
                None => maker.moved_in_journal(since).await?,
            },
        };
        Ok(Self { maker, questions, turn, told, facts, moved, data: HashMap::new() })
    }

    /// The answer, and what it tells on top of what was told.
    pub(crate) async fn answer(mut self) -> Result<(SlidingAnswer, Step), SyncError> {
        let find = |roster: &mut _| Windows::find(roster, self.questions, &self.facts);
        let windows = self.maker.seat.with_roster(find).unwrap_or_default();
        let names = self.questions.lists.keys().cloned();
        let mut answer = SlidingAnswer {
            lists: names.zip(windows.counts.iter().copied()).collect(),
            ..SlidingAnswer::default()
        };
        let mut step = Step {
            upto: self.maker.upto,
            rooms: HashMap::new(),
            members: Vec::new(),
            beside: self.told.beside.clone(),
        };
        self.tell_beside(&mut answer.beside, &mut step.beside).await?;
        let mut budget = Budget { rooms: ROOMS, bytes: BYTES };
        let mut rulings = HashMap::new();
        let mut looked_at = HashSet::new();
        for matched in &windows.rooms {
            if budget.is_spent() {
                break;
            }
            let ruling = match rulings.get(&matched.rules) {
                Some(ruling) => Ruling::clone(ruling),
                None => self.ruling(*matched)?,
            };
            if !matched.rules.subscribed {
                rulings.entry(matched.rules).or_insert_with(|| ruling.clone());
            }
            if self.has_moved(matched.room) {
                looked_at.insert(matched.room);
            } else if self.is_idle(matched.room, &ruling) {
                continue;
            }
            if let Some(bytes) =
                self.tell_matched((&mut answer, &mut step), *matched, &ruling).await?
            {
                budget.take(bytes);
            }
        }
        self.tell_others((&mut answer, &mut step), &looked_at).await?;
        Ok((answer, step))
    }

    /// Tells of a room that the request matches. Gives how many bytes that took, if it was told.
    async fn tell_matched(
        &self,
        (answer, step): (&mut SlidingAnswer, &mut Step),
        matched: Matched,
        Ruling { wanted, extends }: &Ruling,
    ) -> Result<Option<usize>, SyncError> {
        let no = matched.room;
        let Some(room) = self.room(no).await? else { return Ok(None) };
        let sent = self.told.rooms.get(&no);
        let moved = self.moved.rooms.get(&no).copied().unwrap_or_default();
        let mut bytes = None;
        let (next, shown) = if self.is_told(sent, (no, moved), wanted) {
            let telling = self.tell(&room, (sent, moved), wanted).await?;
            let Some(Telling { mut told, sent, shown, members }) = telling else {
                return Ok(None);
            };
            step.members.extend(members);
            if !told.is_empty() {
                bytes = Some(told.bytes());
                let lists = matched.rules.lists(self.questions);
                told.lists = lists.map(|(name, _)| name.to_owned()).collect();
                answer.rooms.insert(room.id.clone(), told);
            }
            (sent, Some(shown))
        } else {
            let Some(sent) = sent.cloned() else { return Ok(None) };
            (Sent { required: Arc::clone(&wanted.required), ..sent }, None)
        };
        let mut around = Around { room: &room, moved, next, shown };
        self.extend(&mut answer.beside, &mut around, *extends).await?;
        step.rooms.insert(no, Some(around.next));
        Ok(bytes)
    }

    /// A room, unless it was deleted.
    async fn room(&self, no: RoomNo) -> Result<Option<Arc<Room>>, SyncError> {
        match self.maker.sources.rooms.room_by_number(no).await {
            Ok(room) => Ok(Some(room)),
            Err(RoomError::Deleted(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a room is to be looked into for what can be told of it.
    fn is_told(&self, sent: Option<&Sent>, (no, moved): (RoomNo, InRoom), wanted: &Wanted) -> bool {
        sent.is_none_or(|sent| {
            sent.events != Reach::Whole
                || moved.events
                || moved.receipts == Whose::Own
                || sent.limit < wanted.limit
                || wanted.required.may_exceed(&sent.required)
                || sent.direct != self.facts.direct.contains(&no)
        })
    }

    /// Rooms that moved and are not told of: they fall behind. Only that the person went out of a
    /// room is told wherever it is.
    async fn tell_others(
        &self,
        (answer, step): (&mut SlidingAnswer, &mut Step),
        looked_at: &HashSet<RoomNo>,
    ) -> Result<(), SyncError> {
        let with_data = self.data.keys().copied().flatten();
        let moved: HashSet<_> = self.moved.rooms.keys().copied().chain(with_data).collect();
        for no in moved.difference(looked_at) {
            let Some(sent) = self.told.rooms.get(no) else { continue };
            let next = match self.maker.seat.place_of(*no) {
                Some((_, entry)) if entry.stands != Stands::Gone => Some(self.behind(*no, sent)),
                _ => {
                    self.tell_departure(answer, *no, sent).await?;
                    None
                }
            };
            step.rooms.insert(*no, next);
        }
        Ok(())
    }

    async fn tell_departure(
        &self,
        answer: &mut SlidingAnswer,
        no: RoomNo,
        sent: &Sent,
    ) -> Result<(), SyncError> {
        let Some(room) = self.room(no).await? else {
            // Of a room that was deleted nothing is left to tell but that the person is not there.
            let id = self.maker.sources.rooms.id_of_deleted(no).await?;
            let membership = Some(Membership::Leave);
            answer.rooms.extend(id.map(|id| (id, RoomTold { membership, ..RoomTold::default() })));
            return Ok(());
        };
        let moved = self.moved.rooms.get(&no).copied().unwrap_or_default();
        let limit = sent.limit.clamp(1, MAX_LIMIT);
        let wanted = Wanted { required: Arc::clone(&sent.required), limit };
        if let Some(telling) = self.tell(&room, (Some(sent), moved), &wanted).await?
            && !telling.told.is_empty()
        {
            answer.rooms.insert(room.id.clone(), telling.told);
        }
        Ok(())
    }

    /// What was told of a room that is passed over while it moves.
    fn behind(&self, no: RoomNo, sent: &Sent) -> Sent {
        let (moved, mut next) =
            (self.moved.rooms.get(&no).copied().unwrap_or_default(), sent.clone());
        let whole = self.told.upto.position;
        if moved.events || moved.receipts == Whose::Own {
            next.events.stay(whole);
        }
        if moved.receipts > Whose::Nobody {
            next.receipts.stay(whole);
        }
        if self.data.contains_key(&Some(no)) {
            next.data.stay(whole);
        }
        next.typing.stale |= moved.typing;
        next
    }

    fn has_moved(&self, room: RoomNo) -> bool {
        self.moved.rooms.contains_key(&room) || self.data.contains_key(&Some(room))
    }

    /// Whether nothing can be told of a room that did not move.
    fn is_idle(&self, room: RoomNo, Ruling { wanted, extends }: &Ruling) -> bool {
        self.told.rooms.get(&room).is_some_and(|sent| {
            sent.events == Reach::Whole
                && sent.limit >= wanted.limit
                && Arc::ptr_eq(&sent.required, &wanted.required)
                && sent.direct == self.facts.direct.contains(&room)
                && (!extends.data || self.data_reach(Some(sent)) == Reach::Whole)
                && (!extends.receipts || sent.receipts == Reach::Whole)
                && !(extends.typing && sent.typing.stale)
        })
    }

    /// How far the person's data of a room was told.
    pub(crate) fn data_reach(&self, sent: Option<&Sent>) -> Reach {
        sent.filter(|_| self.told.beside.data).map_or(Reach::Never, |sent| sent.data)
    }

    /// What all rules together ask that match a room.
    fn ruling(&self, Matched { room, rules }: Matched) -> Result<Ruling, SyncError> {
        let lists: Vec<_> = rules.lists(self.questions).collect();
        let id = self.facts.subscribed.get(&room).filter(|_| rules.subscribed);
        let subscription = id.and_then(|id| self.questions.subscriptions.get(id));
        let mut required = Required::default();
        let mut limit = 0;
        for detail in lists.iter().map(|(_, list)| &list.detail).chain(subscription) {
            required.add(&detail.required_state);
            limit = limit.max(detail.timeline_limit);
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX).min(MAX_LIMIT);
        let holds = |scope: &Option<Scope>| {
            let names = lists.iter().map(|(name, _)| *name);
            scope.as_ref().is_some_and(|scope| scope.holds(names, id.map(|id| id.as_str())))
        };
        let extensions = &self.questions.extensions;
        let extends = Extends {
            data: holds(&extensions.account_data),
            receipts: holds(&extensions.receipts),
            typing: holds(&extensions.typing),
        };
        let required = self.turn.share(required)?;
        Ok(Ruling { wanted: Wanted { required, limit }, extends })
    }
}
