//! The terminal's settings, original and raw.
//!
//! The editor sets raw mode for each line and restores what it found. In the original mode between
//! two lines, a ^D typed ahead would be lost and characters echoed twice. So raw mode is set from
//! the first line to the last, and the editor finds and restores it.

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

/// The maximum time until a stop takes effect, if it does: without a shell that could resume the
/// process, the kernel does not stop it.
const STOPPING: Duration = Duration::from_millis(200);
/// Resets what another program may have changed: the normal screen, mouse reports off, plain cursor
/// keys, default colors, cursor visible, bracketed paste on. `?47` leaves the cursor where it is if
/// the other screen was not used.
const TAKEN_BACK: &[u8] = b"\x1b[?47l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1l\x1b>\
    \x1b[0m\x1b[?25h\x1b[?2004h";
const TICK: Duration = Duration::from_millis(1);

/// The settings of standard input.
pub(super) struct TermModes {
    /// `None` if the settings are not changed, because it is not a terminal or a dumb one.
    settings: Option<Mutex<TerminalSettings>>,
}

struct TerminalSettings {
    found: Termios,
    raw: Termios,
}

impl TermModes {
    /// Reads the current settings. With `dumb`, they are never changed.
    ///
    /// # Errors
    ///
    /// Standard input is not a terminal.
    pub(super) fn find(dumb: bool) -> io::Result<Self> {
        if dumb {
            return Ok(Self { settings: None });
        }
        let found = tcgetattr(io::stdin())?;
        let mut raw = found.clone();
        cfmakeraw(&mut raw);
        // Line feeds are still output with a carriage return.
        raw.output_flags = found.output_flags;
        raw.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
        raw.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
        Ok(Self {
            settings: Some(Mutex::new(TerminalSettings { found, raw })),
        })
    }

    /// Whether there is a raw mode.
    pub(super) fn has_raw(&self) -> bool {
        self.settings.is_some()
    }

    /// Sets raw mode without losing input.
    ///
    /// # Errors
    ///
    /// The error of the operating system.
    pub(super) fn make_raw(&self) -> io::Result<()> {
        self.set(|settings| &settings.raw)
    }

    /// Restores the original settings.
    ///
    /// # Errors
    ///
    /// The error of the operating system; the terminal may have been closed.
    pub(super) fn restore(&self) -> io::Result<()> {
        self.set(|settings| &settings.found)
    }

    /// Stops the process group, as ^Z does, with the original settings until it continues.
    pub(super) fn suspend(&self) {
        // If the terminal has been closed, the next read fails.
        let _ = self.restore();
        let _ = write(io::stdout(), b"\x1b[?2004l\r\n");
        stop();
        let _ = write(io::stdout(), b"\x1b[?2004h");
        let _ = self.make_raw();
    }

    /// Calls `to` with the original settings.
    pub(super) fn lend<T>(&self, to: impl FnOnce() -> T) -> T {
        // If the terminal has been closed, the next read fails.
        let _ = self.restore();
        let _ = write(io::stdout(), b"\x1b[?2004l");
        let result = to();
        // The program may have left an alternate screen, a hidden cursor or mouse reports.
        let _ = write(io::stdout(), TAKEN_BACK);
        // The last row may have no line feed. As many spaces as an empty row has columns move to
        // the next one.
        let columns = terminal_size::terminal_size_of(io::stdout()).map_or(80, |size| size.0 .0);
        let spaces = " ".repeat(usize::from(columns).saturating_sub(1));
        let _ = write(io::stdout(), format!("{spaces}\r").as_bytes());
        let _ = self.make_raw();
        result
    }

    fn set(&self, which: impl Fn(&TerminalSettings) -> &Termios) -> io::Result<()> {
        let Some(settings) = &self.settings else {
            return Ok(());
        };
        let settings = settings.lock().unwrap_or_else(PoisonError::into_inner);
        // Without draining: a terminal that accepts no output must not delay the end.
        Ok(tcsetattr(io::stdin(), SetArg::TCSANOW, which(&settings))?)
    }
}

/// Stops the process group, and returns when it continues. Whichever thread receives the signal,
/// this one must not continue before.
fn stop() {
    let goes_on = Arc::new(AtomicBool::new(false));
    let Ok(action) = signal_hook::flag::register(SIGCONT, Arc::clone(&goes_on)) else {
        return;
    };
    let begun = Instant::now();
    // Signaling one's own process group can't fail.
    let _ = kill(Pid::from_raw(0), Signal::SIGTSTP);
    while !goes_on.load(Ordering::Relaxed) && begun.elapsed() < STOPPING {
        thread::sleep(TICK);
    }
    signal_hook::low_level::unregister(action);
}
