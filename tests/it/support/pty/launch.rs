//! Starts a program in a session of its own on a terminal, as a shell does.
//!
//! This takes setsid(2) and TIOCSCTTY between fork and exec, for which `Command` has no safe
//! function. So the test binary is started again, with only the ignored test below: it becomes the
//! session leader and starts the program. The leader must outlive the program: when a leader ends,
//! Linux resets the settings of the terminal, and what the program left could not be examined.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{poll, PollFd, PollFlags};
use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTSTP};
use signal_hook::iterator::Signals;

use super::super::time;

/// The variable with the orders for the session leader.
const ORDER: &str = "WSLINE_TEST_LEAD";

/// The orders for the session leader.
#[derive(Serialize, Deserialize)]
struct Order {
    /// The socket over which it reports.
    report: PathBuf,
    tty: PathBuf,
    stdin_is_tty: bool,
    stdout_is_tty: bool,
    program: String,
    args: Vec<String>,
}

/// What is used instead of the terminal.
pub struct Streams {
    /// stdin, unless it is the terminal.
    pub stdin: Option<Stdio>,
    /// stdout, unless it is the terminal.
    pub stdout: Option<Stdio>,
}

/// A session on a terminal: its leader and the program in it; both ended when dropped.
pub struct Session {
    leader: Child,
    report: BufReader<UnixStream>,
    program: Pid,
    status: Option<ExitStatus>,
}

impl Session {
    /// The command that [`start`](Self::start) completes; environment and directory are the
    /// caller's.
    pub fn command() -> Command {
        Command::new(std::env::current_exe().expect("the test knows its own binary"))
    }

    /// Starts a program on the terminal `tty`, with a socket for the leader's report at `report`.
    #[track_caller]
    pub fn start(
        mut command: Command,
        (tty, report): (&Path, &Path),
        (program, args): (&str, &[String]),
        streams: Streams,
    ) -> Self {
        let order = Order {
            report: report.to_owned(),
            tty: tty.to_owned(),
            stdin_is_tty: streams.stdin.is_none(),
            stdout_is_tty: streams.stdout.is_none(),
            program: program.to_owned(),
            args: args.to_vec(),
        };
        let listener = UnixListener::bind(report).expect("a socket can be made");
        command
            .args(["--exact", "support::pty::launch::lead_a_session"])
            .args(["--ignored", "--nocapture", "--test-threads=1"])
            .env(
                ORDER,
                serde_json::to_string(&order).expect("an order is JSON"),
            )
            .stdin(streams.stdin.unwrap_or_else(Stdio::null))
            // The test runner prints to its stdout, so the program's comes as stderr.
            .stdout(Stdio::null())
            .stderr(streams.stdout.unwrap_or_else(Stdio::null));
        let mut leader = command
            .spawn()
            .expect("the test's own binary can be started");
        // It holds the other ends of the pipes, whose readers must see the end.
        drop(command);
        let Some(report) = accept(&listener) else {
            // It may have ended already, which is why it did not report.
            let _ = leader.kill();
            let status = leader.wait();
            panic!("the terminal's session did not begin: {status:?}");
        };
        let mut session = Self {
            leader,
            report: BufReader::new(report),
            program: Pid::from_raw(0),
            status: None,
        };
        let line = session.line(time::limit(time::STEP));
        let id = line
            .expect("the leader reports")
            .parse()
            .unwrap_or_else(|_| panic!("{program}: can't be started"));
        session.program = Pid::from_raw(id);
        session
    }

    /// The next line of the leader's report.
    fn line(&mut self, limit: Duration) -> io::Result<String> {
        self.report.get_ref().set_read_timeout(Some(limit))?;
        let mut line = String::new();
        self.report.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// Waits for the program's end; `None` if it has not ended within `limit`.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        if self.status.is_none() {
            let raw = self.line(limit).ok()?.parse().ok()?;
            self.status = Some(ExitStatus::from_raw(raw));
        }
        self.status
    }

    /// Sends the program a signal.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        assert!(self.status.is_none(), "the program has ended");
        kill(self.program, signal).expect("the program can be sent a signal");
    }

    /// Lets the leader end, after the program; the terminal is then reset.
    pub fn end(&mut self) {
        if self.status.is_none() {
            // It may have ended this moment.
            let _ = kill(self.program, Signal::SIGKILL);
            self.wait(time::limit(time::STEP));
        }
        // The leader waits for this, unless it has gone.
        let _ = self.report.get_ref().shutdown(std::net::Shutdown::Both);
        let end = Instant::now() + time::limit(time::STEP);
        while matches!(self.leader.try_wait(), Ok(None)) {
            if Instant::now() >= end {
                // Killed by its own id; it may have ended this moment.
                let _ = self.leader.kill();
                let _ = self.leader.wait();
            }
            std::thread::sleep(super::TICK);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end();
    }
}

fn accept(listener: &UnixListener) -> Option<UnixStream> {
    use std::os::fd::AsFd as _;
    let mut fds = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    let limit = u16::try_from(time::limit(time::STEP).as_millis()).unwrap_or(u16::MAX);
    match poll(&mut fds, limit) {
        Ok(1..) => listener.accept().ok().map(|(stream, _)| stream),
        _ => None,
    }
}

/// The session leader. It reports the program's id, then its status, and waits for the permission
/// to end.
#[test]
#[ignore = "a second process, in which a program is started on a terminal"]
fn lead_a_session() {
    // Without orders, when it is run with --ignored, there is nothing to do.
    let Ok(order) = std::env::var(ORDER) else {
        return;
    };
    let order: Order = serde_json::from_str(&order).expect("an order is JSON");
    let mut report = UnixStream::connect(&order.report).expect("the test listens");
    nix::unistd::setsid().expect("a fresh process leads no group");
    let open = || {
        let file = File::options().read(true).write(true).open(&order.tty);
        file.expect("the terminal can be opened")
    };
    let tty = open();
    // On Linux, opening it was enough; elsewhere the leader must request it.
    rustix::process::ioctl_tiocsctty(&tty).expect("the terminal has no session yet");
    // Handlers, because what is ignored would be ignored by the program as well.
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTSTP]).expect("signals are heard");
    let mut command = Command::new(&order.program);
    command.args(&order.args).env_remove(ORDER).stderr(open());
    if order.stdin_is_tty {
        command.stdin(open());
    }
    if order.stdout_is_tty {
        command.stdout(open());
    } else {
        let stdout = rustix::io::fcntl_dupfd_cloexec(io::stderr(), 3);
        command.stdout(stdout.expect("stderr can be doubled"));
    }
    let mut program = command.spawn().unwrap_or_else(|error| {
        // Not a number, which the test reports as a failure.
        let _ = writeln!(report, "{error}");
        panic!("{}: {error}", order.program)
    });
    drop(command);
    if !order.stdout_is_tty {
        // The pipe's reader must see its end when the program ends.
        let null = File::options().write(true).open("/dev/null");
        rustix::stdio::dup2_stderr(null.expect("there is /dev/null")).expect("stderr can be left");
    }
    let id = i32::try_from(program.id()).expect("a process id fits");
    writeln!(report, "{id}").expect("the test listens");
    // When the window is closed, only the leader receives SIGHUP; shells pass it on.
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if signal == SIGHUP {
                // The program may have ended.
                let _ = kill(Pid::from_raw(id), Signal::SIGHUP);
            }
        }
    });
    let status = program.wait().expect("a child can be waited for");
    writeln!(report, "{}", status.into_raw()).expect("the test listens");
    // The end of the socket is the permission to end.
    let _ = report.read(&mut [0]);
}
