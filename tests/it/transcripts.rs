//! What stands in the terminal after typical sessions at the prompt, from the first row in the
//! scrollback to the last one on the screen.
//!
//! `WSLINE_UPDATE=1 cargo test --test it transcripts::` writes them to `tests/it/transcripts`.
//! Otherwise they are compared, with the numbers masked that differ from run to run.

use std::fs;
use std::path::Path;

use crate::documents::{masked, updates};
#[cfg(feature = "images")]
use crate::prompt::image::small_png;
use crate::prompt::wait_for_line;
use crate::support::peer::Running;
use crate::support::{Gate, Key, Peer, Pty, Terminal, Wsline};

/// A prompt at a server whose address does not change.
fn open(peer: &Running, terminal: Terminal) -> Pty {
    let connect_to = format!("::127.0.0.1:{}", peer.port());
    let pty = terminal
        .args(["ws://feed.example/", "--connect-to", &connect_to])
        .start();
    pty.wait_for("/help");
    wait_for_line(&pty, ">");
    pty
}

/// Ends with ^D, and compares all rows with those that were written.
#[track_caller]
fn compare(name: &str, code: i32, mut pty: Pty) -> Pty {
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), code, "{}", pty.screen());
    let history = pty.history();
    let rows: Vec<&str> = history.iter().map(|row| without_distance(row)).collect();
    let text = format!("{}\n", masked(rows.join("\n").trim_end()));
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/transcripts")
        .join(name);
    if updates() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        fs::write(&path, &text).expect("a transcript can be written");
    }
    let kept = fs::read_to_string(&path);
    let kept = kept.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(kept, text, "{}", path.display());
    pty
}

/// A row without the time since the request, at its right.
fn without_distance(row: &str) -> &str {
    let row = row.trim_end();
    match row.rsplit_once("  +") {
        Some((before, time)) if time.ends_with(" ms") => before.trim_end(),
        _ => row,
    }
}

