//! `wsline demo`: talking to an echo server inside this process.

use super::talk;
use crate::cli::OptionArgs;
use crate::connect::proxy::ProxyVariables;
use crate::echo::{self, EchoServer};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::plan::{Environment, Plan};

/// Starts the server and talks to it.
///
/// # Errors
///
/// Those of [`Plan::new`], and [`Error::Listen`] and [`Error::System`] for the server.
pub fn run(options: OptionArgs, environment: &Environment) -> Result<ExitCode, Error> {
    let mut plan = plan(options, environment)?;
    plan.greet("a local echo server: it sends back what you send; ^D ends");
    Ok(talk::start(plan))
}

/// Starts the server; the plan of a run that connects to it.
///
/// # Errors
///
/// Those of [`run`].
pub fn plan(options: OptionArgs, environment: &Environment) -> Result<Plan, Error> {
    // Only this client uses it: it echoes as much as the client is ready to receive.
    let max_message_size = options.max_message_size;
    let server = echo::EchoOptions {
        max_message_size: max_message_size.map_or(echo::LARGEST_MESSAGE, |size| {
            usize::try_from(size).unwrap_or(echo::LARGEST_MESSAGE)
        }),
        ..echo::EchoOptions::default()
    };
    let server = EchoServer::bind("127.0.0.1:0", &server)?.start()?;
    // No proxy could reach the server unless the user says so.
    let environment = Environment {
        proxies: ProxyVariables::default(),
        ..environment.clone()
    };
    Plan::new(server.url(), options, &environment)
}
