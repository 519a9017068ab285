//! Tests of reports, with and without details.

use super::*;
use crate::conversation::matching::Difference;
use crate::error::{Goal, Instead, Party, RecentMessage, Refusal};
use crate::http::{Body, Headers, ResponseHead};
use crate::text::phrase::Phrase;

fn refused(body: &[u8], truncated: bool, hint: Option<&str>) -> Error {
    Error::Refused(Box::new(Refusal {
        head: ResponseHead {
            status: 401,
            status_line: "HTTP/1.1 401 Unauthorized".to_owned(),
            headers: Headers::from_iter([("Set-Cookie", "s=1"), ("X", "\x1b[2J")]),
            ..ResponseHead::default()
        },
        body: Body {
            bytes: body.to_vec(),
            truncated,
            coding: None,
        },
        hint: hint.map(str::to_owned),
    }))
}

fn told(error: &Error, verbosity: Verbosity) -> String {
    report(error, verbosity, Palette::plain(), Secrets::Hidden)
}

const SENTENCE: &str = "wsline: the server refused the upgrade: HTTP/1.1 401 Unauthorized\n";
const HEAD: &str = "HTTP/1.1 401 Unauthorized\nSet-Cookie: ***\nX: \\x1b[2J\n";

#[test]
fn refusal_is_shown_with_head_and_body() {
    let error = refused(b"<h1>\r\nno\x07\xff</h1>\r\n", false, Some("give -u"));
    assert_eq!(
        told(&error, Verbosity::Normal),
        format!("{SENTENCE}{HEAD}\n<h1>\nno\\x07\\xff</h1>\n\nhint: give -u\n")
    );
    assert_eq!(told(&error, Verbosity::Quiet), SENTENCE);
    assert_eq!(
        told(&error, Verbosity::Handshake),
        format!("{SENTENCE}<h1>\nno\\x07\\xff</h1>\n\nhint: give -u\n")
    );
}

#[test]
fn long_body_is_truncated_before_the_hint() {
    let page = "<p>\n".repeat(30);
    let error = refused(page.as_bytes(), false, Some("give -u"));
    let shown = "<p>\n".repeat(20);
    assert_eq!(
        told(&error, Verbosity::Normal),
        format!("{SENTENCE}{HEAD}\n{shown}… 40 B more (-v shows all)\n\nhint: give -u\n")
    );
    assert_eq!(
        told(&error, Verbosity::Handshake),
        format!("{SENTENCE}{page}\nhint: give -u\n")
    );
    let line = format!("x{}", "\u{fc}".repeat(3000));
    let text = told(&refused(line.as_bytes(), false, None), Verbosity::Normal);
    assert!(
        text.contains(&format!("x{}\n… ", "\u{fc}".repeat(2047))),
        "{text}"
    );
}

#[test]
fn refusal_without_a_body_shows_its_head() {
    let error = refused(b"", false, Some("give -u"));
    assert_eq!(
        told(&error, Verbosity::Normal),
        format!("{SENTENCE}{HEAD}hint: give -u\n")
    );
}

#[test]
fn truncated_body_is_marked() {
    assert_eq!(
        told(&refused(b"half", true, None), Verbosity::Normal),
        format!("{SENTENCE}{HEAD}\nhalf\n… the rest of the body is missing\n")
    );
}

#[test]
fn binary_body_is_dumped() {
    let text = told(&refused(&[0; 300], false, None), Verbosity::Normal);
    assert!(text.starts_with(&format!("{SENTENCE}{HEAD}\na body of 300 B, no text\n0000")));
    assert!(text.ends_with("|................|\n… 44 B more\n"));
}

#[test]
fn error_is_one_line_and_a_hint() {
    let error = Error::Tls {
        party: Party::Server,
        host: "h\n\x1b".to_owned(),
        cause: "no".to_owned(),
        hint: Some("try ws".to_owned()),
    };
    let sentence = "wsline: TLS handshake with h\\n\\x1b failed: no\n";
    assert_eq!(
        told(&error, Verbosity::Normal),
        format!("{sentence}hint: try ws\n")
    );
    assert_eq!(told(&error, Verbosity::Quiet), sentence);
    assert_eq!(
        report(
            &Error::Url(crate::target::InvalidUrl::new("no host")),
            Verbosity::Normal,
            Palette::colored(),
            Secrets::Hidden
        ),
        "\x1b[31mwsline:\x1b[39m no host\n"
    );
}

#[test]
fn certificate_details_are_shown() {
    let error = Error::Certificate {
        party: Party::Server,
        host: "h".to_owned(),
        cause: "expired".to_owned(),
        details: vec!["subject: CN=\x1bh".to_owned(), "issuer: x".to_owned()],
        hint: Some("-k".to_owned()),
    };
    assert_eq!(
        told(&error, Verbosity::Normal),
        "wsline: could not verify the certificate of h: expired\n  \
         subject: CN=\\x1bh\n  issuer: x\nhint: -k\n"
    );
}

fn unmet(difference: Vec<DifferenceLine>, recent: Vec<RecentMessage>) -> Error {
    Error::Unmet(Box::new(Unmet {
        place: Some("talk.ws:3".to_owned()),
        difference: Difference(difference),
        recent,
        ..Unmet::new(
            Goal::Receive(Phrase::value("\"a\x1b\"")),
            Instead::Received(Phrase::value("\"b\n\"")),
        )
    }))
}

