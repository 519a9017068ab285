//! Tests of the statements for events, and that any record can be parsed.

use proptest::prelude::*;

use bytes::Bytes;

use super::*;
use crate::error::Refusal;
use crate::event::{Piece, Upgrade};
use crate::http::{Header, ResponseHead};
use crate::output::tested::Tested;
use crate::protocol::{CloseReason, Violation};

const LINK: Link = Link(0);

/// The given number of milliseconds after 1 March 2026.
fn at(milliseconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_772_323_200_000 + milliseconds)
}

fn record(opening: &Opening) -> Tested<SessionRecord> {
    let session = SessionRecord::new(at(0), opening).expect("the time is valid");
    let mut record = Tested::new(session);
    record.idle().expect("memory takes anything");
    record
}

/// A record with an open connection, without its beginning.
fn opened() -> Tested<SessionRecord> {
    let mut session = record(&Opening::default());
    tell(&mut session, 1000, &Event::Open(&Upgrade::default()));
    session.sink.take();
    session
}

fn tell(session: &mut Tested<SessionRecord>, milliseconds: u64, event: &Event<'_>) {
    let told = session.show(at(milliseconds), LINK, event);
    told.expect("memory takes anything");
}

/// The statements for these events, each a millisecond after the previous one.
fn told(events: &[Event<'_>]) -> String {
    let mut session = opened();
    for (event, milliseconds) in events.iter().zip(1001..) {
        tell(&mut session, milliseconds, event);
    }
    session.sink.take()
}

fn text(way: Way, text: &str) -> Event<'_> {
    Event::Data(way, Piece::whole(Kind::Text, text.as_bytes()))
}

fn body(code: u16, reason: &str) -> CloseReason {
    CloseReason {
        code,
        reason: reason.to_owned(),
    }
}

fn closure(first: Role, sent: Option<CloseBody>, received: Option<CloseBody>) -> Closure {
    Closure {
        sent,
        received,
        initiator: Some(first),
        end: End::Clean,
    }
}

#[test]
fn settings_are_recorded_without_secrets() {
    let mut session = record(&Opening {
        url: "ws://127.0.0.1:8080/a?b=${c}".to_owned(),
        headers: vec![
            Header::new("X-Api-Key", "hidden"),
            Header::new("Origin", "http://a"),
            Header::new("Cookie", "a=hidden"),
            Header::new("cookie", "b=hidden"),
            Header::new("Authorization", "Bearer hidden"),
            Header::new("X-Empty", ""),
            Header::new("X-Odd", "${d}"),
            Header::new("X-Session", "Basic hidden"),
            Header::new("Sec-WebSocket-Protocol", "a, bearer.hidden"),
        ],
        left_out: vec!["User-Agent".to_owned()],
        subprotocols: ["chat", "k8s.bearer.hidden", "access_token", "hidden"]
            .map(str::to_owned)
            .into(),
        options: vec!["--location".to_owned(), "--force".to_owned()],
    });
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        session.sink.take(),
        format!(
            "# recorded by wsline {version}, 2026-03-01T00:00:00Z\nurl \
             \"ws://127.0.0.1:8080/a?b=${{c}}\"\noption --location\noption --force\n# X_API_KEY is \
             not recorded: set it with --var 'X_API_KEY=***' or in the environment\nheader \
             X-Api-Key: ${{X_API_KEY}}\nheader Origin: http://a\n# COOKIE is not recorded: set it \
             with --var 'COOKIE=***' or in the environment\nheader Cookie: ${{COOKIE}}\n# COOKIE_2 \
             is not recorded: set it with --var 'COOKIE_2=***' or in the environment\nheader \
             cookie: ${{COOKIE_2}}\n# AUTHORIZATION is not recorded: set it with --var \
             'AUTHORIZATION=Bearer ***' or in the environment\nheader Authorization: \
             ${{AUTHORIZATION}}\nheader X-Empty;\nheader \"X-Odd: ${{d}}\"\n# X_SESSION is not \
             recorded: set it with --var 'X_SESSION=***' or in the environment\nheader X-Session: \
             ${{X_SESSION}}\n# SEC_WEBSOCKET_PROTOCOL is not recorded: set it with --var \
             'SEC_WEBSOCKET_PROTOCOL=a, bearer.***' or in the environment\nheader \
             Sec-WebSocket-Protocol: ${{SEC_WEBSOCKET_PROTOCOL}}\nheader User-Agent:\nsubprotocol \
             chat\n# SUBPROTOCOL is not recorded: set it with --var 'SUBPROTOCOL=***' or in the \
             environment\nsubprotocol k8s.bearer.${{SUBPROTOCOL}}\nsubprotocol access_token\n# \
             SUBPROTOCOL_2 is not recorded: set it with --var 'SUBPROTOCOL_2=***' or in the \
             environment\nsubprotocol ${{SUBPROTOCOL_2}}\nstrict\n\n"
        )
    );
}

