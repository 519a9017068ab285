//! `wsline demo --flipbook`: an animation whose frames come over WebSocket in one half of the
//! terminal, and by HTTP polling in the other. Each half asks for a frame as soon as it has the one
//! before.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::SIGINT;

use super::bench::channel::{HttpChannel, Traffic, WebSocketChannel};
use super::demo;
use crate::cli::OptionArgs;
use crate::connect::Dialer;
use crate::deadline::Deadline;
use crate::driver::Signals;
use crate::error::Error;
use crate::event::Kind;
use crate::exit::ExitCode;
use crate::plan::{Environment, Plan, StandardStream};

/// The size of a frame.
const COLUMNS: usize = 36;
const ROWS: usize = 9;

/// The size of the screen that is needed: two frames with borders, and rows above and below.
const SCREEN: (usize, usize) = (2 * (COLUMNS + 3), ROWS + 7);

/// The time between two drawings.
const REDRAW: Duration = Duration::from_millis(40);

/// The maximum time for a frame.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Shows the animation until ^C, or until the time of `--max-time`.
///
/// # Errors
///
/// [`Error::Usage`] without a terminal that is large enough, the errors of the built-in server, and
/// the first error of an exchange.
pub fn run(options: OptionArgs, environment: &Environment) -> Result<ExitCode, Error> {
    let setting_up = |cause| Error::System {
        doing: "setting up",
        cause,
    };
    let size = terminal_size::terminal_size_of(io::stdout());
    let fits = size.is_some_and(|(width, height)| {
        usize::from(width.0) >= SCREEN.0 && usize::from(height.0) >= SCREEN.1
    });
    if environment.stdout != StandardStream::Terminal || !fits {
        let (columns, rows) = SCREEN;
        return Err(Error::Usage(format!(
            "--flipbook requires a terminal with at least {columns} columns and {rows} rows"
        )));
    }
    let plan = demo::plan(options, environment)?;
    let mut signals = Signals::register().map_err(setting_up)?;
    let book = Flipbook::default();
    let shown = {
        let _screen = AlternateScreen::enter().map_err(output_error)?;
        book.show(&plan, &mut signals)
    };
    let signal = shown?;
    print(&book.summary()).map_err(output_error)?;
    Ok(match signal {
        Some(signal) if signal != SIGINT => Error::Signal(signal).exit_code(),
        _ => ExitCode::Success,
    })
}

