//! Printing of session files. Parsing the output gives the same statements.
//!
//! A text is printed literally if it is parsed as the same, otherwise as a JSON string, so that
//! every conversation can be printed. A text of several lines begins on a new line.

use std::fmt::Write as _;

use data_encoding::BASE64;

use super::bytes::{push_words, ByteWord};
use super::grammar::{EXPECTED, SENT};
use super::place::BLANKS;
use super::template::OPENING;
use super::{
    Expression, HttpBody, HttpCall, Line, Message, NowUnit, Part, Payload, SessionFile, Statement,
    Template, Trigger, Wanted,
};
use crate::protocol::Kind;
use crate::text::duration;
use crate::text::escape::is_hidden;

/// The maximum number of bytes that are printed in hexadecimal rather than base64.
const LONGEST_HEX: usize = 32;

/// The indentation of continuation lines.
const INDENTATION: &str = "\n    ";

/// Prints a whole file.
#[must_use]
pub fn print(script: &SessionFile) -> String {
    script.lines.iter().map(print_line).collect()
}

/// Prints a statement with its line end. It may have several lines.
#[must_use]
pub fn print_line(line: &Line) -> String {
    let mut out = String::new();
    if let Some(link) = &line.link {
        out.push('@');
        out.push_str(link);
        out.push(' ');
    }
    push_statement(&mut out, &line.statement);
    out.push('\n');
    for inside in line.statement.body() {
        // A message on the same line as `every` has no line of its own.
        if inside.number == 0 && matches!(line.statement, Statement::Every(..)) {
            continue;
        }
        for text in print_line(inside).lines() {
            out.push_str("  ");
            out.push_str(text);
            out.push('\n');
        }
    }
    out
}

/// What to print before and after a long message that is written separately: a text as the inside
/// of a JSON string, a binary message in base64.
#[must_use]
pub fn around_message(link: Option<&str>, sent: bool, kind: Kind) -> (String, &'static str) {
    let link = link.map_or_else(String::new, |link| format!("@{link} "));
    let sign = if sent { '>' } else { '<' };
    match kind {
        Kind::Text => (format!("{link}{sign} \""), "\"\n"),
        Kind::Binary => (format!("{link}{sign} base64 "), "\n"),
    }
}

/// Prints a comment with its line end. Line breaks in `text` are escaped.
#[must_use]
pub fn comment(text: &str) -> String {
    let mut out = "# ".to_owned();
    push_visible(&mut out, text);
    out.push('\n');
    out
}

fn push_statement(out: &mut String, statement: &Statement) {
    match statement {
        Statement::Url(url) => push_argument(out, "url", url),
        Statement::Header(header) => push_argument(out, "header", header),
        Statement::Subprotocol(name) => push_argument(out, "subprotocol", name),
        Statement::Options(words) => {
            out.push_str("option");
            for word in words {
                out.push(' ');
                push_word(out, word);
            }
        }
        Statement::Within(time) => push_time(out, "within", *time),
        Statement::Strict(true) => out.push_str("strict"),
        Statement::Strict(false) => out.push_str("strict off"),
        Statement::Wait(time) => push_time(out, "wait", *time),
        Statement::At(time) => push_time(out, "at", *time),
        Statement::Send(message) => push_message(out, message),
        Statement::Expect(wanted) => push_wanted(out, wanted),
        Statement::Check(wanted) => {
            let begin = out.len();
            push_wanted(out, wanted);
            out.replace_range(begin..=begin, "check");
        }
        Statement::CheckWithin(time) => push_time(out, "check within", *time),
        Statement::Capture { .. } | Statement::CaptureMatch { .. } => {
            push_capture(out, statement);
        }
        statement => push_rule(out, statement),
    }
}

