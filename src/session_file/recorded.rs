//! The statements for what a recording contains: the one translation that reading a record and writing
//! a recorded session file have in common.

use std::collections::VecDeque;

use super::{ExpectStatement, Message, Part, Payload, Template};
use crate::protocol::{CloseBody, CloseReason};

/// The variables that stand for the credentials of a recording, which are not recorded.
#[derive(Debug, Default)]
pub struct CredentialVariables {
    taken: Vec<String>,
}

impl CredentialVariables {
    /// The variable for the value of a header: `X_API_KEY`, the second time `X_API_KEY_2`.
    fn name(&mut self, header: &str) -> String {
        let letters = header.chars().map(|c| match c {
            c if c.is_ascii_alphanumeric() => c.to_ascii_uppercase(),
            _ => '_',
        });
        let mut name: String = letters.collect();
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            name.insert(0, '_');
        }
        let before = self.taken.iter().filter(|other| **other == name).count();
        self.taken.push(name.clone());
        if before > 0 {
            return format!("{name}_{}", before + 1);
        }
        name
    }

    /// A header whose value is a credential, and the variable for it.
    pub fn header(&mut self, name: &str) -> (String, Template) {
        let variable = self.name(name);
        let parts = vec![
            Part::Text(format!("{name}: ")),
            Part::Variable(variable.clone()),
        ];
        (variable, Template { parts })
    }

    /// A subprotocol that ends with a token, and the variable for the token.
    pub fn subprotocol(&mut self, before: &str) -> (String, Template) {
        let variable = self.name("SUBPROTOCOL");
        let mut template = Template::literal(before);
        template.parts.push(Part::Variable(variable.clone()));
        (variable, template)
    }
}

/// A header with this value.
#[must_use]
pub fn header(name: &str, value: &str) -> Template {
    Template::literal(&match value {
        "" => format!("{name};"),
        value => format!("{name}: {value}"),
    })
}

/// The payload of a Ping or a Pong.
#[must_use]
pub fn payload(bytes: &[u8]) -> Payload {
    match std::str::from_utf8(bytes) {
        Ok(text) => Payload::Text(Template::literal(text)),
        Err(_) => Payload::Bytes(bytes.to_vec()),
    }
}

/// The code and reason of a Close; 1005 if it has none (RFC 6455 §7.1.5).
fn code_and_reason(body: &CloseBody) -> (u16, &str) {
    match body {
        Some(reason) => (reason.code, &reason.reason),
        None => (1005, ""),
    }
}

/// A Close that was sent.
#[must_use]
pub fn sent_close(body: &CloseBody) -> Message {
    let (code, reason) = code_and_reason(body);
    let reason = Template::literal(reason);
    Message::Close { code, reason }
}

/// Whether sending such a Close requires `--force`: the program sends 1001 at a signal, but a user
/// may not.
#[must_use]
pub fn needs_force(body: &CloseBody) -> bool {
    let forbidden = |it: &CloseReason| CloseReason::from_user(it.code, &it.reason, false).is_err();
    body.as_ref().is_some_and(forbidden)
}

/// A Close that was received.
#[must_use]
pub fn received_close(body: &CloseBody) -> ExpectStatement {
    let (code, reason) = code_and_reason(body);
    ExpectStatement::Close {
        code: Some(code),
        reason: (!reason.is_empty()).then(|| Template::literal(reason)),
    }
}

/// The end of a connection without a Close from the server.
#[must_use]
pub fn lost() -> ExpectStatement {
    ExpectStatement::Close {
        code: Some(1006),
        reason: None,
    }
}

/// Pings that were sent and not answered yet.
#[derive(Debug, Default)]
pub struct SentPings(VecDeque<Vec<u8>>);

impl SentPings {
    /// Adds a Ping.
    pub fn sent(&mut self, payload: &[u8]) {
        self.0.push_back(payload.to_vec());
    }

    /// The expectation for a Pong; `None` if it answers no Ping.
    pub fn answered(&mut self, payload: &[u8]) -> Option<ExpectStatement> {
        // A Pong answers earlier Pings as well (RFC 6455 §5.5.3).
        let place = self.0.iter().position(|ping| ping == payload)?;
        self.0.drain(..=place);
        let payload = (!payload.is_empty()).then(|| self::payload(payload));
        Some(ExpectStatement::Pong(payload))
    }

    /// Forgets them, because the connection has ended.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_variables_are_numbered() {
        let mut variables = CredentialVariables::default();
        let names = ["X-Api-Key", "x-api-key", "2fa"].map(|name| variables.header(name).0);
        assert_eq!(names, ["X_API_KEY", "X_API_KEY_2", "_2FA"]);
        let (name, template) = variables.subprotocol("bearer.");
        assert_eq!(name, "SUBPROTOCOL");
        assert_eq!(template.parts.len(), 2);
        assert_eq!(variables.subprotocol("").0, "SUBPROTOCOL_2");
    }

    #[test]
    fn pong_answers_earlier_pings() {
        let mut pings = SentPings::default();
        pings.sent(b"one");
        pings.sent(b"two");
        let wanted = ExpectStatement::Pong(Some(Payload::Text(Template::literal("two"))));
        assert_eq!(pings.answered(b"two"), Some(wanted));
        assert_eq!(pings.answered(b"one"), None);
    }
}
