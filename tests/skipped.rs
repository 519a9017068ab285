//! The last lines of `cargo test`: how many checks were skipped, and why.
//!
//! Cargo runs the test programs in the order of their names, each as a child of its own process. So
//! this one finds what `it` has left under the same parent.

#![expect(clippy::print_stdout, reason = "it is what this program is for")]

use std::collections::BTreeMap;

fn main() {
    if std::env::args().any(|word| word == "--list") {
        return;
    }
    let path = format!(
        "{}/skipped-{}",
        env!("CARGO_TARGET_TMPDIR"),
        std::os::unix::process::parent_id()
    );
    let Ok(reasons) = std::fs::read_to_string(&path) else {
        return;
    };
    std::fs::remove_file(&path).expect("a file of our own");
    let mut counts = BTreeMap::<&str, usize>::new();
    for reason in reasons.lines() {
        *counts.entry(reason).or_default() += 1;
    }
    let total: usize = counts.values().sum();
    let were = if total == 1 {
        "check was"
    } else {
        "checks were"
    };
    println!("\n{total} {were} skipped:");
    for (reason, count) in &counts {
        println!("{count:5} because {reason}");
    }
    if counts
        .keys()
        .any(|reason| reason.ends_with(" is not installed"))
    {
        println!("On Debian and Ubuntu, .ci/run --install installs what is missing.");
    }
}
