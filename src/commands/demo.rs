//! `wsline demo`: a conversation with an echo server in this process.

use std::num::NonZeroUsize;

use super::talk;
use crate::cli::OptionArgs;
use crate::connect::proxy::ProxyVariables;
use crate::echo::{self, EchoServer};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::plan::{Environment, Plan, Script};

/// Starts the server and connects to it.
///
/// # Errors
///
/// Those of [`Plan::new`], and [`Error::Listen`] and [`Error::System`] of the server.
pub fn run(
    options: OptionArgs,
    script: Option<Script>,
    environment: &Environment,
) -> Result<ExitCode, Error> {
    let connections = echo::EchoOptions::default().max_connections;
    let mut plan = start(options, script, environment, connections)?;
    plan.greet("a local echo server: it sends back what you send; ^D ends");
    Ok(talk::start(plan))
}

/// Starts the server; the plan of a run that connects to it.
///
/// # Errors
///
/// Those of [`run`].
pub fn plan(options: OptionArgs, environment: &Environment) -> Result<Plan, Error> {
    plan_for(
        options,
        environment,
        echo::EchoOptions::default().max_connections,
    )
}

/// Starts the server for this number of connections; the plan of a run that connects to it.
///
/// # Errors
///
/// Those of [`run`].
pub fn plan_for(
    options: OptionArgs,
    environment: &Environment,
    connections: NonZeroUsize,
) -> Result<Plan, Error> {
    start(options, None, environment, connections)
}

fn start(
    options: OptionArgs,
    script: Option<Script>,
    environment: &Environment,
    connections: NonZeroUsize,
) -> Result<Plan, Error> {
    // Only this client uses the server, so it echoes as much as the client accepts.
    let max_message_size = options.protocol.max_message_size;
    let server = echo::EchoOptions {
        max_message_size: max_message_size.map_or(echo::LARGEST_MESSAGE, |size| {
            usize::try_from(size).unwrap_or(echo::LARGEST_MESSAGE)
        }),
        max_connections: connections,
        ..echo::EchoOptions::default()
    };
    let server = EchoServer::bind("127.0.0.1:0", &server)?.start()?;
    // A proxy from the environment could not reach the server.
    let environment = Environment {
        proxies: ProxyVariables::default(),
        ..environment.clone()
    };
    Plan::with_script(server.url(), options, script, &environment)
}
