//! What the tasks that start a demo are told on the command line.

use anyhow::{Context, bail};

/// `--fresh` and `--port`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Whether what was there is forgotten first.
    pub(crate) fresh: bool,
    /// Where people find it, on this machine.
    pub(crate) port: u16,
}

impl Options {
    /// Reads the arguments of a task.
    pub(crate) fn read(task: &str, arguments: &[String]) -> anyhow::Result<Self> {
        let mut options = Self { fresh: false, port: 8008 };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--fresh" => options.fresh = true,
                "--port" => {
                    let port = arguments.next().and_then(|port| port.parse().ok());
                    options.port = port.context("--port wants a number")?;
                }
                other => bail!("{task} has no option {other:?}; it has --fresh and --port"),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_others_refused() {
        let read = |text: &str| {
            let arguments: Vec<_> = text.split_whitespace().map(ToOwned::to_owned).collect();
            Options::read("run", &arguments).map_err(|error| error.to_string())
        };
        assert_eq!(read(""), Ok(Options { fresh: false, port: 8008 }));
        assert_eq!(read("--port 9000 --fresh"), Ok(Options { fresh: true, port: 9000 }));
        assert_eq!(read("--port"), Err("--port wants a number".to_owned()));
        assert!(read("--prot 1").unwrap_err().contains("no option \"--prot\""));
    }
}
