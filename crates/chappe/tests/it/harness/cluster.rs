//! Several nodes over the same databases and the same S3 store, each a real process.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;
use throwaway::{Keys, Postgres, Process, S3};

use super::database::{Databases, program};
use super::{Http, PASSWORD, Person};

/// How long anything that must come about may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
/// How often we look whether it has.
pub(crate) const GLANCE: Duration = Duration::from_millis(20);

/// Passwords of the database and of the S3 store: words that no log may hold.
const SECRETS: [&str; 2] = ["sesame-of-the-database", "sesame-of-the-files"];
const BUCKET: &str = "files";
const KEY_FILE: &str = "key-encryption-key";

/// How a node is started: the way to its databases, and its environment.
#[derive(Clone)]
pub(crate) struct Way {
    data: String,
    keyring: String,
    environment: Vec<(&'static str, String)>,
}

impl Way {
    /// To the databases `data` and `keyring` of a server at `host:port`, or at one of several
    /// (`host:port,host:port`).
    pub(crate) fn to(servers: &str) -> Self {
        // The server asks nobody who they are: the password is there to be looked for.
        let url = |name: &str| format!("postgres://chappe:{}@{servers}/{name}", SECRETS[0]);
        Self { data: url("data"), keyring: url("keyring"), environment: Vec::new() }
    }

    /// The same, with a variable in the node's environment.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }
}

/// Makes the two empty databases of a cluster on a server of its own.
pub(crate) fn make_databases(server: &Postgres) {
    for name in ["data", "keyring"] {
        server.create_database(name).expect("a database");
    }
}

/// Where the nodes answer now: clients share it, as a node that starts again has another port.
#[derive(Clone, Default)]
pub(crate) struct Addresses(Arc<Mutex<Vec<String>>>);

impl Addresses {
    /// The address of a node; numbers beyond the last begin again with the first.
    pub(crate) fn of(&self, node: usize) -> String {
        let addresses = self.0.lock().expect("addresses");
        addresses[node % addresses.len()].clone()
    }

    fn set(&self, node: usize, address: &str) {
        let mut addresses = self.0.lock().expect("addresses");
        if addresses.len() <= node {
            addresses.resize(node + 1, String::new());
        }
        address.clone_into(&mut addresses[node]);
    }
}

/// Nodes, equal to each other. Dropping it ends them.
pub(crate) struct Cluster {
    nodes: Vec<Node>,
    pub(crate) addresses: Addresses,
    pub(crate) s3: S3,
    way: Way,
    http: Http,
    // After the nodes, which hold on to them.
    _databases: Option<Databases>,
    directory: TempDir,
}

impl Cluster {
    /// Nodes over fresh databases that nothing happens to.
    pub(crate) async fn start(nodes: usize) -> Self {
        let databases = Databases::fresh().unwrap_or_else(Databases::of_their_own);
        let [(_, data), (_, keyring)] = databases.urls();
        let way = Way { data, keyring, environment: Vec::new() };
        Self::open(&vec![way; nodes], Some(databases)).await
    }

    /// A node for each way. The databases are migrated first, on the first one.
    pub(crate) async fn over(ways: &[Way]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let first = Node::prepare(directory.path(), 0, &ways[0], "http://127.0.0.1:9");
        first.runs(&["migrate"]).expect("the databases are migrated");
        Self::open(ways, None).await
    }

    async fn open(ways: &[Way], databases: Option<Databases>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let [_, secret_access_key] = SECRETS.map(ToOwned::to_owned);
        let keys = Keys { access_key_id: "chappe".to_owned(), secret_access_key };
        let s3 = S3::start(&directory.path().join("s3"), keys).expect("an S3 server");
        s3.create_bucket(BUCKET).expect("a bucket");
        let mut cluster = Self {
            nodes: Vec::new(),
            addresses: Addresses::default(),
            s3,
            way: ways[0].clone(),
            http: Http::new(""),
            _databases: databases,
            directory,
        };
        for way in ways {
            cluster.adds(way).await;
        }
        cluster
    }

