//! Tests of the prompt with a sender that records what is sent.

use std::io::Write;
use std::sync::Arc;

use super::*;
use crate::event::PeerAddress;
use crate::event::{Event, Now, Piece, Timing, Upgrade, Way};
use crate::http::{RequestHead, ResponseHead};
use crate::protocol::Closure;
use crate::source::{Source as _, Unsent};
use crate::terminal::KeyQueue;

/// What was sent, in order, and the notes.
#[derive(Default)]
struct Wire {
    room: usize,
    sent: Vec<String>,
    messages: Vec<(Kind, Vec<u8>)>,
    pieces: usize,
    notes: Vec<String>,
    redialed: usize,
}

impl Sender for Wire {
    fn room(&self, _: Link) -> usize {
        self.room
    }

    fn data(&mut self, _: Link, piece: Piece<'_>) {
        self.pieces += 1;
        if piece.kind == Kind::Text {
            assert!(std::str::from_utf8(piece.bytes).is_ok(), "a cut character");
        }
        assert_eq!(
            piece.first,
            self.sent.last().map(String::as_str) != Some("…")
        );
        if piece.first {
            self.messages.push((piece.kind, Vec::new()));
        } else {
            self.sent.pop();
        }
        let message = self.messages.last_mut().expect("it has begun");
        message.1.extend_from_slice(piece.bytes);
        let whole = format!("{:?} {}", piece.kind, String::from_utf8_lossy(&message.1));
        self.sent
            .push(if piece.last { whole } else { "…".to_owned() });
    }

    fn ping(&mut self, _: Link, payload: &[u8]) {
        self.sent
            .push(format!("Ping {}", String::from_utf8_lossy(payload)));
    }

    fn pong(&mut self, _: Link, payload: &[u8]) {
        self.sent
            .push(format!("Pong {}", String::from_utf8_lossy(payload)));
    }

    fn close(&mut self, _: Link, reason: Option<CloseReason>) {
        let reason = reason.expect("the prompt always has a code");
        self.sent
            .push(format!("Close {} {}", reason.code, reason.reason));
    }

    fn redial(&mut self, _: Link) -> bool {
        self.redialed += 1;
        true
    }

    fn note(&mut self, note: Note) {
        self.notes.push(note.text);
    }

    fn probed(&mut self, _: Link, probe: &crate::event::Probe) {
        self.notes.push(format!("{probe:?}"));
    }

    fn fault(&mut self, error: Error) {
        self.notes.push(error.to_string());
    }
}

struct Talk {
    prompt: Prompt,
    keys: Arc<KeyQueue>,
    wire: Wire,
}

impl Talk {
    fn connecting() -> Self {
        let (typed, keys) = TypedInput::pair().expect("a socket pair");
        Self {
            prompt: Prompt::new(typed, PromptOptions::default()),
            keys,
            wire: Wire::default(),
        }
    }

    fn open() -> Self {
        let mut talk = Self::connecting();
        talk.wire.room = 1 << 20;
        talk.on_event(&Event::Open(&upgrade()));
        talk
    }

    fn on_event(&mut self, event: &Event<'_>) {
        self.prompt.on_event(Now::read(), LINK, event);
    }

    fn type_all(&mut self, lines: &[&str]) -> Progress {
        for line in lines {
            self.keys.push(InputEvent::Line((*line).to_owned()));
        }
        self.poll()
    }

    fn press(&mut self, entry: InputEvent) -> Progress {
        self.keys.push(entry);
        self.poll()
    }

    fn poll(&mut self) -> Progress {
        self.prompt.poll(Now::read(), true, &mut self.wire)
    }

    /// Polls until there is nothing more, each time with `room`.
    fn take_all(&mut self, room: usize) -> usize {
        let mut takes = 1;
        self.wire.room = room;
        while matches!(self.poll(), Progress::More) {
            takes += 1;
        }
        takes
    }
}

fn upgrade() -> Upgrade {
    Upgrade {
        url: "ws://example.test/chat".to_owned(),
        peer: Some(PeerAddress::Tcp(([127, 0, 0, 1], 80).into())),
        subprotocol: Some("chat.v1".to_owned()),
        extensions: None,
        compression: None,
        request: RequestHead::default(),
        response: ResponseHead::default(),
        timing: Timing::default(),
    }
}

fn file(content: &[u8]) -> (tempfile::NamedTempFile, String) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(content).expect("write it");
    let path = file.path().display().to_string();
    (file, path)
}

const EMPTY: InputEvent = InputEvent::Interrupt { empty: true };

