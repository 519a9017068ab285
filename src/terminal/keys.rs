//! Keys with a meaning of our own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustyline::{
    CharSearch, Cmd, ConditionalEventHandler, Event, EventContext, EventHandler, KeyCode, KeyEvent,
    Modifiers, Movement, RepeatCount,
};

use super::drawn::DrawnLine;
use super::input::{InputEvent, KeyQueue};
use super::modes::TermModes;
use super::paste::{control_of, Folds, Paste};
use super::screen::ScreenState;
use crate::output::escape::{self, Breaks};

/// The state that keys change and the reading thread reads.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Typing {
    /// Texts that are shown as placeholders.
    pub(super) folds: Folds,
    /// A paste in progress.
    paste: Option<Paste>,
    /// Whether the next key is inserted literally.
    quoting: bool,
    /// The text to open in an editor.
    pub(super) edit: Option<String>,
    /// The last known line.
    pub(super) line: String,
    /// Whether it has several rows and its JSON goes on.
    pub(super) continues: bool,
    /// The last drawing of the line.
    pub(super) drawn: DrawnLine,
    /// Whether input is no longer accepted.
    over: bool,
    /// Whether ^C was pressed when input is no longer accepted.
    pub(super) pressed: bool,
}

impl Typing {
    /// Starts a new line.
    pub(super) fn begin_line(&mut self, over: bool) {
        self.over = over;
        self.pressed = false;
        self.edit = None;
        self.line.clear();
        self.continues = false;
    }
}

/// The state, shared by the keys and the editor's helper.
#[derive(Clone, Default)]
pub(super) struct SharedTyping(Arc<Mutex<Typing>>);

