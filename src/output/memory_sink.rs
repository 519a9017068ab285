//! A sink for tests that keeps everything.

use std::io;

use super::sink::{Sink, TerminalSize};
use crate::event::{Kind, Messages};
use crate::protocol::{Protocol, ProtocolConfig, Received};

/// The bytes so far, and the size of the terminal if it is one.
#[derive(Debug, Default)]
pub struct MemorySink(pub Vec<u8>, pub Option<TerminalSize>);

impl Sink for MemorySink {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn size(&self) -> Option<TerminalSize> {
        self.1
    }
}

impl MemorySink {
    /// A sink that acts as a terminal of this size.
    pub fn terminal(columns: usize, rows: usize) -> Self {
        Self(Vec::new(), Some(TerminalSize { columns, rows }))
    }

    /// Takes the text written since the last call.
    pub fn take(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.0)).expect("what is shown is UTF-8")
    }
}

/// Messages of one kind in one batch.
pub fn together(kind: Kind, payloads: &[&[u8]], act: impl FnOnce(Messages<'_>)) {
    let first = match kind {
        Kind::Text => 0x81,
        Kind::Binary => 0x82,
    };
    let mut frames = Vec::new();
    for payload in payloads {
        let length = u16::try_from(payload.len()).expect("it is short");
        frames.push(first);
        if length > 125 {
            frames.push(126);
            frames.extend_from_slice(&length.to_be_bytes());
        } else {
            frames.extend_from_slice(&length.to_be_bytes()[1..]);
        }
        frames.extend_from_slice(payload);
    }
    let mut input = frames.as_slice();
    match Protocol::new(ProtocolConfig::default()).receive(&mut input) {
        Ok(Some(Received::Messages(messages))) => act(messages),
        other => panic!("they are not received together: {other:?}"),
    }
    assert!(input.is_empty(), "each of them");
}
