//! A sink for output that may be lost, such as standard error: a write error does not end the run.

use std::io;
use std::os::fd::BorrowedFd;

use crate::event::Messages;
use crate::output::sink::{Sink, TerminalSize};

/// Writes to another sink until that fails, and then drops everything. The error is not reported,
/// because it would be reported to the same place.
///
/// The descriptor is not watched either, so its reader may close it.
#[derive(Debug)]
pub struct BestEffort<S>(Option<S>);

impl<S: Sink> BestEffort<S> {
    /// Wraps `sink`.
    pub fn new(sink: S) -> Self {
        Self(Some(sink))
    }

    fn attempt(&mut self, write: impl FnOnce(&mut S) -> io::Result<()>) {
        if self.0.as_mut().map(write).is_some_and(|done| done.is_err()) {
            self.0 = None;
        }
    }
}

impl<S: Sink> Sink for BestEffort<S> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.attempt(|sink| sink.put(bytes));
        Ok(())
    }

    fn put_messages(&mut self, messages: Messages<'_>, end: &[u8]) -> io::Result<()> {
        self.attempt(|sink| sink.put_messages(messages, end));
        Ok(())
    }

    fn waits(&self) -> Option<BorrowedFd<'_>> {
        self.0.as_ref()?.waits()
    }

    fn full(&self) -> bool {
        self.0.as_ref().is_some_and(Sink::full)
    }

    fn idle(&mut self) -> io::Result<()> {
        self.attempt(Sink::idle);
        Ok(())
    }

    fn size(&self) -> Option<TerminalSize> {
        self.0.as_ref()?.size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails from a given call on, and counts the calls.
    struct Failing {
        calls: std::rc::Rc<std::cell::Cell<usize>>,
        from: usize,
    }

    impl Sink for Failing {
        fn put(&mut self, _: &[u8]) -> io::Result<()> {
            self.calls.set(self.calls.get() + 1);
            if self.calls.get() >= self.from {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(())
        }

        fn full(&self) -> bool {
            true
        }
    }

    #[test]
    fn failure_is_ignored_and_ends_writing() {
        let calls = std::rc::Rc::default();
        let mut sink = BestEffort::new(Failing {
            calls: std::rc::Rc::clone(&calls),
            from: 2,
        });
        sink.put(b"x").expect("it went");
        assert!(sink.full(), "as the sink itself");
        sink.put(b"x").expect("no error");
        sink.put(b"x").expect("no error");
        sink.idle().expect("no error");
        assert_eq!(calls.get(), 2);
        assert!(!sink.full(), "it holds up nobody");
    }
}
