//! Runs the program in a pseudo-terminal, with a screen that can be read and keys that are pressed.

mod device;
mod keys;
mod launch;
mod screen;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::poll::{poll, PollFd, PollFlags, PollTimeout};
use nix::sys::signal::Signal;
use nix::sys::termios::{tcgetattr, Termios};

use super::home::Home;
use super::program::{ending, BINARY};
use super::time;

pub use keys::Key;
use launch::{Session, Streams};
use screen::{drawn, Emulator};

/// How often something is checked that can't be waited for.
const TICK: Duration = Duration::from_millis(5);

/// Written to the terminal when the program has ended: once it is read, all output before it has
/// been read. If the session ended first, output could be lost. Terminals ignore it (an application
/// program command, ECMA-48 §8.3.2).
const END_MARK: &[u8] = b"\x1b_the program has ended\x1b\\";

/// A terminal that is being set up; [`start`](Self::start) runs the program in it.
#[must_use = "start() runs the program"]
pub struct Terminal {
    program: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    home: Home,
    rows: u16,
    cols: u16,
    stdin: Option<Vec<u8>>,
    stdout_is_pipe: bool,
    stalled: bool,
    reflows: bool,
}

impl Terminal {
    pub fn new() -> Self {
        Self::program(BINARY)
    }

    /// Another program.
    pub fn program(program: &str) -> Self {
        Self {
            program: program.to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            home: Home::new(),
            rows: 24,
            cols: 80,
            stdin: None,
            stdout_is_pipe: false,
            stalled: false,
            reflows: true,
        }
    }

    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let args = args.into_iter().map(|arg| arg.as_ref().to_owned());
        self.args.extend(args);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Rows and columns, by default 24 and 80.
    pub fn size(mut self, rows: u16, cols: u16) -> Self {
        (self.rows, self.cols) = (rows, cols);
        self
    }

    /// Writes a file into the program's working directory.
    pub fn file(self, name: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> Self {
        self.home.write(name, contents);
        self
    }

    /// Its directories.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// stdin is a pipe with these bytes; the rest is the terminal.
    pub fn stdin_from(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = Some(bytes.as_ref().to_vec());
        self
    }

    /// stdout is a pipe, which [`Pty::piped_output`] reads; the rest is the terminal.
    pub fn stdout_to_pipe(mut self) -> Self {
        self.stdout_is_pipe = true;
        self
    }

    /// Reads no output until the program has ended. The terminal's buffer is full from the start.
    pub fn stalled(mut self) -> Self {
        self.stalled = true;
        self
    }

    /// Cuts off what does not fit when the window gets narrower, as xterm does, instead of breaking
    /// it anew.
    pub fn cutting(mut self) -> Self {
        self.reflows = false;
        self.env("XTERM_VERSION", "XTerm(390)")
    }

    pub fn start(self) -> Pty {
        Pty::run(self)
    }
}

/// What the reading thread and the test share.
struct Shared {
    emulator: Mutex<Emulator>,
    changed: Condvar,
    hung_up: AtomicBool,
    /// Nothing is read.
    stalled: AtomicBool,
}

impl Shared {
    fn emulator(&self) -> MutexGuard<'_, Emulator> {
        self.emulator.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A program in a terminal; killed when dropped.
pub struct Pty {
    session: Session,
    shared: Arc<Shared>,
    keyboard: Option<Sender<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
    master: Option<Arc<File>>,
    /// Keeps the terminal and its settings alive when the program has ended.
    slave: Option<File>,
    found: Termios,
    left: Option<Termios>,
    piped: Option<JoinHandle<Vec<u8>>>,
    home: Home,
}

impl Pty {
    /// The program in a terminal of this size.
    pub fn start(args: impl IntoIterator<Item = impl AsRef<str>>, rows: u16, cols: u16) -> Self {
        Terminal::new().args(args).size(rows, cols).start()
    }