impl SharedTyping {
    pub(super) fn lock(&self) -> MutexGuard<'_, Typing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What every key handler needs.
#[derive(Clone)]
pub(super) struct KeyContext {
    pub(super) state: Arc<ScreenState>,
    pub(super) keys: Arc<KeyQueue>,
    pub(super) typing: SharedTyping,
    pub(super) modes: Arc<TermModes>,
    /// How many columns stand before the sign while times are shown.
    pub(super) time_columns: usize,
    /// Whether the terminal breaks rows anew when its width changes.
    pub(super) reflows: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    PasteBegins,
    PasteEnds,
    Interrupt,
    EndOfInput,
    Suspend,
    Hold,
    Release,
    Quote,
    Backspace,
    Edit,
    Other,
}

struct Bound {
    key: Key,
    context: KeyContext,
}

/// Binds our keys with the editor's function `bind`.
pub(super) fn bind(context: &KeyContext, mut bind: impl FnMut(Event, EventHandler)) {
    let ctrl = KeyEvent::ctrl;
    let plain = |code| KeyEvent(code, Modifiers::NONE);
    let keys = [
        (vec![plain(KeyCode::BracketedPasteStart)], Key::PasteBegins),
        (vec![plain(KeyCode::BracketedPasteEnd)], Key::PasteEnds),
        (vec![ctrl('C')], Key::Interrupt),
        (vec![ctrl('D')], Key::EndOfInput),
        (vec![ctrl('Z')], Key::Suspend),
        (vec![ctrl('S')], Key::Hold),
        (vec![ctrl('Q')], Key::Release),
        (vec![ctrl('V')], Key::Quote),
        (vec![plain(KeyCode::Backspace)], Key::Backspace),
        (vec![KeyEvent::alt('e')], Key::Edit),
        (vec![ctrl('X'), ctrl('E')], Key::Edit),
    ];
    let bound = |key| {
        EventHandler::Conditional(Box::new(Bound {
            key,
            context: context.clone(),
        }))
    };
    for (sequence, key) in keys {
        bind(Event::KeySeq(sequence), bound(key));
    }
    bind(Event::Any, bound(Key::Other));
    let alt_enter = KeyEvent(KeyCode::Enter, Modifiers::ALT);
    bind(
        Event::KeySeq(vec![alt_enter]),
        EventHandler::Simple(Cmd::Newline),
    );
}

impl ConditionalEventHandler for Bound {
    fn handle(
        &self,
        event: &Event,
        count: RepeatCount,
        _: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        let is_over = self.context.typing.lock().over;
        if is_over && !matches!(self.key, Key::Interrupt | Key::Suspend) {
            // There is no line any more.
            return Some(Cmd::Noop);
        }
        if let Some(command) = self.take_as_text(event) {
            return Some(command);
        }
        match self.key {
            // The editor would drop what was found, as it does for ^G.
            Key::Other if is_escape(event) && self.context.typing.lock().drawn.is_search() => {
                Some(Cmd::Move(Movement::EndOfBuffer))
            }
            Key::Other | Key::PasteEnds => None,
            Key::PasteBegins => {
                self.context.typing.lock().paste = Some(Paste::begin());
                Some(Cmd::Noop)
            }
            Key::Interrupt => Some(self.interrupt(context.line())),
            Key::EndOfInput => {
                // ^D keeps its meaning: it deletes a character or ends the input.
                if context.line().is_empty() {
                    self.context.state.close_gate();
                }
                None
            }
            Key::Suspend => {
                self.context.modes.suspend();
                Some(Cmd::Repaint)
            }
            Key::Hold => {
                self.context.keys.push(InputEvent::Hold);
                Some(Cmd::Noop)
            }
            Key::Release => {
                self.context.keys.push(InputEvent::Release);
                Some(Cmd::Noop)
            }
            Key::Quote => {
                self.context.typing.lock().quoting = true;
                Some(Cmd::Noop)
            }
            Key::Backspace => {
                let before = &context.line()[..context.pos()];
                let typing = self.context.typing.lock();
                let first = typing
                    .folds
                    .placeholder_before(before)
                    .filter(|_| count == 1)?;
                // A movement by a number of characters would get the key's own numeric argument.
                let search = CharSearch::Backward(first);
                Some(Cmd::Kill(Movement::ViCharSearch(1, search)))
            }
            Key::Edit => {
                self.context.state.close_gate();
                self.context.typing.lock().edit = Some(context.line().to_owned());
                Some(Cmd::Interrupt)
            }
        }
    }
}

fn is_escape(event: &Event) -> bool {
    let Event::KeySeq(keys) = event else {
        return false;
    };
    matches!(keys.as_slice(), [KeyEvent(KeyCode::Esc, Modifiers::NONE)])
}

impl Bound {
    /// Handles a key that is part of a paste or to be inserted literally.
    fn take_as_text(&self, event: &Event) -> Option<Cmd> {
        let mut typing = self.context.typing.lock();
        if typing.paste.as_ref().is_some_and(Paste::has_stalled) || self.key == Key::PasteEnds {
            let text = typing.paste.take()?.finish();
            if self.key == Key::PasteEnds {
                let shown = typing.folds.fold(text);
                return Some(Cmd::Insert(1, shown));
            }
        }
        let Event::KeySeq(sequence) = event else {
            return None;
        };
        if let Some(paste) = &mut typing.paste {
            for key in sequence {
                paste.push(*key);
            }
            return Some(Cmd::Noop);
        }
        if !std::mem::take(&mut typing.quoting) {
            return None;
        }
        let character = match sequence.first()? {
            KeyEvent(KeyCode::Char(character), modifiers) => {
                control_of(*character, modifiers.contains(Modifiers::CTRL))
            }
            KeyEvent(KeyCode::Esc, _) => '\x1b',
            KeyEvent(KeyCode::Tab, _) => return Some(Cmd::Insert(1, "\t".to_owned())),
            KeyEvent(KeyCode::Enter, _) => '\r',
            KeyEvent(KeyCode::Backspace, _) => '\x7f',
            _ => return None,
        };
        let shown = if escape::is_hidden(character) {
            typing.folds.fold_character(character)
        } else {
            character.to_string()
        };
        Some(Cmd::Insert(1, shown))
    }

    /// ^C: keeps the line on the screen and starts a new one. The editor continues, so that keys
    /// from the same read are not lost.
    fn interrupt(&self, line: &str) -> Cmd {
        let KeyContext {
            state,
            keys,
            typing,
            ..
        } = &self.context;
        let mut typing = typing.lock();
        if typing.over {
            state.close_gate();
            typing.pressed = true;
            return Cmd::Interrupt;
        }
        drop(typing);
        keys.push(InputEvent::Interrupt {
            empty: line.is_empty(),
        });
        if line.is_empty() {
            return Cmd::Noop;
        }
        let shown = escape::text(line, Breaks::Kept).replace('\n', "\n  ");
        let indent = if keys.shows_times() {
            " ".repeat(self.context.time_columns)
        } else {
            String::new()
        };
        state.show_abandoned(&format!("{indent}> {shown}\n"));
        Cmd::Kill(Movement::WholeBuffer)
    }
}
