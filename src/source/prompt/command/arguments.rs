//! Parsers for the arguments of commands.

use data_encoding::BASE64;
use regex::Regex;

use super::kinds::{MessageCommand, PromptCommand, ViewFormat};
use crate::conversation::outgoing::Outgoing;
use crate::event::Kind;
use crate::protocol::{CloseReason, MAX_CONTROL_PAYLOAD};
use crate::text::hex::{self, HexError};

/// A command with its arguments as typed.
pub(super) struct TypedCommand<'a> {
    /// The full name.
    pub(super) name: &'static str,
    /// The text after the name and one space.
    pub(super) rest: &'a str,
    /// Whether all close codes are allowed.
    pub(super) force: bool,
}

type ParsedCommand = Result<PromptCommand, String>;

/// The default number of messages for `/last`.
const LAST: usize = 5;

/// The first word, and the text after one space.
pub(super) fn split_word(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).unwrap_or((text, ""))
}

fn alone(call: &TypedCommand<'_>, command: PromptCommand) -> ParsedCommand {
    if call.rest.trim().is_empty() {
        Ok(command)
    } else {
        let name = call.name;
        Err(format!(
            "/{name} takes no argument; use //{name} … to send the line as text"
        ))
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "all parsers of the table have one type"
)]
pub(super) fn help(call: &TypedCommand<'_>) -> ParsedCommand {
    let name = call.rest.trim().trim_start_matches('/');
    let name = Some(name.to_owned()).filter(|name| !name.is_empty());
    Ok(PromptCommand::Help(name))
}

pub(super) fn status(call: &TypedCommand<'_>) -> ParsedCommand {
    alone(call, PromptCommand::Status)
}

pub(super) fn headers(call: &TypedCommand<'_>) -> ParsedCommand {
    alone(call, PromptCommand::Headers)
}

pub(super) fn reconnect(call: &TypedCommand<'_>) -> ParsedCommand {
    alone(call, PromptCommand::Reconnect)
}

pub(super) fn quit(call: &TypedCommand<'_>) -> ParsedCommand {
    alone(call, PromptCommand::Quit)
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "all parsers of the table have one type"
)]
pub(super) fn edit(_: &TypedCommand<'_>) -> ParsedCommand {
    Ok(PromptCommand::Edit)
}

pub(super) fn unfilter(call: &TypedCommand<'_>) -> ParsedCommand {
    alone(call, PromptCommand::Messages(MessageCommand::Unfilter))
}

pub(super) fn hold(call: &TypedCommand<'_>) -> ParsedCommand {
    alone(call, PromptCommand::Messages(MessageCommand::Hold))
}

pub(super) fn release(call: &TypedCommand<'_>) -> ParsedCommand {
    alone(call, PromptCommand::Messages(MessageCommand::Release))
}

pub(super) fn timestamps(call: &TypedCommand<'_>) -> ParsedCommand {
    alone(call, PromptCommand::Messages(MessageCommand::Timestamps))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "all parsers of the table have one type"
)]
pub(super) fn send(call: &TypedCommand<'_>) -> ParsedCommand {
    Ok(PromptCommand::text(call.rest))
}

pub(super) fn file(call: &TypedCommand<'_>) -> ParsedCommand {
    upload(call, Kind::Text)
}

pub(super) fn binary(call: &TypedCommand<'_>) -> ParsedCommand {
    upload(call, Kind::Binary)
}

fn upload(call: &TypedCommand<'_>, kind: Kind) -> ParsedCommand {
    let path = path(call.rest);
    if path.is_empty() {
        let name = call.name;
        return Err(format!("/{name} needs the path of a file: /{name} PATH"));
    }
    Ok(PromptCommand::File { kind, path })
}

/// Parses a path as a shell does, with quotes or backslashes. Spaces need neither.
fn path(text: &str) -> String {
    let text = text.trim();
    for quote in ['\'', '"'] {
        let inside = text
            .strip_prefix(quote)
            .and_then(|text| text.strip_suffix(quote));
        if let Some(inside) = inside.filter(|inside| !inside.contains(quote)) {
            return inside.to_owned();
        }
    }
    let mut path = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        path.push(match character {
            '\\' => characters.next().unwrap_or('\\'),
            other => other,
        });
    }
    path
}

