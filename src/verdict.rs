//! The last line of a run: how it ended, in words, and as an exit code.

use crate::driver::{ConnectionEnd, Outcome};
use crate::error::{violation_message, Error};
use crate::exit::ExitCode;
use crate::output::escape::{self, Breaks};
use crate::protocol::close::name_of_code;
use crate::protocol::{CloseBody, Closure, End, Role, Violation, Volume};

/// How a run ended.
#[derive(Debug)]
pub struct Verdict {
    /// The exit code: what went wrong first decides.
    pub code: ExitCode,
    /// How the connection was closed, after how long, and how many messages went each way; escaped
    /// and without a line end. `None` if an error says why there was no connection.
    pub line: Option<String>,
    /// Whether our Close was not answered in time: replies may be missing.
    pub is_unanswered: bool,
    /// What went wrong and nobody was told of yet.
    pub unreported: Option<Error>,
}

impl Verdict {
    /// The verdict on a run that could not begin.
    #[must_use]
    pub fn from_error(error: Error) -> Self {
        Self {
            code: error.exit_code(),
            line: None,
            is_unanswered: false,
            unreported: Some(error),
        }
    }

    /// The verdict on a run.
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
        // One that was never open has an error of its own, unless it was given up in order.
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
        // An error has been told already.
        let refused = |end: &ConnectionEnd| matches!(end, ConnectionEnd::Refused);
        let words = if outcome.ends.iter().any(refused) {
            "refused by the server, as expected"
        } else {
            "ended before the connection was open"
        };
        return outcome.error.is_none().then(|| words.to_owned());
    };
    Some(format!(
        "{} after {:.1} s, sent {}, received {}{}",
        how(&closure),
        outcome.duration.as_secs_f64(),
        outcome.sent,
        outcome.received,
        ratio(outcome.volume)
    ))
}

/// What compression made of the messages of both directions that were compressed; nothing if it saved
/// nothing.
fn ratio(volume: Volume) -> String {
    if volume.wire >= volume.payload {
        return String::new();
    }
    // In 128 bits no product of two counts overflows.
    let (wire, payload) = (u128::from(volume.wire), u128::from(volume.payload));
    match (wire * 100 + payload / 2) / payload {
        0 => ", compressed to under 1 %".to_owned(),
        percent => format!(", compressed to {percent} %"),
    }
}

/// How a connection was closed, in words.
fn how(closure: &Closure) -> String {
    let received = closure.received.as_ref().map(body);
    let sent = closure.sent.as_ref().map(body);
    match (&closure.end, closure.initiator, sent, received) {
        (End::Violation(violation), _, Some(sent), _) if sent_before(closure, violation) => {
            format!(
                "closed by us: {sent}, then {}",
                escape::text(&violation_message(violation), Breaks::Shown)
            )
        }
        (End::Violation(violation), ..) => format!(
            "closed by us: {} ({}), {}",
            violation.code,
            name_of_code(violation.code),
            escape::text(&violation_message(violation), Breaks::Shown)
        ),
        (_, Some(Role::Us), Some(sent), Some(received)) if same_code(closure) => {
            let _ = received;
            format!("closed by us: {sent}")
        }
        (_, Some(Role::Us), Some(sent), Some(received)) => {
            format!("closed by us: {sent}, answered with {received}")
        }
        (End::Unanswered, Some(Role::Us), Some(sent), None) => {
            format!("closed by us: {sent}, not answered by the server,")
        }
        (_, Some(Role::Us), Some(sent), None) => {
            format!("closed by us: {sent}, the server ended TCP without a Close,")
        }
        (_, _, _, Some(received)) => format!("closed by server: {received}"),
        (End::Lost(cause), ..) => format!(
            "connection lost without a Close (1006: {})",
            escape::text(cause, Breaks::Shown)
        ),
        _ => "the server ended TCP without a Close (1006)".to_owned(),
    }
}

/// Whether our Close was sent before the server violated the protocol, so that it does not say so.
fn sent_before(closure: &Closure, violation: &Violation) -> bool {
    let code = closure.sent.clone().flatten().map(|body| body.code);
    code != Some(violation.code)
}

/// Whether the server's Close has the code of ours.
fn same_code(closure: &Closure) -> bool {
    let code = |body: &Option<CloseBody>| body.clone().flatten().map(|body| body.code);
    code(&closure.sent) == code(&closure.received)
}

/// The body of a Close: `4001 "token expired" (application)`.
fn body(body: &CloseBody) -> String {
    match body {
        None => "without a code".to_owned(),
        Some(body) if body.reason.is_empty() => {
            format!("{} ({})", body.code, name_of_code(body.code))
        }
        Some(body) => format!(
            "{} \"{}\" ({})",
            body.code,
            escape::text(&body.reason, Breaks::Shown),
            name_of_code(body.code)
        ),
    }
}
