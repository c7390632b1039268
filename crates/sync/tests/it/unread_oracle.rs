//! Unread counts against an oracle: whatever people do, whoever counts, from memory, from nothing
//! or on another node, counts what the history says.

mod naive;

use std::collections::HashSet;

use naive::{Counted, Observer, Read, count, thread_of};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rooms::{Membership, ReceiptKind};
use ruma_common::push::{
    Action, NewConditionalPushRule, NewPatternedPushRule, NewPushRule, NewSimplePushRule,
    PredefinedUnderrideRuleId, PushCondition, RoomMemberCountConditionData, RoomMemberCountIs,
    RuleKind,
};
use ruma_common::{OwnedEventId, OwnedRoomId, OwnedUserId};
use serde_json::{Value, json};

use crate::world::{Client, Person, Told, World, counts};

/// Alice, who made the room and may do anything; Bob, who counts; Carol.
const PEOPLE: usize = 3;
const BOB: usize = 1;

#[derive(Clone, Debug)]
enum Act {
    Says(usize, Speech),
    Relates(usize, &'static str, usize),
    Redacts(usize, usize),
    Reads(ReceiptKind, Thread, usize),
    Rules(u8),
    Ignores(bool),
    Comes(usize),
    Goes(usize),
    Kicked,
    Renames(u8),
    Empowers(bool),
    /// Bob's client syncs, at a node.
    Syncs(usize),
    /// A node forgets everything that it holds in memory.
    Restarts(usize),
}

#[derive(Clone, Copy, Debug)]
enum Speech {
    Plain,
    Mention,
    Everybody,
    Notice,
    Word,
    Sealed,
    Topic,
}

#[derive(Clone, Copy, Debug)]
enum Thread {
    Whole,
    Main,
    Own,
}

fn act() -> impl Strategy<Value = Act> {
    use Speech::{Everybody, Mention, Notice, Plain, Sealed, Topic, Word};
    let speech = prop::sample::select(vec![Plain, Mention, Everybody, Notice, Word, Sealed, Topic]);
    let relation = prop::sample::select(vec![
        "m.thread",
        "m.thread",
        "m.reference",
        "m.replace",
        "m.annotation",
    ]);
    let thread = prop::sample::select(vec![Thread::Whole, Thread::Main, Thread::Own]);
    let kind = prop::sample::select(vec![ReceiptKind::Read, ReceiptKind::Private]);
    let target = 0..40usize;
    prop_oneof![
        8 => (0..PEOPLE, speech).prop_map(|(p, s)| Act::Says(p, s)),
        8 => (0..PEOPLE, relation, target.clone()).prop_map(|(p, r, t)| Act::Relates(p, r, t)),
        2 => (0..PEOPLE, target.clone()).prop_map(|(p, t)| Act::Redacts(p, t)),
        4 => (kind, thread, target).prop_map(|(k, h, t)| Act::Reads(k, h, t)),
        2 => (0..7u8).prop_map(Act::Rules),
        1 => any::<bool>().prop_map(Act::Ignores),
        2 => (BOB..PEOPLE).prop_map(Act::Comes),
        1 => (BOB..PEOPLE).prop_map(Act::Goes),
        1 => Just(Act::Kicked),
        1 => (0..3u8).prop_map(Act::Renames),
        1 => any::<bool>().prop_map(Act::Empowers),
        5 => (0..2usize).prop_map(Act::Syncs),
        2 => (0..2usize).prop_map(Act::Restarts),
    ]
}

/// A room, what was said in it, and what Bob made of it.
struct Scene {
    nodes: Vec<World>,
    people: Vec<Person>,
    room: OwnedRoomId,
    said: Vec<OwnedEventId>,
    /// What others refer to, other than by being in its thread.
    referred: HashSet<OwnedEventId>,
    read: Read,
    ignored: HashSet<OwnedUserId>,
    follower: Client,
}

fn threads_apart() -> Value {
    json!({ "room": { "timeline": { "unread_thread_notifications": true, "limit": 3 } } })
}

fn content(speech: Speech, bob: &Person) -> Value {
    let body = if matches!(speech, Speech::Word) { "le télégraphe" } else { "something" };
    let mut content = json!({ "msgtype": "m.text", "body": body });
    match speech {
        Speech::Mention => content["m.mentions"] = json!({ "user_ids": [bob.id] }),
        Speech::Everybody => content["m.mentions"] = json!({ "room": true }),
        Speech::Notice => content["msgtype"] = json!("m.notice"),
        Speech::Sealed => {
            content = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x" });
        }
        Speech::Topic => content = json!({ "topic": base_topic() }),
        Speech::Plain | Speech::Word => {}
    }
    content
}

/// A topic that nobody set before: one that is set again is no event.
fn base_topic() -> String {
    base::random::base32::<8>()
}

impl Scene {
    async fn new(nodes: Vec<World>) -> Self {
        let people: Vec<_> =
            ["alice", "bob", "carol"].iter().map(|name| nodes[0].person(name)).collect();
        let room = people[0].creates().await;
        for person in &people[BOB..] {
            person.joins(&room).await;
        }
        // Everybody may set the topic.
        let levels = json!({ "events": { "m.room.topic": 0 }, "users": {} });
        people[0].sets(&room, "m.room.power_levels", "", levels).await;
        let follower = people[BOB].client().filtering(threads_apart());
        let (read, ignored) = (Read::default(), HashSet::new());
        let (said, referred) = (Vec::new(), HashSet::new());
        Self { nodes, people, room, said, referred, read, ignored, follower }
    }

