//! One sliding sync, from the question to the answer.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use tokio::time::Instant;

use super::answer::SlidingAnswer;
use super::connection::{Pos, Step, Taken, Turn};
use super::request::SlidingRequest;
use super::teller::Teller;
use crate::cell::Seat;
use crate::make::{Maker, Wishes};
use crate::service::{LONGEST, Sync};
use crate::{SyncError, Token};

/// What an answer is given for.
struct Asking<'a> {
    request: &'a SlidingRequest,
    turn: &'a Turn,
    /// A hash of what is asked.
    asked: u64,
    deadline: Instant,
}

impl Sync {
    /// What is new for a device in the rooms that it asks for, as JSON. Waits for news when there
    /// is none.
    pub async fn slide(&self, request: SlidingRequest) -> Result<Arc<str>, SyncError> {
        request.questions.check()?;
        let deadline = Instant::now() + request.timeout.min(LONGEST);
        let seat = self.0.hub.seat(&request.user).await?;
        let asked = hash(&request);
        let turn = match self.take(&request, asked)? {
            Taken::Turn(turn) => turn,
            Taken::Again(answer) => return Ok(answer),
        };
        let since = (!turn.told.is_nothing()).then_some(turn.told.upto);
        self.catch_up(since, request.timeout).await?;
        self.acknowledge_inbox(&seat, &request).await?;
        let deadline = if turn.told.is_nothing() { Instant::now() } else { deadline };
        self.ask(seat, &Asking { request: &request, turn: &turn, asked, deadline }).await
    }

    /// The request's turn on its connection.
    fn take(&self, request: &SlidingRequest, asked: u64) -> Result<Taken, SyncError> {
        let name = request.questions.connection.as_str();
        let Some(pos) = &request.pos else {
            let turn = self.0.connections.begin(&request.user, &request.device, name);
            return Ok(Taken::Turn(turn));
        };
        let pos: Pos = pos.parse()?;
        if pos.node != self.0.hub.node() {
            return Err(SyncError::UnknownPosition);
        }
        self.0.connections.go_on((&request.user, &request.device, name), pos, asked)
    }

    /// Answers as soon as there is news, or time has run out.
    async fn ask(&self, mut seat: Seat, asking: &Asking<'_>) -> Result<Arc<str>, SyncError> {
        let device = &asking.request.device;
        // What was looked at, and held no news.
        let mut looked: Option<Token> = None;
        loop {
            if seat.is_dropped() {
                seat = self.0.hub.seat(&asking.request.user).await?;
            }
            self.0.hub.place(&seat).await?;
            let watch = seat.watch();
            let superseded = asking.turn.connection.superseded.notified();
            if asking.turn.is_over() {
                return Ok(nothing(asking));
            }
            // Whoever waits when their session changes must show that they still have one.
            let moved = |since: Token| seat.session_moved(since, device);
            let over = Instant::now() >= asking.deadline || looked.is_some_and(moved);
            if over || looked.is_none_or(|since| watch.has_news(since, device)) {
                let (answer, step) = self.make(&seat, asking).await?;
                if over || !answer.is_empty() {
                    return Ok(self.finish(asking, &answer, step));
                }
                looked = Some(Token { inbox: step.upto.position, ..step.upto });
            } else {
                tokio::select! {
                    () = watch.wait(asking.deadline) => {}
                    () = superseded => {}
                }
            }
        }
    }

    async fn make(
        &self,
        seat: &Seat,
        asking: &Asking<'_>,
    ) -> Result<(SlidingAnswer, Step), SyncError> {
        let told = &asking.turn.told;
        let since = (!told.is_nothing()).then_some(told.upto);
        let wishes = Wishes { state_after: true, ..Wishes::default() };
        let place = (seat, &*asking.request.device);
        let span = (since, self.0.hub.now(seat));
        let maker = Maker::new(&self.0.sources, place, &wishes, span).await?;
        Teller::new(maker, &asking.request.questions, asking.turn).await?.answer().await
    }

    /// Keeps what the answer tells, and writes it.
    fn finish(&self, asking: &Asking<'_>, answer: &SlidingAnswer, step: Step) -> Arc<str> {
        let position = step.upto.position;
        let Some(number) = asking.turn.finish(step, asking.asked) else {
            return nothing(asking);
        };
        let pos = Pos {
            position,
            node: self.0.hub.node(),
            connection: asking.turn.connection_no(),
            number,
        };
        let questions = &asking.request.questions;
        let transaction = questions.transaction.as_deref();
        let text = answer.to_json(questions.form, &pos.to_string(), transaction);
        let text: Arc<str> = text.into();
        self.0.connections.keep(asking.turn, number, &text);
        self.0.connections.weigh(&asking.request.user);
        text
    }

    /// Messages that the device says it has are removed.
    async fn acknowledge_inbox(
        &self,
        seat: &Seat,
        request: &SlidingRequest,
    ) -> Result<(), SyncError> {
        let Some(to_device) = &request.questions.extensions.to_device else { return Ok(()) };
        let has = to_device.has(self.0.hub.position())?;
        let came_to = Token { inbox: has, ..Token::START };
        self.acknowledge(seat, (&request.user, &request.device), came_to).await
    }
}

/// For a request that a later one took the place of: nothing moves.
fn nothing(asking: &Asking<'_>) -> Arc<str> {
    let questions = &asking.request.questions;
    let pos = asking.request.pos.as_deref().unwrap_or_default();
    let transaction = questions.transaction.as_deref();
    SlidingAnswer::default().to_json(questions.form, pos, transaction).into()
}

fn hash(request: &SlidingRequest) -> u64 {
    let mut hasher = DefaultHasher::new();
    request.questions.hash(&mut hasher);
    hasher.finish()
}
