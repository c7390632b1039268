//! Bad input: each is refused with the specification's error, and leaves everything as it was.

mod generated;

use api::Endpoint;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Answer, Person, Server};
use crate::rooms::at;

/// A private room of Alice's with something in it, and Mallory, who is not in it.
struct Scene {
    server: Server,
    alice: Person,
    room: String,
    event: String,
}

impl Scene {
    async fn set_with(configuration: &str) -> Self {
        let server = Server::start_with(configuration).await;
        let alice = server.register("alice").await;
        let room = alice.creates_room(json!({ "room_alias_name": "hers", "name": "Hers" })).await;
        let event = alice.says(&room, "kept").await;
        Self { server, alice, room, event }
    }

    async fn set() -> Self {
        Self::set_with("").await
    }

    /// State and timeline as Alice sees them, without how old things are.
    async fn room_as_it_is(&self) -> (Value, Value) {
        let mut state = self.alice.get(&at(&self.room, "state")).await.ok();
        let page = self.alice.get(&at(&self.room, "messages?dir=b&limit=1000")).await.ok();
        let mut timeline = page["chunk"].clone();
        for events in [&mut state, &mut timeline] {
            for event in events.as_array_mut().unwrap() {
                event.as_object_mut().unwrap().remove("unsigned");
            }
        }
        (state, timeline)
    }

    /// A path of the API with its variable parts filled: with what is Alice's, or with garbage.
    fn fill(&self, pattern: &str, garbage: Option<&str>) -> String {
        let mut path = String::new();
        for part in pattern.split('/').skip(1) {
            let value = match part {
                "{room_id}" | "{room_id_or_alias}" => &self.room,
                "{event_id}" => &self.event,
                "{user_id}" => &self.alice.user_id,
                "{device_id}" => &self.alice.device_id,
                "{room_alias}" => "%23hers:chappe.example",
                "{server_name}" => "chappe.example",
                "{event_type}" => "m.room.name",
                _ if part.starts_with('{') => "x",
                fixed => fixed,
            };
            let varies = part.starts_with('{');
            path.push('/');
            path.push_str(garbage.filter(|_| varies).unwrap_or(value));
        }
        path
    }
}

/// Fields that some endpoint or other reads.
#[rustfmt::skip]
const FIELDS: [&str; 42] = [
    "auth", "body", "chunk", "content", "creation_content", "device_id", "device_keys",
    "deviceid", "devices", "displayname", "event_id", "filter", "identifier", "initial_state",
    "invite", "limit", "m.fully_read", "m.read", "membership", "messages", "name", "new_password",
    "new_version", "one_time_keys", "password", "power_level_content_override", "preset",
    "reason", "room_alias_name", "room_id", "room_version", "rooms", "since", "thread_id",
    "timeout", "token", "type", "typing", "user", "user_id", "versions", "visibility",
];

/// Texts that are no JSON object, or one that two readers would read in two ways.
const TEXTS: [&[u8]; 16] = [
    b"",
    b"{}",
    b"{",
    b"null",
    b"[]",
    b"\"text\"",
    b"0",
    b"{\"a\":1,\"a\":2}",
    b"{\"user_id\":\"@a:b\",\"user_id\":\"@c:d\"}",
    b"{\"a\":\"\xff\xfe\"}",
    b"{\"a\":\"\\ud800\"}",
    b"{\"a\":1e999}",
    b"{\"a\":99999999999999999999999999}",
    b"\xef\xbb\xbf{}",
    b"{} trailing",
    b"\x00\x01\x02",
];

/// Bodies that no endpoint expects: texts, every field with a value of a wrong type, and nesting.
fn hostile_bodies() -> Vec<Bytes> {
    let wrong = [
        json!(null),
        json!(-1),
        json!(1.5e300),
        json!(true),
        json!("\u{0}"),
        json!([[]]),
        json!({ "a": {} }),
    ];
    let of_type = |value: Value| -> Bytes {
        let object: serde_json::Map<_, _> =
            FIELDS.iter().map(|name| ((*name).to_owned(), value.clone())).collect();
        Value::Object(object).to_string().into()
    };
    let nested = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let mut bodies: Vec<Bytes> = wrong.into_iter().map(of_type).collect();
    bodies.extend(TEXTS.map(Bytes::from_static));
    bodies.extend([Bytes::from(nested), Bytes::from("[".repeat(100_000))]);
    bodies
}

