//! Messages without changes, for a pipe or a file: text followed by a line end, binary messages as
//! bytes.
//!
//! Pieces are written as they arrive, so that messages of any size need constant memory.

use std::io;
use std::time::SystemTime;

use data_encoding::BASE64;
use jiff::tz::TimeZone;

use super::dump::BinaryFormat;
use super::human::time_of_day;
use super::sink::Sink;
use super::Output;
use crate::event::{Event, Kind, Link, Messages, Now, Piece, Way};

/// The format of messages.
#[derive(Clone, Debug)]
pub struct RawFormat {
    /// The byte after a text message, or a binary one written as text: a line feed or NUL.
    pub line_end: u8,
    /// The format of binary messages (`--binary-as`).
    pub binary: BinaryFormat,
    /// The time zone of time stamps; `None` for no time stamps (`--timestamps`).
    pub times: Option<TimeZone>,
}

/// Writes the payload of received messages.
#[derive(Debug)]
pub struct RawOutput {
    form: RawFormat,
    /// Bytes of a message that are not a whole group of base64 yet.
    rest: Vec<u8>,
    /// Whether a line has begun and not ended.
    inside_line: bool,
}

impl RawOutput {
    /// Creates an output in this format.
    #[must_use]
    pub fn new(form: RawFormat) -> Self {
        Self {
            form,
            rest: Vec::new(),
            inside_line: false,
        }
    }

    fn write(&mut self, at: SystemTime, piece: Piece<'_>, to: &mut dyn Sink) -> io::Result<()> {
        let form = match piece.kind {
            Kind::Text => BinaryFormat::Raw,
            Kind::Binary => self.form.binary,
        };
        if form == BinaryFormat::Skip {
            return Ok(());
        }
        if let (true, Some(zone)) = (piece.first, &self.form.times) {
            to.put(format!("{} ", time_of_day(at, zone)?).as_bytes())?;
        }
        match form {
            BinaryFormat::Raw | BinaryFormat::Skip => to.put(piece.bytes)?,
            BinaryFormat::Hex => to.put(hex::encode(piece.bytes).as_bytes())?,
            BinaryFormat::Base64 => self.write_base64(piece, to)?,
        }
        let is_line = piece.kind == Kind::Text || form != BinaryFormat::Raw;
        self.inside_line = is_line && !piece.last;
        if piece.last && is_line {
            to.put(&[self.form.line_end])?;
        }
        Ok(())
    }

    /// Ends a message that was incomplete when its connection was lost, so that the next one does not
    /// continue its line.
    fn begin_connection(&mut self, to: &mut dyn Sink) -> io::Result<()> {
        self.rest.clear();
        if std::mem::take(&mut self.inside_line) {
            to.put(&[self.form.line_end])?;
        }
        Ok(())
    }

    /// Writes whole groups, and the rest at the end of the message.
    fn write_base64(&mut self, piece: Piece<'_>, to: &mut dyn Sink) -> io::Result<()> {
        self.rest.extend_from_slice(piece.bytes);
        let whole = if piece.last {
            self.rest.len()
        } else {
            self.rest.len() / 3 * 3
        };
        let text = BASE64.encode(&self.rest[..whole]);
        self.rest.drain(..whole);
        to.put(text.as_bytes())
    }
}

impl Output for RawOutput {
    fn on_event(
        &mut self,
        now: Now,
        _link: Link,
        event: &Event<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        match event {
            Event::Data(Way::In, piece) => self.write(now.time, *piece, to),
            Event::Open(_) => self.begin_connection(to),
            _ => Ok(()),
        }
    }

