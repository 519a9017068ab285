//! Standard error when nothing else runs any more: the last words of a run.

use std::io;
use std::os::fd::AsFd as _;
use std::time::Instant;

use crate::output::sink::{Descriptor, Sink as _};

/// Prints to standard error what people should read. Whoever reads it may take until `until`;
/// `None` is as long as it takes.
pub fn print(text: &str, until: Option<Instant>) {
    let printed = Descriptor::new(io::stderr().as_fd()).and_then(|mut stderr| {
        stderr.put(text.as_bytes())?;
        stderr.drain(until)
    });
    // Nobody is left to tell if this fails.
    drop(printed);
}
