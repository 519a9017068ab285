//! The end of a run, printed to standard error.

use std::time::{Duration, Instant};

use crate::driver::Signals;
use crate::output::stderr;

/// How long people may take to be shown the end of a run that waits for nobody.
pub const REPORT_TIMEOUT: Duration = Duration::from_millis(250);

/// Prints the end of a run to standard error, and lets signals end the program while that waits for
/// a reader: until `until`, or as long as it takes.
pub fn print_end(text: &str, until: Option<Instant>) {
    // Without the default actions the reader is waited for all the same.
    let _ = Signals::restore_defaults();
    stderr::print(text, until);
}
