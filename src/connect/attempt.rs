//! An attempt to connect on its own thread, with a descriptor to poll.
//!
//! Connecting uses blocking calls, and name resolution has no timeout. On a short-lived thread, it
//! can be abandoned at any time.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use super::dialer::{Dialer, OpenedConnection};
use super::failure::timed_out;
use super::options::ConnectOptions;
use super::redirect;
use crate::deadline::Deadline;
use crate::error::{Error, Phase, Refusal};
use crate::event::ConnectStep;
use crate::http::{Body, ResponseHead};

/// An event of an attempt.
#[derive(Debug)]
pub enum AttemptEvent {
    /// A step is complete.
    Step(ConnectStep),
    /// The attempt has ended. No event follows.
    Done(Box<Result<OpenedConnection, Error>>),
}

/// An attempt in progress. If it is dropped, its thread ends by itself without being waited for,
/// and closes a connection that it may still open.
#[derive(Debug)]
pub struct Attempt {
    events: Receiver<AttemptEvent>,
    woken: UnixStream,
    deadline: Deadline,
    phase: Phase,
    tls: bool,
    follows_redirects: bool,
    /// The head of a refusal whose body is being received.
    refused: Option<ResponseHead>,
    /// The proxy that was asked last, by its URL, and the host and port that it was asked for.
    proxy: Option<String>,
    proxy_target: Option<String>,
    over: bool,
}

/// The sending end, used by the thread. The order of the fields matters: when the thread ends, the
/// last sender is dropped before the wake-up descriptor is closed.
struct EventSender {
    events: Sender<AttemptEvent>,
    wake: UnixStream,
}

impl EventSender {
    fn send(&self, event: AttemptEvent) {
        // A closed channel means that the attempt was abandoned; a full wake-up pipe means that a
        // wake-up is already pending. Neither is an error.
        if self.events.send(event).is_ok() {
            let _ = (&self.wake).write(&[0]);
        }
    }
}

/// How long after its deadline the thread may still report its result. The part of a refusal that
/// was received in time is more useful than the timeout alone.
const GRACE: Duration = Duration::from_millis(500);

impl Dialer {
    /// Starts to connect on a new thread.
    ///
    /// # Errors
    ///
    /// The error of the operating system if the thread or the wake-up descriptor could not be
    /// created.
    pub fn start(&self, options: ConnectOptions, deadline: Deadline) -> io::Result<Attempt> {
        let tls = options.target.is_tls();
        let follows_redirects = options.max_redirects.is_some();
        let dialer = self.clone();
        let attempt = start_with(deadline, tls, move |on_step| {
            dialer.open(&options, deadline, on_step)
        })?;
        Ok(Attempt {
            follows_redirects,
            ..attempt
        })
    }
}

fn start_with(
    deadline: Deadline,
    tls: bool,
    work: impl FnOnce(&mut dyn FnMut(ConnectStep)) -> Result<OpenedConnection, Error> + Send + 'static,
) -> io::Result<Attempt> {
    let (woken, wake) = UnixStream::pair()?;
    woken.set_nonblocking(true)?;
    wake.set_nonblocking(true)?;
    let (sender, events) = mpsc::channel();
    let sender = EventSender {
        events: sender,
        wake,
    };
    thread::Builder::new()
        .name("connect".to_owned())
        .spawn(move || {
            let result = work(&mut |step| sender.send(AttemptEvent::Step(step)));
            sender.send(AttemptEvent::Done(Box::new(result)));
        })?;
    Ok(Attempt {
        events,
        woken,
        deadline,
        phase: Phase::Resolve,
        tls,
        follows_redirects: false,
        refused: None,
        proxy: None,
        proxy_target: None,
        over: false,
    })
}

