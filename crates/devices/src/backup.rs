//! Backups of room keys: their versions.

use ruma_common::UserId;
use serde_json::value::RawValue;
use store::{Batch, Direction, Prefix};

use crate::devices::{ATTEMPTS, Devices, Outcome, damaged, owner};
use crate::error::DeviceError;
use crate::tables::{BACKUP_AUTH, BACKUP_KEYS, BACKUP_LAST, BACKUPS, BackupRow};

/// A backup, as its owner sees it.
#[derive(Clone, Debug)]
pub struct BackupInfo {
    /// Its version.
    pub version: String,
    /// How its keys are encrypted.
    pub algorithm: String,
    /// What the algorithm needs to know: a JSON object.
    pub auth_data: Box<RawValue>,
    /// What it holds.
    pub stamp: BackupStamp,
}

/// What a backup holds, so that a client sees whether another changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupStamp {
    /// Changes whenever the keys do.
    pub etag: String,
    /// How many keys there are.
    pub count: u64,
}

impl From<&BackupRow> for BackupStamp {
    fn from(row: &BackupRow) -> Self {
        Self { etag: row.etag.to_string(), count: row.count }
    }
}

impl Devices {
    /// Begins a new backup; the ones before it are kept until they are deleted.
    pub async fn create_backup(
        &self,
        user: &UserId,
        algorithm: &str,
        auth_data: &RawValue,
    ) -> Result<String, DeviceError> {
        let person = user.to_string();
        let sealing_key = self.key_of(user).await?;
        for _ in 0..ATTEMPTS {
            let last = BACKUP_LAST.get(&self.0.store, &person).await?;
            let version = last.unwrap_or(0) + 1;
            let key = (person.clone(), version);
            let row = BackupRow { algorithm: algorithm.to_owned(), etag: 0, count: 0 };
            let mut batch = Batch::new();
            BACKUP_LAST.check(&mut batch, &person, last.as_ref())?;
            BACKUP_LAST.put(&mut batch, &person, &version)?;
            BACKUPS.put(&mut batch, &key, &row)?;
            BACKUP_AUTH.put(&mut batch, &sealing_key, &key, &auth_data.get().to_owned())?;
            if self.commit(batch).await? == Outcome::Done {
                return Ok(version.to_string());
            }
        }
        Err(DeviceError::Busy)
    }

    /// A backup; the newest when no version is named.
    pub async fn backup(
        &self,
        user: &UserId,
        version: Option<&str>,
    ) -> Result<BackupInfo, DeviceError> {
        let (number, row) = match version {
            Some(version) => self.backup_row(user, version).await?,
            None => self.newest_backup(user).await?.ok_or_else(unknown)?,
        };
        let Devices(inner) = self;
        let key = (user.to_string(), number);
        let auth = BACKUP_AUTH.get(&inner.store, &inner.vault, &owner(user), &key).await?;
        let auth_data = RawValue::from_string(auth.ok_or_else(unknown)?)
            .map_err(|error| damaged(BACKUP_AUTH.name(), &error))?;
        let stamp = BackupStamp::from(&row);
        Ok(BackupInfo { version: number.to_string(), algorithm: row.algorithm, auth_data, stamp })
    }

    /// Changes what a backup's algorithm needs to know. The algorithm itself stays.
    pub async fn update_backup(
        &self,
        user: &UserId,
        version: &str,
        algorithm: &str,
        auth_data: &RawValue,
    ) -> Result<(), DeviceError> {
        let sealing_key = self.key_of(user).await?;
        for _ in 0..ATTEMPTS {
            let (number, row) = self.backup_row(user, version).await?;
            if row.algorithm != algorithm {
                let message = format!("this backup's algorithm is {}", row.algorithm);
                return Err(DeviceError::Invalid(message));
            }
            let key = (user.to_string(), number);
            let mut batch = Batch::new();
            BACKUPS.check_equals(&mut batch, &key, &row)?;
            BACKUP_AUTH.put(&mut batch, &sealing_key, &key, &auth_data.get().to_owned())?;
            if self.commit(batch).await? == Outcome::Done {
                return Ok(());
            }
        }
        Err(DeviceError::Busy)
    }

    /// Deletes a backup and its keys. One that was deleted before is no error.
    pub async fn delete_backup(&self, user: &UserId, version: &str) -> Result<(), DeviceError> {
        let person = user.to_string();
        let last = BACKUP_LAST.get(&self.0.store, &person).await?.unwrap_or(0);
        let number = number(version).filter(|number| (1..=last).contains(number));
        let key = (person, number.ok_or_else(unknown)?);
        let mut batch = Batch::new();
        BACKUPS.delete(&mut batch, &key);
        BACKUP_AUTH.delete(&mut batch, &key);
        BACKUP_KEYS.delete_range(&mut batch, Prefix::of(&key));
        self.0.store.commit(batch).await?;
        Ok(())
    }

    /// The backup of a version.
    pub(crate) async fn backup_row(
        &self,
        user: &UserId,
        version: &str,
    ) -> Result<(u64, BackupRow), DeviceError> {
        let number = number(version).ok_or_else(unknown)?;
        let row = BACKUPS.get(&self.0.store, &(user.to_string(), number)).await?;
        row.map(|row| (number, row)).ok_or_else(unknown)
    }

    /// The newest backup.
    pub(crate) async fn newest_backup(
        &self,
        user: &UserId,
    ) -> Result<Option<(u64, BackupRow)>, DeviceError> {
        let part = Prefix::of(&user.to_string());
        let rows = BACKUPS.scan(&self.0.store, &part, Direction::Backward, 1).await?;
        Ok(rows.into_iter().next().map(|((_, number), row)| (number, row)))
    }
}

/// The number of a version, written as we write it.
fn number(version: &str) -> Option<u64> {
    version.parse().ok().filter(|number: &u64| number.to_string() == version)
}

fn unknown() -> DeviceError {
    DeviceError::NotFound("unknown backup version".to_owned())
}
