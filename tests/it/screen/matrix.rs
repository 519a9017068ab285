//! Every state of the prompt at three sizes, each with a burst of messages in between: the typed text
//! is whole and sent as typed, the messages are complete and in order, nothing received stands in
//! column 0, and nothing is drawn again above the line.

use std::time::Duration;

use crate::prompt::{end, open_with, wait_for_line};
use crate::support::peer::{Running, TEXT};
use crate::support::{Frame, Gate, Key, Peer, Pty, Terminal};

const SIZES: [(u16, u16); 3] = [(24, 80), (10, 40), (50, 200)];
/// The size of a burst.
const COUNT: usize = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Plain,
    Wrapped,
    Cjk,
    Emoji,
    Search,
    Completion,
    FoldedPaste,
    Held,
    Filtered,
    Closed,
    Reconnecting,
    Edit,
}

use State::{
    Cjk, Closed, Completion, Edit, Emoji, Filtered, FoldedPaste, Held, Plain, Reconnecting, Search,
    Wrapped,
};

/// A prompt in a state, and the gates of its server.
struct Case {
    state: State,
    columns: usize,
    burst: Gate,
    /// Opened when the program has read the burst.
    read: Gate,
}

impl Case {
    /// The message with this number. It has no other characters than `#` and digits, of which the
    /// prompt prints none in column 0, and some take several rows.
    fn message(&self, number: usize) -> String {
        match number % 7 {
            0 => format!("{}{number}#", "#".repeat(self.columns * 3 / 2)),
            _ => format!("{number}#"),
        }
    }

    /// What is typed before the burst.
    fn typed(&self) -> String {
        match self.state {
            Wrapped => "wrapped-".repeat(self.columns / 3),
            Cjk => "日本語・한국어・".repeat(self.columns / 8),
            Emoji => "🙂🚀🌍".repeat(self.columns / 3),
            Search => "needle".to_owned(),
            Completion => "/s".to_owned(),
            FoldedPaste => "a line of it\n".repeat(300) + "the end",
            _ => "half a line".to_owned(),
        }
    }

    /// What is shown of it, with what was typed after the burst.
    fn shown(&self) -> String {
        match self.state {
            FoldedPaste => "[pasted: 301 lines, 3.8 KiB]!".to_owned(),
            Completion => "/send !".to_owned(),
            Edit => "half a line, edited!".to_owned(),
            _ => self.typed() + "!",
        }
    }

    fn sent(&self) -> String {
        match self.state {
            FoldedPaste => self.typed() + "!",
            Completion => "!".to_owned(),
            _ => self.shown(),
        }
    }

    fn peer(&self) -> Running {
        let frames: Vec<u8> = (0..COUNT)
            .flat_map(|number| Frame::new(TEXT, self.message(number)).encode())
            .collect();
        // Long bursts are drawn on slow machines too.
        let peer = Peer::ws().within(Duration::from_mins(1));
        let burst = |peer: Peer| peer.wait_for(&self.burst).raw(&frames);
        let read = |peer: Peer| peer.ping("all?").expect_pong("all?").open(&self.read);
        let last = || Peer::ws().within(Duration::from_mins(1));
        let peer = match self.state {
            Closed => burst(peer).close(4001, "enough").then(last()),
            Reconnecting => {
                let refusal = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
                let dropped = peer.expect_text("go").drop_tcp();
                dropped.then(Peer::http(refusal)).then(read(burst(last())))
            }
            Search => read(burst(peer.expect_text("needle"))),
            _ => read(burst(peer)),
        };
        peer.expect_text(self.sent()).start()
    }

    fn terminal(&self, rows: u16) -> Terminal {
        let columns = u16::try_from(self.columns).expect("a width");
        let terminal = Terminal::new().size(rows, columns);
        match self.state {
            Reconnecting => terminal.args(["--reconnect"]),
            Edit => {
                let editor = "echo editing\n\
                              while [ ! -e go ]; do sleep 0.02; done\n\
                              sed -i 's/$/, edited/' \"$1\"\n";
                terminal.file("editor", editor).env("VISUAL", "sh editor")
            }
            _ => terminal,
        }
    }

    /// Brings the prompt into the state.
    fn begin(&self, pty: &Pty) {
        match self.state {
            Search => {
                pty.type_line("needle");
                wait_for_line(pty, "> needle\n>");
                pty.key(Key::CtrlR);
                pty.type_text("need");
                return pty.wait_for("`need': needle");
            }
            Filtered => {
                pty.type_line("/filter 3#$");
                pty.wait_for("/unfilter ends it");
            }
            Reconnecting => {
                pty.type_line("go");
                pty.wait_for("reconnecting in");
            }
            _ => {}
        }
        match self.state {
            FoldedPaste => pty.paste(&self.typed()),
            _ => pty.type_text(&self.typed()),
        }
        let shown = match self.state {
            FoldedPaste => "[pasted: 301 lines, 3.8 KiB]".to_owned(),
            _ => self.typed(),
        };
        pty.wait_until(&shown, |screen| flat_screen(screen).contains(&shown));
        match self.state {
            Held => {
                pty.type_text("\x13");
                wait_for_line(pty, "\u{2016} half a line");
            }
            Completion => {
                pty.key(Key::Tab);
                pty.wait_until("a completion", |screen| {
                    screen.cursor_position().1 > 4 && screen.contents().contains("> /s")
                });
            }
            Edit => {
                pty.type_text("\x18\x05");
                pty.wait_for("editing");
            }
            _ => {}
        }
    }

