//! Hints between nodes by LISTEN and NOTIFY, outside of every transaction, and the poll that is
//! enough without them.

use std::sync::Arc;
use std::time::Duration;

use base::number::LogPosition;
use futures_util::{StreamExt, stream};
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio_postgres::{AsyncMessage, Client};

use crate::node::{Hint, Node};
use crate::postgres::connect::{Dialer, Failure, Wire, in_time};
use crate::postgres::{LOG_END, position};

/// How often a node asks for the log's end that hears nothing.
const POLL: Duration = Duration::from_secs(1);
/// The least time between two announcements of the log's end.
const PAUSE: Duration = Duration::from_millis(5);
/// How long before a lost connection is replaced.
const AGAIN: Duration = Duration::from_millis(250);
/// Hints that wait to be said at most; more are lost.
const WAITING: usize = 256;
/// Bytes of a payload at most: PostgreSQL takes 8,000, in hexadecimal.
const LONGEST: usize = 3_900;

/// Listening is its own session: what it says need not be on disk.
const LISTEN: &str = "set synchronous_commit = off; listen chappe";
const NOTIFY: &str = "select pg_notify('chappe', $1)";

/// What this node says, and to whom it listens.
pub(crate) struct Hints {
    me: String,
    end: watch::Sender<LogPosition>,
    said: mpsc::Sender<String>,
    saying: Mutex<Option<mpsc::Receiver<String>>>,
}

impl Hints {
    pub(crate) fn new() -> Self {
        let (end, _) = watch::channel(LogPosition(0));
        let (said, saying) = mpsc::channel(WAITING);
        let me = hex(&base::random::bytes::<8>());
        Self { me, end, said, saying: Mutex::new(Some(saying)) }
    }

    pub(crate) fn announce(&self, end: LogPosition) {
        self.end.send_replace(end);
    }

    pub(crate) fn publish(&self, topic: &'static str, payload: &[u8]) {
        if payload.len() > LONGEST {
            tracing::warn!(topic, bytes = payload.len(), "a hint is too long and is not said");
            return;
        }
        // Full: hints may be lost.
        let _ = self.said.try_send(format!("{} {topic} {}", self.me, hex(payload)));
    }

    /// Listens and speaks until the runtime ends.
    pub(crate) fn start(&self, dialer: Dialer, node: &Arc<Node>) {
        let Some(said) = self.saying.lock().take() else { return };
        let (me, node, end) = (self.me.clone(), Arc::clone(node), self.end.subscribe());
        let mut session = Session { me, node, end, said };
        tokio::spawn(async move {
            while !session.node.is_closed() {
                if let Err(failure) = session.run(&dialer).await {
                    tracing::warn!(?failure, "not listening to the other nodes; trying again");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        });
    }
}

/// One node's ear and mouth.
struct Session {
    me: String,
    node: Arc<Node>,
    end: watch::Receiver<LogPosition>,
    said: mpsc::Receiver<String>,
}

impl Session {
    /// Listens on one connection until it fails.
    async fn run(&mut self, dialer: &Dialer) -> Result<(), Failure> {
        let (client, wire) = dialer.dial().await?;
        let mut heard = hear(wire);
        in_time(client.batch_execute(LISTEN)).await?;
        // What was said while nobody listened.
        self.poll(&client).await?;
        let mut silence = tokio::time::interval(POLL);
        while !self.node.is_closed() {
            tokio::select! {
                payload = heard.recv() => {
                    let payload = payload.ok_or_else(|| Failure::Away("connection ended".into()))?;
                    self.take(&payload);
                }
                changed = self.end.changed() => {
                    if changed.is_err() { return Ok(()) }
                    let end = self.end.borrow_and_update().0;
                    let payload = format!("{} log {end}", self.me);
                    in_time(client.query(NOTIFY, &[&payload])).await?;
                    tokio::time::sleep(PAUSE).await;
                }
                said = self.said.recv() => {
                    let Some(payload) = said else { return Ok(()) };
                    in_time(client.query(NOTIFY, &[&payload])).await?;
                }
                _ = silence.tick() => self.poll(&client).await?,
            }
        }
        Ok(())
    }

    /// Asks for the log's end.
    async fn poll(&self, client: &Client) -> Result<(), Failure> {
        let known = self.node.end();
        let row = in_time(client.query_one(LOG_END, &[])).await?;
        let end = position(&row).map_err(|error| Failure::Refused(error.to_string()))?;
        if end < known {
            tracing::error!(
                known = known.0,
                found = end.0,
                "the database lost acknowledged changes: nothing is served from it any more"
            );
            self.node.close();
        }
        self.node.moved_to(end);
        Ok(())
    }

    /// Takes what was heard, unless it is our own voice.
    fn take(&self, payload: &str) {
        let mut parts = payload.splitn(3, ' ');
        let (Some(who), Some(topic), Some(rest)) = (parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        if who == self.me {
            return;
        }
        if topic == "log" {
            if let Ok(end) = rest.parse() {
                self.node.moved_to(LogPosition(end));
            }
        } else if let Some(payload) = unhex(rest) {
            self.node.hear(Hint { topic: topic.to_owned(), payload: payload.into() });
        }
    }
}

/// Drives a connection and hands on what others say.
fn hear(mut wire: Wire) -> mpsc::Receiver<String> {
    let (tell, heard) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        let mut messages = stream::poll_fn(move |context| wire.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notification(notification) = message {
                // Full: hints may be lost.
                let _ = tell.try_send(notification.payload().to_owned());
            }
        }
    });
    heard
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect()
}
