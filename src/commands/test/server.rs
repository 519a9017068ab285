//! The server of `--serve`: started before the files are run, and ended however that ends.
//!
//! It is a process group of its own, so that all that its command starts ends with it, and a ^C at
//! the terminal reaches us alone. It is ended by the group's own id, when this value is dropped at
//! the latest: after an error and after a panic too.

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

/// How long it has for an orderly end.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is looked at while it is waited for.
pub const GLANCE: Duration = Duration::from_millis(10);

/// So many of the lines that it printed last are kept.
const LAST: usize = 10;

/// A line that is longer is cut into several.
const LONGEST: u64 = 4096;

/// What stands where a line was cut: without it nobody could tell that the two parts of a secret
/// are one.
const CUT: &str = "…";

/// A server that was started.
#[derive(Debug)]
pub struct Server {
    child: Child,
    group: Pid,
    printed: Arc<Printed>,
    /// How the command ended, if it has.
    status: Option<ExitStatus>,
    over: bool,
}

/// What it printed last, and whether that is all.
#[derive(Debug, Default)]
struct Printed {
    state: Mutex<(VecDeque<String>, bool)>,
    ended: Condvar,
}

impl Server {
    /// Starts `sh -c COMMAND`, and gives each line that it prints on stdout or stderr to `tell`.
    ///
    /// # Errors
    ///
    /// [`Error::System`] for what the system refused.
    pub fn start(command: &str, tell: impl Fn(&str) + Send + 'static) -> Result<Self, Error> {
        let failed = |cause| Error::System {
            doing: "starting the --serve server",
            cause,
        };
        // One pipe, so that its lines stay in their order.
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
            printed: Arc::default(),
            status: None,
            over: false,
        };
        let printed = Arc::clone(&server.printed);
        thread::Builder::new()
            .name("serve".to_owned())
            .spawn(move || printed.read(reader, &tell))
            .map_err(failed)?;
        Ok(server)
    }

    /// How it ended, if nothing of it is left. A command that went well and left something running
    /// has put its server into the background.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            // Without an answer it is taken for running, and ended by its group's id later.
            self.status = self.child.try_wait().ok().flatten();
        }
        self.status
            .filter(|status| !status.success() || !self.has_members())
    }

    /// Whether processes of its group are left. The id can't have become another's while there
    /// are.
    fn has_members(&self) -> bool {
        killpg(self.group, None).is_ok() && !only_zombies(self.group)
    }

    /// The lines that it printed last. One that has ended has said all; one that is still there
    /// is not waited for.
    #[must_use]
    pub fn last_lines(&self) -> Vec<String> {
        let mut state = self.printed.state();
        if self.over {
            let limit = Duration::from_secs(1);
            let more = |state: &mut (VecDeque<String>, bool)| !state.1;
            (state, _) = self
                .printed
                .ended
                .wait_timeout_while(state, limit, more)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.0.iter().cloned().collect()
    }

    /// Ends it: SIGTERM, and SIGKILL if it is not gone in time or `pause`, which is called between
    /// two looks, says that there is no more patience.
    pub fn end(&mut self, mut pause: impl FnMut(Duration) -> bool) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        self.signal(Signal::SIGTERM);
        let end = Instant::now() + PATIENCE;
        while self.is_left() {
            if Instant::now() >= end || pause(GLANCE) {
                self.signal(Signal::SIGKILL);
                break;
            }
        }
        if self.status.is_none() {
            // It was killed, so this does not wait long; without a status there is none to tell.
            self.status = self.child.wait().ok();
        }
    }

    fn is_left(&mut self) -> bool {
        self.ended();
        self.status.is_none() || self.has_members()
    }

    /// Sends a signal to the group. It may have gone this moment, and that is well.
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

impl Printed {
    fn state(&self) -> MutexGuard<'_, (VecDeque<String>, bool)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads lines until nobody is left who could print any.
    fn read(&self, reader: PipeReader, tell: &dyn Fn(&str)) {
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        let mut goes_on = false;
        // An error of a pipe is its end.
        while let Ok(1..) = (&mut reader).take(LONGEST).read_until(b'\n', &mut line) {
            let before = if goes_on { CUT } else { "" };
            goes_on = line.len() as u64 >= LONGEST && !line.ends_with(b"\n");
            let after = if goes_on { CUT } else { "" };
            // A character that is cut is whole in the next part.
            let rest = if goes_on { unfinished(&line) } else { 0 };
            let rest = line.split_off(line.len() - rest);
            let shown = if goes_on {
                &line
            } else {
                line.trim_ascii_end()
            };
            let text = format!("{before}{}{after}", String::from_utf8_lossy(shown));
            line = rest;
            tell(&text);
            let mut state = self.state();
            if state.0.len() == LAST {
                state.0.pop_front();
            }
            state.0.push_back(text);
        }
        self.state().1 = true;
        self.ended.notify_all();
    }
}

