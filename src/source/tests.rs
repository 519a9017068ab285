//! Tests of sources that read input, with a sender that records what is sent: ends of buffers,
//! missing room, delays, and unsent messages.

use std::collections::VecDeque;
mod lines;
mod order;
mod rules;

use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::conversation::{Conversation, Step, StepAction};
use super::json_lines::JsonLines;
use super::reader::Reader;
use super::send_delay::SendDelay;
use super::stdin::{InputSplit, Stdin};
use super::*;
use crate::conversation::outgoing::Outgoing;
use crate::event::{Kind, Upgrade};
use crate::protocol::Closure;

/// The maximum number of bytes that a reader holds.
const BUFFER: usize = 256 * 1024;
const LINES: InputSplit = InputSplit::Lines(b'\n');

/// A sender with limited room that records what is sent.
struct Page {
    room: usize,
    messages: Vec<(Kind, Vec<u8>)>,
    /// The number of pieces of each message.
    pieces: Vec<usize>,
    inside: bool,
    other: Vec<String>,
}

impl Page {
    fn new() -> Self {
        Self {
            room: usize::MAX,
            messages: Vec::new(),
            pieces: Vec::new(),
            inside: false,
            other: Vec::new(),
        }
    }

    fn texts(&self) -> Vec<&str> {
        let text = |(kind, bytes): &'_ (Kind, Vec<u8>)| -> bool {
            *kind == Kind::Text && std::str::from_utf8(bytes).is_ok()
        };
        assert!(self.messages.iter().all(text), "all are text");
        let messages = self.messages.iter();
        messages
            .map(|(_, bytes)| std::str::from_utf8(bytes).unwrap_or_default())
            .collect()
    }
}

impl Sender for Page {
    fn is_inside(&self, _: Link) -> bool {
        self.inside
    }

    fn room(&self, _: Link) -> usize {
        self.room
    }

    fn data(&mut self, _: Link, piece: Piece<'_>) {
        assert!(self.room > 0, "it was asked for room");
        assert_eq!(piece.first, !self.inside);
        if piece.kind == Kind::Text {
            let text = std::str::from_utf8(piece.bytes);
            assert!(text.is_ok(), "no character is cut");
        }
        if piece.first {
            self.messages.push((piece.kind, Vec::new()));
            self.pieces.push(0);
        }
        let (_, bytes) = self.messages.last_mut().expect("it has begun");
        bytes.extend_from_slice(piece.bytes);
        *self.pieces.last_mut().expect("it has begun") += 1;
        self.inside = !piece.last;
        self.room = self.room.saturating_sub(piece.bytes.len());
    }

    fn ping(&mut self, _: Link, payload: &[u8]) {
        self.other.push(format!("Ping {}", payload.escape_ascii()));
    }

    fn pong(&mut self, _: Link, payload: &[u8]) {
        self.other.push(format!("Pong {}", payload.escape_ascii()));
    }

    fn close(&mut self, _: Link, reason: Option<CloseReason>) {
        let code = reason.map(|reason| reason.code);
        self.other.push(format!("Close {code:?}"));
    }

    fn note(&mut self, note: Note) {
        self.other.push(note.text);
    }

    fn probed(&mut self, _: Link, probe: &Probe) {
        self.other.push(format!("{probe:?}"));
    }

    fn fault(&mut self, error: Error) {
        self.other.push(error.to_string());
    }
}

/// A reader of a file with these bytes.
fn file(bytes: impl AsRef<[u8]>) -> Reader {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes.as_ref()).expect("room on the disk");
    file.rewind().expect("it is a file");
    Reader::new(file, "input")
}

/// A reader of a pipe, and the pipe's writing end.
fn pipe() -> (Reader, io::PipeWriter) {
    let (reader, writer) = io::pipe().expect("a pipe");
    (
        Reader::new(File::from(OwnedFd::from(reader)), "input"),
        writer,
    )
}

/// A conversation with one connection.
fn conversation(
    acts: Vec<StepAction>,
    then: Option<Box<dyn Source>>,
    delay: SendDelay,
) -> Conversation {
    let step = |act| Step {
        link: Link(0),
        place: None,
        act,
    };
    let steps: VecDeque<_> = acts.into_iter().map(step).collect();
    Conversation::new(Box::new(steps), 1, then, delay)
}

/// Reports to a source that the connection is open.
fn open<S: Source>(mut source: S) -> S {
    let upgrade = Upgrade {
        url: "ws://h/".to_owned(),
        ..Upgrade::default()
    };
    source.on_event(Now::read(), Link(0), &Event::Open(&upgrade));
    source
}