    /// Returns to the line with all messages above it, and types one more character.
    fn leave(&self, pty: &Pty) {
        let last = self.message(COUNT - 1);
        let above = match self.state {
            Held => format!("< {last}* {COUNT} held back> "),
            Closed => "x ".to_owned(),
            Filtered => format!("< {}> ", self.message(COUNT - 7)),
            _ => format!("< {last}> "),
        };
        match self.state {
            Search => {
                pty.key(Key::Right);
                pty.key(Key::End);
            }
            Completion => {
                pty.key(Key::CtrlG);
                pty.type_text("end ");
            }
            Edit => {
                pty.home().write("go", "");
            }
            Closed => {
                pty.wait_for("* Enter on an empty line");
            }
            _ => {}
        }
        if self.state == Edit {
            // What is typed while the editor runs is for the editor.
            pty.wait_for("> half a line, edited");
        }
        pty.type_text("!");
        if self.state == Held {
            wait_for_line(pty, "\u{2016} half a line!");
            assert_eq!(received(pty), Vec::<String>::new());
            pty.type_text("\x11");
        }
        let line = above + &self.shown();
        pty.wait_until(&line, |screen| flat_screen(screen).contains(&line));
    }

    #[track_caller]
    fn check(&self, pty: &Pty, before: &str) {
        let wanted: Vec<String> = (0..COUNT)
            .map(|number| self.message(number))
            .filter(|message| self.state != Filtered || message.ends_with("3#"))
            .collect();
        // The lists themselves are too long for a report.
        let messages = received(pty);
        let same = messages
            .iter()
            .zip(&wanted)
            .take_while(|(a, b)| a == b)
            .count();
        assert_eq!(
            (messages.get(same), messages.len()),
            (wanted.get(same), wanted.len()),
            "after {same} messages"
        );
        let history = pty.history();
        let forged = history
            .iter()
            .find(|row| row.starts_with(|c: char| c == '#' || c.is_ascii_digit()));
        assert_eq!(forged, None);
        let after = flat(&ours(&history));
        assert_eq!(after.matches(&self.shown()).count(), 1, "{after}");
        if matches!(self.state, Plain | Wrapped | Cjk | Emoji | FoldedPaste) {
            assert_eq!(after, format!("{before}!"));
        }
    }

    fn send(&self, pty: &Pty) {
        if self.state == Closed {
            pty.key(Key::CtrlU);
            wait_for_line(pty, "x");
            pty.key(Key::Enter);
            pty.wait_for("* connected again after ");
            wait_for_line(pty, ">");
            pty.type_text("\x19");
            wait_for_line(pty, "> half a line!");
        }
        pty.key(Key::Enter);
    }
}

/// Everything that was received and shown.
fn received(pty: &Pty) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for row in pty.history() {
        match (row.strip_prefix("< "), messages.last_mut()) {
            (Some(text), _) => messages.push(text.trim_end().to_owned()),
            (None, Some(message)) if is_received(&row) => message.push_str(row.trim()),
            _ => {}
        }
    }
    messages
}

/// Whether a row continues a message.
fn is_received(row: &str) -> bool {
    let text = row.trim_end().strip_prefix("  ").unwrap_or_default();
    text.contains('#') && text.chars().all(|c| c == '#' || c.is_ascii_digit())
}

/// The rows that are not part of messages.
fn ours(history: &[String]) -> Vec<&str> {
    let rows = history.iter().map(|row| row.trim_end());
    rows.filter(|row| !row.starts_with("< ") && !is_received(row))
        .collect()
}

fn flat(rows: &[&str]) -> String {
    rows.concat()
}

fn flat_screen(screen: &vt100::Screen) -> String {
    let rows: Vec<String> = screen.rows(0, screen.size().1.get()).collect();
    rows.iter().map(|row| row.trim_end()).collect()
}

#[track_caller]
fn run(state: State) {
    for (rows, columns) in SIZES {
        let case = Case {
            state,
            columns: usize::from(columns),
            burst: Gate::new(),
            read: Gate::new(),
        };
        let peer = case.peer();
        let mut pty = open_with(&peer, case.terminal(rows));
        case.begin(&pty);
        let before = flat(&ours(&pty.history()));
        case.burst.open();
        if !matches!(state, Closed) {
            case.read.wait();
        }
        if matches!(state, Search | Completion | Held | Edit) {
            assert_eq!(received(&pty), Vec::<String>::new());
        }
        case.leave(&pty);
        case.check(&pty, &before);
        case.send(&pty);
        end(&mut pty);
    }
}

macro_rules! states {
    ($($name:ident: $state:expr,)*) => {$(
        #[test]
        fn $name() {
            run($state);
        }
    )*};
}

states! {
    plain_line: Plain,
    wrapped_line: Wrapped,
    cjk_line: Cjk,
    emoji_line: Emoji,
    history_search: Search,
    completion: Completion,
    folded_paste: FoldedPaste,
    held_messages: Held,
    filtered_messages: Filtered,
    closed_connection: Closed,
    reconnecting: Reconnecting,
    editor: Edit,
}
