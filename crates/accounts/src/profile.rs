//! What a person shows of themselves: name, picture, and other fields.
//!
//! Sealed under the person's key: it goes when the key goes.

use std::collections::BTreeMap;

use base::change::Change;
use ruma_common::{MxcUri, UserId};
use serde_json::Value;
use store::{Batch, CommitError, Reader};

use crate::accounts::{ATTEMPTS, Accounts, owner};
use crate::error::AccountError;
use crate::tables::{ACCOUNTS, AccountRow, PROFILE_VERSIONS, PROFILES, ProfileRow};

/// The field that holds the name.
const NAME: &str = "displayname";
/// The field that holds the picture.
const AVATAR: &str = "avatar_url";
/// Bytes of a field's name at most (specification: `M_KEY_TOO_LARGE`).
const KEY_BYTES: usize = 255;
/// Bytes of a profile, as JSON, at most (specification: `M_PROFILE_TOO_LARGE`).
const PROFILE_BYTES: usize = 65_536;
/// Characters of a name at most.
const NAME_CHARS: usize = 256;
/// Bytes of a picture's address at most.
const AVATAR_BYTES: usize = 1000;

/// What a person shows of themselves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// The name.
    pub name: Option<String>,
    /// The picture, as an `mxc:` address.
    pub avatar: Option<String>,
    /// All fields, name and picture included.
    pub fields: BTreeMap<String, Value>,
}

/// A field that gets a value, or (`None`) goes.
pub(crate) struct ProfileChange {
    field: String,
    /// JSON text.
    value: Option<String>,
}

impl Accounts {
    /// The profile of a person who has an account here.
    pub async fn profile(&self, user: &UserId) -> Result<Profile, AccountError> {
        let (account, row, _) = self.read_profile(&self.0.store.snapshot().await?, user).await?;
        match account {
            Some(AccountRow::Active { .. }) => Ok(Profile::from(row)),
            _ => Err(AccountError::UnknownUser(user.to_owned())),
        }
    }

    /// Sets a field of a person's profile; the profile after it.
    pub async fn set_profile_field(
        &self,
        user: &UserId,
        field: &str,
        value: Value,
    ) -> Result<Profile, AccountError> {
        require_field_name(field)?;
        let value = match (field, value) {
            (NAME, Value::String(name)) => name_field(&name)?,
            (AVATAR, Value::String(avatar)) => avatar_field(&avatar)?,
            (NAME | AVATAR, Value::Null) => None,
            (NAME | AVATAR, _) => {
                return Err(AccountError::Invalid(format!("{field} is not a text")));
            }
            (_, value) => Some(value.to_string()),
        };
        self.change_profile(user, ProfileChange { field: field.to_owned(), value }).await
    }

    /// Removes a field of a person's profile; the profile after it.
    pub async fn delete_profile_field(
        &self,
        user: &UserId,
        field: &str,
    ) -> Result<Profile, AccountError> {
        require_field_name(field)?;
        self.change_profile(user, ProfileChange { field: field.to_owned(), value: None }).await
    }

