//! The result of `wsline bench` as text.

use std::fmt::Write as _;
use std::time::Duration;

use super::{histogram, milliseconds, PERCENTILES};
use crate::measure::load::{LoadModel, LoadStatistics};
use crate::output::escape::{self, Breaks};

/// From this share of CPU time on, in percent, the client itself limits what is measured.
const BUSY: f64 = 90.0;

/// In a shorter time, being busy says nothing.
const LONG: Duration = Duration::from_millis(100);

/// The result, and what it is about.
#[derive(Clone, Copy, Debug)]
pub struct BenchSummary<'a> {
    /// The URL, without credentials.
    pub url: &'a str,
    /// The number of connections that were to be opened.
    pub connections: u16,
    /// How messages were sent.
    pub model: LoadModel,
    /// The size of a message in bytes.
    pub size: usize,
    /// What was measured.
    pub statistics: &'a LoadStatistics,
    /// The conditions of `--fail-if` that are true.
    pub failed: &'a [String],
}

impl BenchSummary<'_> {
    /// The result for a terminal with this number of columns.
    #[must_use]
    pub fn text(&self, columns: usize) -> String {
        let mut text = format!("BENCH {}\n", escape::text(self.url, Breaks::Shown));
        let _ = writeln!(text, "{}\n", self.setting());
        let mut row = |name: &str, value: String| {
            let _ = writeln!(text, "{name:<12}{value}");
        };
        row("connections", self.connections());
        if let Some(times) = self.connect_times() {
            row("connecting", times);
        }
        row("messages", self.messages());
        row("throughput", self.throughput());
        if self.is_answered() {
            for line in self.latency() {
                row("latency", line);
            }
        }
        row("client", self.client());
        let errors = self.statistics.error_count();
        if errors > 0 {
            row("errors", errors.to_string());
            for (kind, count) in &self.statistics.errors {
                let kind = escape::text(kind, Breaks::Shown);
                let _ = writeln!(text, "  {count:>8}  {kind}");
            }
        }
        let histogram = histogram::draw(&self.statistics.latency, columns);
        if !histogram.is_empty() {
            let _ = write!(text, "\nreplies by latency\n{histogram}");
        }
        text
    }

    fn is_answered(&self) -> bool {
        matches!(
            self.model,
            LoadModel::Closed { .. } | LoadModel::Open { .. }
        )
    }

    fn setting(&self) -> String {
        let connections = plural(u64::from(self.connections), "connection");
        let size = plural(self.size as u64, "byte");
        match self.model {
            LoadModel::Closed { window } => {
                format!("closed loop: {connections}, {window} in flight on each, {size}")
            }
            LoadModel::Open { rate, window: None } => {
                format!("open loop: {rate} messages/s in all, {connections}, {size}")
            }
            LoadModel::Open {
                rate,
                window: Some(window),
            } => format!(
                "open loop: {rate} messages/s in all, {connections}, \
                 at most {window} in flight on each, {size}"
            ),
            LoadModel::SendOnly { rate: None } => format!("send only: {connections}, {size}"),
            LoadModel::SendOnly { rate: Some(rate) } => {
                format!("send only: {rate} messages/s in all, {connections}, {size}")
            }
            LoadModel::Listen => format!("receive only: {connections}"),
        }
    }

    fn connections(&self) -> String {
        let LoadStatistics {
            opened, refused, ..
        } = self.statistics;
        if *refused > 0 {
            format!("{opened} opened, {refused} failed")
        } else {
            format!("{opened} opened")
        }
    }

    fn connect_times(&self) -> Option<String> {
        let times = &self.statistics.connect;
        let summary = times.total.summary()?;
        let steps = times.steps.iter();
        let steps = steps.map(|(name, step)| format!("{name} {}", milliseconds(step.mean())));
        let steps: Vec<_> = steps.collect();
        let [min, avg, max] = [summary.min, summary.avg, summary.max].map(milliseconds);
        Some(format!(
            "min {min}, mean {avg} ({}), max {max} ms",
            steps.join(", ")
        ))
    }

    fn messages(&self) -> String {
        let LoadStatistics {
            sent,
            received,
            other,
            duration,
            ..
        } = self.statistics;
        let seconds = duration.as_secs_f64();
        let mut text = match self.model {
            LoadModel::Listen => format!("{received} received"),
            LoadModel::SendOnly { .. } => format!("{sent} sent"),
            _ => {
                let replies = if *received == 1 { "reply" } else { "replies" };
                format!("{sent} sent, {received} {replies}")
            }
        };
        if *other > 0 {
            let _ = write!(text, ", {other} other messages received");
        }
        let _ = write!(text, " in {seconds:.3} s");
        text
    }

    fn throughput(&self) -> String {
        let statistics = self.statistics;
        let megabytes = |bytes| statistics.per_second(bytes) / 1e6;
        let rate = statistics.rate(self.model);
        let (sent, received) = (
            megabytes(statistics.sent_bytes),
            megabytes(statistics.received_bytes),
        );
        let bytes = match self.model {
            LoadModel::Listen => format!("{received:.3} MB/s received"),
            LoadModel::SendOnly { .. } => format!("{sent:.3} MB/s sent"),
            _ => format!("{sent:.3} MB/s sent, {received:.3} MB/s received"),
        };
        format!("{rate:.1} messages/s, {bytes}")
    }

    fn latency(&self) -> Vec<String> {
        let latency = &self.statistics.latency;
        let Some(summary) = latency.summary() else {
            return vec!["no reply".to_owned()];
        };
        let [min, avg, max] = [summary.min, summary.avg, summary.max].map(milliseconds);
        let from = match self.model {
            LoadModel::Open { .. } => "from when a message was due",
            _ => "from when a message was sent",
        };
        let known: Vec<_> = PERCENTILES
            .into_iter()
            .filter_map(|(name, thousandths)| {
                let value = latency.per_thousand(thousandths)?;
                Some(format!("{name} {}", milliseconds(value)))
            })
            .collect();
        let mut lines = vec![format!("min {min}, mean {avg}, max {max} ms, {from}")];
        if !known.is_empty() {
            lines.push(format!("{} ms", known.join(", ")));
        }
        lines
    }

    fn client(&self) -> String {
        let percent = self.statistics.cpu_percent();
        let mut text =
            format!("{percent:.0} % of one CPU; monotonic clock, read for each read and write");
        if self.statistics.cpu_duration < Duration::from_millis(1) {
            "monotonic clock, read for each read and write".clone_into(&mut text);
        }
        text
    }

    /// The warning if the client was the limit.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let percent = self.statistics.cpu_percent();
        let is_long = self.statistics.cpu_duration >= LONG;
        (is_long && percent > BUSY).then(|| {
            format!(
                "warning: the client used {percent:.0} % of its CPU: it may be the limit, not the \
                 server\n"
            )
        })
    }
}

fn plural(count: u64, name: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {name}{s}")
}
