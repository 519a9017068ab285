//! Rewrites the words of a curl command as words of ours, without I/O.

use std::ffi::OsString;

use super::not_curl;
use super::options::{long, short, Meaning};
use super::url::{has_dots, is_host_of, proxy_words};
use crate::cli;
use crate::http::Credentials;

/// The command line that a pasted command was rewritten to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// The words after the program's name, beginning with the URL.
    pub words: Vec<OsString>,
    /// The number of headers from the pasted command; they come first.
    pub pasted_headers: usize,
    /// Whether the command was read from stdin, so that there is no other input.
    pub drained: bool,
}

/// Rewrites the words of a curl command, with or without `curl`, and adds our own.
///
/// # Errors
///
/// A message that names the unsupported option or what is missing.
pub fn rewrite(pasted: &[String], own: &[OsString]) -> Result<Rewritten, String> {
    let (variables, pasted) = split_prefix(pasted);
    if let Some(first) = pasted.first() {
        not_curl::check_program(first, pasted.len())?;
    }
    let mut command = Command::default();
    let mut words = pasted.iter();
    while let Some(word) = words.next() {
        let word = &with_hyphens(word);
        if let Some(name) = word.strip_prefix("--") {
            let meaning = long(name).ok_or_else(|| unknown(word))?;
            let value = meaning.has_value().then(|| words.next());
            let value = value.map(|value| required(word, value)).transpose()?;
            command.take(word, meaning, value)?;
        } else if let Some(letters) = word.strip_prefix('-').filter(|it| !it.is_empty()) {
            command.take_letters(letters, &mut words)?;
        } else {
            command.take(word, Meaning::Url, Some(word.clone()))?;
        }
    }
    command.finish(&variables, own)
}

/// Splits off what comes before `curl`: a prompt, commands that run other commands, and variables,
/// which are returned.
fn split_prefix(words: &[String]) -> (Vec<(&str, &str)>, &[String]) {
    let is_curl = |word: &String| {
        let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
        name == "curl" || name.eq_ignore_ascii_case("curl.exe")
    };
    let Some(place) = words.iter().position(is_curl) else {
        return (Vec::new(), words);
    };
    let mut variables = Vec::new();
    for word in &words[..place] {
        match word.split_once('=') {
            Some((name, value)) if is_variable(name) => variables.push((name, value)),
            _ if PREFIXES.contains(&word.as_str()) => {}
            _ => return (Vec::new(), words),
        }
    }
    (variables, &words[place + 1..])
}

/// Prompts, and commands that run the command after them.
const PREFIXES: &[&str] = &[
    "$", "%", "#", ">", "❯", "➜", "sudo", "time", "command", "env", "exec", "nohup",
];

fn is_variable(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(is_letter) && name.starts_with(|c: char| !c.is_ascii_digit())
}

/// The word with typographic dashes replaced by hyphens.
fn with_hyphens(word: &str) -> String {
    let Some(name) = word.strip_prefix(['–', '—']) else {
        return word.to_owned();
    };
    if long(name).is_some() {
        format!("--{name}")
    } else {
        format!("-{name}")
    }
}

/// The value of an option that requires one.
fn required(name: &str, value: Option<&String>) -> Result<String, String> {
    let value = value.cloned();
    value.ok_or_else(|| format!("curl's {name} requires a value"))
}

fn unknown(name: &str) -> String {
    // A value may follow an equals sign and be secret.
    let name = name.split('=').next().unwrap_or(name);
    format!("curl's {name} is not supported; remove it, and put wsline's own options after --")
}

/// Names of files that discard output.
const DISCARDED: &[&str] = &["-", "/dev/null", "NUL", "nul"];

/// Why an option is not supported, and what to do instead.
fn refusal(name: &str, meaning: Meaning, value: &str) -> String {
    match meaning {
        Meaning::Method => format!(
            "the request's method is {value}, and a WebSocket is opened with GET; copy the request \
             that the browser lists as a WebSocket"
        ),
        Meaning::Output => format!(
            "curl's {name} FILE saves the response body, and there is none; redirect stdout to \
             save messages"
        ),
        Meaning::Body => format!(
            "curl's {name} sends a body, and a WebSocket is opened without one; copy the request \
             that the browser lists as a WebSocket, and put messages after --, as in -- -d TEXT"
        ),
        Meaning::Refused(instead) => format!("curl's {name} is not supported; {instead}"),
        _ => unknown(name),
    }
}