pub(super) fn hex(call: &TypedCommand<'_>) -> ParsedCommand {
    if call.rest.trim().is_empty() {
        return Err("/hex needs bytes in hexadecimal: /hex 00 ff".to_owned());
    }
    let bytes = hex::decode(call.rest).map_err(|error| match error {
        HexError::Digit(_, wrong) => {
            format!("/hex takes hexadecimal digits and spaces, not `{wrong}`")
        }
        HexError::Odd(count) => {
            format!("/hex needs two digits for each byte, and {count} is odd")
        }
    })?;
    Ok(PromptCommand::Send(Outgoing::Binary(bytes)))
}

pub(super) fn base64(call: &TypedCommand<'_>) -> ParsedCommand {
    let text: String = call.rest.split_whitespace().collect();
    if text.is_empty() {
        return Err("/base64 needs bytes in base64: /base64 aGVsbG8=".to_owned());
    }
    let bytes = BASE64
        .decode(text.as_bytes())
        .map_err(|error| format!("/base64: invalid base64: {error}"))?;
    Ok(PromptCommand::Send(Outgoing::Binary(bytes)))
}

pub(super) fn ping(call: &TypedCommand<'_>) -> ParsedCommand {
    control(call).map(|payload| PromptCommand::Send(Outgoing::Ping(payload)))
}

pub(super) fn pong(call: &TypedCommand<'_>) -> ParsedCommand {
    control(call).map(|payload| PromptCommand::Send(Outgoing::Pong(payload)))
}

fn control(call: &TypedCommand<'_>) -> Result<Vec<u8>, String> {
    let TypedCommand { name, rest, .. } = call;
    if rest.len() > MAX_CONTROL_PAYLOAD {
        return Err(format!(
            "/{name}: payload too long: {} bytes, the maximum is {MAX_CONTROL_PAYLOAD} \
             (RFC 6455 §5.5)",
            rest.len()
        ));
    }
    Ok(rest.as_bytes().to_vec())
}

pub(super) fn close(call: &TypedCommand<'_>) -> ParsedCommand {
    let (code, reason) = split_word(call.rest.trim());
    let code = match code {
        "" => 1000,
        code => code.parse().map_err(|_| {
            format!("/close takes a code and then a reason; invalid code `{code}`; try /close 1000 {code}")
        })?,
    };
    let reason = CloseReason::from_user(code, reason.trim_start(), call.force)
        .map_err(|error| format!("/close: {error}"))?;
    Ok(PromptCommand::Send(Outgoing::Close(Some(reason))))
}

/// Parses the number of a message.
fn number(name: &str, word: &str) -> Result<Option<i64>, String> {
    match word.trim_start_matches('#') {
        "" => Ok(None),
        digits => digits.parse().map(Some).map_err(|_| {
            format!(
                "/{name}: invalid message number `{word}`: a number such as 12, or -1 for the last"
            )
        }),
    }
}

/// Parses the number of a message as the only argument.
fn only_number(call: &TypedCommand<'_>) -> Result<Option<i64>, String> {
    number(call.name, call.rest.trim())
}

pub(super) fn last(call: &TypedCommand<'_>) -> ParsedCommand {
    let count = match call.rest.trim() {
        "" => LAST,
        word => word
            .parse()
            .ok()
            .filter(|count| *count > 0)
            .ok_or_else(|| format!("/last: invalid count `{word}`: how many messages to show"))?,
    };
    Ok(PromptCommand::Messages(MessageCommand::Last(count)))
}

pub(super) fn view(call: &TypedCommand<'_>) -> ParsedCommand {
    if let Some((before, command)) = call.rest.split_once('|') {
        let number = number(call.name, before.trim())?;
        let command = command.trim();
        if command.is_empty() {
            return Err("/view N | needs a command: /view 12 | jq .".to_owned());
        }
        let pipe = MessageCommand::Pipe(number, command.to_owned());
        return Ok(PromptCommand::Messages(pipe));
    }
    let mut words = call.rest.split_whitespace();
    let mut first = words.next().unwrap_or_default();
    let mut wanted = None;
    if format(first).is_none() {
        wanted = number(call.name, first)?;
        first = words.next().unwrap_or_default();
    }
    let format = match first {
        "" => ViewFormat::default(),
        word => format(word)
            .ok_or_else(|| format!("/view: unknown format `{word}`: pretty, raw, hex or image"))?,
    };
    Ok(PromptCommand::Messages(MessageCommand::View(
        wanted, format,
    )))
}

