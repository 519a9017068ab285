//! `wsline ping`: sends Pings (RFC 6455 §5.5.2), or text messages to a server that echoes them, at
//! regular intervals, and measures the time until the answers.
//!
//! Times are measured between iterations of the loop: the one in which something is sent and the
//! one in which the answer has been received. A Ping without an answer in time is lost; a late
//! answer is reported but not counted, so that loss and round trips refer to the same timeout.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use super::{Progress, Sender, Source};
use crate::assembly::WholeMessage;
use crate::event::{Event, Kind, Link, Now, Piece, Probe, ProbeAnswer, Way};
use crate::measure::RoundTrips;

/// A placeholder for the number of the Ping, so that answers can be distinguished.
const SEQ: &str = "{seq}";

/// The maximum number of lost Pings that are remembered, in case of a late answer.
const REMEMBERED: usize = 1000;

/// What is sent to measure a round trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeKind {
    /// Pings with this payload.
    Ping(String),
    /// Text messages, which the server must echo.
    Text(String),
}

impl ProbeKind {
    /// The payload with this number.
    #[must_use]
    pub fn payload(&self, seq: u64) -> String {
        let (Self::Ping(template) | Self::Text(template)) = self;
        template.replace(SEQ, &seq.to_string())
    }
}

/// What to send, and when.
#[derive(Clone, Debug)]
pub struct PingOptions {
    /// Pings or text messages.
    pub kind: ProbeKind,
    /// The number to send; `None` for no limit.
    pub count: Option<u64>,
    /// The interval.
    pub interval: Duration,
    /// The maximum time for an answer.
    pub timeout: Duration,
}

/// Statistics of a run.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// The number sent.
    pub sent: u64,
    /// The number of answers after the timeout.
    pub late: u64,
    /// The number of received messages that are not answers; only for text messages.
    pub other_messages: u64,
    /// The answers in time.
    pub round_trips: RoundTrips,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Statistics {
    /// The number of answers in time.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.round_trips.count()
    }

    /// The time from the first to the last one sent, including its answer.
    #[must_use]
    pub fn duration(&self) -> Duration {
        match (self.first, self.last) {
            (Some(first), Some(last)) => last.saturating_duration_since(first),
            _ => Duration::ZERO,
        }
    }
}

/// A Ping or text message that was sent, and when.
#[derive(Clone, Copy, Debug)]
struct SentProbe {
    seq: u64,
    at: Instant,
}

/// A source that measures round-trip times on one connection.
#[derive(Debug)]
pub struct Ping {
    options: PingOptions,
    statistics: Statistics,
    link: Link,
    /// When the next one is due; `None` without a connection.
    next: Option<Instant>,
    /// Whether the connection has no room, so that sending waits for it instead of the clock.
    blocked: bool,
    awaited: VecDeque<SentProbe>,
    lost: VecDeque<SentProbe>,
    /// Results that have not been passed to the outputs.
    unreported: Vec<Probe>,
}

impl Ping {
    /// Creates a source that starts when the connection is open.
    #[must_use]
    pub fn new(options: PingOptions) -> Self {
        Self {
            options,
            statistics: Statistics::default(),
            link: Link::default(),
            next: None,
            blocked: false,
            awaited: VecDeque::new(),
            lost: VecDeque::new(),
            unreported: Vec::new(),
        }
    }

