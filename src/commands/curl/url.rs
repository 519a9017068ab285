//! What depends on the URL of a curl command.

use std::ffi::OsString;

use crate::target::{HostPort, Target};

/// Whether a Host header is the same as the default for the URL.
pub(super) fn is_host_of(url: &str, host: &str) -> bool {
    let Ok(target) = Target::parse(url) else {
        return true;
    };
    let default_port = target.origin.scheme.default_port();
    HostPort::parse(host, default_port).is_ok_and(|host| host == target.origin.host_port)
}

/// Converts variables before the command that set a proxy to our options.
pub(super) fn proxy_words(variables: &[(&str, &str)], url: &str) -> Vec<OsString> {
    let is_tls = Target::parse(url).is_ok_and(|target| target.is_tls());
    let proxies: &[&str] = if is_tls {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        &["http_proxy", "all_proxy", "ALL_PROXY"]
    };
    let find = |names: &[&str]| {
        let mut values = names.iter().filter_map(|name| {
            let variable = variables.iter().rfind(|(variable, _)| variable == name)?;
            Some(variable.1)
        });
        values.next()
    };
    let proxy = find(proxies).map(|value| format!("--proxy={value}").into());
    let except = find(&["no_proxy", "NO_PROXY"]).map(|value| format!("--noproxy={value}").into());
    proxy.into_iter().chain(except).collect()
}

/// Whether the path contains `.` or `..` segments, which URL parsing would resolve.
pub(super) fn has_dots(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    path.to_ascii_lowercase()
        .replace("%2e", ".")
        .split('/')
        .skip(1)
        .any(|part| part == "." || part == "..")
}
