//! Starts the program for a test: its input, and all the output that is expected.

mod expected;
mod pipe;
mod running;
mod tap;

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::home::Home;
use super::{guard, time};

use expected::Expected;
pub use expected::{ending, shown};
pub use running::{Finished, Running};

/// The path of the program that cargo has built.
pub const BINARY: &str = env!("CARGO_BIN_EXE_wsline");

/// The stdin of the program.
pub enum Stdin {
    /// `/dev/null`.
    Null,
    /// A pipe that stays open until the test closes it.
    Open,
    /// A pipe with these bytes, which then ends.
    Bytes(Vec<u8>),
    /// A file.
    File(PathBuf),
    /// A pipe to which this writes. It ends when this returns, and may wait for gates before.
    Written(Writer),
}

impl Stdin {
    /// [`Stdin::Written`] by a closure.
    pub fn written(write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static) -> Self {
        Self::Written(Box::new(write))
    }
}

/// Writes the stdin of a program, on a thread.
pub type Writer = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send>;

impl From<&str> for Stdin {
    fn from(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

impl From<String> for Stdin {
    fn from(text: String) -> Self {
        Self::Bytes(text.into_bytes())
    }
}

impl From<&[u8]> for Stdin {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Stdin {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Stdin {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// Where the program's stdout goes.
pub enum Stdout {
    /// A pipe that is read continuously.
    Read,
    /// A pipe that is not read until the test starts it: a slow reader.
    Held,
    /// A pipe whose reading end is closed before the program starts.
    Gone,
    /// A file, for example `/dev/full`. An empty stdout is then compared.
    File(PathBuf),
}

/// The program for tests that set its descriptors themselves, with the same environment everywhere.
pub fn command() -> Command {
    guard::begin();
    let mut command = Command::new(BINARY);
    command.env_clear().env("LANG", "C.UTF-8");
    command
}

/// The program, its input, and the expected output: stdout, stderr and the exit code are compared
/// every time, and are empty, empty and 0 by default. It runs in an empty directory of its own,
/// with the same environment everywhere.
#[must_use = "run() or spawn() starts it"]
pub struct Wsline {
    program: OsString,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    home: Arc<Home>,
    dir: Option<PathBuf>,
    stdin: Stdin,
    stdout_goes: Stdout,
    limit: Duration,
    stdout: Expected,
    stderr: Expected,
    code: i32,
    judged: bool,
    values: Vec<(String, String)>,
}

impl Wsline {
    pub fn new() -> Self {
        Self::program(BINARY)
    }

    /// Another program, started and compared in the same way, for example a third-party server.
    pub fn program(program: impl Into<OsString>) -> Self {
        let home = Arc::new(Home::new());
        Self {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            dir: None,
            stdin: Stdin::Null,
            stdout_goes: Stdout::Read,
            limit: time::limit(time::PROGRAM),
            stdout: Expected::Bytes(Vec::new()),
            stderr: Expected::Bytes(Vec::new()),
            code: 0,
            judged: true,
            values: vec![
                ("[DIR]".into(), home.work().to_string_lossy().into_owned()),
                ("[HOME]".into(), home.home().to_string_lossy().into_owned()),
            ],
            home,
        }
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Passes on a variable of the test's own environment, if it is set.
    pub fn inherit(self, name: &str) -> Self {
        match std::env::var_os(name) {
            Some(value) => self.env(name, value),
            None => self,
        }
    }

    /// Writes a file into the program's working directory.
    pub fn file(self, name: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> Self {
        self.home.write(name, contents);
        self
    }

    /// Runs it in this directory instead of an empty one.
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Its home directory. It exists as long as this value, or the [`Running`] or [`Finished`]
    /// that is made from it.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Its stdin: a text, bytes, or a [`Stdin`]; by default `/dev/null`.
    pub fn stdin(mut self, stdin: impl Into<Stdin>) -> Self {
        self.stdin = stdin.into();
        self
    }

    /// Where its stdout goes; by default it is read continuously.
    pub fn stdout_to(mut self, stdout: Stdout) -> Self {
        self.stdout_goes = stdout;
        self
    }

    /// How long it may run, by default 30 s. The factor for slow machines is applied here.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = time::limit(limit);
        self
    }

    /// Exactly this text on stdout.
    pub fn stdout(self, text: impl Into<String>) -> Self {
        self.stdout_bytes(text.into())
    }

    /// Exactly these bytes on stdout.
    pub fn stdout_bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdout = Expected::Bytes(bytes.into());
        self
    }

    /// A text on stdout, with `[..]` for anything within a line and `...` for any lines.
    pub fn stdout_matches(mut self, pattern: impl Into<String>) -> Self {
        self.stdout = Expected::Pattern(pattern.into());
        self
    }

    /// Exactly this text on stderr.
    pub fn stderr(mut self, text: impl Into<String>) -> Self {
        self.stderr = Expected::Bytes(text.into().into_bytes());
        self
    }

    /// A text on stderr, with `[..]` for anything within a line and `...` for any lines.
    pub fn stderr_matches(mut self, pattern: impl Into<String>) -> Self {
        self.stderr = Expected::Pattern(pattern.into());
        self
    }

    /// The exit code.
    pub fn code(mut self, code: i32) -> Self {
        self.code = code;
        self
    }

    /// Compares nothing: the test examines what [`Finished`] has. The program must still end in
    /// time.
    pub fn unjudged(mut self) -> Self {
        self.judged = false;
        self
    }

    /// A name such as `[PORT]` that stands for `value` in patterns. `[DIR]` and `[HOME]` are
    /// known: the working directory and the home directory.
    pub fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.values.push((name.to_owned(), value.to_string()));
        self
    }

    /// Runs it to its end and compares. A failure reports everything.
    #[track_caller]
    pub fn run(self) -> Finished {
        self.spawn().wait()
    }

    /// Starts it, for a test that interacts with it; [`Running::wait`] compares.
    #[track_caller]
    pub fn spawn(self) -> Running {
        let mut command = Command::new(&self.program);
        self.home.configure(&mut command, "dumb");
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        command.stdin(match &self.stdin {
            Stdin::Null => Stdio::null(),
            Stdin::File(path) => open(path, false),
            Stdin::Open | Stdin::Bytes(_) | Stdin::Written(_) => Stdio::piped(),
        });
        command.stdout(match &self.stdout_goes {
            Stdout::File(path) => open(path, true),
            Stdout::Gone => {
                let (reader, writer) = io::pipe().expect("a pipe can be made");
                drop(reader);
                pipe::wait_for_no_reader(&writer);
                writer.into()
            }
            Stdout::Read | Stdout::Held => Stdio::piped(),
        });
        command.stderr(Stdio::piped());
        Running::start(self, command)
    }
}

/// Opens a file that is used instead of a pipe.
#[track_caller]
fn open(path: &Path, write: bool) -> Stdio {
    std::fs::OpenOptions::new()
        .read(!write)
        .write(write)
        .create(write)
        .truncate(write)
        .open(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .into()
}
