//! Threads for the query engine, behind a synchronous face: callers may be inside or outside of an asynchronous one.

use std::future::Future;
use std::sync::mpsc;

use tokio::runtime::Builder;
use tokio::runtime::Runtime;

use crate::Error;

/// A runtime of its own whose threads have room for a planner that recurses.
pub(crate) struct Worker {
    /// Only empty while it is dropped.
    runtime: Option<Runtime>,
}

impl Worker {
    pub(crate) fn start() -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread()
            .thread_name("query")
            .thread_stack_size(STACK_BYTES)
            .build()
            .map_err(|error| Error::Engine {
                message: format!("no threads for queries: {error}"),
            })?;
        Ok(Self { runtime: Some(runtime) })
    }

    /// Runs `work` to its end on the worker's threads.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.spawn(async move {
            // Nobody waits any more only if the caller's thread is gone.
            let _ = sender.send(work.await);
        });
        receiver.recv().unwrap_or_else(|_| {
            Err(Error::Engine { message: "the query engine gave up without a word".to_owned() })
        })
    }

    /// Runs `work` beside the caller.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.as_ref().expect("there until dropped").spawn(work);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Waiting for threads is not allowed inside a caller's own runtime.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The planner's recursion took more than the usual 2 MiB in unoptimised builds.
const STACK_BYTES: usize = 16 << 20;
