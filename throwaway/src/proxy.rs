//! A TCP proxy that can hold everything back, or cut everything off: a network at its worst.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::background::Background;

/// Bytes carried at a time.
const PIECE: usize = 64 << 10;

/// What happens to bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passage {
    Open,
    Frozen,
    Cut,
}

/// A proxy in front of a server. Dropping it cuts every connection.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    server: Arc<Mutex<SocketAddr>>,
    passage: watch::Sender<Passage>,
    running: Option<Background>,
}

impl Proxy {
    /// A proxy on a free port of this machine.
    pub fn start(server: SocketAddr) -> anyhow::Result<Self> {
        let mut proxy = Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            server: Arc::new(Mutex::new(server)),
            passage: watch::Sender::new(Passage::Open),
            running: None,
        };
        proxy.restore()?;
        Ok(proxy)
    }

    /// Where to connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Leads new connections to another server: after a failover.
    pub fn lead_to(&self, server: SocketAddr) {
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = server;
    }

    /// Holds everything back: connections stay open, nothing passes, new ones hang. What was on
    /// its way arrives after [`Self::restore`].
    pub fn freeze(&self) {
        self.passage.send_replace(Passage::Frozen);
    }

    /// Resets every connection, and refuses new ones.
    pub fn cut(&mut self) {
        self.passage.send_replace(Passage::Cut);
        self.running = None;
    }

    /// Lets everything pass, as in the beginning.
    pub fn restore(&mut self) -> anyhow::Result<()> {
        self.passage.send_replace(Passage::Open);
        if self.running.is_some() {
            return Ok(());
        }
        let listener = TcpListener::bind(self.address).context("the proxy cannot listen")?;
        self.address = listener.local_addr().context("the proxy's address")?;
        listener.set_nonblocking(true).context("the proxy cannot listen")?;
        let (server, passage) = (Arc::clone(&self.server), self.passage.subscribe());
        let work = move |stopped| accept(listener, server, passage, stopped);
        self.running = Some(Background::start(work)?);
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
    }
}

/// Takes connections until told to stop; each has then been reset.
async fn accept(
    listener: TcpListener,
    server: Arc<Mutex<SocketAddr>>,
    passage: watch::Receiver<Passage>,
    mut stopped: oneshot::Receiver<()>,
) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => break,
        };
        // A client that is gone again is none of ours.
        let Ok((client, _)) = accepted else { continue };
        let (server, passage) = (Arc::clone(&server), passage.clone());
        connections.spawn(connection(client, server, passage));
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    connections.join_all().await;
}

/// One client's connection, to its end.
async fn connection(
    mut client: TcpStream,
    server: Arc<Mutex<SocketAddr>>,
    passage: watch::Receiver<Passage>,
) {
    let mut cut = passage.clone();
    let mut onward = None;
    let whole = async {
        opened(&mut passage.clone()).await?;
        let address = *server.lock().unwrap_or_else(PoisonError::into_inner);
        let server = onward.insert(TcpStream::connect(address).await?);
        // Small answers are not to wait for more.
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        tokio::try_join!(
            carry(from_client, to_server, passage.clone()),
            carry(from_server, to_client, passage),
        )
    };
    let was_cut = tokio::select! {
        // An end, however it comes, is the end of both sides.
        _ = whole => false,
        _ = cut.wait_for(|passage| *passage == Passage::Cut) => true,
    };
    if was_cut {
        // Without lingering, closing is a reset. It fails only on a connection that is gone.
        let _ = client.set_zero_linger();
        let _ = onward.map(|server| server.set_zero_linger());
    }
}

/// Carries bytes one way, until they end.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut passage: watch::Receiver<Passage>,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let length = from.read(&mut piece).await?;
        opened(&mut passage).await?;
        match piece.get(..length) {
            Some([]) | None => return to.shutdown().await,
            Some(bytes) => to.write_all(bytes).await?,
        }
    }
}

/// Waits until bytes may pass.
async fn opened(passage: &mut watch::Receiver<Passage>) -> io::Result<()> {
    let open = passage.wait_for(|passage| *passage == Passage::Open).await;
    open.map(drop).map_err(|_| io::ErrorKind::ConnectionAborted.into())
}
