//! What is to be shown above the line being typed: a queue, and the thread that empties it.
//!
//! The line editor draws for us, but only from its own thread, one print at a time, and not at all
//! while a search or a completion is open. So nobody prints: bytes are put into a queue, which
//! never blocks, and one thread hands them over, joined into few prints, whenever the *gate* is
//! open, that is, while the editor has the line on the screen. Between two lines the gate is
//! closed: a print then could fall into the middle of a line.
//!
//! The queue holds 64 MiB; history it the oldest entries become one line with their count.

mod queue;

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use unicode_width::UnicodeWidthChar as _;

use self::queue::Queue;
use crate::output::sink::{Sink, TerminalSize};

/// What may wait for the screen, in bytes.
const LIMIT: usize = 64 << 20;
/// Entries are joined into prints of about so many bytes: each is one redrawing of the line, and
/// between two of them keys are answered.
const JOINED: usize = 64 * 1024;
/// Ends the bracketed paste that the editor began (`DECSET` 2004), and the line.
const END_OF_PASTE: &[u8] = b"\x1b[?2004l\r\n";
/// How long the editor waits, when it leaves a line, for a print that is just being handed over.
const HANDING_OVER: Duration = Duration::from_millis(5);
/// The distance of the editor's tab stops.
const TAB: usize = 8;

/// A print that shows nothing and, as every print, ends with a line feed.
pub(super) const NOTHING: &str = "\x1b[A\n";

/// A place on the screen above the line being typed. Clones are the same place.
///
/// Putting never blocks and is never refused for want of space. After the terminal's guard has
/// ended, bytes go to standard output directly.
#[derive(Clone)]
pub struct Screen(pub(super) Arc<ScreenState>);

impl Screen {
    /// Draws the line being typed again, with the sign that it has now.
    ///
    /// # Errors
    ///
    /// As [`Sink::put`].
    pub fn redraw(&self) -> io::Result<()> {
        self.0.put(NOTHING.as_bytes())
    }
}

impl Sink for Screen {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.put(bytes)
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

/// How prints reach the terminal.
pub(super) trait Painter {
    /// Prints whole lines. Blocks until the editor takes them.
    fn paint(&mut self, text: &str) -> io::Result<()>;

    /// Returns when everything painted before is on the screen.
    fn settle(&mut self) -> io::Result<()>;
}

/// Whether prints may be handed to the editor.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// The editor is between two lines.
    Closed,
    /// The editor has the line on the screen.
    Open,
    /// There is no editor in raw mode to disturb, and there will be none.
    Free,
    /// The guard has ended: whoever puts, writes.
    Over,
}

/// The wish to know that everything is on the screen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settled {
    NotAsked,
    Asked,
    Done,
}

/// How long the reading thread reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReadStage {
    /// What is typed is heard.
    Reading,
    /// The guard ends: what is typed goes nowhere any more, but the editor still draws.
    Ending,
    /// It shall not read again.
    Finished,
}

/// What the threads of a terminal share.
pub(super) struct ScreenState {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    queue: Queue,
    gate: Gate,
    settled: Settled,
    /// Whether a print is being handed over.
    handing: bool,
    /// Goes up with everything that was printed.
    printed: u64,
    stage: ReadStage,
    /// Whether the reading thread reads no more.
    reader_gone: bool,
    /// The line is taller than the screen: each print would draw all of it again.
    too_tall: bool,
    /// Why nothing can be written any more.
    broken: Option<io::ErrorKind>,
    direct: Box<dyn Write + Send>,
}

impl ScreenState {
    /// A state whose gate is closed; `direct` is where bytes go without an editor.
    pub(super) fn new(direct: Box<dyn Write + Send>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                queue: Queue::new(LIMIT),
                gate: Gate::Closed,
                settled: Settled::NotAsked,
                handing: false,
                printed: 0,
                stage: ReadStage::Reading,
                reader_gone: false,
                too_tall: false,
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
        state.queue.put(bytes);
        self.changed.notify_all();
        Ok(())
    }

    /// The editor has the line on the screen, in raw mode.
    pub(super) fn open_gate(&self) {
        self.turn(Gate::Closed, Gate::Open);
    }

    /// The editor is about to leave the line. A print that is being handed over is waited for, but
    /// not long: it may be blocked until the next line, where it is as welcome.
    pub(super) fn close_gate(&self) {
        self.turn(Gate::Open, Gate::Closed);
        let state = self.lock();
        if state.gate == Gate::Closed {
            drop(self.wait_while(state, HANDING_OVER, |state| state.handing));
        }
    }

    /// From now on there is no raw mode.
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

    /// Begins the end: what is half a line is shown too, and typing goes nowhere any more.
    pub(super) fn begin_end(&self) {
        let mut state = self.lock();
        state.stage = ReadStage::Ending;
        state.queue.end_line();
        state.settled = Settled::Asked;
        self.changed.notify_all();
    }

    /// Whether the guard has begun to end.
    pub(super) fn is_ending(&self) -> bool {
        self.lock().stage != ReadStage::Reading
    }

