//! How far a transfer is.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// How often something is said at most, the ends of phases apart.
const PAUSE: Duration = Duration::from_millis(200);

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The source is read through and counted.
    Survey,
    /// Rows go from one store to another.
    Copy,
    /// The target is read through and compared.
    Compare,
    /// The data are written to the backup.
    Data,
    /// The keyring is written to the backup.
    Keyring,
    /// Media are copied.
    Media,
    /// The files of a backup are checked.
    Inspect,
}

/// How far a phase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which phase.
    pub phase: Phase,
    /// Rows, or files, done.
    pub items: u64,
    /// Bytes done.
    pub bytes: u64,
    /// Bytes in all, where that is known.
    pub total: Option<u64>,
    /// Whether the phase is at its end.
    pub ended: bool,
}

/// Tells somebody how far a transfer is.
pub struct Progress {
    tell: Box<dyn Fn(&Step) + Send + Sync>,
    now: Mutex<Option<(Step, Instant)>>,
}

impl Progress {
    /// Tells by this function.
    pub fn new(tell: impl Fn(&Step) + Send + Sync + 'static) -> Self {
        Self { tell: Box::new(tell), now: Mutex::default() }
    }

    /// Tells nobody.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    pub(crate) fn begin(&self, phase: Phase, total: Option<u64>) {
        self.end();
        let step = Step { phase, items: 0, bytes: 0, total, ended: false };
        (self.tell)(&step);
        *self.now.lock() = Some((step, Instant::now()));
    }

    pub(crate) fn add(&self, items: u64, bytes: u64) {
        let mut now = self.now.lock();
        let Some((step, said)) = &mut *now else { return };
        step.items += items;
        step.bytes += bytes;
        if said.elapsed() >= PAUSE {
            *said = Instant::now();
            (self.tell)(step);
        }
    }

    pub(crate) fn end(&self) {
        if let Some((step, _)) = self.now.lock().take() {
            (self.tell)(&Step { ended: true, ..step });
        }
    }
}