/// Whatever was asked, the answer is one that the specification knows.
#[track_caller]
fn assert_sound(answer: &Answer, asked: &str) {
    let text = String::from_utf8_lossy(&answer.bytes);
    assert!(answer.status < 500, "{asked}: {} {text}", answer.status);
    if answer.status < 400 {
        return;
    }
    let errcode = answer.body["errcode"].as_str();
    let interactive = answer.status == 401 && answer.body["flows"].is_array();
    assert!(interactive || errcode.is_some_and(|code| code.starts_with("M_")), "{asked}: {text}");
    let fitting = match errcode {
        Some("M_NOT_JSON" | "M_BAD_JSON" | "M_INVALID_PARAM" | "M_MISSING_PARAM") => 400,
        Some("M_MISSING_TOKEN" | "M_UNKNOWN_TOKEN") => 401,
        Some("M_NOT_FOUND") => 404,
        Some("M_TOO_LARGE") => 413,
        _ => return,
    };
    assert_eq!(answer.status, fitting, "{asked}: {text}");
}

#[tokio::test]
async fn no_endpoint_falls_over_hostile_bodies_and_nothing_changes_by_them() {
    let scene = Scene::set().await;
    let before = scene.room_as_it_is().await;
    let bodies = hostile_bodies();
    assert!(api::endpoints().len() > 150, "endpoints are listed");
    for (number, endpoint) in api::endpoints().into_iter().enumerate() {
        let Endpoint { method, path: pattern, .. } = endpoint;
        // Each endpoint gets a person of its own: some end the session that calls them.
        let mallory = scene.server.register(&format!("mallory{number}")).await.careless();
        let path = scene.fill(&pattern, None);
        for body in &bodies {
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
            let answer = mallory.request(method.clone(), &path, body.clone()).await;
            assert_sound(&answer, &format!("{method} {pattern} {shown}"));
        }
    }
    assert_eq!(scene.room_as_it_is().await, before);
}

#[tokio::test]
async fn no_endpoint_falls_over_garbage_in_its_path_and_query() {
    let scene = Scene::set().await;
    let before = scene.room_as_it_is().await;
    let long = "x".repeat(5_000);
    let garbage = [
        "%20",
        "%00",
        "%ff",
        "%F0%9F%92%A9",
        "..",
        "%2e%2e%2f%2e%2e",
        "@",
        "!",
        "$",
        "%23",
        "@:",
        "@a:b:c:d",
        "!x:chappe.example",
        "-1",
        "%25s%25n",
        &long,
    ];
    let queries = [
        "?limit=-1&from=x&to=y&dir=z&filter=%7B&since=x&timeout=x&set_presence=x&ts=-1",
        "?limit=99999999999999999999&filter=%7B%22room%22%3A5%7D&dir=f&since=s1_0&ts=x",
        "?limit=x&limit=y&dir=b&dir=f&%ff=%ff&=&&&?",
        "?filter=%5B%5D&version=x&width=-1&height=x&method=odd&user_id=x&membership=x&format=x",
    ];
    for (number, endpoint) in api::endpoints().into_iter().enumerate() {
        let Endpoint { method, path: pattern, .. } = endpoint;
        let mallory = scene.server.register(&format!("mallory{number}")).await.careless();
        let mut paths: Vec<String> =
            queries.iter().map(|query| scene.fill(&pattern, None) + query).collect();
        if pattern.contains('{') {
            paths.extend(garbage.iter().map(|garbage| scene.fill(&pattern, Some(garbage))));
        }
        for path in paths {
            let answer = mallory.request(method.clone(), &path, "{}").await;
            let shown: String = path.chars().take(200).collect();
            assert_sound(&answer, &format!("{method} {shown}"));
        }
    }
    assert_eq!(scene.room_as_it_is().await, before);
}

