//! Happy eyeballs (RFC 8305): connects to several addresses at once, each started a little after
//! the previous one, and uses the first that succeeds.
//!
//! The sockets are non-blocking and one poll(2) waits for all of them, so the deadline applies to
//! all, and the other sockets are closed at once.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{poll, PollFd, PollFlags, PollTimeout};
use rustix::io::Errno;
use rustix::net::AddressFamily;

use super::socket::{self, Socket};
use crate::deadline::Deadline;
use crate::error::{plain, Error, Party};
use crate::event::{ConnectStep, PeerAddress};
use crate::target::HostPort;

/// The delay before the next attempt starts (RFC 8305 §5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to `addresses` and returns the first that accepts. `to` is used in error messages.
///
/// # Errors
///
/// [`Error::ConnectTimeout`] once the deadline has passed, otherwise [`Error::Connect`]. Both
/// contain the error of each address.
pub fn connect(
    to: &HostPort,
    addresses: &[SocketAddr],
    deadline: Deadline,
    on_step: &mut dyn FnMut(ConnectStep),
) -> Result<(Socket, SocketAddr), Error> {
    let mut race = Race {
        waiting: interleave(addresses).into(),
        running: Vec::new(),
        failed: Vec::new(),
        next: Instant::now(),
        on_step,
    };
    match race.run(deadline) {
        Ok(Some(winner)) => Ok(winner),
        Ok(None) => Err(Error::Connect {
            party: Party::Server,
            to: to.to_string(),
            hint: zone_hint(&race.failed),
            attempts: shown(race.failed),
        }),
        Err(cause) if cause.kind() == io::ErrorKind::TimedOut => {
            race.cancel();
            Err(Error::ConnectTimeout {
                party: Party::Server,
                to: to.to_string(),
                limit: deadline.timeout(),
                attempts: shown(race.failed),
            })
        }
        Err(cause) => Err(Error::System {
            doing: "waiting for a connection",
            cause,
        }),
    }
}

/// The addresses that failed, for an error.
fn shown(failed: Vec<(SocketAddr, io::Error)>) -> Vec<(String, io::Error)> {
    let shown = failed.into_iter();
    shown
        .map(|(address, cause)| (address.ip().to_string(), cause))
        .collect()
}

/// The hint for a link-local address without an interface: the same address exists on every link.
fn zone_hint(attempts: &[(SocketAddr, io::Error)]) -> Option<String> {
    let lacks_zone = |address: &SocketAddr| match address {
        SocketAddr::V6(v6) => v6.ip().is_unicast_link_local() && v6.scope_id() == 0,
        SocketAddr::V4(_) => false,
    };
    attempts
        .iter()
        .any(|(address, _)| lacks_zone(address))
        .then(|| {
            "a link-local address requires a zone, which is the network interface, as in \
             [fe80::1%25eth0]"
                .to_owned()
        })
}

/// Interleaves the address families as long as both last (RFC 8305 §4). The first address stays
/// first: the resolver's order (RFC 6724) takes into account whether this machine has IPv6.
fn interleave(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let Some(first) = addresses.first() else {
        return Vec::new();
    };
    let (mut same, mut other): (VecDeque<SocketAddr>, VecDeque<SocketAddr>) = addresses
        .iter()
        .copied()
        .partition(|address| address.is_ipv6() == first.is_ipv6());
    let mut order = Vec::with_capacity(addresses.len());
    while order.len() < addresses.len() {
        order.extend(same.pop_front());
        order.extend(other.pop_front());
    }
    order
}

struct Race<'a> {
    waiting: VecDeque<SocketAddr>,
    running: Vec<(SocketAddr, TcpStream)>,
    failed: Vec<(SocketAddr, io::Error)>,
    /// When the next attempt starts.
    next: Instant,
    on_step: &'a mut dyn FnMut(ConnectStep),
}

impl Race<'_> {
    /// Runs the attempts. Returns the first socket that connects; `None` if all failed.
    fn run(&mut self, deadline: Deadline) -> io::Result<Option<(Socket, SocketAddr)>> {
        loop {
            let left = deadline.remaining()?;
            let now = Instant::now();
            if self.running.is_empty() || now >= self.next {
                if let Some(address) = self.waiting.pop_front() {
                    self.next = now + ATTEMPT_DELAY;
                    self.begin(address);
                    continue;
                }
            }
            if self.running.is_empty() {
                return Ok(None);
            }
            let next = (!self.waiting.is_empty()).then(|| self.next - now);
            let limit = [left, next].into_iter().flatten().min();
            if let Some(winner) = self.wait(limit)? {
                return Ok(Some(winner));
            }
        }
    }

    fn begin(&mut self, address: SocketAddr) {
        (self.on_step)(ConnectStep::Connecting(PeerAddress::Tcp(address)));
        match begin(address) {
            Ok(stream) => self.running.push((address, stream)),
            Err(cause) => self.fail(address, cause),
        }
    }

    fn fail(&mut self, address: SocketAddr, cause: io::Error) {
        (self.on_step)(ConnectStep::Failed(address, plain(&cause)));
        self.failed.push((address, cause));
    }

    /// Waits for an event, at most for `limit`. Returns the socket if one has connected.
    fn wait(&mut self, limit: Option<Duration>) -> io::Result<Option<(Socket, SocketAddr)>> {
        let mut fds: Vec<_> = self
            .running
            .iter()
            .map(|(_, stream)| PollFd::new(stream.as_fd(), PollFlags::POLLOUT))
            .collect();
        match poll(&mut fds, timeout(limit)) {
            Ok(0) | Err(nix::Error::EINTR) => return Ok(None),
            Ok(_) => {}
            Err(cause) => return Err(cause.into()),
        }
        let ready: Vec<_> = fds.iter().map(|fd| fd.any() == Some(true)).collect();
        let (ready, running): (Vec<_>, Vec<_>) = std::mem::take(&mut self.running)
            .into_iter()
            .zip(ready)
            .partition(|(_, ready)| *ready);
        self.running = running.into_iter().map(|(attempt, _)| attempt).collect();
        for ((address, stream), _) in ready {
            match finish(stream) {
                Ok(socket) => return Ok(Some((socket, address))),
                Err(cause) => {
                    // The next attempt starts as soon as one has failed (RFC 8305 §5).
                    self.next = Instant::now();
                    self.fail(address, cause);
                }
            }
        }
        Ok(None)
    }

    /// Records a timeout for the attempts in progress.
    fn cancel(&mut self) {
        for (address, _) in std::mem::take(&mut self.running) {
            let silence = io::Error::new(io::ErrorKind::TimedOut, "no response");
            self.fail(address, silence);
        }
    }
}

