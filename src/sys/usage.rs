//! What this process uses, and what it may: CPU time, and file descriptors.

use std::io;
use std::time::Duration;

use nix::sys::resource::{getrlimit, setrlimit, Resource};
use nix::time::{clock_gettime, ClockId};

/// The CPU time of this thread.
///
/// # Errors
///
/// The error of `clock_gettime(2)`.
pub fn thread_cpu_time() -> io::Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?.into())
}

/// Raises the limit of open descriptors to `needed`, as far as the hard limit allows. Returns the
/// limit that is in effect then.
///
/// # Errors
///
/// The error of the operating system.
pub fn allow_descriptors(needed: u64) -> io::Result<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if needed <= soft {
        return Ok(soft);
    }
    let limit = needed.min(hard);
    setrlimit(Resource::RLIMIT_NOFILE, limit, hard)?;
    Ok(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_grows() {
        let before = thread_cpu_time().expect("it is known");
        let mut sum = 0_u64;
        while thread_cpu_time().expect("it is known") == before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
    }

    #[test]
    fn enough_descriptors_need_no_change() {
        let limit = allow_descriptors(3).expect("it is known");
        assert!(limit >= 3);
        assert_eq!(allow_descriptors(1).expect("it is known"), limit);
    }
}
