//! What an answer tells of one room: by how the person stood to it before, and stands now.

use std::sync::Arc;

use attention::{Counter, Reach, Receipts, Unread};
use base::number::TimelineOrd;
use rooms::{Current, Membership, Room, Stored, Viewer};

use crate::SyncError;
use crate::answer::{JoinedRoom, LeftRoom, Timeline, Told as InAnswer, UnreadCounts};
use crate::cell::Whose;
use crate::device_lists::Encounters;
use crate::ephemeral::Extent;
use crate::make::{Maker, RoomNews, events};
use crate::moment::{Moment, Standing, StateChange, membership};
use crate::state::Told;
use crate::summary::summary;
use crate::timeline::{Arrivals, Wanted, Window, newest};

/// One room in one answer.
pub(crate) struct Visit<'a> {
    pub(crate) maker: &'a Maker<'a>,
    pub(crate) room: &'a Arc<Room>,
    news: RoomNews,
    pub(crate) arrivals: Option<Arrivals>,
    /// The newest event that the answer knows of.
    pub(crate) last: Arc<Stored>,
    pub(crate) before: Moment,
    pub(crate) after: Moment,
    was: Option<Standing>,
    pub(crate) is: Standing,
}

/// Where the part of a timeline begins that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// With what is new.
    Arrivals,
    /// As far back as the limit allows.
    Anew,
}

impl Maker<'_> {
    /// What is told of a room, if there is anything to tell.
    pub(crate) async fn told(
        &self,
        room: &Arc<Room>,
        news: RoomNews,
        encounters: &mut Encounters,
    ) -> Result<Option<InAnswer>, SyncError> {
        if !self.wishes.filter.room.admits(&room.id) {
            return Ok(None);
        }
        let Some(visit) = self.visit(room, news).await? else { return Ok(None) };
        Ok(match visit.is.0 {
            Membership::Join => visit.joined(encounters).await?.map(InAnswer::Join),
            Membership::Leave | Membership::Ban => {
                visit.left(encounters).await?.map(InAnswer::Leave)
            }
            Membership::Invite if visit.stands_anew() => {
                if self.ignored.contains(visit.is.1.sender()) {
                    return Ok(None);
                }
                Some(InAnswer::Invite(visit.stripped().await?))
            }
            Membership::Knock if visit.stands_anew() => {
                Some(InAnswer::Knock(visit.stripped().await?))
            }
            Membership::Invite | Membership::Knock => None,
        })
    }

    /// A room as it was before and is after the answer's span, when the person has to do with it.
    pub(crate) async fn visit<'a>(
        &'a self,
        room: &'a Arc<Room>,
        news: RoomNews,
    ) -> Result<Option<Visit<'a>>, SyncError> {
        let (store, rooms) = (&self.sources.store, &self.sources.rooms);
        let arrivals = if news.moved.events {
            Arrivals::read((store, rooms), room, self.span()).await?
        } else {
            None
        };
        let last = match &arrivals {
            Some(arrivals) => arrivals.recent.last().cloned(),
            None => newest((store, rooms), room, self.upto.position).await?,
        };
        let Some(last) = last else { return Ok(None) };
        let after = Moment::after(&last);
        let before = arrivals.as_ref().map_or(after, Arrivals::before);
        let Some(is) = after.standing(rooms, self.user()).await? else { return Ok(None) };
        let was = if before == after {
            Some((is.0, Arc::clone(&is.1)))
        } else {
            before.standing(rooms, self.user()).await?
        };
        Ok(Some(Visit { maker: self, room, news, arrivals, last, before, after, was, is }))
    }
}

