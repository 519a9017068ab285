//! The server of `--serve`: it is started before the files are run, and always stopped.
//!
//! It has a process group of its own, so that everything that its command starts is stopped with
//! it, and Ctrl-C at the terminal only reaches wsline. The group is stopped at the latest when this
//! value is dropped, which includes errors and panics.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, BufRead as _, BufReader, PipeReader, Read as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{killpg, Signal};
use nix::unistd::Pid;

use crate::error::Error;

/// The time between SIGTERM and SIGKILL.
const TERMINATE_TIMEOUT: Duration = Duration::from_secs(5);

/// How often to check whether the server has ended.
pub const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The number of its last lines that are kept.
const LAST: usize = 10;

/// The output is complete for now if there was no line for this long, and in any case after the
/// timeout.
const QUIET_TIME: Duration = Duration::from_millis(10);
const SETTLE_TIMEOUT: Duration = Duration::from_millis(50);

/// The maximum length of a line in bytes. Longer lines are split.
const LONGEST: u64 = 4096;

/// The mark where a line was split. Without it, the two parts of a secret could not be recognized.
const CUT: &str = "…";

/// A server that was started.
#[derive(Debug)]
pub struct Server {
    child: Child,
    group: Pid,
    output: ServerOutput,
    /// The exit status of the command, if it has ended.
    status: Option<ExitStatus>,
    over: bool,
}

/// What a server prints.
#[derive(Clone, Debug, Default)]
pub struct ServerOutput(Arc<Printed>);

#[derive(Debug, Default)]
struct Printed {
    lines: Mutex<LastLines>,
    /// There is a new line, or the output has ended.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct LastLines {
    last: VecDeque<String>,
    /// The number of all lines.
    count: usize,
    ended: bool,
}

impl Server {
    /// Starts `sh -c COMMAND`, and passes each line of its stdout and stderr to `on_line`.
    ///
    /// # Errors
    ///
    /// [`Error::System`] for an error of the operating system.
    pub fn start(command: &str, on_line: impl Fn(&str) + Send + 'static) -> Result<Self, Error> {
        let failed = |cause| Error::System {
            doing: "starting the --serve server",
            cause,
        };
        // A single pipe keeps the lines of stdout and stderr in order.
        let (reader, writer) = io::pipe().map_err(failed)?;
        let child = Command::new("sh")
            .args(["-c", command])
            .stdin(Stdio::null())
            .stdout(writer.try_clone().map_err(failed)?)
            .stderr(writer)
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let id = i32::try_from(child.id()).map_err(|cause| failed(io::Error::other(cause)))?;
        let server = Self {
            child,
            group: Pid::from_raw(id),
            output: ServerOutput::default(),
            status: None,
            over: false,
        };
        let output = server.output();
        thread::Builder::new()
            .name("serve".to_owned())
            .spawn(move || output.read(reader, &on_line))
            .map_err(failed)?;
        Ok(server)
    }

    /// The exit status, if the server has ended. A command that succeeded but left processes
    /// running has started its server in the background.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            // On an error, it is assumed to be running, and its process group is killed later.
            self.status = self.child.try_wait().ok().flatten();
        }
        self.status
            .filter(|status| !status.success() || !self.has_members())
    }

    /// Whether its process group has members. While it has, its id is not reused.
    fn has_members(&self) -> bool {
        killpg(self.group, None).is_ok() && !only_zombies(self.group)
    }

    /// What it prints.
    #[must_use]
    pub fn output(&self) -> ServerOutput {
        self.output.clone()
    }

    /// The last lines of its output. Waits briefly for the rest if the server has been stopped.
    #[must_use]
    pub fn last_lines(&self) -> Vec<String> {
        let mut lines = self.output.lines();
        if self.over {
            let limit = Duration::from_secs(1);
            let more = |lines: &mut LastLines| !lines.ended;
            (lines, _) = self
                .output
                .0
                .changed
                .wait_timeout_while(lines, limit, more)
                .unwrap_or_else(PoisonError::into_inner);
        }
        lines.last.iter().cloned().collect()
    }

    /// Stops the server: sends SIGTERM, then SIGKILL if it has not ended in time or `pause`, which
    /// is called between checks, returns true.
    pub fn end(&mut self, mut pause: impl FnMut(Duration) -> bool) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        self.signal(Signal::SIGTERM);
        let end = Instant::now() + TERMINATE_TIMEOUT;
        while self.is_left() {
            if Instant::now() >= end || pause(POLL_INTERVAL) {
                self.signal(Signal::SIGKILL);
                break;
            }
        }
        if self.status.is_none() {
            // The process was killed, so this does not take long; if it fails, the status is
            // unknown.
            self.status = self.child.wait().ok();
        }
    }

    fn is_left(&mut self) -> bool {
        self.ended();
        self.status.is_none() || self.has_members()
    }

    /// Sends a signal to the group, which may just have ended.
    fn signal(&self, signal: Signal) {
        let _ = killpg(self.group, signal);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end(|time| {
            thread::sleep(time);
            false
        });
    }
}

