//! Work on a large message on a thread, so that timeouts, signals and Pings are not delayed.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::thread::{self, JoinHandle};

/// Work in progress. If it is dropped, the thread ends by itself.
#[derive(Debug)]
pub(super) struct Work<T> {
    thread: JoinHandle<T>,
    /// Its other end is closed when the thread ends.
    ended: UnixStream,
}

impl<T: Send + 'static> Work<T> {
    /// Starts the work on a new thread.
    ///
    /// # Errors
    ///
    /// The error of the operating system if the thread could not be started.
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

    /// The descriptor that is readable when the work is complete.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.ended.as_fd()
    }

    /// The result, or `self` if it is not complete. A panic of the thread is continued.
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
    fn descriptor_is_readable_when_the_work_is_complete() {
        let (go, gone) = mpsc::channel::<u32>();
        let work = Work::start(move || gone.recv().map(|number| number + 1)).expect("a thread");
        let work = work.result().expect_err("it has only begun");
        go.send(1).expect("it listens");
        assert_eq!(wait(&work), 1);
        assert_eq!(work.result().expect("it is done"), Ok(2));
    }

    #[test]
    #[should_panic(expected = "as it should")]
    fn panic_of_the_thread_is_passed_on() {
        let work = Work::<()>::start(|| panic!("as it should")).expect("a thread");
        assert_eq!(wait(&work), 1);
        let _ = work.result();
    }
}
