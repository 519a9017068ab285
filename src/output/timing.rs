//! `--timing`: how long each step took, printed to stderr when the connection has ended.
//!
//! It is printed at the end because the last step is the first message. For a connection that never
//! opened, nothing is printed: the error names the failed step, and `-v` its time.

use std::fmt::Write;
use std::io;
use std::time::{Duration, SystemTime};

use crate::event::{Event, Link, Now, PeerAddress, Timing, Way};
use crate::output::palette::{Palette, Style};
use crate::output::sink::Sink;
use crate::output::Output;

/// A step that takes time, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimedPhase {
    /// Everything before the last redirect.
    Redirects,
    /// Name resolution.
    Resolve,
    /// Connecting over TCP or to the Unix socket.
    Connect,
    /// The response of the proxy.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// The opening handshake.
    Upgrade,
    /// From the open connection to the first message.
    FirstMessage,
}

impl TimedPhase {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Redirects => "redirects",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Upgrade => "upgrade",
            Self::FirstMessage => "first_message",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Redirects => "redirects",
            Self::Resolve => "name resolution",
            Self::Connect => "TCP",
            Self::Proxy => "proxy",
            Self::Tls => "TLS",
            Self::Upgrade => "upgrade",
            Self::FirstMessage => "first message",
        }
    }
}

/// The times of one connection.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionTimes {
    link: Link,
    opened: SystemTime,
    steps: Timing,
    unix: bool,
    first_message: Option<Duration>,
}

impl ConnectionTimes {
    /// All phases and how long they took; `None` for one that was not needed.
    #[must_use]
    pub fn phases(&self) -> [(TimedPhase, Option<Duration>); 7] {
        let steps = &self.steps;
        [
            (TimedPhase::Redirects, steps.redirects),
            (TimedPhase::Resolve, steps.resolve),
            (TimedPhase::Connect, steps.connect),
            (TimedPhase::Proxy, steps.proxy),
            (TimedPhase::Tls, steps.tls),
            (TimedPhase::Upgrade, steps.upgrade),
            (TimedPhase::FirstMessage, self.first_message),
        ]
    }

    fn label(&self, phase: TimedPhase) -> &'static str {
        match phase {
            TimedPhase::Connect if self.unix => "Unix socket",
            phase => phase.label(),
        }
    }
}

/// Measures the times of all connections from events.
#[derive(Debug, Default)]
pub struct Stopwatch {
    running: Vec<ConnectionTimes>,
}

impl Stopwatch {
    /// Handles an event. Returns the times of a connection that it ends.
    pub fn on_event(
        &mut self,
        at: SystemTime,
        link: Link,
        event: &Event<'_>,
    ) -> Option<ConnectionTimes> {
        let place = self.running.iter().position(|times| times.link == link);
        match (event, place) {
            (Event::Open(upgrade), None) => self.running.push(ConnectionTimes {
                link,
                opened: at,
                steps: upgrade.timing,
                unix: matches!(upgrade.peer, Some(PeerAddress::Unix(_))),
                first_message: None,
            }),
            (Event::Data(Way::In, _), _) => self.on_message(at, link),
            (Event::Closed(_), Some(place)) => return Some(self.running.remove(place)),
            _ => {}
        }
        None
    }

    /// Records that a message has begun to arrive.
    pub fn on_message(&mut self, at: SystemTime, link: Link) {
        let times = self.running.iter_mut().find(|times| times.link == link);
        if let Some(times) = times.filter(|times| times.first_message.is_none()) {
            // A clock that was set back is not an error.
            times.first_message = Some(at.duration_since(times.opened).unwrap_or_default());
        }
    }
}

/// The format of the timing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimingFormat {
    /// Names and milliseconds.
    Columns,
    /// With a bar for each, for a terminal.
    Bars,
}

/// Prints the timing to a sink.
#[derive(Debug)]
pub struct TimingOutput {
    form: TimingFormat,
    palette: Palette,
    stopwatch: Stopwatch,
}

impl TimingOutput {
    /// Creates an output in this format.
    #[must_use]
    pub fn new(form: TimingFormat, palette: Palette) -> Self {
        Self {
            form,
            palette,
            stopwatch: Stopwatch::default(),
        }
    }
}

