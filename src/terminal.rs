//! The terminal: where typing comes in and messages go out. It and its `editing` alone name
//! rustyline.
//!
//! rustyline reads and draws on a thread of its own, in raw mode, and prints for others only from
//! there (`screen`). What is typed reaches the loop as [`InputEvent`] behind a descriptor to poll.
//!
//! [`Terminal`] is the guard: it lives in the thread that runs the session, and dropping it, after
//! a panic too, brings everything that waits onto the screen, ends the line editor, and leaves the
//! terminal as it was found.
//!
//! * The end of an editor that blocks in a read can only be forced by a signal to its very thread.
//!   That is SIGINT, which rustyline catches while it reads; ours is registered before, so that
//!   one which comes a moment early or late is harmless.
//! * At the end, two prints that show nothing say that all before them was drawn: the editor's own
//!   queue holds one, so when the second is taken, the first is done with.
//! * Completion goes round (`CompletionType::Circular`): a list with `--More--` could not be ended.
//! * On a terminal that can do nothing (`TERM=dumb`) there is no raw mode and nothing before the
//!   line: lines are read as they come and messages are written as they come.

mod child;
mod draft;
mod editing;
mod history;
mod input;
mod keys;
mod modes;
mod options;
mod paste;
mod screen;
mod sign;

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

use self::editing::{equip, new_editor, Reader};
use self::history::History;
use self::keys::{KeyContext, SharedTyping};
use self::modes::TermModes;
use self::screen::{Painter, ScreenState, Waited, NOTHING};
use self::sign::Signs;

pub use self::child::TerminalJob;
pub(crate) use self::input::KeyQueue;
pub use self::input::{InputEvent, PromptStatus, TypedInput};
pub use self::options::{Candidate, InputLanguage, TerminalOptions};
pub use self::screen::Screen;
use crate::output::sink::{Descriptor, Sink as _};

/// After so long without a print something holds the editor up: a search, a half-typed key.
const HELD_UP: Duration = Duration::from_millis(100);
/// How often the editor is signalled until it has ended.
const AGAIN: Duration = Duration::from_millis(10);
/// After so long nothing can be done any more: the terminal itself takes nothing.
const HOPELESS: Duration = Duration::from_secs(5);
/// How long the editor has at least to leave the line.
const LEAVING: Duration = Duration::from_millis(100);

/// The guard of a terminal in use; see the head of this file.
#[must_use = "dropping it ends the prompt"]
pub struct Terminal {
    state: Arc<ScreenState>,
    printer: Option<JoinHandle<()>>,
    reader: Option<JoinHandle<()>>,
    modes: Arc<TermModes>,
    keys: Arc<KeyQueue>,
    /// Our own action on SIGINT, which does nothing.
    harmless: signal_hook::SigId,
}

impl Terminal {
    /// Begins to read lines from standard input and to draw on standard output, both terminals.
    /// There can be one at a time.
    ///
    /// # Errors
    ///
    /// What the operating system said to a new thread, pipe or signal action.
    pub fn start(options: TerminalOptions) -> io::Result<(Self, Screen, TypedInput)> {
        let state = ScreenState::new(Box::new(Direct(Descriptor::new(io::stdout().as_fd())?)));
        let (typed, keys) = TypedInput::pair()?;
        let mut editor = new_editor(&options).map_err(error_of)?;
        let mut dumb = false;
        let mut painter: Box<dyn Painter + Send> = match editor.create_external_printer() {
            Ok(printer) => Box::new(Above(printer, Plain(io::stdout()))),
            // TERM=dumb, or no terminal at all: nothing will be raw.
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
        };
        let context = KeyContext {
            state: Arc::clone(&state),
            keys,
            typing: SharedTyping::default(),
            modes: Arc::clone(&terminal.modes),
            indent: options.indent,
        };
        equip(&mut editor, &context, Arc::clone(&options.language));
        let feeder = Arc::clone(&state);
        terminal.printer = Some(spawn("screen", move || feeder.feed(painter.as_mut()))?);
        let (history, warning) = History::open(options.history);
        if let Some(warning) = warning {
            context.keys.push(InputEvent::Warning(warning));
        }
        let reader = Reader {
            editor,
            history,
            context,
            language: options.language,
            // Without raw mode what comes would stand behind it, in the same line.
            signs: if dumb {
                Signs::none()
            } else {
                Signs::new(options.indent)
            },
            raw: !dumb,
            drafts: options.drafts,
            initial: String::new(),
        };
        terminal.modes.make_raw()?;
        terminal.reader = Some(spawn("keyboard", move || reader.run())?);
        Ok((terminal, Screen(state), typed))
    }

