//! The options of a connection: what to connect to, how, and what the upgrade request contains.

use std::path::Path;
use std::time::Duration;

use super::proxy::{ProxyOptions, ProxyScheme};
use super::route::RouteOptions;
use super::tls::TlsOptions;
use crate::error::Error;
use crate::http::{find_tokens, is_token, shown_subprotocols, Credentials, CustomHeader, Secrets};
use crate::secret::Secret;
use crate::target::host::has_empty_label;
use crate::target::host_error::EMPTY_LABEL;
use crate::target::Target;

/// Whether compression is used (`--compress`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompressionMode {
    /// It is offered, as in browsers, and the server decides.
    #[default]
    Auto,
    /// It is not offered.
    Off,
    /// It is required: the connection fails if the server does not accept it.
    Require,
}

/// The options of an attempt to connect.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// The URL to connect to.
    pub target: Target,
    /// The user's headers, in order.
    pub headers: Vec<CustomHeader>,
    /// The User-Agent header; `None` for the default, empty for none.
    pub user_agent: Option<String>,
    /// The Origin header (RFC 6454 §7), if there is one.
    pub origin: Option<String>,
    /// The subprotocols to offer, in order of preference (RFC 6455 §1.9).
    pub subprotocols: Vec<String>,
    /// Basic credentials, which take precedence over those in the URL.
    pub credentials: Option<Credentials>,
    /// A Bearer token (RFC 6750 §2.1), which takes precedence over Basic credentials.
    pub bearer: Option<Secret>,
    /// Cookies as `name=value`, or several in one separated by `; ` (RFC 6265 §4.2.1).
    pub cookies: Vec<Secret>,
    /// Whether permessage-deflate is offered (RFC 7692).
    pub compression: CompressionMode,
    /// The options for TLS.
    pub tls: TlsOptions,
    /// The options for name resolution and addresses.
    pub route: RouteOptions,
    /// The maximum number of redirects to follow; `None` to follow none.
    pub max_redirects: Option<u32>,
    /// The options for the proxy.
    pub proxy: ProxyOptions,
    /// The connect timeout, from which the attempt's [`Deadline`](crate::deadline::Deadline) is
    /// computed.
    pub timeout: Duration,
}

/// The default connect timeout.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

