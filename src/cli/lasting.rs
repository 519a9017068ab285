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
    /// Their Pongs are not shown without --show-ping-pong, and meet no expectation.
    #[arg(long, value_name = "TIME", hide_short_help = true, value_parser = values::limit,
          help_heading = LASTING)]
    pub ping_interval: Option<Duration>,

    /// Maximum silence after a Ping [default: the interval]
    ///
    /// A server that has sent nothing at all this long after a Ping of --ping-interval is gone: the
    /// connection ends with exit code 28.
    #[arg(long, value_name = "TIME", hide_short_help = true, value_parser = values::limit,
          help_heading = LASTING)]
    pub ping_timeout: Option<Duration>,

    /// Don't answer Pings
    ///
    /// To see what the server does about it: the last line says how long that took.
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
    /// For servers with a heartbeat of their own. @FILE sends a file as one text message. The first is
    /// sent when TIME has passed since the connection was opened. Such a message counts for --wait.
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
    fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix('@') {
            None => Ok(Self::Text(text.to_owned())),
            Some("") => Err("missing file name after @".to_owned()),
            Some("-") => Err("stdin can't be read here; use @FILE".to_owned()),
            Some(path) => Ok(Self::File(path.into())),
        }
    }
}

impl LastingArgs {
    /// What `--every` says: what is sent, and how often.
    ///
    /// # Errors
    ///
    /// What is wrong with a value.
    pub fn heartbeats(&self) -> Result<Vec<(Duration, TextArg)>, String> {
        let pairs = self.every.chunks(2).map(|pair| {
            let invalid = |value: &str, problem| {
                format!("invalid value '{value}' for '--every <TIME> <TEXT>': {problem}")
            };
            let [time, text] = pair else {
                return Err("--every requires TIME and TEXT".to_owned());
            };
            let interval = values::limit(time).map_err(|problem| invalid(time, problem))?;
            let text = TextArg::parse(text).map_err(|problem| invalid(text, problem))?;
            Ok((interval, text))
        });
        pairs.collect()
    }

    /// Checks every rule that concerns several of them.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.ping_timeout.is_some() && self.ping_interval.is_none() {
            return Err("--ping-timeout requires --ping-interval TIME".to_owned());
        }
        self.heartbeats().map(drop)
    }
}
