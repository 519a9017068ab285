//! Skips tests whose peer is not installed, and reports them: the last lines of `cargo test` list
//! them (`tests/skipped.rs`).
//!
//! `WSLINE_SKIPPED=FILE` writes the names to a file, for CI; `WSLINE_NO_SKIP=1` makes skipping an
//! error.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Returns from the test if a peer is not installed: `require!("node")` tries `node --version`, and
/// `require!("python-websockets", ["python3", "-c", "import websockets"])` this command.
macro_rules! require {
    ($program:expr) => {
        $crate::support::skip::require!($program, [$program, "--version"])
    };
    ($name:expr, $probe:expr) => {
        if !$crate::support::skip::is_there(&$probe) {
            $crate::support::skip::missing($name);
            return;
        }
    };
}
pub(crate) use require;

/// Returns from the test if there is no IPv6 on loopback.
macro_rules! require_ipv6 {
    () => {
        if std::net::TcpListener::bind("[::1]:0").is_err() {
            $crate::support::skip::say("this machine has no IPv6 on loopback");
            return;
        }
    };
}
pub(crate) use require_ipv6;

/// Whether the command `probe` runs and succeeds.
pub fn is_there(probe: &[&str]) -> bool {
    let (program, args) = probe.split_first().expect("a probe names a program");
    Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Reports that the running test is skipped because a program is not installed.
#[track_caller]
pub fn missing(program: &str) {
    say(&format!("{program} is not installed"));
}

/// Reports that the running test is skipped and why, as the environment variables say.
#[track_caller]
pub fn say(reason: &str) {
    let file = std::env::var_os("WSLINE_SKIPPED");
    let forbidden = std::env::var_os("WSLINE_NO_SKIP").is_some_and(|value| value == "1");
    say_by(reason, file.as_deref().map(Path::new), forbidden);
    remember(reason);
}

/// Writes the reason to a file for `tests/skipped.rs`.
fn remember(reason: &str) {
    static FILE: OnceLock<File> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let parent = std::os::unix::process::parent_id();
        let path = format!("{}/skipped-{parent}", env!("CARGO_TARGET_TMPDIR"));
        File::create(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    });
    let mut file = file;
    file.write_all(format!("{reason}\n").as_bytes())
        .expect("a file of our own");
}

/// Like [`say`], with these values of the variables.
#[track_caller]
pub fn say_by(reason: &str, file: Option<&Path>, forbidden: bool) {
    assert!(
        !forbidden,
        "{reason}, and WSLINE_NO_SKIP=1 allows no test to be skipped"
    );
    let line = format!("skipped: {reason}\n");
    // Not by a print macro, whose output is only shown for failed tests.
    std::io::stderr()
        .write_all(line.as_bytes())
        .expect("stderr can be written");
    if let Some(path) = file {
        std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .unwrap_or_else(|error| panic!("WSLINE_SKIPPED={}: {error}", path.display()));
    }
}
