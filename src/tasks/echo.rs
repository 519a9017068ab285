//! `wsline echo`: the echo server in the foreground, with a line for each connection and its end.

use std::io;
use std::sync::mpsc::sync_channel;
use std::thread;

use crate::echo::{EchoServer, Options};
use crate::error::Error;
use crate::exit::ExitCode;

/// Events that may wait for a slow reader before they hold up the clients that they speak of.
const WAITING: usize = 256;

/// Serves on `addr` (`HOST:PORT`) until a signal ends the process, and writes what happens to
/// `out`, where it listens first. When `out` has lost its reader, that is the end, and a quiet one.
///
/// # Errors
///
/// What [`EchoServer::bind`] says, and [`Error::Output`] when `out` can't be written.
pub fn run(addr: &str, options: &Options, out: &mut dyn io::Write) -> Result<ExitCode, Error> {
    let server = EchoServer::bind(addr, options)?;
    match tell(server, out)? {
        Ok(()) => Ok(ExitCode::Success),
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::Success),
        Err(cause) => Err(Error::Output {
            target: "standard output".to_owned(),
            cause,
        }),
    }
}

/// Serves on another thread and writes here, so that an end of writing is the end of it all.
fn tell(server: EchoServer, out: &mut dyn io::Write) -> Result<io::Result<()>, Error> {
    let url = server.url();
    let (events, told) = sync_channel(WAITING);
    if let Err(cause) = say(out, &format_args!("listening on {url}")) {
        return Ok(Err(cause));
    }
    thread::Builder::new()
        .name("echo".to_owned())
        .spawn(move || {
            server.serve(move |event| {
                // An error means that nobody listens any more: the process is ending.
                let _ = events.send(event);
            })
        })
        .map_err(|cause| Error::System {
            doing: "starting the echo server",
            cause,
        })?;
    Ok(told.iter().try_for_each(|event| say(out, &event)))
}

fn say(out: &mut dyn io::Write, what: &dyn std::fmt::Display) -> io::Result<()> {
    writeln!(out, "{what}")?;
    out.flush()
}
