//! The prompt, as a person meets it: the program in a real terminal, keys in, a screen out.

mod colors;
mod commands;
mod editing;
mod ends;
mod guide;
mod history;
#[cfg(feature = "images")]
pub mod image;
mod living;
mod pager;
mod recorded;
mod restored;
mod streams;

use crate::support::peer::Running;
use crate::support::{Key, Pty, Terminal};

/// The prompt on `peer`, connected.
#[track_caller]
pub fn open(peer: &Running) -> Pty {
    open_with(peer, Terminal::new().size(40, 100))
}

/// The same in a terminal that was set up.
#[track_caller]
pub fn open_with(peer: &Running, terminal: Terminal) -> Pty {
    let pty = terminal.args([peer.url()]).start();
    pty.wait_for("/help lists the commands");
    wait_for_line(&pty, ">");
    pty
}

/// Waits until the last line on the screen is this one.
#[track_caller]
pub fn wait_for_line(pty: &Pty, line: &str) {
    let line = format!("\n{line}");
    pty.wait_until(&format!("{line:?} as the last line"), |screen| {
        let text: Vec<String> = screen.rows(0, screen.size().1.get()).collect();
        let text: Vec<&str> = text.iter().map(|row| row.trim_end()).collect();
        text.join("\n").trim_end().ends_with(&line)
    });
}

/// Ends with ^D and expects what comes of it.
#[track_caller]
pub fn end(pty: &mut Pty) {
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0, "{}", pty.screen());
    assert!(
        // The terminal may have wrapped it.
        pty.screen()
            .replace('\n', "")
            .contains("closed by us: 1000 (normal closure)"),
        "{}",
        pty.screen()
    );
    pty.assert_as_found();
}
