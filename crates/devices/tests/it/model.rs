//! One-time keys against a model: whatever is uploaded and claimed, in whatever order.

use std::collections::{BTreeMap, VecDeque};

use devices::DeviceError;
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::world::{Phone, World};

#[derive(Clone, Debug)]
enum Step {
    Upload(BTreeMap<u8, u8>),
    Fallback(u8),
    Claim,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::collection::btree_map(0..12u8, 0..2u8, 0..4).prop_map(Step::Upload),
        1 => (0..3u8).prop_map(Step::Fallback),
        4 => Just(Step::Claim),
        1 => Just(Step::Reopen),
    ]
}

/// What must be so.
#[derive(Default)]
struct Model {
    waiting: VecDeque<u8>,
    known: BTreeMap<u8, u8>,
    fallback: Option<(u8, bool)>,
}

impl Model {
    /// Whether an upload is taken.
    fn upload(&mut self, keys: &BTreeMap<u8, u8>) -> bool {
        let clashes = |(name, value)| self.known.get(name).is_some_and(|known| known != value);
        if keys.iter().any(clashes) {
            return false;
        }
        for (name, value) in keys {
            if self.known.insert(*name, *value).is_none() {
                self.waiting.push_back(*name);
            }
        }
        true
    }

    fn fallback(&mut self, name: u8) {
        if self.fallback.is_none_or(|(held, _)| held != name) {
            self.fallback = Some((name, false));
        }
    }

    fn claim(&mut self) -> Option<String> {
        if let Some(name) = self.waiting.pop_front() {
            return Some(format!("signed_curve25519:{name:02}"));
        }
        let (name, used) = self.fallback.as_mut()?;
        *used = true;
        Some(format!("signed_curve25519:f{name}"))
    }
}

async fn follow(steps: Vec<Step>) {
    let mut world = World::in_memory().await;
    let phone = Phone::new("alice", "PHONE");
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Upload(keys) => {
                let names: Vec<_> =
                    keys.iter().map(|(name, value)| (format!("{name:02}"), *value)).collect();
                let keys_by_name: Vec<_> =
                    names.iter().map(|(name, value)| (name.as_str(), *value)).collect();
                let taken = phone.offers(&world, &keys_by_name).await;
                if model.upload(&keys) {
                    taken.unwrap();
                } else {
                    assert!(matches!(taken, Err(DeviceError::Invalid(_))));
                }
            }
            Step::Fallback(name) => {
                phone.falls_back_on(&world, &format!("f{name}")).await;
                model.fallback(name);
            }
            Step::Claim => assert_eq!(world.claim(&phone).await, model.claim()),
            Step::Reopen => world = world.reopened().await,
        }
        assert_eq!(world.left(&phone).await, model.waiting.len() as u64);
        let unused = model.fallback.is_some_and(|(_, used)| !used);
        assert_eq!(world.has_unused_fallback(&phone).await, unused);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn keys_are_first_in_first_out_and_uploads_idempotent(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        Runtime::new().unwrap().block_on(follow(steps));
    }
}
