//! The terminal's settings: as they were found, and raw.
//!
//! The editor makes the terminal raw for each line and puts back what it found. Between two lines
//! that would be the usual mode, in which a ^D typed ahead is swallowed and letters are echoed
//! twice. So the terminal is raw from the first line to the last, and the editor finds it so.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{kill, Signal};
use nix::sys::termios::{
    cfmakeraw, tcgetattr, tcsetattr, SetArg, SpecialCharacterIndices, Termios,
};
use nix::unistd::{write, Pid};
use signal_hook::consts::SIGCONT;

/// A stop begins well within this time, if it comes at all: without a shell that could let the
/// process go on, the kernel stops nothing.
const STOPPING: Duration = Duration::from_millis(200);
/// What a terminal is told that another program may have left otherwise: no mouse reports, usual
/// colors, a cursor that is seen, bracketed paste.
const TAKEN_BACK: &[u8] =
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[0m\x1b[?25h\x1b[?2004h";
const TICK: Duration = Duration::from_millis(1);

/// The settings of standard input.
pub(super) struct TermModes {
    /// `None` if they are left alone: no terminal, or one that can do nothing.
    settings: Option<Mutex<Settings>>,
}

struct Settings {
    found: Termios,
    raw: Termios,
}

impl TermModes {
    /// The settings as they are now; with `dumb` they will be left alone.
    ///
    /// # Errors
    ///
    /// Standard input is no terminal.
    pub(super) fn find(dumb: bool) -> io::Result<Self> {
        if dumb {
            return Ok(Self { settings: None });
        }
        let found = tcgetattr(io::stdin())?;
        let mut raw = found.clone();
        cfmakeraw(&mut raw);
        // Line feeds are still carriage returns too.
        raw.output_flags = found.output_flags;
        raw.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
        raw.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
        Ok(Self {
            settings: Some(Mutex::new(Settings { found, raw })),
        })
    }

    /// Whether there is a raw mode.
    pub(super) fn has_raw(&self) -> bool {
        self.settings.is_some()
    }

    /// Raw, without losing what was typed ahead.
    ///
    /// # Errors
    ///
    /// What the operating system said.
    pub(super) fn make_raw(&self) -> io::Result<()> {
        self.set(|settings| &settings.raw)
    }

    /// As it was found.
    ///
    /// # Errors
    ///
    /// What the operating system said: the terminal may be gone.
    pub(super) fn restore(&self) -> io::Result<()> {
        self.set(|settings| &settings.found)
    }

    /// Stops the process group, as ^Z does, with the terminal as it was found until it goes on.
    pub(super) fn suspend(&self) {
        // A terminal that has gone will be noticed by whoever reads next.
        let _ = self.restore();
        let _ = write(io::stdout(), b"\x1b[?2004l\r\n");
        stop();
        let _ = write(io::stdout(), b"\x1b[?2004h");
        let _ = self.make_raw();
    }

    /// Lends the terminal to someone, as it was found.
    pub(super) fn lend<T>(&self, to: impl FnOnce() -> T) -> T {
        // A terminal that has gone will be noticed by whoever reads next.
        let _ = self.restore();
        let _ = write(io::stdout(), b"\x1b[?2004l");
        let result = to();
        // Whatever was left on: another screen, a hidden cursor, mouse reports.
        let _ = write(io::stdout(), TAKEN_BACK);
        // A last row without a line feed: as many spaces as fit in an empty row lead to the next.
        let columns = terminal_size::terminal_size_of(io::stdout()).map_or(80, |size| size.0 .0);
        let spaces = " ".repeat(usize::from(columns).saturating_sub(1));
        let _ = write(io::stdout(), format!("{spaces}\r").as_bytes());
        let _ = self.make_raw();
        result
    }

    fn set(&self, which: impl Fn(&Settings) -> &Termios) -> io::Result<()> {
        let Some(settings) = &self.settings else {
            return Ok(());
        };
        let settings = settings.lock().unwrap_or_else(PoisonError::into_inner);
        // At once: a terminal that takes no output must not hold up the end.
        Ok(tcsetattr(io::stdin(), SetArg::TCSANOW, which(&settings))?)
    }
}

/// Stops the process group, and returns when it goes on. Whichever thread takes the signal, this
/// one must not go on before.
fn stop() {
    let goes_on = Arc::new(AtomicBool::new(false));
    let Ok(action) = signal_hook::flag::register(SIGCONT, Arc::clone(&goes_on)) else {
        return;
    };
    let begun = Instant::now();
    // To signal one's own group can't fail.
    let _ = kill(Pid::from_raw(0), Signal::SIGTSTP);
    while !goes_on.load(Ordering::Relaxed) && begun.elapsed() < STOPPING {
        thread::sleep(TICK);
    }
    signal_hook::low_level::unregister(action);
}