#[tokio::test]
async fn no_endpoint_takes_a_token_that_it_did_not_give() {
    let scene = Scene::set().await;
    let before = scene.room_as_it_is().await;
    let tokens = ["", "x", "syt_abc", &"x".repeat(5_000), &scene.alice.token[1..]];
    for Endpoint { method, path: pattern, .. } in api::endpoints() {
        let path = scene.fill(&pattern, None);
        for token in tokens {
            let thief = Person { token: token.to_owned(), ..scene.alice.careless() };
            let answer = thief.request(method.clone(), &path, "{}").await;
            assert_sound(&answer, &format!("{method} {pattern} with {token:.10}"));
        }
        let bare = scene.server.http.careless().request(method.clone(), &path, &[], "{}").await;
        assert_sound(&bare, &format!("{method} {pattern} without a token"));
    }
    assert_eq!(scene.room_as_it_is().await, before);
    let http = &scene.server.http;
    let state = at(&scene.room, "state");
    http.get(&state).await.refused(401, "M_MISSING_TOKEN");
    let stranger = Person { token: "unknown".to_owned(), ..scene.alice.clone() };
    stranger.get(&state).await.refused(401, "M_UNKNOWN_TOKEN");
}

#[tokio::test]
async fn what_another_person_may_do_is_not_done_for_mallory() {
    let scene = Scene::set().await;
    let before = scene.room_as_it_is().await;
    let mallory = scene.server.register("mallory").await;
    let (alice, room, event) = (&scene.alice.user_id, &scene.room, &scene.event);
    let sealed = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x" });
    let target = json!({ "user_id": alice });
    let writes = [
        (Method::PUT, at(room, "send/m.room.encrypted/1"), sealed),
        (Method::PUT, at(room, "state/m.room.name"), json!({ "name": "mine" })),
        (Method::PUT, at(room, &format!("redact/{event}/1")), json!({})),
        (Method::POST, at(room, "join"), json!({})),
        (Method::POST, at(room, "invite"), json!({ "user_id": mallory.user_id })),
        (Method::POST, at(room, "kick"), target.clone()),
        (Method::POST, at(room, "ban"), target.clone()),
        (Method::POST, at(room, "unban"), target),
        (Method::POST, at(room, "upgrade"), json!({ "new_version": "12" })),
        (Method::POST, at(room, &format!("receipt/m.read/{event}")), json!({})),
        (Method::PUT, at(room, &format!("typing/{alice}")), json!({ "typing": false })),
        (
            Method::DELETE,
            "/_matrix/client/v3/directory/room/%23hers:chappe.example".to_owned(),
            json!({}),
        ),
        (
            Method::PUT,
            format!("/_matrix/client/v3/directory/list/room/{room}"),
            json!({ "visibility": "public" }),
        ),
        (
            Method::PUT,
            format!("/_matrix/client/v3/profile/{alice}/displayname"),
            json!({ "displayname": "x" }),
        ),
        (Method::PUT, format!("/_matrix/client/v3/user/{alice}/account_data/m.direct"), json!({})),
    ];
    for (method, path, body) in writes {
        let answer = mallory.request(method.clone(), &path, body.to_string()).await;
        let (status, errcode) = (answer.status, answer.body["errcode"].clone());
        assert_eq!((status, errcode), (403, json!("M_FORBIDDEN")), "{method} {path}");
    }
    assert_eq!(scene.room_as_it_is().await, before);
}