fn format(word: &str) -> Option<ViewFormat> {
    Some(match word {
        "pretty" => ViewFormat::Pretty,
        "raw" => ViewFormat::Raw,
        "hex" => ViewFormat::Hex,
        "image" => ViewFormat::Image,
        _ => return None,
    })
}

pub(super) fn save(call: &TypedCommand<'_>) -> ParsedCommand {
    let text = call.rest.trim();
    let split = text.rsplit_once(char::is_whitespace);
    let numbered = split.and_then(|(path, word)| {
        let digits = word.strip_prefix('#').unwrap_or(word);
        Some((path, digits.parse().ok()?))
    });
    let (text, number) = match numbered {
        Some((path, number)) => (path, Some(number)),
        None => (text, None),
    };
    let path = path(text);
    if path.is_empty() {
        return Err("/save needs the path of a new file: /save PATH [N]".to_owned());
    }
    Ok(PromptCommand::Messages(MessageCommand::Save(path, number)))
}

pub(super) fn expect(call: &TypedCommand<'_>) -> ParsedCommand {
    match call.rest.trim() {
        "" => Err("/expect needs a pattern: /expect json {\"ok\":true}".to_owned()),
        // Its errors depend on variables, so it is parsed when it is executed.
        text => Ok(PromptCommand::Expect(text.to_owned())),
    }
}

pub(super) fn record(call: &TypedCommand<'_>) -> ParsedCommand {
    match call.rest.trim() {
        "" => Err("/record needs a new file, or stop: /record talk.ws".to_owned()),
        "stop" => Ok(PromptCommand::Record(None)),
        text => Ok(PromptCommand::Record(Some(path(text)))),
    }
}

pub(super) fn keep_as(call: &TypedCommand<'_>) -> ParsedCommand {
    let (name, text) = split_word(call.rest.trim_start());
    let name = name.trim_start_matches('/');
    if name.is_empty() {
        return Ok(PromptCommand::KeepAs(None));
    }
    if text.is_empty() {
        return Err(format!("/as needs a text: /as {name} TEXT"));
    }
    Ok(PromptCommand::KeepAs(Some((
        name.to_owned(),
        text.to_owned(),
    ))))
}

pub(super) fn copy(call: &TypedCommand<'_>) -> ParsedCommand {
    only_number(call).map(|number| PromptCommand::Messages(MessageCommand::Copy(number)))
}

pub(super) fn again(call: &TypedCommand<'_>) -> ParsedCommand {
    only_number(call).map(|number| PromptCommand::Messages(MessageCommand::Again(number)))
}

pub(super) fn find(call: &TypedCommand<'_>) -> ParsedCommand {
    match call.rest {
        "" => Err("/find needs a text: /find TEXT".to_owned()),
        text => Ok(PromptCommand::Messages(MessageCommand::Find(
            text.to_owned(),
        ))),
    }
}

pub(super) fn filter(call: &TypedCommand<'_>) -> ParsedCommand {
    let pattern = match call.rest.trim() {
        "" => None,
        _ => Some(pattern(call)?),
    };
    Ok(PromptCommand::Messages(MessageCommand::Filter(pattern)))
}

pub(super) fn mute(call: &TypedCommand<'_>) -> ParsedCommand {
    if call.rest.trim().is_empty() {
        return Err("/mute needs a regular expression: /mute REGEX".to_owned());
    }
    Ok(PromptCommand::Messages(MessageCommand::Mute(pattern(
        call,
    )?)))
}

/// Parses a regular expression. Case is ignored unless it contains an upper-case letter.
fn pattern(call: &TypedCommand<'_>) -> Result<Regex, String> {
    let text = call.rest.trim();
    let ignores_case = !text.chars().any(char::is_uppercase);
    regex::RegexBuilder::new(text)
        .case_insensitive(ignores_case)
        .build()
        .map_err(|error| {
            let error = error.to_string();
            let cause = error.lines().last().unwrap_or_default();
            format!(
                "/{}: invalid regular expression: {}",
                call.name,
                cause.trim_start_matches("error: ")
            )
        })
}