/// Prints rules, statements that contain others, and settings of variables.
fn push_rule(out: &mut String, statement: &Statement) {
    match statement {
        Statement::AnyOrder(_) => out.push_str("any order"),
        Statement::On(Trigger::Open, _) => out.push_str("on open"),
        Statement::On(Trigger::Received(wanted), _) => {
            out.push_str("on ");
            push_trigger(out, wanted);
        }
        Statement::Every(period, body) => {
            push_time(out, "every", *period);
            if let [Line {
                number: 0,
                statement: Statement::Send(message),
                ..
            }] = &body[..]
            {
                out.push(' ');
                push_message(out, message);
            }
        }
        Statement::Ignore(wanted) => {
            out.push_str("ignore ");
            push_wanted(out, wanted);
        }
        Statement::Never(wanted, limit) => {
            out.push_str("never ");
            push_wanted(out, wanted);
            if let Some(limit) = limit {
                push_time(out, " for", *limit);
            }
        }
        Statement::Repeat { count, name, .. } => {
            let _ = write!(out, "repeat {}", count.source());
            if let Some(name) = name {
                let _ = write!(out, " as {name}");
            }
        }
        Statement::Retry { limit, pause, .. } => {
            push_time(out, "retry", *limit);
            push_time(out, " every", *pause);
        }
        Statement::Let { name, value } => {
            let _ = write!(out, "let {name} = ");
            push_expression(out, value);
        }
        Statement::Default { name, value } => {
            let _ = write!(out, "default {name}");
            push_text(out, value, &[]);
        }
        Statement::Secret(name) => {
            let _ = write!(out, "secret {name}");
        }
        Statement::Title(title) => {
            let _ = write!(out, "title {title}");
        }
        Statement::Tags(tags) => {
            let _ = write!(out, "tags {}", tags.join(" "));
        }
        Statement::Open(None) => out.push_str("open"),
        Statement::Open(Some(url)) => push_argument(out, "open", url),
        Statement::Drop => out.push_str("drop"),
        Statement::Include(path) => push_argument(out, "include", &Template::literal(path)),
        Statement::Http(call) => push_http(out, call),
        _ => {}
    }
}

fn push_http(out: &mut String, call: &HttpCall) {
    push_argument(out, &format!("http {}", call.method), &call.url);
    for header in &call.headers {
        push_argument(out, "\n  header", header);
    }
    match &call.body {
        Some(HttpBody::Json(json)) => {
            out.push_str("\n ");
            push_json(out, json);
        }
        Some(HttpBody::Text(text)) => push_argument(out, "\n  body", text),
        None => {}
    }
}

fn push_expression(out: &mut String, expression: &Expression) {
    let mut call = |name: &str, arguments: &[&Expression]| {
        out.push_str(name);
        for (index, argument) in arguments.iter().enumerate() {
            out.push_str(if index == 0 { "(" } else { ", " });
            push_expression(out, argument);
        }
        out.push(')');
    };
    match expression {
        Expression::Sha256(of) => call("sha256", &[of]),
        Expression::HmacSha256(key, message) => call("hmac_sha256", &[key, message]),
        Expression::Base64(of) => call("base64", &[of]),
        Expression::Base64Url(of) => call("base64url", &[of]),
        Expression::Hex(of) => call("hex", &[of]),
        Expression::Text(text) => push_string(out, &text.source()),
        Expression::Uuid => out.push_str("uuid"),
        Expression::Now(NowUnit::Milliseconds) => out.push_str("now"),
        Expression::Now(NowUnit::Seconds) => out.push_str("now s"),
        Expression::Now(NowUnit::Iso) => out.push_str("now iso"),
        Expression::Random(first, last) => {
            let _ = write!(out, "random {first}..{last}");
        }
    }
}

fn push_captured(out: &mut String, name: &str, secret: bool) {
    out.push_str(if secret {
        "capture secret "
    } else {
        "capture "
    });
    out.push_str(name);
}

fn push_capture(out: &mut String, statement: &Statement) {
    match statement {
        Statement::CaptureMatch {
            name,
            pattern,
            ignore_case,
            secret,
        } => {
            push_captured(out, name, *secret);
            out.push_str(" match");
            push_pattern(out, pattern, *ignore_case);
        }
        Statement::Capture {
            name,
            pointer,
            secret,
        } => {
            push_captured(out, name, *secret);
            if !pointer.is_empty() {
                out.push(' ');
                push_literal(out, pointer, &[]);
            }
        }
        _ => {}
    }
}

fn push_time(out: &mut String, word: &str, time: std::time::Duration) {
    out.push_str(word);
    out.push(' ');
    out.push_str(&duration::format(time));
}

