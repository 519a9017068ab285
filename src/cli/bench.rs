//! The options of `wsline bench`.

use std::time::Duration;

use clap::{Args, ValueHint};

use super::config::ConfigOptions;
use super::lasting::TextArg;
use super::options::OptionArgs;
use super::shared::{Connects, WithConnection};
use super::values;
use crate::measure::condition::Condition;
use crate::measure::load::LoadModel;

/// The name of the built-in server, used instead of a URL.
const DEMO: &str = "demo";

/// The maximum number of connections.
const MAX_CONNECTIONS: u16 = 10_000;

/// How long messages are sent if neither their number nor the time is given.
const DEFAULT_DURATION: Duration = Duration::from_secs(10);

/// The options of `wsline bench` itself.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct BenchArgs {
    /// URL of the server, or demo for a built-in echo server
    #[arg(value_name = "URL", value_hint = ValueHint::Url)]
    pub url: String,

    /// Stop after N messages in all
    #[arg(short = 'n', long, value_name = "N", value_parser = values::count)]
    pub messages: Option<u64>,

    /// Stop after this time [default: 10s, unless -n is given]
    #[arg(long, value_name = "TIME", value_parser = values::limit)]
    pub duration: Option<Duration>,

    /// Number of connections, at most 10000
    ///
    /// Up to 64 are opened at a time. Messages are sent once all of them are open or have failed. The
    /// soft limit of file descriptors is raised as far as the hard limit allows.
    #[arg(short = 'c', long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_CONNECTIONS)))]
    pub connections: u16,

    /// Open at most N connections per second
    #[arg(long, value_name = "N", value_parser = rate)]
    pub connect_rate: Option<f64>,

    /// Size of the messages
    #[arg(long, value_name = "SIZE", default_value = "32", value_parser = values::echo_size,
          conflicts_with_all = ["data", "listen"])]
    pub size: usize,

    /// Send this message; {seq} is replaced by its number
    ///
    /// @FILE sends the content of a file. With {seq}, a reply is a message that contains the same text
    /// with the number of a message that was sent on the connection; others are counted apart, as
    /// where a server sends each message to all. Without {seq}, replies are assigned to messages in
    /// the order in which they come.
    #[arg(short = 'd', long, value_name = "TEXT", allow_hyphen_values = true,
          value_parser = TextArg::parse, conflicts_with = "listen")]
    pub data: Option<TextArg>,

    /// Send binary messages
    #[arg(long, conflicts_with = "listen")]
    pub binary: bool,

    /// Messages in flight on each connection [default: 1]
    ///
    /// A closed loop: the next message is sent when a reply arrives, so a server that stalls is sent
    /// less. With --rate, the most that may be in flight; there is no limit by default.
    #[arg(long, value_name = "N", value_parser = values::count,
          conflicts_with_all = ["no_reply", "listen"])]
    pub window: Option<u64>,

    /// Send N messages per second in all
    ///
    /// An open loop: messages are sent at their time whatever has been answered, and the latency
    /// counts from when a message was due, so a stall of the server or the client is not hidden.
    #[arg(long, value_name = "N", value_parser = rate, conflicts_with = "listen")]
    pub rate: Option<f64>,

    /// Send only; expect no replies
    #[arg(long, conflicts_with = "listen")]
    pub no_reply: bool,

    /// Receive only; send nothing
    #[arg(long)]
    pub listen: bool,

    /// Compare WebSocket with HTTP requests
    ///
    /// Exchanges a message and its reply over WebSocket, then by POST over HTTP on a connection that is
    /// kept alive, then on a new connection for each, one after the other, and prints how long that took
    /// and how many bytes were sent and received for it. -n and --duration are those of each way (1000
    /// exchanges by default). The URL must answer a POST with status 200 and a Content-Length; the
    /// default is /echo on the server of URL, as wsline echo and demo have it.
    #[arg(long, value_name = "HTTP_URL", num_args = 0..=1, require_equals = true,
          conflicts_with_all = ["connections", "connect_rate", "window", "rate", "no_reply", "listen",
                                "fail_if"])]
    pub compare_polling: Option<Option<String>>,

    /// Wait this long for missing replies at the end
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = values::duration)]
    pub wait: Duration,

    /// Exit with code 4 if this is true, such as 'p99>50ms' (repeatable)
    ///
    /// A metric, < or >, and a limit: p50, p90, p95, p99, p99.9, mean or max with a TIME, rate with
    /// messages per second, errors with their number. A percentile that is unknown, because there are
    /// too few replies, also fails.
    #[arg(long, value_name = "CONDITION", value_parser = Condition::parse)]
    pub fail_if: Vec<Condition>,

    /// Print the result as JSON
    ///
    /// One object: time, type (bench), url, loop (closed, open, send or listen), window, rate,
    /// connections with requested, opened, failed and the times of connecting, size, sent, received,
    /// other, bytes, seconds, `messages_per_second`, latency with min, avg, max, mdev, p50, p90, p95,
    /// p99 and `p99_9` in ms (null if there are too few replies) and counts, pairs of a latency in ms
    /// and the number of replies that had it, errors by kind, clock, `client_cpu_percent`, failed
    /// conditions, exit, and error if there is one. With --compare-polling: time, type (comparison), url,
    /// `http_url`, size, clock, exit, and `websocket`, `http_kept_alive` and `http_fresh` with exchanges,
    /// seconds, `exchanges_per_second`, min, avg, max, p50, p99, and `bytes_sent` and `bytes_received` for
    /// one exchange.
    #[arg(long)]
    pub json: bool,

    /// Print no progress line
    #[arg(short = 'q', long)]
    pub quiet: bool,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok();
    rate.filter(|rate| (1e-3..=1e8).contains(rate))
        .ok_or_else(|| "must be a number per second, from 0.001 to 100000000".to_owned())
}

impl BenchArgs {
    /// Whether the built-in server is used.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.url == DEMO
    }

    /// How messages are sent.
    #[must_use]
    pub fn model(&self) -> LoadModel {
        match self.rate {
            _ if self.listen => LoadModel::Listen,
            rate if self.no_reply => LoadModel::SendOnly { rate },
            Some(rate) => LoadModel::Open {
                rate,
                window: self.window,
            },
            None => LoadModel::Closed {
                window: self.window.unwrap_or(1),
            },
        }
    }

    /// How long messages are sent; `None` if only their number ends it.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        let default = self.messages.is_none().then_some(DEFAULT_DURATION);
        self.duration.or(default)
    }
}

impl Connects for BenchArgs {}

/// `wsline bench` as parsed.
pub(super) type ParsedBench = WithConnection<BenchArgs>;

impl ParsedBench {
    /// The options, after checking the rules about combinations.
    ///
    /// # Errors
    ///
    /// Which options cannot be used together.
    pub(super) fn finish(self, config: &ConfigOptions) -> Result<(BenchArgs, OptionArgs), String> {
        let (is_demo, quiet) = (self.own.is_demo(), self.own.quiet);
        let options = self.options(config, is_demo, quiet)?;
        Ok((self.own, options))
    }
}
