//! What a session file is run with, and the connections that it needs.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::session_file::SourceMap;
use crate::source::conversation::{ConnectionSetting, SettingValue};

/// The options for running a file.
pub struct PlayerOptions<'a> {
    /// The text of the file, for reports.
    pub sources: &'a Arc<SourceMap>,
    /// The folder of the file.
    pub folder: &'a Path,
    /// Looks up the values of variables.
    pub lookup: &'a dyn Fn(&str) -> Option<String>,
    /// Whether the values that it finds are secret: those of the environment may be.
    pub hides_values: bool,
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
pub struct FileConnection {
    /// Its name in the file, if it has one.
    pub name: Option<String>,
    /// The URL.
    pub url: String,
    /// The line of the URL; 0 if it is not from the file.
    pub line: u32,
    /// What its lines set, in their order.
    pub settings: Vec<ConnectionSetting>,
    /// Whether an `open` statement opens it. Its URL and options are known only then.
    pub is_deferred: bool,
}

impl FileConnection {
    /// Whether close codes that RFC 6455 forbids may be sent.
    pub(super) fn is_forced(&self) -> bool {
        self.settings.iter().any(|setting| match &setting.value {
            SettingValue::Options(words) => words.iter().any(|word| word == "--force"),
            SettingValue::Header(_) | SettingValue::Subprotocol(_) => false,
        })
    }
}
