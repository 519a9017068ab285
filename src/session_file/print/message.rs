//! Printing of what is sent and what is expected.

use super::text::{
    push_byte_words, push_bytes, push_hex, push_json, push_literal, push_pattern, push_string,
    push_text, push_time,
};
use crate::protocol::Kind;
use crate::session_file::grammar::{EXPECTED, SENT};
use crate::session_file::place::BLANKS;
use crate::session_file::{ExpectStatement, Message, Payload, Template};

pub(super) fn push_message(out: &mut String, message: &Message) {
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

pub(super) fn push_wanted(out: &mut String, wanted: &ExpectStatement) {
    if *wanted != ExpectStatement::Reconnect {
        out.push('<');
    }
    match wanted {
        ExpectStatement::Text(text) => push_text(out, text, EXPECTED),
        ExpectStatement::Json(json) => push_json(out, json),
        ExpectStatement::Match {
            pattern,
            ignore_case,
        } => push_pattern(out, pattern, *ignore_case),
        ExpectStatement::Binary(bytes) => push_bytes(out, bytes),
        ExpectStatement::Bytes(words) => push_byte_words(out, words),
        ExpectStatement::File(kind, path) => push_file(out, *kind, path),
        ExpectStatement::Any => out.push_str(" any"),
        ExpectStatement::Ping(payload) => {
            out.push_str(" ping");
            if let Some(payload) = payload {
                push_payload(out, payload);
            }
        }
        ExpectStatement::Pong(payload) => {
            out.push_str(" pong");
            if let Some(payload) = payload {
                push_payload(out, payload);
            }
        }
        ExpectStatement::Close { code, reason } => {
            out.push_str(" close");
            if let Some(code) = code {
                push_number(out, *code);
                if let Some(reason) = reason {
                    push_text(out, reason, &[]);
                }
            }
        }
        ExpectStatement::Silence(time) => push_time(out, " silence", *time),
        ExpectStatement::Reconnect => out.push_str("reconnect"),
        ExpectStatement::Status(status) => {
            out.push_str(" status");
            push_number(out, *status);
        }
        ExpectStatement::Header { name, value } => push_expected_header(out, name, value),
        ExpectStatement::Refused(status) => {
            out.push_str(" refused");
            if let Some(status) = status {
                push_number(out, *status);
            }
        }
    }
}

/// Adds what a rule is about, on one line: those below it are what it sends.
pub(super) fn push_trigger(out: &mut String, wanted: &ExpectStatement) {
    match wanted {
        ExpectStatement::Text(text) => match text.as_literal() {
            Some(text) if text.contains('\n') => {
                out.push_str("< ");
                push_string(out, text);
            }
            _ => push_wanted(out, wanted),
        },
        _ => push_wanted(out, wanted),
    }
}

fn push_number(out: &mut String, number: u16) {
    out.push(' ');
    out.push_str(&number.to_string());
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
