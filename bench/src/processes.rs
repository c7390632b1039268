//! What the system says of processes, by `/proc`.

use anyhow::Context;

/// Clock ticks of the system in a second (`USER_HZ`), the unit of `/proc/PID/stat`.
const TICKS: f64 = 100.0;

/// What `/proc/PID/stat` says of a process.
struct Stat {
    parent: u32,
    /// CPU seconds of its own.
    own: f64,
    /// CPU seconds of its children that have ended.
    ended: f64,
}

/// CPU seconds that a process has used.
pub(crate) fn cpu_seconds(process: u32) -> anyhow::Result<f64> {
    Ok(stat(process)?.own)
}

/// CPU seconds that a process and its children have used, those that have ended included.
pub(crate) fn family_cpu_seconds(process: u32) -> anyhow::Result<f64> {
    let mut sum = 0.0;
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process may end while we look: then its parent counts it.
        match stat(id) {
            Ok(child) if child.parent == process => sum += child.own,
            Ok(_) | Err(_) => {}
        }
    }
    let Stat { own, ended, .. } = stat(process)?;
    Ok(sum + own + ended)
}

/// Memory of a process that is resident, in MiB.
pub(crate) fn resident_mib(process: u32) -> anyhow::Result<f64> {
    memory_mib(process, "VmRSS:")
}

/// The most memory of a process that was ever resident, in MiB.
pub(crate) fn peak_mib(process: u32) -> anyhow::Result<f64> {
    memory_mib(process, "VmHWM:")
}

fn memory_mib(process: u32, which: &'static str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(which)).context(which)?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}

fn stat(process: u32) -> anyhow::Result<Stat> {
    parse(&std::fs::read_to_string(format!("/proc/{process}/stat"))?).context("/proc/PID/stat")
}

fn parse(text: &str) -> Option<Stat> {
    // The name stands in brackets and may hold anything.
    let (_, after_name) = text.rsplit_once(')')?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let seconds = |place: usize| Some(fields.get(place)?.parse::<f64>().ok()? / TICKS);
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: seconds(11)? + seconds(12)?,
        ended: seconds(13)? + seconds(14)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_a_name_that_looks_like_more_of_them() {
        let text = "42 (a) b 1 (c)) S 7 42 42 0 -1 4194304 9 8 0 0 150 50 300 100 20 0 4 0 99";
        let stat = parse(text).unwrap();
        assert_eq!(stat.parent, 7);
        assert!((stat.own - 2.0).abs() < 1e-9);
        assert!((stat.ended - 4.0).abs() < 1e-9);
    }

    #[test]
    fn a_child_that_has_ended_stays_in_the_sum() {
        let before = family_cpu_seconds(std::process::id()).unwrap();
        let work = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
        assert!(std::process::Command::new("sh").args(["-c", work]).status().unwrap().success());
        assert!(family_cpu_seconds(std::process::id()).unwrap() - before >= 0.05);
    }
}
