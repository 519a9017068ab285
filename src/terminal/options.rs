//! The options of the terminal, and the language of its lines.

use std::path::PathBuf;
use std::sync::Arc;

/// What the line editor needs to know about the input.
pub trait InputLanguage: Send + Sync {
    /// Whether `text` is incomplete, so that Enter starts a new line.
    fn unfinished(&self, text: &str) -> bool;

    /// Whether `line` is the last one, so that there is no new prompt.
    fn ends(&self, line: &str) -> bool;

    /// Whether `line` is a message, which is shown again as a sent one.
    fn is_message(&self, line: &str) -> bool;

    /// Whether the editor waits until `line` is executed, because that may run a program on the
    /// terminal or move the sign.
    fn is_awaited(&self, line: &str) -> bool;

    /// The text that `line` opens in an editor, if it does.
    fn edits<'a>(&self, line: &'a str) -> Option<&'a str>;

    /// The completions of `line`.
    fn complete(&self, line: &str) -> Vec<CompletionItem>;

    /// Whether [`colored`](Self::colored) gives `line` colors.
    fn has_colors(&self, line: &str) -> bool;

    /// `line` with colors; `None` without. At `cursor` is a bracket to be marked with the one that
    /// matches it.
    fn colored(&self, line: &str, cursor: Option<usize>) -> Option<String>;

    /// A hint to show after `line`.
    fn hint(&self, line: &str) -> Option<String>;
}

/// A completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletionItem {
    /// The completed line.
    pub text: String,
    /// The text in the list of completions.
    pub shown: String,
    /// What it does, in a few words; may be empty.
    pub help: String,
}

/// The options of the terminal.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct TerminalOptions {
    /// The file of the history; `None` to keep it in memory only.
    pub history: Option<PathBuf>,
    /// The number of columns before the sign while the rows above have a time.
    pub time_columns: usize,
    /// Whether they have one from the start.
    pub times: bool,
    /// Whether the sign and JSON are colored and hints are dimmed.
    pub color: bool,
    /// Whether the prompt has vi key bindings.
    pub vi: bool,
    /// Whether the terminal breaks rows anew when its width changes.
    pub reflows: bool,
    /// The directory of drafts.
    pub drafts: PathBuf,
    /// The language of the lines.
    pub language: Arc<dyn InputLanguage>,
}