/// Headers that belong to the copied connection or that we write ourselves, and Accept-Encoding,
/// because we can't decode all codings of browsers.
const DROPPED: &[&str] = &[
    "Accept-Encoding",
    "Connection",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Upgrade",
];

/// A curl command while it is parsed.
#[derive(Default)]
struct Command {
    url: Option<String>,
    path_as_is: bool,
    host: Option<String>,
    headers: Vec<String>,
    cookies: Vec<String>,
    /// The value of a Cookie header, which overrides `-b` in curl.
    cookie_header: Option<String>,
    user_agent: Option<String>,
    user: Option<String>,
    bearer: Option<String>,
    max_redirects: Option<String>,
    /// Other options, as our words.
    words: Vec<OsString>,
}

impl Command {
    /// Parses short options: `-sSk`, `-XGET`, or with the value in the next word.
    fn take_letters<'a>(
        &mut self,
        letters: &str,
        words: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        let mut letters = letters.chars();
        while let Some(letter) = letters.next() {
            let name = format!("-{letter}");
            let meaning = short(letter).ok_or_else(|| unknown(&name))?;
            let rest = letters.as_str();
            let value = match meaning.has_value() {
                false => None,
                true if rest.is_empty() => Some(required(&name, words.next())?),
                true => Some(rest.to_owned()),
            };
            let ends = value.is_some();
            self.take(&name, meaning, value)?;
            if ends {
                break;
            }
        }
        Ok(())
    }

    /// Applies an option, with its value if it has one.
    fn take(&mut self, name: &str, meaning: Meaning, value: Option<String>) -> Result<(), String> {
        let value = value.unwrap_or_default();
        match meaning {
            Meaning::Ignored | Meaning::IgnoredValue => {}
            Meaning::Header => return self.header(value),
            // `;auto` only concerns redirects.
            Meaning::Referer => {
                let value = value.strip_suffix(";auto").unwrap_or(&value);
                return self.header(format!("Referer: {value}"));
            }
            Meaning::Url => return self.url(value),
            Meaning::Method if value == "GET" => {}
            Meaning::Cookie => self.cookies.push(value),
            Meaning::UserAgent => self.user_agent = Some(value),
            Meaning::User => self.user = Some(value),
            Meaning::Bearer => self.bearer = Some(value),
            Meaning::MaxRedirects => self.max_redirects = Some(value),
            Meaning::PathAsIs => self.path_as_is = true,
            Meaning::Flag(ours) => self.words.push(ours.into()),
            Meaning::Secret(ours) => {
                if is_reference(&value) {
                    return Err(format!(
                        "a value of {name} that starts with @ or env: is not supported; give \
                         {ours} after --"
                    ));
                }
                self.push(ours, &value);
            }
            Meaning::Timeout(_) if value.parse() == Ok(0.0) => {}
            Meaning::Value(ours) | Meaning::Timeout(ours) => self.push(ours, &value),
            Meaning::Proxy(_) if value.contains("://") || value.is_empty() => {
                self.push("--proxy", &value);
            }
            Meaning::Proxy(scheme) => self.push("--proxy", &format!("{scheme}{value}")),
            Meaning::Certificate => self.certificate(name, &value)?,
            Meaning::Output if DISCARDED.contains(&value.as_str()) => {}
            Meaning::Method | Meaning::Output | Meaning::Body | Meaning::Refused(_) => {
                return Err(refusal(name, meaning, &value))
            }
        }
        Ok(())
    }

    fn push(&mut self, option: &str, value: &str) {
        self.words.push(format!("{option}={value}").into());
    }

    fn url(&mut self, url: String) -> Result<(), String> {
        if self.url.is_some() {
            return Err(
                "the curl command has more than one URL; paste one request at a time, and put \
                 wsline's own options after --"
                    .to_owned(),
            );
        }
        if cli::is_command(&url) {
            return Err(format!("to connect to a host called {url}, use ws://{url}"));
        }
        self.url = Some(url);
        Ok(())
    }

    fn header(&mut self, header: String) -> Result<(), String> {
        if header.starts_with('@') {
            return Err("curl's -H @FILE is not read here; give -H @FILE after --".to_owned());
        }
        let (name, value) = header.split_once(':').unwrap_or((&header, ""));
        let name = name.trim_end_matches(';');
        if DROPPED
            .iter()
            .any(|dropped| name.eq_ignore_ascii_case(dropped))
        {
            return Ok(());
        }
        if name.eq_ignore_ascii_case("Host") {
            self.host = Some(value.trim().to_owned()).filter(|host| !host.is_empty());
        } else if name.eq_ignore_ascii_case("Sec-WebSocket-Protocol") {
            let names = value.split(',').map(str::trim);
            let names = names.filter(|name| !name.is_empty());
            self.words
                .extend(names.map(|name| format!("--subprotocol={name}").into()));
        } else if name.eq_ignore_ascii_case("Cookie") && value.contains('=') {
            self.cookie_header = Some(value.to_owned());
        } else {
            self.headers.push(header);
        }
        Ok(())
    }

    /// Parses `FILE[:PASSPHRASE]`, in which `\:` is a colon in the file name.
    fn certificate(&mut self, name: &str, value: &str) -> Result<(), String> {
        let colon = value
            .match_indices(':')
            .map(|(at, _)| at)
            .find(|&at| !value[..at].ends_with('\\'));
        let (file, passphrase) = match colon {
            Some(at) => (&value[..at], Some(&value[at + 1..])),
            None => (value, None),
        };
        self.push("--cert", &file.replace("\\:", ":"));
        match passphrase {
            Some(passphrase) => {
                self.take(name, Meaning::Secret("--pass"), Some(passphrase.to_owned()))
            }
            None => Ok(()),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|header| {
            let given = header.split([':', ';']).next().unwrap_or_default();
            given.eq_ignore_ascii_case(name)
        })
    }

    /// Makes our command line.
    fn finish(mut self, variables: &[(&str, &str)], own: &[OsString]) -> Result<Rewritten, String> {
        let url = self.url.take().ok_or(
            "the curl command has no URL; paste all of what was copied, or use - to read it from \
             stdin",
        )?;
        if self.path_as_is && has_dots(&url) {
            return Err(
                "curl's --path-as-is keeps . and .. in the path, which wsline resolves; remove \
                 them from the path"
                    .to_owned(),
            );
        }
        if let Some(host) = self.host.take().filter(|host| !is_host_of(&url, host)) {
            self.headers.push(format!("Host: {host}"));
        }
        self.authenticate();
        let mut words = vec![OsString::from(&url)];
        words.extend(proxy_words(variables, &url));
        words.append(&mut self.words);
        if let Some(limit) = self.max_redirects.take() {
            // Without -L it has no effect, and -1 means no limit.
            if words.iter().any(|word| word == "-L") {
                let limit = if limit == "-1" { "4294967295" } else { &limit };
                words.push(format!("--max-redirs={limit}").into());
            }
        }
        let headers = self.headers.iter();
        words.extend(headers.map(|it| format!("--header={it}").into()));
        let cookies = match &self.cookie_header {
            Some(cookies) => std::slice::from_ref(cookies),
            None => &self.cookies,
        };
        words.extend(cookies.iter().map(|it| format!("--cookie={it}").into()));
        // In curl as well, a header overrides the option that sets it.
        if let Some(name) = self.user_agent.as_ref().filter(|_| !self.has("User-Agent")) {
            words.push(format!("--user-agent={name}").into());
        }
        if !self.has("Authorization") {
            match (&self.bearer, &self.user) {
                (Some(token), _) => words.push(format!("--bearer={token}").into()),
                (None, Some(login)) => words.push(format!("--user={login}").into()),
                (None, None) => {}
            }
        }
        words.extend(own.iter().cloned());
        Ok(Rewritten {
            words,
            pasted_headers: self.headers.len(),
            drained: false,
        })
    }

    /// Sends credentials as a header if our options would read them as the name of a file or a
    /// variable.
    fn authenticate(&mut self) {
        if self.has("Authorization") {
            return;
        }
        if let Some(token) = self.bearer.take_if(|token| is_reference(token)) {
            self.headers.push(format!("Authorization: Bearer {token}"));
        } else if let Some(login) = self.user.take_if(|login| is_reference(login)) {
            let (user, password) = login.split_once(':').unwrap_or((&login, ""));
            let credentials = Credentials {
                user: user.to_owned(),
                password: password.to_owned(),
            };
            self.headers
                .push(format!("Authorization: {}", credentials.to_basic()));
        }
    }
}

/// Whether our options for secrets would read this value from elsewhere.
fn is_reference(value: &str) -> bool {
    value.starts_with('@') || value.starts_with("env:")
}
