//! The options that a config file may set, by their long names. They are placed before the words of
//! the command line, where later values have precedence, except for those that the command line
//! overrides.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args as _, Command, Id};

use super::data::MessageArg;
use super::lasting::LastingArgs;
use super::options::{ConnectArgs, OptionArgs};
pub use super::secret_source::is_secret;
use super::secret_source::{replaced_headers, HeaderArg, HeaderGroup};
use super::values;
use crate::source::Expectation;

mod precedence;

pub(super) use self::precedence::is_route;
pub use self::precedence::{conflict, is_excluded};
use self::precedence::{is_useful, overridden_by};

/// The type of an option's value in a config file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// `true` or `false`.
    Flag,
    /// A number of repetitions.
    Count,
    /// A value.
    One,
    /// `true`, `false` or a number.
    FlagOrNumber,
    /// A list of values.
    Many,
    /// A time and a text, or a list of such pairs.
    Pairs,
}

/// An option that a config file may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigKey {
    /// Its long name, without hyphens.
    pub name: String,
    /// The type of its value.
    pub kind: KeyKind,
}

/// The option for headers, which are merged by their names.
const HEADER: &str = "header";

/// An option and its values in a config file: `true` or `false` for a flag, and for pairs the values
/// of all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The option.
    pub key: ConfigKey,
    /// Its values.
    pub values: Vec<String>,
}

/// An invalid value of an option in a config file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSetting {
    /// Its index among the values.
    pub index: usize,
    /// What is invalid, without quoting secrets.
    pub cause: String,
}

impl Setting {
    fn is_off(&self) -> bool {
        matches!(self.key.kind, KeyKind::Flag | KeyKind::FlagOrNumber) && self.values == ["false"]
    }

    /// The option as words of a command line.
    fn words(&self) -> Vec<OsString> {
        let option = format!("--{}", self.key.name);
        match self.key.kind {
            KeyKind::Flag | KeyKind::FlagOrNumber if self.is_off() => Vec::new(),
            KeyKind::Flag => vec![option.into()],
            KeyKind::FlagOrNumber if self.values == ["true"] => vec![option.into()],
            KeyKind::Count => {
                let count = self.values.first().and_then(|count| count.parse().ok());
                vec![option.into(); count.unwrap_or(0)]
            }
            KeyKind::One | KeyKind::FlagOrNumber | KeyKind::Many => {
                let word = |value: &String| format!("{option}={value}").into();
                self.values.iter().map(word).collect()
            }
            KeyKind::Pairs => {
                let words = self.values.chunks(2).flat_map(|pair| {
                    let values = pair.iter().map(OsString::from);
                    std::iter::once(OsString::from(&option)).chain(values)
                });
                words.collect()
            }
        }
    }

    /// Whether its values may be secret.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        is_secret(&self.key.name)
    }

    /// Checks each value by itself.
    ///
    /// # Errors
    ///
    /// The first that is invalid.
    pub fn check(&self) -> Result<(), InvalidSetting> {
        let size = match self.key.kind {
            KeyKind::Pairs => 2,
            _ => 1,
        };
        for (number, values) in self.values.chunks(size).enumerate() {
            let part = Self {
                key: self.key.clone(),
                values: values.to_vec(),
            };
            part.check_part().map_err(|invalid| InvalidSetting {
                index: number * size + invalid.index,
                ..invalid
            })?;
        }
        Ok(())
    }

    /// Checks one value or one pair.
    fn check_part(&self) -> Result<(), InvalidSetting> {
        let command = command().no_binary_name(true);
        let name = &self.key.name;
        let error = match command.try_get_matches_from(self.words()) {
            Err(error) => error,
            Ok(_) if self.key.kind == KeyKind::Pairs => {
                let pairs = LastingArgs::pairs(&self.values);
                return pairs.map(drop).map_err(|invalid| InvalidSetting {
                    // Of two that are equal, the first, a time, is the invalid one.
                    index: usize::from(self.values[0] != invalid.value),
                    cause: format!("invalid {name} '{}': {}", invalid.value, invalid.cause),
                });
            }
            Ok(_) => return Ok(()),
        };
        Err(InvalidSetting {
            index: 0,
            cause: self.cause(&error),
        })
    }

    /// What is invalid, without quoting secrets.
    fn cause(&self, error: &clap::Error) -> String {
        let name = &self.key.name;
        let invalid = match error.get(ContextKind::InvalidValue) {
            Some(ContextValue::String(value)) if !self.is_secret() => {
                format!("invalid {name} '{value}'")
            }
            _ => format!("invalid {name}"),
        };
        if let Some(cause) = std::error::Error::source(error) {
            return format!("{invalid}: {cause}");
        }
        match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(valid)) => {
                format!("{invalid}: expected {}", values::listed(valid))
            }
            _ => invalid,
        }
    }
}

/// The options of a config file for a run, with all levels merged.
#[derive(Clone, Debug, Default)]
pub struct ConfigOptions {
    settings: Vec<Setting>,
    messages: Vec<MessageArg>,
}

