//! History visibility: may this person see this event?
//!
//! `spec/content/client-server-api/modules/history_visibility.md`. A [`Visible`] is the proof that
//! the question was asked: nothing but [`Visible::check`] makes one.

use ruma_events::room::member::MembershipState;

/// Who sees what was said (`m.room.history_visibility`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryVisibility {
    /// Everybody.
    WorldReadable,
    /// Whoever is in the room now or later.
    Shared,
    /// Whoever was in the room or invited.
    Invited,
    /// Whoever was in the room.
    Joined,
}

impl From<&str> for HistoryVisibility {
    /// A value that is not understood is `shared`.
    fn from(text: &str) -> Self {
        match text {
            "world_readable" => Self::WorldReadable,
            "invited" => Self::Invited,
            "joined" => Self::Joined,
            _ => Self::Shared,
        }
    }
}

/// How a person stood to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The setting just before the event.
    pub visibility_before: HistoryVisibility,
    /// The setting that the event itself makes, when it is one.
    pub visibility_after: Option<HistoryVisibility>,
    /// The person's membership just before the event.
    pub membership_before: Option<MembershipState>,
    /// The membership that the event itself gives the person, when it does.
    pub membership_after: Option<MembershipState>,
    /// Whether the person joined at any time after the event.
    pub joined_later: bool,
}

impl Situation {
    /// Somebody who was in the room when the event was sent: sees it under every setting.
    pub fn in_the_room() -> Self {
        Self {
            visibility_before: HistoryVisibility::Joined,
            visibility_after: None,
            membership_before: Some(MembershipState::Join),
            membership_after: None,
            joined_later: false,
        }
    }

    /// The five rules, asked of the setting and the membership before and after the event.
    fn allows(&self) -> bool {
        let visibilities = [Some(self.visibility_before), self.visibility_after];
        let memberships = [self.membership_before.as_ref(), self.membership_after.as_ref()];
        let mut pairs = visibilities.into_iter().flatten().flat_map(|visibility| {
            memberships.into_iter().map(move |membership| (visibility, membership))
        });
        pairs.any(|(visibility, membership)| self.rules_allow(visibility, membership))
    }

    fn rules_allow(
        &self,
        visibility: HistoryVisibility,
        membership: Option<&MembershipState>,
    ) -> bool {
        // 1. world_readable. 2. In the room. 3. shared, and came later. 4. invited, and was.
        visibility == HistoryVisibility::WorldReadable
            || membership == Some(&MembershipState::Join)
            || (visibility == HistoryVisibility::Shared && self.joined_later)
            || (visibility == HistoryVisibility::Invited
                && membership == Some(&MembershipState::Invite))
    }
}

/// Something that a person may see.
#[derive(Clone, Debug)]
pub struct Visible<T>(T);

impl<T> Visible<T> {
    /// The event, if the person may see it.
    pub fn check(event: T, situation: &Situation) -> Option<Self> {
        situation.allows().then_some(Self(event))
    }

    /// The event.
    pub fn event(&self) -> &T {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use HistoryVisibility::{Invited, Joined, Shared, WorldReadable};

    const ALL: [HistoryVisibility; 4] = [WorldReadable, Shared, Invited, Joined];

    fn situation(
        setting: HistoryVisibility,
        membership: Option<MembershipState>,
        joined_later: bool,
    ) -> Situation {
        Situation {
            visibility_before: setting,
            visibility_after: None,
            membership_before: membership,
            membership_after: None,
            joined_later,
        }
    }

    #[test]
    fn an_event_is_seen_as_the_five_rules_say() {
        use MembershipState as M;
        // Under world_readable, shared, invited, joined.
        let table = [
            (None, false, [true, false, false, false]),
            (None, true, [true, true, false, false]),
            (Some(M::Invite), false, [true, false, true, false]),
            (Some(M::Invite), true, [true, true, true, false]),
            (Some(M::Join), false, [true, true, true, true]),
            (Some(M::Join), true, [true, true, true, true]),
            (Some(M::Leave), false, [true, false, false, false]),
            (Some(M::Leave), true, [true, true, false, false]),
            (Some(M::Ban), false, [true, false, false, false]),
            (Some(M::Knock), false, [true, false, false, false]),
        ];
        for (membership, joined_later, expected) in table {
            for (setting, seen) in ALL.into_iter().zip(expected) {
                let situation = situation(setting, membership.clone(), joined_later);
                let shown = Visible::check("event", &situation);
                assert_eq!(shown.is_some(), seen, "{situation:?}");
            }
        }
    }

    #[test]
    fn a_change_of_the_setting_is_seen_by_who_either_setting_allows() {
        let table = [
            (WorldReadable, Joined, true),
            (Joined, WorldReadable, true),
            (Joined, Shared, false),
            (Invited, Joined, false),
        ];
        for (before, after, seen) in table {
            let situation =
                Situation { visibility_after: Some(after), ..situation(before, None, false) };
            assert_eq!(Visible::check((), &situation).is_some(), seen, "{situation:?}");
        }
    }

    #[test]
    fn ones_own_membership_is_seen_by_what_one_was_or_becomes() {
        use MembershipState as M;
        let table = [
            (Joined, Some(M::Join), M::Leave, true),
            (Joined, None, M::Join, true),
            (Joined, None, M::Invite, false),
            (Invited, None, M::Invite, true),
            (Joined, Some(M::Leave), M::Ban, false),
            (Joined, Some(M::Join), M::Ban, true),
        ];
        for (setting, before, after, seen) in table {
            let situation =
                Situation { membership_after: Some(after), ..situation(setting, before, false) };
            assert_eq!(Visible::check((), &situation).is_some(), seen, "{situation:?}");
        }
    }

    #[test]
    fn who_was_in_the_room_sees_it_under_every_setting() {
        for setting in ALL {
            let mut situation = Situation::in_the_room();
            situation.visibility_before = setting;
            assert!(Visible::check((), &situation).is_some());
        }
    }

    #[test]
    fn a_value_that_is_not_understood_is_shared() {
        let table = [("world_readable", WorldReadable), ("joined", Joined), ("invited", Invited)];
        for (text, expected) in table {
            assert_eq!(HistoryVisibility::from(text), expected);
        }
        for text in ["shared", "", "JOINED", "org.example"] {
            assert_eq!(HistoryVisibility::from(text), Shared);
        }
    }
}
