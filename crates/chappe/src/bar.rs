//! How far a long command is: one line that moves on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use transfer::{Phase, Progress, Step};

/// How often a line is written where it stays.
const PAUSE: Duration = Duration::from_secs(5);

/// Shows progress on standard error.
pub(crate) fn shown() -> Progress {
    let bar = Bar::default();
    Progress::new(move |step| bar.show(step))
}

/// The line, as the terminal has it.
pub(crate) struct Bar {
    moves: bool,
    begun: Mutex<Begun>,
}

struct Begun {
    phase: Option<Phase>,
    at: Instant,
    said: Instant,
}

impl Default for Bar {
    fn default() -> Self {
        let now = Instant::now();
        let begun = Mutex::new(Begun { phase: None, at: now, said: now });
        Self { moves: std::io::stderr().is_terminal(), begun }
    }
}

impl Bar {
    /// Shows a step.
    pub(crate) fn show(&self, step: &Step) {
        let Ok(mut begun) = self.begun.lock() else { return };
        let now = Instant::now();
        let first = begun.phase != Some(step.phase);
        if first {
            *begun = Begun { phase: Some(step.phase), at: now, said: now };
        }
        let line = line(step, now.duration_since(begun.at));
        let mut out = std::io::stderr().lock();
        // Nobody left to tell when this fails.
        let _ = if self.moves {
            let end = if step.ended { "\n" } else { "" };
            write!(out, "\r\x1b[2K{line}{end}").and_then(|()| out.flush())
        } else if first || step.ended || now.duration_since(begun.said) >= PAUSE {
            begun.said = now;
            writeln!(out, "{line}")
        } else {
            Ok(())
        };
        if step.ended {
            begun.phase = None;
        }
    }
}

/// What is done, how much of it, how fast, and how long the rest will take.
fn line(step: &Step, passed: Duration) -> String {
    let what = match step.phase {
        Phase::Survey => "reading the source",
        Phase::Copy => "copying",
        Phase::Compare => "comparing",
        Phase::Data => "saving the data",
        Phase::Keyring => "saving the keyring",
        Phase::Media => "media",
        Phase::Inspect => "checking files",
    };
    let Step { items, bytes, total, ended, .. } = *step;
    let mut parts = vec![format!("{what:<19} {items} items")];
    parts.push(match total.filter(|total| *total > 0 && !ended) {
        Some(total) => {
            let percent = (bytes.saturating_mul(100) / total).min(100);
            format!("{} of {} ({percent} %)", size(bytes), size(total))
        }
        None => size(bytes),
    });
    let rate = u128::from(bytes) * 1000 / passed.as_millis().max(1);
    let rate = u64::try_from(rate).unwrap_or(u64::MAX);
    if bytes > 0 && passed >= Duration::from_millis(500) {
        parts.push(format!("{}/s", size(rate)));
    }
    if ended {
        parts.push("done".to_owned());
    } else if let Some(total) = total.filter(|_| rate > 0) {
        let left = total.saturating_sub(bytes) / rate.max(1);
        parts.push(format!("{}:{:02} left", left / 60, left % 60));
    }
    parts.join(", ")
}

/// Bytes as people read them.
pub(crate) fn size(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_much_is_done_how_fast_and_how_long_the_rest_takes() {
        let step = |ended| Step {
            phase: Phase::Copy,
            items: 1200,
            bytes: 1_500_000,
            total: Some(6_000_000),
            ended,
        };
        let two = Duration::from_secs(2);
        assert_eq!(
            line(&step(false), two),
            "copying             1200 items, 1.5 MB of 6.0 MB (25 %), 750.0 kB/s, 0:06 left"
        );
        assert_eq!(
            line(&step(true), two),
            "copying             1200 items, 1.5 MB, 750.0 kB/s, done"
        );
    }
}
