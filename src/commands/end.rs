//! Prints the end of a run to standard error.

use std::time::{Duration, Instant};

use crate::driver::Signals;
use crate::output::stderr;

/// The maximum time for printing the end of a run that must not wait for a slow reader.
pub const REPORT_TIMEOUT: Duration = Duration::from_millis(250);

/// Prints the end of a run to standard error, at most until `until`. Signals end the program while
/// it waits for a reader.
pub fn print_end(text: &str, until: Option<Instant>) {
    // If the default actions can't be restored, the output is printed anyway.
    let _ = Signals::restore_defaults();
    stderr::print(text, until);
}
