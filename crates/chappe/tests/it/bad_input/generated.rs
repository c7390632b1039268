//! Bad input that is generated from the specification's description: for each operation, what a
//! stranger, an intruder and a broken client may ask of it.
//!
//! Each answer comes in time, is no failure of the server, and is the refusal that its case asks
//! for; what is taken all the same is named, with the reason, in [`lenient`].

mod cases;
mod lenient;
mod sample;

use std::collections::BTreeMap;
use std::time::Duration;

use api::Endpoint;
use serde_json::json;

use super::Scene;
use crate::harness::{Answer, Document, Operation, Person, fits};
use cases::{Allowed, Case, Kind, cases};

/// No answer may take longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who asks, with a room of theirs, and a room of Alice's in which they are not.
struct Cast {
    person: Person,
    room: String,
    event: String,
    /// Alice's.
    elsewhere: String,
    /// Somebody else's id.
    other: String,
    /// A member of Alice's room who has no power in it.
    powerless: Person,
    /// An event of Alice's.
    hers: String,
}

impl Cast {
    async fn new(scene: &Scene, powerless: &Person, name: &str) -> Self {
        let person = scene.server.register(name).await;
        let room = person.creates_room(json!({})).await;
        let event = person.says(&room, "word").await;
        Self {
            person,
            room,
            event,
            elsewhere: scene.room.clone(),
            other: scene.alice.user_id.clone(),
            powerless: powerless.careless(),
            hers: scene.event.clone(),
        }
    }
}

/// What came of all cases.
#[derive(Default)]
struct Outcome {
    counts: BTreeMap<Kind, usize>,
    faults: Vec<String>,
}

#[tokio::test]
async fn whatever_is_asked_the_answer_is_the_refusal_that_it_asks_for() {
    let scene = Scene::set_with("[limits]\nrequest_bytes = 1_000_000\nrates = false").await;
    let powerless = scene.server.register("powerless").await;
    scene.alice.brings(&powerless, &scene.room).await;
    let before = scene.room_as_it_is().await;
    let endpoints = api::endpoints();
    let (mut outcome, mut served) = (Outcome::default(), 0);
    for (number, operation) in Document::get().operations.iter().enumerate() {
        let fitting = |endpoint: &&Endpoint| fits(&operation.path, &endpoint.path);
        let methods: Vec<_> =
            endpoints.iter().filter(fitting).map(|endpoint| endpoint.method.clone()).collect();
        if methods.contains(&operation.method) {
            served += 1;
            // One asks as the specification says, another does not: some operations end sessions.
            let twin = Cast::new(&scene, &powerless, &format!("twin{number}")).await;
            let cast = Cast::new(&scene, &powerless, &format!("person{number}")).await;
            outcome.asks_for(operation, &methods, &twin, &cast).await;
        }
    }
    let total: usize = outcome.counts.values().sum();
    tell(&format!("{total} cases of bad input for {served} operations: {:?}", outcome.counts));
    assert!(outcome.faults.is_empty(), "{}", outcome.faults.join("\n"));
    assert!(total > 6_000 && served == 164, "{total} cases for {served} operations");
    assert_eq!(scene.room_as_it_is().await, before);
    scene.alice.says(&scene.room, "still").await;
}

impl Outcome {
    async fn asks_for(
        &mut self,
        operation: &Operation,
        methods: &[http::Method],
        twin: &Cast,
        cast: &Cast,
    ) {
        let well_formed = Case::well_formed(operation, twin);
        let good = self.asks(operation, &well_formed, None).await;
        for case in cases(operation, methods, cast) {
            self.asks(operation, &case, Some(&good)).await;
        }
    }

    /// Asks once, and holds the answer against what the case allows; `good` is what was answered
    /// to who asked properly.
    async fn asks(&mut self, operation: &Operation, case: &Case, good: Option<&Answer>) -> Answer {
        *self.counts.entry(case.kind).or_default() += 1;
        let headers: Vec<(&str, &str)> =
            case.authorization.iter().map(|token| ("authorization", token.as_str())).collect();
        let body = case.body.clone();
        let asked = case.http.request(case.method.clone(), &case.path, &headers, body);
        let answer = tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| {
            panic!("no answer to {} {:?} {}", operation.id, case.kind, case.what)
        });
        if let Some(fault) = fault(operation, case, &answer, good) {
            self.faults.push(fault);
        }
        answer
    }
}

#[expect(clippy::print_stdout, reason = "how many cases there were is a result of its own")]
fn tell(line: &str) {
    println!("{line}");
}

fn fault(
    operation: &Operation,
    case: &Case,
    answer: &Answer,
    good: Option<&Answer>,
) -> Option<String> {
    let errcode = answer.body["errcode"].as_str().unwrap_or_default();
    let allowed = |allowed: &[Allowed]| {
        allowed.iter().any(|(status, codes)| {
            *status == answer.status && (codes.is_empty() || codes.contains(&errcode))
        })
    };
    // Who is refused when they ask properly may be refused so before anybody looks at the rest.
    let same = good.is_some_and(|good| good.status >= 400 && good.status == answer.status);
    let fine = match case.allowed {
        Some(table) => allowed(table) || (same && case.kind.may_be_refused_before()),
        None => answer.status < 500,
    };
    if fine || lenient::is(&operation.id, case.kind, &case.what, answer.status) {
        return None;
    }
    let text = String::from_utf8_lossy(answer.bytes.get(..200).unwrap_or(&answer.bytes));
    let path: String = case.path.chars().take(150).collect();
    Some(format!(
        "{} {:?} {}: {} {path}: {} {text}",
        operation.id, case.kind, case.what, case.method, answer.status
    ))
}
