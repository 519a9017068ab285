//! What the terminal is told about the prompt: its looks, and the language of its lines.

use std::path::PathBuf;
use std::sync::Arc;

/// What the line editor must know of the language that is typed.
pub trait InputLanguage: Send + Sync {
    /// Whether `text` goes on, so that Enter begins a new line.
    fn unfinished(&self, text: &str) -> bool;

    /// Whether nothing will be typed after `line`, so that no new prompt is shown.
    fn ends(&self, line: &str) -> bool;

    /// Whether `line` is a message: it is shown again as a sent one once it has left.
    fn is_message(&self, line: &str) -> bool;

    /// Whether `line` may give the terminal to another program: it is waited for.
    fn takes_terminal(&self, line: &str) -> bool;

    /// The text that `line` opens in an editor, if it does.
    fn edits<'a>(&self, line: &'a str) -> Option<&'a str>;

    /// What `line` could become; nothing if there is nothing to complete.
    fn complete(&self, line: &str) -> Vec<Candidate>;

    /// What could follow `line`, to be shown after it.
    fn hint(&self, line: &str) -> Option<String>;
}

/// What a line could become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The whole line.
    pub text: String,
    /// What is shown of it in a list.
    pub shown: String,
    /// What it does.
    pub help: String,
}

/// How a terminal is to be used.
pub struct TerminalOptions {
    /// The file of the history; `None` keeps none beyond this run.
    pub history: Option<PathBuf>,
    /// How many columns stand before the prompt's sign: where times stand in the rows above.
    pub indent: usize,
    /// Whether the sign has a color, and hints are dimmed.
    pub color: bool,
    /// Whether lines are edited with the keys of vi.
    pub vi: bool,
    /// Where drafts are kept while they are edited.
    pub drafts: PathBuf,
    /// What is typed.
    pub language: Arc<dyn InputLanguage>,
}
