//! WebSocket beside HTTP, as a table and as JSON.

use std::fmt::Write as _;
use std::io;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::milliseconds;
use crate::measure::RoundTrips;
use crate::output::escape::{self, Breaks};
use crate::output::json_text;

/// What was measured over one of the ways.
#[derive(Clone, Debug, Default)]
pub struct WayResult {
    /// The time of each exchange.
    pub round_trips: RoundTrips,
    /// The time of all exchanges.
    pub duration: Duration,
    /// The number of bytes that were sent.
    pub sent: u64,
    /// The number of bytes that were received.
    pub received: u64,
}

impl WayResult {
    fn per_second(&self) -> f64 {
        let seconds = self.duration.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let count = self.round_trips.count() as f64;
        if seconds > 0.0 {
            count / seconds
        } else {
            0.0
        }
    }

    /// `bytes` of one exchange.
    fn per_exchange(&self, bytes: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a mean for people")]
        let (bytes, count) = (bytes as f64, self.round_trips.count().max(1) as f64);
        bytes / count
    }
}

/// The three ways.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// The URL of the WebSocket, without credentials.
    pub url: &'a str,
    /// The URL of HTTP, without credentials.
    pub http_url: &'a str,
    /// The size of a message in bytes.
    pub size: usize,
    /// Whether TLS was used.
    pub is_tls: bool,
    /// Over WebSocket.
    pub websocket: &'a WayResult,
    /// Over HTTP, on one connection.
    pub kept: &'a WayResult,
    /// Over HTTP, on a connection for each exchange.
    pub fresh: &'a WayResult,
}

impl Comparison<'_> {
    fn ways(&self) -> [&WayResult; 3] {
        [self.websocket, self.kept, self.fresh]
    }

    /// The table.
    #[must_use]
    pub fn text(&self) -> String {
        let (url, http_url) = (
            escape::text(self.url, Breaks::Shown),
            escape::text(self.http_url, Breaks::Shown),
        );
        let mut text = format!(
            "BENCH {url} beside POST {http_url}\n\
             one exchange after the other, messages of {} bytes\n\n",
            self.size
        );
        let mut row = |name: &str, values: [String; 3]| {
            let [websocket, kept, fresh] = values;
            let _ = writeln!(text, "{name:<18}{websocket:>12}{kept:>18}{fresh:>14}");
        };
        let titles = ["WebSocket", "HTTP kept alive", "HTTP fresh"];
        row("", titles.map(str::to_owned));
        let ways = self.ways();
        row(
            "exchanges",
            ways.map(|way| way.round_trips.count().to_string()),
        );
        row(
            "exchanges/s",
            ways.map(|way| format!("{:.1}", way.per_second())),
        );
        let mean = |way: &WayResult| way.round_trips.summary().map(|summary| summary.avg);
        row("mean, ms", ways.map(|way| known(mean(way))));
        for (name, percent) in [("p50, ms", 50), ("p99, ms", 99)] {
            row(
                name,
                ways.map(|way| known(way.round_trips.percentile(percent))),
            );
        }
        row(
            "bytes sent",
            ways.map(|way| bytes(way.per_exchange(way.sent))),
        );
        row(
            "bytes received",
            ways.map(|way| bytes(way.per_exchange(way.received))),
        );
        row(
            "bytes in all",
            ways.map(|way| bytes(way.per_exchange(way.sent + way.received))),
        );
        let inside = if self.is_tls { " inside TLS" } else { "" };
        let _ = writeln!(
            text,
            "\nBytes are those of one exchange: the payload of TCP{inside}, headers included. Opening the\n\
             WebSocket and the kept connection is not counted; HTTP fresh connects each time."
        );
        text
    }

    /// The table as a JSON line.
    ///
    /// # Errors
    ///
    /// A time before year -9999 or after 9999.
    pub fn json(&self, at: SystemTime, exit: u8) -> io::Result<Vec<u8>> {
        json_text::line(&ComparisonObject {
            time: json_text::timestamp(at)?,
            r#type: "comparison",
            url: self.url,
            http_url: self.http_url,
            size: self.size,
            websocket: WayObject::new(self.websocket),
            http_kept_alive: WayObject::new(self.kept),
            http_fresh: WayObject::new(self.fresh),
            clock: "monotonic",
            exit,
        })
    }
}

fn known(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), milliseconds)
}

/// A mean number of bytes, without decimals if it is whole.
fn bytes(mean: f64) -> String {
    let text = format!("{mean:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[derive(Serialize)]
struct ComparisonObject<'a> {
    time: String,
    r#type: &'static str,
    url: &'a str,
    http_url: &'a str,
    size: usize,
    websocket: WayObject,
    http_kept_alive: WayObject,
    http_fresh: WayObject,
    clock: &'static str,
    exit: u8,
}

/// Times in milliseconds; `null` if there are too few exchanges. Bytes are those of one exchange.
#[derive(Serialize)]
struct WayObject {
    exchanges: u64,
    seconds: f64,
    exchanges_per_second: f64,
    min: Option<f64>,
    avg: Option<f64>,
    max: Option<f64>,
    p50: Option<f64>,
    p99: Option<f64>,
    bytes_sent: f64,
    bytes_received: f64,
}

impl WayObject {
    fn new(way: &WayResult) -> Self {
        let summary = way.round_trips.summary();
        let known = |percent| {
            way.round_trips
                .percentile(percent)
                .map(json_text::milliseconds)
        };
        Self {
            exchanges: way.round_trips.count(),
            seconds: way.duration.as_secs_f64(),
            exchanges_per_second: way.per_second(),
            min: summary.map(|summary| json_text::milliseconds(summary.min)),
            avg: summary.map(|summary| json_text::milliseconds(summary.avg)),
            max: summary.map(|summary| json_text::milliseconds(summary.max)),
            p50: known(50),
            p99: known(99),
            bytes_sent: way.per_exchange(way.sent),
            bytes_received: way.per_exchange(way.received),
        }
    }
}
