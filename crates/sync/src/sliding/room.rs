//! What is told of one room.

use std::sync::Arc;

use base::number::{EventNo, LogPosition, RoomNo};
use journal::Span;
use rooms::{Current, Membership, Room, Shown, Stored};
use ruma_common::{OwnedEventId, UserId};
use serde_json::Value;

use super::answer::{Hero, RoomTold, Text};
use super::connection::{Reach, Sent, TypingTold};
use super::required::Required;
use super::state::Asked;
use super::teller::Teller;
use crate::SyncError;
use crate::cell::{InRoom, Whose};
use crate::make::{Maker, RoomNews};
use crate::moment::{Moment, StateChange};
use crate::section::{Begin, Visit};
use crate::timeline::Window;
use crate::token::Token;
use crate::typing::Typing;

/// Events that make a room come up in a client's list.
const BUMPS: [&str; 9] = [
    "m.room.create",
    "m.room.message",
    "m.room.encrypted",
    "m.sticker",
    "m.call.invite",
    "m.poll.start",
    "org.matrix.msc3381.poll.start",
    "m.beacon_info",
    "org.matrix.msc3672.beacon_info",
];
/// Events looked at in one step for one that does, and steps at most.
const BUMP_PAGE: usize = 24;
const BUMP_PAGES: usize = 10;

/// How much is wanted of a room.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) required: Arc<Required>,
    pub(crate) limit: usize,
}

/// What is told of a room, and what that changes of what was told.
pub(crate) struct Telling {
    pub(crate) told: RoomTold,
    pub(crate) sent: Sent,
    /// Events that were told.
    pub(crate) shown: Vec<OwnedEventId>,
    /// Events of members that were told.
    pub(crate) members: Vec<EventNo>,
}

/// One room being told of.
struct Part<'a> {
    teller: &'a Teller<'a>,
    visit: &'a Visit<'a>,
    wanted: &'a Wanted,
    /// What was told of it; none when it is told anew.
    sent: Option<&'a Sent>,
    moved: InRoom,
    since: Option<LogPosition>,
}

impl Teller<'_> {
    /// Tells of a room, unless the person has nothing to do with it.
    pub(crate) async fn tell(
        &self,
        room: &Arc<Room>,
        (sent, moved): (Option<&Sent>, InRoom),
        wanted: &Wanted,
    ) -> Result<Option<Telling>, SyncError> {
        let whole = self.told.upto.position;
        let since = sent.and_then(|sent| sent.events.position(whole));
        let behind = sent.is_none_or(|sent| sent.events != Reach::Whole);
        let read = behind || moved.receipts == Whose::Own;
        let receipts = if read { Whose::Own } else { Whose::Nobody };
        let news = InRoom { events: behind || moved.events, typing: false, receipts };
        let maker = self.maker.after(since.map(|at| Token::at(at, Typing::NOTHING)));
        let news = RoomNews { moved: news, account_data: Vec::new() };
        let Some(visit) = maker.visit(room, news).await? else { return Ok(None) };
        let departure = match visit.is.0 {
            Membership::Leave | Membership::Ban => visit.departure().await?,
            _ => None,
        };
        let full = visit.is.0 == Membership::Join || departure.is_some();
        let comes = visit.is.0 == Membership::Join && !visit.was_in();
        let sent_as_it_is = sent.filter(|sent| sent.full == full && !(full && comes));
        let part = Part { teller: self, visit: &visit, wanted, sent: sent_as_it_is, moved, since };
        let mut telling =
            if full { part.full(departure.as_ref()).await? } else { part.stripped().await? };
        telling.told.membership = Some(visit.is.0);
        if visit.is.0 != Membership::Join {
            // What goes on in a room is nothing to who is not in it.
            let place = self.maker.seat.place_of(room.no).map(|(place, _)| place.0);
            telling.told.bump_stamp = place.filter(|place| *place > 0);
        }
        Ok(Some(telling))
    }

    fn is_direct(&self, room: RoomNo) -> bool {
        self.facts.direct.contains(&room)
    }
}

