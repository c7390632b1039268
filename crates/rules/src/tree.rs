//! The state of a room as a persistent tree: versions share the nodes that they have in common.
//!
//! A radix tree of sixteen branches over the hash of (type, state key). Nodes never change; a new
//! version writes the few on the way to the key that moved. Where nodes are kept is not known
//! here: a source hands them out, and a missing one is named so that the caller can fetch it and
//! ask again. The shape depends on the keys alone, so two versions differ only where they do.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::number::EventNo;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Type and state key.
pub type StateKey = (String, String);

/// Keys in a leaf at most, before it is parted.
const LEAF: usize = 8;
/// Branches one below another at most: four bits each of a hash of 64. Keys whose hashes are the
/// same share a leaf there, however many they are.
const MAX_DEPTH: u32 = 16;

/// A node's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeNo(pub u64);

/// A node. Never changes once made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Node {
    /// Sixteen ways on.
    Branch(Box<Children>),
    /// Keys in order, with their events.
    Leaf(BTreeMap<StateKey, EventNo>),
}

type Children = [Option<NodeNo>; 16];

impl Node {
    /// Bytes that the node takes in memory, about.
    pub fn size(&self) -> usize {
        match self {
            Self::Branch(_) => size_of::<Self>() + size_of::<Children>(),
            Self::Leaf(entries) => {
                let texts = entries.keys().map(|(kind, key)| kind.len() + key.len() + 64);
                size_of::<Self>() + texts.sum::<usize>()
            }
        }
    }
}

/// A node that the source does not have at hand: fetch it and ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingNode(pub NodeNo);

/// What one key held in two versions.
pub type Difference = (StateKey, Option<EventNo>, Option<EventNo>);

/// Nodes made by an insertion, with their numbers.
pub type NewNodes = Vec<(NodeNo, Arc<Node>)>;

/// The tree's operations. `None` as root is the empty tree.
#[derive(Debug)]
pub struct Tree;

impl Tree {
    /// The event of a key.
    pub fn get(
        root: Option<NodeNo>,
        key: &StateKey,
        nodes: &impl Fn(NodeNo) -> Option<Arc<Node>>,
    ) -> Result<Option<EventNo>, MissingNode> {
        Walk { nodes, path: hash }.get(root, key)
    }

    /// Every key and its event.
    pub fn entries(
        root: Option<NodeNo>,
        nodes: &impl Fn(NodeNo) -> Option<Arc<Node>>,
    ) -> Result<Vec<(StateKey, EventNo)>, MissingNode> {
        let mut entries = BTreeMap::new();
        Walk { nodes, path: hash }.collect(root, &mut entries)?;
        Ok(entries.into_iter().collect())
    }

    /// The tree in which `key` holds `event`: its root, and the nodes that it has beyond the old
    /// one. `number` gives each new node its number.
    pub fn insert(
        root: Option<NodeNo>,
        key: &StateKey,
        event: EventNo,
        nodes: &impl Fn(NodeNo) -> Option<Arc<Node>>,
        number: &mut impl FnMut() -> NodeNo,
    ) -> Result<(NodeNo, NewNodes), MissingNode> {
        Walk { nodes, path: hash }.insert(root, (key, event), number)
    }

    /// The keys whose events differ between two versions. Reads only where they differ.
    pub fn diff(
        earlier: Option<NodeNo>,
        later: Option<NodeNo>,
        nodes: &impl Fn(NodeNo) -> Option<Arc<Node>>,
    ) -> Result<Vec<Difference>, MissingNode> {
        let mut differences = Vec::new();
        Walk { nodes, path: hash }.diff(earlier, later, &mut differences)?;
        differences.sort();
        Ok(differences)
    }
}

/// The first 64 bits of the key's hash: its way through the tree.
fn hash((kind, state_key): &StateKey) -> u64 {
    let mut hasher = Sha256::new();
    // The length keeps ("ab", "c") and ("a", "bc") apart.
    hasher.update((kind.len() as u64).to_be_bytes());
    hasher.update(kind);
    hasher.update(state_key);
    let digest: [u8; 32] = hasher.finalize().into();
    digest.iter().take(8).fold(0, |path, byte| (path << 8) | u64::from(*byte))
}

/// Which of sixteen ways a path takes at a depth.
fn way(path: u64, depth: u32) -> usize {
    // Four bits: never beyond 15.
    (path >> (60 - 4 * depth) & 15) as usize
}

struct Walk<'a, N> {
    nodes: &'a N,
    path: fn(&StateKey) -> u64,
}

