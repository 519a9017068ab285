//! The output of `wsline ping`: a line for each answer, as in ping(8), and a summary. With
//! `--json`, each is an object.

use std::fmt::Write as _;
use std::io;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::error::Error;
use crate::event::{Event, Link, Now, PeerAddress, Probe, ProbeAnswer, Upgrade};
use crate::measure::RoundTrips;
use crate::output::escape::{self, Breaks};
use crate::output::json_text::{self, ErrorObject};
use crate::output::sink::Sink;
use crate::output::Output;
use crate::text::duration;

/// The percentiles in the summary.
const PERCENTILES: [u8; 3] = [50, 95, 99];

/// The format of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PingStyle {
    /// JSON lines.
    pub json: bool,
    /// Only the summary (`-q`).
    pub quiet: bool,
    /// Whether text messages are sent instead of Pings.
    pub text: bool,
}

/// Prints a line about each Ping to a sink.
#[derive(Debug)]
pub struct PingLines {
    style: PingStyle,
    peer: String,
}

impl PingLines {
    /// Creates an output in this format.
    #[must_use]
    pub fn new(style: PingStyle) -> Self {
        Self {
            style,
            peer: String::new(),
        }
    }

    fn opening(&self, upgrade: &Upgrade) -> String {
        let url = escape::text(&upgrade.url, Breaks::Shown);
        let how = if self.style.text {
            " with text messages"
        } else {
            ""
        };
        format!("PING {url} ({}){how}\n", self.peer)
    }

    fn line(&self, probe: &Probe) -> String {
        let peer = &self.peer;
        let answered = |answer: &ProbeAnswer, late: &str| {
            let ProbeAnswer {
                seq,
                size,
                round_trip,
            } = answer;
            let bytes = if *size == 1 { "byte" } else { "bytes" };
            let time = milliseconds(*round_trip);
            format!("{size} {bytes} from {peer}: seq={seq} time={time} ms{late}\n")
        };
        match probe {
            Probe::Answered(answer) => answered(answer, ""),
            Probe::Late(answer) => answered(answer, " (late)"),
            Probe::Lost { seq, timeout } => {
                let timeout = duration::format(*timeout);
                format!("no answer from {peer} within {timeout}: seq={seq}\n")
            }
            Probe::Unexpected(payload) => {
                let payload = escape::bytes(payload, Breaks::Shown);
                format!("unexpected Pong from {peer}: \"{payload}\"\n")
            }
        }
    }
}

impl Output for PingLines {
    fn on_event(
        &mut self,
        now: Now,
        _link: Link,
        event: &Event<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        if let Event::Open(upgrade) = event {
            let peer = upgrade.peer.as_ref().map(PeerAddress::to_string);
            self.peer = escape::text(&peer.unwrap_or_default(), Breaks::Shown).into_owned();
        }
        match event {
            Event::Open(upgrade) if !self.style.json => {
                let line = self.opening(upgrade);
                to.put(line.as_bytes())
            }
            Event::Probe(_) if self.style.quiet => Ok(()),
            Event::Probe(probe) if self.style.json => {
                let line = json_text::line(&ProbeObject::new(now.time, probe)?)?;
                to.put(&line)
            }
            Event::Probe(probe) => {
                let line = self.line(probe);
                to.put(line.as_bytes())
            }
            _ => Ok(()),
        }
    }
}

/// The data of the summary.
#[derive(Clone, Copy, Debug)]
pub struct PingSummary<'a> {
    /// The URL, without credentials.
    pub url: &'a str,
    /// The number sent.
    pub sent: u64,
    /// The number of answers after the timeout.
    pub late: u64,
    /// The answers in time.
    pub round_trips: &'a RoundTrips,
    /// How long the run took.
    pub duration: Duration,
}

