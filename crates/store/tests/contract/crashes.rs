//! Crashes: what was acknowledged is there, what was not is there whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use base::number::LogPosition;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::{Batch, CommitError, Counters, Crash, Moment, Prefix, Store, StoreError, Table};

use crate::contract::disk::Disk;

const ROWS: Table<u64, u64> = Table::new("rows");
const AT_LOG: Table<((), LogPosition), u64> = Table::new("at_log");
const COUNTS: Counters<u64> = Counters::new("counts");

on_every_engine!(
    random_batches_survive_a_crash_at_any_of_them,
    concurrent_batches_survive_a_crash_whole_or_not_at_all,
    a_crashed_store_says_that_it_is_closed,
    a_lost_answer_is_found_out_by_deciding_again,
);

/// What a batch does, in a form that is easy to make at random and to apply to a model.
#[derive(Clone, Debug)]
enum Step {
    Put(u64, u64),
    Delete(u64),
    DeleteRange(u64, u64),
    Add(u64, i64),
    Log(u64),
    CheckAbsent(u64),
    CheckEquals(u64, u64),
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    rows: BTreeMap<u64, u64>,
    counts: BTreeMap<u64, i64>,
    log: Vec<u64>,
}

impl Model {
    /// Applies a batch; whether its checks held.
    fn apply(&mut self, steps: &[Step]) -> bool {
        let holds = |step: &Step| match step {
            Step::CheckAbsent(key) => !self.rows.contains_key(key),
            Step::CheckEquals(key, value) => self.rows.get(key) == Some(value),
            _ => true,
        };
        if !steps.iter().all(holds) {
            return false;
        }
        for step in steps {
            match *step {
                Step::Put(key, value) => drop(self.rows.insert(key, value)),
                Step::Delete(key) => drop(self.rows.remove(&key)),
                Step::DeleteRange(from, to) => {
                    self.rows.retain(|key, _| *key < from || *key >= to);
                }
                Step::Add(key, amount) => *self.counts.entry(key).or_default() += amount,
                Step::Log(record) => self.log.push(record),
                Step::CheckAbsent(_) | Step::CheckEquals(..) => {}
            }
        }
        true
    }
}

fn batch(steps: &[Step]) -> Batch {
    let mut batch = Batch::new();
    for step in steps {
        match step {
            Step::Put(key, value) => ROWS.put(&mut batch, key, value).unwrap(),
            Step::Delete(key) => ROWS.delete(&mut batch, key),
            Step::DeleteRange(from, to) => {
                ROWS.delete_range(&mut batch, Prefix::all().from(from).before(to));
            }
            Step::Add(key, amount) => COUNTS.add(&mut batch, key, *amount),
            Step::Log(record) => {
                batch.log(record.to_be_bytes().to_vec());
                AT_LOG.put_at_log(&mut batch, &(), record).unwrap();
            }
            Step::CheckAbsent(key) => ROWS.check_absent(&mut batch, key),
            Step::CheckEquals(key, value) => ROWS.check_equals(&mut batch, key, value).unwrap(),
        }
    }
    batch
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0..8_u64;
    let value = || 0..4_u64;
    prop_oneof![
        6 => (key(), value()).prop_map(|(key, value)| Step::Put(key, value)),
        2 => key().prop_map(Step::Delete),
        1 => (key(), key()).prop_map(|(from, to)| Step::DeleteRange(from, to)),
        2 => (key(), -5..5_i64).prop_map(|(key, amount)| Step::Add(key, amount)),
        3 => any::<u64>().prop_map(Step::Log),
        1 => key().prop_map(Step::CheckAbsent),
        1 => (key(), value()).prop_map(|(key, value)| Step::CheckEquals(key, value)),
    ]
}

/// Everything that the store holds, checked to agree with itself.
async fn contents(store: &Store, model: &Model) -> Model {
    let log = store.read_log(LogPosition(0), usize::MAX).await.unwrap();
    assert!(log.iter().map(|entry| entry.position.0).eq(1..=log.len() as u64));
    let log: Vec<_> =
        log.into_iter().map(|entry| u64::from_be_bytes(entry.record.try_into().unwrap())).collect();
    let at_log = AT_LOG.all(store, &Prefix::all()).await.unwrap();
    assert!(at_log.iter().map(|(((), at), record)| (at.0, *record)).eq((1..).zip(log.clone())));
    let mut counts = BTreeMap::new();
    for key in model.counts.keys() {
        counts.insert(*key, COUNTS.get(store, key).await.unwrap());
    }
    let rows = ROWS.all(store, &Prefix::all()).await.unwrap().into_iter().collect();
    Model { rows, counts, log }
}

