//! Parsers for the values of options, with their error messages.
//!
//! Each parser takes the text of one argument. clap adds the option's name and the value to the
//! message, except for options that contain secrets.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::ValueEnum;

use crate::driver::Wait;
use crate::http::is_token;
use crate::session_file;
use crate::target::host::split_port;
use crate::target::{HostError, HostPort};
pub(super) use crate::text::duration::parse as duration;
use crate::text::hex::{self, HexError};

/// The format of binary messages on stdout (`--binary-as`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BinaryAs {
    /// The bytes unchanged.
    Raw,
    /// One line of hexadecimal digits.
    Hex,
    /// One line of base64.
    Base64,
    /// Not printed.
    Skip,
}

/// Whether to use compression (`--compress`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Compress {
    /// Offer it and let the server decide.
    #[default]
    Auto,
    /// Do not offer it.
    Off,
    /// Require it.
    Require,
}

/// When to use color (`--color`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set; elsewhere if `FORCE_COLOR` or `CLICOLOR_FORCE` is.
    #[default]
    #[value(help = "On a terminal unless NO_COLOR is set, elsewhere if FORCE_COLOR is")]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A shell with completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// Bash.
    Bash,
    /// Elvish.
    Elvish,
    /// Fish.
    Fish,
    /// PowerShell.
    PowerShell,
    /// Zsh.
    Zsh,
}

// Not derived, because the derive would print the documentation of each shell in the help.
impl ValueEnum for Shell {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Bash,
            Self::Elvish,
            Self::Fish,
            Self::PowerShell,
            Self::Zsh,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::Bash => "bash",
            Self::Elvish => "elvish",
            Self::Fish => "fish",
            Self::PowerShell => "powershell",
            Self::Zsh => "zsh",
        }))
    }
}

/// Joins words as `a, b or c`.
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [word] => word.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Parses a timeout, which must not be zero.
pub(super) fn limit(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("must be greater than 0".to_owned()),
        limit => Ok(limit),
    }
}

/// Parses a duration, `-1` or `forever`.
pub(super) fn wait(text: &str) -> Result<Wait, String> {
    match text {
        "-1" | "forever" => Ok(Wait::Forever),
        _ => duration(text)
            .map(Wait::For)
            .map_err(|sentence| format!("{sentence}; -1 or forever has no limit")),
    }
}

/// Parses `64K`, `16M`, `1G`, or a number of bytes; at least 1.
pub(super) fn size(text: &str) -> Result<u64, String> {
    const RIGHT: &str = "a size is written 64K, 16M, 1G, or as a number of bytes";
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let bytes: u64 = match unit {
        "" => 1,
        "K" | "k" => 1 << 10,
        "M" | "m" => 1 << 20,
        "G" | "g" => 1 << 30,
        other => return Err(format!("unknown unit '{other}': {RIGHT}")),
    };
    if number.is_empty() {
        return Err(RIGHT.to_owned());
    }
    let size = number.parse::<u64>().ok();
    match size.and_then(|number| number.checked_mul(bytes)) {
        Some(0) => Err("must be at least 1".to_owned()),
        Some(size) => Ok(size),
        None => Err("too large for a 64-bit number".to_owned()),
    }
}

/// The default of `--max-message-size` in bytes when messages are held in memory.
pub const MAX_HELD_MESSAGE: u64 = 64 << 20;

/// The maximum of `--chunk-size`. A chunk is held in memory before it is sent.
const LARGEST_CHUNK: u64 = 16 << 20;

/// Parses a size from 1 to 16M.
pub(super) fn chunk_size(text: &str) -> Result<usize, String> {
    usize::try_from(size(text)?)
        .ok()
        .filter(|size| *size as u64 <= LARGEST_CHUNK)
        .ok_or_else(|| "must be at most 16M".to_owned())
}

/// The maximum of `--frame-size`. A frame is held in memory before it is sent.
const LARGEST_FRAME: u64 = 16 << 20;

/// Parses a size from 1 to 16M.
pub(super) fn frame_size(text: &str) -> Result<NonZeroUsize, String> {
    let size = size(text)?;
    let size = usize::try_from(size)
        .ok()
        .filter(|size| *size as u64 <= LARGEST_FRAME);
    size.and_then(NonZeroUsize::new)
        .ok_or_else(|| "must be at most 16M".to_owned())
}

/// The maximum of `--max-message-size` of the echo server, which allocates that much at once.
const LARGEST_ECHO: u64 = 1 << 30;

/// Parses a size from 1 to 1G.
pub(super) fn echo_size(text: &str) -> Result<usize, String> {
    usize::try_from(size(text)?)
        .ok()
        .filter(|size| *size as u64 <= LARGEST_ECHO)
        .ok_or_else(|| "must be at most 1G".to_owned())
}

/// A number of attempts.
pub(super) fn attempts(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("must be a number greater than 0".to_owned()),
        Ok(attempts) => Ok(attempts),
    }
}

/// A close code, or the status of a refusal.
pub(super) fn code_or_status(text: &str) -> Result<u16, String> {
    let code = text.trim().parse().ok();
    code.filter(|code| matches!(code, 300..=599 | 1000..=4999))
        .ok_or_else(|| "must be a close code (1000-4999) or a status (300-599)".to_owned())
}

/// Parses a number of connections.
pub(super) fn connections(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| "must be a number greater than 0".to_owned())
}

