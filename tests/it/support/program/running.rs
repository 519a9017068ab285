//! A running program: a test interacts with it line by line, then waits for its end and compares.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdin, Command, ExitStatus};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;

use super::super::{home::Home, time};
use super::tap::{Flow, Tap};
use super::{ending, shown, Stdin, Stdout, Wsline};

/// How often a running program is checked: whether it has ended, and how much memory it has used.
const TICK: Duration = Duration::from_millis(2);

/// A program that was started by [`Wsline::spawn`]. It is killed when dropped.
#[must_use = "wait() compares what it printed"]
pub struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Tap,
    stderr: Tap,
    read_so_far: usize,
    peak: Arc<AtomicU64>,
    ended: Option<ExitStatus>,
    end: Instant,
    call: String,
    wanted: Wsline,
}

/// A program that has ended, and whose output has been compared.
pub struct Finished {
    /// All that it printed on stdout.
    pub stdout: Vec<u8>,
    /// All that it printed on stderr.
    pub stderr: Vec<u8>,
    /// Its exit code.
    pub code: i32,
    /// The maximum resident memory in KiB; `None` where the system doesn't tell.
    pub max_rss_kib: Option<u64>,
    /// Its directories.
    pub home: Arc<Home>,
}

impl Finished {
    /// stdout as text.
    #[track_caller]
    pub fn stdout_text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("stdout is UTF-8")
    }

    /// stderr as text.
    #[track_caller]
    pub fn stderr_text(&self) -> &str {
        std::str::from_utf8(&self.stderr).expect("stderr is UTF-8")
    }

    /// Fails the test if the program has used more than `kib` KiB at any time. Only on Linux:
    /// elsewhere the system doesn't tell, and nothing is checked.
    #[track_caller]
    pub fn assert_memory_below(&self, kib: u64) {
        if let Some(peak) = self.max_rss_kib {
            assert!(peak < kib, "{peak} KiB were in use, {kib} are allowed");
        }
    }
}

impl Running {
    #[track_caller]
    pub(super) fn start(mut wanted: Wsline, mut command: Command) -> Self {
        let call = call(&wanted);
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{call}: can't be started: {error}"));
        let mut stdin = child.stdin.take();
        match std::mem::replace(&mut wanted.stdin, Stdin::Null) {
            Stdin::Bytes(bytes) => feed(stdin.take(), move |pipe| pipe.write_all(&bytes)),
            Stdin::Written(write) => feed(stdin.take(), write),
            Stdin::Null | Stdin::Open | Stdin::File(_) => {}
        }
        let flow = match wanted.stdout_goes {
            Stdout::Held => Flow::Held,
            Stdout::Read | Stdout::Gone | Stdout::File(_) => Flow::Reading,
        };
        let stdout = child.stdout.take().map(OwnedFd::from);
        let stderr = child.stderr.take().map(OwnedFd::from);
        Self {
            stdin,
            stdout: stdout.map_or_else(Tap::dry, |pipe| Tap::new(pipe, flow)),
            stderr: stderr.map_or_else(Tap::dry, |pipe| Tap::new(pipe, Flow::Reading)),
            read_so_far: 0,
            peak: watch_memory(child.id()),
            ended: None,
            end: Instant::now() + wanted.limit,
            call,
            child,
            wanted,
        }
    }

    /// Its directories, to examine while it runs.
    pub fn home(&self) -> &Home {
        &self.wanted.home
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Writes a line, with its line feed, to its open stdin.
    #[track_caller]
    pub fn write_line(&mut self, line: &str) {
        self.write(format!("{line}\n"));
    }

    /// Writes to its open stdin.
    #[track_caller]
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let Some(stdin) = &mut self.stdin else {
            panic!("{}: stdin is not open; give it Stdin::Open", self.call);
        };
        if let Err(error) = stdin.write_all(bytes.as_ref()) {
            self.fail(&format!("stdin can't be written: {error}"));
        }
    }

    /// Ends its stdin.
    #[track_caller]
    pub fn close_stdin(&mut self) {
        let stdin = self.stdin.take();
        assert!(stdin.is_some(), "{}: stdin is not open", self.call);
        drop(stdin);
    }

    /// The next line of its stdout, without the line feed; waits for it.
    #[track_caller]
    pub fn read_line(&mut self) -> String {
        let from = self.read_so_far;
        let left = self.end.saturating_duration_since(Instant::now());
        let found = self
            .stdout
            .wait(left, |bytes, ended| ended || bytes[from..].contains(&b'\n'));
        let line = self.stdout.look(|bytes| {
            let rest = &bytes[from..];
            let length = rest.iter().position(|byte| *byte == b'\n')?;
            Some(rest[..length].to_vec())
        });
        let Some(line) = line else {
            self.fail(if found {
                "stdout has ended, a line was expected"
            } else {
                "no line came on stdout"
            })
        };
        self.read_so_far += line.len() + 1;
        String::from_utf8(line).unwrap_or_else(|_| self.fail("the line is not UTF-8"))
    }

    /// Waits until stdout has `text` in it.
    #[track_caller]
    pub fn wait_for_stdout(&mut self, text: &str) {
        let left = self.end.saturating_duration_since(Instant::now());
        self.stdout
            .wait(left, |bytes, ended| ended || holds(bytes, text));
        if !self.stdout.look(|bytes| holds(bytes, text)) {
            self.fail(&format!("{text:?} did not come on stdout"));
        }
    }

