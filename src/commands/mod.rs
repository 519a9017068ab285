//! The commands, one per file.

pub mod bench;
pub mod curl;
pub mod demo;
pub mod echo;
pub mod end;
pub mod flipbook;
pub mod generate;
pub mod help;
mod notes;
pub mod ping;
pub mod rpc;
mod single;
pub mod talk;
pub mod test;

use std::io;

use crate::cli::Call;
use crate::connect::tls;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::plan::config::{self, CallError, Invocation};
use crate::plan::{Environment, Plan};

/// Runs a command.
///
/// # Errors
///
/// The error that prevented or ended it, unless it has been reported.
pub fn run(invocation: Invocation, environment: &Environment) -> Result<ExitCode, CallError> {
    let Invocation { call, script } = invocation;
    Ok(match call {
        Call::Talk { url, options } => {
            talk::start(Plan::with_script(&url, *options, script, environment)?)
        }
        Call::Test { test, options } => {
            // The environment must be unchanged for a server that `wsline test` starts.
            if test.serve.is_none() {
                tls::read_lazily();
            }
            test::run(*test, *options, environment)?
        }
        Call::Demo { options } => demo::run(*options, script, environment)?,
        Call::Flipbook { options } => flipbook::run(*options, environment)?,
        Call::Ping { ping, options } => ping::run(*ping, *options, environment)?,
        Call::Rpc { rpc, options } => rpc::run(&rpc, *options, environment)?,
        Call::Bench { bench, options } => bench::run(&bench, *options, environment)?,
        Call::Echo(args) => echo::start(args, environment)?,
        Call::Config(args) => print_all(&config::show(&args, environment)?, &mut io::stdout())?,
        Call::Help(topic) => print_all(&help::text(topic.as_deref())?, &mut io::stdout())?,
        Call::Generate(what) => print_all(generate::text(what), &mut io::stdout())?,
        Call::Curl(words) => curl::run(&words, environment.clone())?,
    })
}

/// Prints a text to stdout. A closed pipe is not an error.
fn print_all(text: &str, out: &mut dyn io::Write) -> Result<ExitCode, Error> {
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => Err(Error::Output {
            target: "standard output".to_owned(),
            cause,
        }),
        _ => Ok(ExitCode::Success),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer that fails with this error.
    struct Broken(io::ErrorKind);

    impl io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn full_disk_is_an_error_and_a_closed_pipe_is_not() {
        let full = print_all("x", &mut Broken(io::ErrorKind::StorageFull));
        assert!(matches!(full, Err(Error::Output { .. })), "{full:?}");
        let left = print_all("x", &mut Broken(io::ErrorKind::BrokenPipe));
        assert!(matches!(left, Ok(ExitCode::Success)), "{left:?}");
    }
}
