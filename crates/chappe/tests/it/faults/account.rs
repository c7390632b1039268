//! Whether what a cluster acknowledged is what it shows.

use std::collections::{BTreeMap, BTreeSet};

use super::key_traffic::Claims;
use super::load::Acknowledged;
use super::reader::{Timelines, whole_room};
use crate::harness::Roamer;

/// What people were told, and what they saw.
pub(super) struct Account {
    pub(super) acknowledged: Acknowledged,
    pub(super) claims: Claims,
    /// What the client of each person was shown, as time went by.
    pub(super) read: Vec<Timelines>,
    pub(super) people: Vec<Roamer>,
    pub(super) rooms: Vec<String>,
    pub(super) nodes: usize,
}

impl Account {
    /// Compares everything, tells the counts, and fails unless they are as they must be.
    pub(super) async fn settles(self, fault: &str) {
        let repeated: usize = self.people.iter().map(Roamer::repeats).sum();
        let distinct: BTreeSet<_> = self.claims.iter().collect();
        let (mut lost, mut doubled, mut compared) = (0, 0, 0);
        let mut differing = Vec::new();
        for room in &self.rooms {
            let expected = self.expected(room);
            let order = whole_room(&self.people[0], 0, room).await;
            for (person, read) in self.people.iter().zip(&self.read) {
                let mut views = vec![("what its client was shown".to_owned(), read[room].clone())];
                for node in 0..self.nodes {
                    let view = whole_room(person, node, room).await;
                    views.push((format!("node {node}"), view));
                }
                for (what, view) in views {
                    let found: BTreeMap<_, _> = view.iter().cloned().collect();
                    lost += expected.iter().filter(|(id, _)| !found.contains_key(*id)).count();
                    doubled += doubles(&view);
                    compared += 1;
                    if found != expected || view != order {
                        differing.push(format!("{} of {room}, {what}", person.person.user_id));
                    }
                }
            }
        }
        tell(&format!(
            "fault: {fault}: acknowledged {}, asked again {repeated} times, lost {lost}, doubled \
             {doubled}, one-time keys claimed {} of which {} distinct, timelines compared \
             {compared} of which {} differ",
            self.acknowledged.len(),
            self.claims.len(),
            distinct.len(),
            differing.len(),
        ));
        assert_eq!((lost, doubled, differing), (0, 0, Vec::new()));
        assert!(self.claims.len() == distinct.len(), "a one-time key was handed out twice");
    }

    /// The messages of a room: what was acknowledged, by event.
    fn expected(&self, room: &str) -> BTreeMap<String, String> {
        let here = self.acknowledged.iter().filter(|(_, (of, _))| of == room);
        here.map(|(word, (_, event))| (event.clone(), word.clone())).collect()
    }
}

/// How many words stand more than once.
fn doubles(view: &[(String, String)]) -> usize {
    let words: BTreeSet<_> = view.iter().map(|(_, word)| word).collect();
    view.len() - words.len()
}

#[expect(clippy::print_stdout, reason = "the table of faults is what these tests are run for")]
fn tell(line: &str) {
    println!("{line}");
}
