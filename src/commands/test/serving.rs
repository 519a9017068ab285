//! Runs the files while the server of `--serve` is running, and waits until it can be used.

use std::process::ExitStatus;
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::file_result::{Counts, FileResults};
use super::load::Loaded;
use super::pool::{Controller, WorkerEvent};
use super::ready::Endpoint;
use super::redact::Redactor;
use super::server::{self, Server};
use super::variables::Variables;
use crate::cli::{OptionArgs, TestArgs};
use crate::deadline::Deadline;
use crate::error::Error;
use crate::plan;
use crate::target::{InvalidUrl, Target};

/// The address of the server of `--serve`, if one is started.
pub fn endpoint(
    test: &TestArgs,
    options: &OptionArgs,
    files: &[Loaded],
    variables: Variables<'_>,
    redactor: &Redactor,
) -> Result<Option<Endpoint>, Error> {
    if test.serve.is_none() {
        return Ok(None);
    }
    let given = test.ready.clone().or_else(|| test.url.clone());
    let url = given.or_else(|| variables.first_url(files));
    let url = url.ok_or_else(|| {
        Error::Usage(
            "--serve requires --ready URL or --url: it is not known where the server will listen"
                .to_owned(),
        )
    })?;
    let target = Target::parse(&url).map_err(|invalid| InvalidUrl {
        problem: redactor.apply(&invalid.problem).into_owned(),
        hint: invalid.hint.map(|hint| redactor.apply(&hint).into_owned()),
    })?;
    Ok(Some(Endpoint::of(&target, &plan::route(options))))
}

/// Runs `work` while the server is running, if there is one.
pub fn with_server(
    serve: Option<(String, Result<Endpoint, Error>)>,
    limit: Duration,
    sender: &Sender<WorkerEvent>,
    controller: &mut Controller,
    work: impl FnOnce(&mut Controller) -> Result<FileResults, Error>,
) -> Result<FileResults, Error> {
    let Some((command, endpoint)) = serve else {
        return work(controller);
    };
    let endpoint = endpoint?;
    if endpoint.is_open() {
        let sentence = format!(
            "{endpoint} accepts connections before --serve has started its server; stop the other \
             server, or omit --serve"
        );
        return Err(Error::Usage(controller.redacted(&sentence)));
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
    let ran = wait_until_open(&mut server, &endpoint, Deadline::after(limit), controller)
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
    match (ran, died) {
        (
            Err(Error::ServerLate {
                endpoint, limit, ..
            }),
            _,
        ) => Err(Error::ServerLate {
            endpoint,
            limit,
            last: last_lines(&server, controller),
        }),
        (Err(Error::ServerEnded { ending, .. }), _) => Err(Error::ServerEnded {
            ending,
            last: last_lines(&server, controller),
        }),
        (Ok(results), Some(status)) => {
            let ending = server::ending(status);
            controller.reporter.say(&format!(
                "wsline: the --serve server exited before the tests ended: {ending}"
            ));
            for line in last_lines(&server, controller) {
                controller.reporter.say(&format!("  {line}"));
            }
            Ok(results)
        }
        (ran, _) => ran,
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

fn last_lines(server: &Server, controller: &Controller) -> Vec<String> {
    let lines = server.last_lines();
    lines.iter().map(|line| controller.redacted(line)).collect()
}

/// Waits until the server accepts a connection.
fn wait_until_open(
    server: &mut Server,
    endpoint: &Endpoint,
    deadline: Deadline,
    controller: &mut Controller,
) -> Result<(), Error> {
    loop {
        let open = endpoint.is_open();
        // Checked after the connection attempt: if the server ends later, it was ready.
        if let Some(status) = server.ended() {
            return Err(Error::ServerEnded {
                ending: server::ending(status),
                last: Vec::new(),
            });
        }
        if open {
            return Ok(());
        }
        if deadline.remaining().is_err() {
            return Err(Error::ServerLate {
                endpoint: controller.redacted(&endpoint.to_string()),
                limit: deadline.timeout(),
                last: Vec::new(),
            });
        }
        controller.receive(Some(server::POLL_INTERVAL));
        if let Some(signal) = controller.signal() {
            return Err(Error::Signal(signal));
        }
    }
}
