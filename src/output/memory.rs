//! A sink for tests that keeps what it was given.

use std::io;

use super::sink::Sink;

/// The bytes so far.
#[derive(Debug, Default)]
pub struct Memory(pub Vec<u8>);

impl Sink for Memory {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

impl Memory {
    /// Takes what came since the last call, as text.
    pub fn take(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.0)).expect("what is shown is UTF-8")
    }
}
