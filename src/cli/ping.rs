//! The options of `wsline ping`.

use std::time::Duration;

use clap::{Args, ValueHint};

use super::config::ConfigOptions;
use super::options::OptionArgs;
use super::shared::{Connects, WithConnection};
use super::values;
use crate::source::ProbeKind;

/// The maximum payload of a Ping in bytes (RFC 6455 §5.5).
const LONGEST_PAYLOAD: usize = 125;

/// The name of the built-in server, used instead of a URL.
const DEMO: &str = "demo";

/// The options of `wsline ping` itself.
#[derive(Clone, Debug, Args)]
pub struct PingArgs {
    /// URL of the server, or demo for a built-in echo server
    #[arg(value_name = "URL", value_hint = ValueHint::Url)]
    pub url: String,

    /// Stop after sending N Pings and receiving their answers
    #[arg(short = 'c', long, value_name = "N", value_parser = values::count)]
    pub count: Option<u64>,

    /// Time from one Ping to the next
    #[arg(short = 'i', long, value_name = "TIME", default_value = "1s",
          value_parser = values::limit)]
    pub interval: Duration,

    /// Payload of each Ping; {seq} is replaced by its number
    ///
    /// At most 125 bytes, in which {seq} counts as 20. Without {seq} answers are assigned to Pings in
    /// the order in which they come.
    #[arg(long, value_name = "TEXT", default_value = "wsline {seq}", conflicts_with = "text",
          allow_hyphen_values = true, value_parser = payload)]
    pub payload: String,

    /// Send text messages instead of Pings, to a server that echoes them
    ///
    /// For servers that do not answer Pings, and to measure the application and not only its
    /// WebSocket library. {seq} is replaced by the number of the message. A message with the same
    /// text is the answer; others are ignored.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub text: Option<String>,

    /// Count a Ping as lost if it is not answered within this time
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = values::limit)]
    pub within: Duration,

    /// Print JSON lines
    ///
    /// An object for each Ping has time, type, seq, size (bytes of the payload) and ms (the round
    /// trip): type is answer, late (it came after --within) or lost (ms is then the time of --within);
    /// unexpected is a Pong to no Ping. The last object has time, type (summary), url, sent, received,
    /// late, loss (in percent), seconds, `round_trip` with min, avg, max, mdev, p50, p95 and p99 in ms, exit,
    /// and error if there is one, with phase, message, hint and exit.
    #[arg(long)]
    pub json: bool,

    /// Print only the summary
    #[arg(short = 'q', long)]
    pub quiet: bool,
}

fn payload(text: &str) -> Result<String, String> {
    let longest = ProbeKind::Ping(text.to_owned()).payload(u64::MAX).len();
    if longest > LONGEST_PAYLOAD {
        return Err(format!(
            "{longest} bytes, but a Ping has at most {LONGEST_PAYLOAD} (RFC 6455 §5.5); use --text \
             to send more"
        ));
    }
    Ok(text.to_owned())
}

impl PingArgs {
    /// Whether the built-in server is used.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.url == DEMO
    }
}

impl Connects for PingArgs {}

/// `wsline ping` as parsed.
pub(super) type ParsedPing = WithConnection<PingArgs>;

impl ParsedPing {
    /// The options, after checking the rules about combinations.
    ///
    /// # Errors
    ///
    /// Which options cannot be used together.
    pub(super) fn finish(self, config: &ConfigOptions) -> Result<(PingArgs, OptionArgs), String> {
        let (is_demo, quiet) = (self.own.is_demo(), self.own.quiet);
        let options = self.options(config, is_demo, quiet)?;
        Ok((self.own, options))
    }
}