/// The unsent messages of a source after its connection was closed.
fn unsent(source: &mut dyn Source) -> Unsent {
    let closure = Closure::default();
    let end = LinkEnd::Closed(&closure);
    source.on_link_end(Now::read(), Link(0), end).unsent
}

/// Polls a source until it ends, as if its descriptor were always readable.
fn take_all(source: &mut dyn Source, page: &mut Page) -> Option<Error> {
    for _ in 0..10_000 {
        if let Progress::Done(error) = source.poll(Now::read(), true, page) {
            return error;
        }
    }
    panic!("it has no end");
}

fn lines(input: impl AsRef<[u8]>) -> Page {
    let mut page = Page::new();
    let mut stdin = open(Stdin::new(file(input), LINES, SendDelay::default()));
    let error = take_all(&mut stdin, &mut page);
    assert!(error.is_none(), "{error:?}");
    page
}

// Lines and chunks.

#[test]
fn lines_end_at_the_delimiter() {
    assert!(lines("").texts().is_empty());
    assert_eq!(lines("\n").texts(), [""]);
    assert_eq!(lines("a").texts(), ["a"]);
    assert_eq!(lines("a\n\nb\r\n").texts(), ["a", "", "b\r"]);
}

#[test]
fn lines_at_the_end_of_the_buffer_are_not_split() {
    for size in BUFFER - 2..=BUFFER + 2 {
        let line = "x".repeat(size);
        let page = lines(format!("{line}\nnext\n"));
        assert_eq!(page.texts(), [line.as_str(), "next"], "{size}");
        // If the line feed does not fit into the buffer, the line is sent in fragments.
        assert_eq!(page.pieces[0], if size < BUFFER { 1 } else { 2 }, "{size}");
        assert_eq!(lines(&line).texts(), [line], "{size}, without a line feed");
    }
}

#[test]
fn character_at_the_end_of_the_buffer_is_not_split() {
    for before in 1..4 {
        for character in ["é", "世", "🌍"] {
            let line = "x".repeat(BUFFER - before) + character + &character.repeat(BUFFER);
            assert_eq!(lines(&line).texts(), [line], "{character} {before}");
        }
    }
}

#[test]
fn line_may_arrive_in_many_reads() {
    let (reader, mut writer) = pipe();
    let mut stdin = open(Stdin::new(reader, LINES, SendDelay::default()));
    let mut page = Page::new();
    for bytes in [&b"caf"[..], b"\xc3", b"\xa9", b"\nnext"] {
        assert!(page.messages.is_empty());
        writer.write_all(bytes).expect("room in the pipe");
        assert!(matches!(
            stdin.poll(Now::read(), true, &mut page),
            Progress::Pending
        ));
    }
    assert_eq!(page.texts(), ["café"]);
    drop(writer);
    assert!(matches!(
        stdin.poll(Now::read(), true, &mut page),
        Progress::Done(None)
    ));
    assert_eq!(page.texts(), ["café", "next"]);
}

#[test]
fn invalid_byte_after_many_fragments_is_found() {
    let mut input = b"first\n".to_vec();
    input.extend_from_slice("é".repeat(BUFFER).as_bytes());
    input.extend_from_slice(b"\xff\nthird\n");
    let mut page = Page::new();
    let mut stdin = open(Stdin::new(file(input), LINES, SendDelay::default()));
    let error = take_all(&mut stdin, &mut page).expect("a bad byte");
    assert_eq!(
        error.to_string(),
        "input, line 2: not UTF-8 (the byte 0xff); -b sends bytes as they are"
    );
    assert_eq!(page.messages.len(), 2);
    assert!(page.inside, "the second has no end");
}

#[test]
fn chunks_have_a_maximum_size() {
    let mut page = Page::new();
    let mut stdin = open(Stdin::new(
        file([7; 10]),
        InputSplit::Chunks(4),
        SendDelay::default(),
    ));
    assert!(take_all(&mut stdin, &mut page).is_none());
    let sizes: Vec<_> = page.messages.iter().map(|(_, bytes)| bytes.len()).collect();
    assert_eq!(sizes, [4, 4, 2]);
    // A chunk larger than the default size of a read.
    let mut page = Page::new();
    let size = 3 * BUFFER;
    let mut stdin = open(Stdin::new(
        file(vec![7; size]),
        InputSplit::Chunks(size),
        SendDelay::default(),
    ));
    assert!(take_all(&mut stdin, &mut page).is_none());
    assert_eq!(page.messages[0].1.len(), size);
}

