//! Signals as bytes in a pipe, so that poll(2) reports them and none is missed.
//!
//! A process with several sessions receives its signals in one place and passes them on to each
//! session through a [`Relay`].

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

/// The signals that end a run normally: SIGHUP, SIGINT and SIGTERM.
#[derive(Debug)]
pub struct Signals(SignalSource);

#[derive(Debug)]
enum SignalSource {
    Process(SignalDelivery<UnixStream, SignalOnly>),
    Relay(UnixStream),
}

/// Passes signals on to a session that runs on another thread.
#[derive(Debug)]
pub struct Relay(UnixStream);

impl Signals {
    /// Registers for the signals, except for those that were ignored when the process started
    /// (SIGHUP with nohup, SIGINT with `&` in a script), which stay ignored.
    ///
    /// # Errors
    ///
    /// The error of the operating system.
    pub fn register() -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        let delivery = SignalDelivery::with_pipe(read, write, SignalOnly, not_ignored())?;
        Ok(Self(SignalSource::Process(delivery)))
    }

    /// Restores the default action, so that the signals end the process.
    ///
    /// # Errors
    ///
    /// The error of the operating system.
    pub fn restore_defaults() -> io::Result<()> {
        let always = Arc::new(AtomicBool::new(true));
        not_ignored().try_for_each(|signal| {
            flag::register_conditional_default(signal, Arc::clone(&always)).map(drop)
        })
    }

    /// Creates a receiver for the signals that a relay passes on, instead of those of the process.
    ///
    /// # Errors
    ///
    /// The error of the operating system.
    pub fn relayed() -> io::Result<(Self, Relay)> {
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        write.set_nonblocking(true)?;
        Ok((Self(SignalSource::Relay(read)), Relay(write)))
    }

    /// The descriptor that is readable when there are signals.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        match &self.0 {
            SignalSource::Process(delivery) => delivery.get_read().as_fd(),
            SignalSource::Relay(stream) => stream.as_fd(),
        }
    }

    /// Takes the signals that have arrived since the last call.
    pub fn take(&mut self) -> Vec<i32> {
        match &mut self.0 {
            SignalSource::Process(delivery) => delivery.pending().collect(),
            SignalSource::Relay(stream) => {
                let mut numbers = [0; 16];
                // After an error or the end of the stream, there are no more signals.
                let count = stream.read(&mut numbers).unwrap_or(0);
                numbers[..count].iter().map(|&n| i32::from(n)).collect()
            }
        }
    }

    /// Waits for signals.
    ///
    /// # Errors
    ///
    /// The error of poll(2).
    pub fn wait(&mut self) -> io::Result<Vec<i32>> {
        self.wait_up_to(None)
    }

    /// Waits for signals, at most until `until`.
    ///
    /// # Errors
    ///
    /// The error of poll(2).
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
    /// Passes `signal` on to the session. Does nothing if the session has ended.
    pub fn pass_on(&self, signal: i32) {
        let number = u8::try_from(signal).unwrap_or_default();
        let _ = (&self.0).write_all(&[number]);
    }
}

/// The signals that end a run, except for those that are ignored.
fn not_ignored() -> impl Iterator<Item = i32> {
    let ignored = ignored();
    let signals = [SIGHUP, SIGINT, SIGTERM].into_iter();
    signals.filter(move |signal| ignored >> (signal - 1) & 1 == 0)
}

/// The set of ignored signals; bit 0 is signal 1. It is read from `/proc`, because sigaction(2)
/// requires unsafe code; without `/proc`, no signal counts as ignored.
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
    fn relayed_signals_arrive_once_and_in_order() {
        let (mut signals, relay) = Signals::relayed().expect("a pair of sockets");
        assert!(signals.take().is_empty());
        relay.pass_on(SIGINT);
        relay.pass_on(SIGTERM);
        assert_eq!(signals.wait().expect("it is readable"), [SIGINT, SIGTERM]);
        assert!(signals.take().is_empty());
    }

    #[test]
    fn relay_without_a_receiver_does_nothing() {
        let (signals, relay) = Signals::relayed().expect("a pair of sockets");
        drop(signals);
        relay.pass_on(SIGINT);
    }
}
