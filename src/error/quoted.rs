//! What an error quotes, apart from its own words.

use std::io;

use super::{Error, ParseError, Refusal, Unmet};
use crate::http::ResponseHead;
use crate::target::InvalidUrl;

/// What an error quotes, to replace what is secret in it. Places in files are not included, because
/// they lead there.
#[derive(Debug, Default)]
pub struct Quoted<'a> {
    /// Texts, which may be values or sentences around them.
    pub texts: Vec<&'a mut String>,
    /// Errors of the operating system or of a library.
    pub causes: Vec<&'a mut io::Error>,
    /// The head of a response that is not a refusal.
    pub head: Option<&'a mut ResponseHead>,
    /// A response that refuses the upgrade.
    pub refusal: Option<&'a mut Refusal>,
    /// An expectation that was not met.
    pub unmet: Option<&'a mut Unmet>,
}

impl Error {
    /// Everything that the error quotes. Each field of each variant is named, so that none is
    /// forgotten.
    #[expect(clippy::too_many_lines, reason = "one arm for each variant")]
    pub fn quoted_mut(&mut self) -> Quoted<'_> {
        match self {
            Self::At { place: _, error } => error.quoted_mut(),
            Self::Usage(text) => Quoted::texts([text]),
            Self::Url(InvalidUrl { problem, hint }) => Quoted::texts([problem]).and(hint),
            Self::Resolve {
                party: _,
                host,
                cause,
                hint,
            }
            | Self::Tls {
                party: _,
                host,
                cause,
                hint,
            } => Quoted::texts([host, cause]).and(hint),
            Self::Connect {
                party: _,
                to,
                attempts,
                hint,
            } => Quoted::texts([to]).and(hint).and_attempts(attempts),
            Self::ConnectTimeout {
                party: _,
                to,
                limit: _,
                attempts,
            } => Quoted::texts([to]).and_attempts(attempts),
            Self::UnixSocket { path: text, cause }
            | Self::Output {
                target: text,
                cause,
            } => Quoted::texts([text]).and_cause(cause),
            Self::Unanswered {
                party: _,
                name,
                cause,
                hint,
            } => {
                let quoted = Quoted::texts([name]).and(hint);
                match cause {
                    Some(cause) => quoted.and_cause(cause),
                    None => quoted,
                }
            }
            Self::InvalidResponse {
                party: _,
                name,
                cause,
                head,
                hint,
            } => Quoted {
                head: head.as_deref_mut(),
                ..Quoted::texts([name, cause]).and(hint)
            },
            Self::ProxyRefused {
                proxy,
                to,
                cause,
                refusal,
                unreachable: _,
                hint,
            } => Quoted {
                refusal: refusal.as_deref_mut(),
                ..Quoted::texts([proxy, to, cause]).and(hint)
            },
            Self::Certificate {
                party: _,
                host,
                cause,
                details,
                hint,
            } => Quoted::texts([host, cause]).and(hint).and(details),
            Self::CaFile { path, cause, hint } | Self::Identity { path, cause, hint } => {
                Quoted::texts([path, cause]).and(hint)
            }
            Self::ClientCertificate {
                party: _,
                host,
                file,
                alert,
                hint,
            } => Quoted::texts([host, alert, hint]).and(file),
            Self::Listen { address, cause } => Quoted::texts([address, cause]),
            Self::Refused(refusal) => Quoted {
                refusal: Some(refusal),
                ..Quoted::default()
            },
            Self::Declined { what, head, hint } => Quoted {
                head: Some(head),
                ..Quoted::texts([what]).and(hint)
            },
            Self::Redirect { cause, head } => Quoted {
                head: Some(head),
                ..Quoted::texts([cause])
            },
            Self::Redirects { limit: _, url } => Quoted::texts([url]),
            Self::Input {
                origin,
                line: _,
                cause,
            } => Quoted::texts([origin, cause]),
            Self::DataFile {
                path,
                cause,
                may_be_text: _,
            } => Quoted::texts([path, cause]),
            Self::Unmet(unmet) => Quoted {
                unmet: Some(unmet),
                ..Quoted::default()
            },
            Self::Call {
                method,
                message,
                data,
            } => Quoted::texts([method, message]).and(data),
            Self::SessionFile(error) | Self::Config(error) => {
                let ParseError {
                    file: _,
                    line: _,
                    column: _,
                    text,
                    cause,
                } = &mut **error;
                Quoted::texts([text, cause])
            }
            Self::ServerEnded { ending, last } => Quoted::texts([ending]).and(last),
            Self::ServerLate {
                is_own: _,
                url,
                limit: _,
                cause,
                last,
            } => Quoted::texts([url, cause]).and(last),
            Self::System { doing: _, cause } => Quoted::default().and_cause(cause),
            Self::Timeout {
                option: _,
                limit: _,
                phase: _,
            }
            | Self::Unsent {
                unsent: _,
                total: _,
                more: _,
            }
            | Self::TooFew {
                received: _,
                wanted: _,
            }
            | Self::Signal(_) => Quoted::default(),
        }
    }
}

impl<'a> Quoted<'a> {
    fn texts<const COUNT: usize>(texts: [&'a mut String; COUNT]) -> Self {
        Self {
            texts: texts.into(),
            ..Self::default()
        }
    }

    fn and(mut self, texts: impl IntoIterator<Item = &'a mut String>) -> Self {
        self.texts.extend(texts);
        self
    }

    fn and_cause(mut self, cause: &'a mut io::Error) -> Self {
        self.causes.push(cause);
        self
    }

    fn and_attempts(mut self, attempts: &'a mut [(String, io::Error)]) -> Self {
        for (address, cause) in attempts {
            self.texts.push(address);
            self.causes.push(cause);
        }
        self
    }
}
