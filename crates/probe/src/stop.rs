//! The wish to stop, heard everywhere.

use std::sync::Arc;

use tokio::sync::watch;

/// A switch that can be turned once, shared by whoever turns it and whoever heeds it.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// Not yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Takes no new targets; what is in flight may end within the plan's grace.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody asked for it.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once somebody asked for it.
    pub async fn requested(&self) {
        let mut heard = self.0.subscribe();
        // The sender lives as long as `self`: waiting cannot fail.
        let _ = heard.wait_for(|stop| *stop).await;
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}
