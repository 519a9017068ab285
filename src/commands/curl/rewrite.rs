//! The words of a curl command into words of ours. Pure.

use std::ffi::OsString;

use super::Rewritten;
use crate::cli;

/// Rewrites the words of a curl command, with or without `curl` itself, and adds our own.
///
/// # Errors
///
/// A sentence that says which option is not understood, or what is missing.
pub fn rewrite(pasted: &[String], own: &[OsString]) -> Result<Rewritten, String> {
    let pasted = match pasted {
        [curl, rest @ ..] if curl == "curl" || curl == "curl.exe" => rest,
        all => all,
    };
    let mut command = Command::default();
    let mut words = pasted.iter();
    while let Some(word) = words.next() {
        if let Some(name) = word.strip_prefix("--") {
            let option = OPTIONS.iter().find(|(_, long, _)| *long == name);
            let (_, _, meaning) = option.ok_or_else(|| unknown(word))?;
            let value = meaning.has_value().then(|| words.next());
            command.take(*meaning, value.map(|value| given(word, value)).transpose()?)?;
        } else if let Some(letters) = word.strip_prefix('-').filter(|it| !it.is_empty()) {
            command.take_letters(letters, &mut words)?;
        } else {
            command.take(Meaning::Url, Some(word.clone()))?;
        }
    }
    command.finish(own)
}

/// The value of the option called `name`.
fn given(name: &str, value: Option<&String>) -> Result<String, String> {
    let value = value.cloned();
    value.ok_or_else(|| format!("curl's {name} has no value after it"))
}

/// What an option of curl's says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Header,
    Cookie,
    UserAgent,
    Referer,
    User,
    Proxy,
    Method,
    Url,
    PathAsIs,
    /// The same as this option of ours.
    Ours(&'static str),
    /// How curl prints, compresses or speaks HTTP: nothing here.
    Nothing,
}

impl Meaning {
    fn has_value(self) -> bool {
        !matches!(self, Self::PathAsIs | Self::Ours(_) | Self::Nothing)
    }
}

/// The options of curl's that are understood: those that browsers and proxies write, and those
/// that people add by hand.
const OPTIONS: &[(Option<char>, &str, Meaning)] = &[
    (Some('H'), "header", Meaning::Header),
    (Some('b'), "cookie", Meaning::Cookie),
    (Some('A'), "user-agent", Meaning::UserAgent),
    (Some('e'), "referer", Meaning::Referer),
    (Some('u'), "user", Meaning::User),
    (Some('x'), "proxy", Meaning::Proxy),
    (Some('X'), "request", Meaning::Method),
    (None, "url", Meaning::Url),
    (Some('k'), "insecure", Meaning::Ours("-k")),
    (Some('L'), "location", Meaning::Ours("-L")),
    (Some('v'), "verbose", Meaning::Ours("-v")),
    (None, "path-as-is", Meaning::PathAsIs),
    (None, "compressed", Meaning::Nothing),
    (None, "http1.1", Meaning::Nothing),
    (Some('i'), "include", Meaning::Nothing),
    (Some('s'), "silent", Meaning::Nothing),
    (Some('S'), "show-error", Meaning::Nothing),
    (Some('N'), "no-buffer", Meaning::Nothing),
    (Some('g'), "globoff", Meaning::Nothing),
];

/// The options of curl's that send a body.
const BODY: &[&str] = &[
    "-d",
    "--data",
    "--data-ascii",
    "--data-binary",
    "--data-raw",
    "--data-urlencode",
    "-F",
    "--form",
    "--json",
    "-T",
    "--upload-file",
];

fn unknown(name: &str) -> String {
    // A value may follow an equals sign, and be a secret.
    let name = name.split('=').next().unwrap_or(name);
    if BODY.contains(&name) {
        format!(
            "curl's {name} sends a body, and a WebSocket is opened without one: copy the request \
             that the browser lists as a WebSocket; our own options, as -d TEXT for a message, \
             stand after --"
        )
    } else {
        format!(
            "curl's {name} is not understood here: leave it out; our own options stand after --"
        )
    }
}

/// The fields that belong to the connection that was copied, or that we write ourselves.
const DROPPED: &[&str] = &[
    "Host",
    "Upgrade",
    "Connection",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Extensions",
];

/// A curl command as far as it has been read.
#[derive(Default)]
struct Command {
    url: Option<String>,
    path_as_is: bool,
    headers: Vec<String>,
    cookies: Vec<String>,
    /// From a Cookie header, which goes before `-b` in curl.
    cookie_header: Option<String>,
    user_agent: Option<String>,
    user: Option<String>,
    /// The rest in our words.
    words: Vec<OsString>,
}

