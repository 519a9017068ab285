//! What a session file is run with, and the connections that it needs.

use std::path::Path;
use std::time::Duration;

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
    /// The timeout of expectations before a `within` statement.
    pub within: Duration,
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
    /// What its lines set, in their order.
    pub settings: Vec<ConnectionSetting>,
}

/// What a line of a file sets for a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionSetting {
    /// The line.
    pub line: u32,
    /// What it sets.
    pub value: SettingValue,
}

/// The value of a [`ConnectionSetting`], with its variables replaced.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SettingValue {
    /// A header of the upgrade request.
    Header(String),
    /// A subprotocol to offer.
    Subprotocol(String),
    /// Options, as words of a command line.
    Options(Vec<String>),
}

impl Connection {
    /// Whether close codes that RFC 6455 forbids may be sent.
    pub(super) fn is_forced(&self) -> bool {
        self.settings.iter().any(|setting| match &setting.value {
            SettingValue::Options(words) => words.iter().any(|word| word == "--force"),
            SettingValue::Header(_) | SettingValue::Subprotocol(_) => false,
        })
    }
}
