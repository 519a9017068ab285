//! The terminal, for input and for output above the input line. Only this module and the line
//! editor's files use rustyline.
//!
//! rustyline reads and draws on a thread of its own, in raw mode, and prints for others only from
//! there (`screen`). Input reaches the loop as [`InputEvent`] through a descriptor to poll.
//!
//! [`Terminal`] is the guard: it belongs to the thread that runs the session. Dropping it, even
//! after a panic, shows all pending output, ends the line editor and restores the terminal.
//!
//! * An editor that blocks in a read can only be ended by a signal to its thread. That is SIGINT,
//!   which rustyline handles while it reads; our own handler is registered before, so that a signal
//!   that arrives too early or too late is harmless.
//! * Only the editor's thread receives SIGINT and SIGWINCH (`signals`): another thread would not
//!   interrupt its read, and what is typed next would be drawn for the width before.
//! * At the end, two empty prints show that everything before them was drawn: the editor's queue
//!   holds one, so when the second is accepted, the first is complete.
//! * Completion is circular (`CompletionType::Circular`), because a list with `--More--` could not
//!   be ended.
//! * On a dumb terminal (`TERM=dumb`) there is no raw mode and no sign: lines are read and messages
//!   written directly.

mod child;
mod draft;
mod drawing;
mod drawn;
mod editing;
mod helper;
mod history;
mod input;
mod keys;
mod modes;
mod options;
mod paste;
mod screen;
mod sign;
mod signals;

use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::os::unix::thread::JoinHandleExt;
use std::sync::atomic::AtomicBool;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::pthread::pthread_kill;
use nix::sys::signal::Signal;
use rustyline::error::ReadlineError;
use rustyline::ExternalPrinter;
use signal_hook::consts::SIGINT;

use self::drawing::Drawing;
use self::editing::{equip, new_editor, LineReader};
use self::history::History;
use self::keys::{KeyContext, SharedTyping};
use self::modes::TermModes;
use self::screen::printing::Painter;
use self::screen::{ScreenState, WaitResult, NOTHING};
use self::sign::Signs;
use self::signals::Blocked;

pub use self::child::TerminalJob;
pub use self::drawing::PictureJob;
pub(crate) use self::input::KeyQueue;
pub use self::input::{InputEvent, PromptStatus, TerminalTask, TypedInput};
pub use self::options::{CompletionItem, InputLanguage, TerminalOptions};
pub use self::screen::Screen;
use crate::output::sink::{Descriptor, Sink as _};

/// The time without a print after which the editor counts as blocked, by a search or an incomplete
/// key.
const HELD_UP: Duration = Duration::from_millis(100);
/// How often the editor is signaled until it has ended.
const AGAIN: Duration = Duration::from_millis(10);
/// The time after which the terminal counts as stuck.
const HOPELESS: Duration = Duration::from_secs(5);
/// The minimum time for the editor to leave the line.
const LEAVING: Duration = Duration::from_millis(100);

/// The guard of the terminal while it is used; see the module's documentation.
#[must_use = "dropping it ends the prompt"]
pub struct Terminal {
    state: Arc<ScreenState>,
    printer: Option<JoinHandle<()>>,
    reader: Option<JoinHandle<()>>,
    modes: Arc<TermModes>,
    keys: Arc<KeyQueue>,
    /// Our own handler of SIGINT, which does nothing.
    harmless: signal_hook::SigId,
    /// The signals that only the editor's thread receives.
    blocked: Option<Blocked>,
}