    async fn is_in(&self, person: usize) -> bool {
        let room = self.nodes[0].rooms.room(&self.room).await.unwrap();
        room.current().membership(&self.people[person].id) == Membership::Join
    }

    fn target(&self, target: usize) -> Option<OwnedEventId> {
        (!self.said.is_empty()).then(|| self.said[target % self.said.len()].clone())
    }

    async fn ord(&self, event: &OwnedEventId) -> i64 {
        let rooms = &self.nodes[0].rooms;
        let room = rooms.room(&self.room).await.unwrap();
        rooms.event_in(room.no, event).await.unwrap().unwrap().ord.0
    }

    /// Somebody said something: who speaks has read what was said there.
    async fn said(&mut self, person: usize, event: OwnedEventId) {
        if person == BOB {
            let thread = thread_of(&self.nodes[0], &self.room, event.as_str()).await;
            let ord = self.ord(&event).await;
            self.read.up_to("spoken", Some(thread.unwrap_or_else(|| "main".to_owned())), ord);
        }
        self.said.push(event);
    }

    async fn does(&mut self, act: &Act) {
        let (room, bob) = (self.room.clone(), self.people[BOB].clone());
        match act {
            Act::Says(p, speech) if self.is_in(*p).await => {
                let (person, content) = (self.people[*p].clone(), content(*speech, &bob));
                let event = match speech {
                    Speech::Sealed => person.sends(&room, "m.room.encrypted", content).await,
                    Speech::Topic => person.sets(&room, "m.room.topic", "", content).await,
                    _ => person.sends(&room, "m.room.message", content).await,
                };
                self.said(*p, event).await;
            }
            Act::Relates(p, kind, target) if self.is_in(*p).await => {
                self.relates(*p, kind, *target).await;
            }
            Act::Redacts(p, target) if self.is_in(*p).await => self.redacts(*p, *target).await,
            Act::Reads(kind, thread, target) if self.is_in(BOB).await => {
                self.reads(*kind, *thread, *target).await;
            }
            Act::Rules(which) => self.changes_rules(*which).await,
            Act::Ignores(ignores) => {
                let carol = self.people[2].id.clone();
                let people = if *ignores { json!({ &carol: {} }) } else { json!({}) };
                self.ignored = if *ignores { HashSet::from([carol]) } else { HashSet::new() };
                bob.keeps(None, "m.ignored_user_list", json!({ "ignored_users": people })).await;
            }
            Act::Comes(p) if !self.is_in(*p).await => self.people[*p].joins(&room).await,
            Act::Goes(p) if self.is_in(*p).await => self.people[*p].leaves(&room).await,
            Act::Kicked if self.is_in(BOB).await => self.people[0].kicks(&room, &bob).await,
            Act::Renames(name) if self.is_in(BOB).await => {
                bob.calls_themselves(&room, ["bob", "something", "rob"][usize::from(*name)]).await;
            }
            Act::Empowers(may) => {
                let power = if *may { 0 } else { 50 };
                let levels = json!({
                    "events": { "m.room.topic": 0 }, "users": {}, "notifications": { "room": power },
                });
                self.people[0].sets(&room, "m.room.power_levels", "", levels).await;
            }
            Act::Syncs(node) => self.syncs(*node).await,
            Act::Restarts(node) => {
                let node = node % self.nodes.len();
                self.nodes[node] = self.nodes[node].forgetting();
            }
            _ => {}
        }
    }

