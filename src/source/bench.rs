//! `wsline bench`: sends messages on many connections and measures the replies.
//!
//! Nothing is sent until each attempt to connect has ended, so that connecting and the messages are
//! measured apart. Messages that are sent or received in the same iteration of the loop are counted
//! together: a time, a number.

mod awaited;
mod payload;
mod receiving;
mod schedule;
mod sending;

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

pub use self::payload::LoadPayload;

use self::awaited::Awaited;
use self::payload::PayloadWriter;
use self::schedule::Schedule;
use super::{EndDecision, LinkEnd, Progress, Sender, Source};
use crate::assembly::WholeMessage;
use crate::event::{Event, Link, LoadPhase, LoadProgress, Messages, Now, Timing, Way};
use crate::measure::load::{LoadModel, LoadStatistics};
use crate::protocol::{Closure, End, Role};
use crate::sys::usage;

/// The time between two reports of the progress.
const REPORT_INTERVAL: Duration = Duration::from_millis(200);

/// The minimum time between two readings of the CPU time.
const CPU_INTERVAL: Duration = Duration::from_millis(100);

/// What is sent, how much of it, and how.
#[derive(Clone, Debug)]
pub struct BenchOptions {
    /// The number of connections.
    pub connections: u16,
    /// How messages are sent.
    pub model: LoadModel,
    /// The number of messages in all; `None` for no limit.
    pub messages: Option<u64>,
    /// For how long messages are sent; `None` for no limit.
    pub duration: Option<Duration>,
    /// The message.
    pub payload: LoadPayload,
    /// How long to wait for missing replies at the end.
    pub wait: Duration,
    /// Whether progress is reported.
    pub progress: bool,
}

/// A connection.
#[derive(Debug, Default)]
struct LinkLoad {
    is_open: bool,
    awaited: Awaited,
    /// Whether it is in [`Bench::ready`].
    is_ready: bool,
}

/// A source that creates load and measures the replies.
#[derive(Debug)]
pub struct Bench {
    options: BenchOptions,
    writer: PayloadWriter,
    statistics: LoadStatistics,
    phase: LoadPhase,
    links: Vec<LinkLoad>,
    open: u64,
    in_flight: u64,
    /// Connections on which messages may be sent, in order.
    ready: VecDeque<Link>,
    schedule: Schedule,
    /// When the current phase ends, if time ends it.
    until: Option<Instant>,
    started: Option<Instant>,
    cpu_at_start: Duration,
    next_report: Option<Instant>,
    /// Whether there was no room for a message that could have been sent.
    lacks_room: bool,
}

impl Bench {
    /// Creates the source.
    #[must_use]
    pub fn new(options: BenchOptions) -> Self {
        let links = (0..options.connections).map(|_| LinkLoad::default());
        Self {
            writer: PayloadWriter::new(options.payload.clone()),
            statistics: LoadStatistics::default(),
            phase: LoadPhase::Connecting,
            links: links.collect(),
            open: 0,
            in_flight: 0,
            ready: VecDeque::new(),
            schedule: Schedule::new(options.model),
            until: None,
            started: None,
            cpu_at_start: Duration::ZERO,
            next_report: None,
            lacks_room: false,
            options,
        }
    }

    /// What was counted and measured so far.
    #[must_use]
    pub fn statistics(&self) -> &LoadStatistics {
        &self.statistics
    }

    fn expects_replies(&self) -> bool {
        matches!(
            self.options.model,
            LoadModel::Closed { .. } | LoadModel::Open { .. }
        )
    }

    fn link(&mut self, link: Link) -> Option<&mut LinkLoad> {
        self.links.get_mut(usize::from(link.0))
    }

