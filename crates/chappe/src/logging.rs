//! The log: on standard error, as text or as JSON.

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts the log.
pub(crate) fn start(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.level)
        .with_context(|| format!("log.level {:?} is not a level or a filter", log.level))?;
    let writer = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => writer.with_ansi(false).init(),
        LogFormat::Json => writer.json().init(),
    }
    Ok(())
}
