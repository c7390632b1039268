//! People who use a cluster, all the time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::Method;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::account::Account;
use super::key_traffic::{self, Claims};
use super::reader::{self, Timelines};
use crate::harness::{Cluster, PATIENCE, Person, Roamer};

/// Who is there. The first three write; everybody reads.
const NAMES: [&str; 4] = ["ada", "ben", "cleo", "dora"];
const WRITERS: usize = 3;
const ROOMS: usize = 2;
/// How long a person thinks between two messages.
const PAUSE: Duration = Duration::from_millis(80);

/// What a writer was told: of each word that it sent, in which room and as which event.
pub(super) type Acknowledged = BTreeMap<String, (String, String)>;

/// What everybody shares.
pub(super) struct Day {
    pub(super) over: AtomicBool,
    acknowledged: AtomicUsize,
    pub(super) claimed: AtomicUsize,
}

impl Day {
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// The people and what they are doing.
pub(super) struct Load {
    day: Arc<Day>,
    people: Vec<Roamer>,
    rooms: Vec<String>,
    writers: Vec<JoinHandle<Acknowledged>>,
    readers: Vec<JoinHandle<Timelines>>,
    claims: Vec<JoinHandle<Claims>>,
    /// How many messages there are, once that is known: whoever reads has them all then.
    total: watch::Sender<Option<usize>>,
}

impl Load {
    /// Everybody comes, and begins.
    pub(super) async fn start(cluster: &Cluster) -> Self {
        let mut people = Vec::new();
        for (number, name) in NAMES.iter().enumerate() {
            people.push(cluster.register(number, name).await);
        }
        let rooms = rooms(&people).await;
        let day = Arc::new(Day {
            over: AtomicBool::new(false),
            acknowledged: AtomicUsize::new(0),
            claimed: AtomicUsize::new(0),
        });
        let people: Vec<_> = people.iter().map(|person| Roamer::of(person, cluster)).collect();
        let (total, _) = watch::channel(None);
        let mut load = Self {
            claims: key_traffic::start(&people, &day).await,
            day,
            people,
            rooms,
            writers: Vec::new(),
            readers: Vec::new(),
            total,
        };
        for (number, person) in load.people.iter().enumerate() {
            let reads = reader::reads(person.clone(), number, load.total.subscribe());
            load.readers.push(tokio::spawn(reads));
        }
        for (number, person) in load.people[..WRITERS].iter().enumerate() {
            let (day, rooms) = (Arc::clone(&load.day), load.rooms.clone());
            load.writers.push(tokio::spawn(writes(person.clone(), number, rooms, day)));
        }
        load
    }

    /// Waits until so many further messages were acknowledged, and a one-time key was handed out.
    pub(super) async fn goes_on(&self, messages: usize) {
        let start = Instant::now();
        let so_far = || {
            let [acknowledged, claimed] = [&self.day.acknowledged, &self.day.claimed]
                .map(|count| count.load(Ordering::Relaxed));
            (acknowledged, claimed)
        };
        let (acknowledged, claimed) = so_far();
        loop {
            let now = so_far();
            if now.0 >= acknowledged + messages && now.1 > claimed {
                return;
            }
            let failed = self.writers.iter().any(JoinHandle::is_finished)
                || self.readers.iter().any(JoinHandle::is_finished)
                || self.claims.iter().any(JoinHandle::is_finished);
            assert!(!failed, "somebody gave up; see above");
            assert!(start.elapsed() < PATIENCE, "nothing goes on: {now:?} since {acknowledged}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Everybody finishes what they began; then all is compared, and told.
    pub(super) async fn ends(self, cluster: &Cluster, fault: &str) {
        self.day.over.store(true, Ordering::Relaxed);
        let mut acknowledged = Acknowledged::new();
        for writer in self.writers {
            acknowledged.extend(writer.await.expect("a writer"));
        }
        let mut claims = Claims::default();
        for claimed in self.claims {
            claims.extend(claimed.await.expect("who hands out keys"));
        }
        self.total.send_replace(Some(acknowledged.len()));
        let mut read = Vec::new();
        for reader in self.readers {
            read.push(reader.await.expect("a reader"));
        }
        let tokens: Vec<_> = self.people.iter().map(|one| one.person.token.as_str()).collect();
        cluster.keeps_to_itself(&[tokens.as_slice(), &["word-", "@ada"]].concat());
        let (rooms, people) = (self.rooms, self.people);
        let nodes = cluster.len();
        Account { acknowledged, claims, read, people, rooms, nodes }.settles(fault).await;
    }
}

/// Rooms that everybody is in.
async fn rooms(people: &[Person]) -> Vec<String> {
    let mut rooms = Vec::new();
    for _ in 0..ROOMS {
        let room = people[0].creates_room(json!({ "preset": "private_chat" })).await;
        for other in &people[1..] {
            people[0].brings(other, &room).await;
        }
        rooms.push(room);
    }
    rooms
}

/// Writes into one room after the other, through one node after the other, until the day is over.
async fn writes(person: Roamer, number: usize, rooms: Vec<String>, day: Arc<Day>) -> Acknowledged {
    let mut acknowledged = Acknowledged::new();
    for message in 0.. {
        if day.is_over() {
            break;
        }
        let word = format!("word-{number}-{message}");
        let room = &rooms[message % rooms.len()];
        let path = format!("/_matrix/client/v3/rooms/{room}/send/m.room.encrypted/{word}");
        let content = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": word });
        let first = number + message / rooms.len();
        let sent = person.insists(first, &Method::PUT, &path, &content.to_string()).await.ok();
        let event = sent["event_id"].as_str().expect("an event id").to_owned();
        acknowledged.insert(word, (room.clone(), event));
        day.acknowledged.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(PAUSE).await;
    }
    acknowledged
}