/// Parses the file of a record. `-`, which usually means stdout, is rejected with a hint to another
/// option.
pub(super) fn record(path: &str) -> Result<PathBuf, String> {
    match path {
        "" => Err("missing file name".to_owned()),
        "-" => Err("a record cannot be written to stdout; use --json instead".to_owned()),
        path => Ok(PathBuf::from(path)),
    }
}

/// Parses a number of redirects.
pub(super) fn redirects(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| "must be a number, 0 or greater".to_owned())
}

/// Parses a number of at least 1.
pub(super) fn count(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err("must be a number greater than 0".to_owned()),
    }
}

/// Parses the number of files to run in parallel.
pub(super) fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    /// Each file that is run needs a thread and at least one connection.
    const MOST: usize = 1000;
    match text.parse::<NonZeroUsize>() {
        Ok(jobs) if jobs.get() <= MOST => Ok(jobs),
        _ => Err(format!("must be a number from 1 to {MOST}")),
    }
}

/// The value of a variable of session files, or where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableValue {
    /// The value itself.
    Literal(String),
    /// `env:NAME`: the value of this environment variable.
    Env(String),
}

/// Parses `NAME=VALUE` or `NAME=env:VARIABLE`, with a variable name as in session files.
pub(super) fn variable(text: &str) -> Result<(String, VariableValue), String> {
    let Some((name, value)) = text.split_once('=') else {
        return Err("expected NAME=VALUE".to_owned());
    };
    let value = match value.strip_prefix("env:") {
        Some("") => return Err("missing variable name after env:".to_owned()),
        Some(of_environment) => VariableValue::Env(of_environment.to_owned()),
        None => VariableValue::Literal(value.to_owned()),
    };
    Ok((variable_name(name)?, value))
}

/// Parses the name of a variable of session files.
pub(super) fn variable_name(name: &str) -> Result<String, String> {
    if !session_file::is_name(name) {
        return Err(
            "a variable name has letters, digits and _, and does not start with a digit".to_owned(),
        );
    }
    Ok(name.to_owned())
}

/// Parses a number of retries.
pub(super) fn retries(text: &str) -> Result<u32, String> {
    const MOST: u32 = 100;
    match text.parse() {
        Ok(retries @ ..=MOST) => Ok(retries),
        _ => Err(format!("must be a number from 0 to {MOST}")),
    }
}

/// Parses a factor for the recorded speed.
pub(super) fn speed(text: &str) -> Result<f64, String> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match text.parse::<f64>() {
        // Wide enough, and small enough that no pause overflows.
        Ok(speed) if plain && (0.001..=1e6).contains(&speed) => Ok(speed),
        _ => Err("must be a number from 0.001 to 1000000".to_owned()),
    }
}

/// Parses a JSON Pointer (RFC 6901 §3).
pub(super) fn pointer(text: &str) -> Result<String, String> {
    if !text.is_empty() && !text.starts_with('/') {
        return Err(format!(
            "a JSON Pointer starts with a slash: /{text} (RFC 6901)"
        ));
    }
    let mut tildes = text.split('~').skip(1);
    if tildes.any(|after| !after.starts_with(['0', '1'])) {
        return Err("in a JSON Pointer ~ is written ~0, and / in a name ~1 (RFC 6901)".to_owned());
    }
    Ok(text.to_owned())
}

/// Parses hexadecimal digits, with or without spaces between them.
pub(super) fn hex_bytes(text: &str) -> Result<Vec<u8>, String> {
    hex::decode(text).map_err(|error| match error {
        HexError::Digit(_, wrong) => format!("'{wrong}' is not a hexadecimal digit"),
        HexError::Odd(count) => format!("odd number of hexadecimal digits ({count})"),
    })
}

/// Parses the value of a header. Line breaks are rejected, because they would add another header
/// (RFC 9110 §5.5).
pub(super) fn field_value(text: &str) -> Result<String, String> {
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Err("a header value cannot contain control characters or line breaks".to_owned());
    }
    Ok(text.to_owned())
}

/// Parses a subprotocol, a token (RFC 6455 §4.1, RFC 9110 §5.6.2).
pub(super) fn subprotocol(text: &str) -> Result<String, String> {
    if text.contains(',') {
        return Err("a subprotocol cannot contain a comma; repeat -s to offer several".to_owned());
    }
    if !is_token(text) {
        return Err(
            "a subprotocol has only letters, digits and !#$%&'*+-.^_`|~ (RFC 6455 §4.1)".to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// Parses `[HOST:]PORT` of the echo server and adds the default host. Port 0 selects a free port.
pub(super) fn listen_address(text: &str) -> Result<HostPort, String> {
    const FORM: &str = "expected PORT, :PORT or HOST:PORT";
    let (host, port) = match split_port(text) {
        Ok((port, None)) => ("", port),
        Ok((host, Some(port))) => (host, port),
        Err(error) => return Err(format!("{error}; {FORM}, as in [::1]:PORT")),
    };
    if !port.bytes().all(|b| b.is_ascii_digit()) || port.is_empty() {
        return Err(FORM.to_owned());
    }
    let port = port
        .parse()
        .map_err(|_| "the port is greater than 65535".to_owned())?;
    let host = if host.is_empty() { "127.0.0.1" } else { host };
    let host = host.parse().map_err(|error: HostError| error.to_string())?;
    Ok(HostPort { host, port })
}

#[cfg(test)]
mod tests;
