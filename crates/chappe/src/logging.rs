//! The log: on standard error, as text or as JSON.

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// What libraries say of each event and each of its fields: a line for nearly every message, with
/// what it is about. The configured level can still ask for it by name.
const QUIET: &str = "ruma_common=warn,ruma_state_res=warn";

/// Starts the log of a command that tells the operator itself how it goes: warnings only.
pub(crate) fn start_for_command() -> anyhow::Result<()> {
    start(&Log { level: "warn".to_owned(), ..Log::default() })
}

/// Starts the log.
pub(crate) fn start(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", log.level))
        .with_context(|| format!("log.level {:?} is not a level or a filter", log.level))?;
    let writer = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => writer.with_ansi(false).init(),
        LogFormat::Json => writer.json().init(),
    }
    Ok(())
}
