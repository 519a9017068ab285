//! A gate, which synchronizes a test with its peers without delays.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::time;

/// Closed at first; once opened, it stays open. Clones share it.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens it for everyone who waits or will wait.
    pub fn open(&self) {
        *self.0 .0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0 .1.notify_all();
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        *self.0 .0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is open. Returns false if it was not opened within `limit`.
    pub fn opens_within(&self, limit: Duration) -> bool {
        let open = self.0 .0.lock().unwrap_or_else(PoisonError::into_inner);
        let (open, _) = self
            .0
             .1
            .wait_timeout_while(open, limit, |open| !*open)
            .unwrap_or_else(PoisonError::into_inner);
        *open
    }

    /// Waits until it is open, and fails the test if it is not opened.
    #[track_caller]
    pub fn wait(&self) {
        assert!(
            self.opens_within(time::limit(time::STEP)),
            "nobody opened the gate within {:?}",
            time::limit(time::STEP)
        );
    }
}
