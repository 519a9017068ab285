//! Messages that were sent on a connection and wait for their replies, as ranges of numbers.

use std::collections::VecDeque;
use std::time::Instant;

/// Consecutive messages that were due at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct DueMessages {
    first: u64,
    count: u64,
    since: Instant,
}

/// The messages without a reply, in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct Awaited {
    ranges: VecDeque<DueMessages>,
    count: u64,
}

impl Awaited {
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Adds `count` messages from number `first` on, which were due at `since`.
    pub(super) fn add(&mut self, first: u64, count: u64, since: Instant) {
        if count > 0 {
            self.ranges.push_back(DueMessages {
                first,
                count,
                since,
            });
            self.count += count;
        }
    }

    /// Removes up to `most` of the oldest messages that were due at the same time. Returns that time
    /// and their number.
    pub(super) fn take(&mut self, most: u64) -> Option<(Instant, u64)> {
        let oldest = self.ranges.front_mut()?;
        let (since, number) = (oldest.since, most.min(oldest.count));
        oldest.first += number;
        oldest.count -= number;
        if oldest.count == 0 {
            self.ranges.pop_front();
        }
        self.count -= number;
        Some((since, number))
    }

    /// Removes the message with this number. Returns when it was due.
    pub(super) fn take_seq(&mut self, seq: u64) -> Option<Instant> {
        let after = self.ranges.partition_point(|range| range.first <= seq);
        let place = after.checked_sub(1)?;
        let range = self.ranges.get_mut(place)?;
        let before = seq - range.first;
        if before >= range.count {
            return None;
        }
        let since = range.since;
        let rest = DueMessages {
            first: seq + 1,
            count: range.count - before - 1,
            since,
        };
        range.count = before;
        if rest.count > 0 {
            self.ranges.insert(after, rest);
        }
        if before == 0 {
            self.ranges.remove(place);
        }
        self.count -= 1;
        Some(since)
    }

    /// Removes all. Returns how many there were.
    pub(super) fn clear(&mut self) -> u64 {
        self.ranges.clear();
        std::mem::take(&mut self.count)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn replies_in_order_take_the_oldest() {
        let start = Instant::now();
        let mut awaited = Awaited::default();
        awaited.add(1, 3, at(start, 0));
        awaited.add(4, 2, at(start, 1));
        awaited.add(6, 0, at(start, 2));
        assert_eq!(awaited.take(2), Some((at(start, 0), 2)));
        assert_eq!(awaited.take(2), Some((at(start, 0), 1)));
        assert_eq!(awaited.count(), 2);
        assert_eq!(awaited.take(9), Some((at(start, 1), 2)));
        assert_eq!(awaited.take(1), None);
    }

    #[test]
    fn replies_by_number_are_taken_once_in_any_order() {
        let start = Instant::now();
        let mut awaited = Awaited::default();
        awaited.add(10, 3, at(start, 0));
        awaited.add(20, 1, at(start, 1));
        for (seq, since) in [
            (9, None),
            (13, None),
            (11, Some(0)),
            (11, None),
            (20, Some(1)),
            (12, Some(0)),
            (10, Some(0)),
            (10, None),
        ] {
            let since = since.map(|seconds| at(start, seconds));
            assert_eq!(awaited.take_seq(seq), since, "{seq}");
        }
        assert_eq!(awaited.count(), 0);
        awaited.add(30, 4, start);
        assert_eq!(awaited.clear(), 4);
        assert_eq!(awaited.take(1), None);
    }
}