// Room, delays and unsent messages.

#[test]
fn nothing_is_read_or_sent_without_room() {
    let (reader, mut writer) = pipe();
    writer.write_all(b"a\nb\nc").expect("room in the pipe");
    let mut stdin = open(Stdin::new(reader, LINES, SendDelay::default()));
    let mut page = Page::new();
    page.room = 1;
    assert!(matches!(
        stdin.poll(Now::read(), true, &mut page),
        Progress::More
    ));
    assert_eq!(page.texts(), ["a"]);
    assert!(
        stdin.fd().is_none(),
        "readable input would wake the loop in vain"
    );
    page.room = 1;
    assert!(matches!(
        stdin.poll(Now::read(), false, &mut page),
        Progress::More
    ));
    page.room = 1;
    assert!(matches!(
        stdin.poll(Now::read(), false, &mut page),
        Progress::Pending
    ));
    assert_eq!(page.texts(), ["a", "b"]);
    assert!(stdin.fd().is_some());
}

#[test]
fn nothing_is_read_before_the_connection_is_open() {
    let mut stdin = Stdin::new(file("a\n"), LINES, SendDelay::default());
    let mut page = Page::new();
    assert!(matches!(
        stdin.poll(Now::read(), true, &mut page),
        Progress::Pending
    ));
    assert!(stdin.fd().is_none());
    assert!(page.messages.is_empty());
}

#[test]
fn input_is_not_read_during_a_delay() {
    let pause = || SendDelay::new(Duration::from_mins(1));
    let text = || StepAction::Send(Outgoing::Text("first".to_owned()));
    let stdin = |input: &str| Stdin::new(file(input), LINES, pause());
    let sources: [Box<dyn Source>; 3] = [
        Box::new(open(stdin("first\nb\n"))),
        Box::new(open(JsonLines::new(
            file("{\"type\":\"text\",\"data\":\"first\"}\n{\"type\":\"ping\"}"),
            false,
            pause(),
        ))),
        Box::new(open(conversation(
            vec![text()],
            Some(Box::new(stdin("b\n"))),
            pause(),
        ))),
    ];
    for mut source in sources {
        let mut page = Page::new();
        assert!(matches!(
            source.poll(Now::read(), true, &mut page),
            Progress::Pending
        ));
        assert!(matches!(
            source.poll(Now::read(), true, &mut page),
            Progress::Pending
        ));
        assert_eq!(page.texts(), ["first"]);
        assert!(page.other.is_empty());
        assert!(source.fd().is_none(), "readable input is of no use now");
        assert!(source.next_deadline().is_some());
        source.on_event(Now::read(), Link(0), &Event::Closed(&Closure::default()));
        assert!(
            source.next_deadline().is_none(),
            "a closed connection has no hurry"
        );
    }
}

#[test]
fn no_delay_after_the_last_message() {
    let steps = vec![StepAction::Send(Outgoing::Binary(vec![1]))];
    let delay = SendDelay::new(Duration::from_mins(1));
    let mut conversation = open(conversation(steps, None, delay));
    let took = conversation.poll(Now::read(), false, &mut Page::new());
    assert!(matches!(took, Progress::Done(None)));
}

#[test]
fn unsent_messages_are_counted() {
    let left = |input: &str, cut| {
        let mut page = Page::new();
        page.room = 1;
        let mut stdin = open(Stdin::new(file(input), cut, SendDelay::default()));
        let progress = loop {
            match stdin.poll(Now::read(), true, &mut page) {
                // It reads a part at a time.
                Progress::Pending => {}
                other => break other,
            }
        };
        assert!(matches!(progress, Progress::More));
        let left = unsent(&mut stdin);
        (left.messages, left.more)
    };
    assert_eq!(left("a\n", LINES), (0, false));
    assert_eq!(left("a\nb\n\nc", LINES), (3, false));
    assert_eq!(left("aabbc", InputSplit::Chunks(2)), (2, false));
    let (messages, more) = left(&"a\n".repeat(BUFFER), LINES);
    assert!(messages > 1000 && more);
    // A line of which only a part was sent counts as unsent.
    assert_eq!(left(&"x".repeat(BUFFER), LINES), (1, false));
}

