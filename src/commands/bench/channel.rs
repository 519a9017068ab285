//! One exchange, a message and its reply, over WebSocket and over HTTP. All of them are written and
//! read in the same way, with blocking calls, and count the bytes in both directions.

use std::io::{self, Read, Write};

use crate::connect::{ConnectOptions, Dialer, OpenedConnection, Stream};
use crate::deadline::Deadline;
use crate::error::{Error, Party, Phase};
use crate::event::{Kind, Piece};
use crate::http::{Headers, RequestHead, ResponseError, ResponseReader};
use crate::protocol::{Protocol, ProtocolConfig, Received};

/// The size of a read.
const READ: usize = 64 * 1024;

/// The number of bytes sent and received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

/// A stream that counts.
struct Counted {
    stream: Stream,
    traffic: Traffic,
}

impl Read for Counted {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(bytes)?;
        self.traffic.received += count as u64;
        Ok(count)
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.stream.write(bytes)?;
        self.traffic.sent += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// The error of a read or write; of the time limit if that has passed.
fn lost(cause: io::Error, deadline: Deadline) -> Error {
    match cause.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Error::Timeout {
            option: "--wait",
            limit: deadline.timeout(),
            phase: Phase::Open,
        },
        _ => unanswered(Some(cause)),
    }
}

fn unanswered(cause: Option<io::Error>) -> Error {
    Error::Unanswered {
        party: Party::Server,
        name: String::new(),
        cause,
        hint: None,
    }
}

fn invalid(cause: String) -> Error {
    Error::System {
        doing: "comparing WebSocket with HTTP",
        cause: io::Error::other(cause),
    }
}

/// A WebSocket connection.
pub(crate) struct WebSocketChannel {
    stream: Counted,
    protocol: Protocol,
    kind: Kind,
    payload: Vec<u8>,
    buffer: Vec<u8>,
}

impl WebSocketChannel {
    /// Opens the connection. What is sent and received until then is not counted.
    ///
    /// # Errors
    ///
    /// Those of [`Dialer::open`].
    pub(crate) fn open(
        dialer: &Dialer,
        options: &ConnectOptions,
        config: ProtocolConfig,
        kind: Kind,
        payload: Vec<u8>,
    ) -> Result<Self, Error> {
        let deadline = Deadline::after(options.timeout);
        let OpenedConnection {
            stream,
            upgrade,
            early,
        } = dialer.open(options, deadline, &mut |_| ())?;
        let mut protocol = Protocol::new(ProtocolConfig {
            compression: upgrade.compression,
            ..config
        });
        // A greeting is no reply.
        replies(&mut protocol, &early)?;
        Ok(Self {
            stream: Counted {
                stream,
                traffic: Traffic::default(),
            },
            protocol,
            kind,
            payload,
            buffer: vec![0; READ],
        })
    }

    /// Replaces the message.
    pub(crate) fn set_payload(&mut self, payload: &[u8]) {
        self.payload.clear();
        self.payload.extend_from_slice(payload);
    }