    fn run(terminal: Terminal) -> Self {
        let (master, slave, name) = device::open(terminal.rows, terminal.cols);
        let found = tcgetattr(&slave).expect("a terminal has settings");
        if terminal.stalled {
            device::fill(&name);
        }
        let mut command = Session::command();
        terminal.home.configure(&mut command, "xterm-256color");
        command.envs(terminal.env.iter().map(|(name, value)| (name, value)));
        let (piped, stdout) = if terminal.stdout_is_pipe {
            let (mut reader, writer) = std::io::pipe().expect("a pipe can be made");
            let reading = std::thread::spawn(move || {
                let mut bytes = Vec::new();
                // What was read before an error is compared.
                let _ = reader.read_to_end(&mut bytes);
                bytes
            });
            (Some(reading), Some(Stdio::from(writer)))
        } else {
            (None, None)
        };
        let stdin = terminal.stdin.map(|bytes| {
            let (reader, mut writer) = std::io::pipe().expect("a pipe can be made");
            // A program does not need to read all of its input.
            std::thread::spawn(move || drop(writer.write_all(&bytes)));
            Stdio::from(reader)
        });
        let streams = Streams { stdin, stdout };
        let session = Session::start(
            command,
            (&name, &terminal.home.home().join("session")),
            (&terminal.program, &terminal.args),
            streams,
        );
        let shared = Arc::new(Shared {
            emulator: Mutex::new(Emulator::new(
                terminal.rows,
                terminal.cols,
                terminal.reflows,
            )),
            changed: Condvar::new(),
            hung_up: AtomicBool::new(false),
            stalled: AtomicBool::new(terminal.stalled),
        });
        let master = Arc::new(master);
        let (keyboard, keys) = channel::<Vec<u8>>();
        let typing = Arc::clone(&master);
        std::thread::spawn(move || {
            for bytes in keys {
                // A program that has ended reads no keys.
                let _ = (&*typing).write_all(&bytes);
            }
        });
        let (screen, replies) = (Arc::clone(&shared), keyboard.clone());
        let reading = Arc::clone(&master);
        let reader = std::thread::spawn(move || read(&reading, &screen, &replies));
        Self {
            session,
            shared,
            keyboard: Some(keyboard),
            reader: Some(reader),
            master: Some(master),
            slave: Some(slave),
            found,
            left: None,
            piped,
            home: terminal.home,
        }
    }

    /// Types a text; a line feed in it is what a paste sends, the Enter key is [`Key::Enter`].
    #[track_caller]
    pub fn type_text(&self, text: &str) {
        self.type_bytes(text.as_bytes().to_vec());
    }

    /// Presses a key.
    #[track_caller]
    pub fn key(&self, key: Key) {
        self.type_bytes(key.bytes());
    }

    /// Types a line and presses Enter.
    #[track_caller]
    pub fn type_line(&self, line: &str) {
        self.type_bytes([line.as_bytes(), b"\r"].concat());
    }

    /// Pastes a text as a terminal with bracketed paste does (`CSI 200 ~`).
    #[track_caller]
    pub fn paste(&self, text: &str) {
        let text = text.replace('\n', "\r");
        self.type_bytes(format!("\x1b[200~{text}\x1b[201~").into_bytes());
    }

    #[track_caller]
    fn type_bytes(&self, bytes: Vec<u8>) {
        let keyboard = self.keyboard.as_ref().expect("the terminal is there");
        keyboard.send(bytes).expect("the keyboard is there");
    }

    /// The text on the screen, without spaces at the ends of lines and empty lines at the end.
    pub fn screen(&self) -> String {
        screen::text(self.shared.emulator().screen())
    }

    /// Reads the screen itself: attributes, colors, modes.
    pub fn look<T>(&self, at: impl FnOnce(&vt100::Screen) -> T) -> T {
        at(self.shared.emulator().screen())
    }

    /// Every line from the first, with those that have scrolled off the screen.
    pub fn history(&self) -> Vec<String> {
        self.shared.emulator().history()
    }

    /// What the terminal was told besides text: bell, title, clipboard.
    pub fn effects(&self) -> Vec<String> {
        self.shared.emulator().effects()
    }

    /// The cursor's row and column, from 0.
    pub fn cursor(&self) -> (u16, u16) {
        self.look(vt100::Screen::cursor_position)
    }

    /// All bytes that the terminal has received so far.
    pub fn raw_output(&self) -> Vec<u8> {
        self.shared.emulator().raw().to_vec()
    }

