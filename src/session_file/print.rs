//! Printing of session files. Parsing the output gives the same statements.
//!
//! A text is printed literally if it is parsed as the same, otherwise as a JSON string, so that
//! every conversation can be printed. A text of several lines begins on a new line.

mod message;
mod text;

use std::fmt::Write as _;

use self::message::{push_message, push_trigger, push_wanted};
use self::text::{
    push_argument, push_json, push_literal, push_pattern, push_string, push_text, push_time,
    push_visible, push_word,
};
use super::{
    Expression, HttpBody, HttpCall, Line, NowUnit, SessionFile, Statement, Template, Trigger,
};
use crate::protocol::Kind;

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

/// Prints rules, and statements that contain others.
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
        statement => push_setting(out, statement),
    }
}

/// Prints what sets variables, describes the file, includes others, or is about connections.
fn push_setting(out: &mut String, statement: &Statement) {
    match statement {
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
