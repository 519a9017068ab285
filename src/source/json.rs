//! Parses JSON lines as commands, one object per [`Outgoing`]. `output/json.rs` writes the same
//! schema.
//!
//! An object printed for a received message sends that message when it is parsed. So unknown fields
//! are ignored, and objects of other types or with `"dir":"out"` are skipped. A `close` with
//! `"dir":"in"` records how a connection ended, so its code may be one that is never sent (RFC 6455
//! §7.1.5): 1005 becomes a Close without a code; 1006 and 1015 mean that there was none, and are
//! skipped.

use std::borrow::Cow;

use data_encoding::BASE64;
use memchr::memchr;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::conversation::outgoing::Outgoing;
use crate::error::USE_FORCE;
use crate::protocol::{CloseReason, MAX_CONTROL_PAYLOAD};

/// The fields of commands. They are not parsed until the type is known, because in objects of other
/// types they may be anything.
#[derive(Deserialize)]
struct CommandObject<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    dir: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    base64: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    reason: Option<&'a RawValue>,
}

/// Reads one line, without its line end. `Ok(None)` is an object to pass over, or a blank line.
/// `force` allows close codes that RFC 6455 forbids to send.
///
/// # Errors
///
/// What is wrong with the line and what it should look like, as a sentence. It may quote the line:
/// whoever shows it on a terminal escapes it.
pub fn parse(line: &[u8], force: bool) -> Result<Option<Outgoing<Cow<'_, str>>>, String> {
    let line = std::str::from_utf8(line)
        .map_err(|error| format!("not UTF-8 from byte {}", error.valid_up_to() + 1))?;
    if let Some(text) = verbatim(line) {
        return Ok(Some(Outgoing::Text(text.into())));
    }
    let line = line.trim_matches([' ', '\t', '\r', '\n']);
    if line.is_empty() {
        return Ok(None);
    }
    // serde would also accept an array, field by field.
    if !line.starts_with('{') {
        return Err(r#"not a JSON object; one looks like {"type":"text","data":"hi"}"#.to_owned());
    }
    let object: CommandObject<'_> =
        serde_json::from_str(line).map_err(|error| format!("not valid JSON: {}", cause(&error)))?;
    let Some(kind) = object.kind else {
        return Err(
            r#"the object has no "type"; one looks like {"type":"text","data":"hi"}"#.into(),
        );
    };
    let kind = string(kind, "type")?;
    let dir = object.dir.map_or("", RawValue::get);
    if dir == r#""out""# {
        return Ok(None);
    }
    match kind.as_ref() {
        "text" => text(&object).map(Some),
        "binary" => binary(&object).map(Some),
        "ping" => Ok(Some(Outgoing::Ping(control(&object, "ping")?))),
        "pong" => Ok(Some(Outgoing::Pong(control(&object, "pong")?))),
        "close" => close(&object, dir == r#""in""#, force),
        _ => Ok(None),
    }
}

