//! One client: one connection, one request at a time, as cheap as a client can be.

use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// How long a client that was put off waits: shorter than real ones, which wait seconds.
const AGAIN: Duration = Duration::from_millis(200);

/// A signed-in person on one connection.
pub(crate) struct Client {
    address: String,
    sender: SendRequest<Full<Bytes>>,
    token: String,
    pub(crate) user_id: String,
    pub(crate) device_id: String,
}

impl Client {
    /// Opens an account, and a session on a connection of its own.
    pub(crate) async fn register(address: &str, name: &str) -> anyhow::Result<Self> {
        let mut client = Self::connect(address).await?;
        let request = json!({
            "username": name, "password": "bench-bench-bench", "auth": { "type": "m.login.dummy" },
        });
        let session = client.post("/_matrix/client/v3/register", &request).await?;
        let text = |key: &str| session.get(key).and_then(Value::as_str).map(str::to_owned);
        client.token = text("access_token").context("no token")?;
        client.user_id = text("user_id").context("no user")?;
        client.device_id = text("device_id").context("no device")?;
        Ok(client)
    }

    /// The same session on a further connection.
    pub(crate) async fn again(&self) -> anyhow::Result<Self> {
        let other = Self::connect(&self.address).await?;
        let (token, user_id) = (self.token.clone(), self.user_id.clone());
        Ok(Self { token, user_id, device_id: self.device_id.clone(), ..other })
    }

    /// The same session on another node, or on the server as it runs now.
    pub(crate) async fn at(&self, address: &str) -> anyhow::Result<Self> {
        let other = Self::connect(address).await?;
        let (token, user_id) = (self.token.clone(), self.user_id.clone());
        Ok(Self { token, user_id, device_id: self.device_id.clone(), ..other })
    }

    async fn connect(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let (address, none) = (address.to_owned(), String::new());
        Ok(Self { address, sender, token: none.clone(), user_id: none.clone(), device_id: none })
    }

    /// A request that must succeed; the body of its answer.
    pub(crate) async fn call(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> anyhow::Result<Bytes> {
        let (status, bytes) = self.ask(method, path, body).await?;
        if !status.is_success() {
            bail!("{path}: {status}: {}", String::from_utf8_lossy(&bytes));
        }
        Ok(bytes)
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let mut request = Request::builder().method(method).uri(path).header("host", "bench");
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        self.sender.ready().await?;
        let response = self.sender.send_request(request.body(Full::new(body))?).await?;
        Ok((response.status(), response.into_body().collect().await?.to_bytes()))
    }

    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(&self.call(Method::GET, path, Bytes::new()).await?)?)
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let bytes = self.call(Method::POST, path, body.to_string().into()).await?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    pub(crate) async fn put(&mut self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let bytes = self.call(Method::PUT, path, body.to_string().into()).await?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// Creates an encrypted private room; its id.
    pub(crate) async fn creates_room(&mut self) -> anyhow::Result<String> {
        let request = json!({ "preset": "private_chat" });
        let room = self.post("/_matrix/client/v3/createRoom", &request).await?;
        Ok(room.get("room_id").and_then(Value::as_str).context("no room")?.to_owned())
    }

    /// Brings somebody into a room.
    pub(crate) async fn brings(&mut self, other: &mut Self, room: &str) -> anyhow::Result<()> {
        let invite = json!({ "user_id": other.user_id });
        self.post(&format!("/_matrix/client/v3/rooms/{room}/invite"), &invite).await?;
        other.post(&format!("/_matrix/client/v3/rooms/{room}/join"), &json!({})).await?;
        Ok(())
    }

    /// Sends an encrypted message of the usual size (a Megolm ciphertext of about 500 bytes).
    pub(crate) async fn says(&mut self, room: &str, transaction: &str) -> anyhow::Result<()> {
        let (path, content) = self.message(room, transaction);
        self.call(Method::PUT, &path, content).await.map(drop)
    }

    /// The same by a client that is put off (503) and comes again, as clients do; how often.
    pub(crate) async fn insists(&mut self, room: &str, transaction: &str) -> anyhow::Result<usize> {
        let (path, content) = self.message(room, transaction);
        let mut put_off = 0;
        loop {
            let (status, bytes) = self.ask(Method::PUT, &path, content.clone()).await?;
            match status {
                StatusCode::SERVICE_UNAVAILABLE => put_off += 1,
                status if status.is_success() => return Ok(put_off),
                status => bail!("{path}: {status}: {}", String::from_utf8_lossy(&bytes)),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    fn message(&self, room: &str, transaction: &str) -> (String, Bytes) {
        let content = json!({
            "algorithm": "m.megolm.v1.aes-sha2",
            "ciphertext": format!("{transaction:A>480}"),
            "session_id": "X3lUlvLELLYxeTx4yOVu6UDpasGEVO0Jbu+QFnm0cKQ",
            "sender_key": "Szl29ksW/L8yZGWAX+8dY1XyFi+i5wm+DRhTGkbMiwU",
            "device_id": self.device_id,
        });
        let path = format!("/_matrix/client/v3/rooms/{room}/send/m.room.encrypted/{transaction}");
        (path, content.to_string().into())
    }

    /// Asks what is new; the answer and its token.
    pub(crate) async fn syncs(&mut self, query: &str) -> anyhow::Result<(Bytes, String)> {
        #[derive(serde::Deserialize)]
        struct Batch {
            next_batch: String,
        }
        let path = format!("/_matrix/client/v3/sync{query}");
        let bytes = self.call(Method::GET, &path, Bytes::new()).await?;
        let batch: Batch = serde_json::from_slice(&bytes)?;
        Ok((bytes, batch.next_batch))
    }
}
