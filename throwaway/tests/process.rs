//! Processes end with whoever started them.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use throwaway::Process;

/// Tells this program to be the owner that is killed.
const OWNER: &str = "THROWAWAY_TEST_OWNER";

/// Whether a process runs: neither gone nor waiting to be buried.
fn runs(id: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(id).join("stat"));
    stat.is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.starts_with(" Z"))
}

fn sleeper() -> Process {
    Process::start(Command::new("sleep").arg("600")).unwrap()
}

#[test]
fn a_process_ends_when_its_owner_lets_go_of_it() {
    let sleeper = sleeper();
    let id = sleeper.id().to_string();
    assert!(runs(&id));
    drop(sleeper);
    assert!(!runs(&id));
}

#[test]
fn a_process_ends_when_its_owner_is_killed() {
    if std::env::var_os(OWNER).is_some() {
        let sleeper = sleeper();
        writeln!(std::io::stdout(), "\nsleeper {}", sleeper.id()).unwrap();
        std::thread::sleep(Duration::from_mins(10));
    }
    let this = "a_process_ends_when_its_owner_is_killed";
    let mut owner = Command::new(std::env::current_exe().unwrap());
    owner.args(["--exact", this, "--nocapture"]).env(OWNER, "").stdout(Stdio::piped());
    let mut owner = owner.spawn().unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let id =
        lines.map(Result::unwrap).find_map(|line| Some(line.strip_prefix("sleeper ")?.to_owned()));
    let id = id.unwrap();
    assert!(runs(&id));

    owner.kill().unwrap();
    owner.wait().unwrap();

    let start = Instant::now();
    while runs(&id) {
        assert!(start.elapsed() < Duration::from_secs(10), "it outlives its owner");
        std::thread::sleep(Duration::from_millis(5));
    }
}
