//! A client that follows knows what one knows that begins now.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rooms::Membership;
use ruma_common::OwnedRoomId;
use serde_json::{Value, json};

use crate::world::{Client, Person, Told, World};

const PEOPLE: usize = 4;
const ROOMS: usize = 3;

/// Something that somebody does. What the rules forbid is not done.
#[derive(Clone, Debug)]
enum Act {
    Says(usize, usize),
    Sets(usize, u8, u8),
    Joins(usize, usize),
    Leaves(usize, usize),
    Kicks(usize, usize),
    Bans(usize, usize),
    Invites(usize, usize),
    Renames(usize, usize, u8),
    /// The observer's client syncs.
    Syncs,
    /// The server forgets everything that it holds in memory.
    Restarts,
}

fn act() -> impl Strategy<Value = Act> {
    let (person, room) = (0..PEOPLE, 0..ROOMS);
    let pair = (person, room);
    prop_oneof![
        6 => pair.clone().prop_map(|(p, r)| Act::Says(p, r)),
        4 => (0..ROOMS, 0..3u8, 0..9u8).prop_map(|(r, k, v)| Act::Sets(r, k, v)),
        3 => pair.clone().prop_map(|(p, r)| Act::Joins(p, r)),
        2 => pair.clone().prop_map(|(p, r)| Act::Leaves(p, r)),
        1 => pair.clone().prop_map(|(p, r)| Act::Kicks(p, r)),
        1 => pair.clone().prop_map(|(p, r)| Act::Bans(p, r)),
        2 => pair.clone().prop_map(|(p, r)| Act::Invites(p, r)),
        1 => (pair, 0..9u8).prop_map(|((p, r), v)| Act::Renames(p, r, v)),
        4 => Just(Act::Syncs),
        1 => Just(Act::Restarts),
    ]
}

/// What a client knows of a room's state: the content of each key.
type State = BTreeMap<(String, String), Value>;

/// A client, and what it made of what it was told.
struct Follower {
    client: Client,
    joined: BTreeMap<String, State>,
    invited: Vec<String>,
}

impl Follower {
    fn new(client: Client) -> Self {
        Self { client, joined: BTreeMap::new(), invited: Vec::new() }
    }

    async fn syncs(&mut self) {
        let told = self.client.syncs().await;
        self.takes(&told);
    }

    fn takes(&mut self, Told(told): &Told) {
        let section = |name: &str| told["rooms"][name].as_object().cloned().unwrap_or_default();
        for (id, room) in section("join") {
            self.invited.retain(|invited| *invited != id);
            let state = self.joined.entry(id).or_default();
            if let Some(after) = room.get("state_after") {
                take_over(state, &after["events"]);
            } else {
                take_over(state, &room["state"]["events"]);
                take_over(state, &room["timeline"]["events"]);
            }
        }
        for (id, _) in section("leave") {
            self.joined.remove(&id);
            self.invited.retain(|invited| *invited != id);
        }
        for (id, _) in section("invite") {
            self.joined.remove(&id);
            self.invited.push(id);
        }
        self.invited.sort();
        self.invited.dedup();
    }
}

fn take_over(state: &mut State, events: &Value) {
    for event in events.as_array().unwrap() {
        if let Some(key) = event["state_key"].as_str() {
            let key = (event["type"].as_str().unwrap().to_owned(), key.to_owned());
            state.insert(key, event["content"].clone());
        }
    }
}

struct Scene {
    nodes: Vec<World>,
    people: Vec<Person>,
    rooms: Vec<OwnedRoomId>,
}

impl Scene {
    async fn on(nodes: Vec<World>) -> Self {
        let world = &nodes[0];
        let people: Vec<_> = (0..PEOPLE).map(|n| world.person(&format!("p{n}"))).collect();
        let mut rooms = Vec::new();
        for _ in 0..ROOMS {
            rooms.push(people[0].creates().await);
        }
        // One room hides what was said while somebody was out.
        let setting = json!({ "history_visibility": "joined" });
        people[0].sets(&rooms[1], "m.room.history_visibility", "", setting).await;
        Self { nodes, people, rooms }
    }

    /// The node of a number.
    fn node(&self, number: usize) -> usize {
        number % self.nodes.len()
    }