    /// The statistics so far.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    fn has_more_to_send(&self) -> bool {
        let count = self.options.count;
        count.is_none_or(|count| self.statistics.sent < count)
    }

    /// Counts those without an answer in time as lost.
    fn drop_lost(&mut self, now: Instant) {
        let timeout = self.options.timeout;
        while let Some(first) = self.awaited.front() {
            if now.saturating_duration_since(first.at) < timeout {
                return;
            }
            let seq = first.seq;
            self.unreported.push(Probe::Lost { seq, timeout });
            self.statistics.last = Some(now);
            self.lost.extend(self.awaited.pop_front());
            if self.lost.len() > REMEMBERED {
                self.lost.pop_front();
            }
        }
    }

    fn send_next(&mut self, now: Instant, to: &mut dyn Sender) {
        let due = self.next.is_some_and(|next| next <= now) && self.has_more_to_send();
        self.blocked = due && to.room(self.link) == 0;
        if !due || self.blocked {
            return;
        }
        self.statistics.sent += 1;
        let seq = self.statistics.sent;
        let payload = self.options.kind.payload(seq);
        match self.options.kind {
            ProbeKind::Ping(_) => to.ping(self.link, payload.as_bytes()),
            ProbeKind::Text(_) => {
                to.data(self.link, Piece::whole(Kind::Text, payload.as_bytes()));
            }
        }
        self.awaited.push_back(SentProbe { seq, at: now });
        self.statistics.first.get_or_insert(now);
        self.statistics.last = Some(now);
        // Missed ones are not sent in a burst.
        let interval = self.options.interval;
        let next = self.next.map(|next| next + interval);
        self.next = next.map(|next| if next > now { next } else { now + interval });
    }

    /// Handles a received payload. Returns false if it is not an answer.
    fn take_answer(&mut self, now: Instant, payload: &[u8]) -> bool {
        let kind = &self.options.kind;
        let of_it = |sent: &SentProbe| kind.payload(sent.seq).as_bytes() == payload;
        let answer = |sent: SentProbe| ProbeAnswer {
            seq: sent.seq,
            size: payload.len(),
            round_trip: now.saturating_duration_since(sent.at),
        };
        let place = self.awaited.iter().position(of_it);
        if let Some(sent) = place.and_then(|place| self.awaited.remove(place)) {
            let answer = answer(sent);
            self.statistics.round_trips.add(answer.round_trip);
            self.statistics.last = Some(now);
            self.unreported.push(Probe::Answered(answer));
            return true;
        }
        let place = self.lost.iter().position(of_it);
        let Some(sent) = place.and_then(|place| self.lost.remove(place)) else {
            return false;
        };
        self.statistics.late += 1;
        self.unreported.push(Probe::Late(answer(sent)));
        true
    }
}

impl Source for Ping {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn next_deadline(&self) -> Option<Instant> {
        let next = self
            .next
            .filter(|_| self.has_more_to_send() && !self.blocked);
        let first = self.awaited.front();
        let lost = first.map(|first| first.at + self.options.timeout);
        next.into_iter().chain(lost).min()
    }

    fn wants_messages(&self) -> bool {
        matches!(self.options.kind, ProbeKind::Text(_))
    }

    fn on_event(&mut self, now: Now, link: Link, event: &Event<'_>) {
        // An answer at the deadline is late, whatever is checked first.
        self.drop_lost(now.instant);
        match event {
            Event::Open(_) => (self.link, self.next) = (link, Some(now.instant)),
            Event::Closed(_) => {
                self.next = None;
                self.blocked = false;
            }
            Event::Pong(Way::In, payload)
                if !self.wants_messages() && !self.take_answer(now.instant, payload) =>
            {
                self.unreported.push(Probe::Unexpected(payload.to_vec()));
            }
            event if self.wants_messages() => {
                let Some((Way::In, message)) = WholeMessage::from_event(event) else {
                    return;
                };
                let is_text = message.kind == Kind::Text;
                if !(is_text && self.take_answer(now.instant, message.bytes)) {
                    self.statistics.other_messages += 1;
                }
            }
            _ => {}
        }
    }

    fn poll(&mut self, now: Now, _readable: bool, to: &mut dyn Sender) -> Progress {
        self.drop_lost(now.instant);
        self.send_next(now.instant, to);
        for probe in self.unreported.drain(..) {
            to.probed(self.link, &probe);
        }
        if !self.has_more_to_send() && self.awaited.is_empty() {
            Progress::Done(None)
        } else if self.blocked {
            Progress::More
        } else {
            Progress::Pending
        }
    }
}

#[cfg(test)]
mod tests;
