//! Sends a file as one message, in pieces, so that memory does not depend on its size.
//!
//! A text message must be UTF-8 (RFC 6455 §5.6), so a text file is read twice: first to check it
//! before anything is sent, then to send it.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::time::{Duration, Instant};

use super::options::expand_home;
use crate::error::plain;
use crate::event::{Kind, Link, Piece};
use crate::output::dump;
use crate::source::Sender;
use crate::sys::file::open_regular;
use crate::text::utf8;

/// The maximum number of bytes per read.
const CHUNK: usize = 64 * 1024;

/// A file that was sent.
#[derive(Debug)]
pub(super) struct UploadedFile {
    /// The size in bytes.
    pub(super) bytes: u64,
    /// The note to print.
    pub(super) text: String,
}

fn size_of(bytes: u64) -> String {
    dump::size(usize::try_from(bytes).unwrap_or(usize::MAX))
}

/// The interval of progress notes.
const LONG: Duration = Duration::from_secs(2);

/// A file being sent.
pub(super) struct Upload {
    kind: Kind,
    name: String,
    file: File,
    /// The size when it was opened.
    size: u64,
    /// When progress was last printed.
    told: Instant,
    stage: UploadStage,
    /// Bytes that were read but not checked or sent yet: a piece, or the beginning of a character.
    held: Vec<u8>,
    bytes: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum UploadStage {
    Checking,
    Sending { first: bool },
}

impl Upload {
    /// Opens `path`, in which `~/` stands for `home`.
    ///
    /// # Errors
    ///
    /// Why it can't be sent.
    pub(super) fn open(kind: Kind, path: &str, home: Option<&Path>) -> Result<Self, String> {
        let place = expand_home(path, home);
        let refused = |cause: &str| format!("{path}: {cause}; nothing was sent");
        // A pipe or a device could block the session or never end.
        let file = open_regular(&place).map_err(|error| refused(&plain(&error)))?;
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        Ok(Self {
            kind,
            name: path.to_owned(),
            file,
            size,
            told: Instant::now(),
            stage: match kind {
                Kind::Text => UploadStage::Checking,
                Kind::Binary => UploadStage::Sending { first: true },
            },
            held: Vec::new(),
            bytes: 0,
        })
    }

    /// A progress note, if the last one was long ago.
    pub(super) fn progress(&mut self, now: Instant) -> Option<String> {
        let is_sending = matches!(self.stage, UploadStage::Sending { .. });
        if !is_sending || self.size == 0 || now.saturating_duration_since(self.told) < LONG {
            return None;
        }
        self.told = now;
        let percent = u128::from(self.bytes) * 100 / u128::from(self.size);
        Some(format!(
            "sending {}: {percent} % of {}",
            self.name,
            size_of(self.size)
        ))
    }

    /// Checks or sends one more piece. Returns the result after the last one.
    ///
    /// # Errors
    ///
    /// Why it can't be sent, or was sent only in part.
    pub(super) fn step(
        &mut self,
        to: &mut dyn Sender,
        link: Link,
    ) -> Result<Option<UploadedFile>, String> {
        match self.stage {
            UploadStage::Checking => self.check().map(|()| None),
            UploadStage::Sending { first } => self.send(first, to, link),
        }
    }

    fn check(&mut self) -> Result<(), String> {
        let ended = self
            .fill(CHUNK)
            .map_err(|error| format!("{}: {}; nothing was sent", self.name, plain(&error)))?;
        let whole = utf8::complete_length(&self.held);
        let wrong = match whole {
            Ok(whole) if ended && whole < self.held.len() => Some(whole),
            Ok(_) => None,
            Err(place) => Some(place),
        };
        if let Some(place) = wrong {
            return Err(format!(
                "{}: invalid UTF-8 at byte {}; nothing was sent, /binary sends it unchanged",
                self.name,
                self.bytes + place as u64 + 1
            ));
        }
        let whole = whole.unwrap_or_default();
        self.held.drain(..whole);
        self.bytes += whole as u64;
        if ended {
            self.bytes = 0;
            self.file
                .rewind()
                .map_err(|error| format!("{}: {}; nothing was sent", self.name, plain(&error)))?;
            self.stage = UploadStage::Sending { first: true };
        }
        Ok(())
    }

    fn send(
        &mut self,
        first: bool,
        to: &mut dyn Sender,
        link: Link,
    ) -> Result<Option<UploadedFile>, String> {
        let size = to.room(link).clamp(4, CHUNK);
        // One byte more than a piece, to recognize the last piece.
        let filled = self.fill(size + 1);
        let (mut end, mut last) = match filled {
            Ok(true) => (self.held.len(), true),
            _ => (size.min(self.held.len()), false),
        };
        let mut cut = filled.err().map(|error| plain(&error));
        if self.kind == Kind::Text {
            let whole = utf8::complete_length(&self.held[..end]);
            if whole.is_err() || (last && whole != Ok(end)) {
                cut = Some("it was changed while it was sent and is not valid UTF-8".to_owned());
            }
            end = whole.unwrap_or_else(|place| place);
        }
        if cut.is_some() && first {
            let cause = cut.unwrap_or_default();
            return Err(format!("{}: {cause}; nothing was sent", self.name));
        }
        // A message that has been started must be finished, with what there is.
        last |= cut.is_some();
        let piece = Piece {
            kind: self.kind,
            first,
            last,
            bytes: &self.held[..end],
        };
        to.data(link, piece);
        self.held.drain(..end);
        self.bytes += end as u64;
        self.stage = UploadStage::Sending { first: false };
        match cut {
            Some(cause) => Err(format!(
                "{}: {cause}; the message was sent with its first {} bytes only",
                self.name, self.bytes
            )),
            None if last => Ok(Some(UploadedFile {
                bytes: self.bytes,
                text: format!(
                    "sent {} ({}, {})",
                    self.name,
                    size_of(self.bytes),
                    self.noun()
                ),
            })),
            None => Ok(None),
        }
    }

    /// Reads until `size` bytes are held. Returns whether the file has ended.
    fn fill(&mut self, size: usize) -> io::Result<bool> {
        let missing = size.saturating_sub(self.held.len());
        let read = (&self.file)
            .take(missing as u64)
            .read_to_end(&mut self.held)?;
        Ok(read < missing)
    }

    fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Text => "text",
            Kind::Binary => "binary",
        }
    }
}