fn push_message(out: &mut String, message: &Message) {
    out.push('>');
    match message {
        Message::Text(text) => push_text(out, text, SENT),
        Message::Json(json) => push_json(out, json),
        Message::Binary(bytes) => push_bytes(out, bytes),
        Message::Bytes(words) => push_byte_words(out, words),
        Message::File(kind, path) => push_file(out, *kind, path),
        Message::Ping(payload) => {
            out.push_str(" ping");
            if *payload != Payload::Text(Template::default()) {
                push_payload(out, payload);
            }
        }
        Message::Pong(payload) => {
            out.push_str(" pong");
            if *payload != Payload::Text(Template::default()) {
                push_payload(out, payload);
            }
        }
        Message::Close { code, reason } => {
            out.push_str(" close");
            let has_reason = !reason.parts.is_empty();
            if *code != 1000 || has_reason {
                push_number(out, *code);
            }
            if has_reason {
                push_text(out, reason, &[]);
            }
        }
    }
}

fn push_wanted(out: &mut String, wanted: &Wanted) {
    if *wanted != Wanted::Reconnect {
        out.push('<');
    }
    match wanted {
        Wanted::Text(text) => push_text(out, text, EXPECTED),
        Wanted::Json(json) => push_json(out, json),
        Wanted::Match {
            pattern,
            ignore_case,
        } => push_pattern(out, pattern, *ignore_case),
        Wanted::Binary(bytes) => push_bytes(out, bytes),
        Wanted::Bytes(words) => push_byte_words(out, words),
        Wanted::File(kind, path) => push_file(out, *kind, path),
        Wanted::Any => out.push_str(" any"),
        Wanted::Ping(payload) => {
            out.push_str(" ping");
            if let Some(payload) = payload {
                push_payload(out, payload);
            }
        }
        Wanted::Pong(payload) => {
            out.push_str(" pong");
            if let Some(payload) = payload {
                push_payload(out, payload);
            }
        }
        Wanted::Close { code, reason } => {
            out.push_str(" close");
            if let Some(code) = code {
                push_number(out, *code);
                if let Some(reason) = reason {
                    push_text(out, reason, &[]);
                }
            }
        }
        Wanted::Silence(time) => push_time(out, " silence", *time),
        Wanted::Reconnect => out.push_str("reconnect"),
        Wanted::Status(status) => {
            out.push_str(" status");
            push_number(out, *status);
        }
        Wanted::Header { name, value } => push_expected_header(out, name, value),
        Wanted::Refused(status) => {
            out.push_str(" refused");
            if let Some(status) = status {
                push_number(out, *status);
            }
        }
    }
}

fn push_number(out: &mut String, number: u16) {
    out.push(' ');
    out.push_str(&number.to_string());
}

fn push_argument(out: &mut String, word: &str, text: &Template) {
    out.push_str(word);
    push_text(out, text, &[]);
}

/// Adds a text after what is there. `words` would be parsed as keywords at its beginning.
fn push_text(out: &mut String, text: &Template, words: &[&str]) {
    match text.as_literal() {
        Some(text) if text.contains('\n') && is_bare(text, words) => push_lines(out, text),
        Some(text) => {
            out.push(' ');
            push_literal(out, text, words);
        }
        None => push_lines(out, &text.source()),
    }
}

/// Adds a text without variables on one line.
fn push_literal(out: &mut String, text: &str, words: &[&str]) {
    if is_bare(text, words) && !text.contains('\n') {
        out.push_str(text);
    } else {
        push_string(out, text);
    }
}

/// Whether a text without quotes is parsed as itself.
fn is_bare(text: &str, words: &[&str]) -> bool {
    let first = text.split(BLANKS).next().unwrap_or_default();
    !text.starts_with('"')
        && (words.is_empty() || !text.starts_with('/'))
        && !words.contains(&first)
        && !text.contains(OPENING)
        && text.starts_with(|c| !BLANKS.contains(&c))
        && text.split('\n').all(is_line)
        && !text.contains(|c| c != '\n' && is_hidden(c))
}

/// Whether a line of a text can be a line of the file: an empty one would end the statement, and
/// whitespace at the end may be removed by editors.
fn is_line(line: &str) -> bool {
    !line.is_empty() && !line.ends_with([' ', '\t'])
}

/// Adds a text literally, after a space or, if it has several lines, below.
fn push_lines(out: &mut String, text: &str) {
    if text.contains('\n') {
        out.push_str(INDENTATION);
        out.push_str(&text.replace('\n', INDENTATION));
    } else {
        out.push(' ');
        out.push_str(text);
    }
}

/// Adds a JSON string without hidden characters.
fn push_string(out: &mut String, text: &str) {
    push_visible(out, &serde_json::Value::from(text).to_string());
}