impl ConfigOptions {
    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.messages.is_empty()
    }

    /// Sets an option, overriding earlier values. Headers are merged later by their names.
    pub fn set(&mut self, setting: Setting) {
        let name = setting.key.name.clone();
        if name != HEADER {
            let overridden = if setting.is_off() {
                &[]
            } else {
                overridden_by(&name)
            };
            self.settings.retain(|other| {
                other.key.name != name && !overridden.contains(&other.key.name.as_str())
            });
        }
        self.settings.push(setting);
    }

    /// Sets the messages to send, and the expectations among them, before everything else.
    pub fn set_messages(&mut self, messages: Vec<MessageArg>) {
        self.messages = messages;
    }

    /// The settings; within a level, the last one has precedence.
    #[must_use]
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The options for a command line that gives the options with the long names `given`, except for
    /// those in `leave_out`, which it can't use.
    pub(super) fn below(
        &self,
        given: &[&str],
        leave_out: impl Fn(&str) -> bool,
    ) -> InheritedOptions {
        let is_overridden = |setting: &&Setting| {
            let name = setting.key.name.as_str();
            name != HEADER
                && (given.contains(&name)
                    || given
                        .iter()
                        .any(|given| overridden_by(given).contains(&name)))
        };
        let left: Vec<&Setting> = self
            .settings
            .iter()
            .filter(|setting| !is_overridden(setting) && !leave_out(&setting.key.name))
            .collect();
        let is_on = |name: &str| {
            given.contains(&name)
                || left
                    .iter()
                    .any(|setting| setting.key.name == name && !setting.is_off())
        };
        let (headers, others): (Vec<_>, Vec<_>) = left
            .iter()
            .filter(|setting| is_useful(&setting.key.name, is_on))
            .partition(|setting| setting.key.name == HEADER);
        InheritedOptions {
            words: headers
                .iter()
                .chain(&others)
                .flat_map(|setting: &&Setting| setting.words())
                .collect(),
            groups: headers.iter().map(|setting| setting.values.len()).collect(),
            replaced: replaced_headers(|name| given.contains(&name)),
            messages: self.messages.clone(),
        }
    }
}

/// The options of a config file that the command line does not override.
#[derive(Debug)]
pub(super) struct InheritedOptions {
    /// The words to put before those of the command line, headers first.
    pub(super) words: Vec<OsString>,
    groups: Vec<usize>,
    replaced: Vec<&'static str>,
    messages: Vec<MessageArg>,
}

impl InheritedOptions {
    /// Separates the headers, of which those of the config file come first, by level. Those of
    /// `statements` are a level between the two.
    pub(super) fn groups(
        &self,
        headers: impl IntoIterator<Item = HeaderArg>,
        statements: &[HeaderArg],
    ) -> Vec<HeaderGroup> {
        let mut headers = headers.into_iter();
        let mut groups = Vec::new();
        for count in &self.groups {
            groups.push(HeaderGroup {
                headers: headers.by_ref().take(*count).collect(),
                replaced: Vec::new(),
            });
        }
        if !statements.is_empty() {
            groups.push(HeaderGroup {
                headers: statements.to_vec(),
                replaced: Vec::new(),
            });
        }
        groups.push(HeaderGroup {
            headers: headers.collect(),
            replaced: self.replaced.clone(),
        });
        groups
    }

    /// Completes `options`, which were parsed with [`words`](Self::words): separates the headers by
    /// level, and puts the messages before those of the command line. `statements` are the headers
    /// that statements of the command line set.
    pub(super) fn finish(self, options: &mut OptionArgs, sends: bool, statements: &[HeaderArg]) {
        let headers = std::mem::take(&mut options.connection.headers);
        let headers = headers.into_iter().flat_map(|group| group.headers);
        options.connection.headers = self.groups(headers, statements);
        if sends && !self.messages.is_empty() {
            // Unlike those of --data, they don't replace stdin or the prompt.
            options.continues |= options.messages.is_empty();
            options.messages.splice(0..0, self.messages);
        }
    }
}

/// The long names of the options that a command line gives.
pub(super) fn given<'a>(command: &'a Command, matches: &ArgMatches) -> Vec<&'a str> {
    let ids: Vec<&Id> = given_ids(matches).collect();
    let given = command.get_arguments();
    let given = given.filter(|argument| ids.contains(&argument.get_id()));
    given.filter_map(Arg::get_long).collect()
}

/// The ids of the options that a command line gives.
pub(super) fn given_ids(matches: &ArgMatches) -> impl Iterator<Item = &Id> {
    let is_given = |id: &&Id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine);
    matches.ids().filter(is_given)
}

/// A clap command with the options of a connection, without subcommands and help.
pub(super) fn command() -> Command {
    let command = Command::new("wsline")
        .args_override_self(true)
        .disable_help_flag(true);
    ConnectArgs::augment_args(command)
}

/// The options that a config file may set.
#[must_use]
pub fn keys() -> Vec<ConfigKey> {
    let command = command();
    let keys = command.get_arguments().filter_map(|argument| {
        let name = argument.get_long()?;
        let kind = match argument.get_action() {
            ArgAction::SetTrue => KeyKind::Flag,
            ArgAction::Count => KeyKind::Count,
            ArgAction::Append if takes(argument, 2) => KeyKind::Pairs,
            ArgAction::Append => KeyKind::Many,
            _ if takes(argument, 0) => KeyKind::FlagOrNumber,
            _ => KeyKind::One,
        };
        let name = name.to_owned();
        (!is_excluded(&name)).then_some(ConfigKey { name, kind })
    });
    keys.collect()
}

/// Whether an option takes at least this many values.
fn takes(argument: &Arg, count: usize) -> bool {
    let range = argument.get_num_args();
    range.is_some_and(|range| range.min_values() == count)
}

/// Parses a message of `expect`, with the timeout of `within`.
///
/// # Errors
///
/// Why the timeout is invalid.
pub fn expectation(text: &str, within: Option<&str>) -> Result<MessageArg, String> {
    Ok(MessageArg::Expect {
        wanted: super::expect::text(text.to_owned()),
        within: within.map_or(Ok(Expectation::WITHIN), values::limit)?,
    })
}

#[cfg(test)]
mod tests;
