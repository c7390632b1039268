//! Backups of room keys: the keys in them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use ruma_common::{OwnedRoomId, RoomId, UserId};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use store::{Batch, Prefix};

use crate::backup::BackupStamp;
use crate::devices::{ATTEMPTS, Devices, Outcome, damaged, owner};
use crate::error::DeviceError;
use crate::tables::{BACKUP_KEYS, BACKUP_LAST, BACKUPS, BackupRow};

/// Backed-up keys, by room and session.
pub type BackedUpKeys = BTreeMap<OwnedRoomId, BTreeMap<String, Box<RawValue>>>;

/// A part of a backup's keys.
#[derive(Clone, Copy, Debug)]
pub enum BackupPart<'a> {
    /// All of them.
    All,
    /// Those of one room.
    Room(&'a RoomId),
    /// That of one session in a room.
    Session(&'a RoomId, &'a str),
}

/// What decides which of two copies of a session's key is worth more.
#[derive(Deserialize)]
struct Worth {
    first_message_index: u64,
    forwarded_count: u64,
    is_verified: bool,
    #[serde(rename = "session_data")]
    _session_data: Map<String, Value>,
}

impl Worth {
    /// Verified before not, then what opens more messages, then what passed fewer hands.
    fn rank(&self) -> (bool, Reverse<u64>, Reverse<u64>) {
        (self.is_verified, Reverse(self.first_message_index), Reverse(self.forwarded_count))
    }
}

impl BackupPart<'_> {
    fn prefix(self, person: String, number: u64) -> Prefix {
        match self {
            Self::All => Prefix::of(&(person, number)),
            Self::Room(room) => Prefix::of(&(person, number, room.to_string())),
            Self::Session(room, session) => {
                Prefix::of(&(person, number, room.to_string(), session.to_owned()))
            }
        }
    }
}

impl Devices {
    /// Puts keys into the newest backup. Of two copies of a key the better one stays.
    pub async fn put_backup_keys(
        &self,
        user: &UserId,
        version: &str,
        keys: &BackedUpKeys,
    ) -> Result<BackupStamp, DeviceError> {
        let sealing_key = self.key_of(user).await?;
        for _ in 0..ATTEMPTS {
            // Read first: a backup begun after it is noticed by the check.
            let last = BACKUP_LAST.get(&self.0.store, &user.to_string()).await?;
            let (number, row) = self.writable_backup(user, version).await?;
            let (new, added) = self.better_keys(user, number, keys).await?;
            if new.is_empty() {
                return Ok(BackupStamp::from(&row));
            }
            let changed = row.changed(row.count + added);
            let mut batch = Batch::new();
            BACKUP_LAST.check(&mut batch, &user.to_string(), last.as_ref())?;
            stage(&mut batch, (user, number), &row, &changed)?;
            for (key, value) in &new {
                BACKUP_KEYS.put(&mut batch, &sealing_key, key, value)?;
            }
            if self.commit(batch).await? == Outcome::Done {
                return Ok(BackupStamp::from(&changed));
            }
        }
        Err(DeviceError::Busy)
    }

    /// Keys of a backup.
    pub async fn backup_keys(
        &self,
        user: &UserId,
        version: &str,
        part: BackupPart<'_>,
    ) -> Result<BackedUpKeys, DeviceError> {
        let (number, _) = self.backup_row(user, version).await?;
        let prefix = part.prefix(user.to_string(), number);
        let Devices(inner) = self;
        let rows = BACKUP_KEYS.all(&inner.store, &inner.vault, &owner(user), &prefix).await?;
        let mut keys = BackedUpKeys::new();
        for ((_, _, room, session), key) in rows {
            let room = RoomId::parse(&room);
            let room = room.map_err(|error| damaged(BACKUP_KEYS.name(), &error))?;
            let key = RawValue::from_string(key);
            let key = key.map_err(|error| damaged(BACKUP_KEYS.name(), &error))?;
            keys.entry(room).or_default().insert(session, key);
        }
        Ok(keys)
    }

