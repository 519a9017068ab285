//! Draws the distribution of latency: a row for each range of times, with a bar.
//!
//! The ranges grow with the time, because latency spreads over powers of ten.

use std::fmt::Write as _;
use std::time::Duration;

use super::milliseconds;
use crate::measure::RoundTrips;

/// The maximum number of rows.
const ROWS: usize = 14;

/// The bounds of ranges within a power of ten, in hundredths, the finest first.
const BOUNDS: [&[u64]; 5] = [
    &[
        100, 105, 110, 115, 120, 125, 130, 140, 150, 160, 170, 180, 190, 200, 210, 220, 230, 240,
        250, 260, 280, 300, 320, 340, 360, 380, 400, 420, 450, 480, 500, 550, 600, 650, 700, 750,
        800, 850, 900, 950,
    ],
    &[
        100, 120, 140, 160, 180, 200, 250, 300, 350, 400, 500, 600, 700, 800, 900,
    ],
    &[100, 150, 200, 300, 400, 500, 700],
    &[100, 200, 500],
    &[100],
];

/// The bounds of the rows for times from `min` to `max` nanoseconds.
fn bounds(min: u64, max: u64) -> Vec<u64> {
    let mut chosen = Vec::new();
    for steps in BOUNDS {
        let powers = (2..=17).map(|power| 10_u64.pow(power));
        let all = powers.flat_map(|power| steps.iter().map(move |step| power / 100 * step));
        let mut all: Vec<u64> = all.take_while(|bound| *bound <= max).collect();
        // The last one that is not above the minimum begins the first row.
        let first = all.iter().rposition(|bound| *bound <= min).unwrap_or(0);
        all.drain(..first);
        if all.is_empty() || all[0] > min {
            all.insert(0, 0);
        }
        chosen = all;
        if chosen.len() <= ROWS {
            break;
        }
    }
    chosen
}

/// The histogram, which fits into `columns`. Empty if nothing was measured.
pub(super) fn draw(latency: &RoundTrips, columns: usize) -> String {
    let Some(summary) = latency.summary() else {
        return String::new();
    };
    let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let bounds = bounds(nanoseconds(summary.min), nanoseconds(summary.max));
    let mut counts = vec![0; bounds.len()];
    for (time, count) in latency.counts() {
        let after = bounds.partition_point(|bound| *bound <= time);
        counts[after.saturating_sub(1)] += count;
    }
    let most = counts.iter().max().copied().unwrap_or(1).max(1);
    let labels = bounds
        .iter()
        .map(|bound| milliseconds(Duration::from_nanos(*bound)));
    let labels: Vec<String> = labels.collect();
    let label_width = labels.iter().map(String::len).max().unwrap_or(0);
    let count_width = most.to_string().len();
    let used = 2 + label_width + " ms ".len() + count_width + " ".len();
    let room = columns.saturating_sub(used + 1).max(1);
    let mut text = String::new();
    for (label, count) in labels.iter().zip(counts) {
        let share = u128::from(count) * room as u128;
        let length = share.div_ceil(u128::from(most));
        let bar = "#".repeat(usize::try_from(length).unwrap_or(room));
        let row = format!("  {label:>label_width$} ms {count:>count_width$} {bar}");
        let _ = writeln!(text, "{}", row.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_few_and_cover_everything() {
        for (min, max) in [
            (1, 1),
            (1_000, 1_000_000_000),
            (20_000_000, 22_000_000),
            (7, 8_000),
        ] {
            let bounds = bounds(min, max);
            assert!(bounds.len() <= ROWS, "{min} to {max}: {bounds:?}");
            assert!(bounds[0] <= min && bounds.is_sorted(), "{bounds:?}");
        }
        assert_eq!(
            bounds(20_500_000, 22_500_000),
            [20_000_000, 21_000_000, 22_000_000]
        );
    }

    #[test]
    fn rows_fit_the_width() {
        let mut latency = RoundTrips::default();
        latency.add_many(Duration::from_micros(1050), 100);
        latency.add_many(Duration::from_micros(1250), 50);
        latency.add(Duration::from_micros(3100));
        let text = draw(&latency, 40);
        assert!(text.lines().all(|line| line.len() < 40), "{text}");
        assert!(text.starts_with("  1.000 ms 100 ######"), "{text}");
        assert!(text.ends_with("  3.000 ms   1 #\n"), "{text}");
        let bars = |text: &str| text.matches('#').count();
        assert!(bars(&draw(&latency, 100)) > 2 * bars(&text));
        assert!(!draw(&latency, 1).is_empty());
        assert_eq!(draw(&RoundTrips::default(), 80), "");
    }
}
