//! Talking and piping: `wsline URL`, and `wsline demo` with a server of our own.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::time::Instant;

mod outputs;
mod prompting;

use self::outputs::outputs;
use self::prompting::Prompting;
use super::end::print_end;
use super::notes;
use super::single::{at_least, record, setting_up};
use crate::connect::{tls, Dialer};
use crate::deadline::Deadline;
use crate::driver::{
    Interactive, LinkSetup, Outcome, Policy, Reconnect, ReconnectOptions, Run, Signals, Single,
};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::http::Secrets;
use crate::output::palette::{Palette, Style};
use crate::output::redact::hide_values;
use crate::output::report::report;
use crate::output::sink::Sink as _;
use crate::output::verbosity::Verbosity;
use crate::output::wrap;
use crate::plan::{InputSource, Plan, Steps};
use crate::source::conversation::{Conversation, SharedRules};
use crate::source::json_lines;
use crate::source::listen::Listen;
use crate::source::reader::Reader;
use crate::source::stdin::Stdin;
use crate::source::Source;
use crate::terminal::PromptStatus;
use crate::verdict::Verdict;

/// Prepares the TLS library and runs a plan.
#[must_use]
pub fn start(plan: Plan) -> ExitCode {
    if plan.request.may_use_tls() {
        tls::read_lazily();
    }
    run(plan)
}

/// Runs a plan and prints how it ended.
#[must_use]
pub fn run(plan: Plan) -> ExitCode {
    let report = EndReport::of(&plan);
    let mut prompt = None;
    let (verdict, until) = match talk(plan, &mut prompt) {
        Ok(done) => done,
        Err(error) => {
            prompt = None;
            let is_ended = matches!(error, Error::Signal(_) | Error::Timeout { .. });
            let until = is_ended.then(Instant::now).or(report.max_time);
            (Verdict::from_error(error), until.map(at_least))
        }
    };
    print_end(&report.words(&verdict), until);
    // Dropped as late as here, because an editor that was stopped may have continued and changed
    // the terminal's modes again.
    drop(prompt);
    verdict.code
}

/// How to print the end of a run.
struct EndReport {
    verbosity: Verbosity,
    secrets: Secrets,
    palette: Palette,
    quiet: bool,
    wants_verdict: bool,
    max_time: Option<Instant>,
}

impl EndReport {
    fn of(plan: &Plan) -> Self {
        Self {
            verbosity: plan.verbosity,
            secrets: plan.secrets,
            palette: plan.stderr_palette,
            quiet: plan.is_quiet(),
            wants_verdict: plan.wants_verdict(),
            max_time: plan.limits.max_time.instant(),
        }
    }

    fn words(&self, verdict: &Verdict) -> String {
        let unreported = verdict.unreported.as_ref();
        let mut words = unreported.map_or_else(String::new, |error| {
            report(error, self.verbosity, self.palette, self.secrets)
        });
        let wanted =
            self.wants_verdict || verdict.is_unanswered || verdict.code != ExitCode::Success;
        if let Some(line) = verdict.line.as_ref().filter(|_| wanted && !self.quiet) {
            let style = if verdict.code == ExitCode::Success {
                Style::Good
            } else {
                Style::Error
            };
            words.push_str(&self.palette.paint(style, line));
            words.push('\n');
        }
        words
    }
}

/// Runs a plan, and until when people may take to be shown how it went. The prompt is ended, and
/// is `prompt` afterwards.
///
/// # Errors
///
/// [`Error::System`] for what the operating system refused before anything began,
/// [`Error::Output`] for a record that can't be created.
fn talk(
    mut plan: Plan,
    prompt: &mut Option<Prompting>,
) -> Result<(Verdict, Option<Instant>), Error> {
    // Before the prompt, which puts its own handlers over these and takes them off again.
    let mut signals = Signals::register().map_err(setting_up)?;
    let record = record(&mut plan, &mut signals)?;
    let dialer = Dialer::new();
    let request = plan.request.clone();
    let mut dial = move || {
        let deadline = Deadline::after(request.timeout);
        dialer.start(request.clone(), deadline)
    };
    // While the prompt is set up.
    let mut first = Some(dial().map_err(setting_up)?);
    *prompt = Prompting::start(&plan).map_err(setting_up)?;
    let (mut source, rules) = source(&mut plan, prompt.as_mut()).map_err(setting_up)?;
    let mut outputs = outputs(&plan, prompt.as_ref(), rules).map_err(setting_up)?;
    if let Some(record) = record {
        outputs.push(record);
    }
    let warning = prompt.as_mut().and_then(|prompt| prompt.warning.take());
    plan.notes.extend(warning);
    notes::show(&plan.notes, &mut outputs).map_err(setting_up)?;
    let mut policy = policy(plan.reconnect.take(), prompt.as_ref());
    let run = Run {
        connections: vec![LinkSetup {
            dial: Box::new(move || first.take().map_or_else(&mut dial, Ok)),
            is_deferred: false,
            upkeep: &plan.upkeep,
            protocol: plan.protocol,
        }],
        source: source.as_mut(),
        outputs: &mut outputs,
        signals: &mut signals,
        policy: policy.as_mut(),
        limits: &plan.limits,
    };
    let outcome = run.run();
    let until = outcome.show_until.map(at_least);
    Ok(match prompt {
        Some(prompt) => after_prompt(
            prompt,
            outcome,
            until,
            plan.stderr_is_terminal,
            &mut signals,
        ),
        None => (Verdict::from_outcome(outcome), until),
    })
}

