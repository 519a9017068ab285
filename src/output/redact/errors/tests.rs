use super::*;
use std::time::Duration;

use crate::conversation::matching::Side;
use crate::error::{Goal, Instead, ParseError, Partial, Party, RecentMessage, Refusal};
use crate::http::{Body, Header, Headers, Secrets};
use crate::output::palette::Palette;
use crate::output::report::{explain, Excerpts};
use crate::output::verbosity::Verbosity;
use crate::protocol::{CloseReason, Closure, End, Violation};
use crate::target::InvalidUrl;
use crate::text::phrase::Phrase;

/// The lines of a difference without secrets.
fn redacted(lines: &[DifferenceLine], variable: (&str, &str)) -> Vec<String> {
    let mut difference = Difference(lines.to_vec());
    redact_difference(&mut difference, &Redactor::new([variable]));
    difference.lines()
}

#[test]
fn marks_are_removed_below_redacted_lines() {
    let redacted = |lines: &[DifferenceLine]| redacted(lines, ("TOKEN", "s3cret"));
    let expected = |text: &str| DifferenceLine::Text(Side::Expected, text.to_owned());
    let received = |text: &str| DifferenceLine::Text(Side::Received, text.to_owned());
    let mark = |column| DifferenceLine::Mark { column, width: 1 };
    assert_eq!(
        redacted(&[expected("ab"), received("ac"), mark(1)]),
        ["- ab", "+ ac", "   ^"]
    );
    assert_eq!(
        redacted(&[
            expected("s3cret b"),
            received("s3cret c"),
            mark(7),
            expected("d"),
            received("e"),
            mark(0),
        ]),
        ["- ${TOKEN} b", "+ ${TOKEN} c", "- d", "+ e", "  ^"]
    );
}

#[test]
fn values_of_json_are_redacted_and_words_are_kept() {
    let what = Phrase::words("expected ").and_value("\"expected\"");
    assert_eq!(
        redacted(
            &[DifferenceLine::Value("/expected".to_owned(), what)],
            ("WORD", "expected")
        ),
        ["/${WORD}: expected \"${WORD}\""]
    );
}

#[test]
fn rows_of_hex_dumps_are_redacted() {
    let row = |start, bytes: &[u8]| {
        let row = DifferenceLine::Row(Side::Received, start, bytes.to_vec());
        redacted(&[row], ("TOKEN", "0123456789abcdefghij")).concat()
    };
    assert_eq!(row(0, b"say 0123456789ab"), "+ 00000000  say ${TOKEN}");
    assert_eq!(row(16, b"456789abcdefghij"), "+ 00000010  ${TOKEN}");
    assert_eq!(
        row(16, b"cdefghij\x00\xff"),
        "+ 00000010  ${TOKEN}\0\u{fffd}"
    );
    let harmless = DifferenceLine::Row(Side::Received, 0, b"nothing\x00".to_vec());
    assert_eq!(row(0, b"nothing\x00"), harmless.to_string());
}

fn secret() -> String {
    "s3cret".to_owned()
}

fn cause() -> io::Error {
    io::Error::other("no s3cret")
}

fn message() -> Phrase {
    Phrase::words("a ").and_value(secret())
}

fn head() -> ResponseHead {
    let mut headers = Headers::default();
    headers.push(Header::new("X-s3cret", "s3cret"));
    ResponseHead {
        status: 403,
        status_line: "HTTP/1.1 403 s3cret".to_owned(),
        headers,
        problem: Some(secret()),
    }
}

fn refusal() -> Refusal {
    Refusal {
        head: head(),
        body: Body {
            bytes: b"a s3cret".to_vec(),
            truncated: true,
            coding: None,
        },
        hint: Some(secret()),
    }
}

/// A refusal whose body could not be decoded.
fn encoded_refusal() -> Refusal {
    let mut refusal = refusal();
    refusal.body.coding = Some("x-s3cret".to_owned());
    refusal
}