    /// Starts a further node. All but the first have the first one's key-encryption key.
    async fn adds(&mut self, way: &Way) {
        let number = self.nodes.len();
        self.nodes.push(self.prepares(way));
        self.starts(number).await;
    }

    /// A further node like the first, neither started nor counted yet.
    pub(crate) fn prepares_another(&self) -> Node {
        self.prepares(&self.way)
    }

    fn prepares(&self, way: &Way) -> Node {
        let number = self.nodes.len();
        let node = Node::prepare(self.directory.path(), number, way, &self.s3.endpoint());
        if let Some(first) = self.nodes.first() {
            std::fs::copy(first.key_file(), node.key_file()).expect("the key is copied");
        }
        node
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Starts a node, or starts it again, and waits until it is ready.
    pub(crate) async fn starts(&mut self, node: usize) {
        let address = self.nodes[node].start().await;
        self.addresses.set(node, &address);
    }

    /// Kills a node in the middle of whatever it does.
    pub(crate) fn kills(&mut self, node: usize) {
        self.nodes[node].process.take().expect("a running node").kill().expect("an end");
    }

    /// Asks a node to stop and waits until it has.
    pub(crate) async fn stops(&mut self, node: usize) {
        let process = self.nodes[node].process.take().expect("a running node");
        let stopped = tokio::task::spawn_blocking(move || process.stop());
        let status = stopped.await.expect("it was waited for").expect("an end");
        assert!(status.success(), "{status}:\n{}", self.log(node));
    }

    /// What a node has logged, all its processes together.
    pub(crate) fn log(&self, node: usize) -> String {
        self.nodes[node].log()
    }

    /// Waits until a node says that it is well (200), or that it is not (503).
    pub(crate) async fn becomes(&self, node: usize, status: u16) {
        let start = Instant::now();
        let mut last = None;
        while start.elapsed() < PATIENCE {
            let answer = self.http.at(&self.addresses.of(node)).get("/_chappe/health").await;
            last = Some(answer.status);
            if last == Some(status) {
                return;
            }
            tokio::time::sleep(GLANCE).await;
        }
        panic!("node {node} is {last:?} and not {status}:\n{}", self.log(node));
    }

    /// Waits until every node says so.
    pub(crate) async fn all_become(&self, status: u16) {
        for node in 0..self.nodes.len() {
            self.becomes(node, status).await;
        }
    }

    /// Waits until a node has logged something.
    pub(crate) async fn logs(&self, node: usize, words: &str) {
        let start = Instant::now();
        while !self.log(node).contains(words) {
            assert!(start.elapsed() < PATIENCE, "{words:?} is not in:\n{}", self.log(node));
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Fails when a log holds one of these words, or a secret of the cluster's own.
    pub(crate) fn keeps_to_itself(&self, words: &[&str]) {
        for node in 0..self.nodes.len() {
            let log = self.log(node);
            for word in words.iter().chain(&SECRETS).chain(&[PASSWORD]) {
                assert!(!log.contains(word), "a log holds {word:?}:\n{log}");
            }
        }
    }

    /// Opens an account and a session at a node.
    pub(crate) async fn register(&self, node: usize, name: &str) -> Person {
        let request = json!({
            "username": name, "password": PASSWORD, "auth": { "type": "m.login.dummy" },
        });
        let http = self.http.at(&self.addresses.of(node));
        let session = http.post("/_matrix/client/v3/register", request).await.ok();
        Person::of(http, &session)
    }

    /// Opens a further session of somebody at a node.
    pub(crate) async fn sign_in(&self, node: usize, name: &str) -> Person {
        let request = json!({
            "type": "m.login.password", "password": PASSWORD,
            "identifier": { "type": "m.id.user", "user": name },
        });
        let http = self.http.at(&self.addresses.of(node));
        let session = http.post("/_matrix/client/v3/login", request).await.ok();
        Person::of(http, &session)
    }

    /// A person's session at a node.
    pub(crate) fn on(&self, node: usize, person: &Person) -> Person {
        person.at(&self.addresses.of(node))
    }
}

impl Drop for Cluster {
    /// When a test fails, what the nodes have to say of it is wanted.
    #[expect(clippy::print_stderr, reason = "it belongs to the failure's message")]
    fn drop(&mut self) {
        for (number, node) in self.nodes.iter_mut().enumerate() {
            if std::thread::panicking() {
                eprintln!("log of node {number}:\n{}", node.log());
            }
            // Not politely: its database may be away for good, and it would wait for it.
            if let Some(process) = node.process.take() {
                process.kill().expect("an end");
            }
        }
    }
}

/// One node: its configuration and, while it runs, its process.
pub(crate) struct Node {
    directory: PathBuf,
    environment: Vec<(&'static str, String)>,
    process: Option<Process>,
}

impl Node {
    /// Writes its configuration, in a directory below that of its cluster.
    pub(crate) fn prepare(cluster: &Path, number: usize, way: &Way, endpoint: &str) -> Self {
        let directory = cluster.join(format!("node-{number}"));
        std::fs::create_dir_all(directory.join("keyring")).expect("a directory");
        let text = configuration(way, endpoint);
        std::fs::write(directory.join("chappe.toml"), text).expect("a file");
        Self { directory, environment: way.environment.clone(), process: None }
    }

    /// The file of its key-encryption key.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.directory.join("keyring").join(KEY_FILE)
    }

    /// Runs a command of the program to its end; what it said, on either side.
    pub(crate) fn runs(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.command(arguments).output().expect("the program starts");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        if output.status.success() { Ok(text) } else { Err(text) }
    }

    /// Starts it and waits until it says where it is ready.
    async fn start(&mut self) -> String {
        match self.begins().await {
            Ok((process, address)) => {
                self.process = Some(process);
                address
            }
            Err(status) => panic!("a node ended at once: {status}\n{}", self.log()),
        }
    }

    /// Starts it in vain; what it said of the reason.
    pub(crate) async fn refuses_to_start(&self) -> String {
        assert!(self.begins().await.is_err(), "it started all the same");
        self.log()
    }

    /// Starts it and waits until it says where it is ready, or until it has ended.
    async fn begins(&self) -> Result<(Process, String), ExitStatus> {
        let said = self.directory.join("said");
        let log = File::options().create(true).append(true).open(self.directory.join("log"));
        let mut command = self.command(&["serve"]);
        command.stdout(File::create(&said).expect("a file")).stderr(log.expect("a log"));
        let mut process = Process::start(&mut command).expect("a node starts");
        let start = Instant::now();
        loop {
            let text = std::fs::read_to_string(&said).expect("what it says");
            let ready = text.strip_suffix('\n').and_then(|line| line.split_once(" is ready on "));
            if let Some((_, address)) = ready {
                return Ok((process, address.to_owned()));
            }
            if let Some(status) = process.ended().expect("a process") {
                return Err(status);
            }
            assert!(start.elapsed() < PATIENCE, "a node is not ready:\n{}", self.log());
            tokio::time::sleep(GLANCE).await;
        }
    }

    fn log(&self) -> String {
        let bytes = std::fs::read(self.directory.join("log")).expect("a log");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(None);
        command.args(arguments).args(["--config", "chappe.toml"]).current_dir(&self.directory);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

fn configuration(Way { data, keyring, .. }: &Way, endpoint: &str) -> String {
    format!(
        "[server]\nname = \"chappe.example\"\n\
         data_directory = \"data\"\nkeyring_directory = \"keyring\"\n\
         [listen]\naddresses = [\"127.0.0.1:0\"]\n\
         [passwords]\nmemory_kib = 8\niterations = 1\n\
         [registration]\nmode = \"open\"\n\
         [limits]\nrates = false\n\
         [store]\nengine = \"postgres\"\nurl = \"{data}\"\nconnections = 8\n\
         [keyring]\nurl = \"{keyring}\"\n\
         [media]\nurl = \"s3://{BUCKET}\"\nendpoint = \"{endpoint}\"\n\
         access_key_id = \"chappe\"\nsecret_access_key = \"{}\"\n",
        SECRETS[1]
    )
}
