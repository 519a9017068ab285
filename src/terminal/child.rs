//! Other programs on the terminal: a pager, an editor, a command that reads a message.
//!
//! The terminal's settings are restored while they run. Each runs in its own process group in the
//! foreground, so that its ^C and ^Z don't affect wsline. Afterwards the prompt resets whatever it
//! has changed.

use std::io::{self, Write as _};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};

use nix::sys::signal::{killpg, SigSet, Signal};
use nix::sys::wait::{waitpid, WaitPidFlag, WaitStatus};
use nix::unistd::{getpgrp, tcsetpgrp, Pid};

/// How often to check whether the program has ended.
const TICK: Duration = Duration::from_millis(20);

/// A program to run on the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminalJob {
    /// The command for `sh`.
    pub command: String,
    /// The program's standard input; `None` for the terminal.
    pub input: Option<Vec<u8>>,
}

/// Runs `job` until it ends. When `is_over` returns true, it is terminated.
///
/// # Errors
///
/// The program could not be started.
pub(super) fn run(job: TerminalJob, is_over: impl Fn() -> bool) -> io::Result<ExitStatus> {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(job.command).process_group(0);
    if job.input.is_some() {
        command.stdin(Stdio::piped());
    }
    let mut child = command.spawn()?;
    let group = Pid::from_raw(i32::try_from(child.id()).unwrap_or_default());
    let _foreground = Foreground::give_to(group);
    if let (Some(input), Some(mut pipe)) = (job.input, child.stdin.take()) {
        // The program may end without reading all of its input.
        thread::spawn(move || drop(pipe.write_all(&input)));
    }
    loop {
        match waitpid(group, Some(WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED)) {
            Ok(WaitStatus::Exited(_, code)) => return Ok(ExitStatus::from_raw(code << 8)),
            Ok(WaitStatus::Signaled(_, signal, _)) => {
                return Ok(ExitStatus::from_raw(signal as i32))
            }
            // It could not be resumed later. It may also have been stopped because it read from the
            // terminal before it was in the foreground.
            Ok(WaitStatus::Stopped(..)) => _ = killpg(group, Signal::SIGCONT),
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        if is_over() {
            let _ = killpg(group, Signal::SIGHUP);
            let _ = killpg(group, Signal::SIGCONT);
        }
        thread::sleep(TICK);
    }
}

/// Another process group is in the foreground until this is dropped.
struct Foreground {
    ours: Pid,
    /// The thread's signal mask before.
    signals: Option<SigSet>,
}

impl Foreground {
    fn give_to(group: Pid) -> Self {
        let mut stop = SigSet::empty();
        // A background process that moves itself to the foreground would be stopped.
        stop.add(Signal::SIGTTOU);
        let signals = stop
            .thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK)
            .ok();
        // Without job control, both are in the foreground anyway.
        let _ = tcsetpgrp(io::stdin(), group);
        Self {
            ours: getpgrp(),
            signals,
        }
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        // If the terminal has been closed, the next read fails.
        let _ = tcsetpgrp(io::stdin(), self.ours);
        if let Some(signals) = &self.signals {
            let _ = signals.thread_set_mask();
        }
    }
}