#[test]
fn unsent_messages_of_command_line_and_stdin_are_added() {
    let steps = ["a", "b", "c"].map(|text| StepAction::Send(Outgoing::Text(text.to_owned())));
    let then = Box::new(Stdin::new(file("d\ne"), LINES, SendDelay::default()));
    let mut conversation = open(conversation(steps.into(), Some(then), SendDelay::default()));
    let mut page = Page::new();
    page.room = 1;
    assert!(matches!(
        conversation.poll(Now::read(), true, &mut page),
        Progress::More
    ));
    assert_eq!(unsent(&mut conversation).messages, 4);
}

// Files as messages.

fn streamed(kind: Kind, input: &[u8]) -> Vec<u8> {
    let steps = vec![StepAction::Stream(kind, file(input))];
    let mut conversation = open(conversation(steps, None, SendDelay::default()));
    let mut page = Page::new();
    let error = take_all(&mut conversation, &mut page);
    assert!(error.is_none(), "{error:?}");
    assert!(page.messages.len() == 1 && !page.inside, "one message");
    page.messages.remove(0).1
}

#[test]
fn one_line_feed_at_the_end_of_a_text_file_is_removed() {
    for size in BUFFER - 2..=BUFFER + 2 {
        for (end, kept) in [("", ""), ("\n", ""), ("\n\n", "\n"), ("\né", "\né")] {
            let text = "x".repeat(size);
            let input = format!("{text}{end}");
            let sent = streamed(Kind::Text, input.as_bytes());
            assert!(sent == format!("{text}{kept}").as_bytes(), "{size} {end:?}");
            assert!(streamed(Kind::Binary, input.as_bytes()) == input.as_bytes());
        }
    }
    assert!(streamed(Kind::Text, b"").is_empty());
    assert!(streamed(Kind::Text, b"\n").is_empty());
}

// JSON lines.

#[test]
fn json_lines_may_exceed_the_buffer() {
    let text = "é".repeat(3 * BUFFER);
    let input = format!(
        "{{\"type\":\"text\",\"data\":\"{text}\"}}\n\n[]\n{{\"type\":\"ping\",\"data\":\"p\"}}\n\
         {{\"type\":\"close\"}}\n{{\"type\":\"text\",\"data\":\"never\"}}\n"
    );
    let mut page = Page::new();
    let mut json = open(JsonLines::new(file(input), false, SendDelay::default()));
    assert!(take_all(&mut json, &mut page).is_none());
    assert_eq!(page.texts(), [text]);
    assert_eq!(page.other.len(), 3);
    assert!(page.other[0].starts_with("input, line 3: not a JSON object"));
    assert_eq!(page.other[1..], ["Ping p", "Close None"]);
}

#[test]
fn unsent_json_lines_are_counted_if_they_are_commands() {
    let left = |lines: &str| {
        let mut json = JsonLines::new(file(lines), false, SendDelay::default());
        unsent(&mut json).messages
    };
    let text = "{\"type\":\"text\",\"data\":\"x\"}\n";
    let printed = "{\"dir\":\"out\",\"type\":\"text\",\"data\":\"x\"}\n";
    assert_eq!(left(&format!("{text}\n{printed}{text}")), 2);
    assert_eq!(left(printed), 0, "what was printed is passed over");
    assert_eq!(left("no order\n"), 1, "a wrong line is lost too");
    let close = "{\"type\":\"close\"}\n";
    assert_eq!(left(&format!("{text}{close}{text}")), 1);
}

// Descriptors shared with other processes.

#[test]
fn would_block_on_a_shared_descriptor_is_not_the_end() {
    let (ours, mut theirs) = UnixStream::pair().expect("a pair of sockets");
    ours.set_nonblocking(true).expect("a socket can be that");
    let mut reader = Reader::new(File::from(OwnedFd::from(ours)), "input");
    reader.read().expect("nothing is there, which is no error");
    assert!(!reader.has_ended() && reader.held().is_empty());
    assert!(!reader.look_ahead());
    theirs.write_all(b"later").expect("room in the socket");
    reader.read().expect("it is there");
    assert_eq!(reader.held(), b"later");
}

#[test]
fn look_ahead_reads_without_waiting() {
    let (mut reader, mut writer) = pipe();
    writer.write_all(&[b'a'; 1000]).expect("room in the pipe");
    assert!(!reader.look_ahead());
    assert_eq!(reader.held().len(), 1000);
    let mut reader = file(vec![b'a'; 2 * BUFFER]);
    assert!(reader.look_ahead(), "more than can be held");
    reader.used(BUFFER);
    assert!(reader.look_ahead(), "the buffer is full again");
    reader.used(BUFFER);
    assert!(!reader.look_ahead());
    assert!(reader.has_ended());
}
