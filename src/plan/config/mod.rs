//! The config file, with default options and named targets. It is read once after the command line
//! has been parsed, which names the file and the target. Then the command line is parsed again with
//! the options of the file.

mod file;
mod show;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use self::file::{ConfigEntry, ConfigFile, FilePosition, Folders, Section};
use super::script::Script;
use super::Environment;
use crate::cli::config::{expectation, ConfigOptions};
use crate::cli::{self, Call, ConfigArgs};
use crate::error::{plain, Error, ParseError};
use crate::sys::file::without_byte_order_mark;
use crate::target::Target;
use crate::text::suggest::nearest;

/// The maximum size of a config file in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// Why a command line could not be parsed.
#[derive(Debug)]
pub enum CallError {
    /// A usage error, or help.
    Usage(cli::UsageError),
    /// Another error.
    Failed(Error),
}

impl From<Error> for CallError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// A parsed command line.
#[derive(Debug)]
pub struct Invocation {
    /// The command with its options.
    pub call: Call,
    /// The statements of `-e` and of a rules file, if the command has some. Their options are among
    /// those of the command.
    pub script: Option<Script>,
}

impl From<Call> for Invocation {
    fn from(call: Call) -> Self {
        Self { call, script: None }
    }
}

/// Parses a command line, which begins with the program's name, with the config file that it names
/// or the default one, and with the options that its rules file and statements set.
///
/// # Errors
///
/// An error in the command line, in a file or in a statement.
pub fn parse(args: &[OsString], environment: &Environment) -> Result<Invocation, CallError> {
    let parse = |config: &ConfigOptions| cli::parse(args.iter().cloned(), config);
    let none = ConfigOptions::default();
    let mut call = parse(&none).map_err(CallError::Usage)?;
    let Some(request) = ConfigRequest::from_call(&call) else {
        return Ok(call.into());
    };
    let config = Config::read(&request, environment)?;
    let target = match request.target.as_deref() {
        Some(name) => Some(config.target(name, &request)?),
        None => None,
    };
    let options = config.options(target)?;
    if !options.is_empty() {
        call = parse(&options).map_err(|error| config.blame(target, &error))?;
    }
    let script = match &call {
        Call::Talk { options, .. } | Call::Demo { options } => Script::read(options, environment)?,
        _ => None,
    };
    if let Some(settings) = script.as_ref().and_then(Script::options) {
        let args = args.iter().cloned();
        call = cli::parse_with_statements(args, &options, settings).map_err(CallError::Usage)?;
    }
    if let Some((url, _)) = target.and_then(|target| target.url.clone()) {
        match &mut call {
            Call::Talk { url: named, .. } => *named = url,
            Call::Test { test, .. } => test.url = Some(url),
            Call::Ping { ping, .. } => ping.url = url,
            Call::Rpc { rpc, .. } => rpc.url = url,
            Call::Bench { bench, .. } => bench.url = url,
            _ => {}
        }
    }
    Ok(Invocation { call, script })
}

/// The file and the target that a command line names.
#[derive(Debug, Default)]
struct ConfigRequest {
    file: Option<PathBuf>,
    is_off: bool,
    target: Option<String>,
}

impl ConfigRequest {
    /// `None` for a command without a config file.
    fn from_call(call: &Call) -> Option<Self> {
        let (file, is_off, url) = match call {
            Call::Talk { url, options } => (&options.config, options.no_config, Some(url)),
            Call::Ping { ping, options } => (&options.config, options.no_config, Some(&ping.url)),
            Call::Rpc { rpc, options } => (&options.config, options.no_config, Some(&rpc.url)),
            Call::Bench { bench, options } => {
                (&options.config, options.no_config, Some(&bench.url))
            }
            Call::Demo { options } | Call::Flipbook { options } => {
                (&options.config, options.no_config, None)
            }
            Call::Test { test, .. } => (&test.config, test.no_config, test.url.as_ref()),
            Call::Echo(_) | Call::Curl(_) | Call::Config(_) | Call::Help(_) | Call::Generate(_) => {
                return None
            }
        };
        let target = url.and_then(|url| url.strip_prefix('@'));
        Some(Self {
            file: file.clone(),
            is_off,
            target: target.map(str::to_owned),
        })
    }
}

/// A config file, which is empty if it does not exist.
#[derive(Debug)]
struct Config {
    /// The path, even if it does not exist.
    path: Option<PathBuf>,
    /// The content.
    file: Option<ConfigFile>,
}

impl Config {
    fn read(request: &ConfigRequest, environment: &Environment) -> Result<Self, Error> {
        if request.is_off {
            return Ok(Self {
                path: None,
                file: None,
            });
        }
        let path = request.file.clone().or_else(|| environment.config.clone());
        let is_optional = request.file.is_none();
        let file = match &path {
            Some(path) if !is_optional || path.exists() => Some(read(path, environment)?),
            _ => None,
        };
        Ok(Self { path, file })
    }

    /// Finds a target by its name.
    fn target(&self, name: &str, request: &ConfigRequest) -> Result<&Section, Error> {
        if request.is_off {
            return Err(Error::Usage(format!(
                "@{name} is a target of the config file, which --no-config ignores"
            )));
        }
        let targets = self.file.as_ref().map_or(&[][..], |file| &file.targets);
        if let Some((_, target)) = targets.iter().find(|(known, _)| known == name) {
            return Ok(target);
        }
        let known = targets.iter().map(|(known, _)| known.as_str());
        let next = match (nearest(name, known), &self.path) {
            (Some(near), _) => format!("did you mean @{near}?"),
            (None, Some(path)) if self.file.is_none() => {
                format!("the config file {} does not exist", path.display())
            }
            (None, Some(path)) => format!("{} has no [targets.{name}]", path.display()),
            (None, None) => "there is no config file, because HOME is not set".to_owned(),
        };
        Err(Error::Usage(format!("unknown target '@{name}': {next}")))
    }

