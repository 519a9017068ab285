//! Which proxy a connection takes, if any: the command line, then the environment, as in curl.

use std::fmt;

use super::address::Proxy;
use super::exceptions::has_exception;
use crate::error::Error;
use crate::http::{Credentials, CustomHeader};
use crate::target::Target;

/// What `-x` said. A wrong address is kept as its sentence: it may hold a password, so it must
/// not be quoted, as the command line's parser would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyArg(Result<Option<Proxy>, String>);

impl From<&str> for ProxyArg {
    /// An empty text means no proxy, whatever the environment says.
    fn from(text: &str) -> Self {
        if text.is_empty() {
            return Self(Ok(None));
        }
        Self(Proxy::parse(text).map(Some))
    }
}

impl ProxyArg {
    /// The proxy; `None` if there shall be none.
    ///
    /// # Errors
    ///
    /// What is wrong with the address.
    pub fn proxy(&self) -> Result<Option<&Proxy>, String> {
        self.0.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }
}

/// A variable that is set and not empty. What it holds is not for logs: it may have a password.
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

/// What the environment says about proxies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyVariables {
    ws: Option<Variable>,
    wss: Option<Variable>,
    except: Option<Variable>,
}

impl ProxyVariables {
    /// Reads them with `get`, which gives no variable that is empty. `HTTP_PROXY` in capitals is
    /// left alone, as in curl: where wsline is run for a web server, a client sets it with a
    /// `Proxy` header.
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

/// All that decides which proxy is taken, and what it is told.
#[derive(Clone, Debug, Default)]
pub struct ProxyOptions {
    /// `-x`: goes before the environment.
    pub given: Option<ProxyArg>,
    /// `--noproxy`: the hosts to go to without one; goes before the environment's list.
    pub except: Option<String>,
    /// `-U`: goes before the credentials in a proxy's address.
    pub credentials: Option<Credentials>,
    /// `--proxy-header`: fields for the request to a proxy that speaks HTTP.
    pub headers: Vec<CustomHeader>,
    /// The environment.
    pub variables: ProxyVariables,
}

impl ProxyOptions {
    /// The proxy for a connection to `target`, if it takes one.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`]: what is wrong with the proxy's address or its credentials.
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

/// The way out of a wrong variable that somebody else has set.
const DIRECT: &str = "-x '' connects without a proxy";

/// A value without the quotes around it: `docker --env-file` and systemd's files of old keep them.
fn without_quotes(value: &str) -> &str {
    let value = value.trim();
    let inside = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(value).trim()
}

/// What the way of logging in can't carry.
fn check(proxy: &Proxy, credentials: &Credentials) -> Result<(), Error> {
    let Credentials { user, password } = credentials;
    let wrong = |sentence: &str| Err(Error::Usage(sentence.to_owned()));
    if proxy.scheme.is_socks() {
        if user.len() > 255 || password.len() > 255 {
            return wrong("a user name or password for SOCKS has at most 255 bytes (RFC 1929 §2)");
        }
    } else if user.contains(':') {
        return wrong(
            "a proxy's user name can't hold a colon in Basic authentication (RFC 7617 §2)",
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

    #[test]
    fn the_environment_is_asked_in_curls_order() {
        let (ws, wss) = ("ws://h/", "wss://h/");
        for (set, for_ws, for_wss) in [
            (&[][..], "direct", "direct"),
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
        ] {
            let choice = ProxyOptions {
                variables: variables(set),
                ..ProxyOptions::default()
            };
            assert_eq!(chosen(&choice, ws), for_ws, "{set:?}");
            assert_eq!(chosen(&choice, wss), for_wss, "{set:?}");
        }
    }

    #[test]
    fn the_command_line_goes_before_the_environment() {
        let mut choice = ProxyOptions {
            given: Some(ProxyArg::from("b:2")),
            variables: variables(&[("http_proxy", "a:1"), ("no_proxy", "h")]),
            ..ProxyOptions::default()
        };
        // curl's rule: the environment's exceptions hold for a proxy that was given, too.
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
    fn what_is_wrong_is_said_when_it_is_needed_and_never_quoted() {
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
    fn credentials_of_the_command_line_go_first_and_must_fit() {
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
