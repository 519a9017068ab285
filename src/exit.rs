//! The exit codes: one enum, and the one table that help, man page and README print.
//!
//! The numbers below 100 are curl's where curl has one, so that scripts which know curl know these.

use crate::protocol::{CloseBody, Closure, End, Role};

/// How a run ended, as the shell sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// Closed with 1000, 1001 or no code, or our own orderly end.
    Success,
    /// Anything that has no code of its own.
    Other,
    /// Wrong usage of the command line.
    Usage,
    /// The address is malformed.
    Address,
    /// An expectation was not met.
    Expectation,
    /// The proxy's name was not resolved.
    ProxyName,
    /// The server's name was not resolved.
    Name,
    /// No address could be connected to.
    Connect,
    /// The server refused the upgrade, or answered it wrongly.
    Refused,
    /// Output could not be written.
    Output,
    /// Input could not be read, or was malformed.
    Input,
    /// A time limit passed.
    Timeout,
    /// The TLS handshake failed.
    Tls,
    /// A redirect too many.
    Redirects,
    /// Accepted input could not be sent.
    Send,
    /// The connection ended before the upgrade was answered.
    Receive,
    /// Our own certificate.
    Identity,
    /// The server's certificate could not be verified.
    Certificate,
    /// The CA file could not be used.
    CaFile,
    /// The proxy refused.
    Proxy,
    /// The connection was closed with a code of 1002–1015 (RFC 6455 §7.4.1): 102–115.
    Closed(ClosedCode),
    /// Closed with 3000–3999, a library's or framework's code.
    Library,
    /// Closed with 4000–4999, an application's code.
    Application,
    /// Ended by a signal: 128 and its number.
    Signal(u8),
}

/// A close code from 1002 to 1015, the range that maps to the exit codes 102–115.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedCode(u8);

impl ExitCode {
    /// The exit code for a connection that was closed with `code`.
    ///
    /// 1000, 1001 and 1005 (no code) are success; codes that no RFC defines are [`ExitCode::Other`].
    #[must_use]
    pub fn for_close(code: u16) -> Self {
        match code {
            1000 | 1001 | 1005 => Self::Success,
            #[expect(clippy::cast_possible_truncation, reason = "at most 15")]
            1002..=1015 => Self::Closed(ClosedCode((code - 1000) as u8)),
            3000..=3999 => Self::Library,
            4000..=4999 => Self::Application,
            _ => Self::Other,
        }
    }

    /// The exit code for a connection that ended as `closure` says.
    ///
    /// After our own Close, a server that just ends TCP or never answers counts as orderly, and
    /// so does a code that we sent and that came back.
    #[must_use]
    pub fn for_closure(closure: &Closure) -> Self {
        let code_of = |body: &Option<CloseBody>| {
            body.as_ref()
                .map(|body| body.as_ref().map(|body| body.code))
        };
        match &closure.end {
            End::Violation(violation) => Self::for_close(violation.code),
            End::Silent(_) => Self::Timeout,
            _ if closure.initiator == Some(Role::Us) => match &closure.received {
                Some(_) if code_of(&closure.received) != code_of(&closure.sent) => {
                    Self::for_close(closure.code())
                }
                _ => Self::Success,
            },
            _ => Self::for_close(closure.code()),
        }
    }

    /// The number that the process exits with.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Other => 1,
            Self::Usage => 2,
            Self::Address => 3,
            Self::Expectation => 4,
            Self::ProxyName => 5,
            Self::Name => 6,
            Self::Connect => 7,
            Self::Refused => 22,
            Self::Output => 23,
            Self::Input => 26,
            Self::Timeout => 28,
            Self::Tls => 35,
            Self::Redirects => 47,
            Self::Send => 55,
            Self::Receive => 56,
            Self::Identity => 58,
            Self::Certificate => 60,
            Self::CaFile => 77,
            Self::Proxy => 97,
            Self::Closed(ClosedCode(offset)) => 100 + offset,
            Self::Library => 120,
            Self::Application => 121,
            Self::Signal(number) => 128 + number,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

/// The exit codes and what they mean, in order: what the help, the man page and the README print.
pub const TABLE: &[(&str, &str)] = &[
    (
        "0",
        "closed with 1000, 1001 or no code, or our own orderly end",
    ),
    ("1", "anything not listed"),
    ("2", "usage, or a session file that can't be read"),
    ("3", "the address is malformed"),
    (
        "4",
        "an expectation was not met, or fewer messages came than -n asked for",
    ),
    (
        "5, 6",
        "the proxy's name, the server's name was not resolved",
    ),
    ("7", "could not connect"),
    (
        "22",
        "the server refused the upgrade, answered it wrongly, or does not speak HTTP; a redirect \
         was not followed",
    ),
    (
        "23, 26",
        "output could not be written; input could not be read or was malformed",
    ),
    ("28", "a time limit passed; stderr says which"),
    ("35", "the TLS handshake failed"),
    ("47", "too many redirects"),
    ("55", "sending failed: accepted input was not sent"),
    ("56", "the connection ended before the upgrade was answered"),
    (
        "58",
        "our certificate is missing, wrong, unreadable, or was refused",
    ),
    ("60", "the server's certificate could not be verified"),
    ("77", "the CA file could not be used"),
    ("97", "the proxy refused or did not respond"),
    (
        "102-115",
        "the peer closed with 1002-1015, or we did for a violation we found (102, 107, 109); \
         106: the connection was lost without a Close",
    ),
    ("120, 121", "closed with 3000-3999, 4000-4999"),
    ("129, 130, 143", "SIGHUP, SIGINT, SIGTERM"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_codes_map_to_the_table() {
        for (close, exit) in [
            (1000, 0),
            (1001, 0),
            (1005, 0),
            (1002, 102),
            (1006, 106),
            (1008, 108),
            (1015, 115),
            (3000, 120),
            (3999, 120),
            (4000, 121),
            (4999, 121),
            (1016, 1),
            (2999, 1),
            (999, 1),
            (5000, 1),
        ] {
            assert_eq!(
                ExitCode::for_close(close).number(),
                exit,
                "close code {close}"
            );
        }
    }
}