    /// The options of the defaults, overridden by those of a target.
    fn options(&self, target: Option<&Section>) -> Result<ConfigOptions, Error> {
        let mut options = ConfigOptions::default();
        for entry in self.entries(target) {
            options.set(entry.setting.clone());
        }
        if let (Some(file), Some(target)) = (&self.file, target) {
            let mut messages = Vec::new();
            let within = target.within.as_ref();
            let time = within.map(|(time, _)| time.as_str());
            for (text, place) in &target.expect {
                let place = within.map_or(place, |(_, place)| place);
                let expected = expectation(text, time);
                messages.push(expected.map_err(|cause| failed(file, place, "within", &cause))?);
            }
            options.set_messages(messages);
        }
        Ok(options)
    }

    /// Checks the combination of options of a target, or of the defaults.
    fn check_together(&self, target: Option<&Section>) -> Result<(), Error> {
        let options = self.options(target)?;
        let args = ["wsline", "ws://localhost"].map(OsString::from);
        match cli::parse(args, &options) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.blame(target, &error)),
        }
    }

    fn entries<'a>(&'a self, target: Option<&'a Section>) -> impl Iterator<Item = &'a ConfigEntry> {
        let defaults = self.file.as_ref().map(|file| &file.defaults);
        let sections = defaults.into_iter().chain(target);
        sections.flat_map(|section| &section.entries)
    }

    /// The error for a command line that is invalid because of options in the file.
    fn blame(&self, target: Option<&Section>, error: &cli::UsageError) -> Error {
        let Some(file) = &self.file else {
            return Error::Usage(cli::sentence_of(error));
        };
        if let Err(error) = check(file, self.entries(target)) {
            return error;
        }
        let place = target.map_or(&file.defaults.place, |target| &target.place);
        config_error(file.error(place, cli::sentence_of(error)))
    }
}

fn config_error(error: ParseError) -> Error {
    Error::Config(Box::new(error))
}

fn failed(file: &ConfigFile, place: &FilePosition, key: &str, cause: &str) -> Error {
    config_error(file.error(place, format!("invalid {key}: {cause}")))
}

/// Checks the values of options by themselves.
fn check<'a>(
    file: &ConfigFile,
    entries: impl Iterator<Item = &'a ConfigEntry>,
) -> Result<(), Error> {
    for entry in entries {
        entry.setting.check().map_err(|invalid| {
            config_error(file.error(&entry.places[invalid.index], invalid.cause))
        })?;
    }
    Ok(())
}

/// Reads and parses a file.
fn read(path: &Path, environment: &Environment) -> Result<ConfigFile, Error> {
    let name = path.display().to_string();
    let whole = |cause: String| {
        config_error(ParseError {
            file: name.clone(),
            cause,
            ..ParseError::default()
        })
    };
    let could_not_read =
        |cause: std::io::Error| whole(format!("could not read the config file: {}", plain(&cause)));
    let content = environment
        .inputs
        .read(path, MAX_SIZE)
        .map_err(could_not_read)?;
    let metadata = std::fs::metadata(path).map_err(could_not_read)?;
    let me = environment.user;
    // A group with the same number as the user usually has no other members.
    let is_shared = metadata.gid() != metadata.uid();
    let forbidden = if is_shared { 0o022 } else { 0o002 };
    if metadata.is_file() && metadata.mode() & forbidden != 0 {
        return Err(whole(
            "other users can change the config file, and it can run commands; use chmod go-w"
                .to_owned(),
        ));
    }
    if metadata.is_file() && ![me, 0].contains(&metadata.uid()) {
        return Err(whole("the config file belongs to another user".to_owned()));
    }
    let text = std::str::from_utf8(without_byte_order_mark(&content))
        .map_err(|_| whole("the config file is not UTF-8".to_owned()))?;
    let folders = Folders {
        own: path.parent().unwrap_or(Path::new("")),
        home: environment.home.as_deref(),
    };
    file::parse(&name, text, folders).map_err(config_error)
}

/// The output of `wsline config`.
///
/// # Errors
///
/// An error in the file, all of which is checked, or in the name of the target.
pub fn show(args: &ConfigArgs, environment: &Environment) -> Result<String, Error> {
    let request = ConfigRequest {
        file: args.config.clone(),
        ..ConfigRequest::default()
    };
    let config = Config::read(&request, environment)?;
    if args.names {
        let targets = config.file.iter().flat_map(|file| &file.targets);
        let mut names = String::new();
        for (name, _) in targets {
            let _ = writeln!(names, "@{name}");
        }
        return Ok(names);
    }
    if let Some(file) = &config.file {
        check_all(&config, file)?;
    }
    match &args.target {
        Some(name) => {
            let name = name.strip_prefix('@').unwrap_or(name);
            let target = config.target(name, &request)?;
            Ok(show::in_effect(
                name,
                target,
                &config.options(Some(target))?,
            ))
        }
        None => Ok(show::all(config.path.as_deref(), config.file.as_ref())),
    }
}

fn check_all(config: &Config, file: &ConfigFile) -> Result<(), Error> {
    check(file, file.defaults.entries.iter())?;
    config.check_together(None)?;
    for (_, target) in &file.targets {
        check(file, target.entries.iter())?;
        config.check_together(Some(target))?;
        if let Some((url, place)) = &target.url {
            Target::parse(url).map_err(|error| failed(file, place, "url", &error.to_string()))?;
        }
    }
    Ok(())
}
