//! When messages are due at a constant rate. Times depend only on the number of the message, so they
//! do not drift, and what was delayed stays due.

use std::time::{Duration, Instant};

use crate::measure::load::LoadModel;

/// The schedule of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Schedule {
    rate: Option<f64>,
    start: Option<Instant>,
    /// The number of messages that were sent.
    sent: u64,
    /// The number of messages that are due before the end.
    limit: Option<u64>,
    /// Whether no connection can take the message that is due.
    pub(super) blocked: bool,
}

impl Schedule {
    pub(super) fn new(model: LoadModel) -> Self {
        let rate = match model {
            LoadModel::Open { rate, .. } => Some(rate),
            LoadModel::SendOnly { rate } => rate,
            LoadModel::Closed { .. } | LoadModel::Listen => None,
        };
        Self {
            rate,
            ..Self::default()
        }
    }

    pub(super) fn start(&mut self, now: Instant, duration: Option<Duration>) {
        self.start = Some(now);
        let due = duration.zip(self.rate);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and saturating"
        )]
        let due = due.map(|(duration, rate)| (duration.as_secs_f64() * rate - 1e-6).ceil() as u64);
        self.limit = due.map(|due| due.max(1));
    }

    /// When the next message is or was due, unless all were sent.
    fn next_due(&self) -> Option<Instant> {
        if self.is_over() {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "2^53 messages")]
        let seconds = self.sent as f64 / self.rate?;
        self.start?
            .checked_add(Duration::try_from_secs_f64(seconds).ok()?)
    }

    /// When the next message was due, if that has come.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        self.next_due().filter(|due| *due <= now)
    }

    /// When to look again, unless a connection must become able to send first.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next_due().filter(|_| !self.blocked)
    }

    /// The message that was due has been sent.
    pub(super) fn advance(&mut self) {
        self.sent += 1;
    }

    /// Whether all that is due before the end was sent.
    pub(super) fn is_over(&self) -> bool {
        self.limit.is_some_and(|limit| self.sent >= limit)
    }

    /// The number of messages that are due before the end and were not sent.
    pub(super) fn unsent(&self) -> u64 {
        self.limit.unwrap_or_default().saturating_sub(self.sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_times_duration_is_the_number_of_messages() {
        for (rate, milliseconds, number) in [
            (1000.0, 1000, 1000),
            (0.5, 10_000, 5),
            (3.0, 1000, 3),
            (10.0, 250, 3),
            (0.1, 100, 1),
        ] {
            let mut schedule = Schedule::new(LoadModel::SendOnly { rate: Some(rate) });
            let start = Instant::now();
            let duration = Duration::from_millis(milliseconds);
            schedule.start(start, Some(duration));
            assert_eq!(schedule.unsent(), number);
            let mut sent = 0;
            while schedule.due(start + duration).is_some() {
                schedule.advance();
                sent += 1;
            }
            assert_eq!((sent, schedule.is_over()), (number, true), "{rate}");
            assert_eq!(schedule.next(), None);
        }
    }

    #[test]
    fn delayed_messages_stay_due_and_times_do_not_drift() {
        let rate = 100.0;
        let mut schedule = Schedule::new(LoadModel::Open { rate, window: None });
        let start = Instant::now();
        assert_eq!(schedule.next(), None, "before the start");
        schedule.start(start, None);
        let ms = |milliseconds| start + Duration::from_millis(milliseconds);
        assert_eq!(schedule.due(start), Some(start));
        schedule.advance();
        assert_eq!(schedule.due(ms(9)), None);
        assert_eq!(schedule.next(), Some(ms(10)));
        for due in (10..=1000).step_by(10) {
            assert_eq!(schedule.due(ms(1000)), Some(ms(due)));
            schedule.advance();
        }
        assert_eq!(schedule.due(ms(1000)), None);
        schedule.blocked = true;
        assert_eq!(schedule.next(), None);
    }
}