    /// Waits until the screen shows `text`. A failure shows the screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("{text:?}"), |screen| {
            screen::text(screen).contains(text)
        });
    }

    /// Waits until `done` is true of the screen. A failure shows the screen, and what was expected.
    #[track_caller]
    pub fn wait_until(&self, what: &str, done: impl Fn(&vt100::Screen) -> bool) {
        if !self.emulator_becomes(|emulator| done(emulator.screen())) {
            let drawing = self.look(drawn);
            panic!("{what} did not come on the screen\n{drawing}");
        }
    }

    /// Waits until the terminal has been sent these bytes after the first `length` ones.
    #[track_caller]
    pub fn wait_for_output(&self, length: usize, bytes: &[u8]) {
        let came = self.emulator_becomes(|emulator| {
            let new = emulator.raw().get(length..).unwrap_or_default();
            new.windows(bytes.len()).any(|part| part == bytes)
        });
        let bytes = bytes.escape_ascii();
        assert!(came, "{bytes} was not printed\n{}", self.look(drawn));
    }

    fn emulator_becomes(&self, done: impl Fn(&Emulator) -> bool) -> bool {
        let emulator = self.shared.emulator();
        let (emulator, _) = self
            .shared
            .changed
            .wait_timeout_while(emulator, time::limit(time::STEP), |emulator| {
                !done(emulator)
            })
            .unwrap_or_else(PoisonError::into_inner);
        done(&emulator)
    }

    /// Changes the size of the window. The program receives SIGWINCH.
    pub fn resize(&self, rows: u16, cols: u16) {
        self.shared.emulator().resize(rows, cols);
        let master = self.master.as_ref().expect("the terminal is there");
        device::set_size(master, rows, cols);
    }

    /// Sends the program a signal.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        self.session.signal(signal);
    }

    /// Sends the program a signal again and again until it ends. During a search, a completion or a
    /// paste the line editor notices a signal while it waits for a key, but not one right before.
    #[track_caller]
    pub fn signal_until_exit(&mut self, signal: Signal) {
        let until = Instant::now() + time::limit(time::PROGRAM);
        while Instant::now() < until {
            self.session.signal(signal);
            if self
                .session
                .wait(time::limit(Duration::from_secs(1)))
                .is_some()
            {
                return;
            }
        }
    }

    /// Closes the window: the program receives SIGHUP, and its terminal is gone.
    pub fn hang_up(&mut self) {
        self.slave = None;
        self.shared.hung_up.store(true, Ordering::Relaxed);
        self.keyboard = None;
        self.join_reader();
        self.master = None;
    }

    /// Waits for the end of the program. Returns its exit code. All that it printed is then on the
    /// screen.
    #[track_caller]
    pub fn wait_exit(&mut self) -> i32 {
        let Some(status) = self.session.wait(time::limit(time::PROGRAM)) else {
            panic!("the program did not end\n{}", self.look(drawn));
        };
        if let Some(mut slave) = self.slave.take() {
            self.left = Some(tcgetattr(&slave).expect("a terminal has settings"));
            self.shared.stalled.store(false, Ordering::Relaxed);
            slave
                .write_all(END_MARK)
                .expect("the terminal can be written");
            let complete = self.emulator_becomes(|emulator| emulator.raw().ends_with(END_MARK));
            assert!(complete, "the terminal's output does not end");
            self.shared.emulator().forget_last(END_MARK.len());
        }
        self.session.end();
        self.keyboard = None;
        self.join_reader();
        match status.code() {
            Some(code) => code,
            None => panic!("{} came\n{}", ending(status), self.look(drawn)),
        }
    }

    fn join_reader(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the screen's reader does not panic");
        }
    }

    /// What the program wrote to a stdout that is a pipe; after [`wait_exit`](Self::wait_exit).
    #[track_caller]
    pub fn piped_output(&mut self) -> Vec<u8> {
        let piped = self.piped.take().expect("stdout is a pipe");
        piped.join().expect("the pipe's reader does not panic")
    }

    /// The terminal's settings now; after the program's end, as it left them.
    #[track_caller]
    pub fn stty(&self) -> Termios {
        match (&self.slave, &self.left) {
            (Some(slave), _) => tcgetattr(slave).expect("a terminal has settings"),
            (None, Some(left)) => left.clone(),
            (None, None) => panic!("the terminal has been hung up"),
        }
    }

    /// Fails the test unless the terminal is as it was before the program: its settings, a visible
    /// cursor, no bracketed paste, the normal screen.
    #[track_caller]
    pub fn assert_as_found(&self) {
        self.assert_settings_as_found();
        self.look(|screen| {
            assert!(!screen.hide_cursor(), "the cursor is left hidden");
            assert!(!screen.bracketed_paste(), "bracketed paste is left on");
            assert!(!screen.alternate_screen(), "the other screen is left on");
        });
    }

    /// The same only for its settings, where no output was read.
    #[track_caller]
    pub fn assert_settings_as_found(&self) {
        assert_eq!(
            self.stty(),
            self.found,
            "the terminal's settings are not as they were found"
        );
    }

    /// Waits until the program has changed the terminal's settings.
    #[track_caller]
    pub fn wait_for_settings(&self) {
        let end = std::time::Instant::now() + time::limit(time::STEP);
        while self.stty() == self.found {
            assert!(std::time::Instant::now() < end, "the settings stay");
            std::thread::sleep(TICK);
        }
    }

    /// The program's directories.
    pub fn home(&self) -> &Home {
        &self.home
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        self.slave = None;
        self.keyboard = None;
        self.shared.hung_up.store(true, Ordering::Relaxed);
    }
}

/// Reads what the program prints until no process has the terminal open.
fn read(mut master: &File, shared: &Shared, keyboard: &Sender<Vec<u8>>) {
    let mut chunk = vec![0; 64 * 1024];
    while !shared.hung_up.load(Ordering::Relaxed) {
        if shared.stalled.load(Ordering::Relaxed) {
            std::thread::sleep(TICK);
            continue;
        }
        let mut fds = [PollFd::new(master.as_fd(), PollFlags::POLLIN)];
        if !matches!(poll(&mut fds, PollTimeout::from(20u8)), Ok(1..)) {
            continue;
        }
        // On Linux, EIO is the end.
        let Ok(count @ 1..) = master.read(&mut chunk) else {
            break;
        };
        let reply = shared.emulator().process(&chunk[..count]);
        shared.changed.notify_all();
        if !reply.is_empty() {
            // The test may have closed the window.
            let _ = keyboard.send(reply);
        }
    }
}
