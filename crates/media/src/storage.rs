//! Where files are kept: a directory, or a bucket of an S3 store.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::secret::Secret;
use http::Uri;
use object_store::aws::AmazonS3Builder;
use object_store::chunked::ChunkedStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path as BlobPath;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use vault::SEALED_CHUNK;

use crate::error::MediaError;

/// Bytes handed to a disk at a time.
const DISK_PART: usize = 16 * SEALED_CHUNK;
/// Bytes read at a time from a file: its own default of 8 KiB costs a thread's turn each.
const DISK_PIECE: usize = 4 * SEALED_CHUNK;
/// Bytes of a part of an S3 upload: the protocol wants 5 MiB at least, and allows 10,000 of them.
const S3_PART: usize = 80 * SEALED_CHUNK;
/// How long an S3 store may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// How long it may take to answer, and between two pieces of an answer.
const ANSWER: Duration = Duration::from_secs(20);
/// How often a request that failed is repeated,
const RETRIES: usize = 2;
/// and how long after its beginning at most.
const RETRY_UNTIL: Duration = Duration::from_secs(5);

/// Where files are kept. The nodes of a cluster all use the same: a bucket, or a directory that
/// they share over the network.
#[derive(Debug)]
pub enum Storage {
    /// A directory, which is made if it is not there.
    Directory(PathBuf),
    /// A bucket.
    S3(S3Settings),
}

/// A bucket of an S3 store, and how to get at it.
#[derive(Debug)]
pub struct S3Settings {
    /// The bucket, which must be there.
    pub bucket: String,
    /// What the names of our objects begin with; may be empty.
    pub prefix: String,
    /// Where the store answers: an `https://` address, or `http://` on this machine. `None` is
    /// Amazon's own. The bucket is then part of the path and not of the host's name, which every
    /// other store understands.
    pub endpoint: Option<String>,
    /// The region, which is part of every signature.
    pub region: String,
    /// The public half of what we prove ourselves with.
    pub access_key_id: String,
    /// The secret half.
    pub secret_access_key: Secret<String>,
}

/// A storage that was opened. Nothing has been asked of it yet.
pub(crate) struct Place {
    pub(crate) objects: Arc<dyn ObjectStore>,
    /// What every path begins with.
    pub(crate) root: BlobPath,
    /// Bytes handed over at a time.
    pub(crate) part: usize,
    /// Only of a directory.
    pub(crate) directory: Option<PathBuf>,
}

impl Storage {
    /// Opens it. An S3 store need not answer now.
    pub(crate) fn open(&self) -> Result<Place, MediaError> {
        match self {
            Self::Directory(directory) => open_directory(directory),
            Self::S3(settings) => settings.open(),
        }
    }
}

fn open_directory(directory: &Path) -> Result<Place, MediaError> {
    let failed = |reason: String| {
        MediaError::Settings(format!("directory {}: {reason}", directory.display()))
    };
    std::fs::create_dir_all(directory).map_err(|error| failed(error.to_string()))?;
    let files = LocalFileSystem::new_with_prefix(directory);
    let files = files.map_err(|error| failed(error.to_string()))?.with_fsync(true);
    let objects = Arc::new(ChunkedStore::new(Arc::new(files), DISK_PIECE));
    let directory = Some(directory.to_owned());
    Ok(Place { objects, root: BlobPath::default(), part: DISK_PART, directory })
}

impl S3Settings {
    fn open(&self) -> Result<Place, MediaError> {
        let root = BlobPath::parse(&self.prefix);
        let root = root.map_err(|error| MediaError::Settings(format!("prefix: {error}")))?;
        // The certificate of a host named for a bucket does not cover dots in its name.
        let in_host = self.endpoint.is_none() && !self.bucket.contains('.');
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_access_key_id(&self.access_key_id)
            .with_secret_access_key(self.secret_access_key.expose())
            .with_virtual_hosted_style_request(in_host)
            .with_retry(retries());
        let mut plain = false;
        if let Some(endpoint) = &self.endpoint {
            plain = is_plain(endpoint)?;
            builder = builder.with_endpoint(endpoint);
        }
        // No time for a request in all: a large file may take long to whom reads slowly.
        let client = ClientOptions::new()
            .with_allow_http(plain)
            .with_connect_timeout(CONNECT)
            .with_read_timeout(ANSWER)
            .with_timeout_disabled();
        let objects = builder.with_client_options(client).build();
        let objects = objects.map_err(|error| MediaError::Settings(error.to_string()))?;
        Ok(Place { objects: Arc::new(objects), root, part: S3_PART, directory: None })
    }
}

fn retries() -> RetryConfig {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(1),
        ..BackoffConfig::default()
    };
    RetryConfig { backoff, max_retries: RETRIES, retry_timeout: RETRY_UNTIL }
}

/// Whether an endpoint speaks without TLS, which is allowed inside this machine only. What is
/// wrong with it is told without it: people put passwords into addresses.
fn is_plain(endpoint: &str) -> Result<bool, MediaError> {
    let wrong = |reason: &str| MediaError::Settings(format!("endpoint: {reason}"));
    let uri: Uri = endpoint.parse().map_err(|_| wrong("it is no address"))?;
    if uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
        return Err(wrong("it needs a host, without a name or a password before it"));
    }
    if uri.query().is_some() {
        return Err(wrong("it has a question mark"));
    }
    match uri.scheme_str() {
        Some("https") => Ok(false),
        Some("http") if uri.host().is_some_and(is_this_machine) => Ok(true),
        _ => Err(wrong("it must begin with https:// unless it is on this machine")),
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    host == "localhost" || address.is_ok_and(|address: IpAddr| address.is_loopback())
}