    /// Does what the rules allow, at a node.
    async fn does(&mut self, act: &Act, (node, count): (usize, usize)) {
        let world = &self.nodes[node];
        world.rooms.catch_up().await.unwrap();
        let room = |r: &usize| self.rooms[*r].clone();
        let people: Vec<_> = self.people.iter().map(|person| person.at(world)).collect();
        let owner = &people[0];
        let is = async |p: &usize, r: &usize, membership: Membership| {
            let room = world.rooms.room(&room(r)).await.unwrap();
            room.current().membership(&people[*p].id) == membership
        };
        let (join, leave, ban) = (Membership::Join, Membership::Leave, Membership::Ban);
        match act {
            Act::Says(p, r) if is(p, r, join).await => {
                people[*p].says(&room(r), &count.to_string()).await;
            }
            Act::Sets(r, kind, value) => {
                let kind = ["m.room.name", "m.room.topic", "org.example"][usize::from(*kind)];
                owner.sets(&room(r), kind, "", json!({ "value": value })).await;
            }
            Act::Joins(p, r) if !is(p, r, ban).await => people[*p].joins(&room(r)).await,
            Act::Leaves(p, r) if *p > 0 && !is(p, r, leave).await && !is(p, r, ban).await => {
                people[*p].leaves(&room(r)).await;
            }
            Act::Kicks(p, r) if *p > 0 && is(p, r, join).await => {
                owner.kicks(&room(r), &people[*p]).await;
            }
            Act::Bans(p, r) if *p > 0 && !is(p, r, ban).await => {
                owner.bans(&room(r), &people[*p]).await;
            }
            Act::Invites(p, r) if *p > 0 && is(p, r, leave).await => {
                owner.invites(&room(r), &people[*p]).await;
            }
            Act::Renames(p, r, name) if is(p, r, join).await => {
                people[*p].calls_themselves(&room(r), &name.to_string()).await;
            }
            Act::Restarts => self.nodes[node] = world.forgetting(),
            _ => {}
        }
    }
}

/// Acts, each at a node of a number; the client asks a node of a number each time it syncs.
type History = Vec<(Act, usize)>;

async fn check(nodes: Vec<World>, acts: &History, limit: usize, state_after: bool) {
    let mut scene = Scene::on(nodes).await;
    let observer = scene.people[1].clone();
    let filter = json!({ "room": { "timeline": { "limit": limit } } });
    let client =
        |person: &Person| Client { state_after, ..person.client().filtering(filter.clone()) };
    let mut follower = Follower::new(client(&observer));
    for (count, (act, number)) in acts.iter().enumerate() {
        let node = scene.node(*number);
        if matches!(act, Act::Syncs) {
            follower.client.moves_to(&scene.nodes[node]);
            follower.syncs().await;
        } else {
            scene.does(act, (node, count)).await;
        }
    }
    let last = &scene.nodes[scene.node(acts.len())];
    follower.client.moves_to(last);
    follower.syncs().await;
    let mut fresh = Follower::new(client(&observer.at(&scene.nodes[0]).on("NEW")));
    fresh.syncs().await;
    assert_eq!(follower.joined, fresh.joined);
    assert_eq!(follower.invited, fresh.invited);
    for room in &scene.rooms {
        if let Some(known) = follower.joined.get(room.as_str()) {
            let room = scene.nodes[0].rooms.room(room).await.unwrap();
            let current = room.current();
            assert_eq!(known.len(), current.state.size(), "every key is known, and no other");
        }
    }
}

fn histories() -> impl Strategy<Value = (History, usize, bool)> {
    (proptest::collection::vec((act(), 0..2usize), 1..60), 1..6usize, any::<bool>())
}

#[test]
fn following_ends_where_beginning_does() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config { cases: 150, ..Config::default() });
    runner
        .run(&histories(), |(acts, limit, state_after)| {
            runtime.block_on(async {
                check(vec![World::new().await], &acts, limit, state_after).await;
            });
            Ok(())
        })
        .unwrap();
}

#[test]
fn following_at_any_node_ends_where_beginning_does() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config { cases: 100, ..Config::default() });
    runner
        .run(&histories(), |(acts, limit, state_after)| {
            runtime.block_on(async {
                let (nodes, _) = World::cluster().await;
                check(nodes.into(), &acts, limit, state_after).await;
            });
            Ok(())
        })
        .unwrap();
}
