//! The values of `let`: texts and functions.

use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::{BASE64, BASE64URL_NOPAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};

use super::template::Template;

/// The functions, for error messages.
pub(super) const FUNCTIONS: &[&str] = &[
    "uuid",
    "now",
    "random",
    "sha256",
    "hmac_sha256",
    "base64",
    "base64url",
    "hex",
];

/// A value to compute.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// `"…"`, or any other text, with variables.
    Text(Template),
    /// `uuid`: a random UUID (RFC 9562 §5.4).
    Uuid,
    /// `now`, `now s`, `now iso`.
    Now(NowUnit),
    /// `random 1..6`, including both limits.
    Random(i64, i64),
    /// `sha256(…)`.
    Sha256(Box<Expression>),
    /// `hmac_sha256(KEY, MESSAGE)` (RFC 2104).
    HmacSha256(Box<Expression>, Box<Expression>),
    /// `base64(…)`, with padding.
    Base64(Box<Expression>),
    /// `base64url(…)`, without padding.
    Base64Url(Box<Expression>),
    /// `hex(…)`.
    Hex(Box<Expression>),
}

/// The format of `now`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NowUnit {
    /// Milliseconds since 1970.
    Milliseconds,
    /// Seconds since 1970.
    Seconds,
    /// RFC 3339 in UTC, with milliseconds.
    Iso,
}

impl Expression {
    /// The texts that may contain variables.
    pub(super) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Text(text) => vec![text],
            Self::Uuid | Self::Now(_) | Self::Random(..) => Vec::new(),
            Self::Sha256(of) | Self::Base64(of) | Self::Base64Url(of) | Self::Hex(of) => {
                of.templates()
            }
            Self::HmacSha256(key, message) => {
                let mut templates = key.templates();
                templates.extend(message.templates());
                templates
            }
        }
    }

    /// Computes the value.
    ///
    /// # Errors
    ///
    /// The name of a variable without a value.
    pub fn evaluate(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Vec<u8>, String> {
        Ok(match self {
            Self::Text(text) => text.render(lookup)?.into_bytes(),
            Self::Uuid => uuid().into_bytes(),
            Self::Now(unit) => now(*unit).into_bytes(),
            Self::Random(first, last) => {
                let number = rand::rng().random_range(*first..=*last);
                number.to_string().into_bytes()
            }
            Self::Sha256(of) => Sha256::digest(of.evaluate(lookup)?).to_vec(),
            Self::HmacSha256(key, message) => {
                let key = key.evaluate(lookup)?;
                let message = message.evaluate(lookup)?;
                // Keys of any length are valid.
                let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else {
                    return Ok(Vec::new());
                };
                mac.update(&message);
                mac.finalize().into_bytes().to_vec()
            }
            Self::Base64(of) => BASE64.encode(&of.evaluate(lookup)?).into_bytes(),
            Self::Base64Url(of) => BASE64URL_NOPAD.encode(&of.evaluate(lookup)?).into_bytes(),
            Self::Hex(of) => hex::encode(of.evaluate(lookup)?).into_bytes(),
        })
    }
}

fn uuid() -> String {
    let mut bytes: [u8; 16] = rand::rng().random();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex::encode(bytes);
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    parts.join("-")
}

fn now(unit: NowUnit) -> String {
    let now = SystemTime::now();
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    match unit {
        NowUnit::Milliseconds => since.as_millis().to_string(),
        NowUnit::Seconds => since.as_secs().to_string(),
        NowUnit::Iso => Timestamp::try_from(now)
            .map_or_else(|_| since.as_secs().to_string(), |time| format!("{time:.3}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(expression: &Expression) -> String {
        let value = expression.evaluate(&|_| None).expect("no variables");
        String::from_utf8(value).expect("text")
    }

    fn literal(text: &str) -> Expression {
        Expression::Text(Template::literal(text))
    }

    #[test]
    fn digests_match_the_test_vectors() {
        let digest = Expression::Hex(Box::new(Expression::Sha256(Box::new(literal("abc")))));
        assert_eq!(
            text(&digest),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        // RFC 4231, test case 2.
        let mac = Expression::HmacSha256(
            Box::new(literal("Jefe")),
            Box::new(literal("what do ya want for nothing?")),
        );
        assert_eq!(
            text(&Expression::Hex(Box::new(mac))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(text(&Expression::Base64(Box::new(literal("a?>")))), "YT8+");
        assert_eq!(
            text(&Expression::Base64Url(Box::new(literal("a?>b")))),
            "YT8-Yg"
        );
    }

    #[test]
    fn generated_values_have_the_right_format() {
        let uuid = text(&Expression::Uuid);
        let form = regex::Regex::new(
            "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
        );
        assert!(form.expect("a regex").is_match(&uuid), "{uuid}");
        assert_ne!(uuid, text(&Expression::Uuid));
        for _ in 0..100 {
            let number: i64 = text(&Expression::Random(-1, 1)).parse().expect("a number");
            assert!((-1..=1).contains(&number));
        }
        let iso = text(&Expression::Now(NowUnit::Iso));
        assert!(iso.parse::<Timestamp>().is_ok() && iso.len() == 24, "{iso}");
        let seconds: u64 = text(&Expression::Now(NowUnit::Seconds))
            .parse()
            .expect("a number");
        let milliseconds: u64 = text(&Expression::Now(NowUnit::Milliseconds))
            .parse()
            .expect("one");
        assert!(milliseconds / 1000 - seconds <= 1);
    }
}