fn recent(is_sent: bool, message: &str) -> RecentMessage {
    RecentMessage {
        connection: None,
        is_sent,
        after: None,
        message: Phrase::value(message),
    }
}

const UNMET: &str = "talk.ws:3: expected \"a\\x1b\", but received \"b\\n\" instead\n";

fn line(side: Side, text: &str) -> DifferenceLine {
    DifferenceLine::Text(side, text.to_owned())
}

const MARK: DifferenceLine = DifferenceLine::Mark {
    column: 0,
    width: 1,
};

#[test]
fn unmet_expectation_shows_received_messages() {
    let messages = ["1", "2", "\x1b[2J\n", "4", "5"].map(|message| recent(false, message));
    let messages = std::iter::once(recent(true, "0")).chain(messages).collect();
    let difference = vec![
        line(Side::Expected, "a\\x1b"),
        line(Side::Received, "b\x07"),
        MARK,
        DifferenceLine::Value("/x".to_owned(), Phrase::words("missing")),
    ];
    let error = unmet(difference, messages);
    assert_eq!(
        told(&error, Verbosity::Normal),
        format!(
            "wsline: {UNMET}  - a\\x1b\n  + b\\x07\n    ^\n  /x: missing\n\
             the last messages:\n  < 1\n  < 2\n  < \\x1b[2J\\n\n  < 4\n  < 5\n"
        )
    );
    assert_eq!(told(&error, Verbosity::Quiet), format!("wsline: {UNMET}"));
    let bare = unmet(Vec::new(), Vec::new());
    assert_eq!(told(&bare, Verbosity::Normal), format!("wsline: {UNMET}"));
}

#[test]
fn differences_are_colored_and_long_messages_truncated() {
    let messages = vec![recent(true, "hi"), recent(false, &"x".repeat(500))];
    let difference = vec![
        line(Side::Expected, "a"),
        line(Side::Received, "b"),
        MARK,
        line(Side::Both, "c"),
    ];
    let error = unmet(difference, messages);
    let text = report(
        &error,
        Verbosity::Normal,
        Palette::colored(),
        Secrets::Hidden,
    );
    assert_eq!(
        text,
        format!(
            "\x1b[31mwsline:\x1b[39m {UNMET}  \x1b[31m- a\x1b[39m\n  \x1b[32m+ b\x1b[39m\n  \
             \x1b[33m  ^\x1b[39m\n    c\nthe last messages:\n  \x1b[35m>\x1b[39m hi\n  \
             \x1b[36m<\x1b[39m {}…\n",
            "x".repeat(77)
        )
    );
}

#[test]
fn parse_error_is_shown_with_its_line() {
    let parse_error = |line, column| {
        Error::SessionFile(Box::new(ParseError {
            file: "t\x1b.ws".to_owned(),
            line,
            column,
            text: "> a\tb".to_owned(),
            cause: "no".to_owned(),
        }))
    };
    let sentence = "wsline: t\\x1b.ws:3:5: no\n";
    assert_eq!(
        told(&parse_error(3, 5), Verbosity::Normal),
        format!("{sentence}  > a    b\n         ^\n")
    );
    assert_eq!(told(&parse_error(3, 5), Verbosity::Quiet), sentence);
    // A statement of the command line has no number of a line.
    assert_eq!(
        told(&parse_error(0, 3), Verbosity::Normal),
        "wsline: t\\x1b.ws:3: no\n  > a    b\n    ^\n"
    );
    let whole = Error::SessionFile(Box::new(ParseError {
        file: "t.ws".to_owned(),
        cause: "no".to_owned(),
        ..ParseError::default()
    }));
    assert_eq!(told(&whole, Verbosity::Normal), "wsline: t.ws: no\n");
}

#[test]
fn output_of_a_failed_server_is_shown() {
    let error = Error::ServerEnded {
        ending: "exit code 1".to_owned(),
        last: vec!["no\x1b port".to_owned()],
    };
    let sentence = "the --serve server exited before it was ready: exit code 1\n";
    assert_eq!(
        told(&error, Verbosity::Normal),
        format!("wsline: {sentence}its last output:\n  no\\x1b port\n")
    );
    let bare = explain(
        &error,
        Verbosity::Quiet,
        Palette::colored(),
        Secrets::Hidden,
        Excerpts::Whole,
    );
    assert_eq!(bare, sentence);
}

#[test]
fn invalid_response_is_quoted() {
    let error = Error::InvalidResponse {
        party: Party::Server,
        name: String::new(),
        cause: "no accept key".to_owned(),
        head: Some(Box::new(ResponseHead {
            status: 101,
            status_line: "HTTP/1.1 101 X".to_owned(),
            ..ResponseHead::default()
        })),
        hint: None,
    };
    let sentence = "wsline: invalid upgrade response: no accept key\n";
    assert_eq!(
        told(&error, Verbosity::Normal),
        format!("{sentence}HTTP/1.1 101 X\n")
    );
    assert_eq!(told(&error, Verbosity::Handshake), sentence);
}