    /// Begins to send once each attempt to connect has ended.
    fn start_if_connected(&mut self, now: Instant) {
        let attempted = self.statistics.opened + self.statistics.refused;
        let all = u64::from(self.options.connections);
        if self.phase != LoadPhase::Connecting || attempted < all || self.open == 0 {
            return;
        }
        self.phase = LoadPhase::Running;
        self.started = Some(now);
        let duration = self.options.duration;
        self.until = duration.map(|duration| match self.options.model {
            LoadModel::Open { .. } | LoadModel::SendOnly { rate: Some(_) } => {
                now + duration + self.options.wait
            }
            _ => now + duration,
        });
        self.cpu_at_start = usage::thread_cpu_time().unwrap_or_default();
        self.schedule.start(now, self.options.duration);
        for (place, load) in (0..).zip(&mut self.links) {
            if load.is_open {
                load.is_ready = true;
                self.ready.push_back(Link(place));
            }
        }
    }

    /// Updates the duration that the rates refer to.
    fn measured_until(&mut self, now: Instant) {
        if let Some(started) = self.started {
            self.statistics.duration = now.saturating_duration_since(started);
        }
    }

    /// Updates the CPU time from time to time, because reading it is a system call.
    fn measure_cpu(&mut self, now: Instant) {
        let elapsed = self
            .started
            .map(|started| now.saturating_duration_since(started));
        let before = self.statistics.cpu_duration;
        let is_due =
            |elapsed: &Duration| *elapsed >= before + CPU_INTERVAL || self.phase == LoadPhase::Done;
        if let Some(elapsed) = elapsed.filter(is_due) {
            let cpu = usage::thread_cpu_time().unwrap_or_default();
            self.statistics.cpu = cpu.saturating_sub(self.cpu_at_start);
            self.statistics.cpu_duration = elapsed;
        }
    }

    /// The number of messages that may still be sent.
    fn left(&self) -> u64 {
        let all = self.options.messages.unwrap_or(u64::MAX);
        all.saturating_sub(self.statistics.sent)
    }

    fn drain(&mut self, now: Instant) {
        self.phase = LoadPhase::Draining;
        self.until = Some(now + self.options.wait);
    }

    /// Whether everything that was sent is answered, or written if no replies are expected.
    fn is_drained(&self, to: &dyn Sender) -> bool {
        match self.options.model {
            LoadModel::Listen => true,
            LoadModel::SendOnly { .. } => {
                let links = (0..).map(Link).zip(&self.links);
                let mut open = links.filter(|(_, load)| load.is_open);
                open.all(|(link, _)| to.pending(link) == 0)
            }
            _ => self.in_flight == 0,
        }
    }

    fn finish(&mut self, now: Instant) {
        self.phase = LoadPhase::Done;
        let missing = std::mem::take(&mut self.in_flight);
        self.statistics.add_errors("no reply", missing);
        if !self.expects_replies() {
            self.measured_until(now);
        }
    }

    fn opened(&mut self, now: Instant, link: Link, timing: &Timing) {
        self.statistics.opened += 1;
        self.statistics.connect.add(&[
            ("DNS", timing.resolve),
            ("TCP", timing.connect),
            ("proxy", timing.proxy),
            ("TLS", timing.tls),
            ("upgrade", timing.upgrade),
        ]);
        self.open += 1;
        if let Some(load) = self.link(link) {
            load.is_open = true;
        }
        self.start_if_connected(now);
    }

    fn closed(&mut self, now: Instant, link: Link, closure: &Closure) {
        let Some(load) = self.link(link).filter(|load| load.is_open) else {
            return;
        };
        load.is_open = false;
        let missing = load.awaited.clear();
        self.open -= 1;
        self.in_flight = self.in_flight.saturating_sub(missing);
        let is_ours = closure.initiator == Some(Role::Us) && closure.end == End::Clean;
        if self.phase != LoadPhase::Done && !is_ours {
            self.statistics.add_errors("no reply", missing);
            self.statistics.add_errors(&describe(closure), 1);
        }
        self.start_if_connected(now);
    }

