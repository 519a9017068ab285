//! Keepalive Pings, heartbeats, and the messages left when a connection ends.

use std::time::{Duration, Instant};

use super::connection::OpenConnection;
use super::resend::{Leftover, SentMessages};
use super::timers::ConnectionTimer;
use super::upkeep::{Keepalive, PeriodicSchedule, PingState};

/// The beginning of the payload of each keepalive Ping; a number follows.
const PAYLOAD: &str = "wsline ";

impl OpenConnection {
    /// Begins to send Pings.
    pub(super) fn start_keepalive(&mut self, keepalive: Keepalive, now: Instant) {
        let state = PingState::new(keepalive, now);
        self.timers
            .set(ConnectionTimer::Ping, state.schedule.next());
        self.pings = Some(state);
    }

    /// Sends a Ping if one is due, and returns its payload.
    pub(super) fn ping_if_due(&mut self, now: Instant) -> Option<String> {
        if !self.timers.is_expired(ConnectionTimer::Ping, now) {
            return None;
        }
        let state = self.pings.as_mut()?;
        state.schedule.advance(now);
        state.count += 1;
        let payload = format!("{PAYLOAD}{}", state.count);
        self.timers
            .set(ConnectionTimer::Ping, state.schedule.next());
        if !self.timers.is_set(ConnectionTimer::Pong) {
            let deadline = now.checked_add(state.keepalive.timeout);
            self.timers.set(ConnectionTimer::Pong, deadline);
        }
        self.ping(payload.as_bytes());
        if let Some(sent) = &mut self.sent_messages {
            sent.on_ping();
        }
        Some(payload)
    }

    /// A keepalive Ping was answered.
    pub(super) fn on_keepalive_pong(&mut self, is_latest: bool) {
        if let Some(sent) = self.sent_messages.as_mut().filter(|_| is_latest) {
            sent.on_pong();
        }
    }

    /// The number of keepalive Pings sent.
    pub(super) fn ping_count(&self) -> u64 {
        self.pings.as_ref().map_or(0, |state| state.count)
    }

    /// The Ping timeout, if it has expired.
    pub(super) fn ping_timeout(&self, now: Instant) -> Option<Duration> {
        let state = self.pings.as_ref()?;
        self.timers
            .is_expired(ConnectionTimer::Pong, now)
            .then_some(state.keepalive.timeout)
    }

    /// Restarts the Ping timeout while nothing is read, because silence then means nothing.
    pub(super) fn restart_ping_timeout(&mut self, now: Instant) {
        if let (Some(state), true) = (&self.pings, self.timers.is_set(ConnectionTimer::Pong)) {
            let deadline = now.checked_add(state.keepalive.timeout);
            self.timers.set(ConnectionTimer::Pong, deadline);
        }
    }

    /// Stops Pings and heartbeats. After our Close, the close timeout applies.
    pub(super) fn stop_keepalive(&mut self) {
        self.pings = None;
        for timer in [
            ConnectionTimer::Ping,
            ConnectionTimer::Pong,
            ConnectionTimer::Heartbeat,
        ] {
            self.timers.stop(timer);
        }
        self.heartbeats.clear();
    }

    /// Begins to send messages at regular times.
    pub(super) fn start_heartbeats(
        &mut self,
        intervals: impl Iterator<Item = Duration>,
        now: Instant,
    ) {
        self.heartbeats = intervals
            .map(|interval| PeriodicSchedule::new(interval, now))
            .collect();
        self.set_heartbeat_timer();
    }

    /// The indices of the heartbeats that are due. They are delayed while a message is being sent in
    /// pieces or there is no room.
    pub(super) fn take_due_heartbeats(&mut self, now: Instant) -> Vec<usize> {
        if !self.timers.is_expired(ConnectionTimer::Heartbeat, now) {
            return Vec::new();
        }
        if self.room() == 0 || self.is_inside_sent() {
            self.timers
                .set(ConnectionTimer::Heartbeat, now.checked_add(RETRY));
            return Vec::new();
        }
        let mut due = Vec::new();
        for (place, schedule) in self.heartbeats.iter_mut().enumerate() {
            if schedule.is_due(now) {
                schedule.advance(now);
                due.push(place);
            }
        }
        self.set_heartbeat_timer();
        due
    }

    fn set_heartbeat_timer(&mut self) {
        let next = self
            .heartbeats
            .iter()
            .filter_map(PeriodicSchedule::next)
            .min();
        self.timers.set(ConnectionTimer::Heartbeat, next);
    }

    /// Keeps messages until they are written.
    pub(super) fn keep_sent(&mut self) {
        self.sent_messages = Some(SentMessages::default());
    }

    /// The messages to send again, and the number of those that may not have arrived.
    pub(super) fn take_leftover(&mut self) -> Leftover {
        let unsent = self.protocol().unsent_messages();
        let sent = self.sent_messages.take();
        sent.map_or_else(Leftover::default, |sent| sent.into_leftover(unsent))
    }
}

/// The number of the keepalive Ping that a Pong answers, out of `count`.
pub(super) fn answered(payload: &[u8], count: u64) -> Option<u64> {
    if count == 0 {
        return None;
    }
    let number = std::str::from_utf8(payload).ok()?.strip_prefix(PAYLOAD)?;
    number
        .parse()
        .ok()
        .filter(|number| (1..=count).contains(number))
}

/// The delay of a heartbeat that could not be sent.
const RETRY: Duration = Duration::from_millis(50);
