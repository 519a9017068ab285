//! The result of `wsline bench` as JSON.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::BenchSummary;
use crate::error::Error;
use crate::measure::load::LoadModel;
use crate::measure::RoundTrips;
use crate::output::json_text::{self, ErrorObject};

#[derive(Serialize)]
struct BenchObject<'a> {
    time: String,
    r#type: &'static str,
    url: &'a str,
    r#loop: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<f64>,
    connections: ConnectionsObject,
    size: usize,
    sent: u64,
    received: u64,
    other: u64,
    bytes: BytesObject,
    seconds: f64,
    messages_per_second: f64,
    latency: LatencyObject,
    errors: &'a BTreeMap<String, u64>,
    clock: &'static str,
    client_cpu_percent: f64,
    failed: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject>,
    exit: u8,
}

#[derive(Serialize)]
struct ConnectionsObject {
    requested: u16,
    opened: u64,
    failed: u64,
    min: Option<f64>,
    avg: Option<f64>,
    max: Option<f64>,
    /// The mean of each step.
    steps: BTreeMap<&'static str, f64>,
}

#[derive(Serialize)]
struct BytesObject {
    sent: u64,
    received: u64,
}

/// Milliseconds; `null` if there are too few replies.
#[derive(Serialize)]
struct LatencyObject {
    min: Option<f64>,
    avg: Option<f64>,
    max: Option<f64>,
    mdev: Option<f64>,
    p50: Option<f64>,
    p90: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
    p99_9: Option<f64>,
    counts: Vec<(f64, u64)>,
}

impl LatencyObject {
    fn new(latency: &RoundTrips) -> Self {
        let summary = latency.summary();
        let known = |thousandths| {
            latency
                .per_thousand(thousandths)
                .map(json_text::milliseconds)
        };
        let counts = latency.counts();
        Self {
            min: summary.map(|summary| json_text::milliseconds(summary.min)),
            avg: summary.map(|summary| json_text::milliseconds(summary.avg)),
            max: summary.map(|summary| json_text::milliseconds(summary.max)),
            mdev: summary.map(|summary| json_text::milliseconds(summary.mdev)),
            p50: known(500),
            p90: known(900),
            p95: known(950),
            p99: known(990),
            p99_9: known(999),
            counts: counts
                .map(|(time, count)| (json_text::milliseconds(Duration::from_nanos(time)), count))
                .collect(),
        }
    }
}

impl BenchSummary<'_> {
    /// The result as a JSON line, with the exit code and the error if there is one.
    ///
    /// # Errors
    ///
    /// A time before year -9999 or after 9999.
    pub fn json(&self, at: SystemTime, exit: u8, error: Option<&Error>) -> io::Result<Vec<u8>> {
        let (name, window, rate) = match self.model {
            LoadModel::Closed { window } => ("closed", Some(window), None),
            LoadModel::Open { rate, window } => ("open", window, Some(rate)),
            LoadModel::SendOnly { rate } => ("send", None, rate),
            LoadModel::Listen => ("listen", None, None),
        };
        let statistics = self.statistics;
        let connect = statistics.connect.total.summary();
        let steps = statistics.connect.steps.iter();
        json_text::line(&BenchObject {
            time: json_text::timestamp(at)?,
            r#type: "bench",
            url: self.url,
            r#loop: name,
            window,
            rate,
            connections: ConnectionsObject {
                requested: self.connections,
                opened: statistics.opened,
                failed: statistics.refused,
                min: connect.map(|summary| json_text::milliseconds(summary.min)),
                avg: connect.map(|summary| json_text::milliseconds(summary.avg)),
                max: connect.map(|summary| json_text::milliseconds(summary.max)),
                steps: steps
                    .map(|(name, step)| (*name, json_text::milliseconds(step.mean())))
                    .collect(),
            },
            size: self.size,
            sent: statistics.sent,
            received: statistics.received,
            other: statistics.other,
            bytes: BytesObject {
                sent: statistics.sent_bytes,
                received: statistics.received_bytes,
            },
            seconds: statistics.duration.as_secs_f64(),
            messages_per_second: statistics.rate(self.model),
            latency: LatencyObject::new(&statistics.latency),
            errors: &statistics.errors,
            clock: "monotonic",
            client_cpu_percent: (statistics.cpu_percent() * 10.0).round() / 10.0,
            failed: self.failed,
            error: error.map(ErrorObject::new),
            exit,
        })
    }
}
