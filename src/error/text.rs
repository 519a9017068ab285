//! The parts of error texts.

use std::io;
use std::time::Duration;

use super::phase::Party;
use crate::protocol::Violation;

pub(super) fn attempts_text(attempts: &[(String, io::Error)]) -> String {
    match attempts {
        [] => String::new(),
        [(address, cause)] => format!(" ({address}): {}", plain(cause)),
        many => many.iter().fold(":".to_owned(), |text, (address, cause)| {
            format!("{text} {address}: {};", plain(cause))
        }),
    }
    .trim_end_matches(';')
    .to_owned()
}

pub(super) fn client_text(file: Option<&str>) -> String {
    match file {
        Some(file) => format!("rejected the client certificate in {file}"),
        None => "requires a client certificate".to_owned(),
    }
}

/// The error's text without Rust's suffix `(os error N)`.
#[must_use]
pub fn plain(cause: &io::Error) -> String {
    let text = cause.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

pub(super) fn unanswered_text(party: Party, name: &str, cause: Option<&io::Error>) -> String {
    match (party, cause) {
        (Party::Server, None) => {
            "the server closed the connection without a response to the upgrade request".to_owned()
        }
        (Party::Server, Some(cause)) => {
            format!("could not read the upgrade response: {}", plain(cause))
        }
        (Party::Proxy, None) => {
            format!("the proxy {name} closed the connection without a response")
        }
        (Party::Proxy, Some(cause)) => {
            format!(
                "could not read the response of the proxy {name}: {}",
                plain(cause)
            )
        }
    }
}

pub(super) fn line_text(line: Option<u64>) -> String {
    line.map(|line| format!(", line {line}"))
        .unwrap_or_default()
}

pub(super) fn at_least(more: bool) -> &'static str {
    if more {
        "at least "
    } else {
        ""
    }
}

pub(super) fn signal_text(number: i32) -> String {
    match number {
        1 => "ended by SIGHUP".to_owned(),
        2 => "interrupted".to_owned(),
        15 => "terminated".to_owned(),
        other => format!("ended by signal {other}"),
    }
}

/// A duration in seconds for error texts: `30 s`, `0.5 s`.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// The message for a violation of the protocol by the server.
#[must_use]
pub fn violation_message(violation: &Violation) -> String {
    let limit = match violation.code {
        1009 => " (--max-message-size)",
        _ => "",
    };
    format!("the server sent {violation}{limit}")
}
