//! Signals as bytes in a pipe, so that the one poll hears them and no sleep can miss them.
//!
//! A process that has several sessions hears its signals in one place and passes them on to each
//! through a [`Relay`].

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicBool;
use std::sync::Arc;
use std::time::Instant;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

use crate::sys::poll::Poller;

/// The signals that end a run in order: SIGHUP, SIGINT and SIGTERM.
#[derive(Debug)]
pub struct Signals(Origin);

#[derive(Debug)]
enum Origin {
    Process(SignalDelivery<UnixStream, SignalOnly>),
    Relay(UnixStream),
}

/// Passes signals on to a session that runs on another thread.
#[derive(Debug)]
pub struct Relay(UnixStream);

impl Signals {
    /// Registers for the signals, but for those that whoever started the process had set to be
    /// ignored (nohup: SIGHUP; a script's `&`: SIGINT): they stay ignored.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn register() -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        let delivery = SignalDelivery::with_pipe(read, write, SignalOnly, not_ignored())?;
        Ok(Self(Origin::Process(delivery)))
    }

    /// Lets the signals end the process, as they do by default: nobody asks for them any more.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn restore_defaults() -> io::Result<()> {
        let always = Arc::new(AtomicBool::new(true));
        not_ignored().try_for_each(|signal| {
            flag::register_conditional_default(signal, Arc::clone(&always)).map(drop)
        })
    }

    /// Signals that come through a relay, and none of the process's own.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub fn relayed() -> io::Result<(Self, Relay)> {
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        write.set_nonblocking(true)?;
        Ok((Self(Origin::Relay(read)), Relay(write)))
    }

    /// What becomes readable when a signal has come.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        match &self.0 {
            Origin::Process(delivery) => delivery.get_read().as_fd(),
            Origin::Relay(stream) => stream.as_fd(),
        }
    }

    /// The signals that have come since the last call.
    pub fn take(&mut self) -> Vec<i32> {
        match &mut self.0 {
            Origin::Process(delivery) => delivery.pending().collect(),
            Origin::Relay(stream) => {
                let mut numbers = [0; 16];
                // An error or an end means that no signal is there, and none will come.
                let count = stream.read(&mut numbers).unwrap_or(0);
                numbers[..count].iter().map(|&n| i32::from(n)).collect()
            }
        }
    }

    /// Waits until signals come.
    ///
    /// # Errors
    ///
    /// What poll(2) said.
    pub fn wait(&mut self) -> io::Result<Vec<i32>> {
        self.wait_up_to(None)
    }

    /// Waits until signals come or `until` has come.
    ///
    /// # Errors
    ///
    /// What poll(2) said.
    pub fn wait_until(&mut self, until: Instant) -> io::Result<Vec<i32>> {
        self.wait_up_to(Some(until))
    }

    fn wait_up_to(&mut self, until: Option<Instant>) -> io::Result<Vec<i32>> {
        let mut poller = Poller::default();
        let mut interest = poller.interest();
        interest.add(self.fd(), true, false);
        poller.wait(interest, until)?;
        Ok(self.take())
    }
}

impl Relay {
    /// Lets the session hear `signal`. One that has ended hears nothing, and that is well.
    pub fn pass_on(&self, signal: i32) {
        let number = u8::try_from(signal).unwrap_or_default();
        let _ = (&self.0).write_all(&[number]);
    }
}

/// The signals that end a run, but for those that are ignored.
fn not_ignored() -> impl Iterator<Item = i32> {
    let ignored = ignored();
    let signals = [SIGHUP, SIGINT, SIGTERM].into_iter();
    signals.filter(move |signal| ignored >> (signal - 1) & 1 == 0)
}

/// The signals that are ignored, one bit each, the first for signal 1. Asking the system itself
/// takes an unsafe call; where there is no `/proc`, none is taken for ignored.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_is_heard_once_and_in_order() {
        let (mut signals, relay) = Signals::relayed().expect("a pair of sockets");
        assert!(signals.take().is_empty());
        relay.pass_on(SIGINT);
        relay.pass_on(SIGTERM);
        assert_eq!(signals.wait().expect("it is readable"), [SIGINT, SIGTERM]);
        assert!(signals.take().is_empty());
    }

    #[test]
    fn nobody_need_listen_to_a_relay() {
        let (signals, relay) = Signals::relayed().expect("a pair of sockets");
        drop(signals);
        relay.pass_on(SIGINT);
    }
}
