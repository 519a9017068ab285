//! The steps of a session file on their way to the conversation: counted, and printed with `-v`, when
//! they are done.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Instant;

use super::opener::Opener;
use crate::error::Error;
use crate::event::Link;
use crate::session_file::{self, Line, SessionFile, SourceMap};
use crate::source::conversation::{Step, StepAction, StepSource};
use crate::source::player::Player;
use crate::source::Expected;
use crate::text::elide;

/// Prints a line to stderr.
pub type PrintLine = Rc<dyn Fn(String)>;

/// As many characters of a statement are printed.
const LONGEST: usize = 200;

/// Statements as they are written, by their places as reports name them.
pub type Statements = BTreeMap<String, String>;

/// The statements of a file. Those of a recording, whose lines are none, are written as a session
/// file has them.
#[must_use]
pub fn written_statements(script: &SessionFile, sources: &SourceMap) -> Statements {
    let written = |line: &Line| {
        let statement = sources.statement_text(line.number);
        let statement = statement.unwrap_or_else(|| session_file::print_line(line));
        (sources.place(line.number), shortened(&statement))
    };
    script.all_lines().into_iter().map(written).collect()
}

fn shortened(statement: &str) -> String {
    elide::chars(statement.trim_end(), LONGEST).into_owned()
}

/// A player whose statements are counted and printed as they are done: a step is when the next one
/// is asked for.
pub struct Reporting {
    player: Player,
    statements: Statements,
    /// The place of the step that was given last, and whether it counts as a statement.
    current: Option<(String, bool)>,
    progress: Rc<FileProgress>,
    print: Option<PrintLine>,
    /// Prepares steps that open connections, if there are any.
    opener: Option<Opener>,
}

/// What is known of a file while it is run.
#[derive(Debug, Default)]
pub struct FileProgress {
    /// How many of its statements are done.
    pub done: Cell<usize>,
    /// The values that it keeps out of reports, with the names of their variables.
    pub secrets: RefCell<Vec<(String, String)>>,
}

impl Reporting {
    /// Counts in `progress`, and prints with `print` if anybody wants to read it.
    #[must_use]
    pub fn new(
        player: Player,
        statements: Statements,
        progress: Rc<FileProgress>,
        print: Option<PrintLine>,
    ) -> Self {
        Self {
            player,
            statements,
            current: None,
            progress,
            print,
            opener: None,
        }
    }

    /// Prepares steps with `opener`.
    #[must_use]
    pub fn with_opener(mut self, opener: Option<Opener>) -> Self {
        self.opener = opener;
        self
    }

    /// Remembers the values that are secret.
    fn keep_secrets(&self) {
        let mut secrets = self.progress.secrets.borrow_mut();
        for secret in self.player.secret_values() {
            if !secrets.contains(&secret) {
                secrets.push(secret);
            }
        }
    }

    /// The step that was given last is done.
    fn report(&mut self) {
        let Some((place, counts)) = self.current.take() else {
            return;
        };
        let done = &self.progress.done;
        done.set(done.get() + usize::from(counts));
        if let Some(print) = &self.print {
            let statement = self.statements.get(&place).map_or("", String::as_str);
            print(format!("{place} {statement}"));
        }
    }
}

impl StepSource for Reporting {
    fn next(&mut self, now: Instant) -> Result<Option<Step>, Error> {
        self.report();
        let mut step = self.player.next(now)?;
        self.keep_secrets();
        if let (Some(step), Some(opener)) = (&mut step, &self.opener) {
            opener.prepare(step)?;
        }
        self.current = step.as_ref().and_then(|step| {
            let waits = matches!(step.act, StepAction::Pause(_) | StepAction::Until(_));
            let counts = !waits && !matches!(step.act, StepAction::Rule(_) | StepAction::Every(_));
            Some((step.place.clone()?, counts))
        });
        Ok(step)
    }

    fn retry(&mut self, now: Instant) -> Option<Instant> {
        let at = self.player.retry(now)?;
        self.current = None;
        Some(at)
    }

    fn context(&self, now: Instant) -> Option<String> {
        self.player.context(now)
    }

    fn answer(&mut self, answer: usize, link: Link) -> Result<Vec<Step>, Error> {
        self.player.answer(answer, link)
    }

    fn expects(&self) -> bool {
        self.player.expects()
    }

    fn handshake(&self, link: Link) -> Option<(Option<String>, Expected)> {
        self.player.handshake(link)
    }

    fn next_expected(&self, link: Link) -> Option<Expected> {
        self.player.next_expected(link)
    }

    fn keep(&mut self, name: &str, value: String) {
        self.player.keep(name, value);
        self.keep_secrets();
    }

    fn unsent(&self, link: Link) -> u64 {
        self.player.unsent(link)
    }

    fn name(&self, link: Link) -> Option<&str> {
        self.player.name(link)
    }
}