impl Visit<'_> {
    /// Whether the person's membership was set anew.
    pub(crate) fn stands_anew(&self) -> bool {
        self.was.as_ref().is_none_or(|(_, event)| event.no != self.is.1.no)
    }

    /// Whether the person was in the room before.
    pub(crate) fn was_in(&self) -> bool {
        self.was.as_ref().is_some_and(|(was, _)| *was == Membership::Join)
    }

    /// What is otherwise in the room's state than it was, for a person who was in it all along.
    pub(crate) async fn changes(&self) -> Result<Vec<StateChange>, SyncError> {
        if !self.was_in() {
            return Ok(Vec::new());
        }
        Ok(self.after.since(&self.maker.sources.rooms, self.before).await?)
    }

    /// The room's state, with everything in it that the answer knows of.
    pub(crate) async fn current(&self) -> Result<Arc<Current>, SyncError> {
        Ok(self.maker.sources.rooms.current_with(self.room, self.last.ord).await?)
    }

    pub(crate) fn viewer(&self, current: &Arc<Current>) -> Viewer {
        let device = Some(self.maker.device.to_owned());
        let maker = self.maker;
        let related = maker.wishes.filter.room.timeline.related();
        let rooms = &maker.sources.rooms;
        rooms
            .viewer_with((self.room, Arc::clone(current)), maker.user(), device)
            .ignoring(Arc::clone(&maker.ignored))
            .related_by(related)
    }

    async fn joined(
        mut self,
        encounters: &mut Encounters,
    ) -> Result<Option<JoinedRoom>, SyncError> {
        let fresh = !self.was_in();
        let whole = fresh || self.maker.wishes.full_state;
        let current = self.current().await?;
        let viewer = self.viewer(&current);
        let window = self.filtered(&viewer, self.last.ord).await?;
        let changes = self.changes().await?;
        let members = changes.iter().any(|((kind, _), _)| kind == "m.room.member");
        let summary = (whole || members).then(|| summary(&current, self.maker.user()));
        let heroes = summary.as_ref().and_then(|summary| summary.heroes.clone());
        let told = Told {
            base: (!whole).then_some(self.before),
            end: self.end(self.after, &window),
            window: &window,
            heroes: &heroes.unwrap_or_default(),
            current: &current,
        };
        let state = self.maker.state(&viewer, &told).await?;
        let timeline = self.timeline(&viewer, &window).await?;
        let (unread, counted_anew) = self.unread(&current).await?;
        self.meet(&current, &changes, encounters).await?;
        self.meet_presences(&current, &changes, encounters);
        let extent = if fresh { Extent::Whole } else { Extent::Moved };
        let account_data = self.account_data(extent).await?;
        let ephemeral = self.maker.ephemeral(self.room, self.news.moved, extent).await?;
        let room = JoinedRoom { summary, state, timeline, ephemeral, account_data, unread };
        Ok((whole || counted_anew || !room.is_empty()).then_some(room))
    }

    /// The end of the timeline as the filter wants it, up to a place.
    async fn filtered(&self, viewer: &Viewer, upto: TimelineOrd) -> Result<Window, SyncError> {
        let begin = if self.was_in() { Begin::Arrivals } else { Begin::Anew };
        let limit = self.maker.wishes.filter.room.timeline_limit(&self.room.id);
        self.window(viewer, (begin, upto), limit).await
    }

    /// The end of the timeline, up to a place.
    pub(crate) async fn window(
        &self,
        viewer: &Viewer,
        (begin, upto): (Begin, TimelineOrd),
        limit: usize,
    ) -> Result<Window, SyncError> {
        let maker = self.maker;
        let filter = &maker.wishes.filter.room;
        let after = match &self.arrivals {
            _ if begin == Begin::Anew => None,
            Some(arrivals) => arrivals.start(),
            None => Some(upto),
        };
        let recent = self.arrivals.as_ref().map_or(&[][..], |arrivals| &arrivals.recent);
        let admits = |event: &Stored| {
            let ignored = event.pdu.state_key().is_none() && maker.ignored.contains(event.sender());
            !ignored && filter.timeline.admits(event)
        };
        let wanted = Wanted { after, upto, limit, admits: &admits };
        Window::read(&maker.sources.rooms, viewer, recent, wanted).await
    }

    /// Up to when state is told.
    fn end(&self, after: Moment, window: &Window) -> Moment {
        if self.maker.wishes.state_after { after } else { window.start(after) }
    }

    pub(crate) async fn timeline(
        &self,
        viewer: &Viewer,
        window: &Window,
    ) -> Result<Timeline, SyncError> {
        let events = viewer.client_json_all(&window.events).await?;
        let events = self.maker.wishes.filter.only_fields(events);
        let told = window.limited || !events.is_empty();
        let prev_batch = told.then(|| window.before(self.last.ord));
        Ok(Timeline { events, limited: window.limited, prev_batch })
    }

    async fn account_data(&mut self, extent: Extent) -> Result<Vec<String>, SyncError> {
        let filter = &self.maker.wishes.filter.room.account_data;
        if !filter.admits_room(&self.room.id) {
            return Ok(Vec::new());
        }
        if extent == Extent::Whole {
            let devices = &self.maker.sources.devices;
            let all = devices.account_data_in(self.maker.user(), &self.room.id).await?;
            self.news.account_data = all;
        }
        Ok(events(&self.news.account_data, filter))
    }

    /// What is unread, when anything moved that counts; and whether it is otherwise than before.
    pub(crate) async fn unread(
        &self,
        current: &Current,
    ) -> Result<(Option<UnreadCounts>, bool), SyncError> {
        let moved = self.news.moved;
        let read = moved.receipts == Whose::Own;
        if !(moved.events || read || !self.was_in()) {
            return Ok((None, false));
        }
        let (maker, no) = (self.maker, self.room.no);
        let counter = Counter {
            attention: &maker.sources.attention,
            room: self.room,
            current,
            user: maker.user(),
            basis: &maker.basis,
        };
        let reach = Reach { at: maker.upto.position, upto: self.last.ord };
        let kept = maker.seat.memory.unread(no);
        let recent = self.arrivals.as_ref().map_or(&[][..], |arrivals| &arrivals.recent);
        let since = kept.as_ref().map(|kept| kept.at);
        let receipts = match (maker.seat.own_receipt(no), since) {
            (Some(moved), Some(since)) if moved > since => Receipts::Moved,
            _ => Receipts::Still,
        };
        let unread = counter.count(kept.as_deref(), recent, receipts, reach).await?;
        let unread = Arc::new(unread);
        maker.seat.memory.keep_unread(no, &unread);
        let told = kept.map(|kept| kept.total()).unwrap_or_default();
        // What another node told of it is not known here.
        let anew = maker.wishes.elsewhere.is_some() || told != unread.total();
        Ok((Some(self.counts(&unread)), anew || read))
    }

    fn counts(&self, unread: &Unread) -> UnreadCounts {
        if self.maker.wishes.filter.room.timeline.unread_thread_notifications {
            return UnreadCounts { room: unread.main(), threads: unread.threads() };
        }
        UnreadCounts { room: unread.total(), ..UnreadCounts::default() }
    }

    /// What is told of a room that the person went out of, up to where they went.
    async fn left(mut self, encounters: &mut Encounters) -> Result<Option<LeftRoom>, SyncError> {
        let begins = self.maker.since.is_none();
        let wanted =
            if begins { self.maker.wishes.filter.room.include_leave } else { self.stands_anew() };
        if !wanted {
            return Ok(None);
        }
        let start = self.arrivals.as_ref().and_then(Arrivals::start);
        let departure = self.departure().await?;
        let departure =
            departure.filter(|departure| start.is_none_or(|start| departure.ord > start));
        let account_data = self.account_data(Extent::Moved).await?;
        let current = self.current().await?;
        let viewer = self.viewer(&current);
        let Some(departure) = departure else {
            // They never were in it: all that is theirs is that they are not asked any more.
            let window = Window {
                events: viewer.show_own(&self.is.1).into_iter().collect(),
                limited: false,
            };
            let told = Told {
                base: Some(self.after),
                end: self.after,
                window: &window,
                heroes: &[],
                current: viewer.current(),
            };
            let state = self.maker.state(&viewer, &told).await?;
            let timeline = self.timeline(&viewer, &window).await?;
            return Ok((!begins).then_some(LeftRoom { state, timeline, account_data }));
        };
        self.part(&current, encounters);
        let room = self.told_until(&viewer, &departure).await?;
        Ok(Some(LeftRoom { account_data, ..room }))
    }

    async fn told_until(
        &self,
        viewer: &Viewer,
        departure: &Arc<Stored>,
    ) -> Result<LeftRoom, SyncError> {
        let mut window = self.filtered(viewer, departure.ord).await?;
        let end = self.end(Moment::after(departure), &window);
        // What was done to them after they went is theirs to know, and nothing between.
        if self.is.1.no != departure.no {
            window.events.extend(viewer.show_own(&self.is.1));
        }
        let told = Told {
            base: self.was_in().then_some(self.before),
            end,
            window: &window,
            heroes: &[],
            current: viewer.current(),
        };
        let state = self.maker.state(viewer, &told).await?;
        let timeline = self.timeline(viewer, &window).await?;
        Ok(LeftRoom { state, timeline, account_data: Vec::new() })
    }

    /// The event by which the person last went out of the room, if they ever were in it.
    pub(crate) async fn departure(&self) -> Result<Option<Arc<Stored>>, SyncError> {
        let mut event = Arc::clone(&self.is.1);
        while let Some(replaced) = event.replaces {
            let before = self.maker.sources.rooms.events(&[replaced]).await?.pop();
            let Some(before) = before else { break };
            if membership(&before) == Some(Membership::Join) {
                return Ok(Some(event));
            }
            event = before;
        }
        Ok(None)
    }

    /// The stripped state of a room that the person may come into.
    pub(crate) async fn stripped(&self) -> Result<Vec<String>, SyncError> {
        let events = self.current().await?.stripped(self.maker.user());
        let texts = events.iter().map(|event| event.stripped_json());
        Ok(texts.collect::<Result<_, _>>()?)
    }
}