#[test]
fn messages_are_recorded_in_order() {
    let binary = |bytes| Piece::whole(Kind::Binary, bytes);
    assert_eq!(
        told(&[
            text(Way::Out, "hi"),
            text(Way::In, "close"),
            Event::Data(Way::In, binary(b"\xff\x00")),
            Event::Data(Way::Out, binary(&[7; 33])),
            text(Way::In, ""),
        ]),
        "> hi\n< \"close\"\n< hex ff 00\n> base64 BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\n< \"\"\n"
    );
}

#[test]
fn pauses_and_long_waits_are_recorded() {
    let mut session = opened();
    for (milliseconds, event) in [
        (1009, text(Way::Out, "at once")),
        (1018, text(Way::Out, "nearly")),
        (1028, text(Way::Out, "after ten")),
        (4000, text(Way::In, "late")),
        (9000, text(Way::In, "very late")),
        (9001, text(Way::In, "at once")),
        (15_000, text(Way::Out, "and on")),
        (20_000, text(Way::In, "late again")),
        (32_500, text(Way::In, "later than ever")),
    ] {
        tell(&mut session, milliseconds, &event);
    }
    assert_eq!(
        session.sink.take(),
        "> at once\n> nearly\nat 28ms\n> after ten\nwithin 6s\n< late\nwithin 11s\n< very late\n\
         < at once\nat 14s\n> and on\n< late again\nwithin 26s\n< later than ever\n"
    );
}

#[test]
fn pieces_are_joined_and_incomplete_messages_noted() {
    let piece = |first, last, bytes| Piece {
        kind: Kind::Text,
        first,
        last,
        bytes,
    };
    let lost = Closure {
        end: End::Lost("Connection reset by peer".to_owned()),
        ..Closure::default()
    };
    assert_eq!(
        told(&[
            Event::Data(Way::In, piece(true, false, b"th")),
            text(Way::Out, "between"),
            Event::Data(Way::In, piece(false, true, b"ree")),
            Event::Assembled(Way::In, Kind::Text, &Bytes::from_static(b"three")),
            Event::Incomplete(Way::In, Kind::Text, &Bytes::from_static(b"cut")),
            Event::Closed(&lost),
        ]),
        "> between\n< three\n\
         # a message of the server's was incomplete: 3 bytes received\n\
         < close 1006\n"
    );
}

#[test]
fn automatic_replies_are_not_statements() {
    assert_eq!(
        told(&[
            Event::Ping(Way::In, b"\xff\n"),
            Event::Pong(Way::Out, b"\xff\n"),
            Event::Ping(Way::In, b""),
            Event::Pong(Way::Out, b""),
            Event::Pong(Way::In, b"alone"),
        ]),
        "# a Ping came: \\xff\\n\n# a Ping came\n# an unsolicited Pong came: alone\n"
    );
}

#[test]
fn own_pings_expect_pongs() {
    assert_eq!(
        told(&[
            Event::Ping(Way::Out, b"a"),
            Event::Ping(Way::Out, b""),
            Event::Ping(Way::Out, b"\xff"),
            Event::Pong(Way::In, b""),
            Event::Pong(Way::In, b"a"),
            Event::Pong(Way::In, b"\xff"),
            Event::Pong(Way::Out, b"unasked"),
        ]),
        "> ping a\n> ping\n> ping hex ff\n< pong\n# an unsolicited Pong came: a\n< pong hex ff\n\
         > pong unasked\n"
    );
}

