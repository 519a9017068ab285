//! Asks for a password on the terminal without echo.
//!
//! It uses `/dev/tty`, so that stdin and stdout are free for messages. The terminal's settings are
//! restored in every case: after input, the end of input, a signal, an error or a panic. The
//! terminal is opened as non-blocking and is not drained, because a terminal that is stopped must
//! not delay signals.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::select::{select, FdSet};
use nix::sys::termios::{
    tcflush, tcgetattr, tcsetattr, FlushArg, LocalFlags, SetArg, SpecialCharacterIndices, Termios,
};

use crate::driver::Signals;
use crate::error::Error;

/// Prints `question` and reads a line without echo.
///
/// # Errors
///
/// [`Error::Usage`] without a terminal or a line, [`Error::Signal`] for a signal, [`Error::System`]
/// for an error of the operating system.
pub(super) fn ask(question: &str) -> Result<String, Error> {
    let mut options = File::options();
    options.read(true).write(true);
    options.custom_flags(OFlag::O_NONBLOCK.bits());
    let tty = options.open("/dev/tty");
    let tty = tty.map_err(|_| missing("-u needs a terminal to prompt for the password"))?;
    // Registered before echo is turned off, and dropped after it is turned on again.
    let mut signals = Signals::register().map_err(asking)?;
    let silence = EchoOff::begin(&tty).map_err(asking)?;
    let answer = silence.answer(question, &mut signals);
    if !matches!(answer, Ok(Answer::Line(_))) {
        // Discards partial input, which the shell would read otherwise. If the terminal has been
        // closed, there is none.
        let _ = tcflush(&tty, FlushArg::TCIFLUSH);
    }
    drop(silence);
    // Enter was not echoed. If writing fails, the question has been printed anyway.
    let _ = (&tty).write_all(b"\n");
    match answer.map_err(asking)? {
        Answer::Line(line) => String::from_utf8(line)
            .map_err(|_| Error::Usage("the password that was typed is not UTF-8".to_owned())),
        Answer::Nothing => Err(missing("no password was typed")),
        Answer::Signal(number) => Err(Error::Signal(number)),
    }
}

fn missing(what: &str) -> Error {
    Error::Usage(format!(
        "{what}: write -u USER:PASS, or -u env:NAME or -u @FILE to keep it off the command line"
    ))
}

fn asking(cause: io::Error) -> Error {
    Error::System {
        doing: "asking for the password",
        cause,
    }
}

/// The reply to a question.
enum Answer {
    /// A line without its line end.
    Line(Vec<u8>),
    /// The end of input.
    Nothing,
    /// A signal that ends the run.
    Signal(i32),
}

/// A terminal with echo turned off. Dropping it restores the settings.
struct EchoOff<'a> {
    tty: &'a File,
    found: Termios,
}

impl<'a> EchoOff<'a> {
    fn begin(tty: &'a File) -> io::Result<Self> {
        let found = tcgetattr(tty)?;
        let mut silent = found.clone();
        silent.local_flags -= LocalFlags::ECHO | LocalFlags::ECHONL;
        silent.local_flags |= LocalFlags::ICANON | LocalFlags::ISIG;
        // These keys must not stop or end the program while echo is off.
        for key in [
            SpecialCharacterIndices::VSUSP,
            SpecialCharacterIndices::VQUIT,
        ] {
            silent.control_chars[key as usize] = DISABLED;
        }
        let silence = Self { tty, found };
        tcsetattr(tty, SetArg::TCSANOW, &silent)?;
        tcflush(tty, FlushArg::TCIFLUSH)?;
        Ok(silence)
    }

    fn answer(&self, question: &str, signals: &mut Signals) -> io::Result<Answer> {
        let mut tty = self.tty;
        let mut question = question.as_bytes();
        let mut line = Vec::new();
        loop {
            let ready = ReadyInputs::wait(tty, !question.is_empty(), signals)?;
            if let Some(number) = signals.take().first() {
                return Ok(Answer::Signal(*number));
            }
            if ready.writable {
                match tty.write(question) {
                    Ok(written) => question = &question[written..],
                    Err(cause) if is_to_be_retried(&cause) => {}
                    Err(cause) => return Err(cause),
                }
            }
            if !ready.readable {
                continue;
            }
            let mut chunk = [0; 1024];
            let read = match tty.read(&mut chunk) {
                Ok(read) => &chunk[..read],
                Err(cause) if is_to_be_retried(&cause) => continue,
                Err(cause) => return Err(cause),
            };
            line.extend_from_slice(read);
            match line.iter().position(|&byte| byte == b'\n') {
                Some(end) => {
                    line.truncate(end);
                    return Ok(Answer::Line(line));
                }
                None if read.is_empty() => return Ok(Answer::Nothing),
                None => {}
            }
        }
    }
}

/// Whether a system call was interrupted or would block, and must be repeated.
fn is_to_be_retried(cause: &io::Error) -> bool {
    matches!(
        cause.kind(),
        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
    )
}

/// What is ready.
#[derive(Clone, Copy)]
struct ReadyInputs {
    readable: bool,
    writable: bool,
}

impl ReadyInputs {
    /// Waits until the terminal is readable, or writable if `writes` is true, or a signal has
    /// arrived.
    fn wait(tty: &File, writes: bool, signals: &Signals) -> io::Result<Self> {
        loop {
            // Uses select(2), because poll(2) doesn't support /dev/tty on macOS.
            let (mut readable, mut writable) = (FdSet::new(), FdSet::new());
            readable.insert(tty.as_fd());
            readable.insert(signals.fd());
            if writes {
                writable.insert(tty.as_fd());
            }
            match select(None, &mut readable, &mut writable, None, None) {
                Ok(_) => {
                    return Ok(Self {
                        readable: readable.contains(tty.as_fd()),
                        writable: writable.contains(tty.as_fd()),
                    })
                }
                Err(Errno::EINTR) => {}
                Err(cause) => return Err(cause.into()),
            }
        }
    }
}

/// `_POSIX_VDISABLE`, which disables a special character.
const DISABLED: u8 = if cfg!(target_os = "linux") { 0 } else { 0xff };

impl Drop for EchoOff<'_> {
    fn drop(&mut self) {
        // The settings of a terminal that has been closed can't be restored.
        let _ = tcsetattr(self.tty, SetArg::TCSANOW, &self.found);
    }
}
