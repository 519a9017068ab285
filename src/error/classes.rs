//! The phase, exit code and hint of each error.

use super::phase::{Party, Phase};
use super::Error;
use crate::exit::ExitCode;

impl Error {
    /// The phase in which the error occurred.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self {
            Self::At { error, .. } => error.phase(),
            Self::Usage(_) | Self::SessionFile(_) | Self::Config(_) => Phase::Usage,
            Self::Url(_) => Phase::Address,
            Self::Resolve { .. } => Phase::Resolve,
            Self::Connect { .. }
            | Self::ConnectTimeout { .. }
            | Self::UnixSocket { .. }
            | Self::Listen { .. }
            | Self::ServerEnded { .. }
            | Self::ServerLate { .. } => Phase::Connect,
            Self::Unanswered { party, .. } | Self::InvalidResponse { party, .. } => match party {
                Party::Server => Phase::Upgrade,
                Party::Proxy => Phase::Proxy,
            },
            Self::ProxyRefused { .. } => Phase::Proxy,
            Self::Tls { .. }
            | Self::Certificate { .. }
            | Self::CaFile { .. }
            | Self::Identity { .. }
            | Self::ClientCertificate { .. } => Phase::Tls,
            Self::Refused(_)
            | Self::Declined { .. }
            | Self::Redirect { .. }
            | Self::Redirects { .. } => Phase::Upgrade,
            Self::Timeout { phase, .. } => *phase,
            Self::Input { .. } | Self::DataFile { .. } => Phase::Input,
            Self::Output { .. } => Phase::Output,
            Self::Unsent { .. }
            | Self::TooFew { .. }
            | Self::Unmet(_)
            | Self::Call { .. }
            | Self::Signal(_)
            | Self::System { .. } => Phase::Open,
        }
    }

    /// The exit code for the error.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::At { error, .. } => error.exit_code(),
            Self::Usage(_) | Self::SessionFile(_) | Self::Config(_) => ExitCode::Usage,
            Self::Url(_) => ExitCode::Address,
            Self::Resolve { party, .. } => match party {
                Party::Server => ExitCode::Name,
                Party::Proxy => ExitCode::ProxyName,
            },
            Self::Connect { .. } | Self::UnixSocket { .. } | Self::ServerEnded { .. } => {
                ExitCode::Connect
            }
            Self::Unanswered { party, .. } => match party {
                Party::Server => ExitCode::Receive,
                Party::Proxy => ExitCode::Proxy,
            },
            Self::InvalidResponse { party, .. } => match party {
                Party::Server => ExitCode::Refused,
                Party::Proxy => ExitCode::Proxy,
            },
            Self::ProxyRefused { .. } => ExitCode::Proxy,
            Self::Tls { .. } => ExitCode::Tls,
            Self::Certificate { .. } => ExitCode::Certificate,
            Self::CaFile { .. } => ExitCode::CaFile,
            Self::Identity { .. } | Self::ClientCertificate { .. } => ExitCode::Identity,
            Self::Refused(_) | Self::Declined { .. } | Self::Redirect { .. } => ExitCode::Refused,
            Self::Redirects { .. } => ExitCode::Redirects,
            Self::Timeout { .. } | Self::ConnectTimeout { .. } | Self::ServerLate { .. } => {
                ExitCode::Timeout
            }
            Self::Input { .. } | Self::DataFile { .. } => ExitCode::Input,
            Self::Output { .. } => ExitCode::Output,
            Self::Unsent { .. } => ExitCode::Send,
            Self::TooFew { .. } | Self::Unmet(_) | Self::Call { .. } => ExitCode::Expectation,
            Self::Signal(number) => ExitCode::Signal(u8::try_from(*number).unwrap_or(0)),
            Self::Listen { .. } | Self::System { .. } => ExitCode::Other,
        }
    }

    /// The hint, if there is one.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::At { error, .. } => error.hint(),
            Self::Url(invalid) => invalid.hint.as_deref(),
            Self::Resolve { hint, .. }
            | Self::Connect { hint, .. }
            | Self::Unanswered { hint, .. }
            | Self::InvalidResponse { hint, .. }
            | Self::Declined { hint, .. }
            | Self::ProxyRefused { hint, .. }
            | Self::Tls { hint, .. }
            | Self::Certificate { hint, .. }
            | Self::CaFile { hint, .. }
            | Self::Identity { hint, .. } => hint.as_deref(),
            Self::ClientCertificate { hint, .. } => Some(hint),
            Self::ServerLate { is_own: true, .. } => {
                Some("use --ready URL if it listens elsewhere; -v shows its output")
            }
            Self::Refused(refusal) => refusal.hint.as_deref(),
            Self::DataFile {
                may_be_text: true, ..
            } => Some("to send a text that starts with @, use --data-raw"),
            Self::Redirects { .. } => {
                Some("use a larger --max-redirs, unless the redirects form a loop")
            }
            _ => None,
        }
    }
}
