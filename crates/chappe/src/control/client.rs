//! The command's end of the control socket.

use std::io::ErrorKind;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use transfer::Summary;

use super::protocol::{Answer, LINE, Request};
use crate::bar::Bar;
use crate::config::{Config, Engine};

/// A connection to the running server.
pub(crate) struct Connection(UnixStream);

/// Connects to the server of a configuration; `None` when none runs here, or none is needed: a
/// database has room for everybody.
pub(crate) async fn connect(config: &Config) -> anyhow::Result<Option<Connection>> {
    if config.store.engine != Engine::Redb {
        return Ok(None);
    }
    reach(config).await
}

/// Connects to the server of a configuration, whatever its store; `None` when none runs here.
pub(crate) async fn reach(config: &Config) -> anyhow::Result<Option<Connection>> {
    let path = super::path(config);
    match UnixStream::connect(&path).await {
        Ok(stream) => Ok(Some(Connection(stream))),
        Err(error)
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) =>
        {
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| format!("control socket {}", path.display())),
    }
}

impl Connection {
    /// Asks for a backup, and waits until it is whole.
    pub(crate) async fn back_up(self, request: Request) -> anyhow::Result<Summary> {
        match self.ask(&request).await? {
            Answer::BackedUp(summary) => Ok(summary),
            _ => bail!("the server answered something else"),
        }
    }

    /// Asks for a verification of the log; how many records it has.
    pub(crate) async fn verify(self, request: Request) -> anyhow::Result<u64> {
        match self.ask(&request).await? {
            Answer::Verified(records) => Ok(records),
            _ => bail!("the server answered something else"),
        }
    }

    /// Asks for the search index to be made anew; how much is in it then.
    pub(crate) async fn rebuild_search(self, request: Request) -> anyhow::Result<u64> {
        match self.ask(&request).await? {
            Answer::SearchRebuilt(indexed) => Ok(indexed),
            _ => bail!("the server answered something else"),
        }
    }

    /// Asks, shows how far it is, and returns how it ended.
    async fn ask(self, request: &Request) -> anyhow::Result<Answer> {
        let (reader, mut writer) = self.0.into_split();
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        writer.write_all(&line).await.context("the server hung up")?;
        let (mut reader, bar) = (BufReader::new(reader), Bar::default());
        loop {
            let mut line = String::new();
            let read = (&mut reader).take(LINE).read_line(&mut line).await;
            if read.context("the server hung up")? == 0 {
                bail!("the server hung up before it was done");
            }
            match serde_json::from_str(&line).context("the server's answer")? {
                Answer::Step(step) => bar.show(&step),
                Answer::Failed(reason) => bail!(reason),
                answer => return Ok(answer),
            }
        }
    }
}