    /// Waits until something was printed, for at most `patience`.
    pub(super) fn wait_for_print(&self, patience: Duration) -> Waited {
        let state = self.lock();
        let before = state.printed;
        let state = self.wait_while(state, patience, |state| {
            !state.is_settled() && state.printed == before
        });
        if state.is_settled() {
            Waited::Settled
        } else if state.printed != before {
            Waited::Printed
        } else {
            Waited::Nothing
        }
    }

    /// Tells the reading thread not to read again.
    pub(super) fn finish(&self) {
        self.lock().stage = ReadStage::Finished;
        self.changed.notify_all();
    }

    /// Messages wait while the line is too tall to be drawn again for each of them.
    pub(super) fn set_too_tall(&self, too_tall: bool) {
        let mut state = self.lock();
        if std::mem::replace(&mut state.too_tall, too_tall) != too_tall {
            self.changed.notify_all();
        }
    }

    /// Shows a line that was given up, above the one that takes its place.
    pub(super) fn show_abandoned(&self, line: &str) {
        // A failure is kept in the state, and the next put says it.
        let _ = self.put(line.as_bytes());
    }

    /// Goes back to the line before, and clears it.
    pub(super) fn step_back(&self) {
        // A failure is kept in the state, and the next put says it.
        let _ = self.lock().write(b"\x1b[A\r\x1b[K");
    }

    /// Clears the line that was entered, with `before` columns before it: it is shown again as a
    /// message. One that is taller than the screen stays.
    pub(super) fn erase_line(&self, before: usize, line: &str) {
        let (columns, rows) = size();
        let height = height(before, line, columns);
        if height < rows {
            // A failure is kept in the state, and the next put says it.
            let _ = self
                .lock()
                .write(format!("\x1b[{height}A\r\x1b[J").as_bytes());
        }
    }

    /// Whether the reading thread shall not read again.
    pub(super) fn is_finished(&self) -> bool {
        self.lock().stage == ReadStage::Finished
    }

    /// Waits for that, for at most `patience`.
    pub(super) fn wait_for_finish(&self, patience: Duration) {
        drop(self.wait_while(self.lock(), patience, |state| {
            state.stage != ReadStage::Finished
        }));
    }

    /// The reading thread reads no more: nothing is raw.
    pub(super) fn reader_gone(&self) {
        self.free_gate();
        self.lock().reader_gone = true;
        self.changed.notify_all();
    }

    /// Waits until the reading thread is gone, for at most `patience`.
    pub(super) fn wait_for_reader(&self, patience: Duration) -> bool {
        self.wait_while(self.lock(), patience, |state| !state.reader_gone)
            .reader_gone
    }

    /// The end: what is left in the queue, and whatever is put from now on, is written directly.
    /// A terminal that took nothing until now (`hopeless`) would only block whoever writes.
    pub(super) fn end(&self, hopeless: bool) {
        let mut state = self.lock();
        state.gate = Gate::Over;
        if hopeless {
            state.fail(io::ErrorKind::TimedOut);
            // What the editor would have written when it left the line, in case there is room.
            let _ = state.direct.write(END_OF_PASTE);
        }
        while let Some(text) = state.queue.take(JOINED) {
            if state.write(text.as_bytes()).is_err() {
                break;
            }
        }
        self.changed.notify_all();
    }

    /// The printing thread: hands the queue over, whenever the gate is open, until the end.
    pub(super) fn feed(&self, painter: &mut dyn Painter) {
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
                Job::Settle => painter.settle(),
            };
            state = self.lock();
            state.handing = false;
            state.printed += 1;
            match (job, outcome) {
                (Job::Settle, _) => state.settled = Settled::Done,
                (Job::Paint(_), Ok(())) => {}
                // It is kept in the state, and the next put says it.
                (Job::Paint(_), Err(error)) => state.fail(error.kind()),
            }
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while<'a>(
        &self,
        state: MutexGuard<'a, State>,
        patience: Duration,
        mut condition: impl FnMut(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        self.changed
            .wait_timeout_while(state, patience, |state| condition(state))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

/// The columns and rows of the terminal.
pub(super) fn size() -> (usize, usize) {
    let size = terminal_size::terminal_size_of(io::stdout());
    size.map_or((80, 24), |(columns, rows)| {
        (usize::from(columns.0), usize::from(rows.0))
    })
}

/// How many rows of `columns` a line takes that begins in column `before`, as the editor draws it.
pub(super) fn height(before: usize, line: &str, columns: usize) -> usize {
    let (mut row, mut column) = (0, before);
    for character in line.chars() {
        let width = match character {
            '\n' => {
                (row, column) = (row + 1, 0);
                continue;
            }
            '\t' => TAB - column % TAB,
            other => other.width().unwrap_or(0),
        };
        column += width;
        if column > columns {
            (row, column) = (row + 1, width);
        }
    }
    row + 1 + usize::from(column == columns)
}

/// What came of waiting for the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// Everything is on the screen, or can't come there any more.
    Settled,
    /// Something was printed.
    Printed,
    /// Nothing was.
    Nothing,
}

enum Job {
    Paint(String),
    Settle,
}

impl State {
    fn is_settled(&self) -> bool {
        self.settled == Settled::Done
    }

    fn job(&mut self) -> Option<Job> {
        if let Some(text) = self.queue.take(JOINED) {
            return Some(Job::Paint(text));
        }
        (self.settled == Settled::Asked).then_some(Job::Settle)
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
