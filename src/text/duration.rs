//! Durations as text: `500ms`, `2s`, `1m`, or a number of seconds. The command line and session
//! files use the same syntax.
//!
//! They are computed in whole nanoseconds, without floating-point numbers, so that a duration that
//! was written to a record is read back unchanged.

use std::time::Duration;

/// The longest duration, 100 years: longer than any run, and short enough that adding it to the
/// current time never overflows.
pub const MAX: Duration = Duration::from_hours(100 * 366 * 24);

/// Digits after the decimal point beyond this number are less than a nanosecond in every unit.
const FRACTION: u32 = 12;

const SYNTAX: &str = "use 500ms, 2s, 1m, or a number of seconds";

/// Parses a duration; fractions are allowed.
///
/// # Errors
///
/// What is invalid about it, and the valid syntax.
pub fn parse(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.find(|c: char| c.is_ascii_alphabetic()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let nanoseconds: u128 = match unit {
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        other => return Err(format!("unknown unit '{other}': {SYNTAX}")),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || whole.len() + fraction.len() == 0 {
        return Err(format!("invalid duration: {SYNTAX}"));
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
        .filter(|duration| *duration <= MAX)
        .ok_or_else(|| "duration too long: the maximum is 100 years".to_owned())
}

/// A duration in seconds for people, rounded to milliseconds: `30 s`, `0.25 s`.
#[must_use]
pub fn rounded(time: Duration) -> String {
    match time.as_millis() {
        0 => "less than 1 ms".to_owned(),
        _ => format!("{} s", (time.as_secs_f64() * 1000.0).round() / 1000.0),
    }
}

/// Formats a duration in the shortest form from which [`parse`] gets the same value.
#[must_use]
pub fn format(duration: Duration) -> String {
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
    fn durations_are_parsed() {
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
        let invalid = format!("invalid duration: {SYNTAX}");
        for (text, sentence) in [
            ("", invalid.clone()),
            (".", invalid.clone()),
            ("-1", invalid.clone()),
            ("+1", invalid.clone()),
            ("1.2.3", invalid.clone()),
            ("s", invalid.clone()),
            ("2h", format!("unknown unit 'h': {SYNTAX}")),
            ("inf", format!("unknown unit 'inf': {SYNTAX}")),
            ("1e9", format!("unknown unit 'e9': {SYNTAX}")),
            (
                "99999999999",
                "duration too long: the maximum is 100 years".to_owned(),
            ),
            (
                "99999999999999999999999999999999999999999999",
                "duration too long: the maximum is 100 years".to_owned(),
            ),
        ] {
            assert_eq!(parse(text), Err(sentence), "{text}");
        }
    }

    #[test]
    fn durations_are_formatted_in_their_shortest_form() {
        for (text, duration) in [
            ("0ms", Duration::ZERO),
            ("12.5ms", Duration::from_micros(12_500)),
            ("2s", Duration::from_secs(2)),
            ("61.000000001s", Duration::new(61, 1)),
        ] {
            assert_eq!(format(duration), text);
        }
    }

    proptest! {
        #[test]
        fn a_formatted_duration_is_parsed_unchanged(seconds in 0..MAX.as_secs(), nanos in 0..1_000_000_000_u32) {
            let duration = Duration::new(seconds, nanos);
            prop_assert_eq!(parse(&format(duration)), Ok(duration));
            let short = Duration::new(0, nanos);
            prop_assert_eq!(parse(&format(short)), Ok(short));
        }
    }
}