impl Command {
    /// `-sSk`, `-XGET`: flags together, and a value that follows at once or as the next word.
    fn take_letters<'a>(
        &mut self,
        letters: &str,
        words: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        let mut letters = letters.chars();
        while let Some(letter) = letters.next() {
            let name = format!("-{letter}");
            let option = OPTIONS.iter().find(|(short, ..)| *short == Some(letter));
            let (_, _, meaning) = option.ok_or_else(|| unknown(&name))?;
            let rest = letters.as_str();
            let value = match meaning.has_value() {
                false => None,
                true if rest.is_empty() => Some(given(&name, words.next())?),
                true => Some(rest.to_owned()),
            };
            let ends = value.is_some();
            self.take(*meaning, value)?;
            if ends {
                break;
            }
        }
        Ok(())
    }

    /// Takes one option; `value` is there if it has one.
    fn take(&mut self, meaning: Meaning, value: Option<String>) -> Result<(), String> {
        let value = value.unwrap_or_default();
        match meaning {
            Meaning::Header => return self.header(value),
            // `;auto` is about redirects.
            Meaning::Referer => {
                let value = value.strip_suffix(";auto").unwrap_or(&value);
                return self.header(format!("Referer: {value}"));
            }
            Meaning::Url => return self.url(value),
            Meaning::Method if value != "GET" => {
                return Err(
                    "the copied request is no GET, with which a WebSocket is opened: copy the \
                     request that the browser lists as a WebSocket"
                        .to_owned(),
                )
            }
            Meaning::Method | Meaning::Nothing => {}
            Meaning::Cookie => self.cookies.push(value),
            Meaning::UserAgent => self.user_agent = Some(value),
            Meaning::User => self.user = Some(value),
            Meaning::Proxy => self.words.push(format!("--proxy={value}").into()),
            Meaning::PathAsIs => self.path_as_is = true,
            Meaning::Ours(option) => self.words.push(option.into()),
        }
        Ok(())
    }

    fn url(&mut self, url: String) -> Result<(), String> {
        if self.url.is_some() {
            return Err(
                "the curl command has more than one URL in it: copy one request alone; our own \
                 options stand after --"
                    .to_owned(),
            );
        }
        if cli::is_command(&url) {
            return Err(format!(
                "to connect to a host called {url} write ws://{url}"
            ));
        }
        self.url = Some(url);
        Ok(())
    }

    fn header(&mut self, header: String) -> Result<(), String> {
        if header.starts_with('@') {
            return Err("curl's -H @FILE is not read here: give -H @FILE after --".to_owned());
        }
        let (name, value) = header.split_once(':').unwrap_or((&header, ""));
        let name = name.trim_end_matches(';');
        if DROPPED
            .iter()
            .any(|dropped| name.eq_ignore_ascii_case(dropped))
        {
            return Ok(());
        }
        if name.eq_ignore_ascii_case("Sec-WebSocket-Protocol") {
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

    /// Our command line for it.
    fn finish(self, own: &[OsString]) -> Result<Rewritten, String> {
        let url = self.url.as_deref().ok_or(
            "there is no URL in the curl command: paste the whole of what was copied, or write - \
             to have it read from stdin",
        )?;
        if self.path_as_is && has_dots(url) {
            return Err(
                "the path has a part . or .. that --path-as-is would keep, and here it can't be \
                 kept: take it out of the path"
                    .to_owned(),
            );
        }
        let has = |name: &str| {
            self.headers.iter().any(|header| {
                let given = header.split([':', ';']).next().unwrap_or_default();
                given.eq_ignore_ascii_case(name)
            })
        };
        let mut words = vec![OsString::from(url)];
        words.extend(self.words.iter().cloned());
        words.extend(
            self.headers
                .iter()
                .map(|it| format!("--header={it}").into()),
        );
        let cookies = match &self.cookie_header {
            Some(cookies) => std::slice::from_ref(cookies),
            None => &self.cookies,
        };
        words.extend(cookies.iter().map(|it| format!("--cookie={it}").into()));
        // In curl too a header goes before the option that would set it.
        if let Some(name) = self.user_agent.as_ref().filter(|_| !has("User-Agent")) {
            words.push(format!("--user-agent={name}").into());
        }
        if let Some(user) = self.user.as_ref().filter(|_| !has("Authorization")) {
            words.push(format!("--user={user}").into());
        }
        words.extend(own.iter().cloned());
        Ok(Rewritten {
            words,
            pasted_headers: self.headers.len(),
            drained: false,
        })
    }
}

/// Whether the path has a part `.` or `..`, which reading an address resolves.
fn has_dots(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    path.to_ascii_lowercase()
        .replace("%2e", ".")
        .split('/')
        .skip(1)
        .any(|part| part == "." || part == "..")
}