impl Part<'_> {
    /// What is told to somebody who never was in the room.
    async fn stripped(&self) -> Result<Telling, SyncError> {
        let initial = self.sent.is_none();
        let mut told = RoomTold { initial, ..RoomTold::default() };
        if initial || self.visit.stands_anew() {
            told.stripped = Some(match self.visit.is.0 {
                Membership::Invite | Membership::Knock => self.visit.stripped().await?,
                _ => vec![self.visit.is.1.stripped_json()?],
            });
        }
        let sent = self.sent_next(false, usize::MAX);
        Ok(Telling { told, sent, shown: Vec::new(), members: Vec::new() })
    }

    /// What is told to somebody who is in the room, or was until they departed.
    async fn full(&self, departure: Option<&Arc<Stored>>) -> Result<Telling, SyncError> {
        let (visit, maker) = (self.visit, self.visit.maker);
        let current = visit.current().await?;
        let viewer = visit.viewer(&current);
        let initial = self.sent.is_none();
        let expanded = self.sent.is_some_and(|sent| sent.limit < self.wanted.limit);
        let begin = if initial || expanded { Begin::Anew } else { Begin::Arrivals };
        let upto = departure.map_or(visit.last.ord, |departure| departure.ord);
        let mut window = visit.window(&viewer, (begin, upto), self.wanted.limit).await?;
        // What was done to them after they went is theirs to know, and nothing between.
        if departure.is_some_and(|departure| departure.no != visit.is.1.no) && visit.stands_anew() {
            window.events.extend(viewer.show_own(&visit.is.1));
        }
        let end = departure.map_or(visit.after, |departure| Moment::after(departure));
        let changes = self.changes(end).await?;
        let asked = Asked {
            required: &self.wanted.required,
            had: self.sent.map(|sent| &*sent.required),
            changes: &changes,
            end,
            current: &current,
            window: &window,
            members: &self.teller.told.members,
        };
        let state = maker.required(&asked).await?;
        let members = self.members(&state, &window);
        let mut told = RoomTold {
            initial,
            expanded,
            required_state: viewer.state_json(&state).await?,
            timeline: visit.timeline(&viewer, &window).await?,
            live: Some(self.live(begin, &window).await?),
            ..RoomTold::default()
        };
        self.describe(&mut told, &changes, end).await?;
        if departure.is_none() {
            self.describe_people(&mut told, &changes, &current);
            told.bump_stamp = self.bump(&current).await?;
            let (unread, anew) = visit.unread(&current).await?;
            told.unread = unread.filter(|_| anew || !told.is_empty()).map(|unread| unread.room);
        }
        let known = if window.limited { self.wanted.limit } else { usize::MAX };
        let known = match self.sent {
            Some(sent) if begin == Begin::Arrivals && !window.limited => sent.limit,
            _ => known,
        };
        let shown = window.events.iter().map(|shown| shown.stored().id().to_owned()).collect();
        Ok(Telling { told, sent: self.sent_next(true, known), shown, members })
    }

    /// What is otherwise in the room's state than was told.
    async fn changes(&self, end: Moment) -> Result<Vec<StateChange>, SyncError> {
        if self.sent.is_none() || !self.visit.was_in() {
            return Ok(Vec::new());
        }
        Ok(end.since(&self.visit.maker.sources.rooms, self.visit.before).await?)
    }

    /// Name, picture, and whether the room is direct.
    async fn describe(
        &self,
        told: &mut RoomTold,
        changes: &[StateChange],
        end: Moment,
    ) -> Result<(), SyncError> {
        let initial = self.sent.is_none();
        let moved = |kind: &str| initial || changes.iter().any(|((one, _), _)| one == kind);
        let now = |text: Option<String>| match text {
            Some(text) => Text::Is(text),
            None if initial => Text::Same,
            None => Text::Gone,
        };
        if moved("m.room.name") {
            told.name = now(text(self.visit.maker, end, ("m.room.name", "name")).await?);
        }
        if moved("m.room.avatar") {
            told.avatar = now(text(self.visit.maker, end, ("m.room.avatar", "url")).await?);
        }
        let direct = self.teller.is_direct(self.visit.room.no);
        told.is_dm = match self.sent {
            None => direct.then_some(true),
            Some(sent) => (sent.direct != direct).then_some(direct),
        };
        Ok(())
    }

    /// How many are there, and whom a room without a name is named after.
    fn describe_people(&self, told: &mut RoomTold, changes: &[StateChange], current: &Current) {
        let moved = |kind: &str| changes.iter().any(|((one, _), _)| one == kind);
        let anew = self.sent.is_none() || moved("m.room.member");
        if anew {
            told.people = Some((current.joined, current.invited));
        }
        let name = current.content::<Value>("m.room.name");
        let name = name.as_ref().and_then(|content| content.get("name")?.as_str());
        let named = name.is_some_and(|name| !name.is_empty());
        if !named && (anew || moved("m.room.name")) {
            let heroes = current.heroes(self.visit.maker.user());
            told.heroes = Some(heroes.iter().map(|user| hero(current, user)).collect());
        }
    }

    /// How many events of a window are new since the connection's last answer.
    async fn live(&self, begin: Begin, window: &Window) -> Result<u64, SyncError> {
        let told = self.teller.told;
        let whole = told.upto.position;
        if told.is_nothing() || !self.moved.events {
            return Ok(0);
        }
        let live = if begin == Begin::Arrivals && self.since == Some(whole) {
            window.events.len()
        } else {
            let maker = self.visit.maker;
            let span = Span { after: whole, upto: maker.upto.position };
            let first =
                journal::first_event(&maker.sources.store, self.visit.room.no, span).await?;
            let first = first.map(|first| first.ord);
            let is_live = |ord| first.is_some_and(|first| ord >= first);
            window.events.iter().filter(|shown| is_live(shown.stored().ord)).count()
        };
        Ok(u64::try_from(live).unwrap_or(u64::MAX))
    }

    /// Where the newest event came that makes the room come up, unless that was told.
    async fn bump(&self, current: &Current) -> Result<Option<u64>, SyncError> {
        let (maker, no) = (self.visit.maker, self.visit.room.no);
        let after = match (self.sent, self.since) {
            (Some(_), Some(_)) if self.visit.arrivals.is_none() => return Ok(None),
            (Some(_), Some(since)) => since,
            _ => LogPosition(0),
        };
        let mut span = Span { after, upto: maker.upto.position };
        for _ in 0..BUMP_PAGES {
            let rows = journal::newest_events(&maker.sources.store, no, span, BUMP_PAGE).await?;
            let numbers: Vec<_> = rows.iter().map(|(_, arrival)| arrival.event).collect();
            let events = maker.sources.rooms.events(&numbers).await?;
            let mut found = rows.iter().zip(&events);
            if let Some(((at, _), _)) = found.find(|(_, event)| BUMPS.contains(&event.kind())) {
                return Ok(Some(at.0));
            }
            match rows.last() {
                Some((at, _)) if rows.len() == BUMP_PAGE => span.upto = LogPosition(at.0 - 1),
                _ => return Ok(None),
            }
        }
        let Some(first) = current.get("m.room.create", "").filter(|_| after.0 == 0) else {
            return Ok(None);
        };
        let store = &maker.sources.store;
        let at = journal::position_of(store, no, first.ord, maker.upto.position).await?;
        Ok(at.map(|at| at.0))
    }

    /// Members among what is told.
    fn members(&self, state: &[Arc<Stored>], window: &Window) -> Vec<EventNo> {
        if !self.wanted.required.is_lazy() {
            return Vec::new();
        }
        let shown = window.events.iter().map(Shown::stored);
        let members = state.iter().chain(shown).filter(|event| event.kind() == "m.room.member");
        members.map(|event| event.no).collect()
    }

    fn sent_next(&self, full: bool, limit: usize) -> Sent {
        let no = self.visit.room.no;
        let required = Arc::clone(&self.wanted.required);
        let direct = self.teller.is_direct(no);
        match self.teller.told.rooms.get(&no) {
            Some(sent) => {
                Sent { events: Reach::Whole, required, limit, full, direct, ..sent.clone() }
            }
            None => Sent {
                events: Reach::Whole,
                data: Reach::Never,
                receipts: Reach::Never,
                required,
                limit,
                full,
                direct,
                typing: TypingTold { somebody: false, stale: true },
            },
        }
    }
}

/// A text in the content of a state event, as it was at a moment.
async fn text(
    maker: &Maker<'_>,
    at: Moment,
    (kind, field): (&str, &str),
) -> Result<Option<String>, SyncError> {
    let rooms = &maker.sources.rooms;
    let key = (kind.to_owned(), String::new());
    let Some(no) = at.get(rooms, &key).await? else { return Ok(None) };
    let event = rooms.events(&[no]).await?.pop();
    let content = event.and_then(|event| event.pdu.content_as::<Value>().ok());
    let text = content.and_then(|content| content.get(field)?.as_str().map(String::from));
    Ok(text.filter(|text| !text.is_empty()))
}

fn hero(current: &Current, user: &UserId) -> Hero {
    let member = current.get("m.room.member", user.as_str());
    let content = member.and_then(|member| member.pdu.content_as::<Value>().ok());
    let text = |field: &str| content.as_ref()?.get(field)?.as_str().map(String::from);
    Hero { user: user.to_owned(), name: text("displayname"), avatar: text("avatar_url") }
}
