//! A faulty network: a proxy on loopback that passes bytes between the program and a server, with
//! network faults: ends, resets, delays, and splitting into single bytes.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::thread;
use std::time::{Duration, Instant};

use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

use super::time;

/// Whose bytes are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    Server,
    Client,
}

/// What happens to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Both sides get the end of TCP (FIN). What the client sends afterwards is discarded.
    Cut,
    /// The client sees a reset (RST).
    Reset,
    /// Everything from that side is delayed by this much.
    Delay(Duration),
}

/// A proxy to be configured; [`start`](Self::start) makes it listen for one connection.
#[must_use = "start() lets it listen"]
pub struct FaultProxy {
    server: SocketAddr,
    fault: Option<(From, usize, Fault)>,
    single: bool,
}

impl FaultProxy {
    /// A proxy to `server` without a fault.
    pub fn to(server: SocketAddr) -> Self {
        Self {
            server,
            fault: None,
            single: false,
        }
    }

    /// `fault` happens after `count` bytes of `from` have been passed on.
    pub fn after(mut self, from: From, count: usize, fault: Fault) -> Self {
        self.fault = Some((from, count, fault));
        self
    }

    /// Passes on every byte by itself, in both directions.
    pub fn single_bytes(mut self) -> Self {
        self.single = true;
        self
    }

    /// Listens and returns the URL to connect to. The proxy ends with its connection, or when
    /// neither side has sent anything for as long as a program may run.
    pub fn start(self) -> String {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port can be had");
        let addr = listener.local_addr().expect("a listener has an address");
        thread::spawn(move || {
            // Errors are expected here; the test checks their effect on the program.
            let _ = self.pass(&listener);
        });
        format!("ws://{addr}/")
    }

    fn pass(self, listener: &TcpListener) -> io::Result<()> {
        if !readable(&[listener.as_fd()])?[0] {
            return Ok(());
        }
        let (client, _) = listener.accept()?;
        let server = TcpStream::connect(self.server)?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let mut ways = [
            Way::new(&client, &server, From::Client, &self),
            Way::new(&server, &client, From::Server, &self),
        ];
        while ways.iter().any(|way| !way.ended) {
            let waiting = ways.iter().filter(|way| !way.ended);
            let fds: Vec<_> = waiting.map(|way| way.reader.as_fd()).collect();
            let mut ready = readable(&fds)?.into_iter();
            for way in ways.iter_mut().filter(|way| !way.ended) {
                if ready.next() != Some(true) {
                    continue;
                }
                match way.pass()? {
                    None | Some(Fault::Delay(_)) => {}
                    Some(Fault::Cut) => return cut(&client, &server),
                    Some(Fault::Reset) => {
                        // Closing, when this returns, is then the reset.
                        let zero = Some(Duration::ZERO);
                        return Ok(rustix::net::sockopt::set_socket_linger(&client, zero)?);
                    }
                }
            }
        }
        Ok(())
    }
}

/// One direction.
struct Way<'a> {
    reader: &'a TcpStream,
    writer: &'a TcpStream,
    /// The number of bytes before the fault, if it is in this direction.
    fault: Option<(usize, Fault)>,
    single: bool,
    ended: bool,
}

impl<'a> Way<'a> {
    fn new(reader: &'a TcpStream, writer: &'a TcpStream, from: From, proxy: &FaultProxy) -> Self {
        let fault = proxy.fault.filter(|(side, ..)| *side == from);
        Self {
            reader,
            writer,
            fault: fault.map(|(_, count, fault)| (count, fault)),
            single: proxy.single,
            ended: false,
        }
    }

    /// Passes on available bytes. Returns the fault when it is due.
    fn pass(&mut self) -> io::Result<Option<Fault>> {
        let mut buffer = [0; 16 * 1024];
        let count = self.reader.read(&mut buffer)?;
        if count == 0 {
            self.ended = true;
            // The other side may have closed already.
            let _ = self.writer.shutdown(Shutdown::Write);
            return Ok(None);
        }
        let (before, due) = match &mut self.fault {
            Some((left, _)) => {
                let before = count.min(*left);
                *left -= before;
                (before, *left == 0)
            }
            None => (count, false),
        };
        self.write(&buffer[..before])?;
        let fault = self.fault.filter(|_| due).map(|(_, fault)| fault);
        if let Some(Fault::Delay(delay)) = fault {
            thread::sleep(delay);
            self.write(&buffer[before..count])?;
        }
        Ok(fault)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.single {
            return self.writer.write_all(bytes);
        }
        bytes.iter().try_for_each(|byte| {
            self.writer.write_all(&[*byte])?;
            // Separate segments: the reader can run in between.
            thread::yield_now();
            Ok(())
        })
    }
}

/// Ends both sides, and reads until the client has closed, because closing with unread bytes would
/// reset the connection.
fn cut(client: &TcpStream, server: &TcpStream) -> io::Result<()> {
    server.shutdown(Shutdown::Both)?;
    client.shutdown(Shutdown::Write)?;
    client.set_read_timeout(Some(time::limit(time::PROGRAM)))?;
    let mut client = client;
    io::copy(&mut client, &mut io::sink()).map(drop)
}

/// Which of these are readable, once one is; an error if none is for too long.
fn readable(fds: &[std::os::fd::BorrowedFd<'_>]) -> io::Result<Vec<bool>> {
    let end = Instant::now() + time::limit(time::PROGRAM);
    loop {
        let mut polled: Vec<_> = fds
            .iter()
            .map(|fd| PollFd::new(*fd, PollFlags::POLLIN))
            .collect();
        match poll(&mut polled, PollTimeout::from(1000_u16)) {
            Ok(0) | Err(nix::Error::EINTR) if Instant::now() < end => {}
            Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
            Err(error) => return Err(error.into()),
            Ok(_) => {
                let any = |fd: &PollFd<'_>| fd.revents().is_some_and(|events| !events.is_empty());
                return Ok(polled.iter().map(any).collect());
            }
        }
    }
}
