//! What the disk itself takes to make a write durable: every commit waits at least so long.

use std::io::{Seek, SeekFrom, Write};
use std::time::Instant;

use crate::report::Report;

/// A page of PostgreSQL.
const PAGE: usize = 8 << 10;
const PAGES: u32 = 1024;
const TIMES: u32 = 200;

/// Writes pages into a file that has its size already, each made durable.
pub(crate) fn run(report: &mut Report) -> anyhow::Result<()> {
    let mut file = tempfile::tempfile_in(".")?;
    let page = vec![0x5a; PAGE];
    for _ in 0..PAGES {
        file.write_all(&page)?;
    }
    file.sync_all()?;
    let mut times = Vec::new();
    for time in 0..TIMES {
        file.seek(SeekFrom::Start(u64::from(time % PAGES) * PAGE as u64))?;
        let start = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    report.add_times("the disk: 8 KiB written and durable", &mut times);
    Ok(())
}
