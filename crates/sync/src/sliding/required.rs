//! Which of a room's state a device wants. Pure.
//!
//! `spec/proposals/4186-simplified-sliding-sync.md`, "`RequiredStateRequest`", "Combining room
//! configs".

use std::sync::Arc;

use ruma_common::UserId;

const MEMBER: &str = "m.room.member";

/// Which state one rule wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RequiredState {
    /// State that any of these describes…
    pub include: Vec<Pattern>,
    /// …but none of these.
    pub exclude: Vec<Pattern>,
    /// Members only as far as they are needed to show the timeline, and those named one by one.
    pub lazy_members: bool,
}

/// Describes state by what is said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// Its type; any when absent.
    pub kind: Option<String>,
    /// Its key; any when absent.
    pub key: Option<String>,
}

impl Pattern {
    fn describes(&self, kind: &str, key: &str) -> bool {
        self.kind.as_ref().is_none_or(|one| one == kind)
            && self.key.as_ref().is_none_or(|one| one == key)
    }

    /// Whether it describes one event at most.
    fn names(&self) -> Option<(&str, &str)> {
        Some((self.kind.as_deref()?, self.key.as_deref()?))
    }
}

impl RequiredState {
    /// Reads the form of pairs of type and key, in which `*` is any, `$ME` the person who asks and
    /// `$LAZY` members as they are needed.
    pub fn from_pairs(pairs: Vec<(String, String)>, user: &UserId) -> Self {
        let mut required = Self::default();
        for (kind, key) in pairs {
            if key == "$LAZY" {
                required.lazy_members |= kind == MEMBER;
                continue;
            }
            let key = if key == "$ME" { user.to_string() } else { key };
            let any = |text: String| (text != "*").then_some(text);
            required.include.push(Pattern { kind: any(kind), key: any(key) });
        }
        required
    }

    pub(crate) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.include.iter().chain(&self.exclude)
    }

    pub(crate) fn len(&self) -> usize {
        self.include.len() + self.exclude.len()
    }

    fn wants(&self, kind: &str, key: &str) -> bool {
        let lazily = self.lazy_members && kind == MEMBER;
        let any = |patterns: &[Pattern]| patterns.iter().any(|one| one.describes(kind, key));
        // Members that come as they are needed are not wanted as part of all.
        let included = self
            .include
            .iter()
            .any(|one| one.describes(kind, key) && !(lazily && one.key.is_none()));
        included && !any(&self.exclude)
    }

    /// Whether it wants all members.
    fn wants_everybody(&self) -> bool {
        !self.lazy_members
            && self.include.iter().any(|one| one.describes(MEMBER, "") && one.key.is_none())
    }
}

/// Which state all the rules want together that match a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Required(Vec<Arc<RequiredState>>);

impl Required {
    /// Adds what one more rule wants.
    pub(crate) fn add(&mut self, rule: &Arc<RequiredState>) {
        if !self.0.contains(rule) {
            self.0.push(Arc::clone(rule));
        }
    }

    /// Whether state of a type and key is wanted.
    pub(crate) fn wants(&self, kind: &str, key: &str) -> bool {
        self.0.iter().any(|rule| rule.wants(kind, key))
    }

    /// Whether members are wanted as they are needed.
    pub(crate) fn is_lazy(&self) -> bool {
        self.0.iter().any(|rule| rule.lazy_members)
            && !self.0.iter().any(|rule| rule.wants_everybody())
    }

    /// The types and keys that are wanted, when each is named; none when there are patterns that
    /// describe any number.
    pub(crate) fn names(&self) -> Option<Vec<(String, String)>> {
        let patterns = self.0.iter().flat_map(|rule| &rule.include);
        let names = patterns.map(Pattern::names).collect::<Option<Vec<_>>>()?;
        let wanted = names.into_iter().filter(|(kind, key)| self.wants(kind, key));
        let mut names: Vec<_> =
            wanted.map(|(kind, key)| (kind.to_owned(), key.to_owned())).collect();
        names.sort_unstable();
        names.dedup();
        Some(names)
    }