/// Errors of connecting.
fn of_connecting() -> Vec<Error> {
    let party = Party::Server;
    let limit = Duration::ZERO;
    let attempts = || vec![(secret(), cause())];
    let (name, host, to, path, alert) = (secret(), secret(), secret(), secret(), secret());
    vec![
        Error::Usage(secret()),
        Error::Url(InvalidUrl::new(secret()).with_hint("a s3cret")),
        Error::Resolve {
            party,
            host,
            cause: secret(),
            hint: Some(secret()),
        },
        Error::Connect {
            party,
            to,
            attempts: attempts(),
            hint: Some(secret()),
        },
        Error::ConnectTimeout {
            party,
            to: secret(),
            limit,
            attempts: attempts(),
        },
        Error::UnixSocket {
            path,
            cause: cause(),
        },
        Error::Unanswered {
            party,
            name,
            cause: Some(cause()),
            hint: Some(secret()),
        },
        Error::Tls {
            party,
            host: secret(),
            cause: secret(),
            hint: Some(secret()),
        },
        Error::Certificate {
            party,
            host: secret(),
            cause: secret(),
            details: vec![secret()],
            hint: Some(secret()),
        },
        Error::CaFile {
            path: secret(),
            cause: secret(),
            hint: Some(secret()),
        },
        Error::Identity {
            path: secret(),
            cause: secret(),
            hint: Some(secret()),
        },
        Error::ClientCertificate {
            party,
            host: secret(),
            file: Some(secret()),
            alert,
            hint: secret(),
        },
    ]
}

/// Errors that quote a response.
fn of_responses() -> Vec<Error> {
    let party = Party::Server;
    vec![
        Error::InvalidResponse {
            party,
            name: secret(),
            cause: secret(),
            head: Some(Box::new(head())),
            hint: Some(secret()),
        },
        Error::ProxyRefused {
            proxy: secret(),
            to: secret(),
            cause: secret(),
            refusal: Some(Box::new(encoded_refusal())),
            unreachable: false,
            hint: Some(secret()),
        },
        Error::Refused(Box::new(refusal())),
        Error::Declined {
            what: secret(),
            head: Box::new(head()),
            hint: Some(secret()),
        },
        Error::Redirect {
            cause: secret(),
            head: Box::new(head()),
        },
        Error::Redirects {
            limit: 1,
            url: secret(),
        },
        Error::At {
            place: "talk.ws:3".to_owned(),
            error: Box::new(Error::Refused(Box::new(refusal()))),
        },
    ]
}

/// Other errors.
fn of_runs() -> Vec<Error> {
    let parse_error = || {
        Box::new(ParseError {
            file: "talk.ws".to_owned(),
            text: secret(),
            cause: secret(),
            ..ParseError::default()
        })
    };
    let limit = Duration::ZERO;
    vec![
        Error::Listen {
            address: secret(),
            cause: secret(),
        },
        Error::Input {
            origin: secret(),
            line: None,
            cause: secret(),
        },
        Error::DataFile {
            path: secret(),
            cause: secret(),
            may_be_text: false,
        },
        Error::Output {
            target: secret(),
            cause: cause(),
        },
        Error::Call {
            method: secret(),
            message: secret(),
            data: Some(secret()),
        },
        Error::SessionFile(parse_error()),
        Error::Config(parse_error()),
        Error::ServerEnded {
            ending: secret(),
            last: vec![secret()],
        },
        Error::ServerLate {
            is_own: true,
            url: secret(),
            limit,
            cause: secret(),
            last: vec![secret()],
        },
        Error::System {
            doing: "testing",
            cause: cause(),
        },
    ]
}

/// Expectations that are not met: every goal, and everything that may happen instead and quotes
/// something.
fn of_expectations() -> Vec<Error> {
    let closure = |received| Closure {
        received,
        end: End::Lost(secret()),
        ..Closure::default()
    };
    let reason = CloseReason {
        code: 4000,
        reason: secret(),
    };
    let closed = || Instead::Ended(Box::new(closure(Some(Some(reason.clone())))));
    let violation = Closure {
        end: End::Violation(Violation {
            code: 1002,
            rule: "a s3cret".to_owned(),
        }),
        ..Closure::default()
    };
    let line = || Some("3".to_owned());
    let instead = [
        Instead::Ended(Box::new(violation)),
        Instead::Received(message()),
        Instead::ReceivedAfter(message(), Duration::ZERO),
        Instead::ReceivedDuring(message(), line()),
        Instead::Partial(Partial {
            ended: Some(Box::new(closed())),
            met: 1,
            count: 2,
            line: line(),
            within: Duration::ZERO,
        }),
        closed(),
        Instead::NotReopened(
            Duration::ZERO,
            Box::new(Instead::Ended(Box::new(closure(None)))),
        ),
        Instead::Refused(secret()),
        Instead::Header(Some(secret())),
        Instead::Status(200, Some(secret())),
        Instead::Matched(line(), message()),
        Instead::NotText(message()),
        Instead::NotJson(message()),
        Instead::NoValue(message()),
        Instead::Failed(secret()),
    ];
    let goals = [
        Goal::Receive(message()),
        Goal::Never(message()),
        Goal::Value("/s3cret".to_owned()),
        Goal::Match {
            name: "X".to_owned(),
            regex: secret(),
        },
        Goal::Response {
            method: "GET".to_owned(),
            url: secret(),
        },
        Goal::Send(message()),
    ];
    let all = instead.into_iter().zip(goals.into_iter().cycle());
    all.map(|(instead, goal)| Error::Unmet(Box::new(unmet(goal, instead))))
        .collect()
}

