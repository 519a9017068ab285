//! Printing to standard error after the run.

use std::io;
use std::os::fd::AsFd as _;
use std::time::Instant;

use crate::output::sink::{Descriptor, Sink as _};

/// Prints a text to standard error, waiting for its reader until `until`, or as long as necessary
/// if it is `None`.
pub fn print(text: &str, until: Option<Instant>) {
    let printed = Descriptor::new(io::stderr().as_fd()).and_then(|mut stderr| {
        stderr.put(text.as_bytes())?;
        stderr.drain(until)
    });
    // An error can't be reported anywhere.
    drop(printed);
}
