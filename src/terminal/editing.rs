//! The line editor: how it is set up, and the thread that reads with it.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{raise, Signal};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::{Hint, Hinter};
use rustyline::history::{History as _, MemHistory};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{
    Cmd, ColorMode, CompletionType, ConditionalEventHandler, Config, Context, Editor, Event,
    EventContext, EventHandler, Helper, KeyCode, KeyEvent, Modifiers, Prompt, RepeatCount,
};

use super::history::History;
use super::input::{InputEvent, KeyQueue, PromptStatus};
use super::modes::TermModes;
use super::options::{InputLanguage, TerminalOptions};
use super::screen::ScreenState;
use super::sign::Signs;

/// After Escape alone, how long a second key makes it Alt, in milliseconds. rustyline's own
/// default is for ever, and nothing is drawn meanwhile.
const ESCAPE: u16 = 500;
/// How often a terminal that only says "end of input" is asked again while the session ends.
const NO_INPUT: Duration = Duration::from_millis(50);

type LineEditor = Editor<Editing, MemHistory>;

/// Whether the line was empty when ^C was pressed on it; nothing if it was not pressed: then an
/// interrupt was a signal.
pub(super) type Pressed = Arc<Mutex<Option<bool>>>;

fn lock(pressed: &Mutex<Option<bool>>) -> MutexGuard<'_, Option<bool>> {
    pressed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An editor with our keys; `pressed` is told of each ^C.
pub(super) fn new_editor(
    options: &TerminalOptions,
    state: &Arc<ScreenState>,
    pressed: &Pressed,
) -> rustyline::Result<LineEditor> {
    let config = Config::builder()
        // A list of completions that asks for `--More--` could not be ended by a signal.
        .completion_type(CompletionType::Circular)
        .keyseq_timeout(Some(ESCAPE))
        .color_mode(if options.color {
            ColorMode::Forced
        } else {
            ColorMode::Disabled
        })
        .max_history_size(usize::MAX)?
        .build();
    let history = MemHistory::with_config(&config);
    let mut editor = Editor::with_history(config, history)?;
    editor.set_helper(Some(Editing {
        language: Arc::clone(&options.language),
        state: Arc::clone(state),
    }));
    for key in ['C', 'D'] {
        let leaving = ExitKeys {
            state: Arc::clone(state),
            pressed: Arc::clone(pressed),
            interrupts: key == 'C',
        };
        editor.bind_sequence(
            KeyEvent::ctrl(key),
            EventHandler::Conditional(Box::new(leaving)),
        );
    }
    editor.bind_sequence(
        KeyEvent(KeyCode::Enter, Modifiers::ALT),
        EventHandler::Simple(Cmd::Newline),
    );
    Ok(editor)
}

/// Gives ^Z its meaning: the editor's own would leave the terminal raw.
pub(super) fn bind_suspend(editor: &mut LineEditor, modes: &Arc<TermModes>) {
    editor.bind_sequence(
        KeyEvent::ctrl('Z'),
        EventHandler::Conditional(Box::new(Suspending(Arc::clone(modes)))),
    );
}

/// The thread that reads lines, until the guard ends it.
pub(super) struct Reader {
    pub(super) editor: LineEditor,
    pub(super) history: History,
    pub(super) state: Arc<ScreenState>,
    pub(super) keys: Arc<KeyQueue>,
    pub(super) language: Arc<dyn InputLanguage>,
    pub(super) signs: Signs,
    pub(super) pressed: Pressed,
    /// Whether the editor uses raw mode.
    pub(super) raw: bool,
}

impl Reader {
    /// Reads until there is no more need.
    ///
    /// Someone who has said the last thing, such as `/quit`, gets no new prompt. But the editor
    /// must go on, with nothing before the line: it is what draws the last messages.
    pub(super) fn run(mut self) {
        let _gone = ThreadExit {
            state: Arc::clone(&self.state),
            keys: Arc::clone(&self.keys),
        };
        self.recall();
        let mut over = false;
        while !self.state.is_finished() {
            let silent = over || self.state.is_ending();
            let sign = PromptText {
                signs: Some(&self.signs).filter(|_| !silent),
                keys: &self.keys,
                state: &self.state,
                shown: AtomicBool::new(false),
            };
            *lock(&self.pressed) = None;
            let read = self.editor.readline(&sign);
            self.state.close_gate();
            if self.state.is_finished() {
                if silent && self.raw {
                    // The editor has left a line on which nothing stands.
                    self.state.step_back();
                }
                break;
            }
            match read {
                Ok(_) if silent => {}
                Ok(line) => over = self.enter(line),
                Err(ReadlineError::Interrupted) => self.interrupt(over),
                Err(ReadlineError::Signal(_)) => {}
                Err(ReadlineError::Eof) if silent => self.state.wait_for_finish(NO_INPUT),
                Err(ReadlineError::Eof) => {
                    over = true;
                    self.keys.push(InputEvent::EndOfInput);
                }
                Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::InvalidData => {
                    let text = "the line was not UTF-8 and is dropped; nothing was sent";
                    self.keys.push(InputEvent::Warning(text.to_owned()));
                }
                Err(error) if is_gone(&error) => {
                    // The session may hear of it later, or never: a shell passes SIGHUP on.
                    let _ = raise(Signal::SIGHUP);
                    break;
                }
                Err(error) => {
                    self.keys.push(InputEvent::Failed(error.to_string()));
                    break;
                }
            }
            if over && !self.raw {
                break;
            }
        }
    }

