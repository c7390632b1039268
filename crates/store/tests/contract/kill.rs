//! A process that is killed at any moment loses nothing that it acknowledged.
//!
//! The test starts itself as another process, which commits batches and prints the number of each
//! as soon as it is durable; kills it at a random moment; and looks at what it left.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use base::number::LogPosition;
use store::{Batch, Direction, LogEntry, Prefix, Store, Table};

const ROWS: Table<(u64, u64), Vec<u8>> = Table::new("rows");
const FILE: &str = "CHAPPE_TEST_STORE_FILE";
const ROUNDS: u64 = 12;
const ROWS_PER_BATCH: u64 = 3;

#[test]
fn kill_loses_nothing_that_was_acknowledged() {
    if let Some(file) = std::env::var_os(FILE) {
        return write_until_killed(Path::new(&file));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut acknowledged = BTreeSet::new();
    for round in 0..ROUNDS {
        let after = Duration::from_millis(20 + round * 23 % 160);
        acknowledged.extend(write_and_kill(&path, after));
        let kept = kept(&path);
        assert!(acknowledged.is_subset(&kept), "an acknowledged batch was lost");
    }
    assert!(acknowledged.len() > 100, "the rounds wrote {} batches only", acknowledged.len());
}

/// Lets another process write for a while; the batches that it acknowledged.
fn write_and_kill(path: &Path, after: Duration) -> BTreeSet<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "contract::kill::kill_loses_nothing_that_was_acknowledged"])
        .arg("--nocapture")
        .env(FILE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    // The clock starts when the first batch is durable, however slow the start was.
    let first = lines.find_map(|line| number(&line));
    let reader = std::thread::spawn(move || lines.filter_map(|line| number(&line)).collect());
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut acknowledged: BTreeSet<_> = reader.join().unwrap();
    acknowledged.extend(first);
    acknowledged
}

fn number(line: &str) -> Option<u64> {
    line.strip_prefix("durable ")?.parse().ok()
}

/// The batches in the file, each of which must be whole.
fn kept(path: &Path) -> BTreeSet<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let store = Store::open_redb(path, 1 << 20).unwrap();
        let log = store.read_log(LogPosition(0), usize::MAX).await.unwrap();
        assert!(log.iter().map(|entry| entry.position.0).eq(1..=store.log_end().0));
        let number = |entry: LogEntry| u64::from_be_bytes(entry.record.try_into().unwrap());
        let kept: BTreeSet<_> = log.into_iter().map(number).collect();
        let rows = ROWS.all(&store, &Prefix::all()).await.unwrap();
        let parts = |n: &u64| (0..ROWS_PER_BATCH).map(|part| (*n, part)).collect::<Vec<_>>();
        assert!(rows.into_iter().map(|(key, _)| key).eq(kept.iter().flat_map(parts)));
        kept
    })
}

/// The other process: eight tasks commit as fast as they can.
fn write_until_killed(path: &Path) {
    use std::io::Write;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let store = Store::open_redb(path, 1 << 20).unwrap();
    runtime.block_on(async {
        let newest = ROWS.scan(&store, &Prefix::all(), Direction::Backward, 1).await.unwrap();
        let mut numbers = newest.first().map_or(0, |((number, _), _)| *number) + 1..;
        let mut writers = tokio::task::JoinSet::new();
        for number in numbers.by_ref().take(8) {
            writers.spawn(commit_one(store.clone(), number));
        }
        while let Some(durable) = writers.join_next().await {
            let line = format!("durable {}\n", durable.unwrap());
            std::io::stdout().write_all(line.as_bytes()).unwrap();
            writers.spawn(commit_one(store.clone(), numbers.next().unwrap()));
        }
    });
}

async fn commit_one(store: Store, number: u64) -> u64 {
    let mut batch = Batch::new();
    batch.log(number.to_be_bytes().to_vec());
    for part in 0..ROWS_PER_BATCH {
        ROWS.put(&mut batch, &(number, part), &vec![7; 500]).unwrap();
    }
    store.commit(batch).await.unwrap();
    number
}
