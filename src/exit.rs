//! The exit codes: an enum, and the table that the help, the man page and the README print.
//!
//! Below 100 they are the same as curl's where curl has one, so that scripts written for curl work
//! with them.

use crate::protocol::{CloseBody, Closure, End, Role};

/// The exit code of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// The connection was closed with 1000, 1001 or no code, or we ended it normally.
    Success,
    /// An error without an exit code of its own.
    Other,
    /// Invalid command line.
    Usage,
    /// Invalid URL.
    Address,
    /// An expectation was not met.
    Expectation,
    /// The proxy's host name could not be resolved.
    ProxyName,
    /// The server's host name could not be resolved.
    Name,
    /// Could not connect to any address.
    Connect,
    /// The server refused the upgrade, or its response was invalid.
    Refused,
    /// Output could not be written.
    Output,
    /// Input could not be read, or was invalid.
    Input,
    /// A timeout expired.
    Timeout,
    /// The TLS handshake failed.
    Tls,
    /// There were too many redirects.
    Redirects,
    /// Accepted input was not sent.
    Send,
    /// The connection ended before the response to the upgrade request.
    Receive,
    /// The client certificate could not be loaded, or was rejected.
    Identity,
    /// The server's certificate could not be verified.
    Certificate,
    /// The CA file could not be loaded.
    CaFile,
    /// The proxy refused to connect or did not respond.
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

    /// The exit code for a connection that was closed as `closure` says.
    ///
    /// After our own Close, it is a success if the server closes TCP without a Close frame or does
    /// not reply, or if it returns the code that we sent.
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

    /// The exit code of the process.
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

/// The exit codes and their meanings, in order, as the help, the man page and the README print
/// them.
pub const TABLE: &[(&str, &str)] = &[
    (
        "0",
        "closed with 1000, 1001 or no code, or ended normally by us",
    ),
    ("1", "anything not listed"),
    ("2", "invalid command line or session file"),
    ("3", "invalid URL"),
    (
        "4",
        "an expectation was not met, a call of wsline rpc failed, or fewer messages came than -n asked for",
    ),
    (
        "5, 6",
        "could not resolve the host name of the proxy, of the server",
    ),
    ("7", "could not connect"),
    (
        "22",
        "the server refused the upgrade, sent an invalid response, or does not speak HTTP; a redirect \
         was not followed",
    ),
    (
        "23, 26",
        "output could not be written; input could not be read or was invalid",
    ),
    ("28", "timed out; stderr says which timeout"),
    ("35", "the TLS handshake failed"),
    ("47", "too many redirects"),
    ("55", "sending failed: accepted input was not sent"),
    ("56", "the connection ended before the upgrade response"),
    (
        "58",
        "the client certificate could not be loaded or was rejected",
    ),
    ("60", "the server's certificate could not be verified"),
    ("77", "the CA certificates could not be loaded"),
    ("97", "the proxy refused or did not respond"),
    (
        "102-115",
        "the peer closed with 1002-1015, or we did for a violation we found (102, 107, 109); \
         106: the connection was lost without a Close frame",
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
