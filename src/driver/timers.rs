//! The timers of one connection.

use std::time::Instant;

/// The timers of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionTimer {
    /// The server's reply to our Close, or the end of TCP after the server's Close (RFC 6455
    /// §7.1.1).
    Close,
    /// The end of TCP after both Close frames were exchanged and our direction was shut down.
    Shutdown,
    /// The end of a message that is being sent before our Close.
    Message,
    /// The next Ping of `--ping-interval`.
    Ping,
    /// Anything at all from the server after such a Ping.
    Pong,
    /// The next message of `--every`.
    Heartbeat,
}

/// The number of timers.
const COUNT: usize = 6;

/// When each timer expires; `None` if it is stopped.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TimerTable([Option<Instant>; COUNT]);

impl TimerTable {
    /// Starts or restarts a timer. `None`, a time that `Instant` can't represent, stops it.
    pub(super) fn set(&mut self, timer: ConnectionTimer, at: Option<Instant>) {
        self.0[timer as usize] = at;
    }

    /// Stops a timer.
    pub(super) fn stop(&mut self, timer: ConnectionTimer) {
        self.0[timer as usize] = None;
    }

    /// When the first timer expires; `None` if all are stopped.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }

    /// Whether this timer runs.
    pub(super) fn is_set(&self, timer: ConnectionTimer) -> bool {
        self.0[timer as usize].is_some()
    }

    /// Whether this timer has expired.
    pub(super) fn is_expired(&self, timer: ConnectionTimer, now: Instant) -> bool {
        self.0[timer as usize].is_some_and(|deadline| deadline <= now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn next_deadline_is_the_earliest_timer() {
        let now = Instant::now();
        let later = |seconds| now.checked_add(Duration::from_secs(seconds));
        let mut timers = TimerTable::default();
        assert_eq!(timers.next_deadline(), None);
        assert!(!timers.is_set(ConnectionTimer::Close));
        timers.set(ConnectionTimer::Close, later(5));
        timers.set(ConnectionTimer::Shutdown, later(1));
        assert_eq!(timers.next_deadline(), later(1));
        timers.stop(ConnectionTimer::Shutdown);
        assert_eq!(timers.next_deadline(), later(5));
        timers.set(ConnectionTimer::Close, later(7));
        assert!(!timers.is_expired(ConnectionTimer::Close, now + Duration::from_secs(6)));
        assert!(timers.is_expired(ConnectionTimer::Close, now + Duration::from_secs(7)));
        timers.set(ConnectionTimer::Close, None);
        assert_eq!(timers.next_deadline(), None);
    }
}
