//! What the line editor asks for while a line is edited: whether it is complete, completions, hints
//! and colors.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::SearchDirection;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

use super::keys::KeyContext;
use super::options::InputLanguage;
use super::screen::size::{self, height};
use crate::text::elide;

/// The maximum number of rows of a menu below the line.
const MENU_ROWS: usize = 8;
/// The maximum length in bytes of a history entry that is suggested.
const LONGEST_SUGGESTION: usize = 200;

/// What the editor calls while a line is edited.
pub(super) struct Editing {
    pub(super) language: Arc<dyn InputLanguage>,
    pub(super) context: KeyContext,
    /// Whether JSON is colored and hints are dimmed.
    color: bool,
    /// Whether the line is taller than the screen. Then it has no colors, because each key would
    /// have all of it drawn again.
    too_tall: Cell<bool>,
    /// Whether matching brackets are marked: until the line is left.
    marks: Cell<bool>,
}

impl Editing {
    pub(super) fn new(language: Arc<dyn InputLanguage>, context: KeyContext, color: bool) -> Self {
        Self {
            language,
            context,
            color,
            too_tall: Cell::new(false),
            marks: Cell::new(true),
        }
    }

    fn may_color(&self) -> bool {
        self.color && !self.too_tall.get()
    }
}

impl Helper for Editing {}

impl Validator for Editing {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        // An empty line ends the input in any case.
        if !text.ends_with('\n') {
            let unfolded = self.context.typing.lock().folds.unfold(text);
            if unfolded.is_some_and(|text| self.language.unfinished(&text)) {
                return Ok(ValidationResult::Incomplete);
            }
        }
        self.context.typing.lock().continues = false;
        self.context.state.close_gate();
        Ok(ValidationResult::Valid(None))
    }
}

impl Completer for Editing {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let candidates = self.language.complete(&line[..position]);
        let pair = |candidate: super::options::CompletionItem| Pair {
            display: candidate.shown,
            replacement: candidate.text,
        };
        Ok((0, candidates.into_iter().map(pair).collect()))
    }
}

/// The text shown after the line.
pub(super) struct Following {
    shown: String,
    /// The part that the right arrow key inserts.
    taken: Option<String>,
}

impl Hint for Following {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.taken.as_deref()
    }
}

impl Hinter for Editing {
    type Hint = Following;

    fn hint(&self, line: &str, position: usize, context: &Context<'_>) -> Option<Following> {
        let (columns, rows) = size::size();
        let continues = line.contains('\n') && self.language.unfinished(line);
        {
            let mut typing = self.context.typing.lock();
            typing.line.replace_range(.., line);
            typing.continues = continues;
            typing.drawn.set_line(line, position, columns);
            typing.drawn.set_hint("");
        }
        // The sign is two columns wide; a time before it can only make the line taller.
        let height = height(2, line, columns);
        self.context.state.set_too_tall(height >= rows);
        self.too_tall.set(height >= rows);
        if position < line.len() || line.is_empty() {
            return None;
        }
        let only_shown = |shown| Following { shown, taken: None };
        if continues && line.ends_with('\n') {
            let shown = "(unfinished JSON; Enter sends it as it is)".to_owned();
            return Some(only_shown(shown));
        }
        if line.starts_with('/') {
            let hint = self.language.hint(line);
            return hint
                .or_else(|| self.menu(line, columns, rows))
                .map(only_shown);
        }
        suggestion(line, context).map(|rest| Following {
            shown: rest.clone(),
            taken: Some(rest),
        })
    }
}

impl Editing {
    /// The commands that match the line, as a menu below it.
    fn menu(&self, line: &str, columns: usize, rows: usize) -> Option<String> {
        if line.contains(char::is_whitespace) || line.starts_with("//") {
            return None;
        }
        let candidates = self.language.complete(line);
        let most = MENU_ROWS.min(rows / 3).max(1);
        let width = candidates.iter().map(|one| one.shown.len()).max()?;
        let mut menu = String::new();
        let is_whole = candidates.len() <= most;
        let shown = if is_whole { most } else { most - 1 };
        for candidate in candidates.iter().take(shown) {
            let row = format!("  {:width$}  {}", candidate.shown, candidate.help);
            menu.push('\n');
            menu.push_str(&elide::columns(&row, columns.saturating_sub(1)));
        }
        if !is_whole {
            let more = candidates.len() - shown;
            menu.push_str("\n  … ");
            menu.push_str(&more.to_string());
            menu.push_str(" more: Tab goes through them");
        }
        Some(menu)
    }
}

/// The rest of the latest history entry that begins with `line`.
fn suggestion(line: &str, context: &Context<'_>) -> Option<String> {
    let history = context.history();
    if context.history_index() < history.len() || history.is_empty() {
        return None;
    }
    let found = history
        .starts_with(line, history.len() - 1, SearchDirection::Reverse)
        .ok()??;
    let rest = found.entry.strip_prefix(line)?;
    let fits = !rest.is_empty() && rest.len() <= LONGEST_SUGGESTION && !rest.contains('\n');
    fits.then(|| rest.to_owned())
}

/// The editor calls these functions when it draws. What they get is what it draws.
impl Highlighter for Editing {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(
        &'s self,
        prompt: &'p str,
        default: bool,
    ) -> Cow<'b, str> {
        let search = Some(prompt).filter(|_| !default);
        self.context.typing.lock().drawn.set_search(search);
        Cow::Borrowed(prompt)
    }

    fn highlight<'l>(&self, line: &'l str, position: usize) -> Cow<'l, str> {
        let cursor = Some(position).filter(|_| self.marks.get());
        let colored = self
            .may_color()
            .then(|| self.language.colored(line, cursor));
        colored.flatten().map_or(Cow::Borrowed(line), Cow::Owned)
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        self.context.typing.lock().drawn.set_hint(hint);
        if self.color {
            Cow::Owned(format!("\x1b[2m{hint}\x1b[22m"))
        } else {
            Cow::Borrowed(hint)
        }
    }

    fn highlight_char(&self, line: &str, position: usize, kind: CmdKind) -> bool {
        self.marks.set(kind != CmdKind::ForcedRefresh);
        let mut typing = self.context.typing.lock();
        typing.drawn.set_line(line, position, size::size().0);
        typing.drawn.has_begun_row() || self.may_color() && self.language.has_colors(line)
    }
}
