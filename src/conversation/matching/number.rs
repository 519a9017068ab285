//! Whether two numbers of JSON are the same (RFC 8259 §6): 1 and 1.0 and 10e-1 are.
//!
//! Whole numbers are compared digit by digit, however many there are: identifiers and amounts in
//! the smallest unit of a currency exceed what a double holds. Others are compared as the doubles
//! that they stand for, since servers write the same one with 16 digits or with 17.

use serde_json::Number;

/// Whether the two are the same number.
#[expect(
    clippy::float_cmp,
    reason = "what is compared is what was written, not what was computed"
)]
pub fn same(a: &Number, b: &Number) -> bool {
    let (digits_a, digits_b) = (a.to_string(), b.to_string());
    if digits_a == digits_b {
        return true;
    }
    match (Decimal::read(&digits_a), Decimal::read(&digits_b)) {
        (Some(a), Some(b)) if a == b => true,
        (Some(a), Some(b)) if a.is_whole() && b.is_whole() => false,
        (Some(_), Some(_)) => matches!((a.as_f64(), b.as_f64()), (Some(a), Some(b)) if a == b),
        // An exponent beyond counting is the same only if it is written the same.
        _ => false,
    }
}

/// A number as it is written: its digits, neither first nor last of them 0, times a power of ten.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn read(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self {
                negative: false,
                digits: String::new(),
                exponent: 0,
            });
        }
        let moved =
            i64::try_from(all.len() - digits.len()).ok()? - i64::try_from(fraction.len()).ok()?;
        Some(Self {
            negative,
            digits: digits.trim_start_matches('0').to_owned(),
            exponent: exponent.parse::<i64>().ok()?.checked_add(moved)?,
        })
    }

    fn is_whole(&self) -> bool {
        self.exponent >= 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).expect(text)
    }

    #[test]
    fn the_same_number_may_be_written_otherwise() {
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
        ] {
            assert!(same(&number(a), &number(b)), "{a} {b}");
            assert!(same(&number(b), &number(a)), "{b} {a}");
        }
    }

    #[test]
    fn other_numbers_are_not_the_same() {
        for (a, b) in [
            ("1", "-1"),
            ("1", "1.5"),
            ("9007199254740992", "9007199254740993"),
            ("18446744073709551616", "18446744073709551617"),
            ("100000000000000000000", "100000000000000000001"),
            ("1e999999999999999999999", "1e999999999999999999998"),
            ("1e400", "1e401"),
        ] {
            assert!(!same(&number(a), &number(b)), "{a} {b}");
            assert!(!same(&number(b), &number(a)), "{b} {a}");
        }
    }
}