#[test]
fn lines_wait_for_the_connection_and_are_sent_in_order() {
    let mut talk = Talk::connecting();
    assert!(matches!(
        talk.type_all(&["a", "/ping x", "b"]),
        Progress::More
    ));
    assert!(talk.wire.sent.is_empty());
    assert_eq!(talk.wire.notes.len(), 1, "one note, not three");
    assert_eq!(talk.prompt.unsent().messages, 2);
    talk.on_event(&Event::Open(&upgrade()));
    assert!(
        talk.prompt.next_deadline().is_some(),
        "it must be asked though nothing is typed"
    );
    talk.wire.room = 1000;
    assert!(matches!(talk.poll(), Progress::Pending));
    assert_eq!(talk.wire.sent, ["Text a", "Ping x", "Text b"]);
    assert_eq!(talk.prompt.next_deadline(), None);
    assert_eq!(talk.prompt.unsent(), Unsent::default());
}

#[test]
fn lines_wait_while_the_buffer_is_full() {
    let mut talk = Talk::open();
    talk.wire.room = 0;
    assert!(matches!(talk.type_all(&["a", "/quit"]), Progress::More));
    assert!(talk.wire.sent.is_empty() && talk.wire.notes.is_empty());
    talk.wire.room = 1;
    assert!(matches!(talk.poll(), Progress::Pending));
    assert_eq!(talk.wire.sent, ["Text a", "Close 1000 "]);
}

#[test]
fn invalid_command_sends_nothing() {
    let mut talk = Talk::open();
    talk.type_all(&[
        "a",
        "/hex 0",
        "/nope",
        "/file /no/such/file",
        "/file /",
        "/close 7",
        "b",
    ]);
    assert_eq!(talk.wire.sent, ["Text a", "Text b"]);
    assert_eq!(talk.wire.notes.len(), 5, "{:?}", talk.wire.notes);
    let said = talk.wire.notes.join("\n");
    assert!(said.contains("/no/such/file: No such file or directory; nothing was sent"));
    assert!(said.contains("/: it is a directory; nothing was sent"));
}

#[test]
fn commands_and_keys_end_the_prompt() {
    for (line, close) in [
        ("/quit", "Close 1000 "),
        ("/close", "Close 1000 "),
        ("/close 4000 enough", "Close 4000 enough"),
    ] {
        let mut talk = Talk::open();
        assert!(matches!(talk.type_all(&[line]), Progress::Pending));
        assert_eq!(talk.wire.sent, [close]);
        assert!(talk.prompt.next_deadline().is_some(), "a long wait is told");
        talk.prompt.due = Some(Instant::now());
        assert!(matches!(talk.poll(), Progress::Pending));
        assert_eq!(
            talk.wire.notes,
            ["closing: waiting for the server; ^C ends now"]
        );
        talk.on_event(&Event::Closed(&Closure::default()));
        assert!(matches!(talk.poll(), Progress::Done(None)));
        assert_eq!(
            talk.wire.notes.len(),
            1,
            "the last line of the run says the rest"
        );
    }
    let mut talk = Talk::open();
    talk.press(InputEvent::EndOfInput);
    assert_eq!(talk.wire.sent, ["Close 1000 "]);
    let pressed = talk.press(EMPTY);
    assert!(matches!(pressed, Progress::Done(Some(Error::Signal(2)))));
    let mut talk = Talk::connecting();
    assert!(matches!(talk.type_all(&["/quit"]), Progress::Done(None)));
    let mut talk = Talk::open();
    let took = talk.press(InputEvent::Failed("gone".to_owned()));
    assert!(matches!(took, Progress::Done(Some(Error::Input { .. }))));
}

#[test]
fn prompt_outlives_the_connection() {
    let mut talk = Talk::open();
    talk.wire.room = 0;
    talk.type_all(&["never sent"]);
    let closure = Closure {
        received: Some(Some(CloseReason {
            code: 4001,
            reason: "token expired".to_owned(),
        })),
        ..Closure::default()
    };
    talk.on_event(&Event::Closed(&closure));
    assert!(talk.prompt.next_deadline().is_some());
    assert!(matches!(talk.poll(), Progress::Pending));
    let notes = std::mem::take(&mut talk.wire.notes);
    assert!(
        notes[0].starts_with("closed by server: 4001 \"token expired\" (application) after 0.0 s")
    );
    assert_eq!(notes[1], "not sent: 1 message");
    assert_eq!(
        notes[2],
        "Enter on an empty line reconnects, ^D ends (exit code 121)"
    );
    talk.type_all(&["hello", "/status", "/last"]);
    assert!(talk.wire.notes[0].starts_with("not connected; nothing was sent"));
    assert!(talk.wire.notes[1].starts_with("CLOSED ws://example.test/chat"));
    assert_eq!(talk.wire.redialed, 0);
    talk.type_all(&[""]);
    assert_eq!(talk.wire.redialed, 1);
    talk.on_event(&Event::ConnectFailed(&Error::Signal(1)));
    talk.poll();
    talk.type_all(&["/reconnect"]);
    assert_eq!(talk.wire.redialed, 2);
    talk.wire.room = 100;
    talk.on_event(&Event::Open(&upgrade()));
    talk.type_all(&["again"]);
    assert_eq!(talk.wire.sent, ["Text again"]);
    assert!(talk
        .wire
        .notes
        .iter()
        .any(|note| note.starts_with("connected again after ")));
    talk.on_event(&Event::Closed(&closure));
    assert!(matches!(
        talk.press(InputEvent::EndOfInput),
        Progress::Done(None)
    ));
}

