//! Closing (RFC 6455 §7): codes, reasons, and the record of how a connection ended.

use std::fmt;

/// The body of a Close frame that has one: a code and a reason (RFC 6455 §5.5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseReason {
    /// The code as it was on the wire.
    pub code: u16,
    /// The reason; may be empty.
    pub reason: String,
}

/// One of the two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// We, the client.
    Us,
    /// The server.
    Server,
}

/// A Close frame as it was sent or received; without a body it has no code.
pub type CloseBody = Option<CloseReason>;

/// How the connection itself ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// Both Close frames were exchanged (RFC 6455 §7.1.4: cleanly).
    #[default]
    Clean,
    /// TCP ended (end of stream) before both Close frames were exchanged.
    Eof,
    /// TCP failed; the text is the operating system's.
    Lost(String),
    /// Our Close was not answered in time.
    Unanswered,
    /// We failed the connection (RFC 6455 §7.1.7) because the server broke this rule.
    Violation(String),
}

/// The record of how a connection was closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closure {
    /// The Close that we sent.
    pub sent: Option<CloseBody>,
    /// The Close that the server sent.
    pub received: Option<CloseBody>,
    /// Who sent a Close first; `None` if nobody did.
    pub first: Option<Party>,
    /// How the connection itself ended.
    pub end: End,
}

impl Closure {
    /// Whether the closing handshake was completed (RFC 6455 §7.1.4).
    #[must_use]
    pub fn clean(&self) -> bool {
        self.sent.is_some() && self.received.is_some() && self.end == End::Clean
    }

    /// The connection's close code (RFC 6455 §7.1.5): what the server sent, 1005 for a Close
    /// without a code, 1006 if none arrived. Derived, never sent.
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

/// Why a code or a reason may not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidden(String);

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl CloseReason {
    /// A Close that a user asked for, by the rules of the WHATWG `close()`: the code 1000 or
    /// 3000–4999, the reason at most 123 bytes. `force` lifts the rule for the code, not for the
    /// length, which no frame can hold (RFC 6455 §5.5).
    ///
    /// # Errors
    ///
    /// The rule that it breaks.
    pub fn of_user(code: u16, reason: &str, force: bool) -> Result<Self, Forbidden> {
        if reason.len() > 123 {
            return Err(Forbidden(format!(
                "a close reason holds at most 123 bytes of UTF-8, this one has {}",
                reason.len()
            )));
        }
        if !force && code != 1000 && !(3000..=4999).contains(&code) {
            return Err(Forbidden(format!(
                "a close code is 1000 or 3000-4999, not {code}; --force sends it all the same"
            )));
        }
        Ok(Self {
            code,
            reason: reason.to_owned(),
        })
    }
}

/// What the registries call a close code (RFC 6455 §7.4, IANA), for people.
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

/// Whether a peer may send `code` in a Close frame (RFC 6455 §7.4.1 and §7.4.2).
#[must_use]
pub fn may_be_received(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
