//! permessage-deflate (RFC 7692): its negotiation, and the compressed stream of each direction.

use std::fmt;
use std::ops::Range;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::violation::Violation;

/// The extension's name (RFC 7692 §7).
pub const NAME: &str = "permessage-deflate";

/// The client's offer: the server may limit our window and decides the other parameters
/// (RFC 7692 §7.1).
pub const OFFER: &str = "permessage-deflate; client_max_window_bits";

/// The negotiated parameters (RFC 7692 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeflateParams {
    /// The server begins each message with an empty window.
    pub server_no_context_takeover: bool,
    /// The client must begin each message with an empty window.
    pub client_no_context_takeover: bool,
    /// The base-2 logarithm of the server's window size in bytes, 8 to 15.
    pub server_max_window_bits: u8,
    /// The base-2 logarithm of the client's window size in bytes, 8 to 15.
    pub client_max_window_bits: u8,
}

impl Default for DeflateParams {
    fn default() -> Self {
        Self {
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: 15,
            client_max_window_bits: 15,
        }
    }
}

impl fmt::Display for DeflateParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)?;
        for (set, name) in [
            (
                self.server_no_context_takeover,
                "server_no_context_takeover",
            ),
            (
                self.client_no_context_takeover,
                "client_no_context_takeover",
            ),
        ] {
            if set {
                write!(f, "; {name}")?;
            }
        }
        for (bits, name) in [
            (self.server_max_window_bits, "server_max_window_bits"),
            (self.client_max_window_bits, "client_max_window_bits"),
        ] {
            if bits < 15 {
                write!(f, "; {name}={bits}")?;
            }
        }
        Ok(())
    }
}

impl DeflateParams {
    /// Parses the server's `Sec-WebSocket-Extensions`, the response to [`OFFER`].
    ///
    /// # Errors
    ///
    /// What was not offered or is not allowed, with the RFC section.
    pub fn parse(response: &str) -> Result<Self, String> {
        let mut params = Self::default();
        let mut seen = Vec::new();
        let mut parts = response.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        if response.contains(',') || name != NAME {
            return Err(format!(
                "extension {response:?} was not offered (RFC 6455 §4.1)"
            ));
        }
        for part in parts {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim(), Some(unquote(value.trim()))),
                None => (part, None),
            };
            if seen.contains(&name) {
                return Err(format!("{name} appears twice (RFC 7692 §7.1)"));
            }
            seen.push(name);
            let flag = || match value {
                None => Ok(true),
                Some(_) => Err(format!("{name} has a value (RFC 7692 §7.1.1)")),
            };
            let bits = || match value.map(window_bits) {
                Some(Some(bits)) => Ok(bits),
                _ => Err(format!(
                    "{name} must be a number from 8 to 15 (RFC 7692 §7.1.2)"
                )),
            };
            match name {
                "server_no_context_takeover" => params.server_no_context_takeover = flag()?,
                "client_no_context_takeover" => params.client_no_context_takeover = flag()?,
                "server_max_window_bits" => params.server_max_window_bits = bits()?,
                "client_max_window_bits" => params.client_max_window_bits = bits()?,
                _ => return Err(format!("unknown parameter {name:?} (RFC 7692 §7.1)")),
            }
        }
        Ok(params)
    }
}

/// A parameter's value may be a quoted string (RFC 6455 §9.1).
fn unquote(value: &str) -> &str {
    value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
        .unwrap_or(value)
}

/// A decimal number from 8 to 15 without leading zeros (RFC 7692 §7.1.2.1).
fn window_bits(value: &str) -> Option<u8> {
    let bits = value.parse().ok().filter(|bits| (8..=15).contains(bits))?;
    (value.len() == if bits < 10 { 1 } else { 2 }).then_some(bits)
}