impl ServerOutput {
    /// The number of lines so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lines().count
    }

    /// The last lines after the first `count`. Waits briefly for what the server is printing.
    #[must_use]
    pub fn last_lines_after(&self, count: usize) -> Vec<String> {
        let mut lines = self.lines();
        let end = Instant::now() + SETTLE_TIMEOUT;
        while !lines.ended && Instant::now() < end {
            let timeout;
            (lines, timeout) = self
                .0
                .changed
                .wait_timeout(lines, QUIET_TIME)
                .unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() {
                break;
            }
        }
        let new = lines.count.saturating_sub(count).min(lines.last.len());
        let skipped = lines.last.len() - new;
        lines.last.iter().skip(skipped).cloned().collect()
    }

    fn lines(&self) -> MutexGuard<'_, LastLines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads lines until all processes that could write have ended.
    fn read(&self, reader: PipeReader, on_line: &dyn Fn(&str)) {
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        let mut goes_on = false;
        // An error of the pipe is its end.
        while let Ok(1..) = (&mut reader).take(LONGEST).read_until(b'\n', &mut line) {
            let before = if goes_on { CUT } else { "" };
            goes_on = line.len() as u64 >= LONGEST && !line.ends_with(b"\n");
            let after = if goes_on { CUT } else { "" };
            // An incomplete character is moved to the next part.
            let rest = if goes_on { unfinished(&line) } else { 0 };
            let rest = line.split_off(line.len() - rest);
            let shown = if goes_on {
                &line
            } else {
                line.trim_ascii_end()
            };
            let text = format!("{before}{}{after}", String::from_utf8_lossy(shown));
            line = rest;
            on_line(&text);
            let mut lines = self.lines();
            if lines.last.len() == LAST {
                lines.last.pop_front();
            }
            lines.last.push_back(text);
            lines.count += 1;
            self.0.changed.notify_all();
        }
        self.lines().ended = true;
        self.0.changed.notify_all();
    }
}

/// The number of bytes at the end that begin an incomplete UTF-8 character.
fn unfinished(bytes: &[u8]) -> usize {
    let last = bytes.utf8_chunks().last();
    let invalid = last.map_or(&[][..], |chunk| chunk.invalid());
    let is_beginning = std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
    if is_beginning {
        invalid.len()
    } else {
        0
    }
}

/// Whether all that is left of a group has ended and only not been waited for, which it never is
/// where process 1 of a container is no init. False where there is no `/proc` to look at.
fn only_zombies(group: Pid) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else {
        return false;
    };
    let of_group = processes.flatten().filter_map(|process| {
        let stat = fs::read_to_string(process.path().join("stat")).ok()?;
        // PID (NAME) STATE PPID PGRP …, and a name may hold anything (proc_pid_stat(5)).
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let (state, _, of) = (fields.next()?, fields.next()?, fields.next()?);
        (of == group.to_string()).then(|| state.to_owned())
    });
    let states: Vec<String> = of_group.collect();
    !states.is_empty() && states.iter().all(|state| state == "Z")
}

/// How a command ended, in words.
#[must_use]
pub fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        // The shell's own ways to say that there was no such command (POSIX XCU 2.8.2).
        (Some(127), _) => "exit code 127, command not found".to_owned(),
        (Some(126), _) => "exit code 126, command not executable".to_owned(),
        (Some(code), _) => format!("exit code {code}"),
        (_, Some(number)) => match Signal::try_from(number) {
            Ok(signal) => signal.as_str().to_owned(),
            Err(_) => format!("signal {number}"),
        },
        _ => status.to_string(),
    }
}

#[cfg(test)]
mod tests;
