//! `--timing`: how long each step took, as a waterfall on stderr when the connection has ended.
//!
//! It comes at the end because its last step is the first message. A connection that never
//! opened has none: there the error says in which step it failed, and `-v` when.

use std::fmt::Write;
use std::io;
use std::time::{Duration, SystemTime};

use crate::event::{Event, Link, PeerAddress, Timing as Steps, Way};
use crate::output::palette::{Palette, Style};
use crate::output::sink::Sink;
use crate::output::Output;

/// A step that takes time, in the order in which they happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Everything before the last redirect.
    Redirects,
    /// Name resolution.
    Resolve,
    /// TCP, or the Unix socket.
    Connect,
    /// The proxy's answer.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// The opening handshake.
    Upgrade,
    /// From the open connection to the first message.
    FirstMessage,
}

impl Phase {
    /// Its name in JSON.
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

    /// Its name for people.
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

/// One connection's times.
#[derive(Clone, Copy, Debug)]
pub struct Lap {
    link: Link,
    opened: SystemTime,
    steps: Steps,
    unix: bool,
    first_message: Option<Duration>,
}

impl Lap {
    /// Every phase, and how long it took; `None` if it did not happen.
    #[must_use]
    pub fn phases(&self) -> [(Phase, Option<Duration>); 7] {
        let steps = &self.steps;
        [
            (Phase::Redirects, steps.redirects),
            (Phase::Resolve, steps.resolve),
            (Phase::Connect, steps.connect),
            (Phase::Proxy, steps.proxy),
            (Phase::Tls, steps.tls),
            (Phase::Upgrade, steps.upgrade),
            (Phase::FirstMessage, self.first_message),
        ]
    }

    fn label(&self, phase: Phase) -> &'static str {
        match phase {
            Phase::Connect if self.unix => "Unix socket",
            phase => phase.label(),
        }
    }
}

/// Takes the times of all connections from the events.
#[derive(Debug, Default)]
pub struct Stopwatch {
    running: Vec<Lap>,
}

impl Stopwatch {
    /// Hears an event; the times of a connection that has ended with it.
    pub fn hear(&mut self, at: SystemTime, link: Link, event: &Event<'_>) -> Option<Lap> {
        let place = self.running.iter().position(|lap| lap.link == link);
        match (event, place) {
            (Event::Open(upgrade), None) => self.running.push(Lap {
                link,
                opened: at,
                steps: upgrade.timing,
                unix: matches!(upgrade.peer, Some(PeerAddress::Unix(_))),
                first_message: None,
            }),
            (Event::Data(Way::In, _), _) => self.hear_message(at, link),
            (Event::Closed(_), Some(place)) => return Some(self.running.remove(place)),
            _ => {}
        }
        None
    }

    /// Hears that a message has begun to arrive.
    pub fn hear_message(&mut self, at: SystemTime, link: Link) {
        let lap = self.running.iter_mut().find(|lap| lap.link == link);
        if let Some(lap) = lap.filter(|lap| lap.first_message.is_none()) {
            // A clock that was set back meanwhile is no reason to fail.
            lap.first_message = Some(at.duration_since(lap.opened).unwrap_or_default());
        }
    }
}

/// How a waterfall is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Names and milliseconds.
    Columns,
    /// With a bar behind each, for a terminal.
    Bars,
}

/// The waterfall, on a sink.
#[derive(Debug)]
pub struct Timing<S> {
    sink: S,
    form: Form,
    palette: Palette,
    stopwatch: Stopwatch,
}

impl<S: Sink> Timing<S> {
    /// A waterfall for `sink`.
    pub fn new(sink: S, form: Form, palette: Palette) -> Self {
        Self {
            sink,
            form,
            palette,
            stopwatch: Stopwatch::default(),
        }
    }
}

impl<S: Sink> Output for Timing<S> {
    fn show(&mut self, at: SystemTime, link: Link, event: &Event<'_>) -> io::Result<()> {
        match self.stopwatch.hear(at, link, event) {
            Some(lap) => self
                .sink
                .put(draw(&lap, self.form, self.palette).as_bytes()),
            None => Ok(()),
        }
    }

    fn sink(&self) -> Option<&dyn Sink> {
        Some(&self.sink)
    }

    fn sink_mut(&mut self) -> Option<&mut dyn Sink> {
        Some(&mut self.sink)
    }
}

/// How many columns the longest bar has: with what stands before it, a line fits any terminal.
const WIDTH: f64 = 40.0;

/// A line for each phase that happened, and one for all of them.
fn draw(lap: &Lap, form: Form, palette: Palette) -> String {
    let phases = lap.phases();
    let happened = phases
        .iter()
        .filter_map(|(phase, duration)| Some((lap.label(*phase), (*duration)?)));
    let total: Duration = happened.clone().map(|(_, duration)| duration).sum();
    let mut out = String::new();
    let mut push = |label: &str, duration: Duration, bar: &str| {
        if lap.link != Link(0) {
            write!(out, "[{}] ", lap.link.0).expect("a String takes any text");
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
            Form::Columns => String::new(),
            Form::Bars => bar(before, duration, total),
        };
        push(label, duration, &bar);
        before += duration;
    }
    push("total", total, "");
    out
}

/// A bar that begins where the one before it ended; the shortest step has one too.
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

    fn lap(milliseconds: [Option<u64>; 6]) -> Lap {
        let [redirects, resolve, connect, tls, upgrade, first_message] =
            milliseconds.map(|it| it.map(Duration::from_millis));
        Lap {
            link: Link(0),
            opened: SystemTime::UNIX_EPOCH,
            steps: Steps {
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
    fn what_happened_has_a_line() {
        let lap = lap([None, Some(5), Some(10), None, Some(25), Some(1200)]);
        assert_eq!(
            draw(&lap, Form::Columns, Palette::plain()),
            "name resolution       5.0 ms\n\
             TCP                  10.0 ms\n\
             upgrade              25.0 ms\n\
             first message      1200.0 ms\n\
             total              1240.0 ms\n"
        );
    }

    #[test]
    fn bars_follow_one_another() {
        let mut lap = lap([Some(100), None, Some(0), Some(50), Some(50), None]);
        lap.unix = true;
        lap.link = Link(2);
        assert_eq!(
            draw(&lap, Form::Bars, Palette::plain()),
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
    fn nothing_takes_no_time_and_no_division() {
        let lap = lap([None, None, Some(0), None, Some(0), None]);
        let text = draw(&lap, Form::Bars, Palette::plain());
        assert_eq!(text.matches('▏').count(), 2, "{text}");
    }
}
