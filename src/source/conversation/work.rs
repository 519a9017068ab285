//! Work on a large message, on a thread of its own: the loop goes on meanwhile, so that time limits,
//! signals and Pings do not wait for it.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};

/// Work that is under way. Dropped, it ends by itself: nothing waits for it.
#[derive(Debug)]
pub(super) struct Work<T> {
    thread: JoinHandle<T>,
    /// Its other end is closed when the thread ends.
    ended: UnixStream,
}

impl<T: Send + 'static> Work<T> {
    /// Begins.
    ///
    /// # Errors
    ///
    /// What the operating system said if there can be no thread.
    pub(super) fn start(work: impl FnOnce() -> T + Send + 'static) -> io::Result<Self> {
        let (ended, end) = UnixStream::pair()?;
        ended.set_nonblocking(true)?;
        let thread = thread::Builder::new().name("work".to_owned());
        let thread = thread.spawn(move || {
            let _end = end;
            work()
        })?;
        Ok(Self { thread, ended })
    }

    /// What becomes readable when it is done.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.ended.as_fd()
    }

    /// What it came to, or itself if it goes on. A panic goes on here.
    pub(super) fn result(self) -> Result<T, Self> {
        match (&self.ended).read(&mut [0]) {
            Err(error) if error.kind() != io::ErrorKind::ConnectionReset => Err(self),
            _ => match self.thread.join() {
                Ok(result) => Ok(result),
                Err(panic) => std::panic::resume_unwind(panic),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

    use super::*;

    /// Waits for the descriptor, not for the time.
    fn wait<T>(work: &Work<T>) -> i32
    where
        T: Send + 'static,
    {
        let mut fds = [PollFd::new(work.fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::from(20_000_u16)).expect("poll")
    }

    #[test]
    fn the_descriptor_says_when_it_is_done() {
        let (go, gone) = mpsc::channel::<u32>();
        let work = Work::start(move || gone.recv().map(|number| number + 1)).expect("a thread");
        let work = work.result().expect_err("it has only begun");
        go.send(1).expect("it listens");
        assert_eq!(wait(&work), 1);
        assert_eq!(work.result().expect("it is done"), Ok(2));
    }

    #[test]
    #[should_panic(expected = "as it should")]
    fn a_panic_is_no_hang() {
        let work = Work::<()>::start(|| panic!("as it should")).expect("a thread");
        assert_eq!(wait(&work), 1);
        let _ = work.result();
    }
}
