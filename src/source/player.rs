//! Runs a session file as a conversation: the connections it needs, and its statements as steps.
//!
//! All errors in a file are found before connecting: unknown connections, variables without a
//! value, files that can't be read. Only the effect of a captured value on a statement is checked
//! when it is reached.

mod check;
mod confined;
mod deferred;
mod flow;
mod links;
mod message;
mod names;
mod options;
mod request;
mod source_text;
mod step;
mod variables;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use self::confined::check_confined;
pub use self::options::{FileConnection, PlayerOptions};

use self::deferred::about_responses;
use self::flow::Flow;
use self::names::names;
use self::variables::{secrets, variables, Known};
use super::conversation::{Expected, Step, StepAction, StepSource};
use crate::error::Error;
use crate::event::Link;
use crate::session_file::{Line, SessionFile, SourceMap, Statement};

/// How many former values of secret variables are remembered.
const FORMER_SECRETS: usize = 100;

/// Runs a file, as the [`StepSource`] of a [`Conversation`](super::conversation::Conversation).
#[derive(Debug)]
pub struct Player {
    source: Arc<SourceMap>,
    flow: Flow,
    /// The replies of rules.
    answers: Vec<Arc<[Line]>>,
    /// The remaining steps of the current statement.
    pending: VecDeque<Step>,
    names: Vec<String>,
    values: BTreeMap<String, String>,
    folder: PathBuf,
    within: Duration,
    strict: bool,
    speed: Option<f64>,
    ignore: Vec<String>,
    force: bool,
    confined: bool,
    /// The number of remaining expectations; `None` if some are repeated.
    expected: Option<usize>,
    /// The lines of `let` statements that settings use, which were evaluated first.
    early: Vec<u32>,
    /// Variables whose values are redacted in reports.
    secrets: Vec<String>,
    /// The values that they had before, the latest last.
    former_secrets: VecDeque<(String, String)>,
    /// Steps from elsewhere, each with the number of the line that it is taken before.
    given: VecDeque<(u32, Step)>,
    /// The URL that overrides those in the file.
    url: Option<String>,
    /// The connections that are opened by statements.
    deferred: Vec<Link>,
    /// The lines about the responses to HTTP requests.
    about_responses: BTreeSet<u32>,
}

impl Player {
    /// Prepares a file and checks it.
    ///
    /// # Errors
    ///
    /// [`Error::SessionFile`] if it is invalid.
    pub fn new(
        script: SessionFile,
        options: &PlayerOptions<'_>,
    ) -> Result<(Vec<FileConnection>, Self), Error> {
        let source = Arc::clone(options.sources);
        let Known {
            values,
            early,
            looked_up,
        } = variables(&script, &source, options)?;
        let about_responses = about_responses(&script);
        let names = names(&script, &source, &values, &about_responses)?;
        let mut player = Self {
            source,
            names,
            values,
            folder: options.folder.to_owned(),
            within: options.within,
            strict: false,
            speed: options.speed,
            ignore: options.ignore.to_vec(),
            force: options.force,
            confined: options.confined,
            expected: None,
            early,
            flow: Flow::default(),
            answers: Vec::new(),
            pending: VecDeque::new(),
            secrets: Vec::new(),
            former_secrets: VecDeque::new(),
            given: VecDeque::new(),
            url: options.url.map(str::to_owned),
            deferred: Vec::new(),
            about_responses,
        };
        player.deferred = player.deferred_links(&script)?;
        let connections = player.connections(&script.lines)?;
        player.force |= connections.iter().any(FileConnection::is_forced);
        player.check_refusals(&script)?;
        let all = script.all_lines();
        let repeats = |line: &&Line| {
            use Statement::{AnyOrder, Repeat, Retry};
            matches!(line.statement, AnyOrder(_) | Repeat { .. } | Retry { .. })
        };
        let repeats = all.iter().any(repeats);
        let expects = |line: &&&Line| matches!(line.statement, Statement::Expect(_));
        let expected = all.iter().filter(expects).count();
        player.expected = (!repeats).then_some(expected);
        player.rehearse(&all)?;
        player.secrets = secrets(&all);
        if options.hides_values {
            player.secrets.extend(looked_up);
        }
        player.flow = Flow::new(script.lines.into());
        Ok((connections, player))
    }

    /// Adds a step from elsewhere, to be taken before the statement on this line. They are added in
    /// their order.
    pub fn give(&mut self, before: u32, step: Step) {
        self.given.push_back((before, step));
    }

    /// The next step from elsewhere, if it comes before the next statement.
    fn next_given(&mut self) -> Option<Step> {
        let (before, _) = self.given.front()?;
        if self
            .flow
            .next_number()
            .is_some_and(|number| number < *before)
        {
            return None;
        }
        // A step outside of a repetition does not restart it.
        self.flow.leave();
        self.given.pop_front().map(|(_, step)| step)
    }

    fn parse_error(&self, line: u32, mark: &str, cause: impl Into<String>) -> Error {
        source_text::parse_error(&self.source, line, mark, cause)
    }