impl Output for TimingOutput {
    fn on_event(
        &mut self,
        now: Now,
        link: Link,
        event: &Event<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        match self.stopwatch.on_event(now.time, link, event) {
            Some(times) => to.put(draw(&times, self.form, self.palette).as_bytes()),
            None => Ok(()),
        }
    }
}

/// The length of the longest bar in columns, so that a line fits any terminal.
const WIDTH: f64 = 40.0;

/// A line for each phase that took place, and one for the total.
fn draw(times: &ConnectionTimes, form: TimingFormat, palette: Palette) -> String {
    let phases = times.phases();
    let happened = phases
        .iter()
        .filter_map(|(phase, duration)| Some((times.label(*phase), (*duration)?)));
    let total: Duration = happened.clone().map(|(_, duration)| duration).sum();
    let mut out = String::new();
    let mut push = |label: &str, duration: Duration, bar: &str| {
        if times.link != Link(0) {
            write!(out, "[{}] ", times.link.0).expect("a String takes any text");
        }
        let milliseconds = duration.as_secs_f64() * 1000.0;
        write!(out, "{label:<15} {milliseconds:>9.1} ms").expect("a String takes any text");
        if !bar.is_empty() {
            out.push_str("  ");
            out.push_str(&palette.paint(Style::Quiet, bar));
        }
        out.push('\n');
    };
    let mut before = Duration::ZERO;
    for (label, duration) in happened {
        let bar = match form {
            TimingFormat::Columns => String::new(),
            TimingFormat::Bars => bar(before, duration, total),
        };
        push(label, duration, &bar);
        before += duration;
    }
    push("total", total, "");
    out
}

/// A bar that begins where the previous one ended, at least one column wide.
fn bar(before: Duration, duration: Duration, total: Duration) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the width"
    )]
    let column = |at: Duration| {
        let share = at.as_secs_f64() / total.as_secs_f64().max(f64::MIN_POSITIVE);
        (share.min(1.0) * WIDTH).round() as usize
    };
    let (start, end) = (column(before), column(before + duration));
    if start == end {
        return format!("{:start$}▏", "");
    }
    format!("{:start$}{}", "", "█".repeat(end - start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(milliseconds: [Option<u64>; 6]) -> ConnectionTimes {
        let [redirects, resolve, connect, tls, upgrade, first_message] =
            milliseconds.map(|it| it.map(Duration::from_millis));
        ConnectionTimes {
            link: Link(0),
            opened: SystemTime::UNIX_EPOCH,
            steps: Timing {
                redirects,
                resolve,
                connect,
                proxy: None,
                tls,
                upgrade,
            },
            unix: false,
            first_message,
        }
    }

    #[test]
    fn each_phase_has_a_line() {
        let times = times([None, Some(5), Some(10), None, Some(25), Some(1200)]);
        assert_eq!(
            draw(&times, TimingFormat::Columns, Palette::plain()),
            "name resolution       5.0 ms\n\
             TCP                  10.0 ms\n\
             upgrade              25.0 ms\n\
             first message      1200.0 ms\n\
             total              1240.0 ms\n"
        );
    }

    #[test]
    fn bars_are_consecutive() {
        let mut times = times([Some(100), None, Some(0), Some(50), Some(50), None]);
        times.unix = true;
        times.link = Link(2);
        assert_eq!(
            draw(&times, TimingFormat::Bars, Palette::plain()),
            format!(
                "[2] redirects           100.0 ms  {}\n\
                 [2] Unix socket           0.0 ms  {:20}▏\n\
                 [2] TLS                  50.0 ms  {:20}{}\n\
                 [2] upgrade              50.0 ms  {:30}{}\n\
                 [2] total               200.0 ms\n",
                "█".repeat(20),
                "",
                "",
                "█".repeat(10),
                "",
                "█".repeat(10),
            )
        );
    }

    #[test]
    fn zero_durations_are_printed() {
        let times = times([None, None, Some(0), None, Some(0), None]);
        let text = draw(&times, TimingFormat::Bars, Palette::plain());
        assert_eq!(text.matches('▏').count(), 2, "{text}");
    }
}