fn unmet(goal: Goal, instead: Instead) -> Unmet {
    Unmet {
        place: Some("talk.ws:3".to_owned()),
        details: vec![
            UnmetDetail::Nearest(message()),
            UnmetDetail::Taken {
                line: "2".to_owned(),
                message: message(),
            },
        ],
        difference: Difference(vec![
            DifferenceLine::Text(Side::Both, secret()),
            DifferenceLine::Row(Side::Received, 0, secret().into_bytes()),
            DifferenceLine::Value("/s3cret".to_owned(), message()),
            DifferenceLine::Byte(0, message()),
        ]),
        recent: vec![RecentMessage {
            connection: None,
            is_sent: false,
            after: None,
            message: message(),
        }],
        refusal: Some(Box::new(encoded_refusal())),
        ..Unmet::new(goal, instead)
    }
}

fn report(error: &Error) -> String {
    let (verbosity, palette) = (Verbosity::Normal, Palette::plain());
    explain(error, verbosity, palette, Secrets::Shown, Excerpts::Whole)
}

#[test]
fn no_error_keeps_a_secret() {
    let redactor = Redactor::new([("TOKEN", "s3cret")]);
    let errors = [
        of_connecting(),
        of_responses(),
        of_runs(),
        of_expectations(),
    ];
    for error in errors.into_iter().flatten() {
        assert!(report(&error).contains("s3cret"), "{error:?}");
        let hidden = redactor.without_secrets(error);
        let texts = format!("{hidden:?}\n{}", report(&hidden));
        for secret in ["s3cret", "115, 51, 99"] {
            assert!(!texts.contains(secret), "{texts}");
        }
    }
}

/// They lead to the file, also for programs that read the report.
#[test]
fn places_are_kept() {
    let redactor = Redactor::new([("STAGE", "staging")]);
    let error = Error::Unmet(Box::new(Unmet {
        place: Some("staging/talk.ws:3".to_owned()),
        ..Unmet::new(Goal::Receive(Phrase::value("staging")), Instead::NotOpen)
    }));
    assert_eq!(
        redactor.without_secrets(error).to_string(),
        "staging/talk.ws:3: expected ${STAGE}, but the connection is not open yet"
    );
}

/// The name of a header decides whether its value is a credential.
#[test]
fn credential_below_a_redacted_name_stays_hidden() {
    let redactor = Redactor::new([("KIND", "Session")]);
    let mut headers = Headers::default();
    headers.push(Header::new("X-Session", "abcdef99"));
    let error = Error::Refused(Box::new(Refusal {
        head: ResponseHead {
            headers,
            ..ResponseHead::default()
        },
        ..Refusal::default()
    }));
    let shown = report(&redactor.without_secrets(error));
    assert!(shown.contains("X-${KIND}: ***"), "{shown}");
}

#[test]
fn body_of_a_refusal_is_redacted() {
    let redactor = Redactor::new([("TOKEN", "s3cret-value")]);
    let redacted = |body: &[u8], truncated| {
        let mut error = Error::Refused(Box::new(Refusal {
            body: Body {
                bytes: body.to_vec(),
                truncated,
                coding: None,
            },
            ..Refusal::default()
        }));
        redactor.hide_in_error(&mut error);
        match error {
            Error::Refused(refusal) => refusal.body.bytes,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(redacted(b"\0s3cret-value\xff", false), b"\0${TOKEN}\xff");
    assert_eq!(redacted(b"no s3cret", true), b"no ${TOKEN}");
    assert_eq!(redacted(b"no s3cret", false), b"no s3cret");
}
