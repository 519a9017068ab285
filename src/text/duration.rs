//! Durations as people write them: `500ms`, `2s`, `1m`, or a plain number of seconds. One way of
//! writing for the command line and for session files.
//!
//! Read in whole nanoseconds, never through a floating-point number: what a record wrote is read
//! back as the same.

use std::time::Duration;

/// The longest that can be written, a hundred years: longer than any run, and short enough that
/// adding it to a clock never overflows.
pub const LONGEST: Duration = Duration::from_hours(100 * 366 * 24);

/// More digits after the point than these are below the nanosecond in every unit.
const FRACTION: u32 = 12;

const RIGHT: &str = "a duration is written 500ms, 2s, 1m, or as a number of seconds";

/// Reads a duration; fractions are allowed.
///
/// # Errors
///
/// What is wrong with it, and what is right.
pub fn parse(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.find(|c: char| c.is_ascii_alphabetic()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let nanoseconds: u128 = match unit {
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        other => return Err(format!("unknown unit '{other}': {RIGHT}")),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || whole.len() + fraction.len() == 0 {
        return Err(RIGHT.to_owned());
    }
    let scale = 10_u128.pow(FRACTION);
    let fraction: String = fraction
        .chars()
        .chain("000000000000".chars())
        .take(FRACTION as usize)
        .collect();
    let whole = format!("{whole}{fraction}");
    let whole = whole.trim_start_matches('0');
    let number: Option<u128> = match whole {
        "" => Some(0),
        digits => digits.parse().ok(),
    };
    number
        .and_then(|number| number.checked_mul(nanoseconds))
        .map(|product| (product + scale / 2) / scale)
        .and_then(|total| u64::try_from(total).ok())
        .map(Duration::from_nanos)
        .filter(|duration| *duration <= LONGEST)
        .ok_or_else(|| "that is more than a hundred years".to_owned())
}

/// Writes a duration in the shortest way that [`parse`] reads as the same.
#[must_use]
pub fn write(duration: Duration) -> String {
    let (whole, fraction, digits, unit) = if duration < Duration::from_secs(1) {
        let nanoseconds = duration.subsec_nanos();
        let milliseconds = u64::from(nanoseconds / 1_000_000);
        (milliseconds, nanoseconds % 1_000_000, 6, "ms")
    } else {
        (duration.as_secs(), duration.subsec_nanos(), 9, "s")
    };
    if fraction == 0 {
        return format!("{whole}{unit}");
    }
    let fraction = format!("{fraction:0digits$}");
    format!("{whole}.{}{unit}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("2s", 2000),
            ("1m", 60_000),
            ("3", 3000),
            ("0.5", 500),
            (".25", 250),
            ("7.", 7000),
            ("1.5m", 90_000),
            ("000000000000000000000000000000000000000000002", 2000),
            ("0", 0),
        ] {
            let expected = Duration::from_millis(milliseconds);
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
        assert_eq!(parse("0.0000006ms"), Ok(Duration::from_nanos(1)));
        let right = "a duration is written 500ms, 2s, 1m, or as a number of seconds";
        for (text, sentence) in [
            ("", right.to_owned()),
            (".", right.to_owned()),
            ("-1", right.to_owned()),
            ("+1", right.to_owned()),
            ("1.2.3", right.to_owned()),
            ("s", right.to_owned()),
            ("2h", format!("unknown unit 'h': {right}")),
            ("inf", format!("unknown unit 'inf': {right}")),
            ("1e9", format!("unknown unit 'e9': {right}")),
            (
                "99999999999",
                "that is more than a hundred years".to_owned(),
            ),
            (
                "99999999999999999999999999999999999999999999",
                "that is more than a hundred years".to_owned(),
            ),
        ] {
            assert_eq!(parse(text), Err(sentence), "{text}");
        }
    }

    #[test]
    fn durations_are_written_short() {
        for (text, duration) in [
            ("0ms", Duration::ZERO),
            ("12.5ms", Duration::from_micros(12_500)),
            ("2s", Duration::from_secs(2)),
            ("61.000000001s", Duration::new(61, 1)),
        ] {
            assert_eq!(write(duration), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(seconds in 0..LONGEST.as_secs(), nanos in 0..1_000_000_000_u32) {
            let duration = Duration::new(seconds, nanos);
            prop_assert_eq!(parse(&write(duration)), Ok(duration));
            let short = Duration::new(0, nanos);
            prop_assert_eq!(parse(&write(short)), Ok(short));
        }
    }
}
