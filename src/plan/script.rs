//! The statements of `-e` and of a rules file. Together with the other options of the conversation,
//! they are one script.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use super::environment::Environment;
use super::inputs::{self, variable};
use crate::cli::{MessageArg, OptionArgs, OptionParser, SessionOptions};
use crate::error::{plain, Error, ParseError};
use crate::output::redact::hide_values;
use crate::protocol::CloseReason;
use crate::session_file::{Line, SessionFile, SourceMap, Statement, WITHIN};
use crate::source::conversation::{ConnectionSetting, SettingValue, Step, StepSource};
use crate::source::player::{Player, PlayerOptions};
use crate::sys::file::without_byte_order_mark;
use crate::text::duration;

/// The maximum size of a rules file in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// The steps of the command line.
#[derive(Debug)]
pub enum Steps {
    /// Those of `--data`, `--expect` and the like.
    Plain(VecDeque<Step>),
    /// Those and the statements of `-e` and of a rules file.
    Scripted(Box<Player>),
    /// Only rules, which apply to another source.
    Rules(Box<Player>),
}

impl Steps {
    /// Whether nothing is sent or expected before the input.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Plain(steps) => steps.is_empty(),
            Self::Scripted(_) => false,
            Self::Rules(_) => true,
        }
    }

    /// The steps in order.
    #[must_use]
    pub fn into_source(self) -> Box<dyn StepSource> {
        match self {
            Self::Plain(steps) => Box::new(steps),
            Self::Scripted(player) | Self::Rules(player) => player,
        }
    }
}

/// The statements of a command line, with the options that they set.
#[derive(Debug)]
pub struct Script {
    player: Box<Player>,
    /// The options of the connection, if statements set some.
    options: Option<SessionOptions>,
    /// Whether something is sent or expected at its place, rather than by a rule.
    has_steps: bool,
    /// For each option of the conversation that is not a statement, the line that it comes before.
    places: Vec<u32>,
}

impl Script {
    /// Reads and parses the statements; `None` if there are none.
    ///
    /// # Errors
    ///
    /// [`Error::SessionFile`] for an invalid statement, [`Error::DataFile`] for a rules file that
    /// can't be read.
    pub(super) fn read(
        options: &OptionArgs,
        environment: &Environment,
    ) -> Result<Option<Self>, Error> {
        let is_statement = |message: &MessageArg| matches!(message, MessageArg::Statement { .. });
        if options.rules.is_none() && !options.messages.iter().any(is_statement) {
            return Ok(None);
        }
        let mut source = SourceMap::default();
        if let Some(path) = &options.rules {
            source.push_rules(path, &rules_text(path, environment)?);
            check_rules(&source)?;
        }
        let first = source.next_line();
        let places = push_statements(&mut source, &options.messages);
        let file = source.parse().map_err(invalid)?;
        for line in file.lines.iter().filter(|line| line.number >= first) {
            check_statement(&source, line)?;
        }
        let is_step = |line: &Line| !is_rule_or_setting(&line.statement);
        let has_steps = file.lines.iter().any(is_step);
        let source = Arc::new(source);
        let secrets = secrets(&file);
        let hidden = |error| hide_values(error, &secrets);
        let (settings, player) = player(file, &source, options.protocol.force).map_err(hidden)?;
        Ok(Some(Self {
            player: Box::new(player),
            options: merged(settings, &source).map_err(hidden)?,
            has_steps,
            places,
        }))
    }

    /// The options of the connection that the statements set, if they set some.
    pub(super) fn options(&self) -> Option<&SessionOptions> {
        self.options.as_ref()
    }
}

/// Adds the statements of `-e`. Returns, for each other option of the conversation, the line that it
/// comes before.
fn push_statements(source: &mut SourceMap, messages: &[MessageArg]) -> Vec<u32> {
    let (mut places, mut count, mut timeout) = (Vec::new(), 0, WITHIN);
    for message in messages {
        match message {
            MessageArg::Statement { text, within } => {
                count += 1;
                if *within != timeout && !text.starts_with([' ', '\t']) {
                    timeout = *within;
                    let text = format!("within {}", duration::format(timeout));
                    source.push_statement("--within", &text);
                }
                source.push_statement(&format!("-e {count}"), text);
            }
            _ => places.push(source.next_line()),
        }
    }
    places
}

/// The variables of the environment in the statements, whose values no error may show.
fn secrets(file: &SessionFile) -> Vec<(String, String)> {
    let names = file.variables().into_iter();
    names
        .filter_map(|name| Some((name.to_owned(), variable(name)?)))
        .collect()
}

