//! The forms in which a secret value may appear in a report: unchanged, line by line, and as
//! written by encoders, servers and reports.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use data_encoding::{BASE64, BASE64URL};
use url::Url;

use crate::output::escape::{self, Breaks};

/// The minimum length of a secret value, line or form. Shorter ones would be found everywhere.
pub(super) const SHORTEST: usize = 3;

/// The minimum number of base64 characters that are searched inside a longer string.
const SHORTEST_BASE64: usize = 4;

/// All forms of a value, of the trimmed value, and of each of its lines: a report may print a text
/// line by line, and a server may trim what it receives.
pub(super) fn of(value: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    if value.chars().count() < SHORTEST {
        return forms;
    }
    for part in [value, value.trim()] {
        push_encoded(&mut forms, part);
    }
    if value.contains(['\n', '\r']) {
        for line in value.split(['\n', '\r']).map(str::trim) {
            if is_telling(line) {
                push_encoded(&mut forms, line);
            }
        }
    }
    forms.retain(|form| form.chars().count() >= SHORTEST);
    forms
}

/// Whether a line contains information, unlike brackets or rules, which are part of many texts.
fn is_telling(line: &str) -> bool {
    line.chars().count() >= SHORTEST && line.contains(char::is_alphanumeric)
}

/// Adds `text` in every encoding, each as a report prints it.
fn push_encoded(forms: &mut BTreeSet<String>, text: &str) {
    let mut push = |form: String| {
        for breaks in [Breaks::Shown, Breaks::Kept] {
            let shown = escape::text(&form, breaks);
            if shown != form {
                forms.insert(shown.into_owned());
            }
        }
        forms.insert(form);
    };
    push(text.to_owned());
    json(text).into_iter().for_each(&mut push);
    addresses(text).into_iter().for_each(&mut push);
    base64(text.as_bytes()).into_iter().for_each(&mut push);
    push(regex::escape(text));
    push(unquoted(&format!("{text:?}")).to_owned());
    push(text.as_bytes().escape_ascii().to_string());
    for quote in ["&#39;", "&#x27;", "&apos;"] {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let text = text.replace('>', "&gt;").replace('"', "&quot;");
        push(text.replace('\'', quote));
    }
    let hex = hex::encode(text);
    push(hex.to_uppercase());
    // The format of binary messages in reports, with a space between bytes.
    let bytes: Vec<_> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    push(bytes.join(" "));
    push(hex);
}

/// The inside of a JSON string, with or without escape sequences for characters beyond ASCII, for
/// the slash, and for characters that are special in HTML.
fn json(text: &str) -> Vec<String> {
    let quoted = serde_json::Value::from(text).to_string();
    let plain = unquoted(&quoted);
    let ascii = |upper: bool| {
        let mut out = String::new();
        for character in plain.chars() {
            if character.is_ascii() {
                out.push(character);
                continue;
            }
            for unit in character.encode_utf16(&mut [0; 2]) {
                let written = if upper {
                    write!(out, "\\u{unit:04X}")
                } else {
                    write!(out, "\\u{unit:04x}")
                };
                written.expect("a String takes any text");
            }
        }
        out
    };
    let (lower, upper) = (ascii(false), ascii(true));
    let mut forms = Vec::new();
    for form in [plain, &lower, &upper] {
        forms.push(form.replace('/', "\\/"));
        forms.push(form.to_owned());
    }
    let html = plain.replace('<', "\\u003c").replace('>', "\\u003e");
    forms.push(html.replace('&', "\\u0026"));
    forms
}