    /// The connections that are opened by statements.
    #[must_use]
    pub fn deferred(&self) -> &[Link] {
        &self.deferred
    }

    /// The values of variables that are redacted in reports.
    #[must_use]
    pub fn secret_values(&self) -> Vec<(String, String)> {
        let secrets = self.secrets.iter();
        let known = secrets.filter_map(|name| Some((name.clone(), self.values.get(name)?.clone())));
        known.chain(self.former_secrets.iter().cloned()).collect()
    }

    /// Sets a variable. A report may still have the former value of a secret one.
    fn assign(&mut self, name: &str, value: String) {
        let former = self.values.insert(name.to_owned(), value);
        let Some(former) = former.filter(|_| self.secrets.iter().any(|it| it == name)) else {
            return;
        };
        if self.former_secrets.len() == FORMER_SECRETS {
            self.former_secrets.pop_front();
        }
        self.former_secrets.push_back((name.to_owned(), former));
    }
}

impl StepSource for Player {
    fn next(&mut self, now: Instant) -> Result<Option<Step>, Error> {
        loop {
            if let Some(step) = self.pending.pop_front() {
                return Ok(Some(step));
            }
            if let Some(step) = self.next_given() {
                return Ok(Some(step));
            }
            let Some(line) = self.flow.next() else {
                return Ok(None);
            };
            if let Some((name, value)) = self.flow.counter() {
                self.values.insert(name, value);
            }
            self.take(now, &line)?;
        }
    }

    fn retry(&mut self, now: Instant) -> Option<Instant> {
        let at = self.flow.begin_anew(now)?;
        self.pending.clear();
        Some(at)
    }

    fn context(&self, now: Instant) -> Option<String> {
        self.flow.context(now, &|line| self.source.number(line))
    }

    fn answer(&mut self, answer: usize, link: Link) -> Result<Vec<Step>, Error> {
        match self.answers.get(answer).map(Arc::clone) {
            Some(body) => self.replies(&body, link),
            None => Ok(Vec::new()),
        }
    }

    fn expects(&self) -> bool {
        let expects = |(_, step): &(u32, Step)| matches!(step.act, StepAction::Expect(_));
        match self.expected {
            Some(0) => self.given.iter().any(expects),
            Some(_) => true,
            None => {
                self.flow.is_inside()
                    || self.flow.next_number().is_some()
                    || self.given.iter().any(expects)
            }
        }
    }

    fn handshake(&self, link: Link) -> Option<(Option<String>, Expected)> {
        let of_link = |line: &&Line| {
            let links = self.links(line);
            links.is_ok_and(|links| links.contains(&link))
        };
        let find = |line: &Line| {
            let Statement::Expect(wanted) = &line.statement else {
                return None;
            };
            let wanted = self.wanted(line, wanted).ok()?;
            wanted
                .is_about_refusal()
                .then(|| (Some(self.source.place(line.number)), wanted))
        };
        if self.deferred.contains(&link) {
            // What was expected of an earlier connection doesn't count.
            return self.flow.ahead().filter(of_link).find_map(find);
        }
        let of_file = self.flow.lines().iter().filter(of_link).find_map(find);
        of_file.or_else(|| {
            self.given.iter().find_map(|(_, step)| match &step.act {
                StepAction::Expect(expectation) if expectation.wanted.is_about_refusal() => {
                    Some((step.place.clone(), expectation.wanted.clone()))
                }
                _ => None,
            })
        })
    }

    fn next_expected(&self, link: Link) -> Option<Expected> {
        let of_link = |line: &&Line| {
            let links = self.links(line);
            links.is_ok_and(|links| links.contains(&link))
        };
        let lines = self.flow.ahead().filter(of_link);
        let mut of_file = lines.filter_map(|line| match &line.statement {
            // Errors in it are reported when it is reached.
            Statement::Expect(wanted) => Some((line.number, self.wanted(line, wanted).ok())),
            _ => None,
        });
        let mut given = self
            .given
            .iter()
            .filter_map(|(before, step)| match &step.act {
                StepAction::Expect(expectation) => Some((*before, expectation.wanted.clone())),
                _ => None,
            });
        match (of_file.next(), given.next()) {
            (Some((number, _)), Some((before, wanted))) if before <= number => Some(wanted),
            (Some((_, wanted)), _) => wanted,
            (None, given) => given.map(|(_, wanted)| wanted),
        }
    }

    fn keep(&mut self, name: &str, value: String) {
        self.assign(name, value);
    }

    fn secrets(&self) -> Vec<(String, String)> {
        self.secret_values()
    }

    fn unsent(&self, link: Link) -> u64 {
        let sends = |line: &&Line| {
            let links = self.links(line);
            matches!(line.statement, Statement::Send(_))
                && links.is_ok_and(|links| links.contains(&link))
        };
        let sends_message = |step: &Step| step.link == link && step.act.sends_message();
        let given = self.given.iter().filter(|(_, step)| sends_message(step));
        (self.flow.rest().iter().filter(sends).count() + given.count()) as u64
    }

    fn name(&self, link: Link) -> Option<&str> {
        self.names.get(usize::from(link.0)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests;
