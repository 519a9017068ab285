//! The pictures of README and the guide: screens of real runs as SVG, each for light and for dark pages.
//!
//! `WSLINE_UPDATE=1 cargo test --test it pictures::` draws them anew. Otherwise what they show is
//! compared with what the program shows now, with the numbers masked that differ from run to run.

mod svg;

use std::fs;
use std::path::{Path, PathBuf};

use svg::Theme;

use crate::documents::{masked, updates};
use crate::support::{Gate, Key, Peer, Pty, Terminal};

/// A subscription, a search, and a message that arrives while the next one is being typed.
#[test]
fn prompt() {
    let (quotes, trade) = (Gate::new(), Gate::new());
    let peer = Peer::ws()
        .expect_text(r#"{"op":"subscribe","to":"trades"}"#)
        .send_text(r#"{"subscribed":"trades"}"#)
        .wait_for(&quotes)
        .send_text(r#"{"pair":"BTC/EUR","price":41.5,"size":3}"#)
        .send_text(r#"{"pair":"ETH/EUR","price":2.75,"size":140,"bids":[[2.7,12],[2.65,90]],"asks":[[2.8,7]]}"#)
        .wait_for(&trade)
        .send_text(r#"{"pair":"BTC/EUR","price":41.7,"size":1}"#)
        .start();
    let connect_to = format!("::127.0.0.1:{}", peer.port());
    let mut pty = Terminal::new()
        .args(["ws://feed.example/", "--connect-to", &connect_to])
        .size(24, 80)
        .start();
    pty.wait_for("/help");
    pty.type_line(r#"{"op":"subscribe","to":"trades"}"#);
    pty.wait_for("subscribed\":");
    quotes.open();
    pty.wait_for("asks");
    pty.type_line("/find BTC");
    pty.wait_for("#2");
    pty.type_text(r#"{"op":"unsubscr"#);
    pty.wait_for("unsubscr");
    trade.open();
    pty.wait_until("the message above the line", |screen| {
        let text = screen.contents();
        text.contains("41.7") && text.trim_end().ends_with("unsubscr")
    });
    compare("prompt", "wsline ws://feed.example/", &pty);
    pty.key(Key::CtrlC);
    pty.key(Key::CtrlD);
    assert_eq!(pty.wait_exit(), 0);
}

/// A server that does not answer as a session file says.
#[test]
fn test_report() {
    let peer = Peer::ws()
        .expect_text(r#"{"op":"login","user":"ada"}"#)
        // Short enough not to be cut, which would depend on how long the time before it is.
        .send_text(r#"{"ok":true,"roles":["reader"],"session":"9f2c"}"#)
        .start();
    let file = "\
> {\"op\":\"login\",\"user\":\"ada\"}
within 1s
< json {\"ok\": true, \"roles\": has \"editor\", \"session\": /^[0-9]+$/}
";
    let mut pty = Terminal::new()
        .file("login.ws", file)
        .args(["test", "--url", &peer.url(), "login.ws"])
        .size(24, 80)
        .start();
    assert_eq!(pty.wait_exit(), 4);
    compare("test", "wsline test login.ws", &pty);
}

/// Draws the screen, or compares it with what was drawn.
fn compare(name: &str, command: &str, pty: &Pty) {
    for theme in [Theme::Light, Theme::Dark] {
        let drawn = pty.look(|screen| svg::draw(screen, command, theme));
        let path = path(name, theme);
        if updates() {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
            fs::write(&path, drawn).expect("a picture can be written");
            continue;
        }
        let kept = fs::read_to_string(&path);
        let kept = kept.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(
            masked(&svg::text(&kept)),
            masked(&svg::text(&drawn)),
            "{}",
            path.display()
        );
    }
}

fn path(name: &str, theme: Theme) -> PathBuf {
    let file = format!("docs/pictures/{name}-{}.svg", theme.name());
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// Both documents show the picture of the prompt, and every picture that a document shows is there.
#[test]
fn documents_show_them() {
    for (document, folder) in [("README.md", ""), ("docs/guide.md", "docs/")] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(root.join(document)).expect("a document");
        let shown: Vec<_> = text
            .split(['"', '(', ')'])
            .filter(|part| Path::new(part).extension().is_some_and(|it| it == "svg"))
            .collect();
        assert!(
            shown.iter().any(|path| path.ends_with("prompt-dark.svg")),
            "{document}"
        );
        for path in shown {
            assert!(root.join(folder).join(path).exists(), "{document}: {path}");
        }
    }
}