/// Parts of a URL, percent-encoded by the URL parser or by the server.
fn addresses(text: &str) -> Vec<String> {
    let mut forms = vec![
        percent(text, b"-_.~", true),
        percent(text, b"-_.~", false),
        percent(text, b"-_.~/", true),
        percent(text, b"-_.!~*'()", true),
        percent(text, b"-_.*", true).replace("%20", "+"),
    ];
    let Ok(mut url) = Url::parse("ws://host/") else {
        return forms;
    };
    url.set_path(text);
    forms.push(url.path().trim_start_matches('/').to_owned());
    url.set_query(Some(text));
    forms.extend(url.query().map(str::to_owned));
    // In a password, these three characters may be percent-encoded by whoever wrote the URL.
    if url.set_password(Some(text)).is_ok() {
        forms.extend(url.password().map(str::to_owned));
    }
    // A host is in lower case, and international names are in Punycode.
    if url.set_host(Some(text)).is_ok() {
        forms.extend(url.host_str().map(str::to_owned));
    }
    forms
}

/// Percent-encodes (RFC 3986 §2.1) everything except letters, digits and the bytes in `kept`.
fn percent(text: &str, kept: &[u8], upper: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let written = match byte {
            _ if byte.is_ascii_alphanumeric() || kept.contains(&byte) => {
                out.push(char::from(byte));
                Ok(())
            }
            _ if upper => write!(out, "%{byte:02X}"),
            _ => write!(out, "%{byte:02x}"),
        };
        written.expect("a String takes any text");
    }
    out
}

/// Base64 (RFC 4648 §4 and §5), alone and inside something longer, such as the `user:password` of
/// Basic credentials. There it begins at one of three positions in a group of four characters, and
/// only the characters that depend on nothing else are used.
fn base64(bytes: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for encoding in [&BASE64, &BASE64URL] {
        forms.push(encoding.encode(bytes));
        for before in 0..3 {
            let mut padded = vec![0; before];
            padded.extend_from_slice(bytes);
            let whole = encoding.encode(&padded);
            let (start, end) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
            let own = whole.get(start..end).unwrap_or_default();
            if own.len() >= SHORTEST_BASE64 {
                forms.push(own.to_owned());
            }
        }
    }
    forms
}

/// A quoted text without its quotes.
fn unquoted(text: &str) -> &str {
    text.get(1..text.len() - 1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_without_information_are_ignored() {
        let value = " {\r\n  \"key\": \"abc\",\n\n---\nab\n}\n";
        let forms = of(value);
        for form in [
            value,
            value.trim(),
            "\"key\": \"abc\",",
            "\\\"key\\\": \\\"abc\\\",",
        ] {
            assert!(forms.contains(form), "{form:?}");
        }
        for form in ["{", "---", "ab", "}", "", "%7B"] {
            assert!(!forms.contains(form), "{form:?}");
        }
        assert!(of("ab").is_empty());
        assert!(of(" ab ").contains(" ab ") && !of(" ab ").contains("ab"));
    }

    #[test]
    fn base64_is_found_at_any_offset() {
        let secret = "s3cret/?~";
        let forms = of(secret);
        for before in ["", "a", "ab", "abc", "user:"] {
            for after in ["", "x", "yz"] {
                for encoding in [&BASE64, &BASE64URL] {
                    let text = encoding.encode(format!("{before}{secret}{after}").as_bytes());
                    assert!(forms.iter().any(|form| text.contains(form)), "{text}");
                }
            }
        }
    }

    #[test]
    fn forms_of_other_encoders_are_included() {
        let forms = of("a/<ü 😀>&'");
        for form in [
            "a\\/<\\u00fc \\ud83d\\ude00>&'",
            "a/<\\u00FC \\uD83D\\uDE00>&'",
            "a/\\u003cü 😀\\u003e\\u0026'",
            "a%2f%3c%c3%bc%20%f0%9f%98%80%3e%26%27",
            "a%2F%3C%C3%BC+%F0%9F%98%80%3E%26%27",
            "a/&lt;ü 😀&gt;&amp;&#39;",
            "a/<\\xc3\\xbc \\xf0\\x9f\\x98\\x80>&\\'",
        ] {
            assert!(forms.contains(form), "{form}");
        }
    }
}
