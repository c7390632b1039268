//! The program, started for one test and ended with it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::database::{Databases, program};
use super::{Http, Person};

/// Password of everybody in tests.
pub(crate) const PASSWORD: &str = "le télégraphe optique";

/// Where the log of a server is, whose configuration says anything of the log.
const LOG: &str = "log";

/// A running server on a data directory of its own, and on databases of its own when the tests run
/// on PostgreSQL. Dropping it kills the process.
pub(crate) struct Server {
    process: Child,
    output: Lines<BufReader<ChildStdout>>,
    // After the process, which would hold on to them.
    databases: Option<Databases>,
    directory: TempDir,
    pub(crate) base: String,
    pub(crate) http: Http,
}

impl Server {
    /// A server as tests like it: open registration, cheap passwords, no limit on tries.
    pub(crate) async fn start() -> Self {
        Self::start_with("").await
    }

    /// The same, with further configuration: TOML sections that this one does not have
    /// (`[rooms]`…), or in place of those that it has (`[registration]`, `[limits]`).
    pub(crate) async fn start_with(configuration: &str) -> Self {
        Self::start_on(Databases::fresh(), configuration).await
    }

    /// The same, with nobody else's data beside its own: [`Self::files_with`] then searches every
    /// byte that any program wrote for it, PostgreSQL's write-ahead log among them.
    pub(crate) async fn start_alone(configuration: &str) -> Self {
        Self::start_on(Databases::alone(), configuration).await
    }

    async fn start_on(databases: Option<Databases>, configuration: &str) -> Self {
        Ground::prepare(databases, configuration).start().await
    }

    /// Runs a command of the program beside the server, with its configuration; what it said.
    pub(crate) async fn runs(&self, arguments: &[&str]) -> Said {
        run(self.directory.path(), self.databases.as_ref(), arguments).await
    }

    /// The addresses of the data's database and of the keyring's, where it runs on PostgreSQL.
    pub(crate) fn database_urls(&self) -> [(&'static str, String); 2] {
        self.databases.as_ref().expect("databases").urls()
    }

    /// What the server logged, where its configuration has a section for that.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join(LOG)).expect("a log")
    }

    /// Where the server was prepared: the configuration and what is relative to it.
    pub(crate) fn ground(&self) -> &Path {
        self.directory.path()
    }
}

/// Where a server can be started: a configuration, a directory, fresh databases, and no data yet.
pub(crate) struct Ground {
    databases: Option<Databases>,
    directory: TempDir,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) success: bool,
    pub(crate) out: String,
    pub(crate) error: String,
}

impl Ground {
    /// A place for another server of the same name.
    pub(crate) fn fresh() -> Self {
        Self::prepare(Databases::fresh(), "")
    }

    /// The same, with further configuration.
    pub(crate) fn with(configuration: &str) -> Self {
        Self::prepare(Databases::fresh(), configuration)
    }

    /// The same, on files whatever else the tests run on.
    pub(crate) fn on_files() -> Self {
        Self::prepare(None, "")
    }

    /// The same, on databases of a PostgreSQL server of its own, whatever else the tests run on.
    pub(crate) fn on_postgres() -> Self {
        Self::prepare(Some(Databases::of_their_own()), "")
    }

    fn prepare(databases: Option<Databases>, configuration: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let unless_given = |section: &str, keys: &str| {
            let given = configuration.contains(section);
            if given { String::new() } else { format!("{section}\n{keys}") }
        };
        let registration = unless_given("[registration]", "mode = \"open\"");
        let limits = unless_given("[limits]", "rates = false");
        let text = format!(
            "[server]\nname = \"chappe.example\"\ndata_directory = \"{data}\"\n\
             [listen]\naddresses = [\"127.0.0.1:0\"]\n\
             [passwords]\nmemory_kib = 8\niterations = 1\n\
             {registration}\n{limits}\n{configuration}\n",
            data = directory.path().join("data").display(),
        );
        std::fs::write(directory.path().join("chappe.toml"), text).expect("a file");
        Self { databases, directory }
    }

    /// Starts the server.
    pub(crate) async fn start(self) -> Server {
        let Self { databases, directory } = self;
        let (process, output, base) = spawn(directory.path(), databases.as_ref()).await;
        let http = Http::new(&base);
        Server { process, output, databases, directory, base, http }
    }

    /// Runs a command of the program, with this configuration; what it said.
    pub(crate) async fn runs(&self, arguments: &[&str]) -> Said {
        run(self.directory.path(), self.databases.as_ref(), arguments).await
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}

impl Said {
    /// What it said on its way to success.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert!(self.success, "{self:?}");
        self.out
    }