impl Terminal {
    /// Starts to read lines from standard input and to draw on standard output, which must both be
    /// terminals. There can be only one at a time.
    ///
    /// # Errors
    ///
    /// The error of the operating system if a thread, pipe or signal handler could not be created.
    pub fn start(options: TerminalOptions) -> io::Result<(Self, Screen, TypedInput)> {
        let state = ScreenState::new(Box::new(Direct(Descriptor::new(io::stdout().as_fd())?)));
        let (typed, keys) = TypedInput::pair()?;
        typed.set_times(options.times);
        let mut editor = new_editor(&options).map_err(error_of)?;
        let mut dumb = false;
        let mut painter: Box<dyn Painter + Send> = match editor.create_external_printer() {
            Ok(printer) => Box::new(Above(printer, Plain(io::stdout()))),
            // TERM=dumb, or not a terminal: raw mode is not used.
            Err(ReadlineError::Errno(nix::errno::Errno::ENOTTY)) => {
                dumb = true;
                state.free_gate();
                Box::new(Plain(io::stdout()))
            }
            Err(error) => return Err(error_of(error)),
        };
        let mut terminal = Self {
            harmless: signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::default()))?,
            state: Arc::clone(&state),
            printer: None,
            reader: None,
            modes: Arc::new(TermModes::find(dumb)?),
            keys: Arc::clone(&keys),
            blocked: None,
        };
        let context = KeyContext {
            state: Arc::clone(&state),
            keys,
            typing: SharedTyping::default(),
            modes: Arc::clone(&terminal.modes),
            time_columns: options.time_columns,
            reflows: options.reflows,
        };
        equip(&mut editor, &context, &options);
        let received = terminal.blocked.insert(Blocked::begin()?).before();
        let feeder = Arc::clone(&state);
        terminal.printer = Some(spawn("screen", move || feeder.feed(painter.as_mut()))?);
        let (history, warning) = History::open(options.history);
        if let Some(warning) = warning {
            context.keys.push(InputEvent::Warning(warning));
        }
        let reader = LineReader {
            editor,
            history,
            context,
            language: options.language,
            // Without raw mode, messages would follow the sign on the same line.
            signs: if dumb {
                [Signs::none(), Signs::none()]
            } else {
                [0, options.time_columns].map(|indent| Signs::new(indent, options.color))
            },
            raw: !dumb,
            drafts: options.drafts,
            initial: String::new(),
            drawing: Drawing::default(),
        };
        terminal.modes.make_raw()?;
        terminal.reader = Some(spawn("keyboard", move || {
            signals::receive(&received);
            reader.run();
        })?);
        Ok((terminal, Screen(state), typed))
    }

    /// The state of the connection that the prompt shows.
    #[must_use]
    pub fn status(&self) -> PromptStatus {
        self.keys.status()
    }

    /// Whether there is a line editor. Otherwise the terminal itself echoes input.
    #[must_use]
    pub fn has_editor(&self) -> bool {
        self.modes.has_raw()
    }

    /// Shows all pending output, ends the line editor and restores the terminal. `is_over` is
    /// called from time to time and returns true when there is no more time: then output that the
    /// terminal does not accept at once is dropped.
    ///
    /// Dropping does the same without a time limit. Further calls do nothing.
    pub fn end(&mut self, mut is_over: impl FnMut() -> bool) {
        let Some(printer) = self.printer.take() else {
            return;
        };
        if self.reader.is_none() {
            // The thread could not be started, so the terminal is not in raw mode.
            self.state.reader_gone();
        }
        self.state.begin_end();
        let is_shown = self.wait_until_shown(&mut is_over);
        self.state.finish();
        self.end_reader(is_shown, &mut is_over);
        self.state.end(!is_shown);
        if is_shown {
            // The thread was only waiting for the end.
            let _ = printer.join();
        }
        self.restore();
        self.blocked = None;
        signal_hook::low_level::unregister(self.harmless);
    }

    fn restore(&self) {
        // A terminal that has been closed can't be restored. One that accepts no output may still
        // be restored.
        let _ = self.modes.restore();
    }

    /// Waits until everything is on the screen. Restarts an editor that is blocked, so that it
    /// draws. Returns whether everything is on the screen.
    fn wait_until_shown(&self, is_over: &mut impl FnMut() -> bool) -> bool {
        let mut last = Instant::now();
        while last.elapsed() < HOPELESS && !is_over() {
            match self.state.wait_for_print(HELD_UP) {
                WaitResult::Complete => return true,
                WaitResult::Printed => last = Instant::now(),
                WaitResult::Nothing => self.interrupt(),
            }
        }
        false
    }

    /// Ends the reading thread, unless it is blocked by a terminal that accepts nothing.
    fn end_reader(&mut self, is_shown: bool, is_over: &mut impl FnMut() -> bool) {
        if !self.modes.has_raw() {
            // It reads whole lines from a terminal in its normal mode. There is nothing to restore
            // and no way to end it before the process ends.
            self.reader = None;
            return;
        }
        let begun = Instant::now();
        let more = |taken: Duration| is_shown && taken < HOPELESS;
        while begun.elapsed() < LEAVING || more(begun.elapsed()) && !is_over() {
            self.interrupt();
            if self.state.wait_for_reader(AGAIN) {
                // A panic of the thread was reported by its last event.
                let _ = self.reader.take().map(JoinHandle::join);
                return;
            }
        }
    }

    /// Interrupts the current `readline`.
    fn interrupt(&self) {
        let reader = self.reader.as_ref().filter(|reader| !reader.is_finished());
        if let (Some(reader), true) = (reader, self.modes.has_raw()) {
            // The thread has not been joined, so its id is valid. If it has just ended, it needs no
            // signal.
            let _ = pthread_kill(reader.as_pthread_t(), Signal::SIGINT);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.end(|| false);
        if self.reader.is_some() {
            // It was blocked and may have continued and set the modes of its line again.
            self.restore();
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(work)
}

fn error_of(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Io(error) => error,
        ReadlineError::Errno(error) => error.into(),
        other => io::Error::other(other),
    }
}

/// Prints above the input line, or directly once the editor has ended.
struct Above<P>(P, Plain);

impl<P: ExternalPrinter> Painter for Above<P> {
    fn paint(&mut self, text: &str) -> io::Result<()> {
        let Self(above, plain) = self;
        above.print(text.to_owned()).or_else(|_| plain.paint(text))
    }

    fn flush(&mut self) -> io::Result<()> {
        for _ in 0..2 {
            self.0.print(NOTHING.to_owned()).map_err(error_of)?;
        }
        Ok(())
    }
}

/// Writes only what the terminal accepts soon, because a lock is held.
struct Direct(Descriptor);

impl Write for Direct {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.put(bytes)?;
        self.0.drain(Some(Instant::now() + HELD_UP))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Prints directly.
struct Plain(io::Stdout);

impl Painter for Plain {
    fn paint(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes())?;
        self.0.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
