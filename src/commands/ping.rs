//! `wsline ping`: measures round-trip times, with output like that of ping(8).
//!
//! It is an ordinary run with its own source, which sends and measures, its own output, which
//! prints a line for each answer, and the policy of a single connection. The summary is printed at
//! the end of every run.

use std::io;
use std::os::fd::AsFd as _;
use std::time::{Instant, SystemTime};

use signal_hook::consts::SIGINT;

use super::demo;
use super::end::print_end;
use super::single::{self, at_least};
use crate::cli::{OptionArgs, PingArgs};
use crate::connect::tls;
use crate::driver::{ConnectionEnd, Outcome};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::output::ping::{PingLines, PingStyle, PingSummary};
use crate::output::report::report;
use crate::output::sink::{Descriptor, Sink as _};
use crate::plan::{Environment, Plan};
use crate::protocol::Role;
use crate::source::ping::{Ping, PingOptions, ProbeKind};
use crate::verdict::Verdict;

/// Measures round trips until there are enough, or a signal arrives.
///
/// # Errors
///
/// Those of [`Plan::new`], and of the built-in server if it is used.
pub fn run(
    ping: PingArgs,
    options: OptionArgs,
    environment: &Environment,
) -> Result<ExitCode, Error> {
    let mut plan = if ping.is_demo() {
        demo::plan(options, environment)?
    } else {
        Plan::new(&ping.url, options, environment)?
    };
    if plan.request.may_use_tls() {
        tls::read_lazily();
    }
    let style = PingStyle {
        json: ping.json,
        quiet: ping.quiet,
        text: ping.text.is_some(),
    };
    let mut source = Ping::new(PingOptions {
        kind: match ping.text {
            Some(text) => ProbeKind::Text(text),
            None => ProbeKind::Ping(ping.payload),
        },
        count: ping.count,
        interval: ping.interval,
        timeout: ping.within,
    });
    let printed = Box::new(PingLines::new(style));
    let end = match single::run(&mut plan, &mut source, printed, true) {
        Ok(outcome) => PingEnd::new(outcome, &source),
        Err(error) => PingEnd::failed(error),
    };
    Ok(end.print(&plan, style, &source))
}

/// The end of a run.
struct PingEnd {
    code: ExitCode,
    /// How the connection was closed, unless we closed it.
    verdict: Option<String>,
    error: Option<Error>,
    reported: bool,
    until: Option<Instant>,
}

impl PingEnd {
    /// The exit code is that of the error, if there is one. Otherwise, and after ^C, it depends on
    /// whether there was any answer.
    fn new(mut outcome: Outcome, source: &Ping) -> Self {
        let until = outcome.show_until.map(at_least);
        if matches!(outcome.error, Some(Error::Signal(SIGINT))) {
            outcome.error = None;
        }
        let by_us = |end: &ConnectionEnd| match end {
            ConnectionEnd::Closed(closure) => closure.initiator == Some(Role::Us),
            _ => true,
        };
        let by_us = outcome.ends.iter().all(by_us);
        let error = outcome.error.take();
        let reported = outcome.reported;
        let verdict = Verdict::from_outcome(outcome);
        let code = match &error {
            Some(error) => error.exit_code(),
            None if verdict.code != ExitCode::Success => verdict.code,
            None if source.statistics().received() > 0 => ExitCode::Success,
            None => ExitCode::Other,
        };
        Self {
            code,
            verdict: verdict.line.filter(|_| !by_us),
            error,
            reported,
            until,
        }
    }

    fn failed(error: Error) -> Self {
        Self {
            code: error.exit_code(),
            verdict: None,
            error: Some(error),
            reported: false,
            until: None,
        }
    }

    /// Prints the summary and the error. Returns the exit code.
    fn print(self, plan: &Plan, style: PingStyle, source: &Ping) -> ExitCode {
        let written = self.summary(plan, style, source);
        let written = written.and_then(|summary| {
            let mut stdout = Descriptor::new(io::stdout().as_fd())?;
            stdout.put(&summary)?;
            stdout.drain(self.until)
        });
        let mut words = String::new();
        let mut explain = |error: &Error| {
            words.push_str(&report(
                error,
                plan.verbosity,
                plan.stderr_palette,
                plan.secrets,
            ));
        };
        let mut code = self.code;
        if let Some(error) = self.error.as_ref().filter(|_| !self.reported) {
            explain(error);
        }
        match written {
            Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe && self.error.is_none() => {
                let error = Error::Output {
                    target: "standard output".to_owned(),
                    cause,
                };
                code = error.exit_code();
                explain(&error);
            }
            // If the output was closed, there is no summary.
            _ => {}
        }
        if !plan.is_quiet() {
            let verdict = self.verdict.filter(|_| self.error.is_none());
            words.extend(verdict.map(|line| format!("{line}\n")));
            words.extend(hint(style, source));
        }
        print_end(&words, self.until);
        code
    }

    /// The summary. As text, it is empty if nothing was sent, because the error is enough.
    fn summary(&self, plan: &Plan, style: PingStyle, source: &Ping) -> io::Result<Vec<u8>> {
        let statistics = source.statistics();
        let url = plan.request.target.url();
        let summary = PingSummary {
            url: &url,
            sent: statistics.sent,
            late: statistics.late,
            round_trips: &statistics.round_trips,
            duration: statistics.duration(),
        };
        if style.json {
            summary.json(SystemTime::now(), self.code.number(), self.error.as_ref())
        } else if statistics.sent == 0 {
            Ok(Vec::new())
        } else {
            Ok(summary.text().into_bytes())
        }
    }
}

/// The hint if there was no answer.
fn hint(style: PingStyle, source: &Ping) -> Option<String> {
    let statistics = source.statistics();
    if statistics.sent == 0 || statistics.received() > 0 || statistics.late > 0 {
        return None;
    }
    if !style.text {
        return Some(
            "hint: some servers do not answer Pings; --text TEXT sends text messages to a server \
             that echoes them\n"
                .to_owned(),
        );
    }
    let other = statistics.other_messages;
    (other > 0).then(|| {
        let messages = if other == 1 { "message" } else { "messages" };
        format!(
            "hint: {other} other {messages} received; an answer has the same text as what was sent\n"
        )
    })
}
