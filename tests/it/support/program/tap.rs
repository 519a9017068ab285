//! Reads a stream of a program on a thread, while the test wants it to be read.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

use super::pipe::close_reader;

/// What the reading thread does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Reads everything.
    Reading,
    /// Leaves everything in the pipe.
    Held,
    /// Closes its end of the pipe, like a reader that ends.
    Closed,
}

struct State {
    bytes: Vec<u8>,
    flow: Flow,
    ended: bool,
}

/// The reading end of a program's stdout or stderr, and all that was read from it.
pub struct Tap(Arc<(Mutex<State>, Condvar)>);

impl Tap {
    pub fn new(stream: OwnedFd, flow: Flow) -> Self {
        let shared = Arc::new((
            Mutex::new(State {
                bytes: Vec::new(),
                flow,
                ended: false,
            }),
            Condvar::new(),
        ));
        let tap = Self(Arc::clone(&shared));
        std::thread::spawn(move || Tap(shared).pump(File::from(stream)));
        tap
    }

    /// A tap that is always empty, for a stream that goes elsewhere.
    pub fn dry() -> Self {
        Self(Arc::new((
            Mutex::new(State {
                bytes: Vec::new(),
                flow: Flow::Closed,
                ended: true,
            }),
            Condvar::new(),
        )))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0 .0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pump(&self, mut stream: File) {
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let state = self.state();
            let state = self
                .0
                 .1
                .wait_while(state, |state| state.flow == Flow::Held)
                .unwrap_or_else(PoisonError::into_inner);
            if state.flow == Flow::Closed {
                break;
            }
            drop(state);
            // A short wait, so that it is closed in time while there is nothing to read.
            let mut fds = [PollFd::new(stream.as_fd(), PollFlags::POLLIN)];
            if !matches!(poll(&mut fds, PollTimeout::from(10u8)), Ok(1..)) {
                continue;
            }
            let Ok(count @ 1..) = stream.read(&mut chunk) else {
                break;
            };
            self.state().bytes.extend_from_slice(&chunk[..count]);
            self.0 .1.notify_all();
        }
        if self.state().flow == Flow::Closed {
            close_reader(stream);
        }
        self.state().ended = true;
        self.0 .1.notify_all();
    }

    /// Changes what the thread does. With [`Flow::Closed`], it is closed when this returns.
    pub fn set(&self, flow: Flow) {
        self.state().flow = flow;
        self.0 .1.notify_all();
        if flow == Flow::Closed {
            self.wait(Duration::from_secs(10), |_, ended| ended);
        }
    }

    /// Waits until `done` is true of the bytes so far, and of whether the stream has ended. Returns
    /// false if that takes longer than `limit`.
    pub fn wait(&self, limit: Duration, done: impl Fn(&[u8], bool) -> bool) -> bool {
        let end = Instant::now() + limit;
        let mut state = self.state();
        while !done(&state.bytes, state.ended) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            (state, _) = self
                .0
                 .1
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
        true
    }

    /// All bytes so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    /// Takes all bytes, once the stream has ended.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.state().bytes)
    }

    /// Examines the bytes so far without a copy.
    pub fn look<T>(&self, at: impl FnOnce(&[u8]) -> T) -> T {
        at(&self.state().bytes)
    }
}