#[test]
fn both_close_frames_are_recorded() {
    let bye = Some(body(4001, "bye"));
    let ours = closure(Role::Us, Some(bye.clone()), None);
    let both = closure(Role::Us, Some(bye), Some(Some(body(1000, ""))));
    assert_eq!(
        told(&[
            Event::CloseFrame(Way::Out, &ours),
            text(Way::In, "one more"),
            Event::CloseFrame(Way::In, &both),
            Event::Closed(&both),
        ]),
        "> close 4001 bye\n< one more\n< close 1000\n"
    );
    let theirs = closure(Role::Server, Some(None), Some(None));
    assert_eq!(
        told(&[
            Event::CloseFrame(Way::In, &theirs),
            Event::CloseFrame(Way::Out, &theirs),
            Event::Closed(&theirs),
        ]),
        "< close 1005\n"
    );
    let unanswered = Closure {
        end: End::Unanswered,
        ..closure(Role::Us, Some(None), None)
    };
    assert_eq!(
        told(&[
            Event::CloseFrame(Way::Out, &unanswered),
            Event::Closed(&unanswered)
        ]),
        "> close 1005\n< close 1006\n"
    );
}

/// The file says once that it needs `--force`, unless it already does.
#[test]
fn forbidden_close_code_needs_force() {
    let away = closure(Role::Us, Some(Some(body(1001, ""))), None);
    let closing = Event::CloseFrame(Way::Out, &away);
    assert_eq!(told(&[closing]), "option --force\n> close 1001\n");
    let mut session = record(&Opening {
        options: vec!["--force".to_owned()],
        ..Opening::default()
    });
    session.sink.take();
    tell(&mut session, 0, &Event::CloseFrame(Way::Out, &away));
    assert_eq!(session.sink.take(), "> close 1001\n");
}

#[test]
fn violations_are_comments() {
    let broken = Closure {
        end: End::Violation(Violation {
            code: 1002,
            rule: "a masked frame (RFC 6455 §5.1)".to_owned(),
        }),
        ..closure(Role::Us, Some(Some(body(1002, "a masked frame"))), None)
    };
    assert_eq!(
        told(&[Event::CloseFrame(Way::Out, &broken), Event::Closed(&broken)]),
        "# closed by us: 1002, the server sent a masked frame (RFC 6455 §5.1)\n< close 1006\n"
    );
}

#[test]
fn failed_connections_are_comments() {
    let opening = Opening {
        url: "ws://h/".to_owned(),
        ..Opening::default()
    };
    let mut session = record(&opening);
    session.sink.take();
    let refused = Error::Refused(Box::new(Refusal {
        head: ResponseHead {
            status: 401,
            ..ResponseHead::default()
        },
        ..Refusal::default()
    }));
    tell(&mut session, 1, &Event::ConnectFailed(&refused));
    assert_eq!(session.sink.take(), "< refused 401\n");
    let unanswered = Error::Unanswered {
        party: crate::error::Party::Server,
        name: String::new(),
        cause: None,
        hint: None,
    };
    tell(&mut session, 2, &Event::ConnectFailed(&unanswered));
    let cause = unanswered.to_string();
    assert_eq!(session.sink.take(), format!("# {cause}\n"));
    let url = "ws://a\u{1b}b/".to_owned();
    let (tls, credentials_removed) = (false, false);
    let redirected = ConnectStep::Redirected {
        url,
        tls,
        credentials_removed,
    };
    tell(&mut session, 3, &Event::Connect(&redirected));
    assert_eq!(session.sink.take(), "# redirected to ws://a\\u001bb/\n");
}

/// An event of a conversation.
#[derive(Clone, Debug)]
enum Said {
    Text(Way, String),
    Binary(Way, Vec<u8>),
    Ping(Vec<u8>),
}

