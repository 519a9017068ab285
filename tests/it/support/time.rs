//! Timeouts of the tests, with one factor for slow machines.

use std::sync::OnceLock;
use std::time::Duration;

/// How long a program may run before it is ended and the test fails.
pub const PROGRAM: Duration = Duration::from_secs(30);

/// How long a peer or a screen waits for what it expects. Less than [`PROGRAM`], so that the peer
/// fails first, which knows more about the cause.
pub const STEP: Duration = Duration::from_secs(10);

/// `duration` times the factor in `WSLINE_TEST_SLOWNESS` (1 unless set).
pub fn limit(duration: Duration) -> Duration {
    static FACTOR: OnceLock<f64> = OnceLock::new();
    let factor = FACTOR.get_or_init(|| factor(std::env::var("WSLINE_TEST_SLOWNESS").ok()));
    duration.mul_f64(*factor)
}

/// Reads the factor. An invalid one is an error, so that a typing mistake is noticed.
pub fn factor(variable: Option<String>) -> f64 {
    let Some(text) = variable else { return 1.0 };
    match text.parse() {
        Ok(factor) if (0.01..=1000.0).contains(&factor) => factor,
        _ => panic!("WSLINE_TEST_SLOWNESS is a number such as 4 or 0.5, not {text:?}"),
    }
}