    /// Sends a message and receives one.
    ///
    /// # Errors
    ///
    /// Why there was no reply.
    pub(crate) fn exchange(&mut self, deadline: Deadline) -> Result<Traffic, Error> {
        let lost = |cause| lost(cause, deadline);
        self.stream
            .stream
            .set_deadline(Some(deadline))
            .map_err(lost)?;
        self.stream.traffic = Traffic::default();
        self.protocol.send(Piece::whole(self.kind, &self.payload));
        loop {
            self.write().map_err(lost)?;
            let count = self.stream.read(&mut self.buffer).map_err(lost)?;
            if count == 0 {
                return Err(unanswered(None));
            }
            if replies(&mut self.protocol, &self.buffer[..count])? > 0 {
                return Ok(self.stream.traffic);
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let length = self.protocol.output().len();
        self.stream.write_all(self.protocol.output())?;
        self.protocol.wrote(length);
        self.stream.flush()
    }

    /// Closes the connection, and waits for the server's Close until `deadline`. How it ends does
    /// not matter any more.
    pub(crate) fn close(mut self, deadline: Deadline) {
        self.protocol.close(None);
        let limited = self.stream.stream.set_deadline(Some(deadline));
        if limited.and_then(|()| self.write()).is_err() {
            return;
        }
        while let Ok(count @ 1..) = self.stream.read(&mut self.buffer) {
            if replies(&mut self.protocol, &self.buffer[..count]).is_err() {
                return;
            }
        }
    }
}

/// The number of messages that end in `bytes`.
fn replies(protocol: &mut Protocol, mut bytes: &[u8]) -> Result<u64, Error> {
    let mut count = 0;
    loop {
        match protocol.receive(&mut bytes) {
            Ok(Some(Received::Messages(messages))) => count += messages.count(),
            Ok(Some(Received::Data(piece))) => count += u64::from(piece.last),
            Ok(Some(Received::Close)) => return Err(unanswered(None)),
            Ok(Some(_)) => {}
            Ok(None) => return Ok(count),
            Err(violation) => return Err(invalid(violation.rule)),
        }
    }
}

/// Exchanges over HTTP.
pub(crate) struct HttpChannel {
    dialer: Dialer,
    options: ConnectOptions,
    /// The request with its body.
    request: Vec<u8>,
    /// The connection, if it is kept.
    kept: Option<Counted>,
    keeps: bool,
}

impl HttpChannel {
    /// Requests to the target of `options`, on one connection if `keeps`, or on one for each.
    pub(crate) fn new(
        dialer: &Dialer,
        options: &ConnectOptions,
        keeps: bool,
        kind: Kind,
        payload: &[u8],
    ) -> Self {
        let kind = match kind {
            Kind::Text => "text/plain; charset=utf-8",
            Kind::Binary => "application/octet-stream",
        };
        let ours = [
            ("Host", Some(options.target.host_header())),
            ("Content-Type", Some(kind.to_owned())),
            ("Content-Length", Some(payload.len().to_string())),
            ("Connection", (!keeps).then(|| "close".to_owned())),
            ("Authorization", options.authorization()),
            ("Cookie", options.cookie()),
        ];
        let head = RequestHead {
            request_line: format!("POST {} HTTP/1.1", options.target.resource),
            headers: Headers::merge(&ours, &options.headers),
        };
        let mut request = head.encode();
        request.extend_from_slice(payload);
        Self {
            dialer: dialer.clone(),
            options: options.clone(),
            request,
            kept: None,
            keeps,
        }
    }

    /// Replaces the message by another one of the same size.
    pub(crate) fn set_payload(&mut self, payload: &[u8]) {
        let head = self.request.len().saturating_sub(payload.len());
        self.request.truncate(head);
        self.request.extend_from_slice(payload);
    }

    /// Connects for the next exchange, if there is no connection.
    ///
    /// # Errors
    ///
    /// Those of [`Dialer::connect`].
    fn connect(&mut self) -> Result<Counted, Error> {
        if let Some(kept) = self.kept.take() {
            return Ok(kept);
        }
        let deadline = Deadline::after(self.options.timeout);
        let transport = self.dialer.connect(&self.options, deadline, &mut |_| ())?;
        Ok(Counted {
            stream: transport.stream,
            traffic: Traffic::default(),
        })
    }

    /// Connects, so that the first exchange on a kept connection is like the others.
    ///
    /// # Errors
    ///
    /// Those of [`Dialer::connect`].
    pub(crate) fn prepare(&mut self) -> Result<(), Error> {
        if self.keeps {
            self.kept = Some(self.connect()?);
        }
        Ok(())
    }

    /// Sends a request and receives the response.
    ///
    /// # Errors
    ///
    /// Why there was no response, or not one with a body of known length.
    pub(crate) fn exchange(&mut self, deadline: Deadline) -> Result<Traffic, Error> {
        let lost = |cause| lost(cause, deadline);
        let mut stream = self.connect()?;
        stream.traffic = Traffic::default();
        stream.stream.set_deadline(Some(deadline)).map_err(lost)?;
        stream.write_all(&self.request).map_err(lost)?;
        stream.flush().map_err(lost)?;
        let mut reader = ResponseReader::new(&mut stream);
        let head = reader.read_final_head().map_err(|error| match error {
            ResponseError::Closed(Some(cause)) => lost(cause),
            ResponseError::Closed(None) => unanswered(None),
            ResponseError::NotHttp(_) => invalid("the response is not HTTP".to_owned()),
            ResponseError::Malformed(cause) => invalid(cause),
        })?;
        if !(200..300).contains(&head.status) {
            return Err(invalid(format!(
                "the response to POST is {}, not a status of 200 to 299; \
                 --compare-polling=HTTP_URL sets another URL",
                head.status_line
            )));
        }
        let length = head.headers.get("Content-Length");
        let length =
            length.and_then(|length| std::str::from_utf8(length).ok()?.trim().parse().ok());
        let length: u64 = length
            .ok_or_else(|| invalid("no Content-Length, which is needed to compare".to_owned()))?;
        let left = length.saturating_sub(reader.into_unused().len() as u64);
        let read = io::copy(&mut (&mut stream).take(left), &mut io::sink()).map_err(lost)?;
        if read < left {
            return Err(unanswered(None));
        }
        let (traffic, closes) = (
            stream.traffic,
            head.headers.has_token("Connection", "close"),
        );
        if self.keeps && closes {
            return Err(invalid(
                "the server does not keep connections alive".to_owned(),
            ));
        }
        if self.keeps {
            self.kept = Some(stream);
        }
        Ok(traffic)
    }
}