    /// Whether it can want anything that others did not.
    pub(crate) fn may_exceed(&self, others: &Self) -> bool {
        let known = |rule: &Arc<RequiredState>| others.0.contains(rule);
        !self.0.iter().all(known)
    }
}

#[cfg(test)]
mod tests {
    use ruma_common::user_id;

    use super::*;

    type Pairs<'a> = &'a [(&'a str, &'a str)];

    fn pairs(pairs: Pairs<'_>) -> Arc<RequiredState> {
        let pairs = pairs.iter().map(|(kind, key)| ((*kind).to_owned(), (*key).to_owned()));
        Arc::new(RequiredState::from_pairs(pairs.collect(), user_id!("@me:s")))
    }

    fn all(rules: &[Arc<RequiredState>]) -> Required {
        let mut required = Required::default();
        for rule in rules {
            required.add(rule);
        }
        required
    }

    #[test]
    fn pairs_say_what_is_wanted() {
        let everything = &[("*", "*")][..];
        let lazily = &[("*", "*"), (MEMBER, "$LAZY")][..];
        let table: [(Pairs<'_>, &str, &str, bool); 14] = [
            (&[], "m.room.name", "", false),
            (&[("m.room.name", "")], "m.room.name", "", true),
            (&[("m.room.name", "")], "m.room.name", "x", false),
            (&[("m.room.name", "")], "m.room.topic", "", false),
            (&[("m.space.child", "*")], "m.space.child", "!a:s", true),
            (&[("*", "x")], "any.type", "x", true),
            (&[("*", "x")], "any.type", "y", false),
            (&[(MEMBER, "$ME")], MEMBER, "@me:s", true),
            (&[(MEMBER, "$ME")], MEMBER, "@you:s", false),
            (&[(MEMBER, "$LAZY")], MEMBER, "@you:s", false),
            (everything, MEMBER, "@you:s", true),
            (lazily, MEMBER, "@you:s", false),
            (lazily, "m.room.name", "", true),
            (&[(MEMBER, "$LAZY"), (MEMBER, "$ME")], MEMBER, "@me:s", true),
        ];
        for (wanted, kind, key, expected) in table {
            assert_eq!(all(&[pairs(wanted)]).wants(kind, key), expected, "{wanted:?} {kind} {key}");
        }
    }

    #[test]
    fn what_is_excluded_is_not_wanted_but_by_another_rule() {
        let kind = |kind: &str| Pattern { kind: Some(kind.to_owned()), key: None };
        let but_create = Arc::new(RequiredState {
            include: vec![Pattern::default()],
            exclude: vec![kind("m.room.create")],
            lazy_members: false,
        });
        let required = all(std::slice::from_ref(&but_create));
        assert!(required.wants("m.room.name", "") && !required.wants("m.room.create", ""));
        assert!(all(&[but_create, pairs(&[("m.room.create", "")])]).wants("m.room.create", ""));
    }

    #[test]
    fn members_come_as_needed_unless_another_rule_wants_everybody() {
        let (lazy, everything) = (pairs(&[(MEMBER, "$LAZY")]), pairs(&[("*", "*")]));
        assert!(all(std::slice::from_ref(&lazy)).is_lazy());
        assert!(!all(std::slice::from_ref(&everything)).is_lazy());
        assert!(!all(&[lazy.clone(), everything]).is_lazy());
        assert!(all(&[lazy, pairs(&[("m.room.name", "")])]).is_lazy());
    }

    #[test]
    fn names_are_told_when_nothing_but_names_is_wanted() {
        let named = all(&[pairs(&[("b", ""), ("a", "x"), ("b", "")]), pairs(&[("a", "x")])]);
        let name = |kind: &str, key: &str| (kind.to_owned(), key.to_owned());
        assert_eq!(named.names(), Some(vec![name("a", "x"), name("b", "")]));
        assert_eq!(all(&[pairs(&[("a", "*")])]).names(), None);
        assert_eq!(Required::default().names(), Some(vec![]));
    }
}