/// Ends the prompt; how the run ended then, and until when people may take to be shown it.
fn after_prompt(
    prompt: &mut Prompting,
    mut outcome: Outcome,
    mut until: Option<Instant>,
    stderr_is_terminal: bool,
    signals: &mut Signals,
) -> (Verdict, Option<Instant>) {
    if let Some(signal) = prompt.end(until, signals) {
        until = Some(at_least(Instant::now()));
        if outcome.error.is_none() {
            outcome.error = Some(Error::Signal(signal));
            outcome.reported = false;
        }
    }
    let mut verdict = Verdict::from_outcome(outcome);
    let size = prompt.screen.size().filter(|_| stderr_is_terminal);
    if let (Some(line), Some(size)) = (&mut verdict.line, size) {
        *line = wrap::lines(line, size.columns).join("\n");
    }
    if prompt.terminal.status() == PromptStatus::Closed {
        // The prompt printed it when it happened.
        verdict.line = None;
    }
    (verdict, until)
}

/// The source of messages: first those of the command line, then the plan's source.
fn source(
    plan: &mut Plan,
    prompt: Option<&mut Prompting>,
) -> io::Result<(Box<dyn Source>, Option<SharedRules>)> {
    let is_prompt = prompt.is_some();
    let (delay, force) = (plan.delay, plan.force);
    let frame_size = plan.protocol.frame_size;
    let prompt = prompt.and_then(|prompt| prompt.source(plan));
    let then: Option<Box<dyn Source>> = match (plan.input.clone(), prompt) {
        (InputSource::Prompt { .. }, Some(prompt)) => Some(Box::new(prompt)),
        (InputSource::Nothing | InputSource::Prompt { .. }, _) => None,
        (InputSource::Listen, _) => Some(Box::new(Listen)),
        (InputSource::Stdin(split), _) => {
            let mut reader = Reader::stdin()?;
            // A line that doesn't fit is sent in fragments.
            reader.reserve(frame_size.map_or(0, NonZeroUsize::get));
            Some(Box::new(Stdin::new(reader, split, delay)))
        }
        (InputSource::Json, _) => Some(Box::new(json_lines::JsonLines::new(
            Reader::stdin()?,
            force,
            delay,
        ))),
    };
    let steps = std::mem::replace(&mut plan.steps, Steps::Plain(VecDeque::new()));
    let is_plain = matches!(steps, Steps::Plain(_));
    match then {
        Some(then) if is_plain && steps.is_empty() => Ok((then, None)),
        then => {
            let passes = steps.is_empty();
            let conversation = Conversation::new(steps.into_source(), 1, then, delay)
                .with_frame_size(frame_size)
                .with_only_rules(passes)
                .hiding(hide_values)
                .continue_after_never(is_prompt);
            let rules = (!is_plain).then(|| conversation.rules());
            Ok((Box::new(conversation), rules))
        }
    }
}

/// What follows the end of a connection: nothing, the prompt, or another attempt.
fn policy(reconnect: Option<ReconnectOptions>, prompt: Option<&Prompting>) -> Box<dyn Policy> {
    let policy: Box<dyn Policy> = match prompt {
        Some(prompt) => Box::new(Interactive {
            is_prompting: Rc::clone(&prompt.outlives),
        }),
        None => Box::new(Single),
    };
    match reconnect {
        Some(options) => Box::new(Reconnect::new(options, policy)),
        None => policy,
    }
}