/// What the statements set, and what runs them.
fn player(
    file: SessionFile,
    source: &Arc<SourceMap>,
    force: bool,
) -> Result<(Vec<ConnectionSetting>, Player), Error> {
    let (connections, player) = Player::new(
        file,
        &PlayerOptions {
            sources: source,
            folder: Path::new(""),
            lookup: &variable,
            hides_values: true,
            url: Some(""),
            within: WITHIN,
            speed: None,
            ignore: &[],
            force,
            confined: false,
        },
    )?;
    let settings = connections.into_iter().flat_map(|it| it.settings);
    Ok((settings.collect(), player))
}

/// The options that statements set, if they set some.
fn merged(
    settings: Vec<ConnectionSetting>,
    source: &SourceMap,
) -> Result<Option<SessionOptions>, Error> {
    let parser = OptionParser::default();
    let mut merged: Option<SessionOptions> = None;
    for ConnectionSetting { line, value } in settings {
        let options = match value {
            SettingValue::Header(text) => parser.header(&text),
            SettingValue::Subprotocol(text) => parser.subprotocol(&text),
            SettingValue::Options(words) => {
                let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
                parser.parse(&words)
            }
        };
        let options = options.map_err(|cause| invalid(source.error_at(line, "", cause)))?;
        match &mut merged {
            Some(merged) => merged.merge(&options),
            None => merged = Some(options),
        }
    }
    Ok(merged)
}

/// The steps of the command line, with the files that they read opened.
///
/// # Errors
///
/// [`Error::DataFile`] for a file of `--data` that can't be opened.
pub(super) fn steps(
    options: &OptionArgs,
    script: Option<Script>,
    close: &CloseReason,
) -> Result<Steps, Error> {
    let given = inputs::steps(options, close)?;
    let Some(mut script) = script else {
        return Ok(Steps::Plain(given.into()));
    };
    if given.is_empty() && !script.has_steps {
        return Ok(Steps::Rules(script.player));
    }
    for (place, step) in script.places.into_iter().zip(given) {
        script.player.give(place, step);
    }
    Ok(Steps::Scripted(script.player))
}

/// Whether the options of the conversation take the place of stdin and the prompt.
pub(super) fn has_messages(options: &OptionArgs, steps: &Steps) -> bool {
    let is_statement = |message: &MessageArg| matches!(message, MessageArg::Statement { .. });
    let is_given = !options.messages.iter().all(is_statement);
    is_given || matches!(steps, Steps::Scripted(_))
}

fn invalid(error: ParseError) -> Error {
    Error::SessionFile(Box::new(error))
}

fn rules_text(path: &Path, environment: &Environment) -> Result<String, Error> {
    let failed = |cause: String| Error::DataFile {
        path: path.display().to_string(),
        cause,
        may_be_text: false,
    };
    let bytes = environment.inputs.read(path, MAX_SIZE);
    let bytes = bytes.map_err(|cause| failed(plain(&cause)))?;
    let text = std::str::from_utf8(without_byte_order_mark(&bytes));
    let text = text.map_err(|_| failed("it is not UTF-8".to_owned()))?;
    Ok(text.to_owned())
}

fn is_rule_or_setting(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Header(_)
            | Statement::Subprotocol(_)
            | Statement::Options(_)
            | Statement::Default { .. }
            | Statement::Secret(_)
            | Statement::Let { .. }
            | Statement::On(..)
            | Statement::Every(..)
            | Statement::Ignore(_)
            | Statement::Never(_, None)
    )
}

/// Checks that a rules file has only rules and settings.
fn check_rules(source: &SourceMap) -> Result<(), Error> {
    for line in &source.parse().map_err(invalid)?.lines {
        let cause = match &line.statement {
            _ if line.link.is_some() => {
                "a rules file is for one connection: remove the name of the connection"
            }
            statement if is_rule_or_setting(statement) => continue,
            Statement::Send(_) => "a rules file has no steps: put it under 'on open'",
            Statement::Never(..) => "a rule does not wait: remove 'for' and the time",
            _ => {
                "a rules file has only rules (on, every, ignore, never) and settings (header, \
                 subprotocol, option, default, secret, let)"
            }
        };
        return Err(invalid(source.error_at(line.number, "", cause)));
    }
    Ok(())
}

/// Checks that a statement has a meaning on the command line.
fn check_statement(source: &SourceMap, line: &Line) -> Result<(), Error> {
    let cause = match &line.statement {
        Statement::Url(_) => "the URL is given without -e",
        Statement::Title(_) | Statement::Tags(_) | Statement::At(_) => {
            "it has no effect with -e, only in a session file"
        }
        _ if line.link.as_deref().is_some_and(|link| link != "*") => {
            "-e is for one connection; connections with names need a session file"
        }
        _ => return Ok(()),
    };
    Err(invalid(source.error_at(line.number, "", cause)))
}