impl Attempt {
    /// The descriptor that is readable when there are events. Call [`next`](Self::next) until it
    /// returns `None`. After [`AttemptEvent::Done`], it stays readable.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.woken.as_fd()
    }

    /// When [`next`](Self::next) must be called even if the descriptor is not readable; `None` for
    /// never.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let end = self.deadline.instant()?;
        // Only the resolver has no timeout. All other steps observe the deadline themselves.
        match self.phase {
            Phase::Resolve => Some(end),
            _ => end.checked_add(GRACE),
        }
    }

    /// The current phase, as last reported.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The next event; `None` if there is none. Never blocks.
    #[expect(
        clippy::should_implement_trait,
        reason = "`None` means not yet here, and is the end of an iterator"
    )]
    pub fn next(&mut self) -> Option<AttemptEvent> {
        if self.over {
            return None;
        }
        // Events that were sent before the last wake-up read here are already in the channel.
        let mut wakes = [0; 64];
        while matches!((&self.woken).read(&mut wakes), Ok(count) if count == wakes.len()) {}
        let event = match self.events.try_recv() {
            Ok(event) => event,
            Err(TryRecvError::Empty) => {
                self.due().filter(|&due| Instant::now() >= due)?;
                let error = self.take_refusal();
                let error = error.unwrap_or_else(|| timed_out(self.deadline, self.phase));
                AttemptEvent::Done(Box::new(Err(error)))
            }
            // The panic message was printed by the thread.
            Err(TryRecvError::Disconnected) => AttemptEvent::Done(Box::new(Err(Error::System {
                doing: "connecting",
                cause: io::Error::other("wsline itself failed; this is a bug in it"),
            }))),
        };
        match &event {
            AttemptEvent::Step(step) => {
                if let ConnectStep::Redirected { tls, .. } = step {
                    self.tls = *tls;
                }
                self.phase = self.phase_after(step);
                self.note_refusal(step);
            }
            AttemptEvent::Done(_) => self.over = true,
        }
        Some(event)
    }

    /// Keeps what a refusal consists of, until the next step.
    fn note_refusal(&mut self, step: &ConnectStep) {
        self.refused = None;
        match step {
            ConnectStep::Proxy(url) => self.proxy = Some(url.clone()),
            ConnectStep::ProxyRequest(to, _) => self.proxy_target = Some(to.clone()),
            ConnectStep::ProxyResponse(Some(head)) if !(200..300).contains(&head.status) => {
                self.refused = Some(head.clone());
            }
            ConnectStep::UpgradeRequest(_) => self.proxy_target = None,
            ConnectStep::UpgradeResponse(head) if self.is_refusal(head) => {
                self.refused = Some(head.clone());
                self.proxy_target = None;
            }
            _ => {}
        }
    }

    fn is_refusal(&self, head: &ResponseHead) -> bool {
        head.status != 101 && !(self.follows_redirects && redirect::is_redirect(head.status))
    }

    /// Takes the refusal whose body is still being received, as an error without the body. It must
    /// be reported even if the attempt is abandoned.
    pub fn take_refusal(&mut self) -> Option<Error> {
        let head = self.refused.take()?;
        self.over = true;
        let cause = head.status_line.clone();
        let refusal = Box::new(Refusal {
            head,
            body: Body {
                truncated: true,
                ..Body::default()
            },
            hint: None,
        });
        Some(match (self.proxy.take(), self.proxy_target.take()) {
            (Some(proxy), Some(to)) => Error::ProxyRefused {
                proxy,
                to,
                cause,
                refusal: Some(refusal),
                unreachable: false,
                hint: None,
            },
            _ => Error::Refused(refusal),
        })
    }

    fn phase_after(&self, step: &ConnectStep) -> Phase {
        match step {
            // The name of the proxy, or of the host after a redirect, may have to be resolved.
            ConnectStep::Proxy(_) | ConnectStep::Redirected { .. } => Phase::Resolve,
            ConnectStep::ProxyRequest(..) => Phase::Proxy,
            ConnectStep::Resolved(_) | ConnectStep::Connecting(_) | ConnectStep::Failed(..) => {
                Phase::Connect
            }
            ConnectStep::Connected(_) | ConnectStep::ProxyResponse(_) if self.tls => Phase::Tls,
            ConnectStep::Connected(_)
            | ConnectStep::ProxyResponse(_)
            | ConnectStep::TlsHandshake(_)
            | ConnectStep::KeysNotWritten(_)
            | ConnectStep::Certificate(_)
            | ConnectStep::UpgradeRequest(_)
            | ConnectStep::UpgradeResponse(_) => Phase::Upgrade,
        }
    }
}

