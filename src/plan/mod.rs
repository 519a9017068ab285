//! The plan of a run: all decisions that depend on the command line and the environment.
//!
//! The environment, and the files and variables that the command line names, are read only here.
//! Everything else depends only on the plan.

mod command;
pub mod config;
mod connection;
mod display;
mod environment;
mod inputs;
mod key_log;
mod netrc;
mod password;
mod recorded;
mod request;
mod script;
mod zone;

use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use regex::bytes::RegexSet;

use crate::cli::{OptionArgs, MAX_HELD_MESSAGE};
use crate::connect::ConnectOptions;
use crate::deadline::Deadline;
use crate::driver::{Limits, ReconnectOptions, Upkeep};
use crate::error::Error;
use crate::event::{Note, NoteLevel};
use crate::http::Secrets;
use crate::output::dump::BinaryFormat;
use crate::output::palette::Palette;
use crate::output::record;
use crate::output::timing;
use crate::output::verbosity::Verbosity;
use crate::protocol;
use crate::source::send_delay::SendDelay;
use crate::source::stdin::InputSplit;
use crate::target::Target;
pub use connection::ConnectionPlan;
pub use display::{palette, MessageFormat};
pub use environment::{arguments, correct_variables, Environment, StandardStream};
pub use inputs::{passphrase, payload, variable, Values};
pub use key_log::KeyLogVariable;
pub use netrc::Netrc;
pub use request::route;
pub use script::{Script, Steps};
pub use zone::ZoneVariables;

/// Where messages come from after those of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputSource {
    /// From nowhere: the command line has all messages.
    Nothing,
    /// From nowhere, but without an end of input: standard input is `/dev/null`.
    Listen,
    /// From a person at the prompt.
    Prompt {
        /// The file of the history.
        history: Option<PathBuf>,
        /// The home directory, for `~` in paths.
        home: Option<PathBuf>,
    },
    /// From standard input, split into messages.
    Stdin(InputSplit),
    /// From standard input, one JSON object per line.
    Json,
}

/// The options of a prompt.
#[derive(Clone, Debug)]
pub struct PromptPlan {
    /// The number of messages to keep, if set (`--keep`).
    pub keep: Option<u32>,
    /// The prompt has vi key bindings (`--vi`).
    pub vi: bool,
    /// Whether the terminal breaks rows anew when its width changes.
    pub reflows: bool,
    /// The directory of drafts.
    pub drafts: PathBuf,
    /// Whether the terminal has 24-bit colors.
    pub true_color: bool,
    /// The file of snippets; `None` without a home directory.
    pub snippets: Option<PathBuf>,
    /// The time zone of times at the prompt, where `/timestamps` shows and hides them; `None`
    /// without a prompt.
    pub zone: Option<TimeZone>,
    /// Why that is not the zone that was set, unless it has been printed.
    pub zone_warning: Option<String>,
    /// How a record begins that is started at the prompt.
    pub opening: record::Opening,
}

impl PromptPlan {
    fn new(options: &OptionArgs, environment: &Environment) -> Self {
        Self {
            keep: options.keep,
            vi: options.vi,
            reflows: environment.reflows,
            drafts: environment.drafts.clone(),
            true_color: environment.true_color,
            snippets: environment.snippets.clone(),
            zone: None,
            zone_warning: None,
            opening: record::Opening::default(),
        }
    }
}

