//! What every test needs, however it is started: it ends in time, the programs that it starts can
//! be interrupted, and its temporary files have short paths.
//!
//! A shell script that starts `cargo test &`, and some CI runners, leave SIGINT ignored, and a
//! program inherits that. A temporary directory may be deep, or have spaces in its name: the path
//! of a Unix socket has at most 103 bytes, and shells split words.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::time;

/// The timeout of a test, for everything that has no timeout of its own.
const TEST: Duration = Duration::from_mins(4);

/// The timeout of tests that are only run on request.
const LONG_TEST: Duration = Duration::from_hours(1);

/// The longest path of a temporary directory that leaves room for a socket.
const LONGEST_PATH: usize = 40;

static RUNNING: Mutex<BTreeMap<u64, (String, Instant)>> = Mutex::new(BTreeMap::new());

thread_local! {
    /// Dropped with the thread, at the end of the test.
    static TEST_LIMIT: Limit = Limit::new();
}

/// The watch over the test on this thread.
struct Limit(Cell<u64>);

impl Limit {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(Cell::new(NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    fn begin(&self) {
        let limit = if std::env::args().any(|word| word.ends_with("ignored")) {
            LONG_TEST
        } else {
            TEST
        };
        let name = thread::current().name().unwrap_or("a test").to_owned();
        let end = Instant::now() + time::limit(limit);
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.insert(self.0.get(), (name, end));
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(&self.0.get());
    }
}

/// Called by everything with which a test can begin.
pub fn begin() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        accept_signals();
        shorten_temporary_paths();
        thread::spawn(watch);
    });
    TEST_LIMIT.with(Limit::begin);
}

/// A temporary directory with a short path.
pub fn directory() -> tempfile::TempDir {
    begin();
    tempfile::tempdir().expect("a temporary directory can be made")
}

/// Ends the process when a test takes too long: a thread can't be ended.
fn watch() {
    loop {
        thread::sleep(Duration::from_secs(1));
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some((name, _)) = running.values().find(|(_, end)| *end < now) {
            // Not by a print macro, whose output is captured.
            let text = format!(
                "\n{name} has run for too long; WSLINE_TEST_SLOWNESS=4 gives every test more time\n"
            );
            std::io::stderr()
                .write_all(text.as_bytes())
                .expect("stderr can be written");
            std::process::exit(101);
        }
    }
}

/// Makes programs that are started from now on receive the signals that this process ignores: a
/// signal that has a handler here has its default action there.
fn accept_signals() {
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        if is_ignored(signal) {
            signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))
                .expect("a handler can be set");
        }
    }
}

/// Whether this process ignores a signal; false where the system can't tell.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

fn shorten_temporary_paths() {
    let is_plain = |path: &Path| {
        path.as_os_str().len() <= LONGEST_PATH
            && !path.to_string_lossy().contains(char::is_whitespace)
    };
    if !is_plain(&std::env::temp_dir()) && Path::new("/tmp").is_dir() {
        // Fails only if it was set before.
        let _ = tempfile::env::override_temp_dir(Path::new("/tmp"));
    }
}
