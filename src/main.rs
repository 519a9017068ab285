//! `wsline`, a WebSocket client for the command line. Parse, run, exit.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Instant;

use wsline::cli::{usage, ColorChoice, UsageError};
use wsline::commands;
use wsline::commands::end::{print_end, REPORT_TIMEOUT};
use wsline::error::Error;
use wsline::http::Secrets;
use wsline::output::palette::Palette;
use wsline::output::report::report;
use wsline::output::stderr;
use wsline::output::verbosity::Verbosity;
use wsline::plan::config::{self, CallError};
use wsline::plan::{self, palette, Environment};

fn main() -> ExitCode {
    plan::correct_variables();
    let environment = Environment::read();
    let args: Vec<OsString> = plan::arguments().collect();
    let result = config::parse(&args, &environment)
        .and_then(|invocation| commands::run(invocation, &environment));
    match result {
        Ok(code) => code.into(),
        Err(CallError::Usage(usage)) => print_usage(&usage, &environment),
        Err(CallError::Failed(error)) => {
            print_error(&error, &environment);
            error.exit_code().into()
        }
    }
}

fn print_error(error: &Error, environment: &Environment) {
    let palette = palette(ColorChoice::Auto, environment.stderr, environment);
    let words = report(error, Verbosity::Normal, palette, Secrets::Hidden);
    // A signal ends the program at once, even if its message is not read.
    let is_ended = matches!(error, Error::Signal(_));
    let until = is_ended.then(|| Instant::now() + REPORT_TIMEOUT);
    print_end(&words, until);
}

/// Prints help, the version, or a usage error.
fn print_usage(error: &UsageError, environment: &Environment) -> ExitCode {
    if error.use_stderr() {
        let palette = palette(ColorChoice::Auto, environment.stderr, environment);
        stderr::print(&usage::text(error, palette != Palette::plain()), None);
    } else {
        // An error can't be reported anywhere.
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}