fn said() -> impl Strategy<Value = Said> {
    let way = prop_oneof![Just(Way::In), Just(Way::Out)];
    let odd = prop_oneof![
        any::<String>(),
        "(json|hex|close|#|/|>|<|@a|\\$\\{A\\}|\"| |\n|\r|\t|x){0,6}",
    ];
    let payload = proptest::collection::vec(any::<u8>(), 0..125);
    prop_oneof![
        (way.clone(), odd).prop_map(|(way, text)| Said::Text(way, text)),
        (way, proptest::collection::vec(any::<u8>(), 0..70))
            .prop_map(|(way, bytes)| Said::Binary(way, bytes)),
        prop_oneof![payload, "[a-z ]{0,9}".prop_map(String::into_bytes)].prop_map(Said::Ping),
    ]
}

proptest! {
    /// Every record is parsed as the events that happened, whatever the pauses.
    #[test]
    fn records_are_parsed_as_the_recorded_events(
        all in proptest::collection::vec((said(), 0_u64..20_000), 0..12),
        reason in "\\PC{0,20}",
    ) {
        let mut session = record(&Opening::default());
        session.sink.take();
        tell(&mut session, 0, &Event::Open(&Upgrade::default()));
        let mut wanted = Vec::new();
        let mut now = 0;
        for (said, pause) in &all {
            now += pause;
            let literal = |text: &String| Template::literal(text);
            let (event, statement) = match said {
                Said::Text(Way::In, it) => (
                    text(Way::In, it),
                    Statement::Expect(ExpectStatement::Text(literal(it))),
                ),
                Said::Text(Way::Out, it) => (
                    text(Way::Out, it),
                    Statement::Send(Message::Text(literal(it))),
                ),
                Said::Binary(way, bytes) => (
                    Event::Data(*way, Piece::whole(Kind::Binary, bytes)),
                    match way {
                        Way::In => Statement::Expect(ExpectStatement::Binary(bytes.clone())),
                        Way::Out => Statement::Send(Message::Binary(bytes.clone())),
                    },
                ),
                Said::Ping(bytes) => (
                    Event::Ping(Way::Out, bytes),
                    Statement::Send(Message::Ping(recorded::payload(bytes))),
                ),
            };
            tell(&mut session, now, &event);
            wanted.push(statement);
        }
        let closure = closure(Role::Us, Some(Some(body(1000, &reason))), None);
        tell(&mut session, now, &Event::CloseFrame(Way::Out, &closure));
        wanted.push(Statement::Send(Message::Close {
            code: 1000,
            reason: Template::literal(&reason),
        }));
        let file = session.sink.take();
        let script = session_file::parse("talk.ws", &file);
        let script = script.map_err(|flaw| TestCaseError::fail(format!("{flaw}\n{file}")))?;
        let said: Vec<_> = script
            .lines
            .into_iter()
            .map(|line| line.statement)
            .filter(|it| !matches!(it, Statement::At(_) | Statement::Within(_)))
            .collect();
        prop_assert_eq!(said, wanted, "{}", file);
    }
}

/// It is written piece by piece, followed by later messages.
#[test]
fn large_messages_are_parsed_unchanged() {
    let text = "${A}\u{202e}\"é\n ".repeat(LARGE / 10);
    for kind in [Kind::Text, Kind::Binary] {
        for way in [Way::In, Way::Out] {
            let mut session = opened();
            let event = Event::Data(way, Piece::whole(kind, text.as_bytes()));
            tell(&mut session, 1001, &event);
            tell(&mut session, 1002, &self::text(Way::Out, "behind"));
            while session.busy() {
                session.idle().expect("memory takes anything");
            }
            let file = session.sink.take();
            assert_eq!(file.lines().count(), 2);
            let read = session_file::parse("talk.ws", &file).expect("it is one");
            let literal = Template::literal(&text);
            let bytes = text.as_bytes().to_vec();
            let statement = match (way, kind) {
                (Way::In, Kind::Text) => Statement::Expect(ExpectStatement::Text(literal)),
                (Way::In, Kind::Binary) => Statement::Expect(ExpectStatement::Binary(bytes)),
                (Way::Out, Kind::Text) => Statement::Send(Message::Text(literal)),
                (Way::Out, Kind::Binary) => Statement::Send(Message::Binary(bytes)),
            };
            assert!(read.lines[0].statement == statement, "{way:?} {kind:?}");
            let behind = Statement::Send(Message::Text(Template::literal("behind")));
            assert_eq!(read.lines[1].statement, behind);
        }
    }
}