    /// How the connection is, as the prompt was last told.
    #[must_use]
    pub fn status(&self) -> PromptStatus {
        self.keys.status()
    }

    /// Whether there is a line editor; otherwise the terminal itself shows what is typed.
    #[must_use]
    pub fn has_editor(&self) -> bool {
        self.modes.has_raw()
    }

    /// Shows everything that waits, ends the line editor and leaves the terminal as it was found.
    /// `is_over` is asked now and then whether there is no more time for that: then nothing that the
    /// terminal does not take at once is waited for, and what it has not taken is not shown.
    ///
    /// Dropping does the same, without an end of the time; a second end does nothing.
    pub fn end(&mut self, mut is_over: impl FnMut() -> bool) {
        let Some(printer) = self.printer.take() else {
            return;
        };
        if self.reader.is_none() {
            // It could not be started: nothing is raw.
            self.state.reader_gone();
        }
        self.state.begin_end();
        let settled = self.settle(&mut is_over);
        self.state.finish();
        self.end_reader(settled, &mut is_over);
        self.state.end(!settled);
        if settled {
            // It only waited for the end.
            let _ = printer.join();
        }
        self.restore();
        signal_hook::low_level::unregister(self.harmless);
    }

    fn restore(&self) {
        // A terminal that has gone needs nothing; one that takes no output may still take this.
        let _ = self.modes.restore();
    }

    /// Waits until everything is on the screen. An editor that is held up is made to begin anew:
    /// then it draws. Says whether it came to that.
    fn settle(&self, is_over: &mut impl FnMut() -> bool) -> bool {
        let mut last = Instant::now();
        while last.elapsed() < HOPELESS && !is_over() {
            match self.state.wait_for_print(HELD_UP) {
                Waited::Settled => return true,
                Waited::Printed => last = Instant::now(),
                Waited::Nothing => self.interrupt(),
            }
        }
        false
    }

    /// Ends the reading thread, unless it hangs in a terminal that takes nothing.
    fn end_reader(&mut self, settled: bool, is_over: &mut impl FnMut() -> bool) {
        if !self.modes.has_raw() {
            // It reads whole lines from a terminal in its usual mode: nothing to put back, and no
            // way to end it. It ends with the process.
            self.reader = None;
            return;
        }
        let begun = Instant::now();
        let more = |taken: Duration| settled && taken < HOPELESS;
        while begun.elapsed() < LEAVING || more(begun.elapsed()) && !is_over() {
            self.interrupt();
            if self.state.wait_for_reader(AGAIN) {
                // A panic of the thread has been told by its last entry.
                let _ = self.reader.take().map(JoinHandle::join);
                return;
            }
        }
    }

    /// Ends the current `readline`, whatever it waits for.
    fn interrupt(&self) {
        let reader = self.reader.as_ref().filter(|reader| !reader.is_finished());
        if let (Some(reader), true) = (reader, self.modes.has_raw()) {
            // Not joined yet, so the thread's name is valid; one that has just ended needs no signal.
            let _ = pthread_kill(reader.as_pthread_t(), Signal::SIGINT);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.end(|| false);
        if self.reader.is_some() {
            // It hung, and may have gone on since and set the modes of its line again.
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

/// Prints above the line being typed; where the editor has gone, there is no line.
struct Above<P>(P, Plain);

impl<P: ExternalPrinter> Painter for Above<P> {
    fn paint(&mut self, text: &str) -> io::Result<()> {
        let Self(above, plain) = self;
        above.print(text.to_owned()).or_else(|_| plain.paint(text))
    }

    fn settle(&mut self) -> io::Result<()> {
        for _ in 0..2 {
            self.0.print(NOTHING.to_owned()).map_err(error_of)?;
        }
        Ok(())
    }
}

/// Writes what the terminal takes soon, under the lock that everyone needs.
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

/// Prints as it comes.
struct Plain(io::Stdout);

impl Painter for Plain {
    fn paint(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes())?;
        self.0.flush()
    }

    fn settle(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
