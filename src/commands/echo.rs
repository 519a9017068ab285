//! `wsline echo`: the echo server in the foreground. It prints a line for each connection and for
//! its end.

use std::fmt;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::mpsc::sync_channel;
use std::thread;

use crate::cli::EchoArgs;
use crate::connect::tls::IdentityFiles;
use crate::echo::{EchoOptions, EchoServer};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::escape::{self, Breaks};
use crate::plan::{self, Environment};

/// The maximum number of events that wait to be printed. When it is reached, the clients' threads
/// wait.
const WAITING: usize = 256;

/// Runs the server with the options of the command line.
///
/// # Errors
///
/// [`Error::Usage`] for a passphrase that can't be read, and those of [`run`].
pub fn start(args: EchoArgs, environment: &Environment) -> Result<ExitCode, Error> {
    let passphrase =
        plan::passphrase(args.pass.as_ref(), &environment.inputs).map_err(Error::Usage)?;
    let tls = args.cert.map(|cert| IdentityFiles {
        cert,
        key: args.key,
        passphrase,
    });
    let options = EchoOptions {
        tls,
        delay: args.delay,
        max_message_size: args.max_message_size,
        max_connections: args.max_connections,
    };
    run(&args.addr, &options, &mut io::stdout())
}

/// Serves on `addr` (`HOST:PORT`) until a signal ends the process. Writes the URL and then the
/// events to `out`. Returns without an error when the reader of `out` has closed it.
///
/// # Errors
///
/// Those of [`EchoServer::bind`], and [`Error::Output`] when `out` can't be written.
pub fn run(
    addr: impl ToSocketAddrs + fmt::Display,
    options: &EchoOptions,
    out: &mut dyn io::Write,
) -> Result<ExitCode, Error> {
    let server = EchoServer::bind(addr, options)?;
    match tell(server, options, out)? {
        Ok(()) => Ok(ExitCode::Success),
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::Success),
        Err(cause) => Err(Error::Output {
            target: "standard output".to_owned(),
            cause,
        }),
    }
}

/// Serves on another thread and writes events on this one, so that a write error ends the server.
fn tell(
    server: EchoServer,
    options: &EchoOptions,
    out: &mut dyn io::Write,
) -> Result<io::Result<()>, Error> {
    let limits = limits(server.local_addr().ip(), options);
    let (events, told) = sync_channel(WAITING);
    if let Err(cause) = say(out, &format_args!("listening on {}{limits}", server.url())) {
        return Ok(Err(cause));
    }
    thread::Builder::new()
        .name("echo".to_owned())
        .spawn(move || {
            server.serve(move |event| {
                // Sending fails only if the process is ending.
                let _ = events.send(event);
            })
        })
        .map_err(|cause| Error::System {
            doing: "starting the echo server",
            cause,
        })?;
    Ok(told.iter().try_for_each(|event| say(out, &event)))
}

/// The limits, as text; empty if clients on other machines can't connect to `address`.
fn limits(address: IpAddr, options: &EchoOptions) -> String {
    if address.to_canonical().is_loopback() {
        return String::new();
    }
    format!(
        " (reachable from other machines: at most {} connections, messages of at most {})",
        options.max_connections,
        size(options.max_message_size)
    )
}

/// A number of bytes in the largest unit that represents it exactly.
fn size(bytes: usize) -> String {
    for (unit, name) in [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] {
        if bytes.is_multiple_of(unit) {
            return format!("{} {name}", bytes / unit);
        }
    }
    let plural = if bytes == 1 { "" } else { "s" };
    format!("{bytes} byte{plural}")
}

fn say(out: &mut dyn io::Write, what: &dyn std::fmt::Display) -> io::Result<()> {
    writeln!(out, "{}", escape::text(&what.to_string(), Breaks::Shown))?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;
    use std::sync::mpsc::{channel, Sender};

    use super::*;

    /// A writer that passes on two lines and then fails as if its reader had closed it.
    struct TwoLines {
        lines: Sender<String>,
        line: Vec<u8>,
        left: usize,
        then: io::ErrorKind,
    }

    impl io::Write for TwoLines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.left == 0 {
                return Err(self.then.into());
            }
            self.line.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        /// A line is passed on when it is flushed, because its reader must not wait for more.
        fn flush(&mut self) -> io::Result<()> {
            let line = String::from_utf8(std::mem::take(&mut self.line)).expect("text");
            self.left -= 1;
            self.lines.send(line).map_err(io::Error::other)
        }
    }

    fn run_until(then: io::ErrorKind) -> Result<ExitCode, Error> {
        let (lines, written) = channel();
        let running = thread::spawn(move || {
            let mut out = TwoLines {
                lines,
                line: Vec::new(),
                left: 2,
                then,
            };
            run("127.0.0.1:0", &EchoOptions::default(), &mut out)
        });
        let first = written.recv().expect("it says where it listens");
        let url = first
            .strip_prefix("listening on ")
            .and_then(|rest| rest.strip_suffix('\n'))
            .expect("the line begins so and ends")
            .to_owned();
        let address = url.strip_prefix("ws://").expect("a URL");
        let stream = TcpStream::connect(address).expect("it listens");
        let from = stream.local_addr().expect("an address");
        let (client, _) = tungstenite::client(url.as_str(), stream).expect("upgraded");
        assert_eq!(
            written.recv().expect("a line for a connection"),
            format!("[1] {from} connected\n")
        );
        drop(client);
        running.join().expect("it does not panic")
    }

    #[test]
    fn closed_output_ends_the_server_without_an_error() {
        let end = run_until(io::ErrorKind::BrokenPipe).expect("an end like any other");
        assert_eq!(end, ExitCode::Success);
    }

    #[test]
    fn limits_are_printed_if_other_machines_can_connect() {
        let options = EchoOptions::default();
        for address in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"] {
            let address = address.parse().expect("an address");
            assert_eq!(limits(address, &options), "", "{address}");
        }
        for address in ["0.0.0.0", "::", "192.168.0.1", "::ffff:10.0.0.1"] {
            let address = address.parse().expect("an address");
            assert_eq!(
                limits(address, &options),
                " (reachable from other machines: at most 1000 connections, messages of at most \
                 64 MiB)",
                "{address}"
            );
        }
    }

    #[test]
    fn sizes_have_the_largest_exact_unit() {
        for (bytes, text) in [
            (1, "1 byte"),
            (1000, "1000 bytes"),
            (64 << 10, "64 KiB"),
            (64 << 20, "64 MiB"),
            (1 << 30, "1 GiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn write_errors_are_reported() {
        let error = run_until(io::ErrorKind::StorageFull).expect_err("an error");
        assert_eq!(error.exit_code(), ExitCode::Output);
    }
}
