//! `wsline ping`: sends Pings (RFC 6455 §5.5.2), or text messages to a server that echoes them, at
//! regular intervals, and measures how long the answers take.
//!
//! Times are those of the turns of the loop: from the turn in which something is sent to the turn in
//! which the answer has been received. What is not answered in time is lost; an answer that comes
//! after that is reported and not counted, so that loss and round trips are those of the same limit.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use super::{Progress, Sender, Source};
use crate::assembly::Message;
use crate::event::{Event, Kind, Link, Now, Piece, Probe, ProbeAnswer, Way};
use crate::measure::RoundTrips;

/// What is replaced by the number of the Ping, so that answers can be told apart.
const SEQ: &str = "{seq}";

/// How many that are lost are remembered, in case an answer comes after all.
const REMEMBERED: usize = 1000;

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeKind {
    /// Pings with this payload.
    Ping(String),
    /// Text messages, of which the server sends each back.
    Text(String),
}

impl ProbeKind {
    /// The payload of the one with this number.
    #[must_use]
    pub fn payload(&self, seq: u64) -> String {
        let (Self::Ping(template) | Self::Text(template)) = self;
        template.replace(SEQ, &seq.to_string())
    }
}

/// What is sent, and when.
#[derive(Clone, Debug)]
pub struct PingOptions {
    /// What is sent.
    pub kind: ProbeKind,
    /// How many; `None` for no end.
    pub count: Option<u64>,
    /// The time from one to the next.
    pub interval: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
}

/// How it went.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// How many were sent.
    pub sent: u64,
    /// How many were answered after they had been counted as lost.
    pub late: u64,
    /// Messages that were received and are no answer; only where text messages are sent.
    pub other_messages: u64,
    /// Those that were answered in time.
    pub round_trips: RoundTrips,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Statistics {
    /// How many were answered in time.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.round_trips.count()
    }

    /// From the first that was sent to the last that was sent, answered or lost.
    #[must_use]
    pub fn duration(&self) -> Duration {
        match (self.first, self.last) {
            (Some(first), Some(last)) => last.saturating_duration_since(first),
            _ => Duration::ZERO,
        }
    }
}

/// One that was sent, and not answered yet.
#[derive(Clone, Copy, Debug)]
struct Sent {
    seq: u64,
    at: Instant,
}

/// The source of a run that measures round trips on one connection.
#[derive(Debug)]
pub struct Ping {
    options: PingOptions,
    statistics: Statistics,
    link: Link,
    /// When the next is due; `None` while there is no connection.
    next: Option<Instant>,
    /// The connection has no room: it is waited for instead of the clock.
    blocked: bool,
    awaited: VecDeque<Sent>,
    lost: VecDeque<Sent>,
    /// What the outputs have not been told yet.
    unreported: Vec<Probe>,
}

impl Ping {
    /// Begins when the connection is open.
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

    /// How it went so far.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    fn has_more_to_send(&self) -> bool {
        let count = self.options.count;
        count.is_none_or(|count| self.statistics.sent < count)
    }

    /// Counts those as lost that had their time.
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
        self.awaited.push_back(Sent { seq, at: now });
        self.statistics.first.get_or_insert(now);
        self.statistics.last = Some(now);
        // Those that were missed are not sent in a burst.
        let interval = self.options.interval;
        let next = self.next.map(|next| next + interval);
        self.next = next.map(|next| if next > now { next } else { now + interval });
    }

    /// Takes an answer; false if it is none.
    fn take_answer(&mut self, now: Instant, payload: &[u8]) -> bool {
        let kind = &self.options.kind;
        let of_it = |sent: &Sent| kind.payload(sent.seq).as_bytes() == payload;
        let answer = |sent: Sent| ProbeAnswer {
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
        // An answer that came when its time was up is late, even if nothing else has looked yet.
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
                let Some((Way::In, message)) = Message::from_event(event) else {
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
