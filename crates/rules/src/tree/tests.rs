//! The tree against a plain map.

use std::cell::RefCell;
use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// Nodes in memory, and how often they were read.
#[derive(Default)]
struct Nodes {
    held: RefCell<HashMap<NodeNo, Arc<Node>>>,
    reads: RefCell<usize>,
    last: RefCell<u64>,
}

type Path = fn(&StateKey) -> u64;

impl Nodes {
    fn source(&self) -> impl Fn(NodeNo) -> Option<Arc<Node>> {
        |no| {
            *self.reads.borrow_mut() += 1;
            self.held.borrow().get(&no).cloned()
        }
    }

    fn insert(&self, path: Path, root: Option<NodeNo>, key: &StateKey, event: EventNo) -> NodeNo {
        let nodes = self.source();
        let mut number = || {
            *self.last.borrow_mut() += 1;
            NodeNo(*self.last.borrow())
        };
        let walk = Walk { nodes: &nodes, path };
        let (root, made) = walk.insert(root, (key, event), &mut number).unwrap();
        self.held.borrow_mut().extend(made);
        root
    }

    fn entries(&self, path: Path, root: Option<NodeNo>) -> Vec<(StateKey, EventNo)> {
        let mut entries = BTreeMap::new();
        Walk { nodes: &self.source(), path }.collect(root, &mut entries).unwrap();
        entries.into_iter().collect()
    }

    fn diff(&self, path: Path, one: Option<NodeNo>, other: Option<NodeNo>) -> Vec<Difference> {
        let mut differences = Vec::new();
        Walk { nodes: &self.source(), path }.diff(one, other, &mut differences).unwrap();
        differences.sort();
        differences
    }
}

fn key(number: u16) -> StateKey {
    (format!("m.{}", number % 7), format!("@{number}:x"))
}

fn plain_diff(
    one: &BTreeMap<StateKey, EventNo>,
    other: &BTreeMap<StateKey, EventNo>,
) -> Vec<Difference> {
    let keys: std::collections::BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let both = keys.into_iter().map(|key| (key, one.get(key), other.get(key)));
    both.filter(|(_, was, is)| was != is)
        .map(|(key, was, is)| (key.clone(), was.copied(), is.copied()))
        .collect()
}

/// As in real rooms; with few ways, so that branches are deep; with none, so that all collide.
const PATHS: [Path; 3] = [hash, |key| hash(key) & 3, |_| 7];

proptest! {
    #[test]
    fn the_tree_is_a_map(writes in prop::collection::vec((0..300_u16, 1..1000_u64), 0..200)) {
        for path in PATHS {
            let nodes = Nodes::default();
            let (mut map, mut root) = (BTreeMap::new(), None);
            for (name, event) in &writes {
                root = Some(nodes.insert(path, root, &key(*name), EventNo(*event)));
                map.insert(key(*name), EventNo(*event));
            }
            let walk_nodes = nodes.source();
            let walk = Walk { nodes: &walk_nodes, path };
            for name in 0..300 {
                let found = walk.get(root, &key(name)).unwrap();
                prop_assert_eq!(found, map.get(&key(name)).copied());
            }
            prop_assert_eq!(nodes.entries(path, root), map.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_difference_of_two_versions_is_that_of_two_maps(
        common in prop::collection::vec((0..300_u16, 1..9_u64), 0..120),
        one in prop::collection::vec((0..300_u16, 1..9_u64), 0..30),
        other in prop::collection::vec((0..300_u16, 1..9_u64), 0..30),
    ) {
        for path in PATHS {
            let nodes = Nodes::default();
            let grow = |start: (BTreeMap<_, _>, Option<NodeNo>), writes: &[(u16, u64)]| {
                writes.iter().fold(start, |(mut map, root), (name, event)| {
                    map.insert(key(*name), EventNo(*event));
                    (map, Some(nodes.insert(path, root, &key(*name), EventNo(*event))))
                })
            };
            let base = grow((BTreeMap::new(), None), &common);
            let (left, right) = (grow(base.clone(), &one), grow(base, &other));
            prop_assert_eq!(nodes.diff(path, left.1, right.1), plain_diff(&left.0, &right.0));
            prop_assert_eq!(nodes.diff(path, None, right.1), plain_diff(&BTreeMap::new(), &right.0));
        }
    }

    #[test]
    fn a_node_reads_back(writes in prop::collection::vec((0..300_u16, 1..1000_u64), 1..60)) {
        let nodes = Nodes::default();
        let root = writes.iter().fold(None, |root, (name, event)| {
            Some(nodes.insert(hash, root, &key(*name), EventNo(*event)))
        });
        prop_assert!(root.is_some());
        for node in nodes.held.borrow().values() {
            let bytes = postcard::to_allocvec(&**node).unwrap();
            prop_assert_eq!(&postcard::from_bytes::<Node>(&bytes).unwrap(), &**node);
        }
    }
}

fn large(members: u16) -> (Nodes, Option<NodeNo>) {
    let nodes = Nodes::default();
    let root = (0..members).fold(None, |root, name| {
        Some(nodes.insert(hash, root, &key(name), EventNo(u64::from(name) + 1)))
    });
    (nodes, root)
}

#[test]
fn a_change_in_a_large_room_writes_and_reads_little() {
    let (nodes, root) = large(10_000);
    let before = nodes.held.borrow().len();
    *nodes.reads.borrow_mut() = 0;
    let later = Some(nodes.insert(hash, root, &key(77), EventNo(99_999)));
    assert!(nodes.held.borrow().len() - before <= 6);
    assert_eq!(
        nodes.diff(hash, root, later),
        [(key(77), Some(EventNo(78)), Some(EventNo(99_999)))]
    );
    assert!(*nodes.reads.borrow() <= 24, "{} nodes read", nodes.reads.borrow());
}

#[test]
fn an_old_version_stays_as_it_was() {
    let (nodes, root) = large(500);
    let before = nodes.entries(hash, root);
    nodes.insert(hash, root, &key(3), EventNo(12_345));
    assert_eq!(nodes.entries(hash, root), before);
}

#[test]
fn a_missing_node_is_named() {
    let (nodes, root) = large(500);
    let root = root.unwrap();
    let gone = |no| (no != root).then(|| nodes.held.borrow().get(&no).cloned()).flatten();
    assert_eq!(Tree::get(Some(root), &key(1), &gone), Err(MissingNode(root)));
    assert_eq!(Tree::entries(Some(root), &gone), Err(MissingNode(root)));
    assert_eq!(Tree::diff(None, Some(root), &gone), Err(MissingNode(root)));
    let mut number = || panic!("no number is given for a tree that cannot be built");
    let inserted = Tree::insert(Some(root), &key(1), EventNo(1), &gone, &mut number);
    assert_eq!(inserted.unwrap_err(), MissingNode(root));
}

#[test]
fn an_empty_tree_holds_nothing() {
    let none = |_| None;
    assert_eq!(Tree::get(None, &key(1), &none), Ok(None));
    assert_eq!(Tree::entries(None, &none), Ok(Vec::new()));
    assert_eq!(Tree::diff(None, None, &none), Ok(Vec::new()));
}
