//! The thread that passes the queue to the line editor.

use std::io;
use std::sync::PoisonError;

use super::{FinalFlush, Gate, ReadStage, ScreenState, State};

/// Entries are joined into prints of about this size. Each print redraws the line, and keys are
/// handled between prints.
const JOINED: usize = 64 * 1024;

/// Prints to the terminal.
pub(crate) trait Painter {
    /// Prints whole lines. Blocks until the editor takes them.
    fn paint(&mut self, text: &str) -> io::Result<()>;

    /// Returns when everything printed before is on the screen.
    fn flush(&mut self) -> io::Result<()>;
}

enum Job {
    Paint(String),
    Flush,
}

impl ScreenState {
    /// The printing thread: prints the queue while the gate is open, until the end.
    pub(crate) fn feed(&self, painter: &mut dyn Painter) {
        let mut state = self.lock();
        while state.gate != Gate::Over {
            let job = match state.gate {
                Gate::Open if state.too_tall && state.stage == ReadStage::Reading => None,
                Gate::Open | Gate::Free => state.job(),
                Gate::Closed | Gate::Over => None,
            };
            let Some(job) = job else {
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.handing = true;
            drop(state);
            let outcome = match &job {
                Job::Paint(text) => painter.paint(text),
                Job::Flush => painter.flush(),
            };
            state = self.lock();
            state.handing = false;
            state.printed += 1;
            match (job, outcome) {
                (Job::Flush, _) => state.final_flush = FinalFlush::Done,
                (Job::Paint(_), Ok(())) => {}
                // The error is kept in the state and reported by the next write.
                (Job::Paint(_), Err(error)) => state.fail(error.kind()),
            }
            self.changed.notify_all();
        }
    }
}

impl State {
    fn job(&mut self) -> Option<Job> {
        if let Some(text) = self.queue.take(JOINED) {
            return Some(Job::Paint(text));
        }
        (self.final_flush == FinalFlush::Requested).then_some(Job::Flush)
    }
}
