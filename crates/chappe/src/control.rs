//! The control socket of a running server: what only the process that has the store open can do.
//!
//! A Unix socket in the data directory, for the owner of the server (and root) alone. A request is
//! one line of JSON; the answer is lines too: how far it is, then how it ended. Whoever hangs up
//! gives up.

mod client;
mod protocol;

use std::future::pending;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use search::Search;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc};
use transfer::Progress;

use crate::backup::{self, Stores};
use crate::config::Config;
use crate::verify;

pub(crate) use client::{connect, reach};
pub(crate) use protocol::{Media, Request};

use protocol::{Answer, LINE};

/// Requests at a time, the waiting ones among them.
const CONNECTIONS: usize = 4;
/// How long a request may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server's control socket.
pub(crate) struct Control {
    listener: UnixListener,
    path: PathBuf,
    work: Arc<Work>,
}

/// What requests work on.
struct Work {
    config: Config,
    stores: Stores,
    search: Option<Search>,
    /// One request at a time: each reads everything.
    turn: Semaphore,
}

/// Where the socket of a configuration's server is.
fn path(config: &Config) -> PathBuf {
    config.server.data_directory.join("control.sock")
}

impl Control {
    /// Opens the socket. The lock of the store or of the search index is held, so a socket that is
    /// there is a dead server's.
    pub(crate) fn open(
        config: &Config,
        stores: Stores,
        search: Option<Search>,
    ) -> anyhow::Result<Self> {
        let path = path(config);
        let named = || format!("control socket {}", path.display());
        remove_dead(&path).with_context(named)?;
        let listener = UnixListener::bind(&path).with_context(named)?;
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&path, private).with_context(named)?;
        let turn = Semaphore::new(1);
        let work = Arc::new(Work { config: config.clone(), stores, search, turn });
        Ok(Self { listener, path, work })
    }

    /// Answers until it is dropped.
    pub(crate) async fn run(self) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let work = Arc::clone(&self.work);
                    tokio::spawn(async move {
                        if let Err(error) = serve(stream, work).await {
                            tracing::warn!(%error, "a control request failed");
                        }
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a control connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // One that stays is removed by the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Removes the socket of a server that died; anything else there is left and refused.
fn remove_dead(path: &Path) -> anyhow::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => Ok(std::fs::remove_file(path)?),
        Ok(_) => bail!("something that is no socket is there"),
        Err(_) => Ok(()),
    }
}

/// Answers one connection.
async fn serve(stream: UnixStream, work: Arc<Work>) -> anyhow::Result<()> {
    require_owner(&stream)?;
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader.take(LINE));
    let mut line = String::new();
    tokio::time::timeout(PATIENCE, reader.read_line(&mut line))
        .await
        .context("no request came")??;
    let request = match serde_json::from_str(&line) {
        Ok(request) => request,
        Err(error) => {
            return send(&mut writer, &Answer::Failed(format!("no request: {error}"))).await;
        }
    };
    let (steps, shown) = mpsc::channel(16);
    let progress = Progress::new(move |step| {
        // Progress that nobody reads in time is stale.
        let _ = steps.try_send(*step);
    });
    // Files are written as the rows are read: on a thread that may wait.
    let runtime = tokio::runtime::Handle::current();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let working = tokio::task::spawn_blocking(move || {
        runtime.block_on(async {
            tokio::select! {
                answer = perform(&work, request, &progress) => answer,
                _ = stopped => Answer::Failed("whoever asked has hung up".to_owned()),
            }
        })
    });
    let told = tokio::select! {
        told = tell(&mut writer, shown) => told,
        () = hung_up(reader) => Err(anyhow::anyhow!("whoever asked has hung up")),
    };
    if told.is_err() {
        drop(stop);
        working.await?;
        return told;
    }
    send(&mut writer, &working.await?).await
}

/// Sends every step until the work is done.
async fn tell(
    writer: &mut OwnedWriteHalf,
    mut steps: mpsc::Receiver<transfer::Step>,
) -> anyhow::Result<()> {
    while let Some(step) = steps.recv().await {
        send(writer, &Answer::Step(step)).await?;
    }
    Ok(())
}

/// Returns when the other side is gone.
async fn hung_up(mut reader: BufReader<tokio::io::Take<OwnedReadHalf>>) {
    let mut rest = [0; 64];
    match reader.get_mut().get_mut().read(&mut rest).await {
        Ok(0) | Err(_) => {}
        // Nothing more was asked for; whoever talks on has not hung up.
        Ok(_) => pending().await,
    }
}

async fn perform(work: &Work, request: Request, progress: &Progress) -> Answer {
    let Ok(_turn) = work.turn.try_acquire() else {
        return Answer::Failed("another backup, verification or rebuild is under way".to_owned());
    };
    tracing::info!(?request, "a control request");
    let answer = match request {
        Request::Backup { target, media } => {
            let what = (&target, media);
            backup::write(&work.config, &work.stores, what, progress).await.map(Answer::BackedUp)
        }
        Request::Verify => verify::log(&work.stores.data, progress).await.map(Answer::Verified),
        Request::RebuildSearch => rebuild_search(work).await.map(Answer::SearchRebuilt),
    };
    answer.unwrap_or_else(|error| Answer::Failed(format!("{error:#}")))
}

async fn rebuild_search(work: &Work) -> anyhow::Result<u64> {
    let search = work.search.as_ref().context("search is off here")?;
    Ok(search.rebuild().await?)
}

/// Only the server's own user and root are answered.
fn require_owner(stream: &UnixStream) -> anyhow::Result<()> {
    let peer = stream.peer_cred()?.uid();
    if peer == 0 || peer == rustix::process::geteuid().as_raw() {
        Ok(())
    } else {
        bail!("the user {peer} may not control this server")
    }
}

async fn send(writer: &mut OwnedWriteHalf, answer: &Answer) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    Ok(writer.write_all(&line).await?)
}
