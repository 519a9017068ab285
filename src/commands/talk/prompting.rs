//! The prompt of `wsline URL`: the terminal, and what its source and outputs share.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use signal_hook::consts::SIGINT;

use crate::driver::Signals;
use crate::event::{Note, NoteLevel};
use crate::output::human::TIME_COLUMNS;
use crate::output::palette::Palette;
use crate::output::record::{Options, RecordSwitch, SharedRecord};
use crate::output::transcript::{KeepLimits, SharedTranscript, Transcript};
use crate::picture::Colors;
use crate::plan::{variable, InputSource, Plan};
use crate::source::prompt::{Prompt, PromptLanguage, PromptOptions, SharedSnippets, Snippets};
use crate::terminal::{Screen, Terminal, TerminalOptions, TypedInput};

/// The prompt in use. Dropping it restores the terminal, even after a panic.
pub(super) struct Prompting {
    pub(super) screen: Screen,
    pub(super) transcript: SharedTranscript,
    /// Whether the prompt outlives its connection.
    pub(super) outlives: Rc<Cell<bool>>,
    /// The record that the prompt starts and stops.
    pub(super) record: SharedRecord,
    /// Why the snippets could not be read.
    pub(super) warning: Option<Note>,
    snippets: SharedSnippets,
    typed: Option<TypedInput>,
    pub(super) terminal: Terminal,
}

impl Prompting {
    /// Opens the prompt if the plan has one.
    pub(super) fn start(plan: &Plan) -> io::Result<Option<Self>> {
        let InputSource::Prompt { history, home } = &plan.input else {
            return Ok(None);
        };
        let (snippets, warning) = Snippets::read(plan.prompt.snippets.clone());
        let snippets = SharedSnippets::new(snippets);
        let mut limits = KeepLimits::default();
        if let Some(messages) = plan.prompt.keep.and_then(|keep| usize::try_from(keep).ok()) {
            limits.messages = messages;
        }
        let transcript = Transcript::new(limits, plan.times.is_some());
        let (terminal, screen, typed) = Terminal::start(TerminalOptions {
            history: history.clone(),
            time_columns: TIME_COLUMNS,
            times: plan.times.is_some(),
            color: plan.palette != Palette::plain(),
            vi: plan.prompt.vi,
            reflows: plan.prompt.reflows,
            drafts: plan.prompt.drafts.clone(),
            language: Arc::new(PromptLanguage {
                force: plan.force,
                home: home.clone(),
                snippets: SharedSnippets::clone(&snippets),
                messages: transcript.numbers(),
            }),
        })?;
        Ok(Some(Self {
            screen,
            transcript: Rc::new(RefCell::new(transcript)),
            outlives: Rc::default(),
            record: record(plan),
            warning: warning.map(|text| Note {
                level: NoteLevel::Warning,
                text,
            }),
            snippets,
            typed: Some(typed),
            terminal,
        }))
    }

    /// The prompt as a source; `None` if it was taken before.
    pub(super) fn source(&mut self, plan: &Plan) -> Option<Prompt> {
        let InputSource::Prompt { home, .. } = &plan.input else {
            return None;
        };
        let options = PromptOptions {
            force: plan.force,
            home: home.clone(),
            secrets: plan.secrets,
            transcript: Rc::clone(&self.transcript),
            palette: plan.palette,
            picture_colors: match (plan.palette == Palette::plain(), plan.prompt.true_color) {
                (true, _) => Colors::None,
                (false, true) => Colors::True,
                (false, false) => Colors::Indexed,
            },
            screen: Some(self.screen.clone()),
            snippets: SharedSnippets::clone(&self.snippets),
            record: Some(Rc::clone(&self.record)),
            lookup: variable,
            quiet: plan.is_quiet(),
            speaks_first: plan.steps.is_empty(),
            outlives: Rc::clone(&self.outlives),
            zone_warning: plan.prompt.zone_warning.clone(),
        };
        Some(Prompt::new(self.typed.take()?, options))
    }

    /// Ends it, for which the terminal may take until `until`, or until SIGTERM or SIGHUP; which one
    /// that was.
    pub(super) fn end(&mut self, until: Option<Instant>, signals: &mut Signals) -> Option<i32> {
        let mut signal = None;
        self.terminal.end(|| {
            // The terminal ends the line editor with SIGINT.
            let mut came = signals.take().into_iter().filter(|came| *came != SIGINT);
            signal = signal.or_else(|| came.next());
            signal.is_some() || until.is_some_and(|until| until <= Instant::now())
        });
        signal
    }
}

/// The switch of a record that has not begun.
fn record(plan: &Plan) -> SharedRecord {
    let options = Options {
        path: std::path::PathBuf::new(),
        opening: plan.prompt.opening.clone(),
        secrets: plan.secrets,
        timing: plan.timing.is_some(),
    };
    Rc::new(RefCell::new(RecordSwitch::new(options)))
}
