//! Ctrl-C and SIGTERM: the first one stops in order, the second at once.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;

use anyhow::Context;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

use crate::console;

/// Listens on a thread of its own, for work that is not asynchronous.
pub(crate) struct Signals;

impl Signals {
    /// From now on: the switch is turned by the first signal. One switch serves all that the program does.
    ///
    /// # Errors
    /// When the system has no thread or descriptor left for it.
    pub(crate) fn heed(
        stopping: &str,
        how_on: &str,
        quiet: bool,
    ) -> anyhow::Result<Arc<AtomicBool>> {
        if let Some(stop) = HEEDED.get() {
            return Ok(stop.clone());
        }
        let stop = HEEDED.get_or_init(Arc::default).clone();
        let turned = stop.clone();
        let (stopping, how_on) = (stopping.to_owned(), how_on.to_owned());
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().context("listening for signals")?;
        let inside = runtime.enter();
        let listen = |kind| signal(kind).context("listening for signals");
        let mut interrupt = listen(SignalKind::interrupt())?;
        let mut terminate = listen(SignalKind::terminate())?;
        drop(inside);
        let say = move |line: &str| {
            if !quiet {
                console::say(line);
            }
        };
        let listening = move || {
            runtime.block_on(async {
                let mut signalled = async || {
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                };
                signalled().await;
                turned.store(true, SeqCst);
                say(&format!("stopping: {stopping} (again to stop at once)"));
                signalled().await;
                say(&format!("stopped at once: {how_on}"));
                std::process::exit(130);
            });
        };
        let thread = thread::Builder::new().name("signals".to_owned()).spawn(listening);
        thread.context("listening for signals")?;
        Ok(stop)
    }
}

/// What a discovery does before it stops.
pub(crate) const ANSWERS_MAY_COME: &str = "answers on their way are waited for";

/// The switch, once somebody listens.
static HEEDED: OnceLock<Arc<AtomicBool>> = OnceLock::new();