    /// Waits until stderr has `text` in it.
    #[track_caller]
    pub fn wait_for_stderr(&mut self, text: &str) {
        let left = self.end.saturating_duration_since(Instant::now());
        self.stderr
            .wait(left, |bytes, ended| ended || holds(bytes, text));
        if !self.stderr.look(|bytes| holds(bytes, text)) {
            self.fail(&format!("{text:?} did not come on stderr"));
        }
    }

    /// Starts to read a stdout that was [`Stdout::Held`].
    pub fn read_stdout(&self) {
        self.stdout.set(Flow::Reading);
    }

    /// Stops reading stdout; later output stays in the pipe.
    pub fn hold_stdout(&self) {
        self.stdout.set(Flow::Held);
    }

    /// Closes the reading end of its stdout, as `head` does. It is closed when this returns.
    pub fn close_stdout(&self) {
        self.stdout.set(Flow::Closed);
    }

    /// Sends it a signal.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("a process id fits");
        kill(Pid::from_raw(id), signal).expect("the program can be sent a signal");
    }

    /// Waits for its end and compares everything from its start. A failure prints a report. A
    /// stdout that is held is not read until the program has ended.
    #[track_caller]
    pub fn wait(mut self) -> Finished {
        let Some(status) = self.status_before_end() else {
            self.end_now();
            let text = format!("did not end within {:?} and was killed", self.wanted.limit);
            self.fail(&text)
        };
        if matches!(self.wanted.stdout_goes, Stdout::Held) {
            self.stdout.set(Flow::Reading);
        }
        let left = time::limit(time::STEP);
        if !self.stdout.wait(left, |_, ended| ended) || !self.stderr.wait(left, |_, ended| ended) {
            self.fail("has ended, but something that it started holds its stdout or stderr open");
        }
        let (stdout, stderr) = (self.stdout.take(), self.stderr.take());
        let wanted = &self.wanted;
        let mut report = String::new();
        if status.code() != Some(wanted.code) {
            let (code, got) = (wanted.code, ending(status));
            let _ = writeln!(report, "exit code {code} was expected, {got} came");
        }
        let complaints = [
            wanted.stdout.complaint("stdout", &stdout, &wanted.values),
            wanted.stderr.complaint("stderr", &stderr, &wanted.values),
        ];
        let all_streams_fit = complaints.iter().all(Option::is_none);
        report.extend(complaints.into_iter().flatten());
        if wanted.judged && !report.is_empty() {
            if all_streams_fit {
                let (out, err) = (shown(&stdout), shown(&stderr));
                let _ = write!(report, "--- stdout\n{out}--- stderr\n{err}");
            }
            panic!("{}\n{report}", self.call);
        }
        let peak = self.peak.load(Ordering::Relaxed);
        Finished {
            stdout,
            stderr,
            // As shells number an end by a signal.
            code: status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
            max_rss_kib: (peak > 0).then_some(peak),
            home: Arc::clone(&self.wanted.home),
        }
    }

    fn status_before_end(&mut self) -> Option<ExitStatus> {
        loop {
            self.ended = self.child.try_wait().expect("a child can be waited for");
            if self.ended.is_some() || Instant::now() >= self.end {
                return self.ended;
            }
            // The end of stdout is nearly always that of the program; if not, it is checked again
            // soon.
            if self.stdout.wait(Duration::ZERO, |_, ended| ended) {
                std::thread::sleep(TICK);
            } else {
                self.stdout.wait(TICK, |_, ended| ended);
            }
        }
    }

    /// Kills it by its id, and waits for it.
    fn end_now(&mut self) {
        if self.ended.is_none() {
            // It may have just ended; then there is nothing to kill.
            let _ = self.child.kill();
            self.ended = self.child.wait().ok();
        }
    }

    #[track_caller]
    fn fail(&self, what: &str) -> ! {
        panic!(
            "{}\n{what}\n--- stdout so far\n{}--- stderr so far\n{}",
            self.call,
            shown(&self.stdout.bytes()),
            shown(&self.stderr.bytes())
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end_now();
    }
}

/// The command line as it would be typed, for reports.
fn call(wanted: &Wsline) -> String {
    let name = std::path::Path::new(&wanted.program)
        .file_name()
        .unwrap_or(&wanted.program);
    let mut call = name.to_string_lossy().into_owned();
    for arg in &wanted.args {
        let _ = write!(call, " {}", arg.to_string_lossy().escape_debug());
    }
    call
}

/// Writes to a pipe on a thread. A program does not need to read all of its input, so a failed
/// write is not an error: its output shows whether it ended too early.
fn feed(
    pipe: Option<ChildStdin>,
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()> + Send + 'static,
) {
    let mut pipe = pipe.expect("stdin is a pipe");
    std::thread::spawn(move || drop(write(&mut pipe)));
}

fn holds(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

/// Reads the peak memory of a process until it has ended. The peak never falls, so only growth
/// after the last reading can be missed. Afterwards only wait4(2) tells it for a single child, for
/// which there is no safe function.
fn watch_memory(id: u32) -> Arc<AtomicU64> {
    let peak = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&peak);
    std::thread::spawn(move || {
        while let Some(kib) = high_water_mark(id) {
            shared.fetch_max(kib, Ordering::Relaxed);
            std::thread::sleep(TICK);
        }
    });
    peak
}

fn high_water_mark(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}