impl<N: Fn(NodeNo) -> Option<Arc<Node>>> Walk<'_, N> {
    fn node(&self, no: NodeNo) -> Result<Arc<Node>, MissingNode> {
        (self.nodes)(no).ok_or(MissingNode(no))
    }

    fn get(&self, root: Option<NodeNo>, key: &StateKey) -> Result<Option<EventNo>, MissingNode> {
        let path = (self.path)(key);
        let (mut at, mut depth) = (root, 0);
        while let Some(no) = at {
            match &*self.node(no)? {
                Node::Leaf(entries) => return Ok(entries.get(key).copied()),
                Node::Branch(children) => at = child(children, way(path, depth)),
            }
            depth += 1;
        }
        Ok(None)
    }

    fn collect(
        &self,
        root: Option<NodeNo>,
        entries: &mut BTreeMap<StateKey, EventNo>,
    ) -> Result<(), MissingNode> {
        let Some(no) = root else { return Ok(()) };
        match &*self.node(no)? {
            Node::Leaf(leaf) => entries.extend(leaf.iter().map(|(key, no)| (key.clone(), *no))),
            Node::Branch(children) => {
                for child in children.iter() {
                    self.collect(*child, entries)?;
                }
            }
        }
        Ok(())
    }

    fn insert(
        &self,
        root: Option<NodeNo>,
        (key, event): (&StateKey, EventNo),
        number: &mut impl FnMut() -> NodeNo,
    ) -> Result<(NodeNo, NewNodes), MissingNode> {
        let path = (self.path)(key);
        let mut branches = Vec::new();
        let mut at = root;
        let mut leaf = BTreeMap::new();
        while let Some(no) = at {
            match &*self.node(no)? {
                Node::Branch(children) => {
                    at = child(children, way(path, depth_below(&branches)));
                    branches.push(children.clone());
                }
                Node::Leaf(entries) => {
                    leaf.clone_from(entries);
                    break;
                }
            }
        }
        leaf.insert(key.clone(), event);
        let mut made = Vec::new();
        let mut below = self.plant(leaf, depth_below(&branches), &mut |node| {
            let no = number();
            made.push((no, Arc::new(node)));
            no
        });
        while let Some(mut children) = branches.pop() {
            set(&mut children, way(path, depth_below(&branches)), below);
            below = number();
            made.push((below, Arc::new(Node::Branch(children))));
        }
        Ok((below, made))
    }

    /// Makes the nodes that hold these entries at a depth: one leaf, or branches over leaves.
    fn plant(
        &self,
        entries: BTreeMap<StateKey, EventNo>,
        depth: u32,
        make: &mut dyn FnMut(Node) -> NodeNo,
    ) -> NodeNo {
        if entries.len() <= LEAF || depth >= MAX_DEPTH {
            return make(Node::Leaf(entries));
        }
        let mut parts: [BTreeMap<StateKey, EventNo>; 16] = Default::default();
        for (key, event) in entries {
            let way = way((self.path)(&key), depth);
            if let Some(part) = parts.get_mut(way) {
                part.insert(key, event);
            }
        }
        let children =
            parts.map(|part| (!part.is_empty()).then(|| self.plant(part, depth + 1, make)));
        make(Node::Branch(Box::new(children)))
    }

    fn diff(
        &self,
        earlier: Option<NodeNo>,
        later: Option<NodeNo>,
        differences: &mut Vec<Difference>,
    ) -> Result<(), MissingNode> {
        if earlier == later {
            return Ok(());
        }
        let read = |no: Option<NodeNo>| no.map(|no| self.node(no)).transpose();
        let (before, after) = (read(earlier)?, read(later)?);
        if let (Some(Node::Branch(before)), Some(Node::Branch(after))) =
            (before.as_deref(), after.as_deref())
        {
            for (before, after) in before.iter().zip(after.iter()) {
                self.diff(*before, *after, differences)?;
            }
            return Ok(());
        }
        let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
        self.collect(earlier, &mut before)?;
        self.collect(later, &mut after)?;
        for (key, was) in before {
            let is = after.remove(&key);
            if is != Some(was) {
                differences.push((key, Some(was), is));
            }
        }
        differences.extend(after.into_iter().map(|(key, is)| (key, None, Some(is))));
        Ok(())
    }
}

fn depth_below(branches: &[Box<Children>]) -> u32 {
    u32::try_from(branches.len()).unwrap_or(MAX_DEPTH)
}

fn child(children: &Children, way: usize) -> Option<NodeNo> {
    children.get(way).copied().flatten()
}

fn set(children: &mut Children, way: usize, no: NodeNo) {
    if let Some(child) = children.get_mut(way) {
        *child = Some(no);
    }
}

#[cfg(test)]
mod tests;
