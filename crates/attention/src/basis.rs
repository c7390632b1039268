//! By what a person's events are asked: their rules, and whom they do not hear.

use std::collections::HashSet;
use std::sync::Arc;

use ruma_common::push::{
    AnyPushRuleRef, PredefinedUnderrideRuleId, PushCondition, RuleKind, Ruleset,
};
use ruma_common::{OwnedUserId, UserId};
use sha2::{Digest, Sha256};

use crate::asked::Notice;

/// People whom a person ignores.
pub type Ignored = Arc<HashSet<OwnedUserId>>;

/// Fields of an encrypted event that say nothing of what is in it.
pub(crate) const SEALED: [&str; 5] =
    ["algorithm", "ciphertext", "device_id", "sender_key", "session_id"];

/// By what a person's events are asked. What was counted by another basis is counted anew.
#[derive(Debug)]
pub struct Basis {
    /// Their push rules.
    pub rules: Arc<Ruleset>,
    /// Whom they do not hear.
    pub ignored: Ignored,
    pub(crate) mark: [u8; 16],
    /// Whether it matters how many are in a room.
    pub(crate) counts_members: bool,
    /// Whether it matters what the person is called in a room.
    pub(crate) asks_name: bool,
    /// Whether rules ask for what tells one encrypted event from another.
    pub(crate) looks_inside: bool,
}

impl Basis {
    /// The basis that rules and a list of people make.
    pub fn new(rules: Arc<Ruleset>, ignored: Ignored) -> Self {
        let enabled = || rules.iter().filter(|rule| rule.enabled());
        let (counts_members, asks_name, looks_inside) = (
            enabled().any(|rule| counts_members(&rules, rule)),
            enabled().any(|rule| conditions(rule).iter().any(is_name)),
            enabled().any(looks_inside),
        );
        let mark = mark(&rules, &ignored);
        Self { rules, ignored, mark, counts_members, asks_name, looks_inside }
    }

    /// Whether another basis asks the same.
    pub fn is_same(&self, other: &Self) -> bool {
        self.mark == other.mark
    }

    /// Whether a person hears another. Nobody is deaf to themselves.
    pub fn hears(&self, user: &UserId, sender: &UserId) -> bool {
        user == sender || !self.ignored.contains(sender)
    }
}

fn mark(rules: &Ruleset, ignored: &Ignored) -> [u8; 16] {
    let mut hash = Sha256::new();
    // Rules that do not serialise are read anew each time: they never come from the store.
    hash.update(serde_json::to_vec(rules).unwrap_or_default());
    let mut people: Vec<_> = ignored.iter().map(|user| user.as_str()).collect();
    people.sort_unstable();
    for user in people {
        hash.update([0]);
        hash.update(user);
    }
    let mut out = [0; 16];
    out.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    out
}

fn conditions(rule: AnyPushRuleRef<'_>) -> &[PushCondition] {
    match rule {
        AnyPushRuleRef::Override(rule) | AnyPushRuleRef::Underride(rule) => &rule.conditions,
        // Of a word in the body, of a room, or of a sender.
        _ => &[],
    }
}

fn is_name(condition: &PushCondition) -> bool {
    #[expect(deprecated, reason = "people may have such rules still")]
    let is_name = matches!(condition, PushCondition::ContainsDisplayName);
    is_name
}

/// Whether a rule notifies otherwise by how many are in a room. The server's own rules for
/// conversations of two do not, while they say the same as those for all rooms that follow them.
fn counts_members(rules: &Ruleset, rule: AnyPushRuleRef<'_>) -> bool {
    use PredefinedUnderrideRuleId as Id;
    let counts = |condition: &PushCondition| matches!(condition, PushCondition::RoomMemberCount(_));
    if !conditions(rule).iter().any(counts) {
        return false;
    }
    let general = match rule.rule_id() {
        id if id == Id::RoomOneToOne.as_str() => Id::Message,
        id if id == Id::EncryptedRoomOneToOne.as_str() => Id::Encrypted,
        _ => return true,
    };
    let general = rules.get(RuleKind::Underride, general.as_str());
    let same = general.is_some_and(|general| {
        general.enabled() && Notice::of(general.actions()) == Notice::of(rule.actions())
    });
    !(rule.is_server_default() && same)
}

fn looks_inside(rule: AnyPushRuleRef<'_>) -> bool {
    conditions(rule).iter().any(|condition| {
        let key = match condition {
            PushCondition::EventMatch(condition) => &condition.key,
            PushCondition::EventPropertyIs(condition) => &condition.key,
            PushCondition::EventPropertyContains(condition) => &condition.key,
            _ => return false,
        };
        let field = key.strip_prefix("content.").and_then(|path| path.split('.').next());
        field.is_some_and(|field| SEALED.contains(&field))
    })
}

#[cfg(test)]
mod tests {
    use ruma_common::user_id;

    use super::*;

    fn basis(change: impl FnOnce(&mut Ruleset)) -> Basis {
        let mut rules = Ruleset::server_default(user_id!("@alice:s"));
        change(&mut rules);
        Basis::new(Arc::new(rules), Ignored::default())
    }

    #[test]
    fn how_many_are_in_a_room_matters_only_to_rules_that_notify_otherwise() {
        let switch = |rules: &mut Ruleset, id: PredefinedUnderrideRuleId| {
            rules.set_enabled(RuleKind::Underride, id.as_str(), false).unwrap();
        };
        assert!(!basis(|_| ()).counts_members);
        assert!(basis(|rules| switch(rules, PredefinedUnderrideRuleId::Message)).counts_members);
        let one_to_one = PredefinedUnderrideRuleId::RoomOneToOne;
        assert!(!basis(|rules| switch(rules, one_to_one)).counts_members);
        assert!(
            basis(|rules| {
                rules
                    .set_actions(
                        RuleKind::Underride,
                        PredefinedUnderrideRuleId::Encrypted.as_str(),
                        vec![],
                    )
                    .unwrap();
            })
            .counts_members
        );
    }

    #[test]
    fn another_rule_or_another_ignored_person_is_another_basis() {
        let plain = basis(|_| ());
        assert!(plain.is_same(&basis(|_| ())));
        let id = PredefinedUnderrideRuleId::Message;
        let changed =
            basis(|rules| rules.set_enabled(RuleKind::Underride, id.as_str(), false).unwrap());
        assert!(!plain.is_same(&changed));
        let ignoring = HashSet::from([user_id!("@bob:s").to_owned()]);
        let ignoring = Basis::new(Arc::clone(&plain.rules), Arc::new(ignoring));
        assert!(!plain.is_same(&ignoring));
    }
}
