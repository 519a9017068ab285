//! The line editor: its configuration, and the thread that reads with it.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{raise, Signal};
use rustyline::error::ReadlineError;
use rustyline::history::{History as _, MemHistory};
use rustyline::{ColorMode, CompletionType, Config, EditMode, Editor, Prompt};

use super::child;
use super::draft;
use super::drawing::Drawing;
use super::helper::Editing;
use super::history::History;
use super::input::{InputEvent, KeyQueue, PromptStatus, TerminalTask};
use super::keys::{self, KeyContext, SharedTyping};
use super::options::{InputLanguage, TerminalOptions};
use super::screen::size::size;
use super::screen::ScreenState;
use super::sign::Signs;

/// The time in milliseconds after Escape in which a second key makes it Alt. rustyline waits
/// forever by default, and draws nothing in the meantime.
const ESCAPE: u16 = 500;
/// How often a terminal that only returns the end of input is read again while the session ends.
const NO_INPUT: Duration = Duration::from_millis(50);

type LineEditor = Editor<Editing, MemHistory>;

/// Creates an editor without our keys and completions.
pub(super) fn new_editor(options: &TerminalOptions) -> rustyline::Result<LineEditor> {
    let config = Config::builder()
        // A list of completions with a `--More--` prompt could not be ended by a signal.
        .completion_type(CompletionType::Circular)
        .edit_mode(if options.vi {
            EditMode::Vi
        } else {
            EditMode::Emacs
        })
        .keyseq_timeout(Some(ESCAPE))
        // Without colors too, the helper has to know what is drawn.
        .color_mode(ColorMode::Forced)
        .max_history_size(usize::MAX)?
        .build();
    let history = MemHistory::with_config(&config);
    Editor::with_history(config, history)
}

/// Adds our keys and the completions to an editor.
pub(super) fn equip(editor: &mut LineEditor, context: &KeyContext, options: &TerminalOptions) {
    let language = Arc::clone(&options.language);
    let helper = Editing::new(language, context.clone(), options.color);
    editor.set_helper(Some(helper));
    keys::bind(context, |event, handler| {
        editor.bind_sequence(event, handler);
    });
}

/// The thread that reads lines until the guard ends it.
pub(super) struct LineReader {
    pub(super) editor: LineEditor,
    pub(super) history: History,
    pub(super) context: KeyContext,
    pub(super) language: Arc<dyn InputLanguage>,
    /// The signs without and with room for a time before them.
    pub(super) signs: [Signs; 2],
    /// Whether the editor uses raw mode.
    pub(super) raw: bool,
    /// The directory of drafts.
    pub(super) drafts: std::path::PathBuf,
    /// The initial text of the next line.
    pub(super) initial: String,
    pub(super) drawing: Drawing,
}

impl LineReader {
    fn state(&self) -> &ScreenState {
        &self.context.state
    }

    fn push(&self, event: InputEvent) {
        self.context.keys.push(event);
    }

    fn typing(&self) -> &SharedTyping {
        &self.context.typing
    }

    /// Reads lines until the session ends.
    ///
    /// After the last line, such as `/quit`, there is no new prompt. But the editor must continue
    /// without a sign, because it draws the last messages.
    pub(super) fn run(mut self) {
        let _exit = ThreadExit {
            state: Arc::clone(&self.context.state),
            keys: Arc::clone(&self.context.keys),
        };
        self.recall();
        let mut over = false;
        while !self.state().is_finished() {
            let silent = over || self.state().is_ending();
            let sign = PromptText {
                signs: Some(signs_now(&self.signs, &self.context)).filter(|_| !silent),
                context: &self.context,
                shown: AtomicBool::new(false),
            };
            self.context.typing.lock().begin_line(silent);
            let initial = std::mem::take(&mut self.initial);
            let read = if silent {
                self.editor.readline(&sign)
            } else {
                self.editor.readline_with_initial(&sign, (&initial, ""))
            };
            self.state().close_gate();
            if self.state().is_finished() {
                let is_empty = silent || self.typing().lock().line.is_empty();
                if is_empty && self.raw {
                    // The editor has left a line with only a sign.
                    self.state().step_back();
                }
                break;
            }
            match self.handle(read, silent, &mut over) {
                ReadAgain::Yes => {}
                ReadAgain::No => break,
            }
            if over && !self.raw {
                break;
            }
        }
    }

