//! Gathering changes: each person who is otherwise than was told gets one new number.

use std::time::Duration;

use base::clock::Timestamp;
use ruma_common::OwnedUserId;

use crate::error::PresenceError;
use crate::hints;
use crate::person::{Local, State, Status};
use crate::presence::{Everybody, Presence, PresenceVersion};

/// How often other nodes are told again that somebody is there.
const REPEAT: Duration = Duration::from_mins(1);

impl Presence {
    /// Numbers what changed since the last time, tells other nodes of this node's devices, and
    /// forgets who went long ago. Done by itself every two seconds.
    pub async fn settle(&self) -> Result<(), PresenceError> {
        let read = self.read_statuses().await;
        let now = self.0.clock.now();
        let (changed, said) = {
            let mut state = self.0.state.lock();
            let said = state.take_news(now);
            (state.settle(now), said)
        };
        match hints::write(self.0.epoch, &said, now) {
            Ok(hints) => {
                for hint in hints {
                    self.0.store.publish(hints::TOPIC, hint);
                }
            }
            Err(error) => tracing::error!(%error, "presence cannot be told to other nodes"),
        }
        if let Some(version) = changed {
            self.tell_settled(version);
        }
        read
    }

    /// Reads what those say of themselves of whom that is not known.
    async fn read_statuses(&self) -> Result<(), PresenceError> {
        let unread: Vec<_> = {
            let state = self.0.state.lock();
            let unread = state.people.iter().filter(|(_, one)| one.status == Status::Unread);
            unread.map(|(user, _)| user.clone()).collect()
        };
        for user in unread {
            let status = self.read_status(&user).await?;
            if let Some(person) = self.0.state.lock().people.get_mut(&user)
                && person.status == Status::Unread
            {
                person.status = status.into();
            }
        }
        Ok(())
    }
}

impl Everybody {
    /// What the other nodes are to be told of the devices here.
    fn take_news(&mut self, now: Timestamp) -> Vec<(OwnedUserId, Local)> {
        let mut said = Vec::new();
        for (user, person) in &mut self.people {
            let local = person.local(now);
            let due = match person.published {
                Some((was, at)) => {
                    let otherwise = (was.state, was.status) != (local.state, local.status);
                    let repeat = local.state != State::Offline && now.since(at) >= REPEAT;
                    otherwise || repeat
                }
                None => local.state != State::Offline,
            };
            if due {
                person.published = Some((local, now));
                said.push((user.clone(), local));
            }
        }
        said
    }

    /// Numbers what changed, and forgets who went long ago; the newest number, if it is new.
    fn settle(&mut self, now: Timestamp) -> Option<PresenceVersion> {
        let before = self.version;
        for (user, person) in &mut self.people {
            if person.take_change(now) {
                self.changes.remove(&person.version);
                self.version += 1;
                person.version = self.version;
                self.changes.insert(self.version, user.clone());
            }
        }
        let Self { people, changes, forgotten, .. } = self;
        people.retain(|_, person| {
            let kept = person.is_remembered(now);
            if !kept {
                changes.remove(&person.version);
                *forgotten = person.version.max(*forgotten);
            }
            kept
        });
        (self.version > before).then_some(self.version)
    }
}
