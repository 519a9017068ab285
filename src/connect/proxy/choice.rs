//! Selects the proxy of a connection, from the command line and then the environment, as curl does.

use std::fmt;

use super::address::Proxy;
use super::exceptions::has_exception;
use crate::error::Error;
use crate::http::{Credentials, CustomHeader};
use crate::target::Target;

/// The argument of `-x`. The error for an invalid URL is kept here and reported later, because the
/// command-line parser would quote the value, which may contain a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyArg(Result<Option<Proxy>, String>);

impl From<&str> for ProxyArg {
    /// An empty argument means no proxy, even if the environment has one.
    fn from(text: &str) -> Self {
        if text.is_empty() {
            return Self(Ok(None));
        }
        Self(Proxy::parse(text).map(Some))
    }
}

impl ProxyArg {
    /// The proxy; `None` for no proxy.
    ///
    /// # Errors
    ///
    /// What is invalid in the URL.
    pub fn proxy(&self) -> Result<Option<&Proxy>, String> {
        self.0.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }
}

/// A variable that is set and not empty. `Debug` does not print its value, which may contain a
/// password.
#[derive(Clone, PartialEq, Eq)]
pub struct Variable {
    name: &'static str,
    value: String,
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Variable({})", self.name)
    }
}

/// The environment variables for proxies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyVariables {
    ws: Option<Variable>,
    wss: Option<Variable>,
    except: Option<Variable>,
}

impl ProxyVariables {
    /// Reads the variables with `get`, which returns `None` for an empty one. `HTTP_PROXY` in upper
    /// case is ignored, as in curl, because on a web server a client can set it with a `Proxy`
    /// header.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: &[&'static str]| {
            names.iter().find_map(|&name| {
                let value = without_quotes(&get(name)?).to_owned();
                (!value.is_empty()).then_some(Variable { name, value })
            })
        };
        Self {
            ws: first(&[
                "ws_proxy",
                "WS_PROXY",
                "http_proxy",
                "all_proxy",
                "ALL_PROXY",
            ]),
            wss: first(&[
                "wss_proxy",
                "WSS_PROXY",
                "https_proxy",
                "HTTPS_PROXY",
                "all_proxy",
                "ALL_PROXY",
            ]),
            except: first(&["no_proxy", "NO_PROXY"]),
        }
    }
}

/// The options for proxies.
#[derive(Clone, Debug, Default)]
pub struct ProxyOptions {
    /// `-x`, which takes precedence over the environment.
    pub given: Option<ProxyArg>,
    /// `--noproxy`, hosts that need no proxy; takes precedence over the environment.
    pub except: Option<String>,
    /// `-U`, which takes precedence over the credentials in the proxy's URL.
    pub credentials: Option<Credentials>,
    /// `--proxy-header`, headers for the CONNECT request.
    pub headers: Vec<CustomHeader>,
    /// The environment variables.
    pub variables: ProxyVariables,
}

impl ProxyOptions {
    /// The proxy for a connection to `target`, if one is used.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] if the proxy's URL or credentials are invalid.
    pub fn choose(&self, target: &Target) -> Result<Option<Proxy>, Error> {
        if self.excepts(target) {
            return Ok(None);
        }
        let variable = if target.is_tls() {
            &self.variables.wss
        } else {
            &self.variables.ws
        };
        let named = match (&self.given, variable) {
            (Some(given), _) => given
                .proxy()
                .map_err(|problem| Error::Usage(format!("--proxy: {problem}")))?
                .cloned(),
            (None, Some(Variable { name, value })) => {
                let proxy = Proxy::parse(value)
                    .map_err(|problem| Error::Usage(format!("{name}: {problem}; {DIRECT}")))?;
                let variable = Some(*name);
                Some(Proxy { variable, ..proxy })
            }
            (None, None) => None,
        };
        let Some(mut proxy) = named else {
            return Ok(None);
        };
        if let Some(credentials) = &self.credentials {
            proxy.credentials = Some(credentials.clone());
        }
        if let Some(credentials) = &proxy.credentials {
            check(&proxy, credentials)?;
        }
        Ok(Some(proxy))
    }

    fn excepts(&self, target: &Target) -> bool {
        let of_environment = || Some(&self.variables.except.as_ref()?.value);
        self.except
            .as_ref()
            .or_else(of_environment)
            .is_some_and(|list| has_exception(list, &target.origin.host_port))
    }
}

/// How to connect in spite of an invalid variable.
const DIRECT: &str = "-x '' connects without a proxy";

/// A value without quotes around it, which `docker --env-file` and old systemd files keep.
fn without_quotes(value: &str) -> &str {
    let value = value.trim();
    let inside = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(value).trim()
}