#[tokio::test]
async fn json_that_two_readers_could_read_in_two_ways_is_refused() {
    let scene = Scene::set().await;
    let path = at(&scene.room, "state/m.room.topic");
    let deep = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    let table: [(Bytes, &str); 10] = [
        ("{\"topic\":\"a\",\"topic\":\"b\"}".into(), "M_BAD_JSON"),
        ("{\"x\":{\"y\":1,\"\\u0079\":2}}".into(), "M_BAD_JSON"),
        (deep(1_000).into(), "M_BAD_JSON"),
        (deep(100_000).into(), "M_BAD_JSON"),
        ("[]".into(), "M_BAD_JSON"),
        ("{".into(), "M_NOT_JSON"),
        ("{'topic':1}".into(), "M_NOT_JSON"),
        ("{} {}".into(), "M_NOT_JSON"),
        (Bytes::from_static(b"{\"topic\":\"\xc3\x28\"}"), "M_NOT_JSON"),
        (Bytes::from_static(b"\xff\xfe{\x00}\x00"), "M_NOT_JSON"),
    ];
    let before = scene.room_as_it_is().await;
    for (body, errcode) in table {
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let answer = scene.alice.request(Method::PUT, &path, body).await;
        let got = (answer.status, answer.body["errcode"].as_str().unwrap_or_default());
        assert_eq!(got, (400, errcode), "{shown}");
    }
    assert_eq!(scene.room_as_it_is().await, before);
}

