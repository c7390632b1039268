//! Where a test's files are: a directory, or a real S3 server behind a network that tests hurt.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use base::secret::Secret;
use media::{S3Settings, Storage};
use tempfile::TempDir;
use throwaway::{Keys, Proxy, S3};

const BUCKET: &str = "files";
const PREFIX: &str = "of/one";
pub(crate) const ACCESS_KEY_ID: &str = "knownkey";
pub(crate) const SECRET: &str = "thesecretofthiskey";

pub(crate) struct Place {
    folder: TempDir,
    /// Of a directory elsewhere.
    data: Option<PathBuf>,
    s3: Option<Remote>,
}

pub(crate) struct Remote {
    pub(crate) server: S3,
    pub(crate) network: Proxy,
}

impl Place {
    pub(crate) fn directory() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), data: None, s3: None }
    }

    /// A directory on a certain disk.
    pub(crate) fn on(disk: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, data: Some(disk.join("media")), s3: None }
    }

    pub(crate) fn s3() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = server(folder.path(), SECRET);
        let network = Proxy::start(address(&server)).unwrap();
        Self { folder, data: None, s3: Some(Remote { server, network }) }
    }

    pub(crate) fn storage(&self) -> Storage {
        match &self.s3 {
            None => Storage::Directory(self.data()),
            Some(remote) => Storage::S3(S3Settings {
                bucket: BUCKET.to_owned(),
                prefix: PREFIX.to_owned(),
                endpoint: Some(format!("http://{}", remote.network.address())),
                region: "here".to_owned(),
                access_key_id: ACCESS_KEY_ID.to_owned(),
                secret_access_key: Secret::new(SECRET.to_owned()),
            }),
        }
    }

    /// The storage cannot be reached: nobody listens, or the directory is not mounted.
    pub(crate) fn goes_away(&mut self) {
        match &mut self.s3 {
            None => std::fs::rename(self.data(), self.elsewhere()).unwrap(),
            Some(remote) => remote.network.cut(),
        }
    }

    pub(crate) fn comes_back(&mut self) {
        match &mut self.s3 {
            None => std::fs::rename(self.elsewhere(), self.data()).unwrap(),
            Some(remote) => remote.network.restore().unwrap(),
        }
    }

    pub(crate) fn is_directory(&self) -> bool {
        self.s3.is_none()
    }

    pub(crate) fn remote(&mut self) -> &mut Remote {
        self.s3.as_mut().unwrap()
    }

    /// A server over the same files, of which only others know the secret.
    pub(crate) fn other_server(&self) -> S3 {
        server(self.folder.path(), "anothersecret")
    }

    /// Every file in the storage, also of what is not complete.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect(self.folder.path(), &mut found);
        // What the S3 server notes of complete objects.
        let notes = [".internal.json", ".metadata.json"];
        found.retain(|path| !notes.iter().any(|end| path.to_string_lossy().ends_with(end)));
        found
    }

    fn data(&self) -> PathBuf {
        let name = if self.is_directory() { "media" } else { BUCKET };
        self.data.clone().unwrap_or_else(|| self.folder.path().join(name))
    }

    fn elsewhere(&self) -> PathBuf {
        self.folder.path().join("elsewhere")
    }

    /// The bucket goes, though the server answers.
    pub(crate) fn loses_its_bucket(&self) {
        std::fs::rename(self.data(), self.elsewhere()).unwrap();
    }

    pub(crate) fn finds_its_bucket(&self) {
        std::fs::rename(self.elsewhere(), self.data()).unwrap();
    }
}

impl Remote {
    /// From now on another server answers, also whom was connected.
    pub(crate) fn leads_to(&mut self, server: SocketAddr) {
        self.network.lead_to(server);
        self.network.cut();
        self.network.restore().unwrap();
    }
}

fn server(folder: &Path, secret: &str) -> S3 {
    let keys =
        Keys { access_key_id: ACCESS_KEY_ID.to_owned(), secret_access_key: secret.to_owned() };
    let server = S3::start(folder, keys).unwrap();
    server.create_bucket(BUCKET).unwrap();
    server
}

pub(crate) fn address(server: &S3) -> SocketAddr {
    server.endpoint().strip_prefix("http://").unwrap().parse().unwrap()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, found) } else { found.push(path) }
    }
}