#[test]
fn end_before_the_first_poll_ends_the_prompt() {
    let mut talk = Talk::connecting();
    talk.prompt.options.speaks_first = false;
    talk.on_event(&Event::Open(&upgrade()));
    talk.on_event(&Event::Closed(&Closure::default()));
    assert!(matches!(talk.poll(), Progress::Done(None)));
}

#[test]
fn empty_line_sends_nothing() {
    let mut talk = Talk::open();
    talk.type_all(&["", "/send"]);
    assert_eq!(talk.wire.sent, ["Text "]);
}

fn receive(talk: &Talk, text: &str) {
    let mut transcript = talk.prompt.options.transcript.borrow_mut();
    transcript.add(
        std::time::SystemTime::now(),
        Way::In,
        Kind::Text,
        text.as_bytes(),
    );
}

#[test]
fn kept_messages_are_saved_found_and_sent_again() {
    let home = tempfile::tempdir().expect("a directory");
    let mut talk = Talk::open();
    talk.prompt.options.home = Some(home.path().to_owned());
    talk.type_all(&["/view", "/again"]);
    assert_eq!(talk.wire.notes[0], "no message has been received yet");
    assert!(talk.wire.notes[1].starts_with("no message has been sent yet"));
    receive(&talk, "first order");
    receive(&talk, "a tick");
    talk.wire.notes.clear();
    talk.type_all(&[
        "/save ~/order 1",
        "/save ~/order 2",
        "/find ORDER",
        "/find order",
        "/again 1",
    ]);
    let saved = std::fs::read(home.path().join("order")).expect("it was written");
    assert_eq!(saved, b"first order");
    assert_eq!(talk.wire.notes[0], "wrote message 1 to ~/order (11 B)");
    assert_eq!(
        talk.wire.notes[1],
        "~/order: File exists; nothing was written"
    );
    assert_eq!(
        talk.wire.notes[2],
        "not found in the messages that are kept: ORDER"
    );
    assert_eq!(talk.wire.notes[3], "#1  first order");
    assert_eq!(talk.wire.sent, ["Text first order"]);
    talk.wire.notes.clear();
    talk.type_all(&["/copy", "/copy 1"]);
    assert!(talk.wire.notes[0].contains("/copy again to allow it"));
    assert_eq!(talk.wire.notes[1], "copied message 1 (11 B)");
    let copied = talk.prompt.options.transcript.borrow_mut().take_copied();
    assert_eq!(copied.as_deref(), Some(&b"first order"[..]));
}

#[test]
fn messages_are_held_filtered_and_viewed() {
    let mut talk = Talk::open();
    talk.press(InputEvent::Hold);
    receive(&talk, "one");
    talk.type_all(&["/status"]);
    assert!(
        talk.wire.notes[1].contains("\nheld         1: ^Q"),
        "{:?}",
        talk.wire.notes
    );
    talk.press(InputEvent::Release);
    assert_eq!(talk.wire.notes[2], "1 held back");
    talk.type_all(&["/filter order", "/filter"]);
    receive(&talk, "tick");
    talk.type_all(&["/unfilter", "/view 1"]);
    assert_eq!(talk.wire.notes[4], "0 shown, 0 hidden; /unfilter shows all");
    assert!(talk.wire.notes[5].ends_with("until now 0 shown, 1 hidden"));
    let mut transcript = talk.prompt.options.transcript.borrow_mut();
    let shown = std::iter::from_fn(|| transcript.next_replay()).last();
    assert_eq!(shown.and_then(|replay| replay.text).as_deref(), Some("one"));
}

#[test]
fn two_interrupts_in_a_row_end() {
    let mut talk = Talk::open();
    assert!(matches!(talk.press(EMPTY), Progress::Pending));
    talk.type_all(&["a"]);
    assert!(matches!(talk.press(EMPTY), Progress::Pending));
    assert!(matches!(
        talk.press(InputEvent::Interrupt { empty: false }),
        Progress::Pending
    ));
    assert!(matches!(talk.press(EMPTY), Progress::Pending));
    assert!(talk
        .wire
        .notes
        .iter()
        .all(|note| note.contains("press ^C again")));
    let took = talk.press(EMPTY);
    assert!(
        matches!(took, Progress::Done(Some(Error::Signal(2)))),
        "{took:?}"
    );
    assert_eq!(talk.wire.sent, ["Text a", "Close 1001 "]);
}

