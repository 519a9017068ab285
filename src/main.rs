//! `wsline`, a WebSocket client for the command line. Parse, plan, run, exit.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::time::Instant;

use wsline::cli::{self, Call, ColorChoice, EchoArgs, OptionArgs};
use wsline::commands;
use wsline::connect::proxy::ProxyVariables;
use wsline::connect::tls::{self, IdentityFiles};
use wsline::echo::{self, EchoServer};
use wsline::error::Error;
use wsline::http::Secrets;
use wsline::output::palette::Palette;
use wsline::output::report::report;
use wsline::output::stderr;
use wsline::output::verbosity::Verbosity;
use wsline::plan::{self, palette, Environment, Plan};

fn main() -> ExitCode {
    let environment = Environment::read();
    let call = match cli::parse(plan::arguments()) {
        Ok(call) => call,
        Err(usage) => return print_usage(&usage, &environment),
    };
    let result = match call {
        Call::Talk { url, options } => Plan::new(&url, *options, &environment).map(talk),
        Call::Test { test, options } => {
            // A server that it starts is to find the environment as it was.
            if test.serve.is_none() {
                tls::read_lazily();
            }
            commands::test::run(*test, &options, &environment).map(Into::into)
        }
        Call::Demo { options } => demo(*options, &environment),
        Call::Echo(options) => echo(options, &environment),
        Call::Generate(what) => generate(what),
        Call::Curl(words) => curl(&words, environment.clone()),
    };
    result.unwrap_or_else(|error| {
        let palette = palette(ColorChoice::Auto, environment.stderr, &environment);
        let words = report(&error, Verbosity::Normal, palette, Secrets::Hidden);
        // One signal is enough, whether or not somebody reads of it.
        let is_ended = matches!(error, Error::Signal(_));
        let until = is_ended.then(|| Instant::now() + commands::REPORT_TIMEOUT);
        commands::print_end(&words, until);
        error.exit_code().into()
    })
}

/// Talks.
fn talk(plan: Plan) -> ExitCode {
    if plan.request.may_use_tls() {
        tls::read_lazily();
    }
    commands::talk::run(plan).into()
}

/// Talks to an echo server of our own, inside this process.
fn demo(options: OptionArgs, environment: &Environment) -> Result<ExitCode, Error> {
    // Only this client uses it: it echoes as much as the client is ready to receive.
    let max_message_size = options.max_message_size;
    let server = echo::EchoOptions {
        max_message_size: max_message_size.map_or(echo::LARGEST_MESSAGE, |size| {
            usize::try_from(size).unwrap_or(echo::LARGEST_MESSAGE)
        }),
        ..echo::EchoOptions::default()
    };
    let server = EchoServer::bind("127.0.0.1:0", &server)?.start()?;
    // The server is in this process: no proxy could reach it unless the user says so.
    let environment = Environment {
        proxies: ProxyVariables::default(),
        ..environment.clone()
    };
    let mut plan = Plan::new(server.url(), options, &environment)?;
    plan.greet("an echo server of our own: what you send comes back, ^D ends");
    Ok(talk(plan))
}

/// Talks as a pasted curl command says.
fn curl(words: &[OsString], mut environment: Environment) -> Result<ExitCode, Error> {
    let command = commands::curl::read(words, &mut environment)?;
    match command.parse() {
        Ok((url, options)) => command.plan(&url, options, &environment).map(talk),
        Err(usage) => Ok(print_usage(&usage, &environment)),
    }
}

fn echo(options: EchoArgs, environment: &Environment) -> Result<ExitCode, Error> {
    let EchoArgs {
        addr,
        cert,
        key,
        pass,
        delay,
        max_message_size,
        max_connections,
        ..
    } = options;
    let passphrase = plan::passphrase(pass.as_ref(), &environment.inputs).map_err(Error::Usage)?;
    let tls = cert.map(|cert| IdentityFiles {
        cert,
        key,
        passphrase,
    });
    let options = echo::EchoOptions {
        tls,
        delay,
        max_message_size,
        max_connections,
    };
    let code = commands::echo::run(&addr, &options, &mut io::stdout())?;
    Ok(code.into())
}

fn generate(what: cli::Generate) -> Result<ExitCode, Error> {
    let written = commands::generate::generate(&what, &mut io::stdout());
    match written {
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => Err(Error::Output {
            target: "standard output".to_owned(),
            cause,
        }),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Prints help, the version, or what is wrong with the command line.
fn print_usage(usage: &clap::Error, environment: &Environment) -> ExitCode {
    if usage.use_stderr() {
        let palette = palette(ColorChoice::Auto, environment.stderr, environment);
        stderr::print(&cli::usage::text(usage, palette != Palette::plain()), None);
    } else {
        // Nobody is left to tell if this fails.
        let _ = usage.print();
    }
    ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2))
}