    async fn relates(&mut self, p: usize, kind: &str, target: usize) {
        let Some(target) = self.target(target) else { return };
        let rooted = thread_of(&self.nodes[0], &self.room, target.as_str()).await.is_some();
        if kind == "m.thread" && rooted {
            return;
        }
        let mut content = json!({
            "msgtype": "m.text", "body": "more",
            "m.relates_to": { "rel_type": kind, "event_id": target, "key": "+1" },
        });
        if kind == "m.replace" {
            content["m.new_content"] = json!({ "msgtype": "m.text", "body": "otherwise" });
        }
        let event = if kind == "m.annotation" { "m.reaction" } else { "m.room.message" };
        let draft = rules::build::Draft::message(event, content);
        let person = &self.people[p];
        // The same reaction twice is refused.
        let sent = person.world.rooms.send(&person.id, &self.room, draft, None).await;
        let Ok(sent) = sent else { return };
        if kind != "m.thread" {
            self.referred.insert(target);
        }
        self.said(p, sent).await;
    }

    /// Redacts, unless others refer to it: the thread of what refers to it would be known to nobody.
    async fn redacts(&mut self, p: usize, target: usize) {
        let Some(target) = self.target(target) else { return };
        if self.referred.contains(&target) {
            return;
        }
        let person = self.people[p].clone();
        let id = rooms::Transaction { device: person.device.clone(), id: base_topic() };
        let redacted = person.world.rooms.redact(&person.id, &self.room, (&target, None), id).await;
        if let Ok(redaction) = redacted {
            self.said(p, redaction).await;
        }
    }

    async fn reads(&mut self, kind: ReceiptKind, thread: Thread, target: usize) {
        let Some(target) = self.target(target) else { return };
        let thread = match thread {
            Thread::Whole => None,
            Thread::Main => Some("main".to_owned()),
            Thread::Own => thread_of(&self.nodes[0], &self.room, target.as_str()).await,
        };
        let rooms = &self.nodes[0].rooms;
        let bob = &self.people[BOB].id;
        let set = rooms.set_receipt(bob, &self.room, &target, (kind, thread.as_deref())).await;
        if set.is_ok() {
            let ord = self.ord(&target).await;
            self.read.up_to(kind.as_str(), thread, ord);
        }
    }

