//! JSON lines as orders: a byte of options and a line. What is read can be printed, and what was
//! printed is read as the same.

use std::borrow::Cow;
use std::io;

use wsline::conversation::outgoing::Outgoing;
use wsline::event::{Event, Kind, Link, Now, Piece, Way};
use wsline::http::Secrets;
use wsline::output::json::JsonOutput;
use wsline::output::sink::Sink;
use wsline::output::Output;
use wsline::protocol::Closure;
use wsline::source::json::parse;

/// The line that was printed.
#[derive(Default)]
struct Line(Vec<u8>);

impl Sink for Line {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// Reads, prints, and reads again.
pub fn run(data: &[u8]) {
    let Some((&flags, line)) = data.split_first() else {
        return;
    };
    match parse(line, flags & 1 != 0) {
        Ok(Some(command)) => round(&command),
        Ok(None) => {}
        Err(sentence) => assert!(!sentence.is_empty()),
    }
}

fn round(command: &Outgoing<Cow<'_, str>>) {
    match command {
        Outgoing::Text(text) => {
            let piece = Piece::whole(Kind::Text, text.as_bytes());
            same(command, &Event::Data(Way::In, piece));
        }
        Outgoing::Binary(bytes) => {
            let piece = Piece::whole(Kind::Binary, bytes);
            same(command, &Event::Data(Way::In, piece));
        }
        Outgoing::Ping(payload) => {
            assert!(payload.len() <= 125, "§5.5");
            same(command, &Event::Ping(Way::In, payload));
        }
        Outgoing::Pong(payload) => {
            assert!(payload.len() <= 125, "§5.5");
            same(command, &Event::Pong(Way::In, payload));
        }
        Outgoing::Close(body) => {
            let code = body.as_ref().map(|body| body.code);
            // These are never on the wire, so a record of one is none that can be sent.
            if !matches!(code, Some(1005 | 1006 | 1015)) {
                let closure = Closure {
                    received: Some(body.clone()),
                    ..Closure::default()
                };
                same(command, &Event::Closed(&closure));
            }
        }
    }
}

fn same(command: &Outgoing<Cow<'_, str>>, event: &Event<'_>) {
    let mut line = Line::default();
    let mut output = JsonOutput::new(true, Secrets::Hidden);
    output
        .on_event(Now::read(), Link(0), event, &mut line)
        .expect("memory takes anything");
    let printed = line.0.strip_suffix(b"\n").expect("a line");
    assert!(!printed.contains(&b'\n'), "one line");
    let again = parse(printed, true).expect("what was printed can be read");
    assert_eq!(again.as_ref(), Some(command));
}
