//! Output above the input line: a queue, and the thread that prints it.
//!
//! The line editor draws for us, but only on its own thread, one print at a time, and not at all
//! during a search or a completion. So output is put into a queue, which never blocks, and one
//! thread passes it to the editor in few prints while the *gate* is open, that is, while the editor
//! has the line on the screen. Between two lines the gate is closed, because a print could be in
//! the middle of a line.
//!
//! The queue holds 64 MiB; beyond that, the oldest entries are replaced by a line with their
//! number.

pub(super) mod printing;
mod queue;
pub(super) mod size;
mod status_row;

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::queue::Queue;
use self::size::{height, size};
use crate::output::sink::{Sink, TerminalSize};

/// The maximum size of pending output in bytes.
const LIMIT: usize = 64 << 20;
/// The size of a write of what is left at the end.
const WRITTEN: usize = 64 * 1024;
/// Ends the bracketed paste that the editor began (`DECSET` 2004), and the line.
const END_OF_PASTE: &[u8] = b"\x1b[?2004l\r\n";
/// How long the editor waits for a print in progress before it leaves a line.
const HANDING_OVER: Duration = Duration::from_millis(5);

/// A print that shows nothing. Like every print, it ends with a line feed.
pub(super) const NOTHING: &str = "\x1b[A\n";

/// Output above the input line. Clones share it.
///
/// Writing never blocks and never fails because of a full queue. After the terminal's guard has
/// ended, it writes to standard output directly.
#[derive(Clone)]
pub struct Screen(pub(super) Arc<ScreenState>);

impl Screen {
    /// Redraws the input line with the current sign.
    ///
    /// # Errors
    ///
    /// The same as those of [`Sink::put`].
    pub fn redraw(&self) -> io::Result<()> {
        self.0.put(NOTHING.as_bytes())
    }
}

impl Sink for Screen {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.put(bytes)
    }

    fn put_in_place(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.put_in_place(bytes)
    }

    fn size(&self) -> Option<TerminalSize> {
        let (terminal_size::Width(columns), terminal_size::Height(rows)) =
            terminal_size::terminal_size_of(io::stdout())?;
        Some(TerminalSize {
            columns: usize::from(columns),
            rows: usize::from(rows),
        })
    }
}

/// Whether prints may be passed to the editor.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// The editor is between two lines.
    Closed,
    /// The editor has the line on the screen.
    Open,
    /// There is no editor in raw mode, and there will be none.
    Free,
    /// The guard has ended: output is written directly.
    Over,
}

/// A request to report when everything is on the screen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FinalFlush {
    NotRequested,
    Requested,
    Done,
}

/// The state of the reading thread.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReadStage {
    /// Input is accepted.
    Reading,
    /// The guard is ending: input is ignored, but the editor still draws.
    Ending,
    /// It must not read again.
    Finished,
}

/// The state shared by the threads of a terminal.
pub(super) struct ScreenState {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    queue: Queue,
    gate: Gate,
    final_flush: FinalFlush,
    /// Whether a print is being passed to the editor.
    handing: bool,
    /// Incremented with each print.
    printed: u64,
    stage: ReadStage,
    /// Whether the reading thread has ended.
    reader_gone: bool,
    /// Whether the line is taller than the screen, so that each print would redraw all of it.
    too_tall: bool,
    /// The rows at the end that the next output in place replaces, and the width that they were
    /// broken at.
    in_place: Option<(usize, usize)>,
    /// Why output can't be written any more.
    broken: Option<io::ErrorKind>,
    direct: Box<dyn Write + Send>,
}

