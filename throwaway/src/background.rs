//! A thread with a runtime of its own, for servers that live inside the process that uses them.

use std::thread::JoinHandle;

use anyhow::Context;
use tokio::sync::oneshot;

/// Work in a thread of its own, whatever runtime its owner has or lacks. Dropping it tells the
/// work to end, and waits until it has.
#[derive(Debug)]
pub(crate) struct Background {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts work that ends when what it is given does.
    pub(crate) fn start<F>(
        work: impl FnOnce(oneshot::Receiver<()>) -> F + Send + 'static,
    ) -> anyhow::Result<Self>
    where
        F: Future<Output = ()>,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("the runtime does not start")?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("throwaway".to_owned());
        let thread = thread.spawn(move || runtime.block_on(work(stopped)));
        let thread = thread.context("a thread does not start")?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there has been told by itself.
            let _ = thread.join();
        }
    }
}
