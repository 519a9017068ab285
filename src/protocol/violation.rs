//! What breaks the protocol.

use std::fmt;

/// A violation of the protocol by the server, which fails the connection (RFC 6455 §7.1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The close code: 1002 (protocol error), 1007 (invalid payload data), or 1009 (message larger
    /// than [`max_message_size`](super::ProtocolConfig::max_message_size)).
    pub code: u16,
    /// What the server sent and the RFC section that forbids it, to follow "the server sent".
    pub rule: String,
}

impl Violation {
    pub(super) fn protocol_error(rule: impl Into<String>) -> Self {
        Self {
            code: 1002,
            rule: rule.into(),
        }
    }

    pub(super) fn invalid_payload(rule: &str) -> Self {
        Self {
            code: 1007,
            rule: rule.to_owned(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rule)
    }
}