impl PingSummary<'_> {
    /// The percentage that was not answered in time; 0 if none was sent.
    fn loss(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts of Pings")]
        let (sent, received) = (self.sent as f64, self.round_trips.count() as f64);
        if self.sent == 0 {
            return 0.0;
        }
        100.0 * (sent - received) / sent
    }

    /// The summary in the format of ping(8).
    #[must_use]
    pub fn text(&self) -> String {
        let url = escape::text(self.url, Breaks::Shown);
        let late = match self.late {
            0 => String::new(),
            late => format!(", {late} late"),
        };
        // Six significant digits as in ping(8): 33.3333 %.
        let loss = format!("{:.4}", self.loss());
        let loss = loss.trim_end_matches('0').trim_end_matches('.');
        let mut text = format!(
            "\n--- {url} ping statistics ---\n\
             {} sent, {} received{late}, {loss}% loss, time {:.3} s\n",
            self.sent,
            self.round_trips.count(),
            self.duration.as_secs_f64(),
        );
        if let Some(spread) = self.round_trips.summary() {
            let all = [spread.min, spread.avg, spread.max, spread.mdev];
            let values = all.map(|value| format!("{:.3}", in_milliseconds(value)));
            let values = values.join("/");
            let _ = writeln!(text, "round trip min/avg/max/mdev = {values} ms");
        }
        let known = PERCENTILES.into_iter().filter_map(|percent| {
            let value = self.round_trips.percentile(percent)?;
            let name = format!("p{percent}");
            Some((name, format!("{:.3}", in_milliseconds(value))))
        });
        let (names, values): (Vec<_>, Vec<_>) = known.unzip();
        if !names.is_empty() {
            let (names, values) = (names.join("/"), values.join("/"));
            let _ = writeln!(text, "round trip {names} = {values} ms");
        }
        text
    }

    /// The summary as a JSON line, with the exit code and the error if there is one.
    ///
    /// # Errors
    ///
    /// A time before year -9999 or after 9999.
    pub fn json(&self, at: SystemTime, exit: u8, error: Option<&Error>) -> io::Result<Vec<u8>> {
        let spread = self.round_trips.summary();
        let percentile = |percent| {
            self.round_trips
                .percentile(percent)
                .map(json_text::milliseconds)
        };
        json_text::line(&SummaryObject {
            time: json_text::timestamp(at)?,
            r#type: "summary",
            url: self.url,
            sent: self.sent,
            received: self.round_trips.count(),
            late: self.late,
            loss: (self.loss() * 10_000.0).round() / 10_000.0,
            seconds: self.duration.as_secs_f64(),
            round_trip: RoundTripObject {
                min: spread.map(|spread| json_text::milliseconds(spread.min)),
                avg: spread.map(|spread| json_text::milliseconds(spread.avg)),
                max: spread.map(|spread| json_text::milliseconds(spread.max)),
                mdev: spread.map(|spread| json_text::milliseconds(spread.mdev)),
                p50: percentile(50),
                p95: percentile(95),
                p99: percentile(99),
            },
            error: error.map(ErrorObject::new),
            exit,
        })
    }
}

/// The result of one Ping.
#[derive(Serialize)]
struct ProbeObject {
    time: String,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<f64>,
}

impl ProbeObject {
    fn new(at: SystemTime, probe: &Probe) -> io::Result<Self> {
        let (r#type, seq, size, time) = match probe {
            Probe::Answered(answer) | Probe::Late(answer) => {
                let name = match probe {
                    Probe::Late(_) => "late",
                    _ => "answer",
                };
                let time = Some(answer.round_trip);
                (name, Some(answer.seq), Some(answer.size), time)
            }
            Probe::Lost { seq, timeout } => ("lost", Some(*seq), None, Some(*timeout)),
            Probe::Unexpected(payload) => ("unexpected", None, Some(payload.len()), None),
        };
        Ok(Self {
            time: json_text::timestamp(at)?,
            r#type,
            seq,
            size,
            ms: time.map(json_text::milliseconds),
        })
    }
}

#[derive(Serialize)]
struct SummaryObject<'a> {
    time: String,
    r#type: &'static str,
    url: &'a str,
    sent: u64,
    received: u64,
    late: u64,
    loss: f64,
    seconds: f64,
    round_trip: RoundTripObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject>,
    exit: u8,
}

/// Milliseconds; `null` if there are too few round trips.
#[derive(Serialize)]
struct RoundTripObject {
    min: Option<f64>,
    avg: Option<f64>,
    max: Option<f64>,
    mdev: Option<f64>,
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
}

fn in_milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Milliseconds with at least three digits.
fn milliseconds(duration: Duration) -> String {
    let value = in_milliseconds(duration);
    let decimals = match value {
        value if value < 1.0 => 3,
        value if value < 10.0 => 2,
        _ => 1,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests;