    fn on_messages(
        &mut self,
        now: Now,
        _link: Link,
        messages: Messages<'_>,
        to: &mut dyn Sink,
    ) -> io::Result<()> {
        let line_end = [self.form.line_end];
        match (messages.kind(), self.form.binary, &self.form.times) {
            (Kind::Text, _, None) => to.put_messages(messages, &line_end),
            (Kind::Binary, BinaryFormat::Raw, None) => to.put_messages(messages, &[]),
            _ => messages
                .pieces()
                .try_for_each(|piece| self.write(now.time, piece, to)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory_sink::together;
    use super::super::tested::Tested;
    use super::*;
    use crate::event::Upgrade;

    fn written(binary: BinaryFormat, times: Option<TimeZone>, pieces: &[Piece<'_>]) -> String {
        let mut raw = Tested::new(RawOutput::new(RawFormat {
            line_end: b'\n',
            binary,
            times,
        }));
        for piece in pieces {
            let event = Event::Data(Way::In, *piece);
            raw.show(SystemTime::UNIX_EPOCH, Link(0), &event)
                .expect("memory takes it");
        }
        raw.sink.take()
    }

    fn in_pieces(kind: Kind, bytes: &[u8]) -> Vec<Piece<'_>> {
        let end = bytes.len() - 1;
        let piece = |(at, bytes)| Piece {
            kind,
            first: at == 0,
            last: at == end,
            bytes,
        };
        bytes.chunks(1).enumerate().map(piece).collect()
    }

    #[test]
    fn text_has_a_line_end_and_binary_is_unchanged() {
        let text = in_pieces(Kind::Text, b"a\x1bb");
        let binary = in_pieces(Kind::Binary, b"\x00\n");
        assert_eq!(written(BinaryFormat::Raw, None, &text), "a\x1bb\n");
        assert_eq!(written(BinaryFormat::Raw, None, &binary), "\0\n");
    }

    #[test]
    fn encoded_binary_is_one_line_for_any_pieces() {
        for (form, line) in [
            (BinaryFormat::Hex, "00ff1020\n"),
            (BinaryFormat::Base64, "AP8QIA==\n"),
            (BinaryFormat::Skip, ""),
        ] {
            let bytes = b"\x00\xff\x10\x20";
            assert_eq!(written(form, None, &in_pieces(Kind::Binary, bytes)), line);
            assert_eq!(
                written(form, None, &[Piece::whole(Kind::Binary, bytes)]),
                line
            );
        }
    }

    #[test]
    fn incomplete_message_of_a_lost_connection_is_a_line() {
        for (kind, binary, lines) in [
            (Kind::Text, BinaryFormat::Raw, "ab\nc\n"),
            (Kind::Binary, BinaryFormat::Base64, "\nYw==\n"),
            (Kind::Binary, BinaryFormat::Raw, "abc"),
        ] {
            let form = RawFormat {
                line_end: b'\n',
                binary,
                times: None,
            };
            let mut raw = Tested::new(RawOutput::new(form));
            let begun = Piece {
                last: false,
                ..Piece::whole(kind, b"ab")
            };
            let upgrade = Upgrade::default();
            for event in [
                Event::Open(&upgrade),
                Event::Data(Way::In, begun),
                Event::Open(&upgrade),
                Event::Data(Way::In, Piece::whole(kind, b"c")),
            ] {
                raw.show(SystemTime::UNIX_EPOCH, Link(0), &event)
                    .expect("memory takes it");
            }
            assert_eq!(raw.sink.take(), lines);
        }
    }

    #[test]
    fn batched_messages_are_written_like_single_ones() {
        let payloads: [&[u8]; 3] = [b"a", b"", b"\xc3\xa9"];
        let forms = [
            BinaryFormat::Raw,
            BinaryFormat::Hex,
            BinaryFormat::Base64,
            BinaryFormat::Skip,
        ];
        let times = [None, Some(TimeZone::UTC)];
        for (kind, binary) in forms
            .map(|form| (Kind::Binary, form))
            .into_iter()
            .chain([(Kind::Text, BinaryFormat::Raw)])
        {
            for times in &times {
                let form = RawFormat {
                    line_end: b'\0',
                    binary,
                    times: times.clone(),
                };
                let mut raw = Tested::new(RawOutput::new(form.clone()));
                let at = SystemTime::UNIX_EPOCH;
                together(kind, &payloads, |messages| {
                    raw.show_messages(at, Link(0), messages)
                        .expect("memory takes it");
                });
                let mut one_by_one = Tested::new(RawOutput::new(form));
                for payload in payloads {
                    let event = Event::Data(Way::In, Piece::whole(kind, payload));
                    one_by_one
                        .show(at, Link(0), &event)
                        .expect("memory takes it");
                }
                assert_eq!(
                    raw.sink.take(),
                    one_by_one.sink.take(),
                    "{kind:?} {binary:?}"
                );
            }
        }
    }

    #[test]
    fn time_precedes_each_message_once() {
        let mut pieces = in_pieces(Kind::Text, b"ab");
        pieces.push(Piece::whole(Kind::Text, b"c"));
        assert_eq!(
            written(BinaryFormat::Raw, Some(TimeZone::UTC), &pieces),
            "00:00:00.000 ab\n00:00:00.000 c\n"
        );
    }
}