#[cfg(test)]
mod tests {
    use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

    use super::*;
    use crate::event::PeerAddress;

    /// Collects events until the end, waiting for the descriptor.
    fn finish(attempt: &mut Attempt) -> (Vec<ConnectStep>, Result<OpenedConnection, Error>) {
        let mut steps = Vec::new();
        loop {
            let mut fds = [PollFd::new(attempt.fd(), PollFlags::POLLIN)];
            let ready = poll(&mut fds, PollTimeout::from(20_000_u16)).expect("poll");
            assert_eq!(ready, 1, "it was not woken");
            while let Some(event) = attempt.next() {
                match event {
                    AttemptEvent::Step(step) => steps.push(step),
                    AttemptEvent::Done(result) => {
                        assert!(attempt.next().is_none());
                        return (steps, *result);
                    }
                }
            }
        }
    }

    fn refusal() -> Error {
        Error::Usage("nothing".to_owned())
    }

    #[test]
    fn events_make_the_descriptor_readable() {
        let mut attempt = start_with(Deadline::never(), false, |tell| {
            tell(ConnectStep::Resolved(Vec::new()));
            tell(ConnectStep::TlsHandshake("TLS".to_owned()));
            Err(refusal())
        })
        .expect("a thread");
        let (steps, result) = finish(&mut attempt);
        assert!(matches!(
            &steps[..],
            [ConnectStep::Resolved(_), ConnectStep::TlsHandshake(_)]
        ));
        assert!(matches!(result, Err(Error::Usage(_))));
    }

    #[test]
    fn panic_of_the_thread_is_an_error() {
        let mut attempt =
            start_with(Deadline::never(), false, |_| panic!("as it should")).expect("a thread");
        let (_, result) = finish(&mut attempt);
        assert!(matches!(result, Err(Error::System { .. })), "{result:?}");
    }

    #[test]
    fn resolver_that_hangs_is_timed_out() {
        let (release, held) = mpsc::channel::<()>();
        let deadline = Deadline::after(Duration::ZERO);
        let mut attempt = start_with(deadline, true, move |_| {
            // Ends when the sender is dropped at the end of the test.
            let _ = held.recv();
            Err(refusal())
        })
        .expect("a thread");
        assert!(attempt.due().is_some_and(|due| due <= Instant::now()));
        let Some(AttemptEvent::Done(result)) = attempt.next() else {
            panic!("the deadline has passed");
        };
        assert!(matches!(
            *result,
            Err(Error::Timeout {
                option: "--connect-timeout",
                phase: Phase::Resolve,
                ..
            })
        ));
        assert!(attempt.next().is_none());
        drop(attempt);
        drop(release);
    }

    #[test]
    fn phases_after_resolving_observe_the_deadline_themselves() {
        let address = PeerAddress::Tcp("127.0.0.1:1".parse().expect("an address"));
        let mut attempt = start_with(Deadline::after(Duration::from_mins(1)), true, move |tell| {
            tell(ConnectStep::Connected(address));
            Err(refusal())
        })
        .expect("a thread");
        let end = attempt.deadline.instant();
        assert_eq!(attempt.due(), end);
        let (steps, _) = finish(&mut attempt);
        assert!(matches!(&steps[..], [ConnectStep::Connected(_)]));
        assert_eq!(attempt.phase, Phase::Tls);
        assert!(attempt.due() > end);
    }
}
