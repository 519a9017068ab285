//! The supported options of curl: those that browsers and proxies write, and those that people add.

/// What an option of curl means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Header,
    Cookie,
    UserAgent,
    Referer,
    User,
    Bearer,
    /// A proxy, with this scheme unless it has one.
    Proxy(&'static str),
    Method,
    Url,
    PathAsIs,
    /// A client certificate, with its passphrase after a colon.
    Certificate,
    /// The file for the response body.
    Output,
    /// This option of ours.
    Flag(&'static str),
    /// This option of ours, with the same value.
    Value(&'static str),
    /// The same, but the value is not read from a file or a variable as in our option.
    Secret(&'static str),
    /// This timeout option of ours; 0 means no timeout.
    Timeout(&'static str),
    MaxRedirects,
    /// Has no effect on a WebSocket, or is always the case.
    Ignored,
    /// The same for an option with a value.
    IgnoredValue,
    /// Sends a body.
    Body,
    /// Not supported; the text says what to do instead.
    Refused(&'static str),
}

impl Meaning {
    pub(super) fn has_value(self) -> bool {
        !matches!(
            self,
            Self::PathAsIs | Self::Flag(_) | Self::Ignored | Self::Body | Self::Refused(_)
        )
    }
}

const AUTHENTICATION: &str = "wsline supports only Basic and Bearer authentication";
const SAVE: &str = "there is no response body; redirect stdout to save messages";
const ANOTHER: &str = "paste one request at a time";
const HEAD: &str = "a WebSocket is opened with GET";

/// The short name, the long name and the meaning of each option.
pub(super) const OPTIONS: &[(Option<char>, &str, Meaning)] = &[
    (Some('H'), "header", Meaning::Header),
    (Some('b'), "cookie", Meaning::Cookie),
    (Some('A'), "user-agent", Meaning::UserAgent),
    (Some('e'), "referer", Meaning::Referer),
    (Some('u'), "user", Meaning::User),
    (None, "oauth2-bearer", Meaning::Bearer),
    (Some('X'), "request", Meaning::Method),
    (None, "url", Meaning::Url),
    (None, "path-as-is", Meaning::PathAsIs),
    // Connecting.
    (Some('4'), "ipv4", Meaning::Flag("-4")),
    (Some('6'), "ipv6", Meaning::Flag("-6")),
    (Some('L'), "location", Meaning::Flag("-L")),
    (None, "max-redirs", Meaning::MaxRedirects),
    (Some('m'), "max-time", Meaning::Timeout("--max-time")),
    (
        None,
        "connect-timeout",
        Meaning::Timeout("--connect-timeout"),
    ),
    (None, "resolve", Meaning::Value("--resolve")),
    (None, "connect-to", Meaning::Value("--connect-to")),
    (None, "unix-socket", Meaning::Value("--unix-socket")),
    (Some('x'), "proxy", Meaning::Proxy("")),
    (None, "proxy1.0", Meaning::Proxy("http://")),
    (None, "socks5", Meaning::Proxy("socks5://")),
    (None, "socks5-hostname", Meaning::Proxy("socks5h://")),
    (Some('U'), "proxy-user", Meaning::Secret("--proxy-user")),
    (None, "proxy-header", Meaning::Value("--proxy-header")),
    (None, "noproxy", Meaning::Value("--noproxy")),
    // TLS.
    (Some('k'), "insecure", Meaning::Flag("-k")),
    (None, "cacert", Meaning::Value("--cacert")),
    (Some('E'), "cert", Meaning::Certificate),
    (None, "key", Meaning::Value("--key")),
    (None, "pass", Meaning::Secret("--pass")),
    (Some('1'), "tlsv1", Meaning::Flag("--tls-min=1.0")),
    (None, "tlsv1.0", Meaning::Flag("--tls-min=1.0")),
    (None, "tlsv1.1", Meaning::Flag("--tls-min=1.1")),
    (None, "tlsv1.2", Meaning::Flag("--tls-min=1.2")),
    (None, "tlsv1.3", Meaning::Flag("--tls-min=1.3")),
    (None, "tls-max", Meaning::Value("--tls-max")),
    // Output.
    (Some('v'), "verbose", Meaning::Flag("-v")),
    (Some('o'), "output", Meaning::Output),
    (Some('O'), "remote-name", Meaning::Refused(SAVE)),
    (
        Some('w'),
        "write-out",
        Meaning::Refused("use --timing or -v to see how the connection was made"),
    ),
    (
        Some('D'),
        "dump-header",
        Meaning::Refused("use -v to see the headers, or --record to save them"),
    ),
    (
        Some('c'),
        "cookie-jar",
        Meaning::Refused("cookies are not saved; -v shows them"),
    ),
    // Options without an effect.
    (None, "compressed", Meaning::Ignored),
    (None, "tr-encoding", Meaning::Ignored),
    (None, "raw", Meaning::Ignored),
    (Some('0'), "http1.0", Meaning::Ignored),
    (None, "http1.1", Meaning::Ignored),
    (None, "http2", Meaning::Ignored),
    (None, "http2-prior-knowledge", Meaning::Ignored),
    (None, "http3", Meaning::Ignored),
    (None, "http0.9", Meaning::Ignored),
    (None, "alpn", Meaning::Ignored),
    (None, "no-alpn", Meaning::Ignored),
    (None, "no-npn", Meaning::Ignored),
    (None, "no-sessionid", Meaning::Ignored),
    (None, "ssl-no-revoke", Meaning::Ignored),
    (None, "ssl-revoke-best-effort", Meaning::Ignored),
    (None, "basic", Meaning::Ignored),
    (None, "proxy-basic", Meaning::Ignored),
    (Some('p'), "proxytunnel", Meaning::Ignored),
    (Some('f'), "fail", Meaning::Ignored),
    (None, "fail-with-body", Meaning::Ignored),
    (None, "fail-early", Meaning::Ignored),
    (Some('G'), "get", Meaning::Ignored),
    (Some('i'), "include", Meaning::Ignored),
    (None, "show-headers", Meaning::Ignored),
    (Some('s'), "silent", Meaning::Ignored),
    (Some('S'), "show-error", Meaning::Ignored),
    (Some('N'), "no-buffer", Meaning::Ignored),
    (Some('g'), "globoff", Meaning::Ignored),
    (Some('#'), "progress-bar", Meaning::Ignored),
    (None, "no-progress-meter", Meaning::Ignored),
    (Some('q'), "disable", Meaning::Ignored),
    (None, "tcp-nodelay", Meaning::Ignored),
    (None, "tcp-fastopen", Meaning::Ignored),
    (None, "keepalive", Meaning::Ignored),
    (None, "no-keepalive", Meaning::Ignored),
    (None, "keepalive-time", Meaning::IgnoredValue),
    (None, "expect100-timeout", Meaning::IgnoredValue),
    (None, "happy-eyeballs-timeout-ms", Meaning::IgnoredValue),
    (None, "proto", Meaning::IgnoredValue),
    (None, "proto-default", Meaning::IgnoredValue),
    (None, "proto-redir", Meaning::IgnoredValue),
    // Options that don't open a WebSocket.
    (Some('d'), "data", Meaning::Body),
    (None, "data-ascii", Meaning::Body),
    (None, "data-binary", Meaning::Body),
    (None, "data-raw", Meaning::Body),
    (None, "data-urlencode", Meaning::Body),
    (Some('F'), "form", Meaning::Body),
    (None, "form-string", Meaning::Body),
    (None, "json", Meaning::Body),
    (Some('T'), "upload-file", Meaning::Body),
    (Some('I'), "head", Meaning::Refused(HEAD)),
    (Some(':'), "next", Meaning::Refused(ANOTHER)),
    (None, "anyauth", Meaning::Refused(AUTHENTICATION)),
    (None, "digest", Meaning::Refused(AUTHENTICATION)),
    (None, "ntlm", Meaning::Refused(AUTHENTICATION)),
    (None, "negotiate", Meaning::Refused(AUTHENTICATION)),
    (None, "aws-sigv4", Meaning::Refused(AUTHENTICATION)),
    (
        None,
        "location-trusted",
        Meaning::Refused("use -L; credentials are never sent to another host"),
    ),
];

/// Looks up a long name, without hyphens.
pub(super) fn long(name: &str) -> Option<Meaning> {
    let option = OPTIONS.iter().find(|(_, long, _)| *long == name);
    option.map(|(_, _, meaning)| *meaning)
}

/// Looks up a short name.
pub(super) fn short(letter: char) -> Option<Meaning> {
    let option = OPTIONS.iter().find(|(short, ..)| *short == Some(letter));
    option.map(|(_, _, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn option_names_are_unique() {
        for (index, (letter, name, _)) in OPTIONS.iter().enumerate() {
            for (other_letter, other, _) in &OPTIONS[..index] {
                assert_ne!(name, other);
                assert!(letter.is_none() || letter != other_letter, "{letter:?}");
            }
        }
    }
}
