//! The options of connections that last: keepalive, heartbeats, reconnecting.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};

use super::headings::LASTING;
use super::values;

/// What keeps a connection, and what is done when there is none.
#[derive(Clone, Debug, Default, Args)]
pub struct LastingArgs {
    /// Send a Ping every TIME
    ///
    /// The Pongs are shown only with --show-ping-pong, and do not meet --expect options.
    #[arg(long, value_name = "TIME", hide_short_help = true, value_parser = values::limit,
          help_heading = LASTING)]
    pub ping_interval: Option<Duration>,

    /// Maximum silence after a Ping [default: the interval]
    ///
    /// If the server sends nothing at all for this long after a Ping of --ping-interval, the connection
    /// is considered lost (exit code 28).
    #[arg(long, value_name = "TIME", hide_short_help = true, value_parser = values::limit,
          help_heading = LASTING)]
    pub ping_timeout: Option<Duration>,

    /// Connect again after a lost or refused connection
    ///
    /// Up to N times in a row, by default without a limit. The wait before an attempt is random: at most
    /// 250 ms before the first, and twice as long before each further one, up to 30 s. Retry-After in a
    /// refusal makes it longer. Both start over once a connection has been open for a minute. wsline
    /// reconnects after failures to connect, lost connections, close codes 1001, 1005, 1006 and 1011 to
    /// 1014, and refusals with 408, 429, 500, 502, 503 and 504, but not after a rejected certificate.
    /// Input that was not written yet is sent on the next connection, so each message is kept until it
    /// is written; --data is sent once. When all input was sent, a lost connection is opened again only
    /// with --wait -1.
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, hide_short_help = true,
          value_parser = values::attempts, help_heading = LASTING)]
    pub reconnect: Option<Option<u32>>,

    /// Also reconnect after these close codes and HTTP statuses
    ///
    /// Comma-separated: 4001,1008,401.
    #[arg(long, value_name = "CODES", value_delimiter = ',', hide_short_help = true,
          value_parser = values::code_or_status, help_heading = LASTING)]
    pub reconnect_on: Vec<u16>,

    /// Don't answer Pings
    ///
    /// Shows how a server detects a dead client: the last line says how the connection ended, and how
    /// long that took.
    #[arg(long, hide_short_help = true, help_heading = LASTING)]
    pub no_pong: bool,

    /// Send TEXT first on every connection (repeatable)
    ///
    /// @FILE sends a file as one text message.
    #[arg(long, value_name = "TEXT", action = ArgAction::Append, allow_hyphen_values = true,
          hide_short_help = true, value_parser = TextArg::parse, help_heading = LASTING)]
    pub on_connect: Vec<TextArg>,

    /// Send TEXT every TIME (repeatable)
    ///
    /// For servers that require a heartbeat. @FILE sends a file as one text message. The first is sent
    /// TIME after the connection is opened. These messages count as activity for --wait.
    #[arg(long, num_args = 2, value_names = ["TIME", "TEXT"], action = ArgAction::Append,
          allow_hyphen_values = true, hide_short_help = true, help_heading = LASTING)]
    every: Vec<String>,
}

/// A text message on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextArg {
    /// The text itself.
    Text(String),
    /// A file that holds it.
    File(PathBuf),
}

impl TextArg {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix('@') {
            None => Ok(Self::Text(text.to_owned())),
            Some("") => Err("missing file name after @".to_owned()),
            Some("-") => Err("stdin can't be read here; use @FILE".to_owned()),
            Some(path) => Ok(Self::File(path.into())),
        }
    }
}

/// An invalid value of `--every`, and the cause.
#[derive(Debug)]
pub(super) struct InvalidValue<'a> {
    pub(super) value: &'a str,
    pub(super) cause: String,
}

impl LastingArgs {
    /// What `--every` says: what is sent, and how often.
    ///
    /// # Errors
    ///
    /// What is wrong with a value.
    pub fn heartbeats(&self) -> Result<Vec<(Duration, TextArg)>, String> {
        Self::pairs(&self.every).map_err(|InvalidValue { value, cause }| {
            format!("invalid value '{value}' for '--every <TIME> <TEXT>': {cause}")
        })
    }

    /// Parses times and texts, which alternate.
    pub(super) fn pairs(values: &[String]) -> Result<Vec<(Duration, TextArg)>, InvalidValue<'_>> {
        let (pairs, _) = values.as_chunks();
        let pairs = pairs.iter().map(|[time, text]| {
            let interval = values::limit(time);
            let text = TextArg::parse(text).map_err(|cause| InvalidValue { value: text, cause });
            let interval = interval.map_err(|cause| InvalidValue { value: time, cause })?;
            Ok((interval, text?))
        });
        pairs.collect()
    }

    /// Takes the value of the option with this long name from options that were given later.
    pub(super) fn take(&mut self, name: &str, later: &Self) {
        match name {
            "ping-interval" => self.ping_interval = later.ping_interval,
            "ping-timeout" => self.ping_timeout = later.ping_timeout,
            "reconnect" => self.reconnect = later.reconnect,
            "reconnect-on" => self.reconnect_on.extend(&later.reconnect_on),
            "no-pong" => self.no_pong = later.no_pong,
            "on-connect" => self.on_connect.extend(later.on_connect.iter().cloned()),
            "every" => self.every.extend(later.every.iter().cloned()),
            _ => {}
        }
    }

    /// Checks every rule that concerns several of them.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.ping_timeout.is_some() && self.ping_interval.is_none() {
            return Err("--ping-timeout requires --ping-interval TIME".to_owned());
        }
        if !self.reconnect_on.is_empty() && self.reconnect.is_none() {
            return Err("--reconnect-on requires --reconnect".to_owned());
        }
        self.heartbeats().map(drop)
    }
}
