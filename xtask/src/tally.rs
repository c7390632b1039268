//! Counting tests: what each runner said, added up.

use anyhow::Context;
use serde_json::Value;

/// Tests that passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }

    /// From nextest's summary: `Summary [ 1.2s] 10 tests run: 9 passed, 1 failed, 0 skipped`.
    pub(crate) fn of_nextest(output: &str) -> Option<Self> {
        let summary = output
            .lines()
            .rev()
            .find(|line| line.contains("tests run:") || line.contains("test run:"))?;
        let (_, counts) = summary.split_once("run:")?;
        let count = |word: &str| {
            let part = counts.split(',').find(|part| part.contains(word));
            part.and_then(|part| part.split_whitespace().next()?.parse().ok()).unwrap_or(0)
        };
        // A test that ran out of time, or whose process died, has failed too.
        let failed = count("failed") + count("timed out") + count("exec failed");
        Some(Self { passed: count("passed"), failed })
    }

    /// From `cargo test`: the sum of its `test result:` lines.
    pub(crate) fn of_cargo_test(output: &str) -> Self {
        let results = output.lines().filter(|line| line.starts_with("test result:"));
        results.fold(Self::default(), |sum, line| {
            let count = |word: &str| {
                let words: Vec<_> =
                    line.split([' ', ';']).filter(|word| !word.is_empty()).collect();
                let at = words.iter().position(|candidate| *candidate == word);
                at.and_then(|at| words.get(at.checked_sub(1)?)?.parse().ok()).unwrap_or(0)
            };
            sum.plus(Self { passed: count("passed"), failed: count("failed") })
        })
    }

    /// From vitest's JSON report.
    pub(crate) fn of_vitest(report: &str) -> anyhow::Result<Self> {
        let report: Value = serde_json::from_str(report).context("vitest's report is not JSON")?;
        let count = |key: &str| report.get(key).and_then(Value::as_u64).unwrap_or(0);
        // A file that does not even load counts as a failure.
        let broken = report.get("testResults").and_then(Value::as_array).map_or(0, |files| {
            let broken = files.iter().filter(|file| {
                let none = file.get("assertionResults").and_then(Value::as_array);
                none.is_none_or(Vec::is_empty) && file.get("status") == Some(&"failed".into())
            });
            broken.count() as u64
        });
        Ok(Self { passed: count("numPassedTests"), failed: count("numFailedTests") + broken })
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runner_is_counted() {
        let nextest =
            "  Summary [   0.1s] 10 tests run: 8 passed (1 slow), 1 failed, 1 timed out, 0 skipped";
        assert_eq!(Tally::of_nextest(nextest), Some(Tally { passed: 8, failed: 2 }));
        assert_eq!(Tally::of_nextest("error: could not compile"), None);
        let cargo = "test result: ok. 3 passed; 0 failed; 0 ignored; finished in 0.00s\n\
                     test result: FAILED. 1 passed; 2 failed; 0 ignored; finished in 0.00s";
        assert_eq!(Tally::of_cargo_test(cargo), Tally { passed: 4, failed: 2 });
        let vitest = r#"{"numPassedTests":5,"numFailedTests":1,"testResults":[
            {"status":"failed","assertionResults":[]},{"status":"failed","assertionResults":[{}]}]}"#;
        assert_eq!(Tally::of_vitest(vitest).unwrap(), Tally { passed: 5, failed: 2 });
    }
}
