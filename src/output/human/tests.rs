//! Tests of messages on a terminal, byte for byte.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use proptest::prelude::*;

use bytes::Bytes;
use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthChar;

use super::*;
use crate::event::{Note, NoteLevel, PeerAddress, Piece, Timing};
use crate::http::{RequestHead, ResponseHead, Secrets};
use crate::output::dump::BinaryFormat;
use crate::output::memory_sink::MemorySink;
use crate::output::palette::Palette;
use crate::output::tested::Tested;
use crate::output::transcript::{KeepLimits, Transcript};
use crate::protocol::Closure;

fn style(layout: MessageLayout) -> HumanStyle {
    HumanStyle {
        layout,
        palette: Palette::plain(),
        times: None,
        binary: None,
        ping_pong: false,
        secrets: Secrets::Hidden,
        quiet: false,
    }
}

fn prompt_layout() -> MessageLayout {
    let transcript = Transcript::new(KeepLimits::default(), true);
    MessageLayout::Prompt {
        transcript: Rc::new(RefCell::new(transcript)),
        echo: true,
    }
}

fn prompt() -> HumanStyle {
    style(prompt_layout())
}

fn bare() -> HumanStyle {
    style(MessageLayout::Bare)
}

/// The output for an event on a terminal of this size.
fn shown_in(columns: usize, rows: usize, style: &HumanStyle, event: &Event<'_>) -> String {
    let mut human = Tested::on(
        MemorySink::terminal(columns, rows),
        Human::new(style.clone()),
    );
    human
        .show(SystemTime::UNIX_EPOCH, Link(0), event)
        .expect("memory takes anything");
    human.sink.take()
}

fn shown_on(style: &HumanStyle, link: Link, events: &[Event<'_>]) -> String {
    let mut human = Tested::new(Human::new(style.clone()));
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_225_661_234);
    for event in events {
        human.show(at, link, event).expect("memory takes anything");
    }
    human.sink.take()
}

fn shown(style: &HumanStyle, event: Event<'_>) -> String {
    shown_on(style, Link(0), &[event])
}

fn text(text: &str) -> Event<'_> {
    Event::Data(Way::In, Piece::whole(Kind::Text, text.as_bytes()))
}

fn binary(bytes: &[u8]) -> Event<'_> {
    Event::Data(Way::In, Piece::whole(Kind::Binary, bytes))
}

#[test]
fn text_has_a_mark_at_the_prompt_only() {
    assert_eq!(shown(&prompt(), text("hello")), "< hello\n");
    assert_eq!(shown(&bare(), text("hello")), "hello\n");
    assert_eq!(shown(&prompt(), text("")), "< \n");
}

#[test]
fn messages_cannot_imitate_others() {
    assert_eq!(
        shown(&prompt(), text("one\n< two\r\n* three")),
        "< one\n  < two\\r\n  * three\n"
    );
}

#[test]
fn control_sequences_are_escaped() {
    let evil = "\x1b]52;c;aGk=\x07\x1b[2J\r\u{202e}x\u{9b}K";
    let harmless = "\\x1b]52;c;aGk=\\x07\\x1b[2J\\r\\u{202e}x\\u{9b}K";
    for style in [prompt(), bare()] {
        assert!(shown(&style, text(evil)).contains(harmless));
    }
    let raw = HumanStyle {
        binary: Some(BinaryFormat::Raw),
        ..bare()
    };
    assert_eq!(shown(&raw, binary(b"\x1b[2J\xff\n")), "\\x1b[2J\\xff\n\n");
}

