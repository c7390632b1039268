//! The figures: gathered, printed as a table, written as JSON.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

/// One line of the table.
#[derive(Serialize)]
struct Figure {
    scenario: String,
    what: String,
    /// By the run in which each was found.
    values: BTreeMap<String, f64>,
    unit: &'static str,
    aim: Option<&'static str>,
}

impl Figure {
    fn row(&self, runs: &[String]) -> String {
        let Self { scenario, what, values, unit, aim } = self;
        let value = |run| values.get(run).copied().map(number).unwrap_or_default();
        let values = runs.iter().map(value).collect::<Vec<_>>().join(" | ");
        let aim = aim.unwrap_or_default();
        format!("| {scenario} | {what} | {values} | {unit} | {aim} |\n")
    }
}

/// All figures, of one run or of several: a column each.
#[derive(Default)]
pub(crate) struct Report {
    runs: Vec<String>,
    figures: Vec<Figure>,
    /// Places of the figures in the order in which they were added.
    added: Vec<usize>,
}

impl Report {
    /// Begins a column of figures.
    pub(crate) fn begin(&mut self, run: &str) {
        self.runs.push(run.to_owned());
    }

    /// Adds a figure.
    pub(crate) fn add(&mut self, scenario: &str, what: &str, value: f64, unit: &'static str) {
        let known = |figure: &Figure| figure.scenario == scenario && figure.what == what;
        let place = self.figures.iter().position(known).unwrap_or(self.figures.len());
        if place == self.figures.len() {
            let (scenario, what, values) = (scenario.to_owned(), what.to_owned(), BTreeMap::new());
            self.figures.push(Figure { scenario, what, values, unit, aim: None });
        }
        let run = self.runs.last().cloned().unwrap_or_default();
        if let Some(figure) = self.figures.get_mut(place) {
            figure.values.insert(run, value);
        }
        self.added.push(place);
    }

    /// Adds what the design aims at to the newest figure of a name.
    pub(crate) fn aim(&mut self, what: &str, aim: &'static str) {
        let named = |place: &&usize| self.figures.get(**place).is_some_and(|it| it.what == what);
        let place = self.added.iter().rev().find(named).copied();
        if let Some(figure) = place.and_then(|place| self.figures.get_mut(place)) {
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
        write(&self.table());
    }

    fn table(&self) -> String {
        let (runs, rule) = (self.runs.join(" | "), "---|".repeat(self.runs.len()));
        let mut table =
            format!("\n| scenario | figure | {runs} | unit | aim |\n|---|---|{rule}---|---|\n");
        let rows = self.figures.iter().map(|figure| figure.row(&self.runs));
        table.extend(rows);
        table
    }

    /// Writes the figures as JSON.
    pub(crate) fn write_json(&self, path: &Path) -> anyhow::Result<()> {
        std::fs::write(path, serde_json::to_vec_pretty(&self.figures)?)?;
        Ok(())
    }
}

/// Tells what goes on.
pub(crate) fn progress(text: &str) {
    write(&format!("{text}\n"));
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

    #[test]
    fn each_run_has_a_column_and_an_aim_goes_to_the_newest_figure_of_its_name() {
        let mut report = Report::default();
        report.begin("1 node");
        report.add("sends", "rate", 512.0, "sends/s");
        report.aim("rate", "many");
        report.add("syncs", "rate", 1.5, "syncs/s");
        report.aim("rate", "few");
        report.begin("2 nodes");
        report.add("sends", "rate", 1000.4, "sends/s");
        report.aim("rate", "more");
        let table = "\n| scenario | figure | 1 node | 2 nodes | unit | aim |\n|---|---|---|---|---|---|\n\
                     | sends | rate | 512 | 1000 | sends/s | more |\n\
                     | syncs | rate | 1.50 |  | syncs/s | few |\n";
        assert_eq!(report.table(), table);
    }
}
