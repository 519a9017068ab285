//! What an error quotes, apart from its own words.

use std::io;

use super::{Error, ParseError, Refusal, Unmet};
use crate::http::ResponseHead;
use crate::target::InvalidUrl;

impl Error {
    /// All texts of the error, to replace what is secret in them. Those of an
    /// [unmet expectation](Self::unmet_mut), of a response ([a refusal](Self::refusal_mut) or
    /// [another](Self::head_mut)) and of [causes](Self::causes_mut) are not included.
    pub fn texts_mut(&mut self) -> Vec<&mut String> {
        match self {
            Self::Url(InvalidUrl { problem, hint }) => with(hint, [problem]),
            Self::Resolve {
                host, cause, hint, ..
            }
            | Self::Tls {
                host, cause, hint, ..
            } => with(hint, [host, cause]),
            Self::Connect {
                to, attempts, hint, ..
            } => {
                let tried = attempts.iter_mut().map(|(address, _)| address);
                with(hint, [to]).into_iter().chain(tried).collect()
            }
            Self::ConnectTimeout { to, attempts, .. } => {
                let tried = attempts.iter_mut().map(|(address, _)| address);
                std::iter::once(to).chain(tried).collect()
            }
            Self::Usage(text)
            | Self::UnixSocket { path: text, .. }
            | Self::Output { target: text, .. }
            | Self::Redirects { url: text, .. }
            | Self::Redirect { cause: text, .. } => vec![text],
            Self::Unanswered { name, hint, .. } => with(hint, [name]),
            Self::InvalidResponse {
                name, cause, hint, ..
            } => with(hint, [name, cause]),
            Self::ProxyRefused {
                proxy,
                to,
                cause,
                hint,
                ..
            } => with(hint, [proxy, to, cause]),
            Self::Certificate {
                host,
                cause,
                details,
                hint,
                ..
            } => with(hint, [host, cause])
                .into_iter()
                .chain(details)
                .collect(),
            Self::CaFile { path, cause, hint } | Self::Identity { path, cause, hint } => {
                with(hint, [path, cause])
            }
            Self::ClientCertificate {
                host,
                file,
                alert,
                hint,
                ..
            } => with(file, [host, alert, hint]),
            Self::Listen { address, cause } => vec![address, cause],
            Self::Declined { what, hint, .. } => with(hint, [what]),
            Self::Input { origin, cause, .. } => vec![origin, cause],
            Self::DataFile { path, cause, .. } => vec![path, cause],
            Self::Call {
                method,
                message,
                data,
            } => with(data, [method, message]),
            Self::SessionFile(error) | Self::Config(error) => {
                let ParseError {
                    file, text, cause, ..
                } = &mut **error;
                vec![file, text, cause]
            }
            Self::At { place, error } => {
                let of_error = error.texts_mut();
                std::iter::once(place).chain(of_error).collect()
            }
            Self::ServerEnded { ending, last } => std::iter::once(ending).chain(last).collect(),
            Self::ServerLate {
                url, cause, last, ..
            } => [url, cause].into_iter().chain(last).collect(),
            Self::Refused(_)
            | Self::Timeout { .. }
            | Self::Unsent { .. }
            | Self::TooFew { .. }
            | Self::Unmet(_)
            | Self::Signal(_)
            | Self::System { .. } => Vec::new(),
        }
    }
    /// The refusal that it quotes.
    pub fn refusal_mut(&mut self) -> Option<&mut Refusal> {
        match self {
            Self::At { error, .. } => error.refusal_mut(),
            Self::Refused(refusal) => Some(refusal),
            Self::ProxyRefused { refusal, .. } => refusal.as_deref_mut(),
            Self::Unmet(unmet) => unmet.refusal.as_deref_mut(),
            _ => None,
        }
    }

    /// The head of another response that it quotes.
    pub fn head_mut(&mut self) -> Option<&mut ResponseHead> {
        match self {
            Self::At { error, .. } => error.head_mut(),
            Self::InvalidResponse { head, .. } => head.as_deref_mut(),
            Self::Declined { head, .. } | Self::Redirect { head, .. } => Some(head),
            _ => None,
        }
    }

    /// The expectation that was not met.
    pub fn unmet_mut(&mut self) -> Option<&mut Unmet> {
        match self {
            Self::At { error, .. } => error.unmet_mut(),
            Self::Unmet(unmet) => Some(unmet),
            _ => None,
        }
    }

    /// The errors of the operating system, or of a library, that it quotes.
    pub fn causes_mut(&mut self) -> Vec<&mut io::Error> {
        match self {
            Self::At { error, .. } => error.causes_mut(),
            Self::Connect { attempts, .. } | Self::ConnectTimeout { attempts, .. } => {
                attempts.iter_mut().map(|(_, cause)| cause).collect()
            }
            Self::Unanswered { cause, .. } => cause.iter_mut().collect(),
            Self::UnixSocket { cause, .. }
            | Self::Output { cause, .. }
            | Self::System { cause, .. } => vec![cause],
            _ => Vec::new(),
        }
    }
}

/// Texts, and one more if it is there.
fn with<'a, const COUNT: usize>(
    optional: &'a mut Option<String>,
    texts: [&'a mut String; COUNT],
) -> Vec<&'a mut String> {
    texts.into_iter().chain(optional).collect()
}
