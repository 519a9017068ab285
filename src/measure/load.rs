//! The result of a load test: counts, latency, and the times of connecting.

use std::collections::BTreeMap;
use std::time::Duration;

use super::RoundTrips;

/// The kinds of errors that are counted apart. More would be one for each connection.
const KINDS: usize = 30;

/// How messages are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LoadModel {
    /// So many in flight on each connection: the next one is sent when a reply arrives.
    Closed {
        /// The number in flight.
        window: u64,
    },
    /// So many a second in all, whatever has been answered.
    Open {
        /// Messages a second.
        rate: f64,
        /// The maximum number in flight on each connection, if there is one.
        window: Option<u64>,
    },
    /// No reply is expected.
    SendOnly {
        /// Messages a second; as many as possible without it.
        rate: Option<f64>,
    },
    /// Nothing is sent.
    Listen,
}

/// How long connecting took.
#[derive(Clone, Debug, Default)]
pub struct ConnectTimes {
    /// All steps together.
    pub total: RoundTrips,
    /// The mean of each step with its name, in order.
    pub steps: Vec<(&'static str, StepTime)>,
}

/// The time of one step of connecting.
#[derive(Clone, Copy, Debug, Default)]
pub struct StepTime {
    total: Duration,
    count: u32,
}

impl StepTime {
    /// The mean.
    #[must_use]
    pub fn mean(&self) -> Duration {
        self.total.checked_div(self.count).unwrap_or_default()
    }
}

impl ConnectTimes {
    /// Adds the steps of a connection; `None` for those that were not needed.
    pub fn add(&mut self, steps: &[(&'static str, Option<Duration>)]) {
        let mut sum = Duration::ZERO;
        for (name, time) in steps {
            let Some(time) = time else { continue };
            sum += *time;
            let known = self.steps.iter_mut().find(|(known, _)| known == name);
            match known {
                Some((_, step)) => {
                    step.total += *time;
                    step.count += 1;
                }
                None => self.steps.push((
                    name,
                    StepTime {
                        total: *time,
                        count: 1,
                    },
                )),
            }
        }
        self.total.add(sum);
    }
}

/// What was counted and measured.
#[derive(Clone, Debug, Default)]
pub struct LoadStatistics {
    /// The number of connections that were opened.
    pub opened: u64,
    /// The number of connections that could not be opened.
    pub refused: u64,
    /// How long connecting took.
    pub connect: ConnectTimes,
    /// The number of messages sent.
    pub sent: u64,
    /// Their payload in bytes.
    pub sent_bytes: u64,
    /// The number of replies, or with [`LoadModel::Listen`] of messages.
    pub received: u64,
    /// Their payload in bytes.
    pub received_bytes: u64,
    /// The number of received messages that are no replies.
    pub other: u64,
    /// The latency of the replies.
    pub latency: RoundTrips,
    /// The errors, by kind.
    pub errors: BTreeMap<String, u64>,
    /// From the first message to the last reply.
    pub duration: Duration,
    /// The CPU time of the client's thread.
    pub cpu: Duration,
    /// The time in which it was used.
    pub cpu_duration: Duration,
}

impl LoadStatistics {
    /// Counts `count` errors of this kind.
    pub fn add_errors(&mut self, kind: &str, count: u64) {
        if count == 0 {
            return;
        }
        let kind = if self.errors.len() < KINDS || self.errors.contains_key(kind) {
            kind
        } else {
            "other errors"
        };
        *self.errors.entry(kind.to_owned()).or_default() += count;
    }

    /// The number of errors.
    #[must_use]
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Replies a second; messages a second if none are expected.
    #[must_use]
    pub fn rate(&self, model: LoadModel) -> f64 {
        self.per_second(match model {
            LoadModel::SendOnly { .. } => self.sent,
            _ => self.received,
        })
    }

    /// `count` divided by the seconds that it took; 0 if they are too short.
    #[must_use]
    pub fn per_second(&self, count: u64) -> f64 {
        let seconds = self.duration.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let count = count as f64;
        if seconds > 0.0 {
            count / seconds
        } else {
            0.0
        }
    }

    /// The part of the time for which the client's thread was busy, in percent.
    #[must_use]
    pub fn cpu_percent(&self) -> f64 {
        let seconds = self.cpu_duration.as_secs_f64();
        if seconds > 0.0 {
            (100.0 * self.cpu.as_secs_f64() / seconds).min(100.0)
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_counted_by_kind_up_to_a_limit() {
        let mut statistics = LoadStatistics::default();
        statistics.add_errors("never", 0);
        for number in 0..100 {
            statistics.add_errors(&format!("error {number}"), 2);
        }
        statistics.add_errors("error 0", 1);
        assert_eq!(statistics.error_count(), 201);
        assert_eq!(statistics.errors["error 0"], 3);
        assert_eq!(statistics.errors["other errors"], 2 * 70);
    }

    #[test]
    fn rates_need_a_time() {
        let mut statistics = LoadStatistics {
            received: 10,
            sent: 30,
            cpu: Duration::from_secs(1),
            ..LoadStatistics::default()
        };
        let closed = LoadModel::Closed { window: 1 };
        let is = |value: f64, expected: f64| (value - expected).abs() < 1e-9;
        assert!(is(statistics.rate(closed), 0.0) && is(statistics.cpu_percent(), 0.0));
        statistics.duration = Duration::from_secs(2);
        statistics.cpu_duration = Duration::from_secs(2);
        assert!(is(statistics.rate(closed), 5.0) && is(statistics.cpu_percent(), 50.0));
        assert!(is(
            statistics.rate(LoadModel::SendOnly { rate: None }),
            15.0
        ));
    }

    #[test]
    fn steps_of_connecting_have_means() {
        let ms = |time| Some(Duration::from_millis(time));
        let mut times = ConnectTimes::default();
        times.add(&[("DNS", ms(4)), ("TCP", ms(1)), ("proxy", None)]);
        times.add(&[("DNS", None), ("TCP", ms(3)), ("proxy", None)]);
        let means = times
            .steps
            .iter()
            .map(|(name, step)| (*name, step.mean().as_millis()));
        assert_eq!(means.collect::<Vec<_>>(), [("DNS", 4), ("TCP", 2)]);
        assert_eq!(times.total.count(), 2);
    }
}