/// Commits the batches one by one until the crash; what is there afterwards is as the model says.
async fn crash_and_compare(disk: &Disk, batches: &[Vec<Step>], crash: Crash) {
    let mut model = Model::default();
    let store = disk.open_crashing(crash).await;
    let mut answers = 0;
    for steps in batches {
        let before = model.clone();
        let held = model.apply(steps);
        match store.commit(batch(steps)).await {
            Ok(_) => assert!(held),
            Err(CommitError::Conflict { .. }) => assert!(!held),
            Err(CommitError::Store(StoreError::Closed)) => {
                if crash.moment == Moment::BeforeCommit {
                    model = before;
                }
                break;
            }
            Err(CommitError::Store(error)) => panic!("{error}"),
        }
        answers += 1;
    }
    assert_eq!(answers, crash.at - 1);
    drop(store);
    let store = disk.open().await;
    let expected = model.clone();
    assert_eq!(contents(&store, &model).await, expected);
    // The store goes on from there.
    let more = [Step::Log(1), Step::Put(1, 1)];
    assert!(model.apply(&more));
    store.commit(batch(&more)).await.unwrap();
    assert_eq!(contents(&store, &model).await, model);
}

async fn random_batches_survive_a_crash_at_any_of_them(disk: Disk) {
    // A database takes a while to make.
    let cases = if matches!(disk, Disk::Postgres(_)) { 6 } else { 24 };
    let batches = prop::collection::vec(prop::collection::vec(step(), 0..8), 1..8);
    let mut runner = TestRunner::new(Config { cases, ..Config::default() });
    let handle = tokio::runtime::Handle::current();
    let checked = runner.run(&batches, |batches| {
        tokio::task::block_in_place(|| {
            handle.block_on(async {
                for at in 1..=batches.len() as u64 {
                    for moment in [Moment::BeforeCommit, Moment::BeforeAnswer] {
                        let own = another(&disk);
                        let empty = own.as_ref().unwrap_or(&disk);
                        crash_and_compare(empty, &batches, Crash { at, moment }).await;
                    }
                }
            });
        });
        Ok(())
    });
    checked.unwrap();
}

/// Another empty disk under the same engine; a database is emptied instead.
fn another(disk: &Disk) -> Option<Disk> {
    match disk {
        Disk::Memory(_) => Some(Disk::memory()),
        Disk::Redb(_) => Some(Disk::redb()),
        Disk::Postgres(database) => {
            database.wipe();
            None
        }
    }
}

async fn concurrent_batches_survive_a_crash_whole_or_not_at_all(disk: Disk) {
    for (turn, moment) in [Moment::BeforeCommit, Moment::BeforeAnswer].into_iter().enumerate() {
        let store = disk.open_crashing(Crash { at: 100, moment }).await;
        let base = turn as u64 * 1_000;
        let writers: Vec<_> = (0..16)
            .map(|writer| {
                let store = store.clone();
                tokio::spawn(write_until_closed(store, base + writer * 20))
            })
            .collect();
        let mut acknowledged = BTreeSet::new();
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
        drop(store);
        let store = disk.open().await;
        let rows: BTreeSet<_> =
            ROWS.all(&store, &Prefix::all()).await.unwrap().into_iter().map(|row| row.0).collect();
        let here = |name: &u64| rows.contains(&(name * 2));
        assert!(acknowledged.iter().all(here), "an acknowledged batch was lost");
        let whole = |name: u64| here(&name) == rows.contains(&(name * 2 + 1));
        assert!((base..base + 320).all(whole), "half of a batch is there");
        let log = store.read_log(LogPosition(0), usize::MAX).await.unwrap();
        assert!(log.iter().map(|entry| entry.position.0).eq(1..=log.len() as u64));
        assert_eq!(log.len() * 2, rows.len());
    }
}

/// Commits batches of two rows named from `first` on; the names that were acknowledged.
async fn write_until_closed(store: Store, first: u64) -> Vec<u64> {
    let mut acknowledged = Vec::new();
    for name in first..first + 20 {
        let steps = [Step::Put(name * 2, name), Step::Log(name), Step::Put(name * 2 + 1, name)];
        match store.commit(batch(&steps)).await {
            Ok(_) => acknowledged.push(name),
            Err(CommitError::Store(StoreError::Closed)) => break,
            Err(error) => panic!("{error}"),
        }
    }
    acknowledged
}

async fn a_crashed_store_says_that_it_is_closed(disk: Disk) {
    let store = disk.open_crashing(Crash { at: 1, moment: Moment::BeforeCommit }).await;
    let mut follower = store.follow(LogPosition(0));
    for _ in 0..2 {
        let refused = store.commit(batch(&[Step::Put(1, 1)])).await;
        assert!(matches!(refused, Err(CommitError::Store(StoreError::Closed))));
    }
    assert!(matches!(ROWS.get(&store, &1).await, Err(StoreError::Closed)));
    assert!(matches!(follower.next().await, Err(StoreError::Closed)));
}

async fn a_lost_answer_is_found_out_by_deciding_again(disk: Disk) {
    let send = [Step::CheckAbsent(7), Step::Put(7, 1), Step::Log(1)];
    let store = disk.open_crashing(Crash { at: 1, moment: Moment::BeforeAnswer }).await;
    store.commit(batch(&send)).await.unwrap_err();
    drop(store);
    let store = disk.open().await;
    let again = store.commit(batch(&send)).await;
    assert!(matches!(again, Err(CommitError::Conflict { table: "rows" })));
    assert_eq!(store.log_end(), LogPosition(1));
}
