//! One connection of the peer: bytes and frames in both directions, with a timeout for each wait.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use openssl::ssl::SslStream;

use super::frame::{self, Frame};
use super::socket::Socket;
use super::step::Incoming;

enum Stream {
    Plain(Socket),
    Tls(Box<SslStream<Socket>>),
}

/// How much is read at once, and how much may wait to be written while echoing.
const CHUNK: usize = 64 * 1024;

/// A connection, with the bytes that were read and not used yet.
pub struct Wire {
    /// The socket below the stream, for timeouts, FIN and RST.
    pub socket: Socket,
    stream: Stream,
    input: Vec<u8>,
    used: usize,
    output: Vec<u8>,
    partial: Option<(bool, Vec<u8>)>,
    limit: Duration,
    /// Reserved bits that the response has negotiated.
    pub rsv_allowed: u8,
    pub eof: bool,
    pub fin_sent: bool,
    pub close_sent: bool,
    pub close_heard: Option<Frame>,
}

impl Wire {
    pub fn plain(socket: Socket, limit: Duration) -> io::Result<Self> {
        let control = socket.try_clone()?;
        Ok(Self::on(Stream::Plain(socket), control, limit))
    }

    pub fn tls(stream: SslStream<Socket>, limit: Duration) -> io::Result<Self> {
        let control = stream.get_ref().try_clone()?;
        Ok(Self::on(Stream::Tls(Box::new(stream)), control, limit))
    }

    fn on(stream: Stream, socket: Socket, limit: Duration) -> Self {
        Self {
            socket,
            stream,
            input: Vec::new(),
            used: 0,
            output: Vec::new(),
            partial: None,
            limit,
            rsv_allowed: 0,
            eof: false,
            fin_sent: false,
            close_sent: false,
            close_heard: None,
        }
    }

    pub fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    /// The bytes that were read and not used yet.
    pub fn unused(&self) -> &[u8] {
        &self.input[self.used..]
    }

    /// Takes `count` of the unused bytes.
    pub fn take(&mut self, count: usize) -> Vec<u8> {
        let bytes = self.input[self.used..self.used + count].to_vec();
        self.used += count;
        if self.used == self.input.len() {
            self.input.clear();
            self.used = 0;
        } else if self.used > CHUNK {
            self.input.drain(..self.used);
            self.used = 0;
        }
        bytes
    }

