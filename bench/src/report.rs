//! The figures: gathered, printed as a table, written as JSON.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

/// One line of the table.
#[derive(Serialize)]
struct Figure {
    scenario: String,
    what: String,
    value: f64,
    unit: &'static str,
    aim: Option<&'static str>,
}

/// All figures.
#[derive(Default)]
pub(crate) struct Report(Vec<Figure>);

impl Report {
    /// Adds a figure.
    pub(crate) fn add(&mut self, scenario: &str, what: &str, value: f64, unit: &'static str) {
        let (scenario, what) = (scenario.to_owned(), what.to_owned());
        self.0.push(Figure { scenario, what, value, unit, aim: None });
    }

    /// Adds what the design aims at to the newest figure of a name.
    pub(crate) fn aim(&mut self, what: &str, aim: &'static str) {
        if let Some(figure) = self.0.iter_mut().rev().find(|figure| figure.what == what) {
            figure.aim = Some(aim);
        }
    }

    /// Adds the spread of many durations.
    pub(crate) fn add_times(&mut self, scenario: &str, times: &mut [Duration]) {
        times.sort_unstable();
        for (name, part) in [("p50", 0.50), ("p95", 0.95), ("p99", 0.99)] {
            self.add(scenario, name, percentile(times, part).as_secs_f64() * 1000.0, "ms");
        }
    }

    /// Prints the table.
    pub(crate) fn print(&self) {
        write("\n| scenario | figure | value | unit | aim |\n|---|---|---|---|---|\n");
        for Figure { scenario, what, value, unit, aim } in &self.0 {
            let (value, aim) = (number(*value), aim.unwrap_or_default());
            write(&format!("| {scenario} | {what} | {value} | {unit} | {aim} |\n"));
        }
    }

    /// Writes the figures as JSON.
    pub(crate) fn write_json(&self, path: &Path) -> anyhow::Result<()> {
        std::fs::write(path, serde_json::to_vec_pretty(&self.0)?)?;
        Ok(())
    }
}

/// Tells which scenario runs.
pub(crate) fn progress(name: &str) {
    write(&format!("measuring {name}\n"));
}

fn write(text: &str) {
    // Nobody left to tell when this fails.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// The duration below which a part of the sorted durations lies.
fn percentile(sorted: &[Duration], part: f64) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 durations")]
    let rank = (sorted.len() as f64 * part).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank lies between 0 and the length"
    )]
    let index = (rank as usize).saturating_sub(1);
    sorted.get(index).or(sorted.last()).copied().unwrap_or_default()
}

/// Three figures that count, whatever the size.
fn number(value: f64) -> String {
    match value {
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ if value >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_durations() {
        let times: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 0.50), Duration::from_millis(50));
        assert_eq!(percentile(&times, 0.99), Duration::from_millis(99));
        assert_eq!(percentile(&times[..1], 0.99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 0.99), Duration::ZERO);
    }
}