#[test]
fn status_shows_the_connection() {
    let mut talk = Talk::connecting();
    talk.type_all(&["/status"]);
    assert_eq!(talk.wire.notes, ["CONNECTING"]);
    let mut talk = Talk::open();
    talk.on_event(&Event::Data(Way::In, Piece::whole(Kind::Text, b"four")));
    talk.type_all(&["a", "bc", "/help"]);
    talk.type_all(&["/status"]);
    assert!(talk.wire.notes[0].contains("/close [CODE [REASON]]"));
    let rows: Vec<_> = talk.wire.notes[1].lines().collect();
    assert!(rows[0].starts_with("OPEN ws://example.test/chat (127.0.0.1:80), for 0."));
    assert!(rows[1].starts_with("sent         2 messages, 3 B, last 0."));
    assert!(rows[2].starts_with("received     1 message, 4 B, last 0."));
    assert_eq!(
        rows[3..],
        [
            "subprotocol  chat.v1",
            "extensions   none",
            "TLS          none"
        ]
    );
}

#[test]
fn round_trip_time_is_printed_for_own_pings() {
    let mut talk = Talk::open();
    talk.type_all(&["/ping x", "/pong y"]);
    assert_eq!(talk.wire.sent, ["Ping x", "Pong y"]);
    talk.on_event(&Event::Pong(Way::In, b"other"));
    talk.poll();
    assert_eq!(talk.wire.notes, ["sent a Pong"]);
    talk.on_event(&Event::Pong(Way::In, b"x"));
    assert!(talk.prompt.next_deadline().is_some());
    talk.poll();
    assert!(talk.wire.notes[1].starts_with("Pong after "));
    talk.on_event(&Event::Pong(Way::In, b"x"));
    talk.poll();
    assert_eq!(talk.wire.notes.len(), 2, "each ping is answered once");
}

#[test]
fn small_file_is_one_frame() {
    let (_file, path) = file("é\n".as_bytes());
    let mut talk = Talk::open();
    talk.type_all(&[&format!("/file {path}"), "after"]);
    assert_eq!(talk.take_all(1000), 1);
    assert_eq!(talk.wire.sent, ["Text é\n", "Text after"]);
    assert_eq!(talk.wire.pieces, 2);
    assert_eq!(talk.wire.notes, [format!("sent {path} (3 B, text)")]);
}

#[test]
fn empty_file_is_an_empty_message() {
    for (command, sent) in [("file", "Text "), ("binary", "Binary ")] {
        let (_file, path) = file(b"");
        let mut talk = Talk::open();
        talk.type_all(&[&format!("/{command} {path}")]);
        talk.take_all(1000);
        assert_eq!(talk.wire.sent, [sent]);
        assert_eq!(talk.wire.pieces, 1);
    }
}

#[test]
fn large_file_is_sent_in_pieces_before_later_lines() {
    let content = "日本語".repeat(30_000);
    let (_file, path) = file(content.as_bytes());
    for (command, kind) in [("file", Kind::Text), ("binary", Kind::Binary)] {
        let mut talk = Talk::open();
        let took = talk.type_all(&[&format!("/{command} {path}"), "after"]);
        assert!(matches!(took, Progress::More));
        assert_eq!(talk.prompt.unsent().messages, 2);
        assert!(talk.take_all(10_000) > 20);
        assert!(talk.wire.pieces > 20);
        assert_eq!(talk.wire.messages[0], (kind, content.clone().into_bytes()));
        assert_eq!(talk.wire.messages[1], (Kind::Text, b"after".to_vec()));
    }
}

#[test]
fn file_with_invalid_utf8_is_not_sent_as_text() {
    let mut late = vec![b'a'; 100_000];
    late.push(0xff);
    for (content, place) in [
        (late, 100_001),
        (b"ab\xc3".to_vec(), 3),
        (b"\xff".to_vec(), 1),
    ] {
        let (_file, path) = file(&content);
        let mut talk = Talk::open();
        talk.type_all(&[&format!("/file {path}"), "after"]);
        talk.take_all(1 << 20);
        assert_eq!(talk.wire.sent, ["Text after"]);
        let wanted = format!("invalid UTF-8 at byte {place};");
        assert!(
            talk.wire.notes[0].contains(&wanted),
            "{:?}",
            talk.wire.notes
        );
    }
}
