//! Output streams of `wsline test`, which wait for slow readers until a signal has arrived.

use std::io::{self, Write};
use std::os::fd::BorrowedFd;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::output::sink::{Descriptor, Sink as _};
use crate::sys::poll;

/// The time of the first signal, once one has arrived.
pub type Stop = Arc<OnceLock<Instant>>;

/// The maximum time to wait for a reader after a signal.
const MOMENT: Duration = Duration::from_millis(250);
/// How often to check for a signal while waiting.
const GLANCE: Duration = Duration::from_millis(50);

/// A stream that waits for its reader.
pub struct Console {
    to: Descriptor,
    stop: Stop,
    /// Whether waiting for the reader was given up.
    is_stuck: bool,
}

impl Console {
    /// Creates a console that writes to `fd`.
    ///
    /// # Errors
    ///
    /// The same as those of [`Descriptor::new`].
    pub fn new(fd: BorrowedFd<'_>, stop: Stop) -> io::Result<Self> {
        Ok(Self {
            to: Descriptor::new(fd)?,
            stop,
            is_stuck: false,
        })
    }

    /// Writes pending bytes.
    fn drain(&mut self) -> io::Result<()> {
        loop {
            self.to.idle()?;
            let Some(fd) = self.to.waits() else {
                return Ok(());
            };
            if self.stop.get().is_some_and(|at| at.elapsed() >= MOMENT) {
                return Err(io::ErrorKind::TimedOut.into());
            }
            poll::wait_writable(fd, Some(Instant::now() + GLANCE))?;
        }
    }
}

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_stuck {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.to.put(bytes)?;
        let drained = self.drain();
        self.is_stuck = drained.is_err();
        drained.map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::fd::AsFd as _;
    use std::thread;

    use super::*;

    #[test]
    fn slow_reader_gets_all_output() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let reading = thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).map(|_| all)
        });
        let mut console = Console::new(writer.as_fd(), Stop::default()).expect("a console");
        drop(writer);
        console.write_all(&vec![b'x'; 1 << 20]).expect("it is read");
        drop(console);
        let all = reading.join().expect("no panic").expect("bytes");
        assert_eq!(all.len(), 1 << 20);
    }

    #[test]
    fn slow_reader_is_not_waited_for_after_a_signal() {
        let (_reader, writer) = io::pipe().expect("a pipe");
        let stop = Stop::default();
        let mut console = Console::new(writer.as_fd(), Arc::clone(&stop)).expect("a console");
        stop.get_or_init(Instant::now);
        console.write_all(b"there is room").expect("at once");
        let late = console
            .write_all(&vec![b'x'; 1 << 21])
            .expect_err("it is full");
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        console.write_all(b"x").expect_err("it is not tried again");
    }
}
