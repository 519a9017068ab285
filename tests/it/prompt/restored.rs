//! The terminal's settings are the same after each end as before the start, whatever the prompt was
//! in the middle of.

use nix::sys::signal::Signal;

use super::{open_with, wait_for_line};
use crate::support::{Gate, Key, Peer, Pty, Terminal};

/// What the prompt is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Middle {
    EmptyLine,
    HalfLine,
    UnfinishedJson,
    Search,
    HalfPaste,
    Completion,
    Held,
    /// After `/edit`.
    Edited,
    /// After a program that left the terminal raw, without echo and with another screen.
    Spoiled,
    /// Such a program is still running.
    Running,
}

const ALL: [Middle; 10] = [
    Middle::EmptyLine,
    Middle::HalfLine,
    Middle::UnfinishedJson,
    Middle::Search,
    Middle::HalfPaste,
    Middle::Completion,
    Middle::Held,
    Middle::Edited,
    Middle::Spoiled,
    Middle::Running,
];

const SPOIL: &str = "stty raw -echo; printf '\\033[?47h\\033[?25l\\033[?2004h\\033[?1000h'";

impl Middle {
    /// Whether the line editor waits for a key in a way that only a signal ends.
    fn blocks_in_a_read(self) -> bool {
        matches!(self, Self::Search | Self::Completion | Self::HalfPaste)
    }

    /// Brings a prompt there that has sent `needle` and received a message.
    fn begin(self, pty: &Pty) {
        match self {
            Self::EmptyLine => {}
            Self::HalfLine => {
                pty.type_text("half");
                wait_for_line(pty, "> half");
            }
            Self::UnfinishedJson => {
                pty.type_text("{\"a\":\r");
                pty.wait_for(". {\"a\":\n");
            }
            Self::Search => {
                pty.key(Key::CtrlR);
                pty.type_text("need");
                pty.wait_for("`need': needle");
            }
            Self::HalfPaste => {
                // The end of the paste never comes.
                pty.type_text("half\x1b[200~of a paste");
                wait_for_line(pty, "> half");
            }
            Self::Completion => {
                pty.type_text("/s");
                pty.key(Key::Tab);
                pty.wait_until("a completion", |screen| screen.cursor_position().1 > 4);
            }
            Self::Held => {
                pty.type_text("half\x13");
                wait_for_line(pty, "\u{2016} half");
            }
            Self::Edited => {
                pty.type_line("/edit two");
                wait_for_line(pty, "> two edited");
            }
            Self::Spoiled => {
                pty.type_line(&format!("/view 1 | {SPOIL}"));
                // It is sent when the line stands again on the first screen.
                pty.type_line("needle");
                wait_for_line(pty, "> needle\n>");
            }
            Self::Running => {
                pty.type_line(&format!("/view 1 | {SPOIL}; echo running; sleep 600"));
                pty.wait_until("the program", |screen| {
                    screen.contents().starts_with("running")
                });
            }
        }
    }
}

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Signal(Signal, i32),
    CtrlD,
    CtrlC,
    Quit,
    Close,
    /// The server closes, and then the prompt is sent a signal.
    Closed,
    /// The same after a reset of TCP.
    Reset,
}

impl End {
    /// Whether the keys for it have this meaning there.
    fn is_possible_in(self, middle: Middle) -> bool {
        match (self, middle) {
            (Self::Signal(..) | Self::Closed | Self::Reset, _) => true,
            (_, Middle::HalfPaste | Middle::Running) => false,
            (Self::CtrlC, _) => true,
            (Self::CtrlD | Self::Quit | Self::Close, _) => {
                !matches!(middle, Middle::Search | Middle::Completion)
            }
        }
    }

    fn code(self) -> i32 {
        match self {
            Self::Signal(_, code) => code,
            Self::CtrlC => 130,
            Self::CtrlD | Self::Quit | Self::Close => 0,
            Self::Closed | Self::Reset => 143,
        }
    }
}

#[track_caller]
fn run(middle: Middle, end: End) {
    let gate = Gate::new();
    let mut peer = Peer::ws().expect_text("needle").send_text("a message");
    if middle == Middle::Spoiled {
        peer = peer.expect_text("needle");
    }
    let peer = match end {
        End::Closed => peer.wait_for(&gate).close(4001, "enough"),
        End::Reset => peer.wait_for(&gate).reset_tcp(),
        _ => peer.expect_close_any(),
    };
    let peer = peer.start();
    let terminal = Terminal::new()
        .size(24, 100)
        .env("VISUAL", "sed -i 's/$/ edited/'");
    let mut pty = open_with(&peer, terminal);
    pty.type_line("needle");
    wait_for_line(&pty, "< a message\n>");
    middle.begin(&pty);
    match end {
        End::Signal(Signal::SIGINT, _) if middle.blocks_in_a_read() => {
            pty.signal_until_exit(Signal::SIGINT);
        }
        End::Signal(signal, _) => pty.signal(signal),
        // The keys that clear a line of several rows are pressed once for each.
        End::CtrlD => pty.type_text("\x05\x15\x15\x15\x04"),
        End::Quit => pty.type_text("\x05\x15\x15\x15/quit\r"),
        End::Close => pty.type_text("\x05\x15\x15\x15/close\r"),
        // The first one may only clear the line.
        End::CtrlC => pty.type_text("\x03\x03\x03"),
        End::Closed | End::Reset => {
            gate.open();
            pty.signal(Signal::SIGTERM);
        }
    }
    let code = pty.wait_exit();
    assert_eq!(code, end.code(), "{middle:?}, {end:?}:\n{}", pty.screen());
    pty.assert_as_found();
}

fn run_all(ends: &[End]) {
    for middle in ALL {
        for end in ends {
            if end.is_possible_in(middle) {
                run(middle, *end);
            }
        }
    }
}

#[test]
fn settings_are_restored_after_a_signal() {
    run_all(&[
        End::Signal(Signal::SIGTERM, 143),
        End::Signal(Signal::SIGHUP, 129),
        End::Signal(Signal::SIGINT, 130),
    ]);
}

#[test]
fn settings_are_restored_after_keys_and_commands() {
    run_all(&[End::CtrlD, End::CtrlC, End::Quit, End::Close]);
}

#[test]
fn settings_are_restored_after_the_server_has_gone() {
    run_all(&[End::Closed, End::Reset]);
}
