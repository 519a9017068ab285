//! The secrets of the command line other than variables: passwords, tokens, cookies and the values
//! of credential headers.

use crate::cli::ConnectionArgs;
use crate::connect::proxy::ProxyArg;
use crate::http::{find_tokens, CustomHeader};
use crate::plan::{Netrc, Values};
use crate::secret::Secret;
use crate::target::Target;

/// The secrets in `--url` and the options after `--`, which a server or a proxy may repeat.
pub fn of(url: Option<&str>, options: &ConnectionArgs, values: &Values) -> Vec<Secret> {
    let mut secrets: Vec<Secret> = values.bearer.iter().cloned().collect();
    let login = values.login.as_ref();
    secrets.extend(login.and_then(|login| login.password.clone()));
    secrets.extend(
        options
            .cookies
            .iter()
            .flat_map(|it| of_cookies(it.reveal())),
    );
    for header in values.headers.iter().chain(&options.proxy_headers) {
        secrets.extend(of_header(header));
    }
    let tokens = find_tokens(&options.subprotocols);
    for (name, token) in options.subprotocols.iter().zip(tokens) {
        secrets.extend(token.map(|start| Secret::new(&name[start..])));
    }
    let netrc = values.netrc.iter().flat_map(Netrc::passwords);
    secrets.extend(netrc.cloned());
    let target = url.and_then(|url| Target::parse(url).ok());
    let proxy = options.proxy.as_ref().map(ProxyArg::proxy);
    let credentials = [
        target.and_then(|target| target.credentials),
        values.proxy_credentials.clone(),
        proxy.and_then(|proxy| proxy.ok()??.credentials.clone()),
    ];
    let passwords = credentials.into_iter().flatten();
    secrets.extend(passwords.map(|it| Secret::new(it.password)));
    secrets
}

/// The value of a credential header, and the part after the name of its scheme.
fn of_header(header: &CustomHeader) -> Vec<Secret> {
    let Some(value) = header.value.as_ref().filter(|_| header.is_secret()) else {
        return Vec::new();
    };
    let value = String::from_utf8_lossy(value);
    let mut secrets = vec![Secret::new(&*value)];
    if let Some((_, credentials)) = value.split_once(' ') {
        secrets.push(Secret::new(credentials));
    }
    secrets.extend(of_cookies(&value));
    secrets
}

/// The values in `a=b; c=d`.
fn of_cookies(cookies: &str) -> Vec<Secret> {
    let pairs = cookies.split(';').filter_map(|pair| pair.split_once('='));
    pairs.map(|(_, value)| Secret::new(value.trim())).collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::cli::config::ConfigOptions;
    use crate::cli::OptionParser;

    #[test]
    fn secrets_of_all_options_are_found() {
        let words = [
            "-u",
            "me:of-user",
            "--cookie",
            "a=of-cookie; b=other",
            "-H",
            "Authorization: Bearer of-header",
            "-H",
            "X-Plain: seen",
            "-x",
            "http://p:of-proxy@h",
            "--proxy-header",
            "Cookie: c=of-proxy-header",
        ];
        let options = cli_options(&words);
        let found = of(Some("ws://u:of-url@h/"), &options, &values(&options));
        let found: Vec<_> = found.iter().map(Secret::reveal).collect();
        for secret in [
            "of-user",
            "of-cookie",
            "other",
            "Bearer of-header",
            "of-header",
            "of-url",
            "of-proxy",
            "of-proxy-header",
        ] {
            assert!(found.contains(&secret), "{secret}: {found:?}");
        }
        assert!(!found.contains(&"seen"), "{found:?}");
        let options = cli_options(&[
            "--bearer",
            "of-bearer",
            "-U",
            "p:of-login",
            "-s",
            "bearer.of-s",
        ]);
        let found = of(None, &options, &values(&options));
        let found: Vec<_> = found.iter().map(Secret::reveal).collect();
        assert_eq!(found, ["of-bearer", "of-s", "of-login"]);
    }

    fn values(options: &ConnectionArgs) -> Values {
        Values::read(options, &crate::plan::Environment::read()).expect("values")
    }

    fn cli_options(words: &[&str]) -> ConnectionArgs {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let parser = OptionParser::default();
        let options = parser.parse(&words).expect("options");
        let options = options.finish(&ConfigOptions::default(), &parser);
        options.expect("they are right").connection
    }
}
