//! The closing handshake (RFC 6455 §7): close codes, reasons, and how a connection ended.

use std::fmt;
use std::time::Duration;

use super::frame::MAX_CONTROL_PAYLOAD;
use super::violation::Violation;

/// The body of a Close frame: a close code and a close reason (RFC 6455 §5.5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseReason {
    /// The close code, as it is on the wire.
    pub code: u16,
    /// The close reason; may be empty.
    pub reason: String,
}

/// One of the two peers of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The client.
    Us,
    /// The server.
    Server,
}

/// The body of a Close frame; `None` if the frame has no body and so no close code.
pub type CloseBody = Option<CloseReason>;

/// How the underlying connection ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// After both Close frames (RFC 6455 §7.1.4).
    #[default]
    Clean,
    /// By end of file before both Close frames were exchanged.
    Eof,
    /// By an I/O error, with the operating system's message.
    Lost(String),
    /// By us, because the server did not reply to our Close in time.
    Unanswered,
    /// By us, because the server sent nothing for this long after a Ping.
    Silent(Duration),
    /// By us, because the server violated the protocol (RFC 6455 §7.1.7).
    Violation(Violation),
}

/// How a connection was closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closure {
    /// The Close that we sent.
    pub sent: Option<CloseBody>,
    /// The Close that the server sent.
    pub received: Option<CloseBody>,
    /// Who sent the first Close; `None` if neither did.
    pub initiator: Option<Role>,
    /// How the underlying connection ended.
    pub end: End,
}

impl Closure {
    /// Whether the closing handshake was completed (RFC 6455 §7.1.4).
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.sent.is_some() && self.received.is_some() && self.end == End::Clean
    }

    /// The connection's close code (RFC 6455 §7.1.5): the one that the server sent, 1005 for a
    /// Close without a code, 1006 if no Close arrived.
    #[must_use]
    pub fn code(&self) -> u16 {
        match &self.received {
            Some(Some(reason)) => reason.code,
            Some(None) => 1005,
            None => 1006,
        }
    }

    /// The connection's close reason (RFC 6455 §7.1.6).
    #[must_use]
    pub fn reason(&self) -> &str {
        self.received
            .as_ref()
            .and_then(Option::as_ref)
            .map_or("", |body| &body.reason)
    }
}

/// Why a Close may not be sent on behalf of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidClose {
    /// The code is neither 1000 nor in 3000–4999.
    Code(u16),
    /// The reason has this many bytes of UTF-8, more than [`MAX_CLOSE_REASON`].
    ReasonTooLong(usize),
}

impl InvalidClose {
    /// The message; after an invalid code, which can be forced, `advice` says how.
    #[must_use]
    pub fn with_advice(&self, advice: &str) -> String {
        match self {
            Self::Code(_) => format!("{self}; {advice}"),
            Self::ReasonTooLong(_) => self.to_string(),
        }
    }
}

impl fmt::Display for InvalidClose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => {
                write!(f, "invalid close code {code}: must be 1000 or 3000-4999")
            }
            Self::ReasonTooLong(length) => write!(
                f,
                "close reason too long: {length} bytes of UTF-8, the maximum is \
                 {MAX_CLOSE_REASON} (RFC 6455 §5.5)"
            ),
        }
    }
}

impl CloseReason {
    /// A Close on behalf of a user, checked as the WHATWG `close()` does: the code must be 1000 or
    /// 3000–4999, the reason at most [`MAX_CLOSE_REASON`] bytes. With `force`, any code is
    /// accepted; a longer reason never fits into a frame.
    ///
    /// # Errors
    ///
    /// Whether the code or the reason is invalid.
    pub fn from_user(code: u16, reason: &str, force: bool) -> Result<Self, InvalidClose> {
        if reason.len() > MAX_CLOSE_REASON {
            return Err(InvalidClose::ReasonTooLong(reason.len()));
        }
        if !force && code != 1000 && !(3000..=4999).contains(&code) {
            return Err(InvalidClose::Code(code));
        }
        Ok(Self {
            code,
            reason: reason.to_owned(),
        })
    }
}