    fn handle(
        &mut self,
        read: Result<String, ReadlineError>,
        silent: bool,
        over: &mut bool,
    ) -> ReadAgain {
        match read {
            Ok(_) if silent => {}
            Ok(line) => *over = self.enter(&line),
            Err(ReadlineError::Interrupted) => self.interrupt(silent),
            Err(ReadlineError::Signal(_)) => {}
            Err(ReadlineError::Eof) if silent => self.state().wait_for_finish(NO_INPUT),
            Err(ReadlineError::Eof) => {
                *over = true;
                if self.raw {
                    // An empty line with only a sign.
                    self.state().step_back();
                }
                self.push(InputEvent::EndOfInput);
            }
            Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::InvalidData => {
                let text = "invalid UTF-8 was typed; the line is dropped and nothing was sent";
                self.push(InputEvent::Mistake(text.to_owned()));
            }
            Err(error) if is_gone(&error) => {
                // The session may not read the event, so the signal is sent as a shell would.
                let _ = raise(Signal::SIGHUP);
                return ReadAgain::No;
            }
            Err(error) => {
                self.push(InputEvent::Failed(error.to_string()));
                return ReadAgain::No;
            }
        }
        ReadAgain::Yes
    }

    /// Passes on a line. Returns whether it is the last.
    fn enter(&mut self, shown: &str) -> bool {
        let Some(mut line) = self.typing().lock().folds.unfold(shown) else {
            let text = "a folded paste was changed; nothing was sent: delete it and paste again";
            self.push(InputEvent::Mistake(text.to_owned()));
            shown.clone_into(&mut self.initial);
            return false;
        };
        if line.ends_with('\n') && self.language.unfinished(&line) {
            // The empty line that sends unfinished JSON.
            line.pop();
        }
        if let Some(warning) = self.history.add(&line) {
            self.push(InputEvent::Warning(warning));
        }
        if let Some(text) = self.language.edits(&line).filter(|_| self.raw) {
            self.edit(text.to_owned());
            self.recall();
            return false;
        }
        let over = self.language.ends(&line);
        let status = self.context.keys.status();
        let is_open = matches!(status, PromptStatus::Open | PromptStatus::Held);
        let is_empty = line.is_empty();
        if self.raw && (is_empty || is_open && self.language.is_message(&line)) {
            let (before, _) = signs_now(&self.signs, &self.context).get(PromptStatus::Open);
            self.state().erase_line(before.len(), shown);
        }
        self.recall();
        let is_awaited = self.raw && self.language.is_awaited(&line);
        if is_awaited {
            self.context.keys.expect_job();
        }
        self.push(InputEvent::Line(line));
        if is_awaited {
            self.run_job();
        }
        over
    }

    /// Runs the program or draws the picture that a line requests, if there is one.
    fn run_job(&mut self) {
        let state = Arc::clone(&self.context.state);
        let Some(job) = self.context.keys.wait_for_job(|| state.is_ending()) else {
            return;
        };
        let job = match job {
            TerminalTask::Run(job) => job,
            TerminalTask::Draw(picture) => {
                if let Err(text) = self.drawing.draw(picture, || state.is_ending()) {
                    self.push(InputEvent::Mistake(text));
                }
                self.initial = self.drawing.take_typed();
                return;
            }
        };
        let lent = self
            .context
            .modes
            .lend(|| child::run(job, || state.is_ending()));
        if let Err(error) = lent {
            let text = format!("could not run the command: {}", crate::error::plain(&error));
            self.push(InputEvent::Mistake(text));
        }
    }

