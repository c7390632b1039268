//! A person with a session: what they ask carries their token.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::{Answer, Http};

/// A signed-in person. A clone is the same session.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) http: Http,
    pub(crate) user_id: String,
    pub(crate) device_id: String,
    pub(crate) token: String,
}

impl Person {
    /// The session that an answer to a registration or sign-in opens.
    pub(crate) fn of(http: Http, session: &Value) -> Self {
        let text = |key: &str| session[key].as_str().expect("a session").to_owned();
        Self {
            http,
            user_id: text("user_id"),
            device_id: text("device_id"),
            token: text("access_token"),
        }
    }

    /// A request with the token.
    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
        body: impl Into<Bytes>,
    ) -> Answer {
        let authorization = format!("Bearer {}", self.token);
        self.http.request(method, path, &[("authorization", &authorization)], body).await
    }

    /// The same session, asking for nonsense.
    pub(crate) fn careless(&self) -> Self {
        Self { http: self.http.careless(), ..self.clone() }
    }

    /// The same session, at another node.
    pub(crate) fn at(&self, node: &str) -> Self {
        Self { http: self.http.at(node), ..self.clone() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, Bytes::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(Method::POST, path, body.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.request(Method::PUT, path, body.to_string()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path, Bytes::new()).await
    }

    /// Creates a room; its id.
    pub(crate) async fn creates_room(&self, request: Value) -> String {
        let room = self.post("/_matrix/client/v3/createRoom", request).await.ok();
        room["room_id"].as_str().expect("a room id").to_owned()
    }

    /// Invites somebody to a room, who comes.
    pub(crate) async fn brings(&self, other: &Self, room: &str) {
        let invite = json!({ "user_id": other.user_id });
        self.post(&format!("/_matrix/client/v3/rooms/{room}/invite"), invite).await.ok();
        other.joins(room).await;
    }

    /// Joins a room.
    pub(crate) async fn joins(&self, room: &str) {
        self.post(&format!("/_matrix/client/v3/rooms/{room}/join"), json!({})).await.ok();
    }

    /// Sends an event, whatever is in it; its id.
    pub(crate) async fn sends(
        &self,
        room: &str,
        kind: &str,
        transaction: &str,
        content: Value,
    ) -> String {
        let path = format!("/_matrix/client/v3/rooms/{room}/send/{kind}/{transaction}");
        let sent = self.put(&path, content).await.ok();
        sent["event_id"].as_str().expect("an event id").to_owned()
    }

    /// Sends what looks like an encrypted message, marked with a word that tests can look for.
    pub(crate) async fn says(&self, room: &str, word: &str) -> String {
        let content = json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": word });
        self.sends(room, "m.room.encrypted", &format!("say-{word}"), content).await
    }

    /// Asks what is new.
    pub(crate) async fn syncs(&self, query: &str) -> Value {
        self.get(&format!("/_matrix/client/v3/sync{query}")).await.ok()
    }
}
