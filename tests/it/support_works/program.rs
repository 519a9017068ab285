//! The program's builder, tried on the shell.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::support::program::Running;
use crate::support::{Gate, Stdin, Stdout, Wsline};

fn sh(script: &str) -> Wsline {
    Wsline::program("sh").args(["-c", script])
}

/// What the support says when it fails a test.
fn complaint<T>(test: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| drop(test()))).expect_err("it must fail");
    *panic.downcast::<String>().expect("a report is a text")
}

#[test]
fn stdout_stderr_and_exit_code_are_compared() {
    sh("cat; echo err >&2; exit 3")
        .stdin("in\n")
        .stdout("in\n")
        .stderr("err\n")
        .code(3)
        .run();
    let report = complaint(|| sh("echo out").run());
    assert!(
        report.contains("stdout is not what was expected"),
        "{report}"
    );
    let report = complaint(|| sh("echo err >&2").run());
    assert!(
        report.contains("stderr is not what was expected"),
        "{report}"
    );
    let report = complaint(|| sh("printf more; exit 2").stdout("more").run());
    assert!(
        report.contains("exit code 0 was expected, exit code 2 came"),
        "{report}"
    );
    assert!(report.contains("|more (no line feed)"), "{report}");
    let report = complaint(|| sh("kill -9 $$").run());
    assert!(report.contains("death by signal 9"), "{report}");
}

#[test]
fn patterns_and_named_parts_are_matched() {
    sh("echo port 4242; pwd >&2")
        .with("[PORT]", 4242)
        .stdout_matches("port [PORT]\n")
        .stderr_matches("[DIR]\n")
        .run();
    let report = complaint(|| sh("echo port 1").stdout_matches("port 2[..]\n").run());
    assert!(report.contains("|port 1"), "{report}");
}

#[test]
fn environment_is_clean() {
    sh("env | cut -d= -f1 | sort; pwd; ls -A")
        .env("GIVEN", "x")
        .file("here", "")
        .stdout_matches(
            "GIVEN\nHOME\nLANG\n...\nPATH\n...\nTERM\nTMPDIR\nXDG_CACHE_HOME\nXDG_CONFIG_HOME\n\
             XDG_DATA_HOME\nXDG_STATE_HOME\n...\n[DIR]\nhere\n",
        )
        .run();
}

#[test]
fn all_kinds_of_stdin() {
    sh("cat").run();
    sh("cat").stdin(b"\xff\x00").stdout_bytes(b"\xff\x00").run();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "file").expect("a file");
    sh("cat")
        .stdin(Stdin::File(file.path().to_owned()))
        .stdout("file")
        .run();
    let gate = Gate::new();
    let waits = gate.clone();
    let running = sh("read a; echo got $a; read b; echo got $b")
        .stdin(Stdin::written(move |pipe| {
            pipe.write_all(b"one\n")?;
            waits.wait();
            pipe.write_all(b"two\n")
        }))
        .stdout("got one\ngot two\n");
    let mut running = running.spawn();
    assert_eq!(running.read_line(), "got one");
    gate.open();
    running.wait();
}

#[test]
fn conversation_with_a_running_program() {
    let mut running = sh("while read a; do echo \"<$a>\"; done; echo end >&2")
        .stdin(Stdin::Open)
        .stdout("<a>\n<b>\n")
        .stderr("end\n")
        .spawn();
    running.write_line("a");
    assert_eq!(running.read_line(), "<a>");
    running.write_line("b");
    assert_eq!(running.read_line(), "<b>");
    running.close_stdin();
    running.wait_for_stderr("end");
    running.wait();
}

#[test]
fn signals_are_sent_and_limits_set() {
    let mut running = sh("trap 'exit 42' TERM; echo ready; while :; do sleep 0.05; done")
        .stdout("ready\n")
        .code(42)
        .spawn();
    assert_eq!(running.read_line(), "ready");
    running.signal(Signal::SIGTERM);
    running.wait();
    let report = complaint(|| {
        sh("echo so far; exec cat")
            .stdin(Stdin::Open)
            .within(Duration::from_millis(300))
            .run()
    });
    assert!(report.contains("was killed"), "{report}");
    assert!(report.contains("|so far"), "{report}");
}

#[test]
fn slow_and_closed_readers() {
    let count_of = |running: &Running| running.id();
    let running = sh("head -c 1000000 /dev/zero | tr '\\0' x")
        .stdout_to(Stdout::Held)
        .stdout("x".repeat(1_000_000))
        .spawn();
    assert!(count_of(&running) > 0);
    running.read_stdout();
    running.wait();
    sh("trap '' PIPE; echo x 2>/dev/null || exit 9")
        .stdout_to(Stdout::Gone)
        .code(9)
        .run();
    let mut running = sh("trap '' PIPE; echo x; read a; echo y 2>/dev/null || exit 9")
        .stdin(Stdin::Open)
        .stdout("x\n")
        .code(9)
        .spawn();
    assert_eq!(running.read_line(), "x");
    running.close_stdout();
    running.write_line("");
    running.wait();
}

#[test]
#[cfg(target_os = "linux")]
fn memory_is_measured() {
    let script = "a=$(head -c 30000000 /dev/zero | tr '\\0' x); echo ${#a}";
    let finished = sh(script).stdout("30000000\n").run();
    let peak = finished.max_rss_kib.expect("Linux tells it");
    assert!((30_000..1_000_000).contains(&peak), "{peak} KiB");
    let small = sh("read a; exit 0").code(0).stdin("x\n").run();
    small.assert_memory_below(16 * 1024);
}
