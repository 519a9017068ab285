//! A server in memory: its answer comes in reads of a chosen size, then its stream ends somehow.

use std::io::{self, Read, Write};
use std::time::Instant;

use wsline::http::LimitReads;

/// What follows the answer.
#[derive(Clone, Copy)]
pub enum End {
    Eof,
    Silence,
    Reset,
}

impl End {
    /// The end that the two low bits choose.
    pub fn chosen(bits: u8) -> Self {
        match bits & 3 {
            0 | 3 => Self::Eof,
            1 => Self::Silence,
            _ => Self::Reset,
        }
    }
}

pub struct Server<'a> {
    /// What of the answer has not been read.
    pub answer: &'a [u8],
    pub at_once: usize,
    pub end: End,
}

impl LimitReads for Server<'_> {
    fn limit_reads(&mut self, _: Instant) {}
}

impl Read for Server<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.answer.is_empty() {
            return match self.end {
                End::Eof => Ok(0),
                End::Silence => Err(io::ErrorKind::TimedOut.into()),
                End::Reset => Err(io::ErrorKind::ConnectionReset.into()),
            };
        }
        let count = self.answer.len().min(buffer.len()).min(self.at_once);
        let (now, rest) = self.answer.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.answer = rest;
        Ok(count)
    }
}

impl Write for Server<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