/// A short name for a close code, after RFC 6455 §7.4 and the IANA registry.
#[must_use]
pub fn name_of_code(code: u16) -> &'static str {
    match code {
        1000 => "normal closure",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "unsupported data",
        1005 => "no code",
        1006 => "no Close received",
        1007 => "invalid payload data",
        1008 => "policy violation",
        1009 => "message too big",
        1010 => "extension missing",
        1011 => "internal error",
        1012 => "service restart",
        1013 => "try again later",
        1014 => "bad gateway",
        1015 => "TLS failure",
        3000..=3999 => "library",
        4000..=4999 => "application",
        _ => "not defined",
    }
}

/// Whether `code` may appear in a Close frame (RFC 6455 §7.4.1, §7.4.2).
fn is_valid_in_frame(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// The longest close reason in bytes: a control frame's payload without the close code.
pub const MAX_CLOSE_REASON: usize = MAX_CONTROL_PAYLOAD - 2;

/// The beginning of `reason` that fits into a Close frame, cut between characters.
pub(super) fn truncate_reason(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(MAX_CLOSE_REASON)]
}

/// Decodes the payload of a Close frame (RFC 6455 §5.5.1).
pub(super) fn decode(payload: &[u8]) -> Result<CloseBody, Violation> {
    let &[high, low, ref reason @ ..] = payload else {
        return match payload {
            [] => Ok(None),
            _ => Err(Violation::protocol_error(
                "a Close frame with a body of one byte (RFC 6455 §5.5.1)",
            )),
        };
    };
    let code = u16::from_be_bytes([high, low]);
    if !is_valid_in_frame(code) {
        return Err(Violation::protocol_error(format!(
            "a Close frame with code {code}{}, which must not be sent (RFC 6455 §7.4)",
            describe_reason(reason)
        )));
    }
    match std::str::from_utf8(reason) {
        Ok(reason) => Ok(Some(CloseReason {
            code,
            reason: reason.to_owned(),
        })),
        Err(_) => Err(Violation {
            code: 1007,
            rule: format!(
                "a Close frame with code {code}{}, which is not UTF-8 (RFC 6455 §5.5.1)",
                describe_reason(reason)
            ),
        }),
    }
}

/// The reason of a Close that breaks a rule, for the message about it.
fn describe_reason(reason: &[u8]) -> String {
    if reason.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    for chunk in reason.utf8_chunks() {
        text.push_str(chunk.valid());
        let invalid = chunk.invalid().escape_ascii();
        text.extend(invalid.map(char::from));
    }
    format!(" and reason \"{text}\"")
}

/// Encodes the payload of a Close frame (RFC 6455 §5.5.1).
#[must_use]
pub fn encode(body: Option<&CloseReason>) -> Vec<u8> {
    body.map_or_else(Vec::new, |body| {
        let mut payload = body.code.to_be_bytes().to_vec();
        payload.extend_from_slice(body.reason.as_bytes());
        payload
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_may_send_the_codes_that_whatwg_allows() {
        for code in [1000, 3000, 4999] {
            assert!(CloseReason::from_user(code, "", false).is_ok());
        }
        for code in [0, 999, 1001, 1005, 1006, 2999, 5000] {
            let error = CloseReason::from_user(code, "", false).expect_err("invalid");
            assert_eq!(error, InvalidClose::Code(code));
            assert_eq!(
                error.with_advice("add x"),
                format!("invalid close code {code}: must be 1000 or 3000-4999; add x")
            );
            assert!(
                CloseReason::from_user(code, "", true).is_ok(),
                "{code} with force"
            );
        }
        assert!(CloseReason::from_user(1000, &"x".repeat(123), false).is_ok());
        for force in [false, true] {
            let error = CloseReason::from_user(1000, &"x".repeat(124), force);
            assert_eq!(error, Err(InvalidClose::ReasonTooLong(124)));
        }
    }

    #[test]
    fn the_close_code_is_derived_from_the_received_close() {
        let mut closure = Closure::default();
        assert_eq!((closure.code(), closure.is_clean()), (1006, false));
        closure.received = Some(None);
        assert_eq!(closure.code(), 1005);
        closure.received = Some(Some(CloseReason {
            code: 4001,
            reason: "x".to_owned(),
        }));
        closure.sent = Some(None);
        assert_eq!(
            (closure.code(), closure.reason(), closure.is_clean()),
            (4001, "x", true)
        );
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        assert_eq!(truncate_reason(&"é".repeat(100)).len(), 122);
        assert_eq!(truncate_reason("short"), "short");
    }
}