    /// What it complained of.
    #[track_caller]
    pub(crate) fn failed(self) -> String {
        assert!(!self.success, "{self:?}");
        self.out + &self.error
    }
}

impl Server {
    /// Stops the server as an operator does, and starts it on the same data.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    /// Asks the server to stop and waits until it has.
    pub(crate) async fn stop(&mut self) {
        let id = self.process.id().expect("a running process").to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill");
        assert!(asked.success());
        self.process.wait().await.expect("an end");
    }

    /// Kills the server in the middle of whatever it does.
    pub(crate) async fn kill(&mut self) {
        self.process.kill().await.expect("an end");
    }

    /// Starts the server again, after [`Self::stop`] or [`Self::kill`], on the same data.
    pub(crate) async fn start_again(&mut self) {
        let started = spawn(self.directory.path(), self.databases.as_ref()).await;
        (self.process, self.output, self.base) = started;
        self.http = Http::new(&self.base);
    }

    /// Opens an account and a session.
    pub(crate) async fn register(&self, name: &str) -> Person {
        let request = json!({
            "username": name, "password": PASSWORD, "auth": { "type": "m.login.dummy" },
        });
        let session = self.http.post("/_matrix/client/v3/register", request).await.ok();
        Person::of(self.http.clone(), &session)
    }

    /// Opens a further session of somebody, on a new device.
    pub(crate) async fn sign_in(&self, name: &str) -> Person {
        let request = json!({
            "type": "m.login.password", "password": PASSWORD,
            "identifier": { "type": "m.id.user", "user": name },
        });
        let session = self.http.post("/_matrix/client/v3/login", request).await.ok();
        Person::of(self.http.clone(), &session)
    }

    /// The same session of a person, on the server as it runs now: after a restart.
    pub(crate) fn again(&self, person: &Person) -> Person {
        Person { http: self.http.clone(), ..person.clone() }
    }

    /// Where data and keys are kept.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The process's id, for what the system tells of it.
    pub(crate) fn id(&self) -> u32 {
        self.process.id().expect("a running process")
    }

    /// Files that contain these bytes: under the data directory, and of the databases.
    pub(crate) fn files_with(&self, needle: &[u8]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        search(&self.data(), needle, &mut found);
        for directory in self.databases.iter().flat_map(Databases::directories) {
            search(&directory, needle, &mut found);
        }
        found
    }
}

fn search(directory: &Path, needle: &[u8], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let entry = entry.expect("an entry");
        let (path, kind) = (entry.path(), entry.file_type());
        // What is removed meanwhile is nowhere; a socket holds nothing.
        let Ok(kind) = kind else { continue };
        if kind.is_dir() {
            search(&path, needle, found);
        } else if kind.is_file() {
            let bytes = match std::fs::read(&path) {
                Ok(bytes) => bytes,
                // PostgreSQL goes on working, and what it has removed is nowhere.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => panic!("{}: {error}", path.display()),
            };
            if memchr::memmem::find(&bytes, needle).is_some() {
                found.push(path);
            }
        }
    }
}

/// Runs a command to its end.
async fn run(directory: &Path, databases: Option<&Databases>, arguments: &[&str]) -> Said {
    let ran = Command::from(program(databases))
        .args(arguments)
        .current_dir(directory)
        .kill_on_drop(true)
        .output()
        .await
        .expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Said { success: ran.status.success(), out: text(ran.stdout), error: text(ran.stderr) }
}

/// Starts the program and waits until it says that it is ready, and where.
async fn spawn(
    directory: &Path,
    databases: Option<&Databases>,
) -> (Child, Lines<BufReader<ChildStdout>>, String) {
    let configuration = std::fs::read_to_string(directory.join("chappe.toml"));
    let log = if configuration.expect("a configuration").contains("[log]") {
        Stdio::from(std::fs::File::create(directory.join(LOG)).expect("a file"))
    } else {
        Stdio::inherit()
    };
    let mut process = Command::from(program(databases))
        .args(["serve", "--config", "chappe.toml"])
        .current_dir(directory)
        .stdout(Stdio::piped())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let stdout = process.stdout.take().expect("an output");
    let mut output = BufReader::new(stdout).lines();
    let line =
        output.next_line().await.expect("a line").expect("the program says that it is ready");
    let base = line.strip_prefix("chappe is ready on ").expect("its address").to_owned();
    (process, output, base)
}
