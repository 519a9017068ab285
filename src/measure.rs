//! Statistics of round-trip times: number, values and distribution.
//!
//! Minimum, mean, standard deviation and maximum are exact; percentiles are from an `HdrHistogram`
//! with three digits. A percentile is given only if at least ten samples lie beyond it, because it
//! would not be meaningful otherwise.

pub mod condition;
pub mod load;

use std::time::Duration;

use hdrhistogram::Histogram;

/// Longer round trips count as this in percentiles: one hour, in nanoseconds.
const LONGEST: u64 = 3_600_000_000_000;
/// The precision of a percentile, in digits.
const DIGITS: u8 = 3;
/// The minimum number of samples beyond a percentile.
const BEYOND: u64 = 10;

/// A collection of round-trip times.
#[derive(Clone, Debug)]
pub struct RoundTrips {
    histogram: Histogram<u64>,
    least: Duration,
    most: Duration,
    /// The mean, and the sum of squared differences from it, in nanoseconds (Welford's algorithm).
    mean: f64,
    squares: f64,
}

/// Statistics of [`RoundTrips`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoundTripSummary {
    /// The minimum.
    pub min: Duration,
    /// The mean.
    pub avg: Duration,
    /// The maximum.
    pub max: Duration,
    /// The standard deviation of the whole population, as in ping(8).
    pub mdev: Duration,
}

impl Default for RoundTrips {
    fn default() -> Self {
        Self {
            histogram: Histogram::new_with_bounds(1, LONGEST, DIGITS)
                .expect("the bounds and the digits are valid"),
            least: Duration::MAX,
            most: Duration::ZERO,
            mean: 0.0,
            squares: 0.0,
        }
    }
}

impl RoundTrips {
    /// Adds a round trip.
    pub fn add(&mut self, round_trip: Duration) {
        self.add_many(round_trip, 1);
    }

    /// Adds `number` round trips that took the same time.
    pub fn add_many(&mut self, round_trip: Duration, number: u64) {
        if number == 0 {
            return;
        }
        let nanoseconds = u64::try_from(round_trip.as_nanos()).unwrap_or(u64::MAX);
        self.histogram.saturating_record_n(nanoseconds, number);
        self.least = self.least.min(round_trip);
        self.most = self.most.max(round_trip);
        #[expect(clippy::cast_precision_loss, reason = "2^53 ns are 104 days")]
        let (value, number, count) = (
            nanoseconds as f64,
            number as f64,
            self.histogram.len() as f64,
        );
        let distance = value - self.mean;
        self.mean += distance * number / count;
        self.squares += number * distance * (value - self.mean);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The least, the mean, the most and the deviation; `None` if there are none.
    #[must_use]
    pub fn summary(&self) -> Option<RoundTripSummary> {
        #[expect(clippy::cast_precision_loss, reason = "a count of round trips")]
        let count = self.count() as f64;
        (self.count() > 0).then(|| RoundTripSummary {
            min: self.least,
            avg: from_nanoseconds(self.mean),
            max: self.most,
            mdev: from_nanoseconds((self.squares / count).sqrt()),
        })
    }

    /// The time that `percent` of 100 round trips did not exceed; `None` while fewer than ten samples
    /// can be expected beyond it: it needs 20 for 50, 200 for 95, and 1000 for 99.
    #[must_use]
    pub fn percentile(&self, percent: u8) -> Option<Duration> {
        self.per_thousand(u16::from(percent) * 10)
    }

    /// As [`percentile`](Self::percentile), in thousandths: 999 is p99.9, which needs 10,000.
    #[must_use]
    pub fn per_thousand(&self, thousandths: u16) -> Option<Duration> {
        let beyond = 1000_u64.saturating_sub(u64::from(thousandths));
        if self.count().saturating_mul(beyond) < BEYOND * 1000 {
            return None;
        }
        let quantile = f64::from(thousandths) / 1000.0;
        let value = self.histogram.value_at_quantile(quantile);
        // The histogram names the end of a bucket, which may lie beyond the longest.
        Some(Duration::from_nanos(value).min(self.most))
    }
}

impl RoundTrips {
    /// How many there are from `from` to `until`, which is not included.
    #[must_use]
    pub fn count_between(&self, from: Duration, until: Duration) -> u64 {
        let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let (from, until) = (nanoseconds(from), nanoseconds(until));
        let recorded = self.histogram.iter_recorded();
        recorded
            .filter(|value| (from..until).contains(&value.value_iterated_to()))
            .map(|value| value.count_at_value())
            .sum()
    }