/// The plan of a run, with all decisions made.
#[derive(Debug)]
pub struct Plan {
    /// The options of the connection.
    pub request: ConnectOptions,
    /// The steps from the command line, in order.
    pub steps: Steps,
    /// Where messages come from after these steps.
    pub input: InputSource,
    /// The delay between sent messages.
    pub delay: SendDelay,
    /// Whether close codes that RFC 6455 forbids are sent.
    pub force: bool,
    /// The output format of messages.
    pub format: MessageFormat,
    /// The format of binary messages, if the command line sets one.
    pub binary_as: Option<BinaryFormat>,
    /// The time zone of the time stamps, if there are any.
    pub times: Option<TimeZone>,
    /// Whether Pings and Pongs are shown.
    pub ping_pong: bool,
    /// The format of the connection timing, if it is shown. JSON lines have their own.
    pub timing: Option<timing::TimingFormat>,
    /// How much is printed to stderr.
    pub verbosity: Verbosity,
    /// Whether credentials are shown.
    pub secrets: Secrets,
    /// The colors for stdout.
    pub palette: Palette,
    /// The colors for stderr.
    pub stderr_palette: Palette,
    /// Whether stderr is the terminal of the prompt.
    pub stderr_is_terminal: bool,
    /// The limits of the run.
    pub limits: Limits,
    /// What is sent automatically on each connection.
    pub upkeep: Upkeep,
    /// Whether and when to reconnect.
    pub reconnect: Option<ReconnectOptions>,
    /// The text messages that are not shown, if there are any.
    pub hidden: Option<RegexSet>,
    /// The maximum size of received messages and of sent frames.
    pub protocol: protocol::ProtocolConfig,
    /// The options of the record, if there is one.
    pub record: Option<record::Options>,
    /// The options of the prompt, if there is one.
    pub prompt: PromptPlan,
    /// Hints and warnings to print first.
    pub notes: Vec<Note>,
}

impl Plan {
    /// Makes the plan, and opens the files that it needs.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] for an invalid URL, [`Error::Input`] for a file that can't be read,
    /// [`Error::Usage`] for an invalid combination of options, [`Error::Signal`] for a signal
    /// during a password prompt.
    pub fn new(url: &str, options: OptionArgs, environment: &Environment) -> Result<Self, Error> {
        Self::with_script(url, options, None, environment)
    }

    /// Like [`new`](Self::new), with the statements of the command line.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new).
    pub fn with_script(
        url: &str,
        options: OptionArgs,
        script: Option<Script>,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let values = Values::read(&options.connection, environment).map_err(Error::Usage)?;
        let target = Target::parse(url)?;
        let mut notes: Vec<Note> = scheme_note(&target).into_iter().collect();
        let (times, unknown) = options.timestamps.then(|| environment.zone.zone()).unzip();
        notes.extend(unknown.flatten().map(warning));
        let format = display::format(&options, environment);
        let color = |stream| palette(options.color, stream, environment);
        let max_time = options.connection.max_time;
        let limits =
            connection::limits(&options.connection, &options.protocol, options.max_messages)?;
        let steps = script::steps(&options, script, &limits.close)?;
        let (path, recorded) = (options.record.clone(), recorded::options(&options));
        let mut plan = Self {
            notes,
            input: input_source(&options, &steps, environment),
            delay: SendDelay::new(options.delay.unwrap_or(Duration::ZERO)),
            force: options.protocol.force,
            protocol: protocol_config(&options, &format),
            format,
            binary_as: options.binary_as.map(display::binary_as),
            times,
            ping_pong: options.show_ping_pong,
            timing: display::timing(&options, environment),
            verbosity: display::verbosity(&options),
            secrets: display::secrets(&options),
            palette: color(environment.stdout),
            stderr_palette: color(environment.stderr),
            stderr_is_terminal: environment.stderr == StandardStream::Terminal,
            steps,
            limits,
            upkeep: inputs::upkeep(&options.connection, &environment.inputs)?,
            reconnect: connection::reconnect(&options.connection.lasting),
            hidden: connection::hidden(&options.hide)?,
            record: None,
            prompt: PromptPlan::new(&options, environment),
            // The last, because it may ask for a password, and everything else may fail.
            request: request::request(
                target,
                options.connection,
                options.protocol.compress,
                values,
                environment,
            )?,
        };
        plan.prompt.opening = recorded::opening(&plan.request, recorded);
        plan.record = path.map(|path| plan.record_to(path));
        plan.set_prompt_zone(&environment.zone);
        if plan.request.may_use_tls() {
            plan.notes.extend(environment.key_log.note().map(warning));
        }
        // The time for entering a password doesn't count.
        plan.limits.max_time = max_time.map_or_else(Deadline::never, Deadline::after);
        Ok(plan)
    }
}

