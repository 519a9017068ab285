//! Signals that only the thread of the line editor receives.
//!
//! The kernel gives a signal for the process to any thread that does not block it, usually the first
//! one. The editor's handler then leaves a note for the editor, which is blocked in a read during a
//! search and does not see it. So the other threads block these signals: the thread that starts the
//! editor, and those that it starts later. Children do not inherit that, because `Command` resets
//! it.

use std::io;

use nix::sys::signal::{SigSet, SigmaskHow, Signal};

/// Blocks SIGINT and SIGWINCH on the current thread, and on those that it starts, until this is
/// dropped on the same thread.
pub(super) struct Blocked {
    before: SigSet,
}

impl Blocked {
    /// Begins it.
    ///
    /// # Errors
    ///
    /// The error of the operating system.
    pub(super) fn begin() -> io::Result<Self> {
        let mut signals = SigSet::empty();
        signals.add(Signal::SIGINT);
        signals.add(Signal::SIGWINCH);
        let before = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        Ok(Self { before })
    }

    /// The signals that were blocked before, for [`receive`].
    pub(super) fn before(&self) -> SigSet {
        self.before
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        receive(&self.before);
    }
}

/// Blocks only these signals on the current thread.
pub(super) fn receive(blocked: &SigSet) {
    // It can fail only if the set is invalid, and it comes from the operating system.
    let _ = blocked.thread_set_mask();
}
