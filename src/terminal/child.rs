//! Other programs on the terminal: a pager, an editor, a command that reads a message.
//!
//! The terminal is as it was found while they run. Each runs in a process group of its own that is
//! made the foreground one, so that its ^C and ^Z are not ours; whatever it does to the terminal,
//! the prompt takes it back.

use std::io::{self, Write as _};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};

use nix::sys::signal::{killpg, SigSet, Signal};
use nix::sys::wait::{waitpid, WaitPidFlag, WaitStatus};
use nix::unistd::{getpgrp, tcsetpgrp, Pid};

/// How often it is looked whether the program has ended.
const TICK: Duration = Duration::from_millis(20);

/// A program that gets the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminalJob {
    /// What `sh` runs.
    pub command: String,
    /// What it reads from standard input; `None` is the terminal.
    pub input: Option<Vec<u8>>,
}

/// Runs `job` until it ends, or until `is_over`: then it is ended.
///
/// # Errors
///
/// It could not be started.
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
        // A program need not read all that it is given.
        thread::spawn(move || drop(pipe.write_all(&input)));
    }
    loop {
        match waitpid(group, Some(WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED)) {
            Ok(WaitStatus::Exited(_, code)) => return Ok(ExitStatus::from_raw(code << 8)),
            Ok(WaitStatus::Signaled(_, signal, _)) => {
                return Ok(ExitStatus::from_raw(signal as i32))
            }
            // Nobody is there to let it go on later. It may also have read before the terminal was
            // its own.
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

/// Another process group has the terminal, until this is dropped.
struct Foreground {
    ours: Pid,
    /// The signals of this thread before.
    signals: Option<SigSet>,
}

impl Foreground {
    fn give_to(group: Pid) -> Self {
        let mut stop = SigSet::empty();
        // Who takes the terminal back from the background would be stopped.
        stop.add(Signal::SIGTTOU);
        let signals = stop
            .thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK)
            .ok();
        // Without job control both are in the foreground anyway.
        let _ = tcsetpgrp(io::stdin(), group);
        Self {
            ours: getpgrp(),
            signals,
        }
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        // Where the terminal is gone, whoever reads next notices.
        let _ = tcsetpgrp(io::stdin(), self.ours);
        if let Some(signals) = &self.signals {
            let _ = signals.thread_set_mask();
        }
    }
}