    async fn changes_rules(&self, which: u8) {
        let (devices, bob) = (&self.nodes[0].devices, &self.people[BOB].id);
        let place = devices::RulePlace::default();
        let underride = |id: PredefinedUnderrideRuleId| devices::RuleId {
            kind: RuleKind::Underride,
            id: id.as_str().to_owned(),
        };
        let quiet = Vec::<Action>::new;
        let rule = match which {
            0 => NewPushRule::Room(NewSimplePushRule::new(self.room.clone(), quiet())),
            1 => NewPushRule::Sender(NewSimplePushRule::new(self.people[2].id.clone(), quiet())),
            2 => NewPushRule::Content(NewPatternedPushRule::new(
                "word".to_owned(),
                "télégraphe".to_owned(),
                vec![
                    Action::Notify,
                    serde_json::from_value(json!({ "set_tweak": "highlight" })).unwrap(),
                ],
            )),
            3 => {
                let pair =
                    RoomMemberCountConditionData::new(RoomMemberCountIs::from(js_int::uint!(2)));
                let conditions = vec![PushCondition::RoomMemberCount(pair)];
                NewPushRule::Override(NewConditionalPushRule::new(
                    "pair".to_owned(),
                    conditions,
                    quiet(),
                ))
            }
            4 | 5 => {
                let message = underride(PredefinedUnderrideRuleId::Message);
                return devices.set_push_rule_enabled(bob, &message, which == 5).await.unwrap();
            }
            _ => {
                for (kind, id) in [
                    (RuleKind::Room, self.room.to_string()),
                    (RuleKind::Sender, self.people[2].id.to_string()),
                    (RuleKind::Content, "word".to_owned()),
                    (RuleKind::Override, "pair".to_owned()),
                ] {
                    // Those that are not there need no removal.
                    let _ = devices.delete_push_rule(bob, &devices::RuleId { kind, id }).await;
                }
                return;
            }
        };
        devices.set_push_rule(bob, rule, &place).await.unwrap();
    }

    /// Bob's client goes on at a node, and another of his begins there: both are told what the
    /// history says.
    async fn syncs(&mut self, node: usize) {
        let node = node % self.nodes.len();
        let world = self.nodes[node].clone();
        self.follower.moves_to(&world);
        let told = self.follower.syncs().await;
        let bob = self.people[BOB].at(&world).on("NEW");
        let fresh = bob.client().filtering(threads_apart()).syncs().await;
        let elsewhere = bob.at(&world.forgetting()).on("NEWER");
        let cold = elsewhere.client().filtering(threads_apart()).syncs().await;
        let rules = world.devices.push_rules(&bob.id).await.unwrap();
        let observer =
            Observer { user: &bob.id, rules: &rules, ignored: &self.ignored, read: &self.read };
        let expected = count(&world, &self.room, &observer).await;
        assert_eq!(shown(&fresh, &self.room), expected, "begun with memory");
        assert_eq!(shown(&cold, &self.room), expected, "begun without memory");
        if let Some(followed) = shown(&told, &self.room) {
            assert_eq!(Some(followed), expected, "followed");
        }
    }
}

/// What a client was told; none when it was told nothing.
fn shown(told: &Told, room: &OwnedRoomId) -> Option<Counted> {
    let joined = told.joined(room);
    let main = joined.get("unread_notifications")?;
    let mut counted = Counted::new();
    let mut put = |thread: Option<String>, count: (u64, u64)| {
        if count != (0, 0) {
            counted.insert(thread, count);
        }
    };
    put(None, counts(main));
    let threads = joined.get("unread_thread_notifications").and_then(Value::as_object);
    for (thread, count) in threads.into_iter().flatten() {
        put(Some(thread.clone()), counts(count));
    }
    Some(counted)
}

async fn check(nodes: Vec<World>, acts: &[Act]) {
    let mut scene = Scene::new(nodes).await;
    for act in acts {
        scene.does(act).await;
    }
    scene.syncs(0).await;
}

fn run(cases: u32, nodes: impl AsyncFn() -> Vec<World>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config { cases, ..Config::default() });
    runner
        .run(&proptest::collection::vec(act(), 1..70), |acts| {
            runtime.block_on(async { check(nodes().await, &acts).await });
            Ok(())
        })
        .unwrap();
}

#[test]
fn counts_are_what_the_history_says() {
    run(120, async || vec![World::new().await]);
}

#[test]
fn counts_are_what_the_history_says_at_any_node() {
    run(80, async || World::cluster().await.0.into());
}