/// The timeout for poll(2), rounded up so that it never ends too early.
fn timeout(limit: Option<Duration>) -> PollTimeout {
    let Some(limit) = limit else {
        return PollTimeout::NONE;
    };
    PollTimeout::try_from(limit + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX)
}

/// Creates a non-blocking socket and starts to connect it.
fn begin(address: SocketAddr) -> io::Result<TcpStream> {
    let family = if address.is_ipv6() {
        AddressFamily::INET6
    } else {
        AddressFamily::INET
    };
    let stream = TcpStream::from(socket::open(family)?);
    stream.set_nonblocking(true)?;
    match rustix::net::connect(&stream, &address) {
        Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(stream),
        Err(cause) => Err(cause.into()),
    }
}

fn finish(stream: TcpStream) -> io::Result<Socket> {
    if let Some(cause) = stream.take_error()? {
        return Err(cause);
    }
    stream.set_nonblocking(false)?;
    Socket::from_tcp(stream)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::exit::ExitCode;

    fn listen() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("it is bound");
        (listener, address)
    }

    fn host() -> HostPort {
        HostPort::parse("host:7", 80).expect("a host")
    }

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(20))
    }

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts
            .iter()
            .map(|text| text.parse().expect("an address"))
            .collect()
    }

    #[test]
    fn families_are_interleaved_beginning_with_the_first_address() {
        for (given, order) in [
            (&[][..], &[][..]),
            (&["1.1.1.1:1"], &["1.1.1.1:1"]),
            (
                &["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "1.1.1.2:1"],
                &["[::1]:1", "1.1.1.1:1", "[::2]:1", "1.1.1.2:1", "[::3]:1"],
            ),
            (
                &["1.1.1.1:1", "1.1.1.2:1", "[::1]:1"],
                &["1.1.1.1:1", "[::1]:1", "1.1.1.2:1"],
            ),
        ] {
            assert_eq!(interleave(&addresses(given)), addresses(order));
        }
    }

    #[test]
    fn next_address_is_tried_at_once_after_a_refusal() {
        let (_listener, open) = listen();
        let closed = listen().1;
        let mut steps = Vec::new();
        let tell = &mut |step| steps.push(step);
        let (_socket, address) =
            connect(&host(), &[closed, open], soon(), tell).expect("the second listens");
        assert_eq!(address, open);
        assert!(
            matches!(&steps[..], [ConnectStep::Connecting(PeerAddress::Tcp(a)), ConnectStep::Failed(b, why), ConnectStep::Connecting(PeerAddress::Tcp(c))]
                if *a == closed && *b == closed && *c == open && why == "Connection refused"),
            "{steps:?}"
        );
    }

    #[test]
    fn errors_of_all_addresses_are_reported() {
        let (first, second) = (listen().1, listen().1);
        let error = connect(&host(), &[first, second], Deadline::never(), &mut |_| ())
            .expect_err("nobody listens on either");
        let Error::Connect { attempts, to, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(to, host().to_string());
        let tried: Vec<_> = attempts.iter().map(|(address, _)| &**address).collect();
        assert_eq!(tried, ["127.0.0.1", "127.0.0.1"]);
    }

    #[test]
    fn passed_deadline_is_a_connect_timeout() {
        let (_listener, address) = listen();
        let deadline = Deadline::after(Duration::ZERO);
        let error =
            connect(&host(), &[address], deadline, &mut |_| ()).expect_err("there is no time left");
        assert_eq!(error.exit_code(), ExitCode::Timeout);
        assert_eq!(
            error.to_string(),
            "timed out after 0 s (--connect-timeout) while connecting to host:7"
        );
    }

    #[test]
    fn timeouts_beyond_the_range_of_poll_are_limited() {
        assert_eq!(timeout(None), PollTimeout::NONE);
        assert_eq!(
            timeout(Some(Duration::from_secs(1 << 40))),
            PollTimeout::MAX
        );
    }
}
