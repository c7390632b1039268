//! One page of answers: from the index by way of the store and the rooms' gate.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use base::number::{LogPosition, RoomNo};
use rooms::{EventFilter, Shown, Viewer};
use ruma_common::{OwnedDeviceId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use crate::collect::{Candidate, Evenly, Found, Next, Scope};
use crate::edits::newest;
use crate::index::Reading;
use crate::query::Terms;
use crate::said::{Key, said};
use crate::schema::sender;
use crate::token::{Rank, Token, Within};
use crate::{Search, SearchError};

/// Events that are looked at for one page at most. Those that a person may not see are few: what
/// was said before they came, or after they left.
const MOST_LOOKED_AT: usize = 2_000;
/// Events that the index is asked for at a time, at least.
const STEP: usize = 32;

/// In which order answers come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// The best first.
    Rank,
    /// The newest first.
    Recent,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Who asks.
    pub user: OwnedUserId,
    /// On which device.
    pub device: OwnedDeviceId,
    /// The words.
    pub term: String,
    /// What is searched.
    pub keys: Vec<Key>,
    /// Which events count.
    pub filter: EventFilter,
    /// Whose messages they do not want to see.
    pub ignored: Vec<OwnedUserId>,
    /// Sent from this time on, in milliseconds.
    pub from: Option<u64>,
    /// Sent before this time.
    pub to: Option<u64>,
    /// In which order.
    pub order: Order,
    /// Answers of this page at most.
    pub limit: usize,
    /// Where the page before ended.
    pub next_batch: Option<String>,
}

/// One page of answers.
pub struct Answer {
    /// How many events answer the question, about: those among them that the person may not see
    /// are counted too.
    pub count: u64,
    /// The words that answer it, as they are written in the events.
    pub highlights: BTreeSet<String>,
    /// The events, in order.
    pub hits: Vec<Hit>,
    /// Where the next page begins, if there is one.
    pub next_batch: Option<String>,
    /// The same, within the rooms of this page's events.
    pub next_in_rooms: BTreeMap<OwnedRoomId, Option<String>>,
    /// The same, among what their senders said.
    pub next_of_senders: BTreeMap<OwnedUserId, Option<String>>,
}

/// An event that answers a question.
pub struct Hit {
    /// The event.
    pub event: Shown,
    /// Who sees it so.
    pub viewer: Arc<Viewer>,
    /// How well it answers; more is better.
    pub rank: f32,
}

/// A page that is being made.
struct Page<'a> {
    search: &'a Search,
    question: &'a Question,
    viewers: HashMap<RoomNo, Option<Arc<Viewer>>>,
    hits: Vec<Hit>,
    looked_at: Vec<Candidate>,
}

impl Search {
    /// Answers a question.
    pub async fn search(&self, question: &Question) -> Result<Answer, SearchError> {
        let token = question.next_batch.as_deref().map(Token::parse).transpose()?;
        if token.is_some_and(|token| token.order != question.order) {
            return Err(SearchError::Token(question.next_batch.clone().unwrap_or_default()));
        }
        let terms = Terms::parse(&question.term);
        let (reading, position) = self.fresh().await?;
        let upto = token.map_or(position, |token| token.upto);
        let within = token.map_or(Within::Everything, |token| token.within);
        let scope = Arc::new(Scope::of(&self.0.rooms, question, within, upto).await?);
        let mut page = Page {
            search: self,
            question,
            viewers: HashMap::new(),
            hits: Vec::new(),
            looked_at: Vec::new(),
        };
        let mut found = Found::default();
        if !terms.is_empty() && !scope.rooms.is_empty() && !scope.keys.is_empty() {
            let (terms, order) = (terms.clone(), question.order);
            let asking = Asking { reading: reading.clone(), scope, terms, order };
            let after = token.map(|token| token.after);
            found = page.fill(&asking, after).await.inspect_err(|error| {
                if matches!(error, SearchError::Index(_)) {
                    self.report(error);
                }
            })?;
        }
        let highlights = page.highlights(&terms, &reading).await?;
        Ok(page.answer(highlights, &found, (within, upto)))
    }
}

/// How the index is asked.
struct Asking {
    reading: Reading,
    scope: Arc<Scope>,
    terms: Terms,
    order: Order,
}

impl Asking {
    /// The candidates that come next. On a thread that may wait for the disk.
    async fn next(&self, after: Option<Rank>, limit: usize) -> Result<Found, SearchError> {
        let query = self.terms.query(self.reading.fields.text)?;
        let (searcher, scope, order) =
            (self.reading.searcher(), Arc::clone(&self.scope), self.order);
        let found = tokio::task::spawn_blocking(move || {
            let next = Next { scope: &scope, order, after, limit };
            searcher.search_with_statistics_provider(&query, &next, &Evenly)
        });
        Ok(found.await??)
    }
}

