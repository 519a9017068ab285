//! The last line of a run, which says how it ended, and the exit code.

use std::time::Duration;

use crate::driver::{ConnectionEnd, Outcome};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::closure;
use crate::protocol::{End, Volume};

/// How a run ended.
#[derive(Debug)]
pub struct Verdict {
    /// The exit code, which the first error determines.
    pub code: ExitCode,
    /// How the connection was closed, after how long, and how many messages went each way; escaped
    /// and without a line end. `None` if the run ended with an error before the connection was
    /// open.
    pub line: Option<String>,
    /// Whether our Close was not answered in time, so that replies may be missing.
    pub is_unanswered: bool,
    /// The error that has not been reported yet.
    pub unreported: Option<Error>,
}

impl Verdict {
    /// The verdict for a run that could not start.
    #[must_use]
    pub fn from_error(error: Error) -> Self {
        Self {
            code: error.exit_code(),
            line: None,
            is_unanswered: false,
            unreported: Some(error),
        }
    }

    /// The verdict for a run that has ended.
    #[must_use]
    pub fn from_outcome(outcome: Outcome) -> Self {
        let code = exit_code(&outcome);
        let line = line(&outcome);
        Self {
            code,
            line,
            is_unanswered: outcome.ends.iter().any(is_unanswered),
            unreported: outcome.error.filter(|_| !outcome.reported),
        }
    }
}

fn exit_code(outcome: &Outcome) -> ExitCode {
    if let Some(fault) = &outcome.error {
        return fault.exit_code();
    }
    outcome
        .ends
        .iter()
        .map(code_of)
        .find(|code| *code != ExitCode::Success)
        .unwrap_or(ExitCode::Success)
}

fn is_unanswered(end: &ConnectionEnd) -> bool {
    let (ConnectionEnd::Closed(closure) | ConnectionEnd::ClosedAsExpected(closure)) = end else {
        return false;
    };
    closure.end == End::Unanswered
}

fn code_of(end: &ConnectionEnd) -> ExitCode {
    match end {
        ConnectionEnd::Closed(closure) => ExitCode::for_closure(closure),
        // A connection that was never open has an error of its own, unless it was ended normally.
        ConnectionEnd::Unopened | ConnectionEnd::Refused | ConnectionEnd::ClosedAsExpected(_) => {
            ExitCode::Success
        }
    }
}

fn line(outcome: &Outcome) -> Option<String> {
    let is_bad = |end: &&ConnectionEnd| code_of(end) != ExitCode::Success;
    let closed = |end: &ConnectionEnd| match end {
        ConnectionEnd::Closed(closure) | ConnectionEnd::ClosedAsExpected(closure) => {
            Some(closure.clone())
        }
        ConnectionEnd::Unopened | ConnectionEnd::Refused => None,
    };
    let bad = outcome.ends.iter().find(is_bad).and_then(closed);
    let Some(closure) = bad.or_else(|| outcome.ends.iter().find_map(closed)) else {
        // The error has been reported already.
        let refused = |end: &ConnectionEnd| matches!(end, ConnectionEnd::Refused);
        let words = if outcome.ends.iter().any(refused) {
            "refused by the server, as expected"
        } else {
            "ended before the connection was open"
        };
        return outcome.error.is_none().then(|| words.to_owned());
    };
    Some(format!(
        "{} after {:.1} s, sent {}, received {}{}{}",
        closure::describe(&closure),
        outcome.duration.as_secs_f64(),
        outcome.sent,
        outcome.received,
        ratio(outcome.volume),
        unanswered(outcome.unanswered_pings)
    ))
}

/// The compression ratio of all compressed messages, as text; empty if compression did not make
/// them smaller.
fn ratio(volume: Volume) -> String {
    if volume.wire >= volume.payload {
        return String::new();
    }
    // With 128 bits, the product of two counts cannot overflow.
    let (wire, payload) = (u128::from(volume.wire), u128::from(volume.payload));
    match (wire * 100 + payload / 2) / payload {
        0 => ", compressed to under 1 %".to_owned(),
        percent => format!(", compressed to {percent} %"),
    }
}

/// What came of Pings that were not answered, if that was asked for.
fn unanswered(pings: Option<(u64, Duration)>) -> String {
    let Some((count, after)) = pings else {
        return String::new();
    };
    let after = after.as_secs_f64();
    match count {
        0 => ", no Ping received".to_owned(),
        1 => format!(", {after:.1} s after a Ping that was not answered"),
        _ => format!(", {after:.1} s after the first of {count} Pings that were not answered"),
    }
}