/// Checks that the authentication method allows these credentials.
fn check(proxy: &Proxy, credentials: &Credentials) -> Result<(), Error> {
    let Credentials { user, password } = credentials;
    let wrong = |sentence: &str| Err(Error::Usage(sentence.to_owned()));
    if proxy.scheme.is_socks() {
        if user.len() > 255 || password.len() > 255 {
            return wrong("a user name or password for SOCKS has at most 255 bytes (RFC 1929 §2)");
        }
    } else if user.contains(':') {
        return wrong(
            "the proxy's user name contains a colon, which Basic authentication does not allow (RFC 7617 §2)",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(address: &str) -> Target {
        Target::parse(address).expect("an address")
    }

    fn variables(set: &[(&str, &str)]) -> ProxyVariables {
        ProxyVariables::read(|name| {
            let (_, value) = set.iter().find(|(set, _)| *set == name)?;
            Some((*value).to_owned())
        })
    }

    fn chosen(choice: &ProxyOptions, address: &str) -> String {
        match choice.choose(&target(address)) {
            Ok(Some(proxy)) => proxy.to_string(),
            Ok(None) => "direct".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    type Variables = &'static [(&'static str, &'static str)];

    /// The variables that are set, and the routes of ws and of wss.
    const ROUTES: &[(Variables, &str, &str)] = &[
        (&[], "direct", "direct"),
        (&[("http_proxy", "a:1")], "http://a:1", "direct"),
        (&[("HTTP_PROXY", "a:1")], "direct", "direct"),
        (&[("WS_PROXY", "a:1")], "http://a:1", "direct"),
        (&[("HTTPS_PROXY", "a:1")], "direct", "http://a:1"),
        (
            &[("https_proxy", "a:1"), ("HTTPS_PROXY", "b:1")],
            "direct",
            "http://a:1",
        ),
        (
            &[("ws_proxy", "a:1"), ("http_proxy", "b:1")],
            "http://a:1",
            "direct",
        ),
        (
            &[("WSS_PROXY", "a:1"), ("https_proxy", "b:1")],
            "direct",
            "http://a:1",
        ),
        (&[("all_proxy", "a:1")], "http://a:1", "http://a:1"),
        (
            &[("all_proxy", "socks://a:7890/")],
            "socks5h://a:7890",
            "socks5h://a:7890",
        ),
        (
            &[("http_proxy", "\"http://a:1\" "), ("no_proxy", "'x,i'")],
            "http://a:1",
            "direct",
        ),
        (
            &[("all_proxy", "a:1"), ("no_proxy", "\"h\"")],
            "direct",
            "direct",
        ),
        (
            &[("ws_proxy", "''"), ("all_proxy", "a:1")],
            "http://a:1",
            "http://a:1",
        ),
        (
            &[("ALL_PROXY", "socks5h://a"), ("http_proxy", "b:2")],
            "http://b:2",
            "socks5h://a:1080",
        ),
        (
            &[("all_proxy", "a:1"), ("no_proxy", "h")],
            "direct",
            "direct",
        ),
        (
            &[("all_proxy", "a:1"), ("NO_PROXY", "h:80")],
            "direct",
            "http://a:1",
        ),
        (
            &[("all_proxy", "a:1"), ("no_proxy", "x"), ("NO_PROXY", "h")],
            "http://a:1",
            "http://a:1",
        ),
    ];

    #[test]
    fn proxy_variables_have_the_precedence_of_curl() {
        let (ws, wss) = ("ws://h/", "wss://h/");
        for (set, for_ws, for_wss) in ROUTES {
            let choice = ProxyOptions {
                variables: variables(set),
                ..ProxyOptions::default()
            };
            assert_eq!(chosen(&choice, ws), *for_ws, "{set:?}");
            assert_eq!(chosen(&choice, wss), *for_wss, "{set:?}");
        }
    }

    #[test]
    fn command_line_overrides_the_environment() {
        let mut choice = ProxyOptions {
            given: Some(ProxyArg::from("b:2")),
            variables: variables(&[("http_proxy", "a:1"), ("no_proxy", "h")]),
            ..ProxyOptions::default()
        };
        // As in curl, the exceptions in the environment also apply to a proxy from the command
        // line.
        assert_eq!(chosen(&choice, "ws://h/"), "direct");
        assert_eq!(chosen(&choice, "ws://127.0.0.1/"), "http://b:2");
        choice.except = Some(String::new());
        assert_eq!(chosen(&choice, "ws://h/"), "http://b:2");
        choice.except = Some("*".to_owned());
        assert_eq!(chosen(&choice, "ws://i/"), "direct");
        choice.except = None;
        choice.given = Some(ProxyArg::from(""));
        assert_eq!(chosen(&choice, "ws://i/"), "direct");
    }

    #[test]
    fn invalid_proxies_are_reported_when_used_and_not_quoted() {
        let choice = ProxyOptions {
            variables: variables(&[("http_proxy", "ftp://u:hush@h"), ("no_proxy", "i")]),
            ..ProxyOptions::default()
        };
        assert_eq!(chosen(&choice, "wss://h/"), "direct");
        assert_eq!(chosen(&choice, "ws://i/"), "direct");
        let text = chosen(&choice, "ws://h/");
        assert!(
            text.starts_with("http_proxy: unsupported proxy scheme 'ftp://'; use ")
                && text.ends_with("; -x '' connects without a proxy"),
            "{text}"
        );
        assert!(!format!("{choice:?}").contains("hush"));
    }

    #[test]
    fn proxy_user_overrides_the_url_and_is_checked() {
        let credentials = |user: &str| Credentials {
            user: user.to_owned(),
            password: "p".to_owned(),
        };
        let mut choice = ProxyOptions {
            given: Some(ProxyArg::from("http://u%3Av:hush@h")),
            ..ProxyOptions::default()
        };
        assert!(chosen(&choice, "ws://h/").contains("RFC 7617"));
        choice.given = Some(ProxyArg::from("socks5://u%3Av:hush@h"));
        assert_eq!(chosen(&choice, "ws://h/"), "socks5://h:1080");
        choice.credentials = Some(credentials(&"x".repeat(256)));
        assert!(chosen(&choice, "ws://h/").contains("RFC 1929"));
        choice.credentials = Some(credentials("bob"));
        let proxy = choice.choose(&target("ws://h/")).expect("it is right");
        assert_eq!(
            proxy.and_then(|it| it.credentials),
            Some(credentials("bob"))
        );
    }
}