impl Page<'_> {
    /// Looks at candidates until the page is full, or there are no more. What the index said at
    /// first comes back.
    async fn fill(&mut self, asking: &Asking, after: Option<Rank>) -> Result<Found, SearchError> {
        let (mut first, mut after) = (None, after);
        loop {
            let step = (self.question.limit - self.hits.len()).max(STEP);
            let found = asking.next(after, step).await?;
            let more = found.next.len() == step;
            for candidate in &found.next {
                if self.is_full() {
                    break;
                }
                after = Some(candidate.rank);
                self.looked_at.push(*candidate);
                self.look_at(candidate).await?;
            }
            first.get_or_insert(found);
            if !more || self.is_full() {
                return Ok(first.unwrap_or_default());
            }
        }
    }

    fn is_full(&self) -> bool {
        self.hits.len() >= self.question.limit || self.looked_at.len() >= MOST_LOOKED_AT
    }

    /// Takes an event into the page, if the person may see it and it still says anything.
    async fn look_at(&mut self, candidate: &Candidate) -> Result<(), SearchError> {
        let Some(viewer) = self.viewer(candidate.room).await? else { return Ok(()) };
        let rooms = &self.search.0.rooms;
        let event = match rooms.events(&[candidate.event()]).await.map_err(SearchError::from) {
            Ok(mut events) => events.pop(),
            Err(error) if error.is_outage() || error.is_end() => return Err(error),
            Err(error) => {
                tracing::warn!(%error, event = %candidate.event(), "an event is not found");
                None
            }
        };
        let Some(event) = event.filter(|event| said(event).is_some()) else { return Ok(()) };
        // The index knows people by hashes.
        if !self.question.filter.admits_sender(event.sender()) {
            return Ok(());
        }
        if let Some(event) = viewer.show(&event).await? {
            self.hits.push(Hit { event, viewer, rank: candidate.score });
        }
        Ok(())
    }

    /// The person, looking at a room; `None` when they may not.
    async fn viewer(&mut self, room: RoomNo) -> Result<Option<Arc<Viewer>>, SearchError> {
        if let Some(viewer) = self.viewers.get(&room) {
            return Ok(viewer.clone());
        }
        let rooms = &self.search.0.rooms;
        let Question { user, device, .. } = self.question;
        let reader = async {
            let id = rooms.room_by_number(room).await?.id.clone();
            rooms.reader(user, &id, Some(device.clone())).await
        };
        let viewer = match reader.await.map_err(SearchError::from) {
            Ok(viewer) => {
                let ignored = self.question.ignored.iter().cloned().collect();
                Some(Arc::new(viewer.ignoring(Arc::new(ignored))))
            }
            Err(error) if error.is_outage() || error.is_end() => return Err(error),
            // Out of it for good, or the room itself is gone.
            Err(_) => None,
        };
        self.viewers.insert(room, viewer.clone());
        Ok(viewer)
    }

    /// The words of the events that answer the question, as those say it who wrote them last.
    async fn highlights(
        &self,
        terms: &Terms,
        reading: &Reading,
    ) -> Result<BTreeSet<String>, SearchError> {
        let mut highlights = BTreeSet::new();
        for hit in &self.hits {
            let event = hit.event.stored();
            let edited = newest(&self.search.0.rooms, reading, event.no, []).await?;
            let text = edited.or_else(|| said(event).map(|said| said.text));
            terms.highlight(&text.unwrap_or_default(), &mut highlights);
        }
        Ok(highlights)
    }

    fn answer(
        self,
        highlights: BTreeSet<String>,
        found: &Found,
        (within, upto): (Within, LogPosition),
    ) -> Answer {
        let mut answer = Answer {
            count: found.count,
            highlights,
            hits: Vec::new(),
            next_batch: None,
            next_in_rooms: BTreeMap::new(),
            next_of_senders: BTreeMap::new(),
        };
        let order = self.question.order;
        let next = |more: bool, within: Within| {
            let last = self.looked_at.last().filter(|_| more)?;
            Some(Token { order, after: last.rank, upto, within }.to_string())
        };
        let looked = |same: &dyn Fn(&Candidate) -> bool| {
            self.looked_at.iter().filter(|candidate| same(candidate)).count() as u64
        };
        let left: u64 = found.in_rooms.values().sum();
        answer.next_batch = next(left > looked(&|_| true), within);
        for hit in &self.hits {
            let event = hit.event.stored();
            let (room, person) = (event.room, sender(event.sender()));
            let in_room = found.in_rooms.get(&room.0).copied().unwrap_or_default();
            let more = in_room > looked(&|one| one.room == room);
            let id = hit.viewer.room().id.clone();
            answer.next_in_rooms.insert(id, next(more, Within::Room(room)));
            let by_sender = found.by_senders.get(&person).copied().unwrap_or_default();
            let more = by_sender > looked(&|one| one.sender == person);
            let id = event.sender().to_owned();
            answer.next_of_senders.insert(id, next(more, Within::Sender(person)));
        }
        answer.hits = self.hits;
        answer
    }
}
