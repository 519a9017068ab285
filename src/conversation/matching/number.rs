//! Comparison of JSON numbers (RFC 8259 §6): 1, 1.0 and 10e-1 are equal.
//!
//! Integers are compared digit by digit, whatever their length, because identifiers and amounts in
//! the smallest unit of a currency may exceed the precision of a double. Other numbers are compared
//! as doubles, because servers write the same one with 16 or 17 digits.

use std::cmp::Ordering;

/// Whether two numbers are equal.
#[expect(
    clippy::float_cmp,
    reason = "what is compared is what was written, not what was computed"
)]
pub fn same(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (a, b) = (NumberText::read(a), NumberText::read(b));
    match (a.decimal(), b.decimal()) {
        (Some(a), Some(b)) if a == b => true,
        (Some(a), Some(b)) if a.is_whole() && b.is_whole() => false,
        (Some(_), Some(_)) => {
            matches!((a.double(), b.double()), (Some(a), Some(b)) if a == b)
        }
        // An exponent that overflows is equal only if it is written the same.
        _ => a.mantissa == b.mantissa && a.exponent == b.exponent,
    }
}

/// The order of two numbers; `None` if one is out of range. Integers of up to 38 digits are
/// compared exactly, others as doubles.
pub fn order(a: &str, b: &str) -> Option<Ordering> {
    if let (Ok(a), Ok(b)) = (a.parse::<i128>(), b.parse::<i128>()) {
        return Some(a.cmp(&b));
    }
    a.parse::<f64>().ok()?.partial_cmp(&b.parse::<f64>().ok()?)
}

/// Whether a number is an integer.
pub fn is_whole(text: &str) -> bool {
    NumberText::read(text)
        .decimal()
        .is_some_and(|decimal| decimal.is_whole())
}

/// The parts of a number in JSON syntax, without copying: a server may send millions of digits.
struct NumberText<'a> {
    text: &'a str,
    mantissa: &'a str,
    /// Without a leading `+`.
    exponent: &'a str,
}

impl<'a> NumberText<'a> {
    fn read(text: &'a str) -> Self {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        Self {
            text,
            mantissa,
            exponent: exponent.strip_prefix('+').unwrap_or(exponent),
        }
    }

    /// The number; `None` if its exponent overflows.
    fn decimal(&self) -> Option<Decimal<'a>> {
        let (negative, mantissa) = match self.mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, self.mantissa),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let (mut first, mut second) = (whole.trim_start_matches('0'), fraction);
        if first.is_empty() {
            second = second.trim_start_matches('0');
        }
        // The number of digits after the last significant one, relative to the point.
        let mut moved = 0;
        let last = second.trim_end_matches('0');
        if last.is_empty() {
            second = "";
            let kept = first.trim_end_matches('0');
            moved += i64::try_from(first.len() - kept.len()).ok()?;
            first = kept;
        } else {
            moved -= i64::try_from(fraction.trim_end_matches('0').len()).ok()?;
            second = last;
        }
        if first.is_empty() && second.is_empty() {
            return Some(Decimal::default());
        }
        Some(Decimal {
            negative,
            digits: (first, second),
            exponent: self.exponent.parse::<i64>().ok()?.checked_add(moved)?,
        })
    }

    fn double(&self) -> Option<f64> {
        let double = self.text.parse::<f64>().ok();
        double.filter(|double| double.is_finite())
    }
}

/// A number as digits, without leading or trailing zeros, times a power of ten.
#[derive(Debug, Default)]
struct Decimal<'a> {
    negative: bool,
    /// The digits before and after the point.
    digits: (&'a str, &'a str),
    exponent: i64,
}

impl Decimal<'_> {
    fn is_whole(&self) -> bool {
        self.exponent >= 0
    }
}

impl PartialEq for Decimal<'_> {
    fn eq(&self, other: &Self) -> bool {
        let digits = |it: &Self| it.digits.0.len() + it.digits.1.len();
        let (a, b) = (self.digits, other.digits);
        (self.negative, self.exponent, digits(self))
            == (other.negative, other.exponent, digits(other))
            && (a.0.bytes().chain(a.1.bytes())).eq(b.0.bytes().chain(b.1.bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_may_be_written_differently() {
        for (a, b) in [
            ("1", "1.0"),
            ("100", "1e2"),
            ("0.1", "1.00E-1"),
            ("0", "-0.0"),
            ("0", "0e99999999999999999999"),
            (
                "123456789012345678901234567890",
                "1.2345678901234567890123456789e29",
            ),
            ("0.1", "0.10000000000000001"),
            ("1e999999999999999999999", "1e999999999999999999999"),
            ("1e999999999999999999999", "1E+999999999999999999999"),
            ("10.010", "1.001e1"),
            ("0.00100", "1e-3"),
            ("-1200.0", "-12E2"),
        ] {
            assert!(same(a, b), "{a} {b}");
            assert!(same(b, a), "{b} {a}");
        }
    }

    #[test]
    fn different_numbers_are_not_equal() {
        for (a, b) in [
            ("1", "-1"),
            ("1", "1.5"),
            ("9007199254740992", "9007199254740993"),
            ("18446744073709551616", "18446744073709551617"),
            ("100000000000000000000", "100000000000000000001"),
            ("1e999999999999999999999", "1e999999999999999999998"),
            ("1e400", "1e401"),
            ("10.01", "1.01"),
            ("1e999999999999999999999", "1e-999999999999999999999"),
            ("1e9223372036854775807", "1e9223372036854775808"),
        ] {
            assert!(!same(a, b), "{a} {b}");
            assert!(!same(b, a), "{b} {a}");
        }
    }
}
