//! The expected output and exit code of a program, and the report of a mismatch.

use std::fmt::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use super::super::pattern;

/// The expected content of a stream.
pub enum Expected {
    /// Exactly these bytes.
    Bytes(Vec<u8>),
    /// A text of this pattern.
    Pattern(String),
}

impl Expected {
    /// The report of the mismatch, if `got` is something else.
    pub fn complaint(&self, name: &str, got: &[u8], values: &[(String, String)]) -> Option<String> {
        let (expected, fits) = match self {
            Self::Bytes(bytes) => (bytes.clone(), bytes == got),
            Self::Pattern(text) => {
                let text = pattern::substitute(text, values);
                let fits = std::str::from_utf8(got).is_ok_and(|got| pattern::matches(&text, got));
                (text.into_bytes(), fits)
            }
        };
        if fits {
            return None;
        }
        let mut text = format!("{name} is not what was expected");
        if matches!(self, Self::Bytes(_)) {
            let place = expected.iter().zip(got).take_while(|(a, b)| a == b).count();
            let line = memchr::memchr_iter(b'\n', &expected[..place]).count() + 1;
            let _ = write!(
                text,
                ": the first difference is at byte {place}, line {line}"
            );
        }
        let _ = write!(
            text,
            "\n--- expected {name}\n{}--- got\n{}",
            shown(&expected),
            shown(got)
        );
        Some(text)
    }
}

/// Bytes for a report: hidden characters escaped, and the middle of long ones left out.
pub fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 8 * 1024;
    if bytes.len() > MOST {
        let (head, tail) = (&bytes[..MOST / 2], &bytes[bytes.len() - MOST / 2..]);
        let left_out = bytes.len() - MOST;
        return format!("{}  … {left_out} bytes …\n{}", shown(head), shown(tail));
    }
    let mut text = String::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let (line, feed) = match line.strip_suffix(b"\n") {
            Some(line) => (line, ""),
            None => (line, " (no line feed)"),
        };
        text.push_str("  |");
        for piece in line.utf8_chunks() {
            for c in piece.valid().chars() {
                if c.is_control() {
                    text.extend(c.escape_default());
                } else {
                    text.push(c);
                }
            }
            for byte in piece.invalid() {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
        let _ = writeln!(text, "{feed}");
    }
    if text.is_empty() {
        text.push_str("  (nothing)\n");
    }
    text
}

/// How a program ended, for a report.
pub fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (_, Some(signal)) => format!("death by signal {signal}"),
        _ => status.to_string(),
    }
}