    /// Each recorded time, as the end of its bucket in nanoseconds, with its count.
    pub fn counts(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let recorded = self.histogram.iter_recorded();
        recorded.map(|value| (value.value_iterated_to(), value.count_at_value()))
    }
}

fn from_nanoseconds(nanoseconds: f64) -> Duration {
    Duration::try_from_secs_f64(nanoseconds / 1e9).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(milliseconds: impl IntoIterator<Item = u64>) -> RoundTrips {
        let mut trips = RoundTrips::default();
        for time in milliseconds {
            trips.add(Duration::from_millis(time));
        }
        trips
    }

    fn assert_close(is: Duration, wanted: Duration) {
        let tolerance = wanted.mul_f64(0.001);
        assert!(is.abs_diff(wanted) <= tolerance, "{is:?}, not {wanted:?}");
    }

    #[test]
    fn spread_is_exact() {
        assert_eq!(RoundTrips::default().summary(), None);
        let spread = of([2, 4, 4, 4, 5, 5, 7, 9])
            .summary()
            .expect("there are some");
        let ms = Duration::from_millis;
        assert_eq!((spread.min, spread.max), (ms(2), ms(9)));
        assert_close(spread.avg, ms(5));
        assert_close(spread.mdev, ms(2));
        let one = of([3]).summary().expect("there is one");
        assert_eq!((one.avg, one.mdev), (ms(3), Duration::ZERO));
    }

    #[test]
    fn many_at_once_are_as_many_one_by_one() {
        let mut at_once = of([7]);
        at_once.add_many(Duration::from_millis(3), 9);
        at_once.add_many(Duration::from_millis(8), 0);
        let one_by_one = of([7, 3, 3, 3, 3, 3, 3, 3, 3, 3]);
        assert_eq!(at_once.count(), 10);
        let both = [at_once, one_by_one].map(|trips| trips.summary().expect("some"));
        assert_close(both[0].avg, both[1].avg);
        assert_close(both[0].mdev, both[1].mdev);
        let ms = Duration::from_millis;
        let trips = of([1, 2, 3, 3, 9]);
        assert_eq!(trips.count_between(ms(2), ms(5)), 3);
        assert_eq!(trips.counts().map(|(_, count)| count).sum::<u64>(), 5);
    }

    #[test]
    fn percentile_needs_ten_samples_beyond_it() {
        for (percent, needed) in [(50, 20), (90, 100), (95, 200), (99, 1000)] {
            assert_eq!(of(1..needed).percentile(percent), None, "{percent}");
            assert!(of(1..=needed).percentile(percent).is_some(), "{percent}");
        }
        assert_eq!(of(1..=100).percentile(100), None);
    }

    #[test]
    fn percentiles_are_in_order_and_within_the_longest() {
        let trips = of(1..=1000);
        let at = |percent| trips.percentile(percent).expect("there are enough");
        assert_close(at(50), Duration::from_millis(500));
        assert_close(at(95), Duration::from_millis(950));
        assert_close(at(99), Duration::from_millis(990));
        let same = of(std::iter::repeat_n(1234, 1000));
        assert_eq!(same.percentile(99), Some(Duration::from_millis(1234)));
        let hours = of(std::iter::repeat_n(8_000_000, 20));
        let spread = hours.summary().expect("there are some");
        assert_eq!(spread.max, Duration::from_secs(8_000));
        assert_close(
            hours.percentile(50).expect("enough"),
            Duration::from_hours(1),
        );
    }
}
