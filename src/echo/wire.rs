//! A client's connection, over TCP or TLS, that collects replies while there is more input.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use native_tls::TlsStream;

/// Replies are written once they reach this many bytes, even if there is more input.
const FULL: usize = 64 * 1024;

/// The maximum size of a request head in bytes, the same as tungstenite's.
pub(super) const MAX_HEAD: usize = 65_535;

/// The maximum number of headers in a request, the same as tungstenite's.
pub(super) const MAX_HEADERS: usize = 124;

/// How long to wait for the client to close its side of TCP after we have closed ours.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// The stream below the WebSocket.
pub(super) enum ClientStream {
    /// Plain TCP.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
}

/// A stream with a write buffer. tungstenite reads only when it has no complete frame left, and
/// that is when the buffer is written: many small messages are echoed with few writes, a single one
/// at once.
pub(super) struct Wire {
    channel: ClientStream,
    gathered: Vec<u8>,
    /// Bytes that were read and not yet used.
    ahead: VecDeque<u8>,
}

impl Wire {
    pub(super) fn new(channel: ClientStream) -> Self {
        Self {
            channel,
            gathered: Vec::new(),
            ahead: VecDeque::new(),
        }
    }

    fn tcp(&self) -> &TcpStream {
        match &self.channel {
            ClientStream::Plain(tcp) => tcp,
            ClientStream::Tls(tls) => tls.get_ref(),
        }
    }

    /// Sets the maximum time of each read; `None` waits forever.
    pub(super) fn limit_reads(&self, limit: Option<Duration>) -> io::Result<()> {
        self.tcp().set_read_timeout(limit)
    }

    /// Reads the head of the client's request, in pieces of any size, and keeps it for
    /// [`read`](Read::read). Stops early if it is not HTTP, and at the end of input.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::FileTooLarge`] if the head has more than [`MAX_HEAD`] bytes or
    /// [`MAX_HEADERS`] headers, otherwise the error of the read.
    pub(super) fn read_head(&mut self) -> io::Result<()> {
        // After an exchange over HTTP, the next request may be here already.
        let mut head: Vec<u8> = self.ahead.drain(..).collect();
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let parsed = httparse::Request::new(&mut headers).parse(&head);
        if !head.is_empty() && !parsed.is_ok_and(|status| status.is_partial()) {
            self.ahead.extend(head);
            return Ok(());
        }
        let mut piece = [0; 4096];
        loop {
            let count = match self.channel.read(&mut piece) {
                Ok(count) => count,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => return Err(cause),
            };
            let piece = &piece[..count];
            head.extend_from_slice(piece);
            let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
            let is_partial = match httparse::Request::new(&mut headers).parse(&head) {
                // No line is complete yet, so there is nothing new to check.
                _ if count > 0 && !piece.contains(&b'\n') => true,
                Ok(status) => status.is_partial(),
                Err(httparse::Error::TooManyHeaders) => {
                    return Err(io::ErrorKind::FileTooLarge.into());
                }
                Err(_) => false,
            };
            if !is_partial || count == 0 {
                self.ahead.extend(head);
                return Ok(());
            }
            if head.len() > MAX_HEAD {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
    }

    /// What was read of the request; it is read again.
    pub(super) fn head(&mut self) -> &[u8] {
        self.ahead.make_contiguous()
    }

    /// Writes the buffer, closes our side of TCP, and waits until the client has closed its own.
    /// Dropping a socket with unread input would reset the connection, and the client could lose
    /// the last bytes.
    pub(super) fn shut_down(mut self) -> io::Result<()> {
        self.flush()?;
        if let ClientStream::Tls(tls) = &mut self.channel {
            tls.shutdown()?;
        }
        let mut tcp = self.tcp();
        tcp.shutdown(Shutdown::Write)?;
        let end = Instant::now() + SHUTDOWN_TIMEOUT;
        let mut ignored = [0; 16 * 1024];
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            tcp.set_read_timeout(Some(left))?;
            if tcp.read(&mut ignored)? == 0 {
                return Ok(());
            }
        }
    }

    fn write_gathered(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let written = self.channel.write_all(&self.gathered);
        self.gathered.clear();
        written
    }
}

impl Read for Wire {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.flush()?;
        if !self.ahead.is_empty() {
            return self.ahead.read(buf);
        }
        loop {
            match self.channel.read(buf) {
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}

impl Write for Wire {
    /// Accepts all of `bytes`. After a partial write, tungstenite moves the rest to the front of
    /// its buffer, which is too slow for large messages in the small records of TLS.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gathered.len() + bytes.len() > FULL {
            self.write_gathered()?;
        }
        if bytes.len() > FULL {
            self.channel.write_all(bytes)?;
        } else {
            self.gathered.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_gathered()?;
        self.channel.flush()
    }
}

impl Read for ClientStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read(buf),
            Self::Tls(tls) => tls.read(buf),
        }
    }
}

impl Write for ClientStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.write(bytes),
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(tcp) => tcp.flush(),
            Self::Tls(tls) => tls.flush(),
        }
    }
}