    /// Opens a text in the user's editor. The result is the next line.
    fn edit(&mut self, text: String) {
        let state = Arc::clone(&self.context.state);
        let edited = draft::edit(&self.drafts, &text, |job| {
            self.context
                .modes
                .lend(|| child::run(job, || state.is_ending()))
        });
        let text = match edited {
            Ok(edited) => edited,
            Err(cause) => {
                self.push(InputEvent::Mistake(format!(
                    "could not edit the line: {cause}"
                )));
                text
            }
        };
        let shown = self.typing().lock().folds.fold(text);
        self.initial = shown;
    }

    /// Gives the editor the current history, because the editor's own can't remove earlier
    /// duplicates.
    fn recall(&mut self) {
        let history = self.editor.history_mut();
        // An in-memory history does not fail.
        let _ = history.clear();
        let mut typing = self.context.typing.lock();
        for entry in self.history.entries() {
            let _ = history.add_owned(typing.folds.fold(entry.to_owned()));
        }
    }

    fn interrupt(&mut self, silent: bool) {
        let (pressed, edit, line) = {
            let mut typing = self.typing().lock();
            (
                std::mem::take(&mut typing.pressed),
                typing.edit.take(),
                typing.line.clone(),
            )
        };
        if let Some(shown) = edit {
            let (before, _) = signs_now(&self.signs, &self.context).get(PromptStatus::Open);
            self.state().erase_line(before.len(), &shown);
            let text = self.typing().lock().folds.unfold(&shown);
            return self.edit(text.unwrap_or(shown));
        }
        if self.state().is_ending() {
            // The guard interrupted it. A line with only a sign is erased.
            if !silent && line.is_empty() {
                self.state().step_back();
            }
            return;
        }
        if pressed || !silent {
            // ^C when events are no longer read, or a signal: the editor no longer handles it, so
            // the session receives it.
            let _ = raise(Signal::SIGINT);
        }
    }
}

/// The signs of a line that begins now. While it is edited, the editor relies on their width.
fn signs_now<'a>(signs: &'a [Signs; 2], context: &KeyContext) -> &'a Signs {
    &signs[usize::from(context.keys.shows_times())]
}

enum ReadAgain {
    Yes,
    No,
}

/// Reports that the reading thread has ended, in any way.
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

/// The prompt before the line. The editor requests it when the terminal is in raw mode and the line
/// is about to be drawn; from then on it prints for others. It requests it again when the terminal
/// has got another width, before it clears the line.
struct PromptText<'a> {
    /// `None` if there is no more input.
    signs: Option<&'a Signs>,
    context: &'a KeyContext,
    shown: AtomicBool,
}

impl PromptText<'_> {
    /// The sign without and with its color.
    fn sign(&self) -> (&str, &str) {
        let Some(signs) = self.signs else {
            return ("", "");
        };
        match self.context.keys.status() {
            PromptStatus::Open if self.context.typing.lock().continues => signs.continuation(),
            status => signs.get(status),
        }
    }
}

impl Prompt for PromptText<'_> {
    fn raw(&self) -> &str {
        let KeyContext {
            state,
            typing,
            reflows,
            ..
        } = self.context;
        let (sign, _) = self.sign();
        if !self.shown.swap(true, Ordering::Relaxed) {
            typing.lock().drawn.begin(sign);
            state.open_gate();
        } else if *reflows {
            let room = typing.lock().drawn.before_redraw(size());
            state.make_room(&room);
        }
        sign
    }

    fn styled(&self) -> &str {
        self.sign().1
    }
}

/// Whether the terminal has been closed.
fn is_gone(error: &ReadlineError) -> bool {
    match error {
        ReadlineError::Io(error) => error.raw_os_error() == Some(Errno::EIO as i32),
        ReadlineError::Errno(error) => *error == Errno::EIO,
        _ => false,
    }
}
