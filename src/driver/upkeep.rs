//! What is sent automatically on an open connection: keepalive Pings, and the messages of `--on-connect`
//! and `--every`.

use std::time::{Duration, Instant};

use crate::event::Kind;

/// What is sent automatically on each connection.
#[derive(Clone, Debug, Default)]
pub struct Upkeep {
    /// `--ping-interval` and `--ping-timeout`.
    pub keepalive: Option<Keepalive>,
    /// `--on-connect`: sent first on every connection.
    pub on_connect: Vec<AutomaticMessage>,
    /// `--every`: the intervals and the messages.
    pub heartbeats: Vec<(Duration, AutomaticMessage)>,
}

/// A complete message.
#[derive(Clone, Debug)]
pub struct AutomaticMessage {
    /// Whether it is text or binary.
    pub kind: Kind,
    /// Its payload.
    pub bytes: Vec<u8>,
}

/// Pings that detect a lost connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// The time between two Pings.
    pub interval: Duration,
    /// The maximum silence of the server after a Ping.
    pub timeout: Duration,
}

/// The state of keepalive on a connection.
#[derive(Debug)]
pub(super) struct PingState {
    pub(super) keepalive: Keepalive,
    pub(super) schedule: PeriodicSchedule,
    /// How many were sent.
    pub(super) count: u64,
}

impl PingState {
    pub(super) fn new(keepalive: Keepalive, now: Instant) -> Self {
        Self {
            keepalive,
            schedule: PeriodicSchedule::new(keepalive.interval, now),
            count: 0,
        }
    }
}

/// A repeating deadline.
#[derive(Clone, Copy, Debug)]
pub(super) struct PeriodicSchedule {
    interval: Duration,
    /// The next deadline; `None` if the clock can't represent it.
    next: Option<Instant>,
}

impl PeriodicSchedule {
    /// Creates a schedule whose first deadline is after `interval`.
    pub(super) fn new(interval: Duration, now: Instant) -> Self {
        let next = now.checked_add(interval);
        Self { interval, next }
    }

    /// The next deadline.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.next.is_some_and(|next| next <= now)
    }

    /// Moves to the next deadline after `now`. Deadlines do not drift, and missed ones are skipped.
    pub(super) fn advance(&mut self, now: Instant) {
        let Some(last) = self.next.filter(|next| *next <= now) else {
            return;
        };
        let missed = now.duration_since(last).as_nanos() / self.interval.as_nanos().max(1);
        let steps = u32::try_from(missed + 1).unwrap_or(u32::MAX);
        let after = self.interval.checked_mul(steps);
        self.next = after.and_then(|after| last.checked_add(after));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_do_not_drift() {
        let start = Instant::now();
        let interval = Duration::from_secs(30);
        let mut schedule = PeriodicSchedule::new(interval, start);
        for count in 1..=10_000 {
            let due = start + interval * count;
            assert_eq!(schedule.next(), Some(due));
            assert!(!schedule.is_due(start + interval * (count - 1)));
            // Each is late by another time.
            let late = due + Duration::from_millis(u64::from(count) % 1000);
            assert!(schedule.is_due(late));
            schedule.advance(late);
        }
    }

    #[test]
    fn missed_times_are_left_out() {
        let start = Instant::now();
        let interval = Duration::from_secs(10);
        let mut schedule = PeriodicSchedule::new(interval, start);
        schedule.advance(start + Duration::from_secs(9));
        assert_eq!(schedule.next(), Some(start + interval));
        for (late, next) in [
            (10, 20),
            (45, 50),
            (50, 60),
            (61, 70),
            (1_000_007, 1_000_010),
        ] {
            schedule.advance(start + Duration::from_secs(late));
            assert_eq!(
                schedule.next(),
                Some(start + Duration::from_secs(next)),
                "{late}"
            );
        }
    }
}
