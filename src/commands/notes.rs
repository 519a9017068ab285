//! What is told on stderr: the notes of a plan, such as an assumed scheme, and then the steps of
//! connecting.

use std::io;
use std::time::SystemTime;

use crate::event::{Event, Link, Note, Now};
use crate::output::narration::NarrationStyle;
use crate::output::Channel;
use crate::plan::Plan;

/// Shows notes, before anything else.
///
/// # Errors
///
/// The first error of an output.
pub fn show(notes: &[Note], outputs: &mut [Channel]) -> io::Result<()> {
    for note in notes {
        for output in &mut *outputs {
            output.on_event(Now::read(), Link::default(), &Event::Note(note))?;
        }
    }
    Ok(())
}

/// How connecting is told, for a command that shows no Pings and ends with ^C.
#[must_use]
pub fn style(plan: &Plan) -> NarrationStyle {
    NarrationStyle {
        verbosity: plan.verbosity,
        palette: plan.stderr_palette,
        secrets: plan.secrets,
        ping_pong: false,
        beside_prompt: false,
        interrupt_is_end: true,
        start: SystemTime::now(),
    }
}