    async fn change_profile(
        &self,
        user: &UserId,
        change: ProfileChange,
    ) -> Result<Profile, AccountError> {
        let key = user.to_string();
        let sealing = self.0.vault.key(&owner(user)).await?;
        for _ in 0..ATTEMPTS {
            let view = self.0.store.snapshot().await?;
            let (account, row, version) = self.read_profile(&view, user).await?;
            let Some(account @ AccountRow::Active { .. }) = account else {
                return Err(AccountError::UnknownUser(user.to_owned()));
            };
            let changed = change.onto(row.clone());
            if changed == row {
                return Ok(Profile::from(row));
            }
            require_small(&changed)?;
            let mut batch = Batch::new();
            ACCOUNTS.check_equals(&mut batch, &key, &account)?;
            PROFILE_VERSIONS.check(&mut batch, &key, version.as_ref())?;
            PROFILE_VERSIONS.put(&mut batch, &key, &(version.unwrap_or(0) + 1))?;
            PROFILES.put(&mut batch, &sealing, &key, &changed)?;
            journal::record(&mut batch, &Change::Profile { user: user.to_owned() })?;
            match self.0.store.commit(batch).await {
                Ok(_) => {
                    self.tell_directory(user).await;
                    return Ok(Profile::from(changed));
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AccountError::Busy)
    }

    /// A person's account, profile, and the profile's version, as of one moment.
    pub(crate) async fn read_profile(
        &self,
        view: &impl Reader,
        user: &UserId,
    ) -> Result<(Option<AccountRow>, ProfileRow, Option<u64>), AccountError> {
        let key = user.to_string();
        let account = ACCOUNTS.get(view, &key).await?;
        let row = PROFILES.get(view, &self.0.vault, &owner(user), &key).await?;
        let version = PROFILE_VERSIONS.get(view, &key).await?;
        Ok((account, row.unwrap_or_default(), version))
    }
}

impl ProfileChange {
    /// A name, as JSON text, and nothing else.
    pub(crate) fn named(name: &str) -> Self {
        Self { field: NAME.to_owned(), value: Some(name.to_owned()) }
    }

    pub(crate) fn onto_empty(&self) -> ProfileRow {
        self.onto(ProfileRow::default())
    }

    fn onto(&self, mut row: ProfileRow) -> ProfileRow {
        match &self.value {
            Some(value) => row.fields.insert(self.field.clone(), value.clone()),
            None => row.fields.remove(&self.field),
        };
        row
    }
}

impl From<ProfileRow> for Profile {
    fn from(row: ProfileRow) -> Self {
        let read = |(field, text): (String, String)| {
            serde_json::from_str(&text).ok().map(|value| (field, value))
        };
        let fields: BTreeMap<String, Value> = row.fields.into_iter().filter_map(read).collect();
        let text = |field: &str| fields.get(field).and_then(Value::as_str).map(str::to_owned);
        Self { name: text(NAME), avatar: text(AVATAR), fields }
    }
}

/// A name as JSON text; none when it is empty.
pub(crate) fn name_field(name: &str) -> Result<Option<String>, AccountError> {
    if name.chars().count() > NAME_CHARS {
        let message = format!("a name has {NAME_CHARS} characters at most");
        return Err(AccountError::Invalid(message));
    }
    Ok((!name.is_empty()).then(|| Value::from(name).to_string()))
}

fn avatar_field(avatar: &str) -> Result<Option<String>, AccountError> {
    if avatar.is_empty() {
        return Ok(None);
    }
    if avatar.len() > AVATAR_BYTES || <&MxcUri>::from(avatar).validate().is_err() {
        return Err(AccountError::Invalid("a picture is an mxc: address".to_owned()));
    }
    Ok(Some(Value::from(avatar).to_string()))
}

/// Specification: the common grammar of namespaced identifiers.
fn require_field_name(field: &str) -> Result<(), AccountError> {
    if field.len() > KEY_BYTES {
        return Err(AccountError::KeyTooLarge);
    }
    let grammar = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
    if !field.starts_with(|first: char| first.is_ascii_lowercase()) || !field.bytes().all(grammar) {
        return Err(AccountError::Invalid(format!("{field} is not the name of a profile field")));
    }
    Ok(())
}

/// The profile as JSON: braces, and per field its name in quotes, a colon and a comma.
fn require_small(row: &ProfileRow) -> Result<(), AccountError> {
    let fields = row.fields.iter().map(|(field, value)| field.len() + value.len() + 4);
    if fields.sum::<usize>() + 1 > PROFILE_BYTES {
        return Err(AccountError::ProfileTooLarge);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_field(field: &str, accepted: bool) {
        assert_eq!(require_field_name(field).is_ok(), accepted, "{field:?}");
    }

    #[test]
    fn names_of_fields_follow_the_grammar() {
        check_field("displayname", true);
        check_field("m.tz", true);
        check_field("org.example.pronouns-2", true);
        check_field(&"a".repeat(255), true);
        check_field(&"a".repeat(256), false);
        check_field("", false);
        check_field("Name", false);
        check_field("9lives", false);
        check_field("prénom", false);
        check_field("a b", false);
    }

    #[test]
    fn the_size_of_a_profile_is_that_of_its_json() {
        let mut row = ProfileRow::default();
        row.fields.insert("a".to_owned(), "1".to_owned());
        row.fields.insert("bc".to_owned(), "\"x\"".to_owned());
        let json = r#"{"a":1,"bc":"x"}"#;
        let fields = row.fields.iter().map(|(field, value)| field.len() + value.len() + 4);
        assert_eq!(fields.sum::<usize>() + 1, json.len());
    }
}
