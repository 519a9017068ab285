//! Runs the files while the server of `--serve` is running, and waits until it can be used.

use std::io;
use std::process::ExitStatus;
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::file_result::{Counts, FileResults};
use super::load::Loaded;
use super::pool::{Controller, WorkerEvent};
use super::ready::{Endpoint, Readiness};
use super::server::{self, Server};
use super::variables::Variables;
use crate::cli::{ConnectionOptions, TestArgs};
use crate::connect::proxy::ProxyOptions;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::plan::{ConnectionPlan, Environment, Values};

/// What to start and to wait for before the files are run.
pub struct Serve {
    /// The command of `--serve`.
    pub command: Option<String>,
    /// The server to wait for.
    pub endpoint: Option<Result<Endpoint, Error>>,
    /// How long to wait.
    pub limit: Duration,
}

/// The URL of the server to wait for, if there is one: with `--ready` or `--serve`.
///
/// # Errors
///
/// [`Error::Usage`] if the URL of the server of `--serve` is not known.
pub fn url(
    test: &TestArgs,
    files: &[Loaded],
    variables: Variables<'_>,
) -> Result<Option<String>, Error> {
    if test.serve.is_none() {
        return Ok(test.ready.clone());
    }
    let given = test.ready.clone().or_else(|| test.url.clone());
    let url = given.or_else(|| variables.first_url(files));
    url.map(Some).ok_or_else(|| {
        Error::Usage(
            "--serve requires --ready URL or --url: it is not known where the server will listen"
                .to_owned(),
        )
    })
}

/// The server at a URL, as the options of the connections reach it.
///
/// # Errors
///
/// [`Error::Url`] for an invalid URL, and the errors of the options.
pub fn endpoint(
    url: &str,
    test: &TestArgs,
    options: &ConnectionOptions,
    values: Values,
    environment: &Environment,
) -> Result<Endpoint, Error> {
    let mut request = ConnectionPlan::new(url, options.clone(), values, environment)?.request;
    if test.serve.is_some() {
        // The server runs on this machine.
        request.proxy = ProxyOptions::default();
    }
    Ok(Endpoint::new(request))
}

/// Runs `work` once the server can be used, if there is one, and while the server of `--serve` is
/// running.
pub fn with_server(
    serve: Serve,
    sender: &Sender<WorkerEvent>,
    controller: &mut Controller,
    work: impl FnOnce(&mut Controller) -> Result<FileResults, Error>,
) -> Result<FileResults, Error> {
    let limit = serve.limit;
    let Some(endpoint) = serve.endpoint.transpose()? else {
        return work(controller);
    };
    let Some(command) = serve.command else {
        wait_until_ready(None, &endpoint, Deadline::after(limit), controller)?;
        return work(controller);
    };
    if endpoint.is_listening() {
        let sentence = format!(
            "{} accepts connections before --serve has started its server; stop the other server, \
             or omit --serve",
            endpoint.address()
        );
        return Err(Error::Usage(sentence));
    }
    // Lines are only sent if they are printed.
    let lines = controller.is_verbose().then(|| sender.clone());
    let mut server = Server::start(&command, move |line| {
        if let Some(lines) = &lines {
            // Sending fails only if the controller has ended.
            let _ = lines.send(WorkerEvent::Line(format!("server: {line}")));
        }
    })?;
    controller.attach_server(server.output());
    let deadline = Deadline::after(limit);
    let ran = wait_until_ready(Some(&mut server), &endpoint, deadline, controller)
        .and_then(|()| work(controller));
    let died = match &ran {
        Ok(results) if Counts::of(results).passed < results.len() => died(&mut server, controller),
        _ => None,
    };
    let signals = controller.signals();
    server.end(|time| {
        controller.receive(Some(time));
        controller.signals() > signals
    });
    if let Some(status) = died {
        let ending = server::ending(status);
        controller.say(&format!(
            "wsline: the --serve server exited before the tests ended: {ending}"
        ));
        for line in server.last_lines() {
            controller.say(&format!("  {line}"));
        }
    }
    ran.map_err(|error| with_last_lines(error, &server))
}

/// An error of the server, with what it printed last.
fn with_last_lines(error: Error, server: &Server) -> Error {
    match error {
        Error::ServerLate {
            is_own,
            url,
            limit,
            cause,
            ..
        } => Error::ServerLate {
            is_own,
            url,
            limit,
            cause,
            last: server.last_lines(),
        },
        Error::ServerEnded { ending, .. } => Error::ServerEnded {
            ending,
            last: server.last_lines(),
        },
        error => error,
    }
}

/// How the server ended, if it has ended: that may be why files did not pass. Its connections end
/// shortly before it does.
fn died(server: &mut Server, controller: &mut Controller) -> Option<ExitStatus> {
    let moment = Deadline::after(Duration::from_millis(250));
    while moment.remaining().is_ok() && controller.signal().is_none() {
        if let Some(status) = server.ended() {
            return Some(status);
        }
        controller.receive(Some(server::POLL_INTERVAL));
    }
    None
}

/// Waits until the server accepts a WebSocket, or refuses it by a status that shows that it works.
fn wait_until_ready(
    mut server: Option<&mut Server>,
    endpoint: &Endpoint,
    deadline: Deadline,
    controller: &mut Controller,
) -> Result<(), Error> {
    let mut cause = String::new();
    loop {
        let mut attempt = endpoint.attempt(deadline).map_err(starting)?;
        let readiness = loop {
            let readiness = attempt.readiness();
            // Checked after the attempt: if the server ends later, it was ready.
            if let Some(status) = server.as_mut().and_then(|server| server.ended()) {
                return Err(Error::ServerEnded {
                    ending: server::ending(status),
                    last: Vec::new(),
                });
            }
            if let Some(readiness) = readiness {
                break readiness;
            }
            controller.receive(Some(server::POLL_INTERVAL));
            if let Some(signal) = controller.signal() {
                return Err(Error::Signal(signal));
            }
        };
        match readiness {
            Readiness::Ready => return Ok(()),
            Readiness::NotYet(text) => cause = text,
            Readiness::TimedOut => {}
        }
        if deadline.remaining().is_err() {
            return Err(Error::ServerLate {
                is_own: server.is_some(),
                url: endpoint.url().to_owned(),
                limit: deadline.timeout(),
                cause: match &*cause {
                    "" => "it did not respond".to_owned(),
                    _ => cause,
                },
                last: Vec::new(),
            });
        }
        controller.receive(Some(server::POLL_INTERVAL));
        if let Some(signal) = controller.signal() {
            return Err(Error::Signal(signal));
        }
    }
}

fn starting(cause: io::Error) -> Error {
    Error::System {
        doing: "beginning to connect",
        cause,
    }
}