    /// Hands a line over; says whether it is the last.
    fn enter(&mut self, mut line: String) -> bool {
        if line.ends_with('\n') && self.language.unfinished(&line) {
            // The empty line that sends unfinished JSON as it is.
            line.pop();
        }
        let over = self.language.ends(&line);
        if self.raw && self.keys.status() == PromptStatus::Open && self.language.is_message(&line) {
            let (before, _) = self.signs.get(PromptStatus::Open);
            self.state.erase_line(before.len(), &line);
        }
        if let Some(warning) = self.history.add(&line) {
            self.keys.push(InputEvent::Warning(warning));
        }
        self.recall();
        self.keys.push(InputEvent::Line(line));
        over
    }

    /// Gives the editor the history as it is now: its own can't forget an earlier double.
    fn recall(&mut self) {
        let history = self.editor.history_mut();
        // History in memory does not fail.
        let _ = history.clear();
        for entry in self.history.entries() {
            let _ = history.add(entry);
        }
    }

    fn interrupt(&self, over: bool) {
        let pressed = lock(&self.pressed).take();
        match pressed {
            Some(empty) if !over => self.keys.push(InputEvent::Interrupt { empty }),
            // It was the guard.
            _ if self.state.is_ending() => {}
            // A signal, which the session hears now that the editor does not catch it; or nobody
            // listens to entries any more, but the session does to signals.
            _ => _ = raise(Signal::SIGINT),
        }
    }
}

/// Tells, however the reading thread ends, that it is gone.
struct ThreadExit {
    state: Arc<ScreenState>,
    keys: Arc<KeyQueue>,
}

impl Drop for ThreadExit {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let text = "the line editor stopped working".to_owned();
            self.keys.push(InputEvent::Failed(text));
        }
        self.state.reader_gone();
    }
}

/// What stands before the line. The editor asks for it first when the terminal is raw and the line
/// is about to be drawn: from then on it prints for others.
struct PromptText<'a> {
    /// `None` where nothing is typed any more.
    signs: Option<&'a Signs>,
    keys: &'a KeyQueue,
    state: &'a ScreenState,
    shown: AtomicBool,
}

impl Prompt for PromptText<'_> {
    fn raw(&self) -> &str {
        // Once: it is drawn again when the line is left.
        if !self.shown.swap(true, Ordering::Relaxed) {
            self.state.open_gate();
        }
        self.signs
            .map_or("", |signs| signs.get(self.keys.status()).0)
    }

    fn styled(&self) -> &str {
        self.signs
            .map_or("", |signs| signs.get(self.keys.status()).1)
    }
}

/// ^C and ^D, for those who must know it before the line is left.
struct ExitKeys {
    state: Arc<ScreenState>,
    pressed: Pressed,
    interrupts: bool,
}

impl ConditionalEventHandler for ExitKeys {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        let empty = context.line().is_empty();
        if self.interrupts || empty {
            self.state.close_gate();
        }
        if self.interrupts {
            *lock(&self.pressed) = Some(empty);
            return Some(Cmd::Interrupt);
        }
        // ^D keeps its meanings: delete a character, or the end.
        None
    }
}

/// Whether the terminal itself is gone.
fn is_gone(error: &ReadlineError) -> bool {
    match error {
        ReadlineError::Io(error) => error.raw_os_error() == Some(Errno::EIO as i32),
        ReadlineError::Errno(error) => *error == Errno::EIO,
        _ => false,
    }
}

/// ^Z: the terminal as it was found, for the shell, and raw again afterwards.
struct Suspending(Arc<TermModes>);

impl ConditionalEventHandler for Suspending {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext) -> Option<Cmd> {
        self.0.suspend();
        Some(Cmd::Repaint)
    }
}

/// What the editor asks while a line is typed.
pub(super) struct Editing {
    language: Arc<dyn InputLanguage>,
    state: Arc<ScreenState>,
}

impl Helper for Editing {}

impl Validator for Editing {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        // An empty line ends it, whatever it is.
        if !text.ends_with('\n') && self.language.unfinished(text) {
            return Ok(ValidationResult::Incomplete);
        }
        self.state.close_gate();
        Ok(ValidationResult::Valid(None))
    }
}

impl Completer for Editing {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok((0, self.language.complete(&line[..position])))
    }
}

/// What may follow the line; to be read, not to be taken.
pub(super) struct Following(String);

impl Hint for Following {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for Editing {
    type Hint = Following;

    fn hint(&self, line: &str, position: usize, _: &Context<'_>) -> Option<Following> {
        if position < line.len() {
            return None;
        }
        self.language.hint(line).map(Following)
    }
}

impl Highlighter for Editing {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("\x1b[2m{hint}\x1b[22m"))
    }
}
