//! The notes of a plan: what the program has decided that is not obvious, such as an assumed scheme.

use std::io;
use std::time::SystemTime;

use crate::event::{Event, Link, Note};
use crate::output::Output;

/// Shows notes, before anything else.
///
/// # Errors
///
/// The first error of an output.
pub fn show(notes: &[Note], outputs: &mut [Box<dyn Output>]) -> io::Result<()> {
    for note in notes {
        for output in &mut *outputs {
            output.show(SystemTime::now(), Link::default(), &Event::Note(note))?;
        }
    }
    Ok(())
}