impl ConnectOptions {
    /// Default options for connecting to `target`.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self {
            target,
            headers: Vec::new(),
            user_agent: None,
            origin: None,
            subprotocols: Vec::new(),
            credentials: None,
            bearer: None,
            cookies: Vec::new(),
            compression: CompressionMode::default(),
            tls: TlsOptions::default(),
            route: RouteOptions::default(),
            max_redirects: None,
            proxy: ProxyOptions::default(),
            timeout: DEFAULT_TIMEOUT,
        }
    }

    /// Whether TLS may be needed: to the server, after a redirect, or to the proxy.
    #[must_use]
    pub fn may_use_tls(&self) -> bool {
        let proxy = || self.proxy.choose(&self.target).ok().flatten();
        self.target.is_tls()
            || self.max_redirects.is_some()
            || proxy().is_some_and(|proxy| proxy.scheme == ProxyScheme::Https)
    }

    /// The Basic credentials to send, unless the user sets an Authorization header.
    #[must_use]
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials
            .as_ref()
            .or(self.target.credentials.as_ref())
    }

    /// The Unix socket to connect to, if there is one.
    #[must_use]
    pub fn unix_socket(&self) -> Option<&Path> {
        let given = self.route.unix_socket.as_deref();
        given.or(self.target.origin.unix_socket.as_deref())
    }

    /// The value of the Authorization header, unless the user sets one.
    #[must_use]
    pub fn authorization(&self) -> Option<String> {
        if let Some(token) = &self.bearer {
            return Some(format!("Bearer {}", token.reveal()));
        }
        self.credentials().map(Credentials::to_basic)
    }

    /// The value of the Cookie header, unless the user sets one. All cookies are in one header (RFC
    /// 6265 §5.4).
    #[must_use]
    pub fn cookie(&self) -> Option<String> {
        let cookies: Vec<&str> = self.cookies.iter().map(Secret::reveal).collect();
        (!cookies.is_empty()).then(|| cookies.join("; "))
    }

    /// Checks the options before anything is sent.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] for a subprotocol that is not a token or is repeated (RFC 6455 §4.1), a
    /// control character in the User-Agent or Origin, a user name with a colon (RFC 7617 §2), an
    /// empty server name, two Unix sockets, or an invalid proxy; [`Error::Url`] for credentials
    /// that would be sent over a `ws` that was only assumed.
    pub fn check(&self) -> Result<(), Error> {
        self.check_subprotocols()?;
        self.check_values()?;
        if self.route.unix_socket.is_some() && self.target.origin.unix_socket.is_some() {
            return Err(Error::Usage(
                "--unix-socket cannot be used with a ws+unix URL".to_owned(),
            ));
        }
        self.proxy.choose(&self.target)?;
        let secret = self.headers.iter().any(CustomHeader::is_secret)
            || find_tokens(&self.subprotocols).iter().any(Option::is_some);
        if secret || self.authorization().is_some() || !self.cookies.is_empty() {
            self.target.check_credentials_allowed()?;
        }
        Ok(())
    }

    fn check_subprotocols(&self) -> Result<(), Error> {
        for (index, subprotocol) in self.subprotocols.iter().enumerate() {
            let shown = shown_subprotocols(subprotocol, Secrets::Hidden);
            if !is_token(subprotocol) {
                return Err(Error::Usage(format!(
                    "invalid subprotocol {shown:?}: use only letters, digits and \
                     !#$%&'*+-.^_`|~; repeat -s for several"
                )));
            }
            if self.subprotocols[..index].contains(subprotocol) {
                return Err(Error::Usage(format!(
                    "the subprotocol {shown} is given twice"
                )));
            }
        }
        Ok(())
    }

    fn check_values(&self) -> Result<(), Error> {
        for (option, value) in [("-A", &self.user_agent), ("-o", &self.origin)] {
            if value
                .as_ref()
                .is_some_and(|value| value.chars().any(|c| c != '\t' && c.is_ascii_control()))
            {
                return Err(Error::Usage(format!(
                    "the value of {option} contains a control character"
                )));
            }
        }
        if self
            .credentials()
            .is_some_and(|credentials| credentials.user.contains(':'))
        {
            return Err(Error::Usage(
                "the user name contains a colon, which Basic authentication does not allow (RFC 7617 §2)".to_owned(),
            ));
        }
        match self.tls.servername.as_deref() {
            Some("") => Err(Error::Usage(
                "--servername requires a name; use -k to connect without checking it".to_owned(),
            )),
            Some(name) if has_empty_label(name) => Err(Error::Usage(format!(
                "invalid --servername '{name}': {EMPTY_LABEL}"
            ))),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::proxy::ProxyArg;
    use super::*;

    fn request(address: &str) -> ConnectOptions {
        ConnectOptions::new(Target::parse(address).expect("an address"))
    }

    fn header(text: &str) -> CustomHeader {
        CustomHeader::parse(text).expect("a header")
    }

    #[test]
    fn may_use_tls_includes_redirects_and_proxies() {
        let through = |proxy: &str| {
            let mut request = request("ws://h/");
            request.proxy.given = Some(ProxyArg::from(proxy));
            request
        };
        assert!(request("wss://h/").may_use_tls());
        assert!(!request("ws://h/").may_use_tls());
        assert!(through("https://p").may_use_tls());
        assert!(!through("http://p").may_use_tls());
        let mut redirected = request("ws://h/");
        redirected.max_redirects = Some(1);
        assert!(redirected.may_use_tls());
    }

    #[test]
    fn invalid_and_repeated_subprotocols_are_rejected() {
        for (subprotocols, says) in [
            (&["a", "a"][..], "twice"),
            (&["a,b"], "invalid subprotocol"),
            (&[""], "invalid subprotocol"),
        ] {
            let mut request = request("ws://h");
            request.subprotocols = subprotocols.iter().map(|&it| it.to_owned()).collect();
            let error = request.check().expect_err(says);
            assert!(matches!(&error, Error::Usage(text) if text.contains(says)));
        }
    }

    #[test]
    fn invalid_header_values_and_server_names_are_rejected() {
        let spoil: [fn(&mut ConnectOptions); 7] = [
            |request| request.user_agent = Some("a\r\nX: y".to_owned()),
            |request| request.origin = Some("a\0".to_owned()),
            |request| request.tls.servername = Some(String::new()),
            |request| request.tls.servername = Some(".".to_owned()),
            |request| request.tls.servername = Some(".x".to_owned()),
            |request| request.tls.servername = Some("a..b".to_owned()),
            |request| {
                request.credentials = Some(Credentials {
                    user: "a:b".to_owned(),
                    password: String::new(),
                });
            },
        ];
        for spoil in spoil {
            let mut request = request("ws://h");
            request.check().expect("nothing is wrong with it yet");
            spoil(&mut request);
            assert!(
                matches!(request.check(), Err(Error::Usage(_))),
                "{request:?}"
            );
        }
    }

    #[test]
    fn credentials_are_not_sent_over_an_assumed_ws() {
        let cookie = header("cookie: a=b");
        for (address, allowed) in [
            ("box", false),
            ("ws://box", true),
            ("example.org", true),
            (":80", true),
        ] {
            let mut request = request(address);
            request.check().expect("there is no secret in it");
            request.headers.push(cookie.clone());
            assert_eq!(request.check().is_ok(), allowed, "{address}");
            request.headers = vec![header("Cookie:")];
            request.check().expect("no cookie is sent");
            let given: [fn(&mut ConnectOptions); 5] = [
                |request| {
                    request.credentials = Some(Credentials {
                        user: "u".to_owned(),
                        password: "p".to_owned(),
                    });
                },
                |request| request.bearer = Some(Secret::new("t")),
                |request| request.cookies = vec![Secret::new("a=b")],
                |request| request.subprotocols = vec!["bearer.abcd".to_owned()],
                |request| request.headers = vec![header("X-Session: 1")],
            ];
            for give in given {
                let mut request = request.clone();
                give(&mut request);
                assert_eq!(request.check().is_ok(), allowed, "{address}");
            }
        }
    }

    #[test]
    fn bearer_overrides_basic_and_cookies_are_joined() {
        let mut request = request("ws://u:p@h");
        assert_eq!(request.authorization().as_deref(), Some("Basic dTpw"));
        request.bearer = Some(Secret::new("t"));
        assert_eq!(request.authorization().as_deref(), Some("Bearer t"));
        assert_eq!(request.cookie(), None);
        request.cookies = vec![Secret::new("a=b; c=d"), Secret::new("e=f")];
        assert_eq!(request.cookie().as_deref(), Some("a=b; c=d; e=f"));
    }

    #[test]
    fn debug_output_contains_no_secrets() {
        let mut request = request("ws://u:hidden@h");
        request.bearer = Some(Secret::new("hidden"));
        request.cookies = vec![Secret::new("a=hidden")];
        request.headers = vec![
            header("Cookie: hidden"),
            header("X-Seen: seen"),
            header("Origin:"),
        ];
        let shown = format!("{request:?}");
        assert!(!shown.contains("hidden"), "{shown}");
        for there in ["Cookie: ***", "X-Seen: seen", "Origin: (left out)"] {
            assert!(shown.contains(there), "{shown}");
        }
    }
}
