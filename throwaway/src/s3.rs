//! A server of the S3 protocol over a directory, inside the process that uses it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::Context;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::background::Background;

/// What a client proves itself with.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Public half.
    pub access_key_id: String,
    /// Secret half.
    pub secret_access_key: String,
}

/// An S3 server whose buckets are the folders of a directory. Dropping it ends it; the directory
/// stays.
#[derive(Debug)]
pub struct S3 {
    address: SocketAddr,
    directory: PathBuf,
    keys: Keys,
    running: Option<Background>,
}

impl S3 {
    /// Serves a directory, which is made when it is not there.
    pub fn start(directory: &Path, keys: Keys) -> anyhow::Result<Self> {
        std::fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
        let (address, directory) = ((Ipv4Addr::LOCALHOST, 0).into(), directory.to_owned());
        let mut server = Self { address, directory, keys, running: None };
        server.start_again()?;
        Ok(server)
    }

    /// Where it answers: `http://127.0.0.1:port`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes a bucket, if it is not there.
    pub fn create_bucket(&self, name: &str) -> anyhow::Result<()> {
        let path = self.directory.join(name);
        std::fs::create_dir_all(&path).with_context(|| path.display().to_string())
    }

    /// Ends it: connections are cut, new ones refused.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// Starts it again after [`Self::stop`], on the same port and directory.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        let listener = TcpListener::bind(self.address).context("the S3 server cannot listen")?;
        self.address = listener.local_addr().context("the S3 server's address")?;
        listener.set_nonblocking(true).context("the S3 server cannot listen")?;
        let files = FileSystem::new(&self.directory);
        let files = files.map_err(|error| anyhow::anyhow!("the S3 server's files: {error:?}"))?;
        let mut service = S3ServiceBuilder::new(files);
        let Keys { access_key_id, secret_access_key } = &self.keys;
        let secret = secret_access_key.as_str();
        service.set_auth(SimpleAuth::from_single(access_key_id.as_str(), secret));
        let service = service.build();
        let running = Background::start(move |stopped| serve(listener, service, stopped))?;
        self.running = Some(running);
        Ok(())
    }
}

/// Answers until told to stop; then every connection ends where it is.
async fn serve(listener: TcpListener, service: S3Service, mut stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => return,
        };
        // A client that is gone again is none of ours.
        let Ok((stream, _)) = accepted else { continue };
        let service = service.clone();
        connections.spawn(async move {
            let builder = auto::Builder::new(TokioExecutor::new());
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            // It fails when the client goes away.
            let _ = connection.await;
        });
        while connections.try_join_next().is_some() {}
    }
}