#[test]
fn wide_json_is_indented() {
    let long = "x".repeat(64);
    let wide = format!(r#"{{"a":1.10,"b":"{long}"}}"#);
    assert_eq!(wide.len(), 81);
    assert_eq!(
        shown_in(83, 24, &prompt(), &text(&wide)),
        format!("< {wide}\n")
    );
    assert_eq!(
        shown_in(82, 24, &prompt(), &text(&wide)),
        format!("< {{\n    \"a\": 1.10,\n    \"b\": \"{long}\"\n  }}\n")
    );
    assert_eq!(shown(&prompt(), text(r#"{"a":1.10}"#)), "< {\"a\":1.10}\n");
}

#[test]
fn messages_are_colored() {
    let style = HumanStyle {
        palette: Palette::colored(),
        ..prompt()
    };
    assert_eq!(
        shown(&style, text("[1]")),
        "\x1b[36m< \x1b[39m[\x1b[36m1\x1b[39m]\n"
    );
    assert_eq!(
        shown(&style, text("a\x07")),
        "\x1b[36m< \x1b[39ma\x1b[7m\\x07\x1b[27m\n"
    );
}

#[test]
fn long_messages_are_shortened() {
    let long = "é".repeat(4000);
    assert_eq!(
        shown(&bare(), text(&long)),
        format!("{}\n… 3.8 KiB more\n", "é".repeat(2048))
    );
    let odd = format!("a{long}");
    assert_eq!(
        shown(&bare(), text(&odd)),
        format!("a{}\n… 3.8 KiB more\n", "é".repeat(2047))
    );
    assert_eq!(
        shown(&bare(), text(&"x\n".repeat(100))),
        format!("{}… 121 B more\n", "x\n".repeat(40))
    );
}

#[test]
fn message_takes_at_most_half_the_screen_at_the_prompt() {
    for message in [
        "x".repeat(5000),
        "x\n".repeat(100),
        format!("[{}]", vec!["12345678"; 100].join(",")),
    ] {
        for (rows, most) in [(24, 12), (10, 5), (50, 25), (2, 4)] {
            let shown = shown_in(40, rows, &prompt(), &text(&message));
            let lines: Vec<_> = shown.lines().collect();
            assert_eq!(lines.len(), most, "{shown}");
            let size = dump::size(message.len());
            assert_eq!(lines[most - 1], format!("  … {size} in all: /view 1"));
        }
    }
    let fits = "x".repeat(38 * 12);
    assert_eq!(
        shown_in(40, 24, &prompt(), &text(&fits)).lines().count(),
        12
    );
}

#[test]
fn binary_messages_are_dumped() {
    assert_eq!(
        shown(&prompt(), binary(b"\x1f\x8b\x08")),
        "< binary, 3 B, gzip data                                                      #1\n  \
         00000000  1f 8b 08                                          |...|\n"
    );
    let long = shown_in(80, 40, &prompt(), &binary(&[0; 1000]));
    assert_eq!(long.lines().count(), 1 + 16 + 1);
    assert!(long.starts_with("< binary, 1000 B "));
    assert!(long.ends_with("|\n  … 1000 B in all: /view 1\n"));
    let low = shown_in(40, 10, &prompt(), &binary(&[0; 1000]));
    assert_eq!(
        low.lines().collect::<Vec<_>>(),
        [
            "< binary, 1000 B                      #1",
            "  00000000  00 00 00 00  |....|",
            "  00000004  00 00 00 00  |....|",
            "  00000008  00 00 00 00  |....|",
            "  … 1000 B in all: /view 1",
        ]
    );
    let bare = shown(&bare(), binary(&[0; 1000]));
    assert!(bare.starts_with("binary, 1000 B\n") && bare.ends_with("|\n… 744 B more\n"));
}

#[test]
fn binary_messages_have_the_requested_format() {
    let as_asked = |binary| HumanStyle {
        binary: Some(binary),
        ..prompt()
    };
    assert_eq!(
        shown(&as_asked(BinaryFormat::Hex), binary(&[0, 255])),
        "< 00ff\n"
    );
    assert_eq!(
        shown(&as_asked(BinaryFormat::Base64), binary(&[0, 255])),
        "< AP8=\n"
    );
    assert_eq!(shown(&as_asked(BinaryFormat::Skip), binary(&[0, 255])), "");
    let asked = HumanStyle {
        layout: MessageLayout::Bare,
        ..as_asked(BinaryFormat::Base64)
    };
    let long = shown(&asked, binary(&[0; 4000]));
    assert_eq!(long, format!("{}\n… 928 B more\n", "A".repeat(4096)));
}

#[test]
fn time_precedes_messages() {
    let style = HumanStyle {
        times: Some(TimeZone::UTC),
        ..prompt()
    };
    assert_eq!(
        shown_on(&style, Link(1), &[text("a\nb")]),
        "00:01:01.234 [1] < a\n                   b\n"
    );
}

#[test]
fn pings_are_shown_at_the_prompt_if_asked_for() {
    let asked = HumanStyle {
        ping_pong: true,
        ..prompt()
    };
    assert_eq!(
        shown(&asked, Event::Ping(Way::In, b"a\n")),
        "< ping \"a\\n\"\n"
    );
    assert_eq!(shown(&asked, Event::Pong(Way::Out, b"")), "> pong\n");
    assert_eq!(shown(&prompt(), Event::Ping(Way::In, b"a")), "");
    let bare = HumanStyle {
        layout: MessageLayout::Bare,
        ..asked
    };
    assert_eq!(shown(&bare, Event::Ping(Way::In, b"a")), "");
}

#[test]
fn notes_are_shown_at_the_prompt() {
    let note = |level| Note {
        level,
        text: "one\ntwo\x07".to_owned(),
    };
    let quiet = HumanStyle {
        quiet: true,
        ..prompt()
    };
    for (level, loud, silent) in [
        (
            NoteLevel::Answer,
            "* one\n  two\\x07\n",
            "* one\n  two\\x07\n",
        ),
        (
            NoteLevel::Mistake,
            "! one\n  two\\x07\n",
            "! one\n  two\\x07\n",
        ),
        (NoteLevel::Hint, "* one\n  two\\x07\n", ""),
        (NoteLevel::Warning, "! one\n  two\\x07\n", ""),
    ] {
        let note = note(level);
        assert_eq!(shown(&prompt(), Event::Note(&note)), loud);
        assert_eq!(shown(&quiet, Event::Note(&note)), silent);
        assert_eq!(shown(&bare(), Event::Note(&note)), "");
    }
}

#[test]
fn opening_is_shown_at_the_prompt() {
    let upgrade = Upgrade {
        url: "ws://h/".to_owned(),
        peer: Some(PeerAddress::Tcp(SocketAddr::from(([127, 0, 0, 1], 80)))),
        subprotocol: Some("a\x1bb".to_owned()),
        extensions: None,
        compression: Some(crate::protocol::deflate::DeflateParams::default()),
        request: RequestHead::default(),
        response: ResponseHead::default(),
        timing: Timing::default(),
    };
    assert_eq!(
        shown(&prompt(), Event::Open(&upgrade)),
        "* connected to ws://h/ (127.0.0.1:80), subprotocol a\\x1bb, compressed \u{2014} /help\n  lists the commands\n"
    );
    assert_eq!(shown(&bare(), Event::Open(&upgrade)), "");
}

#[test]
fn incomplete_message_is_shown_when_the_connection_ends() {
    let half = Bytes::from_static(b"half");
    let begun = Event::Incomplete(Way::In, Kind::Text, &half);
    let closure = Closure::default();
    assert_eq!(
        shown_on(&prompt(), Link(0), &[begun, Event::Closed(&closure)]),
        "< half\n  … the connection ended inside this message\n"
    );
    assert_eq!(shown(&prompt(), Event::Closed(&closure)), "");
}

/// Bytes that are usually text, JSON, or nearly one of them.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..600),
        any::<String>().prop_map(String::into_bytes),
        "\\PC{0,40}".prop_map(|text| format!("[{text:?},1.10]").into_bytes()),
        proptest::collection::vec("[\\[\\]{}:,\" \r\n\u{7f}\u{9b}\u{202e}a1]{0,9}", 0..200)
            .prop_map(|parts| parts.concat().into_bytes()),
        // What would pass for other rows if the terminal wrapped it.
        proptest::collection::vec(
            proptest::sample::select(vec![
                "                              ",
                "\t",
                "日本語",
                "e\u{301}\u{20dd}",
                "👩\u{200d}🚀",
                "\x1b[2J",
                "\u{9b}",
                "\r",
                "\n",
                "> ",
                "* Pong",
                "x",
            ]),
            0..80,
        )
        .prop_map(|parts| parts.concat().into_bytes()),
        proptest::collection::vec("\"[\u{7f}\u{9b}\u{202e}é]{0,40}\"", 1..200)
            .prop_map(|strings| format!("[{}]", strings.join(",\r")).into_bytes()),
    ]
}

proptest! {
    #[test]
    fn messages_stay_escaped_and_inside_the_gutter(
        bytes in payload(),
        is_text in any::<bool>(),
        columns in 10_usize..=300,
        rows in 3_usize..60,
        times in any::<bool>(),
        whole in any::<bool>(),
    ) {
        let kind = if is_text { Kind::Text } else { Kind::Binary };
        for binary in [None, Some(BinaryFormat::Raw), Some(BinaryFormat::Hex), Some(BinaryFormat::Base64)] {
            let style = HumanStyle { binary, times: times.then_some(TimeZone::UTC), ..prompt() };
            let event = Event::Data(Way::In, Piece::whole(kind, &bytes));
            let mut human = Tested::on(MemorySink::terminal(columns, rows), Human::new(style.clone()));
            human.show(SystemTime::UNIX_EPOCH, Link(0), &event).expect("memory takes anything");
            let mut shown = human.sink.take();
            if whole {
                let MessageLayout::Prompt { transcript, .. } = &style.layout else { unreachable!() };
                let message = transcript.borrow().find(Some(1)).expect("it is kept");
                let text = whole_text(&bytes, !is_text, true, columns.saturating_sub(2), Palette::plain());
                transcript.borrow_mut().replay(message, Some(text));
                let nothing = Note { level: NoteLevel::Answer, text: String::new() };
                let nothing = Event::Note(&nothing);
                human.show(SystemTime::UNIX_EPOCH, Link(0), &nothing).expect("memory takes anything");
                shown = human.sink.take();
            }
            prop_assert!(!shown.replace('\n', "").contains(escape::is_hidden));
            let time = if times && columns >= 13 + 16 { "00:00:00.000 " } else { "" };
            let margin = " ".repeat(time.len() + 2);
            let first = format!("{time}< ");
            let mut lines = shown.lines();
            prop_assert!(lines.next().is_some_and(|line| line.starts_with(&first)));
            prop_assert!(lines.all(|line| line.starts_with(&margin)), "{shown}");
            for line in shown.lines() {
                let width: usize = line.chars().filter_map(UnicodeWidthChar::width).sum();
                prop_assert!(width <= columns, "{line}");
            }
            if !whole {
                let narrow = if columns < 40 { 3 } else { 0 };
                prop_assert!(shown.lines().count() <= (rows / 2).max(4) + narrow, "{shown}");
            }
        }
    }
}

#[test]
fn padded_message_cannot_forge_a_row() {
    let rows = [
        "hello",
        "* Pong after 0.001 ms",
        "> /send I agree",
        "closed by us: 1000",
        "$ ",
    ];
    let padded: String = rows.map(|row| format!("{row:78}")).concat();
    let shown = shown_in(80, 24, &prompt(), &text(&padded));
    assert_eq!(shown.lines().next().map(str::trim_end), Some("< hello"));
    for (line, row) in shown.lines().zip(rows).skip(1) {
        assert_eq!(line.trim_end(), format!("  {row}").trim_end());
    }
    let unpadded: String = rows.map(|row| format!("{row:80}")).concat();
    let shown = shown_in(80, 24, &prompt(), &text(&unpadded));
    assert!(
        shown.lines().skip(1).all(|line| line.starts_with("  ")),
        "{shown}"
    );
}

#[test]
fn deeply_nested_json_is_printed() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let shown = shown(&prompt(), text(&deep));
    assert_eq!(shown.lines().count(), 12);
    assert!(shown.ends_with(" in all: /view 1\n"));
}

#[test]
fn sent_messages_are_shown_unless_echoed() {
    let sent = || Event::Data(Way::Out, Piece::whole(Kind::Text, b"hello\n* not a note"));
    assert_eq!(shown(&prompt(), sent()), "> hello\n  * not a note\n");
    let bytes = Event::Data(Way::Out, Piece::whole(Kind::Binary, &[0; 300]));
    assert_eq!(shown(&prompt(), bytes), "> binary, 300 B\n");
    let HumanStyle {
        layout: MessageLayout::Prompt { transcript, .. },
        ..
    } = prompt()
    else {
        unreachable!()
    };
    let silent = style(MessageLayout::Prompt {
        transcript,
        echo: false,
    });
    assert_eq!(shown(&silent, sent()), "");
    assert_eq!(shown(&bare(), sent()), "");
}

#[test]
fn a_reply_has_its_distance_from_the_request() {
    let mut human = Tested::on(MemorySink::terminal(40, 24), Human::new(prompt()));
    let at = |millis| SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
    let request = br#"{"op":"ping","id":7}"#;
    let sent = Event::Data(Way::Out, Piece::whole(Kind::Text, request));
    human
        .show(at(0), Link(0), &sent)
        .expect("memory takes anything");
    let received = text(r#"{"op":"pong","id":7}"#);
    human
        .show(at(12), Link(0), &received)
        .expect("memory takes anything");
    assert_eq!(
        human.sink.take(),
        "> {\"op\":\"ping\",\"id\":7}\n< {\"op\":\"pong\",\"id\":7}            +12 ms\n"
    );
}

#[test]
fn automatic_messages_are_dimmed() {
    let style = HumanStyle {
        palette: Palette::colored(),
        ..prompt()
    };
    let mut human = Tested::on(MemorySink::terminal(40, 24), Human::new(style));
    let sent = Event::Data(Way::Out, Piece::whole(Kind::Text, b"[1]\nx"));
    let mut show = |event: &Event<'_>| {
        let shown = human.show(SystemTime::UNIX_EPOCH, Link(0), event);
        shown.expect("memory takes anything");
        human.sink.take()
    };
    assert_eq!(show(&Event::Automatic), "");
    assert_eq!(show(&sent), "\x1b[2m> [1]\x1b[22m\n\x1b[2m  x\x1b[22m\n");
    assert!(!show(&sent).contains("\x1b[2m"), "only the next one");
}
