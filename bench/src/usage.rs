//! What something cost: CPU of the server, and what was asked of the database.

use crate::report::Report;

/// On one node these are what a send waits for; each goes to the database and back once.
const STATEMENTS: &str = "statements, each one round trip";

/// CPU seconds of the nodes, and what a database did, up to a moment or between two.
#[derive(Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) server: f64,
    pub(crate) database: Option<Activity>,
}

/// What a database did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Activity {
    /// CPU seconds of all its processes.
    pub(crate) cpu: f64,
    /// Calls of the function that commits.
    pub(crate) commits: f64,
    /// Milliseconds in them, waiting for the lock included, the disk at the end not.
    pub(crate) commit_ms: f64,
    /// Images of whole pages that they wrote into the write-ahead log.
    pub(crate) full_pages: f64,
    /// Statements that are none of the others: what a request waits for beside its commit; with
    /// several nodes, also what the others read to follow the rooms that they hold.
    pub(crate) others: f64,
    /// Readings of the log by those who follow it.
    pub(crate) log_reads: f64,
    /// Hints between nodes, and questions where the log ends.
    pub(crate) hints: f64,
    /// Bytes of the write-ahead log.
    pub(crate) wal: f64,
}

impl Usage {
    /// What came between two moments.
    pub(crate) fn since(self, before: &Self) -> Self {
        let database = self.database.zip(before.database);
        Self {
            server: self.server - before.server,
            database: database.map(|(now, before)| now.since(before)),
        }
    }

    /// Reports what `count` sends cost.
    pub(crate) fn report_sends(&self, report: &mut Report, name: &str, count: f64) {
        report.add(name, "server CPU per 1000", self.server * 1000.0 / count, "s");
        report.aim("server CPU per 1000", "≤ 0.35");
        let Some(database) = &self.database else { return };
        report.add(name, "PostgreSQL CPU per 1000", database.cpu * 1000.0 / count, "s");
        report.add(name, "sends per commit", count / database.commits, "");
        let statements = (database.commits + database.others) / count;
        report.add(name, STATEMENTS, statements, "per send");
        report.aim(STATEMENTS, "≤ 1 on one node");
        report.add(
            name,
            "beside them: readings of the log",
            database.log_reads / count,
            "per send",
        );
        report.add(name, "beside them: hints and polls", database.hints / count, "per send");
        let commit_ms = database.commit_ms / database.commits;
        report.add(name, "one commit inside PostgreSQL", commit_ms, "ms");
        report.add(name, "write-ahead log per send", database.wal / count, "B");
        report.add(name, "images of full pages in it", database.full_pages / count, "per send");
    }

    /// Reports the CPU of each of `count` repetitions.
    pub(crate) fn report_each(&self, report: &mut Report, name: &str, count: f64) {
        report.add(name, "server CPU each", self.server * 1000.0 / count, "ms");
        let Some(database) = &self.database else { return };
        report.add(name, "PostgreSQL CPU each", database.cpu * 1000.0 / count, "ms");
        report.add(name, "statements each", database.all_but_hints() / count, "");
    }
}

impl Activity {
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            cpu: self.cpu - before.cpu,
            commits: self.commits - before.commits,
            commit_ms: self.commit_ms - before.commit_ms,
            full_pages: self.full_pages - before.full_pages,
            others: self.others - before.others,
            log_reads: self.log_reads - before.log_reads,
            hints: self.hints - before.hints,
            wal: self.wal - before.wal,
        }
    }

    fn all_but_hints(&self) -> f64 {
        self.commits + self.others + self.log_reads
    }
}