    /// Deletes keys of a backup.
    pub async fn delete_backup_keys(
        &self,
        user: &UserId,
        version: &str,
        part: BackupPart<'_>,
    ) -> Result<BackupStamp, DeviceError> {
        for _ in 0..ATTEMPTS {
            let (number, row) = self.backup_row(user, version).await?;
            let gone = if let BackupPart::All = part {
                row.count
            } else {
                let keys = self.backup_keys(user, version, part).await?;
                keys.values().map(|sessions| sessions.len() as u64).sum()
            };
            if gone == 0 {
                return Ok(BackupStamp::from(&row));
            }
            let changed = row.changed(row.count.saturating_sub(gone));
            let mut batch = Batch::new();
            stage(&mut batch, (user, number), &row, &changed)?;
            BACKUP_KEYS.delete_range(&mut batch, part.prefix(user.to_string(), number));
            if self.commit(batch).await? == Outcome::Done {
                return Ok(BackupStamp::from(&changed));
            }
        }
        Err(DeviceError::Busy)
    }

    /// The backup of a version, if it is the newest: older ones take no more keys.
    async fn writable_backup(
        &self,
        user: &UserId,
        version: &str,
    ) -> Result<(u64, BackupRow), DeviceError> {
        let newest = self.newest_backup(user).await?;
        let unknown = || DeviceError::NotFound("there is no backup".to_owned());
        let (number, row) = newest.ok_or_else(unknown)?;
        let current = number.to_string();
        if current == version {
            Ok((number, row))
        } else {
            Err(DeviceError::WrongBackupVersion { current })
        }
    }

    /// The keys that are worth more than what the backup holds, and how many of them it lacks.
    async fn better_keys(
        &self,
        user: &UserId,
        number: u64,
        keys: &BackedUpKeys,
    ) -> Result<(Vec<BackupEntry>, u64), DeviceError> {
        let all = keys.iter().flat_map(|(room, sessions)| {
            sessions.iter().map(move |(session, key)| (room, session, key))
        });
        let mut offered = Vec::new();
        for (room, session, key) in all {
            let worth: Worth = serde_json::from_str(key.get())
                .map_err(|error| DeviceError::Malformed(format!("session {session}: {error}")))?;
            let place = (user.to_string(), number, room.to_string(), session.clone());
            offered.push((place, worth, key));
        }
        let places: Vec<_> = offered.iter().map(|(place, ..)| place.clone()).collect();
        let Devices(inner) = self;
        let held = BACKUP_KEYS.get_many(&inner.store, &inner.vault, &owner(user), &places).await?;
        let mut added = 0;
        let mut better = Vec::new();
        for ((place, worth, key), held) in offered.into_iter().zip(held) {
            let held = held.map(|held| serde_json::from_str::<Worth>(&held)).transpose();
            let held = held.map_err(|error| damaged(BACKUP_KEYS.name(), &error))?;
            added += u64::from(held.is_none());
            if held.is_none_or(|held| worth.rank() > held.rank()) {
                better.push((place, key.get().to_owned()));
            }
        }
        Ok((better, added))
    }
}

/// A row of backed-up keys.
type BackupEntry = ((String, u64, String, String), String);

impl BackupRow {
    fn changed(&self, count: u64) -> Self {
        Self { algorithm: self.algorithm.clone(), etag: self.etag + 1, count }
    }
}

/// Moves a backup from one state to the next.
fn stage(
    batch: &mut Batch,
    (user, number): (&UserId, u64),
    was: &BackupRow,
    now: &BackupRow,
) -> Result<(), DeviceError> {
    let key = (user.to_string(), number);
    BACKUPS.check_equals(batch, &key, was)?;
    BACKUPS.put(batch, &key, now)?;
    Ok(())
}