impl ScreenState {
    /// Creates a state with a closed gate. `direct` is used when there is no editor.
    pub(super) fn new(direct: Box<dyn Write + Send>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                queue: Queue::new(LIMIT),
                gate: Gate::Closed,
                final_flush: FinalFlush::NotRequested,
                handing: false,
                printed: 0,
                stage: ReadStage::Reading,
                reader_gone: false,
                too_tall: false,
                in_place: None,
                broken: None,
                direct,
            }),
            changed: Condvar::new(),
        })
    }

    fn put(&self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        if let Some(kind) = state.broken {
            return Err(kind.into());
        }
        if state.gate == Gate::Over {
            return state.write(bytes);
        }
        if bytes != NOTHING.as_bytes() {
            state.in_place = None;
        }
        state.queue.put(bytes);
        self.changed.notify_all();
        Ok(())
    }

    /// Puts rows that replace those of the last call, if nothing else has been shown after them, the
    /// width is the same and there is an editor: a dumb terminal can't replace rows.
    fn put_in_place(&self, bytes: &[u8]) -> io::Result<()> {
        let (columns, _) = size();
        let before = self.lock().in_place.take();
        let before = before.filter(|_| self.has_editor());
        let mut text = match before {
            // Up to the first of these rows, and clear everything below.
            Some((rows, width)) if width == columns => format!("\x1b[{rows}A\x1b[J").into_bytes(),
            _ => Vec::new(),
        };
        text.extend_from_slice(bytes);
        self.put(&text)?;
        let rows = memchr::memchr_iter(b'\n', bytes).count();
        self.lock().in_place = Some((rows, columns));
        Ok(())
    }

    /// Called when the editor has the line on the screen, in raw mode.
    pub(super) fn open_gate(&self) {
        self.turn(Gate::Closed, Gate::Open);
    }

    /// Called before the editor leaves the line. Waits briefly for a print in progress, which may
    /// be blocked until the next line and is printed there.
    pub(super) fn close_gate(&self) {
        self.turn(Gate::Open, Gate::Closed);
        let mut state = self.lock();
        // The line that is left stands below these rows.
        state.in_place = None;
        if state.gate == Gate::Closed {
            drop(self.wait_while(state, HANDING_OVER, |state| state.handing));
        }
    }

    /// Called when raw mode is no longer used.
    pub(super) fn free_gate(&self) {
        self.turn(Gate::Closed, Gate::Free);
        self.turn(Gate::Open, Gate::Free);
    }

    fn turn(&self, from: Gate, to: Gate) {
        let mut state = self.lock();
        if state.gate == from {
            state.gate = to;
            self.changed.notify_all();
        }
    }

    /// Starts the end: an incomplete line is shown too, and input is ignored.
    pub(super) fn begin_end(&self) {
        let mut state = self.lock();
        state.stage = ReadStage::Ending;
        state.queue.end_line();
        state.final_flush = FinalFlush::Requested;
        self.changed.notify_all();
    }

    /// Whether the end has started.
    pub(super) fn is_ending(&self) -> bool {
        self.lock().stage != ReadStage::Reading
    }

    /// Waits until something was printed, at most for `timeout`.
    pub(super) fn wait_for_print(&self, timeout: Duration) -> WaitResult {
        let state = self.lock();
        let before = state.printed;
        let state = self.wait_while(state, timeout, |state| {
            !state.is_flushed() && state.printed == before
        });
        if state.is_flushed() {
            WaitResult::Complete
        } else if state.printed != before {
            WaitResult::Printed
        } else {
            WaitResult::Nothing
        }
    }

    /// Tells the reading thread not to read again.
    pub(super) fn finish(&self) {
        self.lock().stage = ReadStage::Finished;
        self.changed.notify_all();
    }

    /// Holds messages back while the line is too tall to be redrawn for each of them.
    pub(super) fn set_too_tall(&self, too_tall: bool) {
        let mut state = self.lock();
        if std::mem::replace(&mut state.too_tall, too_tall) != too_tall {
            self.changed.notify_all();
        }
    }

    /// Shows an abandoned line above the new one.
    pub(super) fn show_abandoned(&self, line: &str) {
        // An error is kept in the state and reported by the next write.
        let _ = self.put(line.as_bytes());
    }

    /// Moves to the previous line and clears it.
    pub(super) fn step_back(&self) {
        // An error is kept in the state and reported by the next write.
        let _ = self.lock().write(b"\x1b[A\r\x1b[K");
    }

    /// Clears the entered line, which begins in column `before`, because it is shown again as a
    /// message. A line taller than the screen is kept.
    pub(super) fn erase_line(&self, before: usize, line: &str) {
        let (columns, rows) = size();
        let height = height(before, line, columns);
        if height < rows {
            // An error is kept in the state and reported by the next write.
            let _ = self
                .lock()
                .write(format!("\x1b[{height}A\r\x1b[J").as_bytes());
        }
    }

    /// Writes what makes room for the line before the editor redraws it at another width.
    pub(super) fn make_room(&self, text: &str) {
        // An error is kept in the state and reported by the next write.
        let _ = self.lock().write(text.as_bytes());
    }

    /// Whether the reading thread must not read again.
    pub(super) fn is_finished(&self) -> bool {
        self.lock().stage == ReadStage::Finished
    }

    /// Waits for that, at most for `timeout`.
    pub(super) fn wait_for_finish(&self, timeout: Duration) {
        drop(self.wait_while(self.lock(), timeout, |state| {
            state.stage != ReadStage::Finished
        }));
    }

    /// Called when the reading thread has ended, so that raw mode is not used.
    pub(super) fn reader_gone(&self) {
        self.free_gate();
        self.lock().reader_gone = true;
        self.changed.notify_all();
    }

    /// Waits until the reading thread has ended, at most for `timeout`.
    pub(super) fn wait_for_reader(&self, timeout: Duration) -> bool {
        self.wait_while(self.lock(), timeout, |state| !state.reader_gone)
            .reader_gone
    }

    /// Ends the screen: writes the queue, and from now on all output, directly. If the terminal is
    /// `hopeless`, because it has accepted nothing, output is dropped, because writing would block.
    pub(super) fn end(&self, hopeless: bool) {
        let mut state = self.lock();
        state.gate = Gate::Over;
        if hopeless {
            state.fail(io::ErrorKind::TimedOut);
            // The editor would have written this when leaving the line.
            let _ = state.direct.write(END_OF_PASTE);
        }
        while let Some(text) = state.queue.take(WRITTEN) {
            if state.write(text.as_bytes()).is_err() {
                break;
            }
        }
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while<'a>(
        &self,
        state: MutexGuard<'a, State>,
        timeout: Duration,
        mut condition: impl FnMut(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        self.changed
            .wait_timeout_while(state, timeout, |state| condition(state))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

/// The result of waiting for the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitResult {
    /// Everything is on the screen, or can't be shown any more.
    Complete,
    /// Something was printed.
    Printed,
    /// Nothing was printed.
    Nothing,
}

impl State {
    fn is_flushed(&self) -> bool {
        self.final_flush == FinalFlush::Done
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self
            .direct
            .write_all(bytes)
            .and_then(|()| self.direct.flush());
        if let Err(error) = &written {
            self.fail(error.kind());
        }
        written
    }

    fn fail(&mut self, kind: io::ErrorKind) {
        self.broken = Some(kind);
        self.queue = Queue::new(LIMIT);
    }
}

#[cfg(test)]
mod tests;
