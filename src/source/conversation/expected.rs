//! What a conversation expects.

use std::time::Duration;

use crate::conversation::matching::Pattern;
use crate::http::{Header, Secrets};
use crate::protocol::close::name_of_code;
use crate::protocol::Closure;
use crate::text::phrase::Phrase;

/// What is expected.
#[derive(Clone, Debug)]
pub enum Expected {
    /// A data message.
    Message(Pattern),
    /// A Ping, with this payload if there is one.
    Ping(Option<Vec<u8>>),
    /// A Pong, with this payload if there is one.
    Pong(Option<Vec<u8>>),
    /// The end of the connection, with this code and reason if they are given. 1005 and 1006 are
    /// used as in RFC 6455 §7.1.5.
    Close {
        /// The code; `None` for any.
        code: Option<u16>,
        /// The reason; `None` for any.
        reason: Option<String>,
    },
    /// No data message for this long.
    Silence(Duration),
    /// The status of the upgrade response.
    Status(u16),
    /// A header of the upgrade response.
    Header {
        /// The name, ignoring case.
        name: String,
        /// Its value.
        value: String,
    },
    /// A refusal of the upgrade, with this status if it is given.
    Refused(Option<u16>),
    /// The end of the connection, and a new one in its place.
    Reconnect,
}

impl Expected {
    /// Whether it says that the server must or must not refuse the upgrade.
    #[must_use]
    pub fn is_about_refusal(&self) -> bool {
        matches!(self, Self::Status(_) | Self::Refused(_))
    }

    /// Whether a refusal with this status is expected; `None` if the expectation is about something
    /// else.
    #[must_use]
    pub fn allows_refusal(&self, status: u16) -> Option<bool> {
        match self {
            Self::Status(wanted) => Some(*wanted == status),
            Self::Refused(wanted) => Some(wanted.is_none_or(|wanted| wanted == status)),
            _ => None,
        }
    }

    /// Whether it expects the end of the connection and this close meets it.
    #[must_use]
    pub fn is_met_by_close(&self, closure: &Closure) -> bool {
        let Self::Close { code, reason } = self else {
            return false;
        };
        let has_reason = |reason: &String| reason == closure.reason();
        code.is_none_or(|code| code == closure.code()) && reason.as_ref().is_none_or(has_reason)
    }

    /// A description to follow "expected". Not escaped.
    #[must_use]
    pub fn describe(&self) -> Phrase {
        let control = |name: &str, payload: &Option<Vec<u8>>| match payload {
            None => Phrase::words(format!("a {name}")),
            Some(payload) => Phrase::words(format!("a {name} with ")).and_value(quote(payload)),
        };
        match self {
            Self::Message(pattern) => pattern.describe(),
            Self::Ping(payload) => control("Ping", payload),
            Self::Pong(payload) => control("Pong", payload),
            Self::Close { code, reason } => {
                let end = match code {
                    None => Phrase::words("the connection to be closed"),
                    Some(1006) => Phrase::words("the connection to end without a Close frame"),
                    Some(code) => Phrase::words(format!(
                        "the connection to be closed with {code} ({})",
                        name_of_code(*code)
                    )),
                };
                match reason {
                    Some(reason) => end.and(" and the reason ").and_value(format!("{reason:?}")),
                    None => end,
                }
            }
            Self::Silence(time) => {
                Phrase::words(format!("no message for {} s", time.as_secs_f64()))
            }
            Self::Status(status) => Phrase::words(format!("the status {status}")),
            Self::Header { name, value } => {
                let header = Header::new(name, value.as_str());
                Phrase::words(format!("header {name}: "))
                    .and_value(header.shown_value(Secrets::Hidden))
            }
            Self::Refused(None) => Phrase::words("the upgrade to be refused"),
            Self::Reconnect => Phrase::words("the connection to end and to be opened again"),
            Self::Refused(Some(status)) => {
                Phrase::words(format!("the upgrade to be refused with {status}"))
            }
        }
    }
}

/// The payload of a control frame, for reports.
pub(super) fn quote(payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok(text) => format!("\"{text}\""),
        Err(_) => format!("the bytes {}", hex::encode(payload)),
    }
}