    /// Reads more; false at the end of the stream.
    pub fn fill(&mut self, end: Instant) -> Result<bool, String> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(format!("nothing came within {:?}", self.limit));
        }
        let old = self.input.len();
        self.input.resize(old + CHUNK, 0);
        let read = self.socket.set_timeouts(left).and_then(|()| {
            let buffer = &mut self.input[old..];
            match &mut self.stream {
                Stream::Plain(socket) => socket.read(buffer),
                Stream::Tls(tls) => tls.read(buffer),
            }
        });
        self.input.truncate(old + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => {
                self.eof = true;
                Ok(false)
            }
            Ok(_) => Ok(true),
            Err(error) if is_timeout(&error) => {
                Err(format!("nothing came within {:?}", self.limit))
            }
            // TLS that ends without close_notify, which OpenSSL reports only as text.
            Err(error) if error.to_string().contains("unexpected eof") => {
                self.eof = true;
                Ok(false)
            }
            Err(error) => {
                self.eof = true;
                Err(format!("can't read: {error}"))
            }
        }
    }

    /// The deadline of a step that begins now.
    pub fn end_of_step(&self) -> Instant {
        Instant::now() + self.limit
    }

    /// The head of an HTTP request, with the empty line.
    pub fn read_head(&mut self) -> Result<String, String> {
        let end = self.end_of_step();
        loop {
            if let Some(place) = memchr::memmem::find(self.unused(), b"\r\n\r\n") {
                let head = self.take(place + 4);
                return String::from_utf8(head).map_err(|_| "the head is not UTF-8".to_owned());
            }
            if !self.fill(end)? {
                let got = self.unused().escape_ascii();
                return Err(format!("TCP ended in the request's head, after \"{got}\""));
            }
        }
    }

    /// Fails if anything is received within `duration`.
    pub fn expect_silence(&mut self, duration: Duration) -> Result<(), String> {
        if self.unused().is_empty() && self.fill(Instant::now() + duration).is_err() && !self.eof {
            return Ok(());
        }
        match self.read_incoming() {
            Ok(incoming) => Err(format!("got {incoming}")),
            Err(why) => Err(why),
        }
    }

    /// Exactly `count` bytes, or those before the end.
    pub fn read_raw(&mut self, count: usize) -> Result<Vec<u8>, String> {
        let end = self.end_of_step();
        while self.unused().len() < count && self.fill(end)? {}
        Ok(self.take(count.min(self.unused().len())))
    }

    /// The next frame, if it has been received.
    pub fn frame_at_hand(&mut self) -> Result<Option<Frame>, String> {
        let Some((frame, length)) = Frame::of_client(self.unused(), self.rsv_allowed)? else {
            return Ok(None);
        };
        self.take(length);
        if let Some(close) = &self.close_heard {
            let code = close.payload.escape_ascii();
            return Err(format!(
                "the client sent a frame (opcode {}) after its Close {code} (§5.5.1)",
                frame.opcode
            ));
        }
        if frame.opcode == frame::CLOSE {
            self.close_heard = Some(frame.clone());
        }
        Ok(Some(frame))
    }

    /// The next frame; `None` at the end of the stream.
    pub fn read_frame(&mut self) -> Result<Option<Frame>, String> {
        let end = self.end_of_step();
        loop {
            if let Some(frame) = self.frame_at_hand()? {
                return Ok(Some(frame));
            }
            if !self.fill(end)? {
                return match self.unused().len() {
                    0 => Ok(None),
                    count => Err(format!("TCP ended after {count} bytes of a frame")),
                };
            }
        }
    }

    /// The next whole message or control frame.
    pub fn read_incoming(&mut self) -> Result<Incoming, String> {
        loop {
            let Some(frame) = self.read_frame()? else {
                return Ok(Incoming::Eof);
            };
            match (frame.opcode, self.partial.take()) {
                (frame::CLOSE, _) => return Ok(Incoming::Close(close_body(&frame.payload)?)),
                (frame::PING, partial) => {
                    self.partial = partial;
                    return Ok(Incoming::Ping(frame.payload));
                }
                (frame::PONG, partial) => {
                    self.partial = partial;
                    return Ok(Incoming::Pong(frame.payload));
                }
                (frame::CONTINUATION, None) => {
                    return Err("a continuation frame with nothing to continue (§5.4)".to_owned());
                }
                (frame::CONTINUATION, Some((text, mut payload))) => {
                    payload.extend_from_slice(&frame.payload);
                    if frame.fin {
                        return Ok(Incoming::Message { text, payload });
                    }
                    self.partial = Some((text, payload));
                }
                (_, Some(_)) => {
                    return Err("a new message in the middle of another (§5.4)".to_owned());
                }
                (opcode, None) => {
                    let text = opcode == frame::TEXT;
                    let payload = frame.payload;
                    if frame.fin {
                        return Ok(Incoming::Message { text, payload });
                    }
                    self.partial = Some((text, payload));
                }
            }
        }
    }

    /// Writes all bytes at once.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        let written = self
            .socket
            .set_timeouts(self.limit)
            .and_then(|()| match &mut self.stream {
                Stream::Plain(socket) => socket.write_all(bytes),
                Stream::Tls(tls) => tls.write_all(bytes),
            });
        written.map_err(|error| {
            if is_timeout(&error) {
                format!("the client read nothing for {:?}", self.limit)
            } else {
                format!("can't write: {error}")
            }
        })
    }

    /// Buffers bytes until [`flush`](Self::flush), or until the buffer is large.
    pub fn write_later(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.output.extend_from_slice(bytes);
        if self.output.len() >= CHUNK {
            self.flush()?;
        }
        Ok(())
    }

    pub fn flush(&mut self) -> Result<(), String> {
        let bytes = std::mem::take(&mut self.output);
        self.write(&bytes)?;
        self.output = bytes;
        self.output.clear();
        Ok(())
    }

    /// Sends TLS's `close_notify`; nothing on a plain stream.
    pub fn shut_down_tls(&mut self) {
        if let Stream::Tls(tls) = &mut self.stream {
            // A client that has left already doesn't need it.
            let _ = tls.shutdown();
        }
    }

    /// Sends FIN. Reading is still possible.
    pub fn send_fin(&mut self) {
        if !self.fin_sent {
            self.fin_sent = true;
            // Fails only if the connection has ended already.
            let _ = self.socket.shutdown(Shutdown::Write);
        }
    }

    /// Reads and discards until the client has left, in any way.
    pub fn drain(&mut self) -> Result<(), String> {
        let end = self.end_of_step();
        while !self.eof {
            match self.fill(end) {
                Ok(_) => {}
                Err(_) if self.eof => {}
                Err(_) => return Err(format!("the client did not go within {:?}", self.limit)),
            }
            self.input.clear();
            self.used = 0;
        }
        Ok(())
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// The body of a Close (§5.5.1).
fn close_body(payload: &[u8]) -> Result<Option<(u16, String)>, String> {
    match payload {
        [] => Ok(None),
        [_] => Err("a Close with half a code (§5.5.1)".to_owned()),
        [a, b, reason @ ..] => String::from_utf8(reason.to_vec())
            .map(|reason| Some((u16::from_be_bytes([*a, *b]), reason)))
            .map_err(|_| "a Close whose reason is not UTF-8 (§5.5.1)".to_owned()),
    }
}
