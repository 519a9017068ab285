//! Runs a session file as a conversation: the connections it needs, and its statements as steps.
//!
//! All errors in a file are found before connecting: unknown connections, variables without a
//! value, files that can't be read. Only the effect of a captured value on a statement is checked
//! when it is reached.

mod flow;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use regex::{Regex, RegexBuilder};

use self::flow::Flow;
use super::conversation::{
    Act, Alternative, Check, Effect, Expectation, Expected, Interval, Rule, Step, StepSource,
};
use super::reader::Reader;
use crate::conversation::matching::{parse_pattern, Pattern};
use crate::error::{plain, Error};
use crate::event::{Kind, Link};
use crate::protocol::{CloseReason, MAX_CONTROL_PAYLOAD};
use crate::session_file::bytes::{self, ByteError};
use crate::session_file::{
    self, Expression, Line, Message, Payload, SessionFile, Statement, Template,
};
use crate::sys::file::{irregular_cause, open_regular, read_regular, MAX_SIZE};
use crate::sys::path::real_path_below;

/// The options for running a file.
pub struct PlayerOptions<'a> {
    /// The name of the file in reports.
    pub file: &'a str,
    /// The text of the file, for reports.
    pub text: &'a str,
    /// The folder that paths in the file are relative to.
    pub folder: &'a Path,
    /// Looks up the values of variables.
    pub lookup: &'a dyn Fn(&str) -> Option<String>,
    /// The URL that overrides those in the file.
    pub url: Option<&'a str>,
    /// The factor for the speed of recorded pauses; `None` to skip them.
    pub speed: Option<f64>,
    /// JSON pointers to received values that are not compared (RFC 6901).
    pub ignore: &'a [String],
    /// Whether close codes that RFC 6455 forbids may be sent.
    pub force: bool,
    /// Whether only regular files below [`folder`](Self::folder) may be read (`--untrusted`).
    pub confined: bool,
}

/// A connection of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its name in the file, if it has one.
    pub name: Option<String>,
    /// The URL.
    pub url: String,
    /// The line of the URL; 0 if it is not from the file.
    pub line: u32,
    /// The options, as words of a command line.
    pub words: Vec<String>,
}

/// Runs a file, as the [`StepSource`] of a [`Conversation`](super::conversation::Conversation).
#[derive(Debug)]
pub struct Player {
    source: SourceText,
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
}

/// The text of the file, for reports.
#[derive(Debug)]
struct SourceText {
    file: String,
    text: String,
}

impl SourceText {
    fn parse_error(&self, line: u32, mark: &str, cause: impl Into<String>) -> Error {
        let parse_error = session_file::error_at(&self.file, &self.text, line, mark, cause.into());
        Error::SessionFile(Box::new(parse_error))
    }