    fn report(&mut self, now: Instant, to: &mut dyn Sender) {
        let next = self.next_report.get_or_insert(now);
        if !self.options.progress || *next > now {
            return;
        }
        *next = now + REPORT_INTERVAL;
        let statistics = &self.statistics;
        let elapsed = self
            .started
            .map(|started| now.saturating_duration_since(started));
        to.progress(&LoadProgress {
            phase: self.phase,
            connections: u64::from(self.options.connections),
            opened: statistics.opened,
            open: self.open,
            sent: statistics.sent,
            received: statistics.received,
            errors: statistics.error_count(),
            elapsed: elapsed.unwrap_or_default(),
            rate: statistics.rate(self.options.model),
            p50: statistics.latency.percentile(50),
            p99: statistics.latency.percentile(99),
        });
    }
}

/// The kind of error that the end of a connection is.
fn describe(closure: &Closure) -> String {
    match &closure.end {
        End::Violation(violation) => format!("protocol error: {}", violation.rule),
        End::Lost(cause) => format!("connection lost: {cause}"),
        End::Silent(_) => "no answer to a Ping".to_owned(),
        End::Eof if closure.received.is_none() => {
            "connection closed without a Close frame".to_owned()
        }
        _ => format!("closed by server: {}", closure.code()),
    }
}

impl Source for Bench {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn next_deadline(&self) -> Option<Instant> {
        let due = match self.phase {
            LoadPhase::Running => self.schedule.next(),
            _ => None,
        };
        let report = self.next_report.filter(|_| self.options.progress);
        [due, self.until, report].into_iter().flatten().min()
    }

    fn wants_messages(&self) -> bool {
        self.options.payload.has_marker()
    }

    fn on_event(&mut self, now: Now, link: Link, event: &Event<'_>) {
        let now = now.instant;
        match event {
            Event::Open(upgrade) => self.opened(now, link, &upgrade.timing),
            Event::ConnectFailed(error) => {
                self.statistics.refused += 1;
                self.statistics.add_errors(&error.to_string(), 1);
                self.start_if_connected(now);
            }
            Event::Closed(closure) => self.closed(now, link, closure),
            event if self.wants_messages() => {
                if let Some((Way::In, message)) = WholeMessage::from_event(event) {
                    self.statistics.received_bytes += message.bytes.len() as u64;
                    self.received_marked(now, link, message.bytes);
                }
            }
            Event::Data(Way::In, piece) => {
                self.statistics.received_bytes += piece.bytes.len() as u64;
                if piece.last {
                    self.received(now, link, 1);
                }
            }
            _ => {}
        }
    }

    fn on_messages(&mut self, now: Now, link: Link, messages: Messages<'_>) {
        if self.wants_messages() {
            for piece in messages.pieces() {
                self.on_event(now, link, &Event::Data(Way::In, piece));
            }
            return;
        }
        self.statistics.received_bytes += messages.payload_size();
        self.received(now.instant, link, messages.count());
    }

    fn poll(&mut self, now: Now, _readable: bool, to: &mut dyn Sender) -> Progress {
        let now = now.instant;
        if self.phase == LoadPhase::Running {
            self.send(now, to);
            if self.has_sent_all(now) {
                self.drain(now);
            } else if self.until.is_some_and(|until| until <= now) {
                let unsent = self.schedule.unsent();
                self.statistics.add_errors("not sent", unsent);
                self.drain(now);
            }
        }
        if self.phase == LoadPhase::Draining {
            let is_late = self.until.is_some_and(|until| until <= now);
            if is_late || self.is_drained(to) {
                self.finish(now);
            }
        }
        self.measure_cpu(now);
        self.report(now, to);
        match self.phase {
            LoadPhase::Done => Progress::Done(None),
            LoadPhase::Running if self.lacks_room => Progress::More,
            _ => Progress::Pending,
        }
    }

    /// The end of a connection is counted and not an error of the run. A failure to connect is one
    /// if no connection could be opened.
    fn on_link_end(&mut self, _now: Now, _link: Link, end: LinkEnd<'_>) -> EndDecision {
        EndDecision {
            expected: matches!(end, LinkEnd::Closed(_)),
            ..EndDecision::default()
        }
    }

    fn expected_end(&self, _link: Link) -> bool {
        true
    }
}
