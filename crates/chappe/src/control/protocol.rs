//! What is said over the control socket: lines of JSON.

use serde::{Deserialize, Serialize};
use transfer::{Step, Summary, Target};

/// Bytes of a line at most.
pub(super) const LINE: u64 = 1 << 20;

/// What is asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// A backup.
    Backup {
        /// Where it goes.
        target: Target,
        /// What is done about media.
        media: Media,
    },
    /// That the log is read through.
    Verify,
    /// That the search index is made anew.
    RebuildSearch,
}

/// What a backup does about media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Media {
    /// They are in it.
    Copy,
    /// They are left to their own store.
    Skip,
}

/// How it goes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// How far it is.
    Step(Step),
    /// The backup is whole.
    BackedUp(Summary),
    /// The log is whole, and has so many records.
    Verified(u64),
    /// The search index is whole, and holds so much.
    SearchRebuilt(u64),
    /// It did not come to its end.
    Failed(String),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_line_is_a_request_or_refused(
            line in r#"\{"(backup|verify|x)":(\{"target":[a-z0-9"{}:]{0,20},"media":"(copy|skip)"\}|null)\}|"verify"|\PC{0,40}"#,
        ) {
            if let Ok(request) = serde_json::from_str::<Request>(&line) {
                let again = serde_json::to_string(&request).unwrap();
                let request_again: Request = serde_json::from_str(&again).unwrap();
                prop_assert_eq!(format!("{request_again:?}"), format!("{request:?}"));
            }
        }

        #[test]
        fn what_is_said_has_one_line(message in any::<String>(), number: u64) {
            for answer in [Answer::Failed(message.clone()), Answer::Verified(number)] {
                let line = serde_json::to_string(&answer).unwrap();
                prop_assert!(!line.contains(['\n', '\r']));
                let again: Answer = serde_json::from_str(&line).unwrap();
                prop_assert_eq!(format!("{again:?}"), format!("{answer:?}"));
            }
        }
    }
}
