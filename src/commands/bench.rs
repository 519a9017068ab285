//! `wsline bench`: measures how many messages a second a server answers, and how long that takes.
//!
//! Like `wsline ping`, it is an ordinary run with its own source, output and policy: no connection
//! is required, and errors are counted.

pub(super) mod channel;
mod compare;

use std::io;
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::time::{Duration, Instant, SystemTime};

use signal_hook::consts::SIGINT;

use super::demo;
use super::end::{print_end, REPORT_TIMEOUT};
use super::notes;
use crate::cli::{BenchArgs, OptionArgs};
use crate::connect::{tls, Dialer};
use crate::deadline::Deadline;
use crate::driver::{LinkSetup, Many, Outcome, Run, Signals, Wait};
use crate::error::{Error, Phase};
use crate::event::Kind;
use crate::exit::ExitCode;
use crate::output::bench::{BenchSummary, ProgressLine};
use crate::output::best_effort::BestEffort;
use crate::output::narration::Narration;
use crate::output::report::report;
use crate::output::sink::{Descriptor, Sink as _};
use crate::output::verbosity::Verbosity;
use crate::output::Channel;
use crate::plan::{self, Environment, Plan};
use crate::source::bench::{Bench, BenchOptions, LoadPayload};
use crate::sys::usage;

/// The number of connections that the built-in server accepts at least.
const DEMO_CONNECTIONS: NonZeroUsize = NonZeroUsize::new(100).unwrap();

/// The descriptors that are needed besides those of connections.
const OTHER_DESCRIPTORS: u64 = 64;

/// Measures until enough was sent, or a signal arrives.
///
/// # Errors
///
/// Those of [`Plan::new`], and of the built-in server if it is used; [`Error::Usage`] for a file
/// that can't be read, and if the system does not allow so many connections.
pub fn run(
    bench: &BenchArgs,
    options: OptionArgs,
    environment: &Environment,
) -> Result<ExitCode, Error> {
    let kind = if bench.binary {
        Kind::Binary
    } else {
        Kind::Text
    };
    let payload = match &bench.data {
        Some(text) => {
            let bytes = plan::payload(text, bench.binary, &environment.inputs)?;
            LoadPayload::new(kind, bytes)
        }
        None => LoadPayload::of_size(kind, bench.size),
    };
    allow_connections(bench)?;
    let plan = if bench.is_demo() {
        // A connection that was closed may still be counted by the server.
        let connections = NonZeroUsize::MIN.saturating_add(usize::from(bench.connections));
        demo::plan_for(options, environment, connections.max(DEMO_CONNECTIONS))?
    } else {
        Plan::new(&bench.url, options, environment)?
    };
    if plan.request.may_use_tls() {
        tls::read_lazily();
    }
    if bench.compare_polling.is_some() {
        return compare::run(bench, &plan, kind, payload.into_bytes());
    }
    let size = payload.size();
    let shows_progress = plan.stderr_is_terminal && plan.verbosity == Verbosity::Normal;
    let mut source = Bench::new(BenchOptions {
        connections: bench.connections,
        model: bench.model(),
        messages: bench.messages,
        duration: bench.duration(),
        payload,
        wait: bench.wait,
        progress: shows_progress,
    });
    let outcome = measure(bench, &plan, shows_progress, &mut source)?;
    let end = BenchEnd::new(bench, &plan, size, outcome, &source);
    Ok(end.print())
}

/// Raises the limit of descriptors as far as needed.
fn allow_connections(bench: &BenchArgs) -> Result<(), Error> {
    let connections = u64::from(bench.connections);
    // The built-in server has the other end of each connection.
    let ends = if bench.is_demo() { 2 } else { 1 };
    let dialing = 2 * connections.min(Many::WIDTH as u64);
    let needed = ends * connections + dialing + OTHER_DESCRIPTORS;
    let limit = usage::allow_descriptors(needed).map_err(|cause| Error::System {
        doing: "raising the limit of file descriptors",
        cause,
    })?;
    if limit < needed {
        return Err(Error::Usage(format!(
            "{connections} connections require {needed} file descriptors, but the hard limit is \
             {limit}; raise it (ulimit -Hn, LimitNOFILE= or limits.conf), or use fewer connections"
        )));
    }
    Ok(())
}

/// Runs the source on its connections.
///
/// # Errors
///
/// [`Error::System`] if the run could not start.
fn measure(
    bench: &BenchArgs,
    plan: &Plan,
    shows_progress: bool,
    source: &mut Bench,
) -> Result<Outcome, Error> {
    let setting_up = |cause| Error::System {
        doing: "setting up",
        cause,
    };
    let mut signals = Signals::register().map_err(setting_up)?;
    let dialer = Dialer::new().with_address_cache();
    let connections = (0..bench.connections).map(|_| {
        let (dialer, request) = (dialer.clone(), plan.request.clone());
        let dial = move || {
            let deadline = Deadline::after(request.timeout);
            dialer.start(request.clone(), deadline)
        };
        LinkSetup {
            dial: Box::new(dial),
            is_deferred: false,
            upkeep: &plan.upkeep,
            protocol: plan.protocol,
        }
    });
    let mut outputs = outputs(plan, shows_progress).map_err(setting_up)?;
    notes::show(&plan.notes, &mut outputs).map_err(setting_up)?;
    let mut limits = plan.limits.clone();
    // The source waits for replies itself.
    limits.wait = Wait::For(Duration::ZERO);
    let run = Run {
        connections: connections.collect(),
        source,
        outputs: &mut outputs,
        signals: &mut signals,
        policy: &mut Many::new(bench.connect_rate),
        limits: &limits,
    };
    Ok(run.run())
}

