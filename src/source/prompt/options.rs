//! The options of a prompt, and what it shares with the outputs.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::snippets::SharedSnippets;
use crate::http::Secrets;
use crate::output::palette::Palette;
use crate::output::record::SharedRecord;
use crate::output::sink::{Sink, TerminalSize};
use crate::output::transcript::{KeepLimits, SharedTranscript, Transcript};
use crate::picture::Colors;
use crate::terminal::Screen;

/// The options of a prompt.
#[derive(Clone)]
pub struct PromptOptions {
    /// Whether all close codes are allowed (`--force`).
    pub force: bool,
    /// The home directory, for `~/` in paths.
    pub home: Option<PathBuf>,
    /// Whether credentials are shown.
    pub secrets: Secrets,
    /// The messages, shared with the output.
    pub transcript: SharedTranscript,
    /// The colors of the output.
    pub palette: Palette,
    /// The colors of pictures.
    pub picture_colors: Colors,
    /// The terminal, for its size.
    pub screen: Option<Screen>,
    /// The snippets, shared with the line editor.
    pub snippets: SharedSnippets,
    /// The record that `/record` starts, shared with the outputs.
    pub record: Option<SharedRecord>,
    /// Looks up variables in the environment.
    pub lookup: fn(&str) -> Option<String>,
    /// Whether state changes are not printed (`-q`), so that only the sign shows them.
    pub quiet: bool,
    /// Whether the prompt outlives its connection from the start. Otherwise it does once it is
    /// polled for input, because other messages are sent first.
    pub speaks_first: bool,
    /// Set when the prompt outlives its connection.
    pub outlives: Rc<Cell<bool>>,
    /// Why times are not in the time zone that was set, unless it has been printed.
    pub zone_warning: Option<String>,
}

impl Default for PromptOptions {
    fn default() -> Self {
        Self {
            force: false,
            home: None,
            secrets: Secrets::default(),
            transcript: Rc::new(Transcript::new(KeepLimits::default(), false).into()),
            palette: Palette::plain(),
            picture_colors: Colors::None,
            screen: None,
            snippets: SharedSnippets::default(),
            record: None,
            lookup: |_| None,
            quiet: false,
            speaks_first: true,
            outlives: Rc::default(),
            zone_warning: None,
        }
    }
}

impl PromptOptions {
    pub(super) fn size(&self) -> TerminalSize {
        let size = self.screen.as_ref().and_then(Screen::size);
        size.unwrap_or(TerminalSize {
            columns: 80,
            rows: 24,
        })
    }
}

/// Replaces `~/` and `$HOME/` in a path by `home`.
pub(super) fn expand_home(path: &str, home: Option<&Path>) -> PathBuf {
    let rest = path
        .strip_prefix("~/")
        .or_else(|| path.strip_prefix("$HOME/"));
    match (rest, home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(path).to_owned(),
    }
}