impl Plan {
    fn record_to(&self, path: PathBuf) -> record::Options {
        record::Options {
            path,
            opening: self.prompt.opening.clone(),
            secrets: self.secrets,
            timing: self.timing.is_some(),
        }
    }

    /// Sets the time zone of the prompt, where times can be shown at any time.
    fn set_prompt_zone(&mut self, variables: &ZoneVariables) {
        if matches!(self.input, InputSource::Prompt { .. }) {
            let (zone, warning) = match &self.times {
                Some(zone) => (zone.clone(), None),
                None => variables.zone(),
            };
            (self.prompt.zone, self.prompt.zone_warning) = (Some(zone), warning);
        }
    }

    /// Adds a hint for the prompt; does nothing without a prompt.
    pub fn greet(&mut self, text: &str) {
        if matches!(self.input, InputSource::Prompt { .. }) {
            self.notes.push(hint(text.to_owned()));
        }
    }

    /// Whether hints, warnings and the verdict are not printed.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }

    /// Whether the verdict is printed to stderr whatever the exit code is.
    #[must_use]
    pub fn wants_verdict(&self) -> bool {
        matches!(self.input, InputSource::Prompt { .. })
            || self.verbosity >= Verbosity::Handshake
            || self.protocol.no_pong
    }
}

/// Selects the source by the type of stdin and the options. A prompt needs a terminal for input and
/// output.
fn input_source(options: &OptionArgs, steps: &Steps, environment: &Environment) -> InputSource {
    if script::has_messages(options, steps) && !options.interactive && !options.continues {
        return InputSource::Nothing;
    }
    let terminals = (environment.stdin, environment.stdout);
    match terminals {
        (StandardStream::Device, _) => InputSource::Listen,
        _ if options.json => InputSource::Json,
        (StandardStream::Terminal, StandardStream::Terminal)
            if !options.binary && !options.null =>
        {
            let kept = if options.no_history {
                None
            } else {
                environment.history.clone()
            };
            let history = options.history.clone().or(kept);
            InputSource::Prompt {
                history,
                home: environment.home.clone(),
            }
        }
        _ if options.binary => InputSource::Stdin(InputSplit::Chunks(options.chunk_size)),
        _ => InputSource::Stdin(InputSplit::Lines(if options.null { 0 } else { b'\n' })),
    }
}

/// How the protocol is spoken. Where complete messages are kept in memory, their size is limited.
fn protocol_config(options: &OptionArgs, format: &MessageFormat) -> protocol::ProtocolConfig {
    let held = || holds_messages(options, format).then_some(MAX_HELD_MESSAGE);
    protocol::ProtocolConfig {
        max_message_size: options.protocol.max_message_size.or_else(held),
        ..connection::protocol_config(&options.connection, &options.protocol)
    }
}

/// Whether complete messages must be kept in memory.
fn holds_messages(options: &OptionArgs, format: &MessageFormat) -> bool {
    options.expects()
        || options.record.is_some()
        || options.rules.is_some()
        || !options.hide.is_empty()
        || !matches!(format, MessageFormat::Raw { .. })
}

/// Says which URL was meant, if it has no scheme.
fn scheme_note(target: &Target) -> Option<Note> {
    let is_assumed = target.scheme_assumed;
    is_assumed.then(|| hint(format!("no scheme given: taken for {}", target.url())))
}

fn warning(text: String) -> Note {
    Note {
        level: NoteLevel::Warning,
        text,
    }
}

fn hint(text: String) -> Note {
    Note {
        level: NoteLevel::Hint,
        text,
    }
}
