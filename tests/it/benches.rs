//! The scripts that measure: they work, whatever they measure.

use std::path::Path;
use std::time::Duration;

use crate::support::{require, Wsline};

#[test]
fn comparison_prints_its_table() {
    require!("python3");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compare.py");
    Wsline::program("python3")
        .arg(script)
        .args(["--runs", "1", "--scenarios", "start,up1k,down1k"])
        .args(["--program", env!("CARGO_BIN_EXE_wsline")])
        // It works on a busy machine too: nothing is measured here.
        .args(["--limit", "110"])
        .within(Duration::from_mins(2))
        .stdout_matches(
            "| | wsline |\n| --- | ---: |\n\
             | connect, a line out, one in, close, exit | [..]s |\n\
             | 200,000 lines of 1 KiB sent | [..]s |\n\
             | 200,000 messages of 1 KiB received | [..]s |\n\n\
             Medians of 1. [..]\nwsline: wsline [..].\n",
        )
        .run();
}

#[test]
fn prompt_is_measured() {
    require!("python3");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/prompt.py");
    Wsline::program("python3")
        .arg(script)
        .args([env!("CARGO_BIN_EXE_wsline"), "2000"])
        .within(Duration::from_mins(2))
        .stdout_matches(
            "2,000 messages of 100 B printed: [..] s\n\
             2,000 messages hidden by /filter: [..] s\n\
             slowest of [..] keys meanwhile: [..] ms\n",
        )
        .run();
}

#[test]
fn comparison_rejects_unknown_arguments() {
    require!("python3");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compare.py");
    Wsline::program("python3")
        .arg(&script)
        .args(["--scenarios", "sideways"])
        .stderr_matches("no scenario 'sideways'; there are up32, up1k, [..]\n")
        .code(1)
        .run();
    Wsline::program("python3")
        .arg(&script)
        .args(["--program", "/no/such/wsline", "--scenarios", "start"])
        .stderr("/no/such/wsline does not exist: cargo build --release\n")
        .code(1)
        .run();
}
