//! Describes how a connection ended.

use crate::error::{seconds, violation_message};
use crate::event::{LostCause, Reconnecting};
use crate::output::escape::{self, Breaks};
use crate::protocol::close::name_of_code;
use crate::protocol::{CloseBody, Closure, End, Role, Violation};

/// How a connection was closed: `closed by server: 4001 "token expired" (application)`. Escaped.
#[must_use]
pub fn describe(closure: &Closure) -> String {
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
            format!("closed by us: {sent}, the server closed the connection without a Close frame,")
        }
        (_, _, _, Some(received)) => format!("closed by server: {received}"),
        (End::Silent(time), ..) => {
            format!(
                "connection lost: no answer to a Ping for {}",
                seconds(*time)
            )
        }
        (End::Lost(cause), ..) => format!(
            "connection lost without a Close frame (1006: {})",
            escape::text(cause, Breaks::Shown)
        ),
        _ => "the server closed the connection without a Close frame (1006)".to_owned(),
    }
}

/// Why and when a connection is attempted again, and what may be lost, in one line. Escaped.
#[must_use]
pub fn reconnecting(lost: &Reconnecting<'_>) -> String {
    let cause = match lost.cause {
        LostCause::Failed(error) => escape::text(&error.to_string(), Breaks::Shown).into_owned(),
        LostCause::Closed(closure) => describe(closure),
    };
    let unconfirmed = match lost.unconfirmed {
        0 => String::new(),
        1 => "; 1 message may not have arrived".to_owned(),
        count => format!("; {count} messages may not have arrived"),
    };
    format!(
        "reconnecting in {:.1} s (attempt {}): {cause}{unconfirmed}",
        lost.after.as_secs_f64(),
        lost.attempt
    )
}

/// Whether our Close was sent before the server violated the protocol, so that its code is not that
/// of the violation.
fn sent_before(closure: &Closure, violation: &Violation) -> bool {
    let code = closure.sent.clone().flatten().map(|body| body.code);
    code != Some(violation.code)
}

/// Whether the server's Close has the same code as ours.
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