#[tokio::test]
async fn a_path_that_is_no_utf_8_is_refused() {
    let scene = Scene::set().await;
    for path in ["/_matrix/client/v3/rooms/%ff/state", "/_matrix/client/v3/profile/%c3%28"] {
        scene.alice.get(path).await.refused(400, "M_INVALID_PARAM");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_unrecognized() {
    let scene = Scene::set().await;
    let unknown = [
        "/_matrix/client/v3/rooms",
        "/_matrix/client/v3/createRoom/",
        "/_matrix/client/v99/createRoom",
        "/_matrix/client/v3/rooms/!x:y/unheard-of",
        "/_matrix/federation/v1/version",
        "/_matrix//client",
    ];
    for path in unknown {
        let answer = scene.alice.request(Method::POST, path, "{}").await;
        let got = (answer.status, answer.body["errcode"].as_str().unwrap_or_default().to_owned());
        assert!(got.0 == 404, "{path}: {got:?}");
        if path.starts_with("/_matrix/") {
            assert_eq!(got.1, "M_UNRECOGNIZED", "{path}");
        }
    }
    let wrong = [
        (Method::GET, "/_matrix/client/v3/createRoom".to_owned()),
        (Method::PATCH, "/_matrix/client/v3/joined_rooms".to_owned()),
        (Method::POST, at(&scene.room, "state/m.room.name")),
        (Method::DELETE, at(&scene.room, "state")),
    ];
    for (method, path) in wrong {
        let answer = scene.alice.request(method, &path, "{}").await;
        answer.refused(405, "M_UNRECOGNIZED");
    }
}

#[tokio::test]
async fn a_body_larger_than_allowed_is_refused() {
    let scene = Scene::set_with("[limits]\nrequest_bytes = 100000").await;
    let before = scene.room_as_it_is().await;
    let body = format!("{{\"topic\":\"{}\"}}", "x".repeat(100_000));
    let path = at(&scene.room, "state/m.room.topic");
    let answer = scene.alice.request(Method::PUT, &path, body).await;
    answer.refused(413, "M_TOO_LARGE");
    assert_eq!(scene.room_as_it_is().await, before);
}

/// Writes a request by hand; the connection is closed for writing when `close` says so.
struct ByHand<'a> {
    scene: &'a Scene,
    stream: TcpStream,
}

impl<'a> ByHand<'a> {
    async fn connect(scene: &'a Scene) -> Self {
        let address = scene.server.base.strip_prefix("http://").unwrap().to_owned();
        Self { scene, stream: TcpStream::connect(address).await.unwrap() }
    }

    /// The head of a request that sets the room's topic.
    async fn begins(&mut self, framing: &str) {
        let head = format!(
            "PUT {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{framing}\r\n\r\n",
            path = at(&self.scene.room, "state/m.room.topic"),
            token = self.scene.alice.token,
        );
        self.writes(head.as_bytes()).await;
    }

    async fn writes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    async fn closes(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// What the server answers, if it does.
    async fn reads(mut self) -> String {
        let mut answer = vec![0; 4096];
        let count = self.stream.read(&mut answer).await.unwrap_or(0);
        String::from_utf8_lossy(&answer[..count]).into_owned()
    }
}

#[tokio::test]
async fn a_body_that_ends_too_early_sets_nothing() {
    let scene = Scene::set().await;
    let before = scene.room_as_it_is().await;
    let table: [(&str, &[u8]); 3] = [
        ("content-length: 100", b"{\"topic\":\"cut\"}"),
        ("transfer-encoding: chunked", b"f\r\n{\"topic\":\"cut\"}\r\n"),
        ("transfer-encoding: chunked", b"zz\r\n{\"topic\":\"cut\"}\r\n0\r\n\r\n"),
    ];
    for (framing, body) in table {
        let mut hand = ByHand::connect(&scene).await;
        hand.begins(framing).await;
        hand.writes(body).await;
        hand.closes().await;
        let answer = hand.reads().await;
        let refused = answer.starts_with("HTTP/1.1 400") && answer.contains("M_NOT_JSON");
        assert!(answer.is_empty() || refused, "{framing}: {answer}");
        assert_eq!(scene.room_as_it_is().await, before, "{framing}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let scene = Scene::set_with("[limits]\nbody_timeout_seconds = 1").await;
    let before = scene.room_as_it_is().await;
    for framing in ["content-length: 100", "transfer-encoding: chunked"] {
        let mut hand = ByHand::connect(&scene).await;
        hand.begins(framing).await;
        let started = std::time::Instant::now();
        let answer = hand.reads().await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{framing}: {answer}");
        assert!(answer.contains("M_UNKNOWN"), "{framing}: {answer}");
        assert!(started.elapsed().as_secs() < 10, "{framing}");
    }
    assert_eq!(scene.room_as_it_is().await, before);
}

#[tokio::test]
async fn little_is_taken_of_a_stranger() {
    let scene = Scene::set().await;
    let login = |size: usize| {
        format!("{{\"type\":\"m.login.password\",\"user\":\"{}\"}}", "x".repeat(size))
    };
    let http = &scene.server.http;
    let path = "/_matrix/client/v3/login";
    let answer = http.request(Method::POST, path, &[], login(100_000)).await;
    answer.refused(413, "M_TOO_LARGE");
    let answer = http.request(Method::POST, path, &[], login(1_000)).await;
    assert_ne!(answer.status, 413);
}

#[tokio::test]
async fn what_is_no_http_gets_no_answer_of_ours_and_harms_nobody() {
    let scene = Scene::set().await;
    let nonsense: [&[u8]; 4] = [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /\xff\xff HTTP/1.1\r\n\r\n",
        b"PUT / HTTP/1.1\r\ncontent-length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 9\r\n\r\nabcde",
    ];
    for bytes in nonsense {
        let mut hand = ByHand::connect(&scene).await;
        hand.writes(bytes).await;
        hand.closes().await;
        let answer = hand.reads().await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    scene.alice.get(&at(&scene.room, "state")).await.ok();
}

#[tokio::test]
async fn an_early_answer_reaches_who_is_still_sending() {
    let scene = Scene::set().await;
    let length = 16 << 20;
    let piece = vec![b' '; 65_536];
    for (path, status) in
        [("/_matrix/client/v3/nothing", "404"), ("/_matrix/client/v3/account/whoami", "401")]
    {
        let method = if status == "404" { "POST" } else { "GET" };
        let mut hand = ByHand::connect(&scene).await;
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
        hand.writes(head.as_bytes()).await;
        // It is answered by now; whoever goes on sending is heard out, and not cut off.
        for _ in 0..length / 65_536 {
            hand.writes(&piece).await;
        }
        hand.closes().await;
        let answer = hand.reads().await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
}
