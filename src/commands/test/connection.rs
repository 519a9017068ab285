//! The options of the connections of a file: those of its lines, overridden by those after `--`.

use std::collections::HashMap;
use std::ffi::OsString;

use super::file_text::FileText;
use super::settings::Settings;
use crate::cli::{self, ConnectionOptions, SessionOptions};
use crate::error::Error;
use crate::plan::{ConnectionPlan, Values};
use crate::source::conversation::{ConnectionSetting, SettingValue};
use crate::source::player::FileConnection;
use crate::target::InvalidUrl;

/// Makes the plans of the connections of a file.
pub struct Plans<'a> {
    settings: &'a Settings,
    file: &'a FileText,
    /// The parsed settings, which may be for several connections.
    parsed: HashMap<SettingValue, SessionOptions>,
}

impl<'a> Plans<'a> {
    pub fn new(file: &'a FileText, settings: &'a Settings) -> Self {
        Self {
            settings,
            file,
            parsed: HashMap::new(),
        }
    }

    /// The plan of a connection.
    ///
    /// # Errors
    ///
    /// [`Error::SessionFile`] for invalid options or an invalid URL of the file; others as those of
    /// [`ConnectionPlan::new`].
    pub fn plan(&mut self, connection: &FileConnection) -> Result<ConnectionPlan, Error> {
        let (options, values) = self.options(&connection.settings)?;
        let environment = &self.settings.environment;
        let plan = ConnectionPlan::new(&connection.url, options, values, environment);
        plan.map_err(|error| match error {
            Error::Url(InvalidUrl { problem, hint }) if connection.line > 0 => {
                let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
                self.file
                    .parse_error(connection.line, 0, format!("{problem}{hint}"))
            }
            error => error,
        })
    }

    fn options(
        &mut self,
        given: &[ConnectionSetting],
    ) -> Result<(ConnectionOptions, Values), Error> {
        for setting in given {
            if !self.parsed.contains_key(&setting.value) {
                let options = self.parse(&setting.value);
                let options =
                    options.map_err(|cause| self.file.parse_error(setting.line, 0, cause))?;
                self.parsed.insert(setting.value.clone(), options);
            }
        }
        self.finish(given, true).map_err(|cause| {
            // It is about the first line with which the options are invalid in this way.
            let is_wrong = |count: &usize| {
                let options = self.finish(&given[..*count], false);
                options.is_err_and(|of_lines| of_lines == cause)
            };
            let count = (1..=given.len()).find(is_wrong);
            let line = count.map_or(0, |count| given[count - 1].line);
            self.file.parse_error(line, 0, cause)
        })
    }

    /// Parses what a line sets.
    fn parse(&self, value: &SettingValue) -> Result<SessionOptions, String> {
        let words: Vec<OsString> = match value {
            SettingValue::Header(text) => vec!["-H".into(), text.into()],
            SettingValue::Subprotocol(_) => Vec::new(),
            SettingValue::Options(words) => words.iter().map(OsString::from).collect(),
        };
        if let Some(untrusted) = &self.settings.untrusted {
            let checked = untrusted.check(&words);
            checked.map_err(|refusal| refusal.to_string())?;
        }
        let parser = &self.settings.parser;
        match value {
            SettingValue::Header(text) => parser.header(text),
            SettingValue::Subprotocol(text) => parser.subprotocol(text),
            SettingValue::Options(_) => parser.parse(&words),
        }
    }

    /// The options of several lines together, and the values that they name.
    fn finish(
        &self,
        given: &[ConnectionSetting],
        with_command_line: bool,
    ) -> Result<(ConnectionOptions, Values), String> {
        let Settings {
            parser,
            config,
            environment,
            options: of_command_line,
            ..
        } = self.settings;
        let mut options = parser.none()?;
        for setting in given {
            if let Some(of_line) = self.parsed.get(&setting.value) {
                options.merge(of_line);
            }
        }
        if with_command_line {
            options.merge(of_command_line);
        }
        let options = options.finish(config, parser)?;
        let values = Values::read(&options.connection, environment)?;
        let login = values.login.as_ref();
        if login.is_some_and(|login| login.password.is_none()) {
            return Err(cli::NO_PROMPT.to_owned());
        }
        Ok((options, values))
    }
}