fn outputs(plan: &Plan, shows_progress: bool) -> io::Result<Vec<Channel>> {
    let stderr = || io::Result::Ok(BestEffort::new(Descriptor::new(io::stderr().as_fd())?));
    let mut outputs = Vec::new();
    if shows_progress {
        let line = ProgressLine::new(|| columns_of(io::stderr()));
        outputs.push(Channel::shown(Box::new(line), stderr()?));
    }
    let narration = Narration::new(notes::style(plan));
    outputs.push(Channel::shown(Box::new(narration), stderr()?));
    Ok(outputs)
}

/// The width of a terminal; 80 for anything else.
fn columns_of(stream: impl AsFd) -> usize {
    let size = terminal_size::terminal_size_of(stream);
    size.map_or(80, |(width, _)| usize::from(width.0))
}

/// The end of a run.
struct BenchEnd<'a> {
    bench: &'a BenchArgs,
    plan: &'a Plan,
    size: usize,
    source: &'a Bench,
    error: Option<Error>,
    reported: bool,
    until: Option<Instant>,
    /// The conditions of `--fail-if` that are true.
    failed: Vec<String>,
}

impl<'a> BenchEnd<'a> {
    fn new(
        bench: &'a BenchArgs,
        plan: &'a Plan,
        size: usize,
        outcome: Outcome,
        source: &'a Bench,
    ) -> Self {
        let statistics = source.statistics();
        let opened = statistics.opened;
        // Failures to connect are only counted while it runs.
        let all_failed = statistics.refused >= u64::from(bench.connections);
        let reported = outcome.reported && !all_failed;
        let is_counted = |error: &Error| opened > 0 && error.phase() != Phase::Open;
        let is_fatal =
            |error: &Error| !matches!(error, Error::Signal(SIGINT)) && !is_counted(error);
        let conditions = bench.fail_if.iter();
        let failed = conditions.filter_map(|it| it.check(statistics, bench.model()));
        Self {
            bench,
            plan,
            size,
            source,
            error: outcome.error.filter(is_fatal),
            reported,
            until: outcome
                .show_until
                .map(|end| end.max(Instant::now() + REPORT_TIMEOUT)),
            failed: failed.collect(),
        }
    }

    fn code(&self) -> ExitCode {
        let statistics = self.source.statistics();
        let counted = if self.bench.no_reply {
            statistics.sent
        } else {
            statistics.received
        };
        match &self.error {
            Some(error) => error.exit_code(),
            None if !self.failed.is_empty() => ExitCode::Expectation,
            None if counted > 0 => ExitCode::Success,
            None => ExitCode::Other,
        }
    }

    /// Prints the result and the error. Returns the exit code.
    fn print(self) -> ExitCode {
        let plan = self.plan;
        let url = plan.request.target.url();
        let summary = BenchSummary {
            url: &url,
            connections: self.bench.connections,
            model: self.bench.model(),
            size: self.size,
            statistics: self.source.statistics(),
            failed: &self.failed,
        };
        let mut code = self.code();
        let mut words = String::new();
        let mut explain = |error: &Error| {
            let text = report(error, plan.verbosity, plan.stderr_palette, plan.secrets);
            words.push_str(&text);
        };
        let written = self.write(&summary, code);
        if let Some(error) = self.error.as_ref().filter(|_| !self.reported) {
            explain(error);
        }
        match written {
            Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe && self.error.is_none() => {
                let target = "standard output".to_owned();
                let error = Error::Output { target, cause };
                code = error.exit_code();
                explain(&error);
            }
            // If the output was closed, there is no result to print.
            _ => {}
        }
        if self.error.is_none() {
            words.extend(summary.warning().filter(|_| !plan.is_quiet()));
            words.extend(
                self.failed
                    .iter()
                    .map(|why| format!("wsline: failed: {why}\n")),
            );
            words.extend(self.hint().filter(|_| !plan.is_quiet()));
        }
        print_end(&words, self.until);
        code
    }

    /// Writes the result. As text, there is none without a connection, because the error is enough.
    fn write(&self, summary: &BenchSummary<'_>, code: ExitCode) -> io::Result<()> {
        let mut stdout = Descriptor::new(io::stdout().as_fd())?;
        let columns = columns_of(io::stdout());
        let bytes = if self.bench.json {
            summary.json(SystemTime::now(), code.number(), self.error.as_ref())?
        } else if self.source.statistics().opened == 0 {
            Vec::new()
        } else {
            summary.text(columns).into_bytes()
        };
        stdout.put(&bytes)?;
        stdout.drain(self.until)
    }

    fn hint(&self) -> Option<String> {
        let statistics = self.source.statistics();
        let other = statistics.other;
        let is_silent = statistics.sent > 0 && statistics.received == 0 && !self.bench.no_reply;
        is_silent.then(|| {
            if other > 0 {
                format!(
                    "hint: {other} other messages received; a reply has the text around {{seq}} and \
                     its number\n"
                )
            } else {
                "hint: the server sent no replies; --no-reply measures sending alone\n".to_owned()
            }
        })
    }
}