    fn place(&self, line: u32) -> String {
        match line {
            0 => self.file.clone(),
            line => format!("{}:{line}", self.file),
        }
    }
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
    ) -> Result<(Vec<Connection>, Self), Error> {
        let source = SourceText {
            file: options.file.to_owned(),
            text: options.text.to_owned(),
        };
        let (values, early) = variables(&script, &source, options)?;
        let names = names(&script, &source, &values)?;
        let mut player = Self {
            source,
            names,
            values,
            folder: options.folder.to_owned(),
            within: Expectation::WITHIN,
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
        };
        let connections = player.connections(&script, options.url)?;
        let forced = |connection: &Connection| connection.words.iter().any(|it| it == "--force");
        player.force |= connections.iter().any(forced);
        player.check_refusals(&script)?;
        let all = script.all_lines();
        let repeats = all.iter().any(|line| !line.statement.body().is_empty());
        let expects = |line: &&&Line| matches!(line.statement, Statement::Expect(_));
        let expected = all.iter().filter(expects).count();
        player.expected = (!repeats).then_some(expected);
        player.rehearse(&all)?;
        player.secrets = secrets(&all);
        player.flow = Flow::new(script.lines.into());
        Ok((connections, player))
    }

    /// The connections and their settings.
    fn connections(
        &self,
        script: &SessionFile,
        url: Option<&str>,
    ) -> Result<Vec<Connection>, Error> {
        let mut names: Vec<_> = self.names.iter().cloned().map(Some).collect();
        if names.is_empty() {
            names.push(None);
        }
        let set = |name| self.connection(script, name, url);
        names.into_iter().map(set).collect()
    }

    fn connection(
        &self,
        script: &SessionFile,
        name: Option<String>,
        url: Option<&str>,
    ) -> Result<Connection, Error> {
        let mut found = url.map(|url| (url.to_owned(), 0));
        let (mut words, mut common) = (Vec::new(), None);
        for line in &script.lines {
            if line.link.is_some() && line.link != name {
                continue;
            }
            let text = |template: &Template| self.text(line, template);
            match &line.statement {
                Statement::Url(_) if url.is_some() => {}
                Statement::Url(template) if line.link.is_none() => {
                    common = Some((text(template)?, line.number));
                }
                Statement::Url(template) => found = Some((text(template)?, line.number)),
                Statement::Header(template) => words.extend(["-H".to_owned(), text(template)?]),
                Statement::Subprotocol(template) => {
                    words.extend(["-s".to_owned(), text(template)?]);
                }
                Statement::Options(templates) => {
                    for template in templates {
                        words.push(text(template)?);
                    }
                }
                _ => {}
            }
        }
        let Some((url, line)) = found.or(common) else {
            let of = name.map(|name| format!(" of @{name}")).unwrap_or_default();
            let cause = format!("missing URL{of}: add a line 'url ws://…', or use --url");
            return Err(self.source.parse_error(0, "", cause));
        };
        Ok(Connection {
            name,
            url,
            line,
            words,
        })
    }

    /// Converts a statement to steps, one for each of its connections.
    fn take(&mut self, now: Instant, line: &Line) -> Result<(), Error> {
        let place = Some(self.source.place(line.number));
        let is_one = line.link.as_deref() != Some("*");
        let links = match &line.statement {
            Statement::Send(_)
            | Statement::Expect(_)
            | Statement::Check(_)
            | Statement::CheckWithin(_)
            | Statement::Capture { .. }
            | Statement::CaptureMatch { .. } => self.links(line)?,
            _ => vec![Link::default()],
        };
        for link in links {
            if let Some(act) = self.step(now, line)? {
                let place = place.clone();
                self.pending.push_back(Step { link, place, act });
            }
            if is_one {
                break;
            }
        }
        if let Statement::Never(_, Some(limit)) = &line.statement {
            self.pending.push_back(Step {
                link: Link::default(),
                place,
                act: Act::Pause(*limit),
            });
        }
        Ok(())
    }

    /// The values of variables that are redacted in reports.
    #[must_use]
    pub fn secret_values(&self) -> Vec<(String, String)> {
        let secrets = self.secrets.iter();
        let known = secrets.filter_map(|name| Some((name.clone(), self.values.get(name)?.clone())));
        known.collect()
    }

    /// Checks that nothing is sent on a connection that is expected to be refused.
    fn check_refusals(&self, script: &SessionFile) -> Result<(), Error> {
        let mut refused: Vec<&Option<String>> = Vec::new();
        for line in &script.lines {
            // Headers of the refusal are allowed.
            let of_connection = match &line.statement {
                Statement::Expect(wanted) => !matches!(wanted, session_file::Wanted::Header { .. }),
                Statement::Send(_)
                | Statement::Check(_)
                | Statement::CheckWithin(_)
                | Statement::Capture { .. }
                | Statement::CaptureMatch { .. } => true,
                _ => false,
            };
            if of_connection && refused.contains(&&line.link) {
                let cause =
                    "the server is expected to refuse this connection: only '< header' can \
                             follow";
                return Err(self.source.parse_error(line.number, "", cause));
            }
            match &line.statement {
                Statement::Expect(session_file::Wanted::Refused(_)) => refused.push(&line.link),
                Statement::Expect(session_file::Wanted::Status(status)) if *status != 101 => {
                    refused.push(&line.link);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Evaluates everything that does not depend on captured values, so that errors are reported
    /// before the conversation begins.
    fn rehearse(&self, lines: &[&Line]) -> Result<(), Error> {
        for line in lines {
            let known = line.statement.templates().iter().all(|template| {
                template
                    .variables()
                    .all(|name| self.values.contains_key(name))
            });
            match &line.statement {
                Statement::Send(message) if known => {
                    self.act(line, message)?;
                }
                Statement::Expect(wanted) | Statement::Check(wanted) if known => {
                    self.wanted(line, wanted)?;
                }
                Statement::CaptureMatch {
                    pattern,
                    ignore_case,
                    ..
                } if known => _ = self.regex(line, pattern, *ignore_case)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn lookup(&self) -> impl Fn(&str) -> Option<String> + '_ {
        |name| self.values.get(name).cloned()
    }

    /// A text with its variables replaced.
    fn text(&self, line: &Line, template: &Template) -> Result<String, Error> {
        template
            .render(&self.lookup())
            .map_err(|name| self.unset(line, &name))
    }

    fn unset(&self, line: &Line, name: &str) -> Error {
        unset(&self.source, line, name)
    }

    fn json(&self, line: &Line, template: &Template) -> Result<String, Error> {
        let text = template
            .render_json(&self.lookup())
            .map_err(|name| self.unset(line, &name))?;
        match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
            Ok(_) => Ok(text),
            Err(error) => {
                let cause = format!("invalid JSON after replacing variables: {error}");
                Err(self.source.parse_error(line.number, "", cause))
            }
        }
    }

    fn byte_error(&self, line: &Line, error: ByteError) -> Error {
        match error {
            ByteError::Unset(name) => self.unset(line, &name),
            ByteError::Invalid(cause) => self.source.parse_error(line.number, "", cause),
        }
    }

    /// Expected JSON, or a pattern for it.
    fn json_pattern(&self, line: &Line, template: &Template) -> Result<Pattern, Error> {
        let text = template
            .render_json(&self.lookup())
            .map_err(|name| self.unset(line, &name))?;
        let ignore = self.ignore.clone();
        if let Ok(value) = serde_json::from_str(&text) {
            return Ok(Pattern::Json { value, ignore });
        }
        match parse_pattern(&text) {
            Ok(pattern) => Ok(Pattern::Shape {
                pattern,
                text,
                ignore,
            }),
            Err(error) => {
                let cause = format!("invalid JSON after replacing variables: {}", error.cause);
                Err(self.source.parse_error(line.number, "", cause))
            }
        }
    }

    fn regex(&self, line: &Line, pattern: &Template, ignore_case: bool) -> Result<Regex, Error> {
        let pattern = pattern
            .render_regex(&self.lookup())
            .map_err(|name| self.unset(line, &name))?;
        RegexBuilder::new(&pattern)
            .case_insensitive(ignore_case)
            .build()
            .map_err(|error| self.source.parse_error(line.number, "/", error.to_string()))
    }

    fn payload(&self, line: &Line, payload: &Payload) -> Result<Vec<u8>, Error> {
        let bytes = match payload {
            Payload::Text(template) => self.text(line, template)?.into_bytes(),
            Payload::Bytes(bytes) => bytes.clone(),
        };
        if bytes.len() > MAX_CONTROL_PAYLOAD {
            let cause = format!(
                "payload of {} bytes: a control frame has at most {MAX_CONTROL_PAYLOAD} (RFC 6455 \
                 §5.5)",
                bytes.len()
            );
            return Err(self.source.parse_error(line.number, "", cause));
        }
        Ok(bytes)
    }

    fn path(&self, line: &Line, template: &Template) -> Result<PathBuf, Error> {
        Ok(self.folder.join(self.text(line, template)?))
    }

    /// The file to open for `path`.
    fn readable(&self, line: &Line, path: &Path) -> Result<PathBuf, Error> {
        if !self.confined {
            return Ok(path.to_owned());
        }
        check_confined(&self.folder, path)
            .map_err(|cause| self.source.parse_error(line.number, "@", cause))
    }

    fn unreadable(&self, line: &Line, path: &Path, cause: &std::io::Error) -> Error {
        self.source
            .parse_error(line.number, "@", unreadable(path, cause))
    }

    /// The action of a `>` statement.
    fn act(&self, line: &Line, message: &Message) -> Result<Act, Error> {
        Ok(match message {
            Message::Text(template) => {
                Act::Send(Kind::Text, self.text(line, template)?.into_bytes())
            }
            Message::Json(template) => {
                Act::Send(Kind::Text, self.json(line, template)?.into_bytes())
            }
            Message::Binary(bytes) => Act::Send(Kind::Binary, bytes.clone()),
            Message::Bytes(words) => {
                let bytes = bytes::bytes(words, &self.lookup());
                Act::Send(
                    Kind::Binary,
                    bytes.map_err(|error| self.byte_error(line, error))?,
                )
            }
            Message::File(kind, template) => {
                let path = self.path(line, template)?;
                let fault = |cause| self.unreadable(line, &path, &cause);
                let file = open_regular(&self.readable(line, &path)?).map_err(fault)?;
                Act::Stream(*kind, Reader::new(file, path.display().to_string()))
            }
            Message::Ping(payload) => Act::Ping(self.payload(line, payload)?),
            Message::Pong(payload) => Act::Pong(self.payload(line, payload)?),
            Message::Close { code: 1005, .. } => Act::Close(None),
            Message::Close { code, reason } => {
                let reason = self.text(line, reason)?;
                let reason = CloseReason::from_user(*code, &reason, self.force);
                Act::Close(Some(reason.map_err(|error| {
                    let message = error.with_advice("add 'option --force' to send it anyway");
                    self.source
                        .parse_error(line.number, &code.to_string(), message)
                })?))
            }
        })
    }

    /// The expectation of a `<` statement.
    fn wanted(&self, line: &Line, wanted: &session_file::Wanted) -> Result<Expected, Error> {
        use session_file::Wanted as W;
        let payload = |payload: &Option<Payload>| {
            let payload = payload.as_ref().map(|payload| self.payload(line, payload));
            payload.transpose()
        };
        Ok(match wanted {
            W::Text(template) => Expected::Message(self.whole(self.text(line, template)?)),
            W::Json(template) => Expected::Message(self.json_pattern(line, template)?),
            W::Match {
                pattern,
                ignore_case,
            } => Expected::Message(Pattern::Match(self.regex(line, pattern, *ignore_case)?)),
            W::Binary(bytes) => Expected::Message(Pattern::Binary(bytes.clone())),
            W::Bytes(words) => {
                let pattern = bytes::pattern(words, &self.lookup());
                Expected::Message(pattern.map_err(|error| self.byte_error(line, error))?)
            }
            W::File(kind, template) => {
                let path = self.path(line, template)?;
                let bytes = read_regular(&self.readable(line, &path)?, MAX_SIZE)
                    .map_err(|cause| self.unreadable(line, &path, &cause))?;
                Expected::Message(match kind {
                    Kind::Binary => Pattern::Binary(bytes),
                    Kind::Text => {
                        let text = String::from_utf8(bytes).map_err(|_| {
                            let cause = format!("{} is not UTF-8", path.display());
                            self.source.parse_error(line.number, "@", cause)
                        })?;
                        // As when sending, the line feed at the end of the file is ignored.
                        let text = text.strip_suffix('\n').unwrap_or(&text);
                        self.whole(text.to_owned())
                    }
                })
            }
            W::Any => Expected::Message(Pattern::Any),
            W::Ping(wanted) => Expected::Ping(payload(wanted)?),
            W::Pong(wanted) => Expected::Pong(payload(wanted)?),
            W::Close { code, reason } => {
                let reason = reason.as_ref().map(|reason| self.text(line, reason));
                Expected::Close {
                    code: *code,
                    reason: reason.transpose()?,
                }
            }
            W::Silence(time) => Expected::Silence(*time),
            W::Status(status) => Expected::Status(*status),
            W::Header { name, value } => Expected::Header {
                name: name.clone(),
                value: self.text(line, value)?,
            },
            W::Refused(status) => Expected::Refused(*status),
        })
    }

    /// A text that must be equal, or JSON that must be equal except for what `--ignore` names.
    fn whole(&self, text: String) -> Pattern {
        if self.ignore.is_empty() {
            return Pattern::Text(text);
        }
        match serde_json::from_str(&text) {
            Ok(value) => Pattern::Same {
                value,
                ignore: self.ignore.clone(),
            },
            Err(_) => Pattern::Text(text),
        }
    }

    /// The connections of a statement: all for `@*`, the only one if there is no name.
    fn links(&self, line: &Line) -> Result<Vec<Link>, Error> {
        let all = || (0..self.names.len().max(1)).filter_map(|at| u16::try_from(at).ok());
        let name = match line.link.as_deref() {
            None => return Ok(vec![Link::default()]),
            Some("*") => return Ok(all().map(Link).collect()),
            Some(name) => name,
        };
        let name = self.link_name(line, name)?;
        let place = all().find(|at| self.names.get(usize::from(*at)) == Some(&name));
        let Some(at) = place else {
            let cause = format!("unknown connection @{name}: it is not opened at the start");
            return Err(self.source.parse_error(line.number, "@", cause));
        };
        Ok(vec![Link(at)])
    }

    /// The connections of a rule: all, unless one is named.
    fn rule_links(&self, line: &Line) -> Result<Vec<Link>, Error> {
        if line.link.is_some() {
            return self.links(line);
        }
        let all = (0..self.names.len().max(1)).filter_map(|at| u16::try_from(at).ok());
        Ok(all.map(Link).collect())
    }

    fn link_name(&self, line: &Line, name: &str) -> Result<String, Error> {
        let Ok(template) = Template::parse(name) else {
            return Ok(name.to_owned());
        };
        self.text(line, &template)
    }

    fn expectation(
        &self,
        line: &Line,
        wanted: &session_file::Wanted,
    ) -> Result<Expectation, Error> {
        Ok(Expectation {
            wanted: self.wanted(line, wanted)?,
            within: self.within,
            strict: self.strict,
        })
    }

    /// Stores the reply of a rule. Returns its number.
    fn keep_answer(&mut self, body: &Arc<[Line]>) -> usize {
        // In a loop, the same rule is added several times.
        let known = self
            .answers
            .iter()
            .position(|answer| Arc::ptr_eq(answer, body));
        known.unwrap_or_else(|| {
            self.answers.push(Arc::clone(body));
            self.answers.len() - 1
        })
    }

    /// Adds a rule: `on`, `every`, `ignore` or `never`.
    fn rule(&mut self, line: &Line) -> Result<Option<Act>, Error> {
        let (wanted, effect) = match &line.statement {
            Statement::On(session_file::Trigger::Received(wanted), body) => {
                (wanted, Effect::Answer(self.keep_answer(body)))
            }
            Statement::Ignore(wanted) => (wanted, Effect::Ignore),
            Statement::Never(wanted, _) => (wanted, Effect::Fail),
            Statement::Every(period, body) => {
                return Ok(Some(Act::Every(Interval {
                    links: self.rule_links(line)?,
                    period: *period,
                    answer: self.keep_answer(body),
                })));
            }
            _ => return Ok(None),
        };
        Ok(Some(Act::Rule(Rule {
            links: self.rule_links(line)?,
            place: Some(self.source.place(line.number)),
            wanted: self.wanted(line, wanted)?,
            effect,
        })))
    }

    fn any_order(&self, body: &[Line]) -> Result<Act, Error> {
        let mut alternatives = Vec::new();
        for line in body {
            let Statement::Expect(wanted) = &line.statement else {
                continue;
            };
            for link in self.links(line)? {
                alternatives.push(Alternative {
                    link,
                    place: Some(self.source.place(line.number)),
                    expectation: self.expectation(line, wanted)?,
                });
            }
        }
        Ok(Act::AnyOrder(alternatives))
    }

    /// Sets a variable to a computed value.
    fn bind(&mut self, line: &Line, name: &str, value: &Expression) -> Result<(), Error> {
        let value = value
            .evaluate(&self.lookup())
            .map_err(|name| self.unset(line, &name))?;
        let value = String::from_utf8(value).map_err(|_| {
            let cause = "the value is not text: use hex(…) or base64(…)";
            self.source.parse_error(line.number, "", cause)
        })?;
        self.values.insert(name.to_owned(), value);
        Ok(())
    }

    /// Enters a statement that contains others.
    fn enter(&mut self, now: Instant, line: &Line) -> Result<(), Error> {
        match &line.statement {
            Statement::Repeat { count, name, body } => {
                let text = self.text(line, count)?;
                let Ok(count) = text.parse::<u32>() else {
                    let cause = format!("invalid number of repetitions '{text}'");
                    return Err(self.source.parse_error(line.number, "repeat", cause));
                };
                self.flow.repeat(line.number, count, name.clone(), body);
            }
            Statement::Retry { limit, pause, body } => {
                self.flow.retry(now, line.number, *limit, *pause, body);
            }
            _ => {}
        }
        if let Some((name, value)) = self.flow.counter() {
            self.values.insert(name, value);
        }
        Ok(())
    }

    /// The action of a statement; `None` if it only changes a setting.
    fn step(&mut self, now: Instant, line: &Line) -> Result<Option<Act>, Error> {
        Ok(Some(match &line.statement {
            Statement::Url(_)
            | Statement::Header(_)
            | Statement::Subprotocol(_)
            | Statement::Secret(_)
            | Statement::Title(_)
            | Statement::Tags(_)
            | Statement::Default { .. }
            | Statement::Options(_) => return Ok(None),
            Statement::Repeat { .. } | Statement::Retry { .. } => {
                self.enter(now, line)?;
                return Ok(None);
            }
            Statement::On(session_file::Trigger::Open, body) => {
                self.flow.once(line.number, body);
                return Ok(None);
            }
            Statement::On(..)
            | Statement::Every(..)
            | Statement::Ignore(_)
            | Statement::Never(..) => return self.rule(line),
            Statement::AnyOrder(body) => self.any_order(body)?,
            Statement::Let { name, value } => {
                if !self.early.contains(&line.number) {
                    self.bind(line, name, value)?;
                }
                return Ok(None);
            }
            Statement::Within(time) => {
                self.within = *time;
                return Ok(None);
            }
            Statement::Strict(strict) => {
                self.strict = *strict;
                return Ok(None);
            }
            Statement::At(time) => match self.speed {
                None => return Ok(None),
                // A time that `Instant` can't represent is never reached.
                Some(speed) => Act::Until(
                    Duration::try_from_secs_f64(time.as_secs_f64() / speed)
                        .unwrap_or(Duration::MAX),
                ),
            },
            Statement::Wait(time) => Act::Pause(*time),
            Statement::Send(message) => self.act(line, message)?,
            Statement::Expect(wanted) => {
                self.expected = self.expected.map(|left| left.saturating_sub(1));
                let mut expectation = self.expectation(line, wanted)?;
                if let Some(left) = self.flow.time_left(now) {
                    expectation.within = expectation.within.min(left);
                }
                Act::Expect(expectation)
            }
            Statement::Capture { name, pointer, .. } => Act::Capture {
                name: name.clone(),
                pointer: pointer.clone(),
            },
            Statement::CaptureMatch {
                name,
                pattern,
                ignore_case,
                ..
            } => Act::CaptureMatch {
                name: name.clone(),
                regex: self.regex(line, pattern, *ignore_case)?,
            },
            Statement::CheckWithin(time) => Act::Check(Check::Within(*time)),
            Statement::Check(wanted) => match self.wanted(line, wanted)? {
                Expected::Message(pattern) => Act::Check(Check::Message(pattern)),
                _ => return Ok(None),
            },
        }))
    }
}

impl StepSource for Player {
    fn next(&mut self, now: Instant) -> Result<Option<Step>, Error> {
        loop {
            if let Some(step) = self.pending.pop_front() {
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
        self.flow.context(now)
    }

    fn answer(&mut self, answer: usize, link: Link) -> Result<Vec<Step>, Error> {
        let Some(body) = self.answers.get(answer).map(Arc::clone) else {
            return Ok(Vec::new());
        };
        let mut steps = Vec::new();
        for line in body.iter() {
            match &line.statement {
                Statement::Let { name, value } => self.bind(line, name, value)?,
                Statement::Send(message) => {
                    let links = match line.link {
                        None => vec![link],
                        Some(_) => self.links(line)?,
                    };
                    for link in links {
                        steps.push(Step {
                            link,
                            place: None,
                            act: self.act(line, message)?,
                        });
                    }
                }
                _ => {}
            }
        }
        Ok(steps)
    }

    fn expects(&self) -> bool {
        self.expected.is_none_or(|left| left > 0)
    }

    fn handshake(&self, link: Link) -> Option<(Option<String>, Expected)> {
        let of_link = |line: &&Line| {
            let links = self.links(line);
            links.is_ok_and(|links| links.contains(&link))
        };
        self.flow.lines().iter().filter(of_link).find_map(|line| {
            let Statement::Expect(wanted) = &line.statement else {
                return None;
            };
            let wanted = self.wanted(line, wanted).ok()?;
            wanted
                .is_about_refusal()
                .then(|| (Some(self.source.place(line.number)), wanted))
        })
    }

    fn next_expected(&self, link: Link) -> Option<Expected> {
        let of_link = |line: &&Line| {
            let links = self.links(line);
            links.is_ok_and(|links| links.contains(&link))
        };
        let mut lines = self.flow.ahead().filter(of_link);
        lines.find_map(|line| match &line.statement {
            // Errors in it are reported when it is reached.
            Statement::Expect(wanted) => Some(self.wanted(line, wanted).ok()),
            _ => None,
        })?
    }

    fn keep(&mut self, name: &str, value: String) {
        self.values.insert(name.to_owned(), value);
    }

    fn unsent(&self, link: Link) -> u64 {
        let sends = |line: &&Line| {
            let links = self.links(line);
            matches!(line.statement, Statement::Send(_))
                && links.is_ok_and(|links| links.contains(&link))
        };
        self.flow.rest().iter().filter(sends).count() as u64
    }

    fn name(&self, link: Link) -> Option<&str> {
        self.names.get(usize::from(link.0)).map(String::as_str)
    }
}

/// The file that a path in a session file refers to, if `--untrusted` allows it: a regular file
/// below the folder of the session file.
///
/// # Errors
///
/// Why it is not allowed.
pub fn check_confined(folder: &Path, path: &Path) -> Result<PathBuf, String> {
    let real = real_path_below(folder, path).map_err(|cause| unreadable(path, &cause))?;
    let shown = path.display();
    let Some(real) = real else {
        return Err(format!(
            "{shown} is not allowed with --untrusted: it is outside the folder of the session file"
        ));
    };
    let kind = fs::metadata(&real).map_err(|cause| unreadable(path, &cause))?;
    match irregular_cause(kind.file_type()) {
        None => Ok(real),
        Some(why) => Err(format!("{shown} is not allowed with --untrusted: {why}")),
    }
}

fn unreadable(path: &Path, cause: &std::io::Error) -> String {
    format!("could not read {}: {}", path.display(), plain(cause))
}

/// The names of the connections in the order of their first use; empty if there is only one, which
/// needs no name.
fn names(
    script: &SessionFile,
    source: &SourceText,
    values: &BTreeMap<String, String>,
) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = Vec::new();
    collect_names(&script.lines, values.clone(), &mut names);
    let speaks = |line: &&&Line| {
        matches!(
            line.statement,
            Statement::Send(_)
                | Statement::Expect(_)
                | Statement::Check(_)
                | Statement::CheckWithin(_)
                | Statement::Capture { .. }
                | Statement::CaptureMatch { .. }
        )
    };
    let all = outside_rules(&script.lines);
    let mut lines = all.iter().filter(speaks);
    match lines.find(|line| line.link.is_none() && !names.is_empty()) {
        None => Ok(names),
        Some(line) => {
            let first = &names[0];
            let cause = format!(
                "missing connection name, as in '@{first} > hi': this file has named connections"
            );
            Err(source.parse_error(line.number, "", cause))
        }
    }
}

/// All lines except the replies of rules.
fn outside_rules(lines: &[Line]) -> Vec<&Line> {
    let mut all = Vec::new();
    for line in lines {
        all.push(line);
        if !matches!(
            line.statement,
            Statement::On(session_file::Trigger::Received(_), _) | Statement::Every(..)
        ) {
            all.extend(outside_rules(line.statement.body()));
        }
    }
    all
}

/// Adds the names of connections, including those that a loop counts: `@c${N}`.
fn collect_names(lines: &[Line], mut values: BTreeMap<String, String>, names: &mut Vec<String>) {
    for line in lines {
        if let Some(name) = line.link.as_deref().filter(|name| *name != "*") {
            let template = Template::parse(name);
            let text = template.map(|it| it.render(&|name| values.get(name).cloned()));
            if let Ok(Ok(name)) = text {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        if let Statement::Repeat { count, name, body } = &line.statement {
            let count = count.render(&|name| values.get(name).cloned());
            let count = count.ok().and_then(|count| count.parse().ok()).unwrap_or(1);
            let counts = body.iter().any(|line| {
                let name = line.link.as_deref();
                name.is_some_and(|name| name.contains("${")) || !line.statement.body().is_empty()
            });
            for number in 1..=if counts { count } else { 1 } {
                if let Some(name) = name {
                    values.insert(name.clone(), u32::to_string(&number));
                }
                collect_names(body, values.clone(), names);
            }
        } else {
            collect_names(line.statement.body(), values.clone(), names);
        }
    }
}

/// The variables whose values are redacted in reports.
fn secrets(lines: &[&Line]) -> Vec<String> {
    let secret = |line: &&Line| match &line.statement {
        Statement::Secret(name)
        | Statement::Capture {
            name, secret: true, ..
        }
        | Statement::CaptureMatch {
            name, secret: true, ..
        } => Some(name.clone()),
        _ => None,
    };
    lines.iter().filter_map(secret).collect()
}

/// The values of all variables that are not captured before they are used. A URL in the file that
/// is overridden needs none.
fn variables(
    script: &SessionFile,
    source: &SourceText,
    options: &PlayerOptions<'_>,
) -> Result<(BTreeMap<String, String>, Vec<u32>), Error> {
    let mut values = BTreeMap::new();
    let mut early = Vec::new();
    let mut captured: Vec<String> = Vec::new();
    let needed = needed_by_settings(script);
    for line in script.all_lines() {
        if options.url.is_some() && matches!(line.statement, Statement::Url(_)) {
            continue;
        }
        let sets = matches!(
            line.statement,
            Statement::Url(_)
                | Statement::Header(_)
                | Statement::Subprotocol(_)
                | Statement::Options(_)
        );
        for name in line
            .statement
            .templates()
            .iter()
            .flat_map(|template| template.variables())
        {
            if values.contains_key(name) {
                continue;
            }
            if let Some(value) = (options.lookup)(name) {
                values.insert(name.to_owned(), value);
            } else if sets || !captured.iter().any(|it| it == name) {
                return Err(unset(source, line, name));
            }
        }
        if let Statement::Default { name, value } = &line.statement {
            let given = (options.lookup)(name);
            let value = value.render(&|name| values.get(name).cloned());
            let value = given
                .map_or(value, Ok)
                .map_err(|name| unset(source, line, &name))?;
            values.insert(name.clone(), value);
        }
        if let Statement::Let { name, value } = &line.statement {
            let known = |name: &str| values.get(name).cloned();
            let value = needed
                .contains(name.as_str())
                .then(|| value.evaluate(&known));
            let value = value
                .and_then(Result::ok)
                .and_then(|value| String::from_utf8(value).ok());
            if let Some(value) = value {
                values.insert(name.clone(), value);
                early.push(line.number);
            }
        }
        captured.extend(line.statement.sets());
    }
    Ok((values, early))
}

/// The variables that are needed to open connections.
fn needed_by_settings(script: &SessionFile) -> BTreeSet<&str> {
    let settings = script.lines.iter().filter(|line| {
        matches!(
            line.statement,
            Statement::Url(_)
                | Statement::Header(_)
                | Statement::Subprotocol(_)
                | Statement::Options(_)
        )
    });
    let templates = settings.flat_map(|line| line.statement.templates());
    templates.flat_map(Template::variables).collect()
}

fn unset(source: &SourceText, line: &Line, name: &str) -> Error {
    let cause = format!(
        "variable {name} is not set: use --var {name}=VALUE, set it in the environment, or capture \
         it before this line"
    );
    source.parse_error(line.number, &format!("${{{name}}}"), cause)
}

#[cfg(test)]
mod tests;