/// Hidden characters are escaped as in JSON, `\u202e`.
fn push_visible(out: &mut String, text: &str) {
    for character in text.chars() {
        if is_hidden(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
}

/// Adds JSON, rewritten only if it can't be on one line.
fn push_json(out: &mut String, json: &Template) {
    out.push_str(" json");
    let text = json.source();
    if json.as_literal().is_some_and(|text| !is_bare_json(text)) {
        // Outside strings, only whitespace can be a control character; inside, control characters
        // are escaped.
        let text = text.trim().replace(['\n', '\r', '\t'], " ");
        let text = text.replace(OPENING, "\\u0024{");
        out.push(' ');
        push_visible(out, &text);
    } else {
        push_lines(out, &text);
    }
}

fn is_bare_json(text: &str) -> bool {
    !text.contains(OPENING)
        && text.starts_with(|c| !BLANKS.contains(&c))
        && text
            .split('\n')
            .all(|line| !line.trim_start_matches([' ', '\t']).is_empty())
        && !text.ends_with(BLANKS)
        && !text.contains(|c: char| !BLANKS.contains(&c) && c.is_control())
}

/// Adds bytes, numbers and patterns, of which the last may have several lines.
fn push_byte_words(out: &mut String, words: &[ByteWord]) {
    let mut text = String::new();
    push_words(&mut text, words);
    out.push_str(" hex");
    push_lines(out, text.trim_start());
}

/// Adds a regular expression. There is only one way to write it, and parsed ones are valid.
fn push_pattern(out: &mut String, pattern: &Template, ignore_case: bool) {
    let end = if ignore_case { "/i" } else { "/" };
    push_lines(out, &format!("/{}{end}", pattern.source()));
}

fn push_bytes(out: &mut String, bytes: &[u8]) {
    if bytes.len() <= LONGEST_HEX {
        push_hex(out, bytes);
    } else {
        out.push_str(" base64 ");
        BASE64.encode_append(bytes, out);
    }
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    out.push_str(" hex");
    for byte in bytes {
        let _ = write!(out, " {byte:02x}");
    }
}

fn push_payload(out: &mut String, payload: &Payload) {
    match payload {
        Payload::Text(text) => push_text(out, text, &["hex"]),
        Payload::Bytes(bytes) => push_hex(out, bytes),
    }
}

fn push_file(out: &mut String, kind: Kind, path: &Template) {
    out.push_str(match kind {
        Kind::Text => " text @",
        Kind::Binary => " file @",
    });
    match path.as_literal() {
        Some(path) => push_literal(out, path, &[]),
        None => out.push_str(&path.source()),
    }
}

/// The value may begin with a `"`; then the whole header is a JSON string.
/// Adds what a rule is about, on one line: those below it are what it sends.
fn push_trigger(out: &mut String, wanted: &Wanted) {
    match wanted {
        Wanted::Text(text) => match text.as_literal() {
            Some(text) if text.contains('\n') => {
                out.push_str("< ");
                push_string(out, text);
            }
            _ => push_wanted(out, wanted),
        },
        _ => push_wanted(out, wanted),
    }
}

fn push_expected_header(out: &mut String, name: &str, value: &Template) {
    let header = format!("{name}: {}", value.source());
    let header = header.trim_end_matches(BLANKS);
    out.push_str(" header ");
    if value.as_literal().is_some() {
        push_literal(out, header, &[]);
    } else {
        out.push_str(header);
    }
}

/// Adds a word of `option`, quoted if necessary.
fn push_word(out: &mut String, word: &Template) {
    if word.parts.is_empty() {
        out.push_str("''");
    }
    for part in &word.parts {
        match part {
            Part::Variable(name) => {
                let _ = write!(out, "${{{name}}}");
            }
            Part::Text(text) if !text.contains(BLANKS) && !text.contains(['\'', '"', '$']) => {
                out.push_str(text);
            }
            Part::Text(text) => push_quoted(out, text),
        }
    }
}

/// Inside `'…'` everything is literal except `'`, which is written `"'"`.
fn push_quoted(out: &mut String, text: &str) {
    for (index, piece) in text.split('\'').enumerate() {
        if index > 0 {
            out.push_str("\"'\"");
        }
        if !piece.is_empty() {
            let _ = write!(out, "'{piece}'");
        }
    }
}
