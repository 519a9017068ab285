//! The output of `wsline bench`: a progress line while it runs on a terminal, and the result as text
//! or as JSON.

mod comparison;
mod histogram;
mod object;
mod summary;

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use unicode_width::UnicodeWidthStr as _;

pub use comparison::{Comparison, WayResult};
pub use summary::BenchSummary;

use crate::event::{Event, Link, LoadPhase, LoadProgress, Now};
use crate::output::sink::Sink;
use crate::output::Output;

/// The percentiles that are printed, in thousandths, with their names.
const PERCENTILES: [(&str, u16); 5] = [
    ("p50", 500),
    ("p90", 900),
    ("p95", 950),
    ("p99", 990),
    ("p99.9", 999),
];

/// Keeps one line on a terminal up to date.
#[derive(Debug)]
pub struct ProgressLine {
    /// The width of the terminal.
    columns: fn() -> usize,
    /// The number of columns that are in use.
    drawn: usize,
}

impl ProgressLine {
    /// Creates the output for a terminal with so many columns.
    #[must_use]
    pub fn new(columns: fn() -> usize) -> Self {
        Self { columns, drawn: 0 }
    }

    /// Replaces the line. Spaces cover what is left of the one before, on any terminal.
    fn draw(&mut self, line: &str, to: &mut dyn Sink) -> io::Result<()> {
        let room = (self.columns)().saturating_sub(1);
        let line: String = line.chars().take(room).collect();
        let width = line.width();
        let rest = " ".repeat(self.drawn.saturating_sub(width));
        self.drawn = width;
        let back = if line.is_empty() { "\r" } else { "" };
        to.put(format!("\r{line}{rest}{back}").as_bytes())?;
        to.idle()
    }
}

fn describe(progress: &LoadProgress) -> String {
    let LoadProgress {
        connections,
        opened,
        open,
        sent,
        received,
        errors,
        ..
    } = progress;
    let mut line = match progress.phase {
        LoadPhase::Connecting => format!("connecting: {opened} of {connections} open"),
        LoadPhase::Running => format!(
            "{:.1} s: {open} open, {sent} sent, {received} received, {:.0}/s",
            progress.elapsed.as_secs_f64(),
            progress.rate,
        ),
        LoadPhase::Draining => {
            format!("waiting for replies: {open} open, {sent} sent, {received} received")
        }
        LoadPhase::Done => return String::new(),
    };
    for (name, time) in [("p50", progress.p50), ("p99", progress.p99)] {
        let time = time.map(|time| format!(", {name} {} ms", milliseconds(time)));
        line.extend(time);
    }
    if *errors > 0 {
        let _ = write!(line, ", {errors} errors");
    }
    line
}

impl Output for ProgressLine {
    fn on_event(
        &mut self,
        _now: Now,
        _link: Link,
        event: &Event<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        match event {
            Event::Load(progress) => self.draw(&describe(progress), to),
            // The reason follows.
            Event::Failed(_) if self.drawn > 0 => self.draw("", to),
            _ => Ok(()),
        }
    }
}

/// Milliseconds with at least three digits.
fn milliseconds(duration: Duration) -> String {
    let value = duration.as_secs_f64() * 1000.0;
    let decimals = match value {
        value if value < 10.0 => 3,
        value if value < 100.0 => 2,
        value if value < 1000.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests;
