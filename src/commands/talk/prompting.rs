//! The prompt of a talk, which its source and its outputs share.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use signal_hook::consts::SIGINT;

use crate::driver::Signals;
use crate::output::palette::Palette;
use crate::output::transcript::{KeepLimits, SharedTranscript, Transcript};
use crate::plan::{InputSource, Plan};
use crate::source::prompt::PromptLanguage;
use crate::terminal::{Screen, Terminal, TerminalOptions, TypedInput};

/// The width of the time before a message, in columns.
const TIME_COLUMNS: usize = "09:26:53.589 ".len();

/// Shared by the source and the outputs of a prompt.
pub(super) struct SharedPrompt {
    pub(super) screen: Screen,
    pub(super) transcript: SharedTranscript,
    pub(super) outlives: Rc<Cell<bool>>,
}

/// The prompt in use. Dropping it restores the terminal, even after a panic.
pub(super) struct Prompting {
    pub(super) screen: Screen,
    pub(super) transcript: SharedTranscript,
    /// Whether the prompt outlives its connection.
    pub(super) outlives: Rc<Cell<bool>>,
    typed: Option<TypedInput>,
    pub(super) terminal: Terminal,
}

impl Prompting {
    /// Opens the prompt if the plan has one.
    pub(super) fn start(plan: &Plan) -> io::Result<Option<Self>> {
        let InputSource::Prompt { history, home } = &plan.input else {
            return Ok(None);
        };
        let (terminal, screen, typed) = Terminal::start(TerminalOptions {
            history: history.clone(),
            indent: if plan.times.is_some() {
                TIME_COLUMNS
            } else {
                0
            },
            color: plan.palette != Palette::plain(),
            vi: plan.prompt.vi,
            drafts: plan.prompt.drafts.clone(),
            language: Arc::new(PromptLanguage {
                force: plan.force,
                home: home.clone(),
            }),
        })?;
        let mut limits = KeepLimits::default();
        if let Some(messages) = plan.prompt.keep.and_then(|keep| usize::try_from(keep).ok()) {
            limits.messages = messages;
        }
        let transcript = Transcript::new(limits, plan.times.is_some());
        Ok(Some(Self {
            screen,
            transcript: Rc::new(RefCell::new(transcript)),
            outlives: Rc::default(),
            typed: Some(typed),
            terminal,
        }))
    }

    /// The typed input for the source, and the state that it shares with the outputs.
    pub(super) fn input(&mut self) -> Option<(TypedInput, SharedPrompt)> {
        let shared = SharedPrompt {
            screen: self.screen.clone(),
            transcript: Rc::clone(&self.transcript),
            outlives: Rc::clone(&self.outlives),
        };
        Some((self.typed.take()?, shared))
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