/// The end of a message's last block, which is not transmitted (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// The server's stream, inflated piece by piece. It takes memory from the first compressed message
/// on: of many connections, most may never receive one.
pub(super) struct Inflater {
    stream: Option<Decompress>,
    takeover: bool,
    out: Vec<u8>,
    /// The part of `out` that was not taken yet.
    pending: Range<usize>,
    /// How many bytes of [`TAIL`] the stream was given, once the payload of a message has ended.
    tail: usize,
    /// Whether `out` was filled up, so that the stream may hold more output.
    full: bool,
}

impl Inflater {
    /// The first size of the buffer; messages that do not fit make it larger.
    const FIRST_SIZE: usize = 4 * 1024;
    /// The largest size of the buffer.
    const MAX_SIZE: usize = 64 * 1024;

    pub(super) fn new(params: DeflateParams) -> Self {
        Self {
            stream: None,
            takeover: !params.server_no_context_takeover,
            out: Vec::new(),
            pending: 0..0,
            tail: 0,
            full: false,
        }
    }

    /// The output that was not taken yet.
    pub(super) fn pending(&self) -> &[u8] {
        &self.out[self.pending.clone()]
    }

    /// Takes the first `count` pending bytes. Returns their range, for [`Self::bytes`].
    pub(super) fn take_output(&mut self, count: usize) -> Range<usize> {
        let start = self.pending.start;
        self.pending.start += count;
        start..start + count
    }

    /// The bytes that [`take_output`](Self::take_output) has taken.
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.out[range]
    }

    /// Inflates `input` until the buffer is full. Returns the number of bytes used and produced.
    pub(super) fn inflate(&mut self, input: &[u8]) -> Result<(usize, usize), Violation> {
        if self.pending.is_empty() {
            self.pending = 0..0;
            if self.full || self.out.is_empty() {
                self.grow();
            }
        }
        // A window of 15 bits can decompress data that was compressed with a smaller one.
        let stream = self
            .stream
            .get_or_insert_with(|| Decompress::new_with_window_bits(false, 15));
        let (read, written) = (stream.total_in(), stream.total_out());
        let free = &mut self.out[self.pending.end..];
        let status = stream
            .decompress(input, free, FlushDecompress::None)
            .map_err(|_| {
                Violation::invalid_payload(
                    "a compressed message that is not valid DEFLATE data (RFC 7692 §7.2.2)",
                )
            })?;
        let count = |total: u64, before: u64| usize::try_from(total - before).unwrap_or(usize::MAX);
        let used = count(stream.total_in(), read);
        let produced = count(stream.total_out(), written);
        self.pending.end += produced;
        self.full = self.pending.end == self.out.len();
        if status == Status::StreamEnd {
            // A block marked as the last one (RFC 7692 §7.2.3.4) ends the stream; another begins.
            stream.reset(false);
        }
        Ok((used, produced))
    }

    /// Enlarges the empty buffer, unless it has its full size.
    #[cold]
    fn grow(&mut self) {
        let size = (self.out.len() * 4).clamp(Self::FIRST_SIZE, Self::MAX_SIZE);
        self.out.resize(size, 0);
    }

    /// Inflates without more payload: the output that did not fit into the buffer and, once the
    /// payload has `ended`, the rest of the message. Returns the number of bytes produced.
    pub(super) fn inflate_rest(&mut self, ended: bool) -> Result<usize, Violation> {
        if ended {
            return self.finish();
        }
        if self.full && self.pending.is_empty() {
            let (_, produced) = self.inflate(&[])?;
            return Ok(produced);
        }
        Ok(0)
    }

    fn finish(&mut self) -> Result<usize, Violation> {
        if self.is_finished() {
            return Ok(0);
        }
        let tail = self.tail;
        let (used, produced) = self.inflate(&TAIL[tail..])?;
        self.tail += used;
        Ok(produced)
    }

    /// Whether the whole message was inflated.
    pub(super) fn is_finished(&self) -> bool {
        self.tail == TAIL.len() && !self.full
    }

    /// Prepares for the next message, after all output of this one was taken.
    pub(super) fn end_message(&mut self) {
        self.tail = 0;
        if let (false, Some(stream)) = (self.takeover, &mut self.stream) {
            stream.reset(false);
        }
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater")
            .field("pending", &self.pending().len())
            .finish_non_exhaustive()
    }
}

