//! Limits the number of clients that are served at the same time.

use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The maximum number of clients that are refused at the same time, each on a thread. Others wait
/// to be accepted.
const REFUSALS: usize = 16;

/// What a client's thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Serves the client.
    Serve,
    /// Refuses the client, because there are too many connections.
    Refuse,
}

/// Counts the clients. The thread that accepts them takes a permit for each.
#[derive(Debug)]
pub(super) struct Permits {
    limit: NonZeroUsize,
    taken: Mutex<Taken>,
    returned: Condvar,
}

#[derive(Debug, Default)]
struct Taken {
    serving: usize,
    refusing: usize,
}

/// Counts one client until it is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    permits: Arc<Permits>,
    purpose: Purpose,
}

impl Permits {
    /// Creates permits for `limit` clients at the same time.
    pub(super) fn new(limit: NonZeroUsize) -> Self {
        Self {
            limit,
            taken: Mutex::default(),
            returned: Condvar::new(),
        }
    }

    /// The maximum number of clients that are served at the same time.
    pub(super) fn limit(&self) -> NonZeroUsize {
        self.limit
    }

    /// Waits until [`take`](Self::take) would not exceed the maximum number of threads.
    pub(super) fn wait(&self) {
        let mut taken = self.taken();
        while taken.serving >= self.limit.get() && taken.refusing >= REFUSALS {
            let woken = self.returned.wait(taken);
            taken = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes a permit for one client: to serve it if the limit allows, else to refuse it.
    pub(super) fn take(self: &Arc<Self>) -> Permit {
        let mut taken = self.taken();
        let purpose = if taken.serving < self.limit.get() {
            taken.serving += 1;
            Purpose::Serve
        } else {
            taken.refusing += 1;
            Purpose::Refuse
        };
        Permit {
            permits: Arc::clone(self),
            purpose,
        }
    }

    /// A client's thread that panicked does not make the counts wrong.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// What the client's thread may do.
    pub(super) fn purpose(&self) -> Purpose {
        self.purpose
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut taken = self.permits.taken();
        match self.purpose {
            Purpose::Serve => taken.serving -= 1,
            Purpose::Refuse => taken.refusing -= 1,
        }
        self.permits.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    fn permits(limit: usize) -> Arc<Permits> {
        let limit = NonZeroUsize::new(limit).expect("it is not zero");
        Arc::new(Permits::new(limit))
    }

    #[test]
    fn a_returned_permit_can_be_taken_again() {
        let permits = permits(2);
        let first = permits.take();
        let second = permits.take();
        assert_eq!(second.purpose(), Purpose::Serve);
        assert_eq!(permits.take().purpose(), Purpose::Refuse);
        drop(first);
        assert_eq!(permits.take().purpose(), Purpose::Serve);
    }

    #[test]
    fn threads_are_limited_while_clients_are_refused() {
        let permits = permits(1);
        let served = permits.take();
        let refused: Vec<_> = (0..REFUSALS).map(|_| permits.take()).collect();
        let (sender, woken) = channel();
        let waiting = Arc::clone(&permits);
        let thread = thread::spawn(move || {
            waiting.wait();
            sender
                .send(waiting.take().purpose())
                .expect("it is awaited");
        });
        assert!(woken.try_recv().is_err(), "it waits");
        drop(served);
        assert_eq!(woken.recv(), Ok(Purpose::Serve));
        thread.join().expect("it has not panicked");
        drop(refused);
        permits.wait();
    }
}
