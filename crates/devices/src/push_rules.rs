//! Push rules: which events notify a person, and how.
//!
//! A person's rules are their account data `m.push_rules`. The server's own rules are laid under
//! what was stored each time, so that a rule that is new in the specification reaches everybody.

use std::sync::Arc;

use ruma_common::UserId;
use ruma_common::push::{
    Action, AnyPushRuleRef, InsertPushRuleError, NewPushRule, RemovePushRuleError, RuleKind,
    Ruleset,
};
use serde::{Deserialize, Serialize};
use serde_json::value::to_raw_value;

use crate::account_data::{AccountData, Datum, PUSH_RULES};
use crate::devices::{Devices, damaged};
use crate::error::DeviceError;
use crate::tables::ACCOUNT_DATA;

/// Bytes of a person's rules at most: each is asked about every event, and its patterns compiled.
const LARGEST: usize = 64 << 10;

const DATUM: Datum<'static> = Datum { room: None, kind: PUSH_RULES };

/// Content of `m.push_rules`.
#[derive(Serialize, Deserialize)]
struct Content {
    global: Ruleset,
}

/// A rule's name: its kind, and its id within the kind.
#[derive(Clone, Debug)]
pub struct RuleId {
    /// Its kind.
    pub kind: RuleKind,
    /// Its id.
    pub id: String,
}

/// Where a rule goes among those of its kind; nowhere named is first.
#[derive(Clone, Debug, Default)]
pub struct RulePlace {
    /// Just above this rule.
    pub before: Option<String>,
    /// Just below this rule.
    pub after: Option<String>,
}

impl Devices {
    /// A person's push rules.
    pub async fn push_rules(&self, user: &UserId) -> Result<Arc<Ruleset>, DeviceError> {
        self.follow_push_rules().await?;
        let cache = &self.0.rulesets;
        if let Some(ruleset) = cache.get(user) {
            return Ok(ruleset);
        }
        let changes = cache.changes();
        let row = self.datum(user, DATUM).await?;
        let ruleset = Arc::new(read(user, row.as_ref().map(|row| row.content.as_str()))?);
        cache.keep(user, &ruleset, changes);
        Ok(ruleset)
    }

    /// Adds a rule, or changes it.
    pub async fn set_push_rule(
        &self,
        user: &UserId,
        rule: NewPushRule,
        place: &RulePlace,
    ) -> Result<(), DeviceError> {
        self.change_push_rules(user, |rules| insert(rules, rule.clone(), place)).await
    }

    /// Removes one of the person's own rules.
    pub async fn delete_push_rule(&self, user: &UserId, rule: &RuleId) -> Result<(), DeviceError> {
        self.change_push_rules(user, |rules| {
            rules.remove(rule.kind.clone(), &rule.id).map_err(|error| match error {
                RemovePushRuleError::ServerDefault => DeviceError::BadRule(error.to_string()),
                _ => unknown(rule),
            })
        })
        .await
    }

    /// Switches a rule on or off.
    pub async fn set_push_rule_enabled(
        &self,
        user: &UserId,
        rule: &RuleId,
        enabled: bool,
    ) -> Result<(), DeviceError> {
        self.change_push_rules(user, |rules| {
            rules.set_enabled(rule.kind.clone(), &rule.id, enabled).map_err(|_| unknown(rule))
        })
        .await
    }

    /// Says what a rule does.
    pub async fn set_push_rule_actions(
        &self,
        user: &UserId,
        rule: &RuleId,
        actions: &[Action],
    ) -> Result<(), DeviceError> {
        self.change_push_rules(user, |rules| {
            rules
                .set_actions(rule.kind.clone(), &rule.id, actions.to_vec())
                .map_err(|_| unknown(rule))
        })
        .await
    }

    /// A person's push rules as account data.
    pub(crate) async fn push_rules_datum(&self, user: &UserId) -> Result<AccountData, DeviceError> {
        let global = Ruleset::clone(&*self.push_rules(user).await?);
        let content = to_raw_value(&Content { global });
        let content = content.map_err(|error| damaged(ACCOUNT_DATA.name(), &error))?;
        Ok(AccountData { kind: PUSH_RULES.to_owned(), content })
    }

    async fn change_push_rules(
        &self,
        user: &UserId,
        change: impl Fn(&mut Ruleset) -> Result<(), DeviceError>,
    ) -> Result<(), DeviceError> {
        let decide = |was: Option<&str>| {
            let mut global = read(user, was)?;
            change(&mut global)?;
            let content = serde_json::to_string(&Content { global })
                .map_err(|error| DeviceError::Invalid(error.to_string()))?;
            if content.len() > LARGEST {
                let message = format!("push rules have {LARGEST} bytes at most");
                return Err(DeviceError::TooLarge(message));
            }
            Ok(Some(content))
        };
        let changed = self.change_datum(user, DATUM, decide).await;
        // Even a failed change may have been written.
        self.0.rulesets.forget(user);
        changed
    }
}

/// The rules of stored content, with the server's own.
fn read(user: &UserId, content: Option<&str>) -> Result<Ruleset, DeviceError> {
    let mut ruleset = match content {
        Some(content) => {
            let content: Content = serde_json::from_str(content)
                .map_err(|error| damaged(ACCOUNT_DATA.name(), &error))?;
            content.global
        }
        None => Ruleset::new(),
    };
    ruleset.update_with_server_default(Ruleset::server_default(user));
    Ok(ruleset)
}

/// Adds a rule where it belongs. A rule that is moved is taken out first: its neighbours are named
/// among the others.
fn insert(rules: &mut Ruleset, rule: NewPushRule, place: &RulePlace) -> Result<(), DeviceError> {
    let name = RuleId { kind: rule.kind(), id: rule.rule_id().to_owned() };
    if [&place.before, &place.after].into_iter().flatten().any(|other| *other == name.id) {
        return Err(DeviceError::BadRule("a rule has no place next to itself".to_owned()));
    }
    let was = rules.get(name.kind.clone(), &name.id).map(AnyPushRuleRef::enabled);
    let moved = was.is_some() && (place.before.is_some() || place.after.is_some());
    if moved {
        rules
            .remove(name.kind.clone(), &name.id)
            .map_err(|error| DeviceError::Invalid(error.to_string()))?;
    }
    rules
        .insert(rule, place.after.as_deref(), place.before.as_deref())
        .map_err(|error| refused(&error))?;
    if let (true, Some(enabled)) = (moved, was) {
        rules.set_enabled(name.kind.clone(), &name.id, enabled).map_err(|_| unknown(&name))?;
    }
    Ok(())
}

fn refused(error: &InsertPushRuleError) -> DeviceError {
    match error {
        InsertPushRuleError::ServerDefaultRuleId | InsertPushRuleError::InvalidRuleId => {
            DeviceError::Invalid(error.to_string())
        }
        _ => DeviceError::BadRule(error.to_string()),
    }
}

fn unknown(rule: &RuleId) -> DeviceError {
    DeviceError::NotFound(format!("no {} rule {:?}", rule.kind, rule.id))
}

#[cfg(test)]
mod tests;