/// How many bytes at the end are the beginning of a character in UTF-8.
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
mod tests {
    use std::sync::mpsc::{channel, Receiver};

    use super::*;

    fn start(command: &str) -> (Server, Receiver<String>) {
        let (sender, lines) = channel();
        let tell = move |line: &str| {
            // The test may have seen enough.
            let _ = sender.send(line.to_owned());
        };
        (Server::start(command, tell).expect("sh is there"), lines)
    }

    fn next(lines: &Receiver<String>) -> String {
        lines.recv().expect("a line")
    }

    /// Whether a process runs; one that has ended may never be waited for.
    fn is_there(id: &str) -> bool {
        let number = id.parse().expect("a process id");
        let there = nix::sys::signal::kill(Pid::from_raw(number), None).is_ok();
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        there && !stat.contains(") Z ")
    }

    /// Looks until it is so; the test's own time limit is the harness's.
    fn wait_until(mut so: impl FnMut() -> bool) {
        while !so() {
            thread::yield_now();
        }
    }

    #[test]
    fn it_is_ended_with_all_that_it_started() {
        let (server, lines) = start("sleep 1000 & echo $!; echo $$; wait");
        let ids = [next(&lines), next(&lines)];
        assert!(ids.iter().all(|id| is_there(id)));
        drop(server);
        wait_until(|| !ids.iter().any(|id| is_there(id)));
    }

    #[test]
    fn one_that_will_not_hear_is_killed_when_patience_ends() {
        let (mut server, lines) = start("trap '' TERM; echo ready; while :; do sleep 1000; done");
        assert_eq!(next(&lines), "ready");
        server.end(|_| true);
        let status = server.status.expect("it was waited for");
        assert_eq!(ending(status), "SIGKILL");
    }

    #[test]
    fn an_orderly_end_is_waited_for() {
        // Another program in the loop would be ended too, and some shells tell of that.
        let (mut server, lines) =
            start("trap 'echo bye; exit 3' TERM; echo ready; while :; do :; done");
        assert_eq!(next(&lines), "ready");
        server.end(|time| {
            thread::sleep(time);
            false
        });
        assert_eq!(server.status.map(ending).as_deref(), Some("exit code 3"));
        assert_eq!(server.last_lines(), ["ready", "bye"]);
    }

    #[test]
    fn an_early_end_is_seen_and_so_is_what_was_said() {
        let (mut server, _lines) = start("seq 1 20; echo '  no port ' >&2; exit 7");
        wait_until(|| server.ended().is_some());
        server.end(|_| true);
        assert_eq!(server.status.map(ending).as_deref(), Some("exit code 7"));
        let last = server.last_lines();
        assert_eq!(last.len(), LAST);
        assert_eq!(last.last().map(String::as_str), Some("  no port"));
    }

    #[test]
    fn a_command_may_leave_its_server_in_the_background() {
        let (mut server, lines) = start("sleep 1000 & echo $!");
        let id = next(&lines);
        wait_until(|| server.ended().is_some() || server.status.is_some());
        assert!(server.ended().is_none(), "its server runs");
        server.end(|_| true);
        wait_until(|| !is_there(&id));
    }

    #[test]
    fn a_line_without_end_fills_no_memory() {
        let (_server, lines) = start("head -c 10000 /dev/zero | tr '\\0' x; exec sleep 1000");
        assert_eq!(next(&lines), format!("{}…", "x".repeat(4096)));
        assert_eq!(next(&lines), format!("…{}…", "x".repeat(4096)));
    }

    #[test]
    fn a_character_is_not_cut() {
        let (_server, lines) = start("head -c 4095 /dev/zero | tr '\\0' x; echo 'ü and  '");
        assert_eq!(next(&lines), format!("{}…", "x".repeat(4095)));
        assert_eq!(next(&lines), "…ü and");
        assert_eq!(unfinished(b"a\xff"), 0);
        assert_eq!(unfinished(b"a\xf0\x9f\x98"), 3);
        assert_eq!(unfinished("aü".as_bytes()), 0);
        assert_eq!(unfinished(b""), 0);
    }

    #[test]
    fn endings_are_words() {
        let status = |command| {
            let status = Command::new("sh").args(["-c", command]).status();
            ending(status.expect("sh is there"))
        };
        assert_eq!(status("exit 0"), "exit code 0");
        assert_eq!(status("exit 127"), "exit code 127, command not found");
        assert_eq!(status("kill -SEGV $$"), "SIGSEGV");
    }
}
