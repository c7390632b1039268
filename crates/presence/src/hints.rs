//! What nodes say to each other in passing: who is how present on the node that speaks.
//!
//! Never what a person says of themselves: only which revision of it there is, for others to read
//! it from the store. Times are told as ages, since clocks differ.

use std::time::Duration;

use base::clock::Timestamp;
use ruma_common::{OwnedUserId, UserId};
use serde::{Deserialize, Serialize};

use crate::person::{Local, State};

/// The hint's topic.
pub(crate) const TOPIC: &str = "presence";
/// Bytes of one hint at most, about: well below what a store carries.
const LONGEST: usize = 6_000;
/// Bytes of one person in a hint beside their identifier, at most.
const AROUND: usize = 32;

/// One hint.
#[derive(Serialize, Deserialize)]
struct Hint {
    node: u32,
    people: Vec<OnePerson>,
}

#[derive(Serialize, Deserialize)]
struct OnePerson {
    user: String,
    state: State,
    active_ago: u64,
    status: u64,
}

/// What this node has to say, in as few hints as it fits.
pub(crate) fn write(
    node: u32,
    people: &[(OwnedUserId, Local)],
    now: Timestamp,
) -> Result<Vec<Vec<u8>>, postcard::Error> {
    let mut hints = Vec::new();
    let mut hint = Hint { node, people: Vec::new() };
    let mut size = 0;
    for (user, local) in people {
        size += user.as_str().len() + AROUND;
        if size > LONGEST {
            hints.push(postcard::to_allocvec(&hint)?);
            hint.people.clear();
            size = user.as_str().len() + AROUND;
        }
        let active_ago = now.since(local.active).as_millis();
        hint.people.push(OnePerson {
            user: user.to_string(),
            state: local.state,
            active_ago: u64::try_from(active_ago).unwrap_or(u64::MAX),
            status: local.status,
        });
    }
    if !hint.people.is_empty() {
        hints.push(postcard::to_allocvec(&hint)?);
    }
    Ok(hints)
}

/// What another node has said. People whose identifiers do not read are left out.
pub(crate) fn read(
    bytes: &[u8],
    now: Timestamp,
) -> Result<(u32, Vec<(OwnedUserId, Local)>), postcard::Error> {
    let Hint { node, people } = postcard::from_bytes(bytes)?;
    let one = |person: OnePerson| {
        let OnePerson { user, state, active_ago, status } = person;
        let ago = Duration::from_millis(active_ago).as_millis();
        let active = Timestamp(now.0.saturating_sub(u64::try_from(ago).unwrap_or(u64::MAX)));
        Some((UserId::parse(user).ok()?, Local { state, active, status }))
    };
    Ok((node, people.into_iter().filter_map(one).collect()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_said_is_heard_whole_and_in_small_pieces() {
        let now = Timestamp(50_000_000);
        let person = |n: u64| {
            let user = UserId::parse(format!("@person-{n}:a-rather-long.server.example")).unwrap();
            (user, Local { state: State::Online, active: Timestamp(now.0 - n), status: n })
        };
        let people: Vec<_> = (0..1_000).map(person).collect();
        let hints = write(7, &people, now).unwrap();
        assert!(hints.iter().all(|hint| hint.len() <= 7_000), "a hint is too long");
        let heard: Vec<_> = hints
            .iter()
            .flat_map(|hint| {
                let (node, people) = read(hint, now).unwrap();
                assert_eq!(node, 7);
                people
            })
            .collect();
        assert_eq!(heard, people);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = read(&bytes, Timestamp(0));
        }
    }
}