fn output_error(cause: io::Error) -> Error {
    let target = "standard output".to_owned();
    Error::Output { target, cause }
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// The alternate screen without a cursor, until it is dropped.
struct AlternateScreen;

impl AlternateScreen {
    fn enter() -> io::Result<Self> {
        print("\x1b[?1049h\x1b[?25l\x1b[2J")?;
        Ok(Self)
    }
}

impl Drop for AlternateScreen {
    fn drop(&mut self) {
        // Without a terminal there is nothing to restore.
        let _ = print("\x1b[?25h\x1b[?1049l");
    }
}

/// What one half has shown.
#[derive(Debug, Default)]
struct Half {
    frames: u64,
    traffic: Traffic,
    elapsed: Duration,
}

/// The two halves.
#[derive(Debug, Default)]
struct Flipbook {
    websocket: Mutex<Half>,
    polling: Mutex<Half>,
    is_over: AtomicBool,
}

impl Flipbook {
    /// Runs both halves, and draws them. Returns the signal that has ended it, if one did.
    fn show(&self, plan: &Plan, signals: &mut Signals) -> Result<Option<i32>, Error> {
        let dialer = Dialer::new();
        let first = frame(0).into_bytes();
        let mut http = plan.request.clone();
        "/echo".clone_into(&mut http.target.resource);
        let mut kept = HttpChannel::new(&dialer, &http, true, Kind::Text, &first);
        let mut socket =
            WebSocketChannel::open(&dialer, &plan.request, plan.protocol, Kind::Text, first)?;
        kept.prepare()?;
        thread::scope(|scope| {
            let websocket = scope.spawn(|| {
                self.turn(&self.websocket, |number| {
                    socket.set_payload(frame(number).as_bytes());
                    socket.exchange(Deadline::after(TIMEOUT))
                })
            });
            let polling = scope.spawn(|| {
                self.turn(&self.polling, |number| {
                    kept.set_payload(frame(number).as_bytes());
                    kept.exchange(Deadline::after(TIMEOUT))
                })
            });
            let drawn = self.draw_until_over(plan, signals);
            self.is_over.store(true, Ordering::Relaxed);
            let joined = |half: thread::ScopedJoinHandle<'_, Result<(), Error>>| {
                half.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            joined(websocket).and(joined(polling))?;
            drawn.map_err(output_error)
        })
    }

    /// Exchanges one frame after the other.
    fn turn(
        &self,
        half: &Mutex<Half>,
        mut exchange: impl FnMut(u64) -> Result<Traffic, Error>,
    ) -> Result<(), Error> {
        let start = Instant::now();
        while !self.is_over.load(Ordering::Relaxed) {
            let number = lock(half).frames;
            let traffic = exchange(number).inspect_err(|_| {
                self.is_over.store(true, Ordering::Relaxed);
            })?;
            let mut half = lock(half);
            half.frames += 1;
            half.traffic.sent += traffic.sent;
            half.traffic.received += traffic.received;
            half.elapsed = start.elapsed();
        }
        Ok(())
    }

    fn draw_until_over(&self, plan: &Plan, signals: &mut Signals) -> io::Result<Option<i32>> {
        let end = plan.limits.max_time.instant();
        while !self.is_over.load(Ordering::Relaxed) {
            print(&self.drawing())?;
            let signals = signals.wait_until(Instant::now() + REDRAW)?;
            let is_late = end.is_some_and(|end| end <= Instant::now());
            if !signals.is_empty() || is_late {
                return Ok(signals.first().copied());
            }
        }
        Ok(None)
    }

    /// The whole screen.
    fn drawing(&self) -> String {
        let halves = [&self.websocket, &self.polling].map(|half| {
            let half = lock(half);
            let picture = frame(half.frames.saturating_sub(1));
            (picture, half.lines())
        });
        let [(left, left_lines), (right, right_lines)] = &halves;
        let border = format!("+{}+", "-".repeat(COLUMNS));
        let mut text = String::from("\x1b[H");
        let mut row = |left: &str, right: &str| {
            let width = COLUMNS + 2;
            let _ = write!(text, "{left:<width$} {right:<width$}\r\n");
        };
        row("WebSocket", "HTTP polling (kept alive)");
        row(&border, &border);
        for (left, right) in left.lines().zip(right.lines()) {
            row(&format!("|{left}|"), &format!("|{right}|"));
        }
        row(&border, &border);
        for (left, right) in left_lines.iter().zip(right_lines) {
            row(left, right);
        }
        text.push_str("^C ends");
        text
    }

    /// What is printed at the end.
    fn summary(&self) -> String {
        let mut text = String::new();
        for (name, half) in [
            ("WebSocket", &self.websocket),
            ("HTTP polling", &self.polling),
        ] {
            let _ = writeln!(text, "{name:<14}{}", lock(half).lines().join(", "));
        }
        text
    }
}

fn lock(half: &Mutex<Half>) -> MutexGuard<'_, Half> {
    half.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Half {
    fn lines(&self) -> [String; 3] {
        #[expect(clippy::cast_precision_loss, reason = "means for people")]
        let (frames, bytes) = (
            self.frames.max(1) as f64,
            (self.traffic.sent + self.traffic.received) as f64,
        );
        let seconds = self.elapsed.as_secs_f64().max(1e-9);
        [
            format!("{} frames, {:.0} frames/s", self.frames, frames / seconds),
            format!("{:.3} ms for a frame", 1000.0 * seconds / frames),
            format!("{:.0} bytes for a frame", bytes / frames),
        ]
    }
}

/// A ball that bounces, in rows of text. Each frame has the same size.
fn frame(number: u64) -> String {
    let fold = |length: usize| {
        let period = 2 * (length as u64 - 1);
        let place = number % period;
        usize::try_from(place.min(period - place)).unwrap_or_default()
    };
    let (column, row) = (fold(COLUMNS), fold(ROWS));
    let rows = (0..ROWS).map(|at| {
        let ball = if at == row { column } else { COLUMNS };
        let letters = (0..COLUMNS).map(|column| if column == ball { 'O' } else { ' ' });
        letters.collect::<String>()
    });
    rows.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_one_ball_and_the_same_size() {
        for number in (0..200).chain([u64::MAX]) {
            let frame = frame(number);
            assert_eq!(frame.len(), ROWS * (COLUMNS + 1) - 1);
            assert_eq!(frame.matches('O').count(), 1, "{number}");
        }
        assert_ne!(frame(0), frame(1));
    }

    #[test]
    fn both_halves_fit_the_screen() {
        let book = Flipbook::default();
        lock(&book.websocket).frames = 1_000_000;
        lock(&book.websocket).elapsed = Duration::from_secs(10);
        let drawing = book.drawing();
        let rows: Vec<&str> = drawing.trim_start_matches("\x1b[H").lines().collect();
        assert!(rows.len() <= SCREEN.1, "{drawing}");
        assert!(rows.iter().all(|row| row.len() <= SCREEN.0), "{drawing}");
        assert!(
            drawing.contains("1000000 frames, 100000 frames/s"),
            "{drawing}"
        );
    }
}
