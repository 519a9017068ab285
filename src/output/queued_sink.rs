//! A sink that writes long messages piece by piece, while anything after them waits.
//!
//! Meanwhile, the loop continues to read and to handle signals and timers. It is held up only when
//! a second long message or many short ones wait, so that memory is bounded.

use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;
use std::time::Instant;

use super::long::{LongMessage, SLICE};
use super::sink::{Sink, TerminalSize};
use crate::event::Messages;

/// The maximum number of bytes that wait after a long message.
const BATCH: usize = 256 * 1024;

/// A sink, and what waits until a long message is written.
#[derive(Debug)]
pub struct QueuedSink<S> {
    sink: S,
    waiting: VecDeque<Waiting>,
    /// The number of long messages.
    long: usize,
    /// The number of bytes in the other entries.
    short: usize,
}

#[derive(Debug)]
enum Waiting {
    Long(LongMessage),
    Short(Vec<u8>),
}

impl<S: Sink> QueuedSink<S> {
    /// Puts a queue in front of `sink`.
    pub fn new(sink: S) -> Self {
        Self {
            sink,
            waiting: VecDeque::new(),
            long: 0,
            short: 0,
        }
    }

    fn put_waiting(&mut self) -> io::Result<()> {
        let start = Instant::now();
        let mut piece = Vec::new();
        while !self.sink.full() && start.elapsed() < SLICE {
            match self.waiting.front_mut() {
                None => break,
                Some(Waiting::Short(bytes)) => {
                    self.sink.put(bytes)?;
                    self.short -= bytes.len();
                }
                Some(Waiting::Long(message)) => {
                    piece.clear();
                    message.push_piece(&mut piece);
                    self.sink.put(&piece)?;
                    if !message.is_written() {
                        continue;
                    }
                    self.long -= 1;
                }
            }
            self.waiting.pop_front();
        }
        Ok(())
    }

    /// Drops everything that waits, because writing failed.
    fn clear(&mut self) {
        self.waiting.clear();
        (self.long, self.short) = (0, 0);
    }
}

impl<S: Sink> Sink for QueuedSink<S> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.waiting.is_empty() {
            return self.sink.put(bytes);
        }
        self.short += bytes.len();
        if let Some(Waiting::Short(before)) = self.waiting.back_mut() {
            before.extend_from_slice(bytes);
        } else {
            self.waiting.push_back(Waiting::Short(bytes.to_vec()));
        }
        Ok(())
    }

    fn put_in_place(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.waiting.is_empty() {
            return self.sink.put_in_place(bytes);
        }
        self.put(bytes)
    }

    fn put_messages(&mut self, messages: Messages<'_>, end: &[u8]) -> io::Result<()> {
        if self.waiting.is_empty() {
            return self.sink.put_messages(messages, end);
        }
        messages.pieces().try_for_each(|piece| {
            self.put(piece.bytes)?;
            self.put(end)
        })
    }

    fn put_long(&mut self, message: LongMessage) -> io::Result<()> {
        self.long += 1;
        self.waiting.push_back(Waiting::Long(message));
        Ok(())
    }

    fn waits(&self) -> Option<BorrowedFd<'_>> {
        self.sink.waits()
    }

    fn full(&self) -> bool {
        self.long > 1 || self.short >= BATCH || self.sink.full()
    }

    fn busy(&self) -> bool {
        !self.waiting.is_empty() && !self.sink.full()
    }

    fn watch(&self) -> Option<BorrowedFd<'_>> {
        self.sink.watch()
    }

    fn idle(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return self.sink.idle();
        }
        let put = self.put_waiting();
        if put.is_err() {
            self.clear();
        }
        put?;
        self.sink.idle()
    }

    fn size(&self) -> Option<TerminalSize> {
        self.sink.size()
    }
}

#[cfg(test)]
impl QueuedSink<super::memory_sink::MemorySink> {
    /// The text that was written since the last call.
    pub fn take(&mut self) -> String {
        self.sink.take()
    }
}

#[cfg(test)]
mod tests {
    use super::super::long::Encoding;
    use super::super::memory_sink::MemorySink;
    use super::*;

    fn message(size: usize) -> LongMessage {
        LongMessage::new(vec![b'x'; size], Encoding::Visible)
    }

    fn finish(sink: &mut QueuedSink<MemorySink>) -> String {
        while sink.busy() {
            sink.idle().expect("memory takes it");
        }
        sink.take()
    }

    #[test]
    fn order_is_kept_after_a_long_message() {
        let mut sink = QueuedSink::new(MemorySink::default());
        sink.put(b"a").expect("memory takes it");
        assert!(!sink.busy());
        sink.put_long(message(100_000)).expect("it waits");
        sink.put(b"b").expect("memory takes it");
        sink.put(b"c").expect("memory takes it");
        assert!(!sink.full(), "more may be read meanwhile");
        sink.put_long(message(3)).expect("it waits");
        sink.put(b"d").expect("memory takes it");
        assert!(sink.full(), "but no third");
        assert_eq!(sink.take(), "a");
        assert_eq!(finish(&mut sink), format!("{}bcxxxd", "x".repeat(100_000)));
        assert!(!sink.full());
        sink.put(b"e").expect("memory takes it");
        assert_eq!(sink.take(), "e");
    }

    #[test]
    fn full_backlog_stops_reading() {
        let mut sink = QueuedSink::new(MemorySink::default());
        sink.put_long(message(1)).expect("it waits");
        for _ in 0..BATCH / 64 {
            assert!(!sink.full());
            sink.put(&[b'y'; 64]).expect("memory takes it");
        }
        assert!(sink.full());
        assert_eq!(finish(&mut sink).len(), BATCH + 1);
        assert!(!sink.full());
    }

    /// A sink that is full after each piece, or fails.
    struct Slow(usize, io::Result<()>);

    impl Sink for Slow {
        fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.0 += bytes.len();
            std::mem::replace(&mut self.1, Ok(()))
        }

        fn full(&self) -> bool {
            self.0 > 0
        }
    }

    #[test]
    fn pieces_are_made_only_when_there_is_room() {
        let mut sink = QueuedSink::new(Slow(0, Ok(())));
        sink.put_long(message(1 << 20)).expect("it waits");
        sink.idle().expect("it is taken");
        assert!(sink.sink.0 < 100_000);
        assert!(sink.full() && !sink.busy(), "it waits for its reader");
    }

    #[test]
    fn errors_clear_the_backlog() {
        let mut sink = QueuedSink::new(Slow(0, Err(io::ErrorKind::StorageFull.into())));
        sink.put_long(message(1 << 20)).expect("it waits");
        sink.put(b"behind").expect("it waits");
        sink.idle().expect_err("nothing is taken");
        assert!(!sink.busy());
        assert!(sink.waiting.is_empty());
    }
}