/// The client's stream. It takes its memory, several hundred KiB, from the first message on that is
/// long enough to be compressed.
pub(super) struct Deflater {
    stream: Option<Compress>,
    window_bits: u8,
    takeover: bool,
    out: Vec<u8>,
}

impl Deflater {
    /// The smallest message in bytes to compress; compression does not make shorter ones smaller.
    pub(super) const MIN_SIZE: usize = 64;

    /// `None` if the server limits our window to 8 bits, which zlib does not support; messages are
    /// then sent uncompressed.
    pub(super) fn new(params: DeflateParams) -> Option<Self> {
        let bits = params.client_max_window_bits;
        (bits > 8).then(|| Self {
            stream: None,
            window_bits: bits,
            takeover: !params.client_no_context_takeover,
            out: Vec::new(),
        })
    }

    /// Deflates a piece of a message; the `last` one ends it. Returns the output, which is empty if
    /// the compressor holds it back.
    pub(super) fn deflate(&mut self, mut payload: &[u8], last: bool) -> &[u8] {
        const STEP: usize = 16 * 1024;
        self.out.clear();
        let flush = if last {
            FlushCompress::Sync
        } else {
            FlushCompress::None
        };
        let stream = self.stream.get_or_insert_with(|| {
            Compress::new_with_window_bits(Compression::default(), false, self.window_bits)
        });
        loop {
            self.out.reserve(STEP);
            let before = stream.total_in();
            // Compression fails only for a stream in an invalid state, which this one never is in.
            let _ = stream.compress_vec(payload, &mut self.out, flush);
            let used = usize::try_from(stream.total_in() - before).unwrap_or(usize::MAX);
            payload = &payload[used.min(payload.len())..];
            if payload.is_empty() && self.out.len() < self.out.capacity() {
                break;
            }
        }
        if last {
            match self.out.len().checked_sub(TAIL.len()) {
                Some(end) if self.out.ends_with(&TAIL) => self.out.truncate(end),
                // An empty message is an empty block (RFC 7692 §7.2.3.6).
                _ => self.out.push(0),
            }
            if !self.takeover {
                stream.reset();
            }
        }
        &self.out
    }
}

impl fmt::Debug for Deflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflater")
            .field("takeover", &self.takeover)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_with_all_parameters_is_parsed() {
        let params = DeflateParams::parse(
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
             server_max_window_bits=8; client_max_window_bits=\"12\"",
        );
        assert_eq!(
            params,
            Ok(DeflateParams {
                server_no_context_takeover: true,
                client_no_context_takeover: true,
                server_max_window_bits: 8,
                client_max_window_bits: 12
            })
        );
        assert_eq!(
            DeflateParams::parse("permessage-deflate"),
            Ok(DeflateParams::default())
        );
    }

    #[test]
    fn only_parameters_that_differ_from_the_default_are_displayed() {
        let text = "permessage-deflate; client_no_context_takeover; server_max_window_bits=9";
        assert_eq!(DeflateParams::parse(text).expect("valid").to_string(), text);
    }

    #[test]
    fn invalid_responses_are_rejected() {
        for (response, cause) in [
            ("x-webkit-deflate-frame", "not offered"),
            ("permessage-deflate, permessage-deflate", "not offered"),
            ("permessage-deflate; mux", "unknown parameter"),
            ("permessage-deflate; server_max_window_bits", "8 to 15"),
            ("permessage-deflate; server_max_window_bits=7", "8 to 15"),
            ("permessage-deflate; server_max_window_bits=16", "8 to 15"),
            ("permessage-deflate; server_max_window_bits=09", "8 to 15"),
            ("permessage-deflate; client_max_window_bits", "8 to 15"),
            (
                "permessage-deflate; client_no_context_takeover=1",
                "has a value",
            ),
            (
                "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
                "appears twice",
            ),
        ] {
            let error = DeflateParams::parse(response).expect_err(response);
            assert!(error.contains(cause), "{response}: {error}");
        }
    }
}