/// The text of a command in the most common format, without escape sequences, with or without
/// spaces between names and values. serde gives the same result, but takes many times as long.
fn verbatim(line: &str) -> Option<&str> {
    let rest = line
        .strip_prefix(r#"{"type": "text", "data": ""#)
        .or_else(|| line.strip_prefix(r#"{"type":"text","data":""#))?;
    let text = rest.strip_suffix(r#""}"#)?;
    // All bytes are checked instead of stopping early, so that many are checked per step.
    let stands_for_itself = text.bytes().fold(true, |all, byte| {
        all & !matches!(byte, 0..b' ' | b'"' | b'\\')
    });
    stands_for_itself.then_some(text)
}

fn text<'a>(object: &CommandObject<'a>) -> Result<Outgoing<Cow<'a, str>>, String> {
    let Some(data) = object.data else {
        return Err(r#"a text needs "data": {"type":"text","data":"hi"}"#.to_owned());
    };
    string(data, "data").map(Outgoing::Text)
}

fn binary(object: &CommandObject<'_>) -> Result<Outgoing<Cow<'static, str>>, String> {
    let Some(base64) = object.base64 else {
        return Err(r#"a binary needs "base64": {"type":"binary","base64":"AP8="}"#.to_owned());
    };
    decode(base64).map(Outgoing::Binary)
}

fn control(object: &CommandObject<'_>, kind: &str) -> Result<Vec<u8>, String> {
    let payload = match (object.data, object.base64) {
        (None, None) => Vec::new(),
        (Some(data), None) => string(data, "data")?.into_owned().into_bytes(),
        (None, Some(base64)) => decode(base64)?,
        (Some(_), Some(_)) => {
            return Err(format!(r#"a {kind} has "data" or "base64", not both"#));
        }
    };
    if payload.len() > MAX_CONTROL_PAYLOAD {
        return Err(format!(
            "{kind} payload too long: {} bytes, the maximum is {MAX_CONTROL_PAYLOAD} \
             (RFC 6455 §5.5)",
            payload.len()
        ));
    }
    Ok(payload)
}

fn close(
    object: &CommandObject<'_>,
    record: bool,
    force: bool,
) -> Result<Option<Outgoing<Cow<'static, str>>>, String> {
    let reason = object
        .reason
        .map(|raw| string(raw, "reason"))
        .transpose()?
        .unwrap_or_default();
    let Some(code) = object.code else {
        if reason.is_empty() {
            return Ok(Some(Outgoing::Close(None)));
        }
        return Err(
            r#"a close with a "reason" needs a "code": {"type":"close","code":1000,"reason":""}"#
                .to_owned(),
        );
    };
    let code: u16 = serde_json::from_str(code.get()).map_err(|_| {
        format!(
            r#""code" is a number like 1000, not {}"#,
            quoted(code.get())
        )
    })?;
    match code {
        1005 if record => Ok(Some(Outgoing::Close(None))),
        1006 | 1015 if record => Ok(None),
        _ => match CloseReason::from_user(code, &reason, force) {
            Ok(reason) => Ok(Some(Outgoing::Close(Some(reason)))),
            Err(error) => Err(error.with_advice(USE_FORCE)),
        },
    }
}

/// Parses a string, borrowed if it has no escape sequences.
fn string<'a>(raw: &'a RawValue, field: &str) -> Result<Cow<'a, str>, String> {
    let opened = raw.get().strip_prefix('"');
    let plain = opened
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|text| memchr(b'\\', text.as_bytes()).is_none());
    if let Some(text) = plain {
        // It is valid JSON, so without escape sequences its value is the text between the quotes.
        return Ok(Cow::Borrowed(text));
    }
    let read = serde_json::from_str(raw.get()).map(Cow::Owned);
    read.map_err(|error| {
        // A string that can't be parsed contains half of a surrogate pair.
        if opened.is_some() {
            format!(r#""{field}" is not valid Unicode: {}"#, cause(&error))
        } else {
            format!(r#""{field}" is a string, not {}"#, quoted(raw.get()))
        }
    })
}

fn decode(raw: &RawValue) -> Result<Vec<u8>, String> {
    let text = string(raw, "base64")?;
    BASE64.decode(text.as_bytes()).map_err(|error| {
        format!(
            r#""base64" is not base64 with its padding (as in "AP8="): wrong at character {}"#,
            error.position + 1
        )
    })
}

/// The value, shortened to be quoted in an error.
fn quoted(raw: &str) -> String {
    match raw.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &raw[..end]),
        None => raw.to_owned(),
    }
}

/// The error of serde without its line number, because lines are counted by the reader.
fn cause(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once(" at line ") {
        Some((cause, _)) => format!("{cause} at column {}", error.column()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(line: &str) -> Option<Outgoing<Cow<'_, str>>> {
        parse(line.as_bytes(), false).expect("the line is good")
    }

    fn refused(line: &str) -> String {
        parse(line.as_bytes(), false).expect_err("the line is bad")
    }

    fn closing(code: u16, reason: &str) -> Outgoing<Cow<'static, str>> {
        Outgoing::Close(Some(CloseReason {
            code,
            reason: reason.to_owned(),
        }))
    }

    #[test]
    fn messages_are_parsed() {
        let text = |text: &'static str| Some(Outgoing::Text(text.into()));
        assert_eq!(parsed(r#"{"type":"text","data":"hi"}"#), text("hi"));
        assert_eq!(parsed(r#" {"data":"","type":"text","n":[1]} "#), text(""));
        assert_eq!(
            parsed(r#"{"type":"text","data":"a\n\u00e9\ud83d\ude00"}"#),
            text("a\né😀")
        );
        assert_eq!(
            parsed(r#"{"type":"binary","base64":"AP8="}"#),
            Some(Outgoing::Binary(vec![0, 255]))
        );
    }

    #[test]
    fn strings_are_borrowed_or_unescaped() {
        for (written, text) in [
            (r#""""#, ""),
            (r#""größer 日本 😀""#, "größer 日本 😀"),
            (r#""\"""#, "\""),
            (r#""\\""#, "\\"),
            (r#""a\\\"b""#, "a\\\"b"),
        ] {
            let line = format!(r#"{{"type":"te\u0078t","data":{written}}}"#);
            assert_eq!(parsed(&line), Some(Outgoing::Text(text.into())), "{line}");
        }
        let line = "{\"type\":\"text\",\"data\":\"a\tb\"}";
        assert!(refused(line).starts_with("not valid JSON: control character"));
    }

    proptest! {
        /// Two spaces disable the fast path.
        #[test]
        fn fast_path_gives_the_same_result(written in r#"([ -~é\t]|\\|"|\}){0,6}"#) {
            let long = format!(r#"{{"type":"text",  "data":"{written}"}}"#);
            for short in [
                format!(r#"{{"type":"text","data":"{written}"}}"#),
                format!(r#"{{"type": "text", "data": "{written}"}}"#),
            ] {
                let read = parse(short.as_bytes(), false);
                prop_assert_eq!(read.ok(), parse(long.as_bytes(), false).ok());
            }
        }
    }

    #[test]
    fn control_frames_are_parsed() {
        assert_eq!(parsed(r#"{"type":"ping"}"#), Some(Outgoing::Ping(vec![])));
        assert_eq!(
            parsed(r#"{"type":"ping","data":"x"}"#),
            Some(Outgoing::Ping(b"x".to_vec()))
        );
        assert_eq!(
            parsed(r#"{"type":"pong","base64":"/w=="}"#),
            Some(Outgoing::Pong(vec![255]))
        );
        assert_eq!(parsed(r#"{"type":"close"}"#), Some(Outgoing::Close(None)));
        assert_eq!(
            parsed(r#"{"type":"close","code":4001,"reason":"bye"}"#),
            Some(closing(4001, "bye"))
        );
        assert_eq!(
            parsed(r#"{"type":"close","code":1000}"#),
            Some(closing(1000, ""))
        );
    }

    #[test]
    fn other_objects_are_ignored() {
        for line in [
            "",
            " \r",
            r#"{"type":"open","url":"ws://h/","code":"x","data":7}"#,
            r#"{"type":"text","dir":"out","data":"hi"}"#,
            r#"{"type":"close","dir":"out","code":1002}"#,
            r#"{"type":"close","dir":"in","code":1006,"reason":""}"#,
        ] {
            assert_eq!(parsed(line), None, "{line}");
        }
    }

    #[test]
    fn recorded_close_without_a_code_is_sent_without_one() {
        let line = r#"{"type":"close","dir":"in","code":1005,"reason":""}"#;
        assert_eq!(parsed(line), Some(Outgoing::Close(None)));
    }

    #[test]
    fn forbidden_close_codes_need_force() {
        let line = r#"{"type":"close","code":1002,"reason":"x"}"#;
        assert_eq!(
            refused(line),
            "invalid close code 1002: must be 1000 or 3000-4999; use --force to send it anyway"
        );
        assert_eq!(parse(line.as_bytes(), true), Ok(Some(closing(1002, "x"))));
    }

    #[test]
    fn invalid_lines_are_explained() {
        for (line, said) in [
            (
                "hello",
                r#"not a JSON object; one looks like {"type":"text","data":"hi"}"#,
            ),
            (
                r#"["text"]"#,
                r#"not a JSON object; one looks like {"type":"text","data":"hi"}"#,
            ),
            (
                r#"{"type":"text","#,
                "not valid JSON: EOF while parsing a value at column 15",
            ),
            (
                r#"{"data":"hi"}"#,
                r#"the object has no "type"; one looks like {"type":"text","data":"hi"}"#,
            ),
            (r#"{"type":7}"#, r#""type" is a string, not 7"#),
            (
                r#"{"type":"text"}"#,
                r#"a text needs "data": {"type":"text","data":"hi"}"#,
            ),
            (
                r#"{"type":"text","data":{"a":1}}"#,
                r#""data" is a string, not {"a":1}"#,
            ),
            (
                r#"{"type":"binary","data":"x"}"#,
                r#"a binary needs "base64": {"type":"binary","base64":"AP8="}"#,
            ),
            (
                r#"{"type":"binary","base64":"AP8"}"#,
                r#""base64" is not base64 with its padding (as in "AP8="): wrong at character 1"#,
            ),
            (
                r#"{"type":"ping","data":"","base64":""}"#,
                r#"a ping has "data" or "base64", not both"#,
            ),
            (
                r#"{"type":"close","code":"1000"}"#,
                r#""code" is a number like 1000, not "1000""#,
            ),
            (
                r#"{"type":"close","reason":"x"}"#,
                r#"a close with a "reason" needs a "code": {"type":"close","code":1000,"reason":""}"#,
            ),
        ] {
            assert_eq!(refused(line), said, "{line}");
        }
        assert_eq!(
            parse(b"{\"a\":\"\xff\"}", false),
            Err("not UTF-8 from byte 7".into())
        );
        assert!(refused(r#"{"type":"text","data":"\ud800"}"#).contains("not valid Unicode"));
    }

    #[test]
    fn control_frame_payload_is_limited() {
        let line = |size| format!(r#"{{"type":"ping","data":"{}"}}"#, "x".repeat(size));
        assert!(
            matches!(parsed(&line(125)), Some(Outgoing::Ping(payload)) if payload.len() == 125)
        );
        assert_eq!(
            refused(&line(126)),
            "ping payload too long: 126 bytes, the maximum is 125 (RFC 6455 §5.5)"
        );
    }
}
