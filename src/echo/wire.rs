//! A client's TCP connection, plain or in TLS, with answers gathered until input has run dry.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use native_tls::TlsStream;

/// Answers are written at the latest when there are so many bytes of them.
const FULL: usize = 64 * 1024;

/// The most bytes that the head of a request has; tungstenite takes no more either.
pub(super) const MAX_HEAD: usize = 65_535;

/// The most headers that a request has; tungstenite takes no more either.
pub(super) const MAX_HEADERS: usize = 124;

/// How long the client may take to end its side of TCP after everything has been said.
const PARTING: Duration = Duration::from_secs(2);

/// The bytes below the WebSocket.
pub(super) enum Channel {
    /// TCP.
    Plain(TcpStream),
    /// TLS over it.
    Tls(Box<TlsStream<TcpStream>>),
}

/// A channel with a buffer before it. tungstenite reads only when it holds no whole frame any
/// more, so that is the moment to write what has gathered: a burst of small messages is answered
/// with few writes, and a single one at once.
pub(super) struct Wire {
    channel: Channel,
    gathered: Vec<u8>,
    /// What was read and is not used yet.
    ahead: VecDeque<u8>,
}

impl Wire {
    pub(super) fn new(channel: Channel) -> Self {
        Self {
            channel,
            gathered: Vec::new(),
            ahead: VecDeque::new(),
        }
    }

    fn tcp(&self) -> &TcpStream {
        match &self.channel {
            Channel::Plain(tcp) => tcp,
            Channel::Tls(tls) => tls.get_ref(),
        }
    }

    /// Limits how long a read waits; `None` waits for ever.
    pub(super) fn limit_reads(&self, limit: Option<Duration>) -> io::Result<()> {
        self.tcp().set_read_timeout(limit)
    }

    /// Reads the head of the client's request, however small the pieces are that it comes in, and
    /// keeps it for [`read`](Read::read). Stops early where it is not HTTP, and at the end of input.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::FileTooLarge`] if the head has more than [`MAX_HEAD`] bytes or
    /// [`MAX_HEADERS`] headers, else what reading said.
    pub(super) fn read_head(&mut self) -> io::Result<()> {
        let mut head = Vec::new();
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
                // No line has ended: nothing can have changed.
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

    /// Writes what is left, ends our side, and waits for the client to end its own. To drop a
    /// socket with unread input would reset it, and the client could lose our last words.
    pub(super) fn part(mut self) -> io::Result<()> {
        self.flush()?;
        if let Channel::Tls(tls) = &mut self.channel {
            tls.shutdown()?;
        }
        let mut tcp = self.tcp();
        tcp.shutdown(Shutdown::Write)?;
        let end = Instant::now() + PARTING;
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
    /// Takes all of `bytes`: tungstenite moves what a write leaves over to the front of its
    /// buffer, which for a large message in the small records of TLS would take for ever.
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

impl Read for Channel {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.read(buf),
            Self::Tls(tls) => tls.read(buf),
        }
    }
}

impl Write for Channel {
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
