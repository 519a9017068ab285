//! A run on one connection, for commands with a source and an output of their own.

use std::io;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use super::end::REPORT_TIMEOUT;
use super::notes;
use crate::connect::Dialer;
use crate::deadline::Deadline;
use crate::driver::{LinkSetup, Outcome, Run, Signals, Single, Wait};
use crate::error::{Error, Phase};
use crate::output::best_effort::BestEffort;
use crate::output::narration::{Narration, NarrationStyle};
use crate::output::record;
use crate::output::sink::Descriptor;
use crate::output::{Channel, Output};
use crate::plan::Plan;
use crate::source::Source;

/// How often to check whether a pipe has been opened for reading.
const PAUSE: Duration = Duration::from_millis(10);

/// Runs the source on the connection of the plan, with `printed` on stdout and progress on stderr, and
/// ends when the source does.
///
/// # Errors
///
/// [`Error::System`] if the run could not start, [`Error::Output`] for a record that can't be created.
pub(super) fn run(
    plan: &mut Plan,
    source: &mut dyn Source,
    printed: Box<dyn Output>,
    interrupt_is_end: bool,
) -> Result<Outcome, Error> {
    let mut signals = Signals::register().map_err(setting_up)?;
    let record = record(plan, &mut signals)?;
    let (dialer, request) = (Dialer::new(), plan.request.clone());
    let dial = move || {
        let deadline = Deadline::after(request.timeout);
        dialer.start(request.clone(), deadline)
    };
    let stdout = Descriptor::new(io::stdout().as_fd()).map_err(setting_up)?;
    let stderr = Descriptor::new(io::stderr().as_fd()).map_err(setting_up)?;
    let narration = NarrationStyle {
        interrupt_is_end,
        ..notes::style(plan)
    };
    let narration = Box::new(Narration::new(narration));
    let mut outputs = vec![
        Channel::shown(printed, stdout),
        Channel::shown(narration, BestEffort::new(stderr)),
    ];
    outputs.extend(record);
    notes::show(&plan.notes, &mut outputs).map_err(setting_up)?;
    let mut limits = plan.limits.clone();
    // After the source has ended there is nothing to wait for.
    limits.wait = Wait::For(Duration::ZERO);
    let run = Run {
        connections: vec![LinkSetup {
            dial: Box::new(dial),
            is_deferred: false,
            upkeep: &plan.upkeep,
            protocol: plan.protocol,
        }],
        source,
        outputs: &mut outputs,
        signals: &mut signals,
        policy: &mut Single,
        limits: &limits,
    };
    Ok(run.run())
}

/// The record of the plan, if it has one. A pipe is waited for until it has a reader.
///
/// # Errors
///
/// [`Error::Output`] if it can't be created, and what ends the run in the meantime.
pub(super) fn record(plan: &mut Plan, signals: &mut Signals) -> Result<Option<Channel>, Error> {
    let max_time = plan.limits.max_time;
    let record = plan.record.take();
    let record = record.map(|options| record::create(options, &mut || pause(signals, max_time)));
    record.transpose()
}

/// Waits briefly. The error is what ends the run in the meantime.
fn pause(signals: &mut Signals, max_time: Deadline) -> Result<(), Error> {
    let came = signals.wait_until(Instant::now() + PAUSE);
    if let Some(signal) = came.map_err(setting_up)?.first() {
        return Err(Error::Signal(*signal));
    }
    if max_time.instant().is_some_and(|end| end <= Instant::now()) {
        return Err(Error::Timeout {
            option: "--max-time",
            limit: max_time.timeout(),
            phase: Phase::Output,
        });
    }
    Ok(())
}

/// The error for what the operating system refused before the run began.
pub(super) fn setting_up(cause: io::Error) -> Error {
    Error::System {
        doing: "setting up",
        cause,
    }
}

/// `end`, but not earlier than a moment from now.
pub(super) fn at_least(end: Instant) -> Instant {
    end.max(Instant::now() + REPORT_TIMEOUT)
}