#[test]
fn first_run() {
    let peer = Peer::ws()
        .expect_text("hello")
        .send_text("hello")
        .expect_text(r#"{"id": 1, "method": "list"}"#)
        .send_text(r#"{"id":1,"result":["one","two"]}"#)
        .send_binary([0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a])
        .start();
    let pty = open(&peer, Terminal::new());
    pty.type_line("/help send");
    wait_for_line(&pty, ">");
    pty.type_line("hello");
    pty.wait_for("\n< hello");
    pty.type_line("/lits");
    pty.wait_for("! ");
    pty.type_line(r#"{"id": 1, "method": "list"}"#);
    pty.wait_for("\n  00000000  ");
    wait_for_line(&pty, ">");
    pty.type_text("half a thought");
    wait_for_line(&pty, "> half a thought");
    pty.key(Key::CtrlC);
    wait_for_line(&pty, ">");
    compare("first_run.txt", 0, pty);
}

#[test]
fn server_closes_and_comes_back() {
    let gate = Gate::new();
    let peer = Peer::ws()
        .expect_text(r#"{"op":"sub","ch":"trades"}"#)
        .send_text(r#"{"subscribed":"trades"}"#)
        .wait_for(&gate)
        .close(4001, "token expired")
        .then(
            Peer::ws()
                .expect_text(r#"{"op":"sub","ch":"orders"}"#)
                .send_text(r#"{"subscribed":"orders"}"#),
        )
        .start();
    let pty = open(&peer, Terminal::new());
    pty.type_line(r#"{"op":"sub","ch":"trades"}"#);
    pty.wait_for("subscribed");
    pty.type_text(r#"{"op":"sub","ch":"ord"#);
    pty.wait_for("\"ord");
    gate.open();
    pty.wait_for("* Enter on an empty line reconnects");
    pty.type_text(r#"ers"}"#);
    pty.key(Key::Enter);
    pty.wait_for("nothing was sent");
    wait_for_line(&pty, "x");
    pty.key(Key::Enter);
    pty.wait_for("* connected again");
    wait_for_line(&pty, ">");
    pty.key(Key::Up);
    pty.wait_for("> {\"op\":\"sub\",\"ch\":\"orders\"}");
    pty.key(Key::Enter);
    pty.wait_for("{\"subscribed\":\"orders\"}");
    wait_for_line(&pty, ">");
    compare("server_closes_and_comes_back.txt", 0, pty);
}

#[test]
fn noisy_server_held_and_filtered() {
    let (first, second, held) = (Gate::new(), Gate::new(), Gate::new());
    let ticks = |mut peer: Peer, numbers: std::ops::Range<u32>| {
        for number in numbers {
            peer = peer.send_text(format!("tick {number}"));
        }
        peer
    };
    let peer = ticks(Peer::ws().wait_for(&first), 1..21);
    let peer = peer.ping("all?").expect_pong("all?").open(&held);
    let peer = peer.expect_text(r#"{"op":"unsubscribe"}"#);
    let peer = ticks(peer.wait_for(&second), 21..61);
    let peer = peer.send_text("order 7 filled").start();
    let pty = open(&peer, Terminal::new());
    pty.type_text("\x13");
    wait_for_line(&pty, "\u{2016}");
    first.open();
    held.wait();
    wait_for_line(&pty, "\u{2016} 20 held, 131 B; ^Q shows them\n\u{2016}");
    pty.type_text(r#"{"op":"unsubscribe"}"#);
    pty.wait_for("unsubscribe");
    pty.key(Key::Enter);
    pty.wait_for("> {\"op\":\"unsubscribe\"}\n");
    pty.type_text("\x11");
    pty.wait_for("* 20 held back");
    wait_for_line(&pty, ">");
    pty.type_line("/filter order");
    pty.wait_for("/unfilter ends it");
    second.open();
    pty.wait_for("\n< order 7 filled");
    pty.type_line("/filter");
    pty.wait_for("hidden");
    pty.type_line("/unfilter");
    pty.wait_for("until now");
    pty.type_line("/find tick 5");
    pty.wait_for("tick 59");
    wait_for_line(&pty, ">");
    compare("noisy_server_held_and_filtered.txt", 0, pty);
}

#[test]
fn pasted_json_is_edited_and_sent() {
    let items: Vec<String> = (0..40)
        .map(|number| format!("  {{\"id\": {number}, \"name\": \"item {number}\"}}"))
        .collect();
    let json = format!("[\n{}\n]", items.join(",\n"));
    let peer = Peer::ws()
        .expect_text(json.replace("item 39", "the last"))
        .send_text(r#"{"accepted":40}"#)
        .start();
    let terminal = Terminal::new().env("VISUAL", "sed -i 's/item 39/the last/'");
    let pty = open(&peer, terminal);
    pty.paste(&json);
    pty.wait_for("> [pasted: 42 lines");
    pty.type_text("\x18\x05");
    wait_for_line(&pty, "> [pasted: 42 lines, 1.2 KiB, JSON, 2]");
    pty.key(Key::Enter);
    pty.wait_for("accepted");
    wait_for_line(&pty, ">");
    compare("pasted_json_is_edited_and_sent.txt", 0, pty);
}

#[cfg(feature = "images")]
#[test]
fn image_saved_and_drawn() {
    let image = small_png();
    let peer = Peer::ws().expect_text("logo").send_binary(&image).start();
    let pty = open(&peer, Terminal::new());
    pty.type_line("logo");
    pty.wait_for("|....IEND.B`.|");
    pty.type_line("/save logo.png 1");
    pty.wait_for("* wrote message 1 to logo.png");
    pty.type_line("/view 1 image");
    pty.wait_for("* message 1: PNG image 2×2\n");
    wait_for_line(&pty, ">");
    let pty = compare("image_saved_and_drawn.txt", 0, pty);
    let saved = fs::read(pty.home().work().join("logo.png"));
    assert_eq!(saved.expect("it was written"), image);
}

#[test]
fn recorded_evening_passes_as_a_test() {
    let serve = || {
        Peer::ws()
            .expect_text(r#"{"id":1,"method":"login"}"#)
            .send_text(r#"{"id":1,"result":"welcome"}"#)
            .expect_text(r#"{"id":2,"method":"balance"}"#)
            .send_text(r#"{"id":2,"result":41.5}"#)
    };
    let peer = serve().start();
    let pty = open(&peer, Terminal::new());
    pty.type_line("/record evening.ws");
    pty.wait_for("* recording to evening.ws");
    for (sent, received) in [("login", "welcome"), ("balance", "41.5")] {
        let number = 1 + usize::from(sent == "balance");
        pty.type_line(&format!("{{\"id\":{number},\"method\":\"{sent}\"}}"));
        pty.wait_for(received);
        wait_for_line(&pty, ">");
    }
    pty.type_line("/record stop");
    pty.wait_for("wsline test evening.ws");
    wait_for_line(&pty, ">");
    let pty = compare("recorded_evening_passes_as_a_test.txt", 0, pty);
    let file = fs::read(pty.home().work().join("evening.ws")).expect("it was written");
    let again = serve().start();
    let url = again.url();
    Wsline::new()
        .args(["test", "--url", &url, "evening.ws"])
        .file("evening.ws", file)
        .stdout_matches("ok    evening.ws  (4 statements, [..] s)\n1 passed in [..] s\n")
        .run();
}
