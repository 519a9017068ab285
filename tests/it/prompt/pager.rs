//! `/view` of what is taller than the screen, in less.

use super::{end, open_with, wait_for_line};
use crate::support::{Peer, Terminal};

/// Nothing of the message stays on the screen, where its rows would have no mark before them.
#[test]
fn rows_of_a_pager_do_not_stay_on_the_screen() {
    if std::process::Command::new("less")
        .arg("-V")
        .output()
        .is_err()
    {
        return;
    }
    let rows: Vec<String> = (0..30).map(|number| format!("* row {number}")).collect();
    for options in [
        None,
        Some("FRX"),
        Some("-FX -Pmore"),
        Some("-X --prompt=more"),
    ] {
        let peer = Peer::ws().send_text(rows.join("\n")).start();
        let mut terminal = Terminal::new().size(24, 80).env("TERM", "xterm");
        if let Some(options) = options {
            terminal = terminal.env("LESS", options);
        }
        let mut pty = open_with(&peer, terminal);
        pty.wait_for("in all: /view 1");
        pty.type_line("/view 1");
        pty.wait_for("\n* row 20\n");
        assert!(pty.look(vt100::Screen::alternate_screen), "{options:?}");
        pty.type_text("q");
        wait_for_line(&pty, ">");
        let history = pty.history();
        let is_left = |row: &String| row.starts_with("* row");
        assert!(!history.iter().any(is_left), "{options:?}: {history:#?}");
        end(&mut pty);
    }
}
