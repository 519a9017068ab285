//! A run on one connection, for commands with a source and an output of their own.

use std::io;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use super::end::REPORT_TIMEOUT;
use super::notes;
use crate::connect::Dialer;
use crate::deadline::Deadline;
use crate::driver::{LinkSetup, Outcome, Run, Signals, Single, Wait};
use crate::error::Error;
use crate::output::best_effort::BestEffort;
use crate::output::narration::{Narration, NarrationStyle};
use crate::output::sink::Descriptor;
use crate::output::Output;
use crate::plan::Plan;
use crate::source::Source;

/// Creates the output that prints to stdout.
pub(super) type Printed = Box<dyn FnOnce(Descriptor) -> Box<dyn Output>>;

/// Runs the source on the connection of the plan, with progress on stderr, and ends when the source
/// does.
///
/// # Errors
///
/// [`Error::System`] if the run could not start.
pub(super) fn run(
    plan: &Plan,
    source: &mut dyn Source,
    printed: Printed,
    interrupt_is_end: bool,
) -> Result<Outcome, Error> {
    let setting_up = |cause| Error::System {
        doing: "setting up",
        cause,
    };
    let mut signals = Signals::register().map_err(setting_up)?;
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
    let narration = Narration::new(BestEffort::new(stderr), narration);
    let mut outputs = vec![printed(stdout), Box::new(narration)];
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

/// `end`, but not earlier than a moment from now.
pub(super) fn at_least(end: Instant) -> Instant {
    end.max(Instant::now() + REPORT_TIMEOUT)
}
