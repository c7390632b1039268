//! Invitations to an e-mail address, by an identity server.
//!
//! The identity server is a peer made here, which answers and signs as the identity service API
//! says: what it is told is all that a real one learns.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri};
use ruma_common::CanonicalJsonObject;
use ruma_common::serde::{Base64, base64::Standard};
use ruma_signatures::{Ed25519KeyPair, sign_json};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::harness::{Person, Server};
use crate::rooms::at;

const TOKEN: &str = "identity-token";
const ADDRESS: &str = "carol@example.com";
/// sha256 of `carol@example.com email pepper`.
const HASH: &str = "7q5EJ__thgLfmwIYIRdgxJZ-3K7vBN-LaiHUBY4PVrU";

/// What the identity server knows, and was told.
struct Peer {
    key: Ed25519KeyPair,
    base: String,
    bound: Mutex<BTreeMap<String, String>>,
    told: Mutex<Vec<Value>>,
    valid: Mutex<bool>,
}

type Known = State<Arc<Peer>>;

impl Peer {
    async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let document = Ed25519KeyPair::generate();
        let key = Ed25519KeyPair::from_der(&document, "0".to_owned()).unwrap();
        let (bound, told, valid) = (Mutex::default(), Mutex::default(), Mutex::new(true));
        let peer = Arc::new(Self { key, base, bound, told, valid });
        let router = Router::new()
            .route("/_matrix/identity/v2/hash_details", get(details))
            .route("/_matrix/identity/v2/lookup", post(lookup))
            .route("/_matrix/identity/v2/store-invite", post(store))
            .route("/_matrix/identity/v2/pubkey/isvalid", get(is_valid))
            .with_state(Arc::clone(&peer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        peer
    }

    async fn server(&self) -> Server {
        let configuration = format!(
            "[identity]\nservers = [\"id.example\"]\naddresses = {{ \"id.example\" = \"{}\" }}",
            self.base
        );
        Server::start_with(&configuration).await
    }

    fn public_key(&self) -> String {
        Base64::<Standard, _>::new(self.key.public_key()).encode()
    }

    /// The proof that an address is somebody's, as the server signs it.
    fn signs(&self, mxid: &str, sender: &str, token: &str) -> Value {
        let object = json!({ "mxid": mxid, "sender": sender, "token": token });
        let mut object: CanonicalJsonObject = serde_json::from_value(object).unwrap();
        sign_json("id.example", &self.key, &mut object).unwrap();
        serde_json::to_value(object).unwrap()
    }

    fn told(&self) -> Vec<Value> {
        self.told.lock().unwrap().clone()
    }
}

fn is_known(headers: &HeaderMap) -> Result<(), StatusCode> {
    let token = headers.get("authorization").and_then(|token| token.to_str().ok());
    if token == Some(&format!("Bearer {TOKEN}")) { Ok(()) } else { Err(StatusCode::UNAUTHORIZED) }
}

async fn details(headers: HeaderMap) -> Result<String, StatusCode> {
    is_known(&headers)?;
    Ok(json!({ "lookup_pepper": "pepper", "algorithms": ["none", "sha256"] }).to_string())
}

async fn lookup(
    State(peer): Known,
    headers: HeaderMap,
    asked: Bytes,
) -> Result<String, StatusCode> {
    is_known(&headers)?;
    let asked: Value = serde_json::from_slice(&asked).unwrap();
    peer.told.lock().unwrap().push(asked.clone());
    let hash = asked["addresses"][0].as_str().unwrap();
    let bound = peer.bound.lock().unwrap();
    let found = bound.get(hash).map(|user| (hash, user));
    Ok(json!({ "mappings": found.into_iter().collect::<BTreeMap<_, _>>() }).to_string())
}

async fn store(State(peer): Known, headers: HeaderMap, asked: Bytes) -> Result<String, StatusCode> {
    is_known(&headers)?;
    let asked: Value = serde_json::from_slice(&asked).unwrap();
    peer.told.lock().unwrap().push(asked.clone());
    let key = json!({ "public_key": peer.public_key(),
        "key_validity_url": format!("{}/_matrix/identity/v2/pubkey/isvalid", peer.base) });
    let name =
        if asked["address"] == "leak@example.com" { "leak@example.com" } else { "c...@e..." };
    Ok(json!({ "token": "sometoken", "display_name": name, "public_keys": [key] }).to_string())
}

async fn is_valid(State(peer): Known, asked: Uri) -> String {
    let query = asked.query().unwrap_or_default().replace("%2B", "+").replace("%2F", "/");
    let known = query == format!("public_key={}", peer.public_key());
    json!({ "valid": known && *peer.valid.lock().unwrap() }).to_string()
}

fn invitation(address: &str) -> Value {
    json!({ "id_server": "id.example", "id_access_token": TOKEN, "medium": "email",
        "address": address })
}

async fn membership(person: &Person, room: &str, of: &Person) -> Value {
    let path = at(room, &format!("state/m.room.member/{}", of.user_id));
    let answer = person.get(&path).await;
    if answer.status == 404 { Value::Null } else { answer.ok() }
}

#[tokio::test]
async fn somebody_whom_the_identity_server_knows_is_invited_as_everybody() {
    let peer = Peer::start().await;
    let server = peer.server().await;
    let (alice, carol) = (server.register("alice").await, server.register("carol").await);
    peer.bound.lock().unwrap().insert(HASH.to_owned(), carol.user_id.clone());
    let room = alice.creates_room(json!({})).await;
    alice.post(&at(&room, "invite"), invitation(" Carol@Example.com ")).await.ok();
    let invited = membership(&alice, &room, &carol).await;
    assert_eq!(invited["membership"], "invite");
    assert_eq!(invited.get("third_party_invite"), None);
    let hashed = json!({ "addresses": [HASH], "algorithm": "sha256", "pepper": "pepper" });
    assert_eq!(peer.told(), [hashed], "the address goes out as a hash");
    let made = alice.creates_room(json!({ "invite_3pid": [invitation(ADDRESS)] })).await;
    assert_eq!(membership(&alice, &made, &carol).await["membership"], "invite");
}

#[tokio::test]
async fn an_invitation_waits_until_somebody_proves_that_the_address_is_theirs() {
    let peer = Peer::start().await;
    let server = peer.server().await;
    let (alice, carol) = (server.register("alice").await, server.register("carol").await);
    let request = json!({ "name": "Secret", "invite_3pid": [invitation(ADDRESS)] });
    let room = alice.creates_room(request).await;
    let kept = alice.get(&at(&room, "state/m.room.third_party_invite/sometoken")).await.ok();
    assert_eq!(kept["display_name"], "c...@e...");
    assert_eq!(kept["public_key"], json!(peer.public_key()));
    assert_eq!(kept["public_keys"].as_array().unwrap().len(), 1);
    let told = &peer.told()[1];
    assert_eq!((&told["address"], &told["sender"]), (&json!(ADDRESS), &json!(alice.user_id)));
    assert_eq!(told.get("room_name"), None, "what a private room is called stays in it");
    let everything = alice.get(&at(&room, "messages?dir=b&limit=100")).await.ok();
    assert!(!everything.to_string().contains("carol@"), "the address is in no event");
    assert!(server.files_with(ADDRESS.as_bytes()).is_empty());

    let join = at(&room, "join");
    carol.post(&join, json!({})).await.refused(403, "M_FORBIDDEN");
    let with = |signed: Value| json!({ "third_party_signed": signed });
    let good = peer.signs(&carol.user_id, &alice.user_id, "sometoken");
    let other = Ed25519KeyPair::generate();
    let mut forged: CanonicalJsonObject = serde_json::from_value(
        json!({ "mxid": carol.user_id, "sender": alice.user_id, "token": "sometoken" }),
    )
    .unwrap();
    let other = Ed25519KeyPair::from_der(&other, "0".to_owned()).unwrap();
    sign_json("id.example", &other, &mut forged).unwrap();
    let refused = [
        serde_json::to_value(forged).unwrap(),
        peer.signs(&alice.user_id, &alice.user_id, "sometoken"),
        peer.signs(&carol.user_id, &alice.user_id, "another"),
    ];
    for signed in refused {
        carol.post(&join, with(signed)).await.refused(403, "M_FORBIDDEN");
    }
    *peer.valid.lock().unwrap() = false;
    carol.post(&join, with(good.clone())).await.refused(403, "M_FORBIDDEN");
    *peer.valid.lock().unwrap() = true;
    assert_eq!(membership(&alice, &room, &carol).await, Value::Null);

    let by_name = format!("/_matrix/client/v3/join/{room}");
    carol.post(&by_name, with(good.clone())).await.ok();
    let joined = alice.get(&at(&room, "members")).await.ok();
    let events = joined["chunk"].as_array().unwrap().iter();
    let own: Vec<_> = events.filter(|event| event["state_key"] == json!(carol.user_id)).collect();
    assert_eq!(own[0]["content"]["membership"], "join");
    let before = &own[0]["unsigned"]["prev_content"];
    assert_eq!(before["third_party_invite"]["signed"], good);
    assert_eq!(own[0]["unsigned"]["prev_sender"], json!(alice.user_id));
}

#[tokio::test]
async fn only_identity_servers_of_the_operator_are_asked_and_only_for_who_may_invite() {
    let peer = Peer::start().await;
    let server = peer.server().await;
    let (alice, bob) = (server.register("alice").await, server.register("bob").await);
    let room = alice.creates_room(json!({})).await;
    let invite = at(&room, "invite");
    let with = |field: &str, value: &str| {
        let mut invitation = invitation(ADDRESS);
        invitation[field] = value.into();
        invitation
    };
    let elsewhere = with("id_server", "evil.example");
    alice.post(&invite, elsewhere.clone()).await.refused(403, "M_FORBIDDEN");
    let inside = with("id_server", peer.base.strip_prefix("http://").unwrap());
    alice.post(&invite, inside).await.refused(403, "M_FORBIDDEN");
    let create = "/_matrix/client/v3/createRoom";
    let refused = alice.post(create, json!({ "invite_3pid": [elsewhere] })).await;
    refused.refused(403, "M_FORBIDDEN");
    bob.post(&invite, invitation(ADDRESS)).await.refused(403, "M_FORBIDDEN");
    assert_eq!(peer.told(), [] as [Value; 0]);
    let levels = json!({ "power_level_content_override": { "invite": 50 } });
    let strict = alice.creates_room(levels).await;
    alice.brings(&bob, &strict).await;
    bob.post(&at(&strict, "invite"), invitation(ADDRESS)).await.refused(403, "M_FORBIDDEN");
    assert_eq!(peer.told(), [] as [Value; 0]);

    let stranger = with("id_access_token", "wrong");
    alice.post(&invite, stranger).await.refused(403, "M_UNAUTHORIZED");
    let leaking = with("address", "leak@example.com");
    alice.post(&invite, leaking).await.refused(502, "M_UNKNOWN");
    let incomplete = json!({ "id_server": "id.example", "medium": "email" });
    alice.post(&invite, incomplete).await.refused(400, "M_BAD_JSON");
}
