//! What a run of batches asks of the database: pure.
//!
//! The database applies a run by a few statements over arrays, in no order among their rows. So
//! a run holds batches that do not touch each other, and each batch's operations are folded until
//! no key is touched twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::batch::{AtLog, Batch, Check, Operation};
use crate::committer::counter;
use crate::error::StoreError;

/// A table and a key in it.
type Place = (&'static str, Vec<u8>);
/// A table and a part of it, from its first key to before its last, or to the table's end.
type Part = (&'static str, Vec<u8>, Option<Vec<u8>>);

/// What becomes of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Put(Vec<u8>),
    Delete,
    Add(i64),
}

/// A batch, folded: parts are removed first, then each key is written once, then rows at
/// positions of the log.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    pub(crate) parts: Vec<Part>,
    pub(crate) writes: BTreeMap<Place, Write>,
}

/// The batches of a run, by their places in the group.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) batches: Vec<usize>,
    pub(crate) folded: Vec<Folded>,
    written: BTreeMap<Place, Kind>,
    parts: Vec<Part>,
    at_log: BTreeSet<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Add,
    Other,
}

/// Folds a batch's operations.
pub(crate) fn fold(batch: &Batch) -> Result<Folded, StoreError> {
    let mut folded = Folded::default();
    for operation in &batch.operations {
        match operation {
            Operation::Put { table, key, value } => {
                folded.writes.insert((table, key.clone()), Write::Put(value.clone()));
            }
            Operation::Delete { table, key } => {
                folded.writes.insert((table, key.clone()), Write::Delete);
            }
            Operation::DeleteRange { table, from, to } => {
                let part = (*table, from.clone(), to.clone());
                folded.writes.retain(|place, _| !holds(&part, place));
                folded.parts.push(part);
            }
            Operation::Add { table, key, amount } => {
                let place = (*table, key.clone());
                let write = match folded.writes.get(&place) {
                    None => Write::Add(*amount),
                    Some(Write::Add(before)) => Write::Add(before.saturating_add(*amount)),
                    Some(Write::Delete) => Write::Put(amount.to_be_bytes().to_vec()),
                    Some(Write::Put(value)) => {
                        let sum = counter(table, Some(value))?.saturating_add(*amount);
                        Write::Put(sum.to_be_bytes().to_vec())
                    }
                };
                folded.writes.insert(place, write);
            }
        }
    }
    Ok(folded)
}

/// Parts a group of batches into runs, in order.
pub(crate) fn runs(batches: &[&Batch]) -> Result<Vec<Run>, StoreError> {
    let mut runs = vec![Run::default()];
    for (number, batch) in batches.iter().enumerate() {
        let folded = fold(batch)?;
        let fits = runs.last().is_some_and(|run| !run.touches(batch, &folded));
        if !fits {
            runs.push(Run::default());
        }
        if let Some(run) = runs.last_mut() {
            run.take(number, batch, folded);
        }
    }
    Ok(runs)
}

impl Run {
    /// Whether a batch must come after what is here.
    fn touches(&self, batch: &Batch, folded: &Folded) -> bool {
        let changed = |place: &Place| {
            self.written.contains_key(place) || self.parts.iter().any(|part| holds(part, place))
        };
        let at_log = |table: &str| self.at_log.contains(table);
        batch.checks.iter().map(place_of).any(|place| changed(&place) || at_log(place.0))
            || folded.writes.iter().any(|(place, write)| self.collides(place, write))
            || folded.parts.iter().any(|part| {
                at_log(part.0)
                    || self.parts.iter().any(|other| other.0 == part.0)
                    || self.written.keys().any(|place| holds(part, place))
            })
            || batch.at_log.iter().any(|row| self.parts.iter().any(|part| part.0 == row.table))
    }

    fn collides(&self, place: &Place, write: &Write) -> bool {
        let both_add = |kind: &Kind| *kind == Kind::Add && matches!(write, Write::Add(_));
        self.written.get(place).is_some_and(|kind| !both_add(kind))
            || self.at_log.contains(place.0)
            || self.parts.iter().any(|part| holds(part, place))
    }

    /// Leaves out batches that were refused.
    pub(crate) fn leave_out(&mut self, refused: impl Fn(usize) -> bool) {
        let kept =
            std::mem::take(&mut self.batches).into_iter().zip(std::mem::take(&mut self.folded));
        (self.batches, self.folded) = kept.filter(|(number, _)| !refused(*number)).unzip();
    }

    fn take(&mut self, number: usize, batch: &Batch, folded: Folded) {
        self.batches.push(number);
        for (place, write) in &folded.writes {
            let kind = if matches!(write, Write::Add(_)) { Kind::Add } else { Kind::Other };
            self.written.insert(place.clone(), kind);
        }
        self.parts.extend(folded.parts.iter().cloned());
        self.at_log.extend(batch.at_log.iter().map(|row: &AtLog| row.table));
        self.folded.push(folded);
    }
}

fn place_of(check: &Check) -> Place {
    match check {
        Check::Absent { table, key } | Check::Equals { table, key, .. } => (table, key.clone()),
    }
}

fn holds((table, from, to): &Part, (place, key): &Place) -> bool {
    table == place && from <= key && to.as_ref().is_none_or(|to| key < to)
}
