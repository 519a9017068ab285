//! The text of the help and the man page other than the options.
//!
//! Each section is data, and exists once: `--help` lays it out for a terminal, `generate man` in
//! roff.

use std::fmt::Write as _;

use clap::builder::styling::{AnsiColor, Styles};
use clap::builder::StyledStr;

use crate::exit;

/// The colors of help and usage errors.
pub(super) const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// What the program is, in one line.
pub const ABOUT: &str = "A WebSocket client for the command line: talk, pipe and test";

/// How the program behaves, one item per paragraph.
pub const DESCRIPTION: &[&str] = &[
    "wsline connects to a WebSocket server (RFC 6455). If stdin and stdout are both terminals, it \
     opens a prompt: lines are sent as you type them, messages appear above the line that you are \
     typing, and /help lists the commands. Otherwise it is a pipe: each line of stdin is sent as a \
     text message, and each received message is written to stdout, followed by a line feed; binary \
     messages are written as raw bytes. Everything else goes to stderr.",
    "When input ends, wsline keeps listening until no message has been sent or received for the \
     time of --wait, then closes the connection and prints what still arrives: no reply that begins \
     in that time is lost. If stdin is a character device other than a terminal, such as /dev/null, \
     there is nothing to send, and wsline listens until the server closes.",
    "A TIME is written 500ms, 2s, 1m, or as a number of seconds; a SIZE 64K, 16M, 1G, or as a \
     number of bytes. If an option that takes one value is given more than once, the last one \
     counts. To connect to a host with the name of a command, write ws://echo. The URL of a Unix \
     socket is ws+unix:///PATH:/RESOURCE.",
];

/// Environment variables that have an effect.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "ws_proxy, http_proxy",
        "the proxy for ws; the first that is set and not empty counts",
    ),
    ("wss_proxy, https_proxy", "the proxy for wss, likewise"),
    (
        "all_proxy",
        "the proxy if none of the others is set; all but http_proxy may be in upper case",
    ),
    (
        "no_proxy",
        "hosts to connect to without a proxy, as for --noproxy",
    ),
    (
        "SSL_CERT_FILE",
        "a PEM file with the CA certificates to trust",
    ),
    (
        "SSL_CERT_DIR",
        "a directory of CA certificates, named by their hashes",
    ),
    (
        "SSLKEYLOGFILE",
        "a file that the keys of TLS connections are appended to, for Wireshark",
    ),
    (
        "TZ",
        "the time zone of --timestamps: a name, a rule, or the path of a file",
    ),
    (
        "VISUAL, EDITOR",
        "what /edit opens at the prompt, the first that is set; else vi",
    ),
    ("PAGER", "what shows long messages at the prompt; else less"),
    (
        "COLORTERM",
        "truecolor or 24bit: /view draws images in 24-bit colors",
    ),
    ("TMPDIR", "where /edit keeps its file; else /tmp"),
    (
        "TERM, TMUX, STY, XTERM_VERSION",
        "what the terminal of the prompt is, and whether it wraps rows again at another width",
    ),
    ("NO_COLOR", "disables color unless --color always is given"),
    (
        "FORCE_COLOR, CLICOLOR_FORCE",
        "enable color without a terminal, unless 0 or NO_COLOR is set",
    ),
    (
        "GITHUB_ACTIONS",
        "if set, wsline test also prints failures as annotations of GitHub Actions",
    ),
    (
        "XDG_CONFIG_HOME",
        "the directory of wsline/config.toml and wsline/snippets; ~/.config by default",
    ),
    (
        "XDG_STATE_HOME",
        "the directory of wsline/history; ~/.local/state by default",
    ),
];

/// The introduction to the tables of JSON lines.
pub const JSON: &str = "With --json, input and output share one schema: the object printed for a \
     received message sends that message when it is read back. Objects of other types, or with \
     \"dir\":\"out\", are ignored in input. An invalid line is reported with its number and does not \
     stop the run; the exit code is then 26. The source tree has JSON Schemas: \
     tests/schema/events.schema.json for output, tests/schema/orders.schema.json for input.";

/// The JSON objects that can be sent.
pub const JSON_IN: &[(&str, &str)] = &[
    (r#"{"type":"text","data":"hi"}"#, "sends a text message"),
    (
        r#"{"type":"binary","base64":"AP8="}"#,
        "sends a binary message",
    ),
    (
        r#"{"type":"ping","data":"x"}"#,
        "sends a Ping; pong likewise; data is optional",
    ),
    (
        r#"{"type":"close","code":1000,"reason":""}"#,
        "closes; code and reason are optional",
    ),
];

/// The fields that all printed objects have.
pub const JSON_COMMON: &str = "Each object in the output has \"time\" (RFC 3339, UTC, with \
     microseconds), \"dir\" (in or out) and \"type\":";

/// The JSON objects that are printed: their types and fields.
pub const JSON_OUT: &[(&str, &str)] = &[
    (
        "open",
        "url, address (or a Unix socket's path), subprotocol, extensions, request and response \
         with their headers, \
         timing in milliseconds",
    ),
    ("text", "data, size"),
    ("binary", "base64, size"),
    (
        "ping, pong",
        "data (base64 if it is not UTF-8), size; only with --show-ping-pong",
    ),
    (
        "timing",
        "with --timing, before close, each in milliseconds or null: redirects, resolve, connect, \
         proxy, tls, upgrade, first_message",
    ),
    (
        "close",
        "code, reason, clean, by (us, server or null); sent and received, each a code and a \
         reason or null",
    ),
    ("error", "phase, message, hint if there is one, exit"),
    (
        "reconnecting",
        "with --reconnect, before each new attempt: attempt (its number), after (the wait in \
         milliseconds), cause, unconfirmed (the number of messages that may not have arrived); \
         open and close come again on each connection",
    ),
];

/// A summary of session files, because `--help` does not describe them.
const SESSION_FILES: &str = "A conversation to run and to check, one statement per line: > sends, \
     < expects. One from someone else is like a script: wsline test --untrusted restricts it. \
     'wsline help session-files' has the grammar.";

/// Examples: what they do, and the command.
pub const EXAMPLES: &[(&str, &str)] = &[
    ("Try it without a server", "wsline demo"),
    ("Connect and type messages", "wsline wss://example.org/chat"),
    (
        "Send a message and print the reply",
        "wsline -d '{\"op\":\"ping\"}' -1 wss://example.org/api",
    ),
    (
        "Check that a server replies with this JSON within half a second",
        "wsline wss://example.org/api -d '{\"op\":\"ping\"}' --expect-json '{\"op\":\"pong\"}' \
         --within 500ms -w 0",
    ),
    (
        "Send each line of a file, and wait up to 5 s for late replies",
        "wsline -w 5s wss://example.org/api < requests.txt > replies.txt",
    ),
    (
        "Use a token from the environment, and show the handshake",
        "wsline -v --bearer env:TOKEN wss://example.org/",
    ),
    (
        "Connect as the browser does: paste what \"Copy as cURL\" gives",
        "wsline curl 'https://example.org/chat' -H 'Origin: https://example.org' -- -v",
    ),
    (
        "Select parts of messages with jq",
        "wsline --json wss://example.org/ < /dev/null | jq -r 'select(.type == \"text\").data'",
    ),
];

/// Adds `-h` to subcommands that don't declare it. The program and `demo` declare it under a
/// heading, because clap's own would come first and alone; then clap's own is disabled.
fn with_help(command: clap::Command) -> clap::Command {
    let command = command.mut_subcommands(with_help);
    if command.get_arguments().any(|arg| arg.get_id() == "help") {
        return command;
    }
    let help = clap::Arg::new("help").short('h').long("help");
    command.arg(help.help("Show this help").action(clap::ArgAction::Help))
}

/// Adds the text to the command that is derived from the flags.
pub(super) fn describe(command: clap::Command) -> clap::Command {
    const USAGE: &str = "wsline [OPTIONS] URL\n       wsline COMMAND [ARGUMENTS]";
    with_help(command)
        .about(ABOUT)
        .long_about(format!("{ABOUT}\n\n{}", DESCRIPTION.join("\n\n")))
        .override_usage(USAGE)
        .subcommand_value_name("COMMAND")
        .after_help("Example: wsline -d hello -1 wss://example.org/chat")
        .after_long_help(after_long_help())
}

/// The tables at the end of `--help`.
fn after_long_help() -> StyledStr {
    let mut text = StyledStr::new();
    section(&mut text, "Exit codes");
    table(&mut text, exit::TABLE);
    section(&mut text, "Environment");
    table(&mut text, ENVIRONMENT);
    section(&mut text, "JSON lines");
    paragraph(&mut text, JSON);
    put(&mut text, format_args!("\n"));
    table(&mut text, JSON_IN);
    put(&mut text, format_args!("\n"));
    paragraph(&mut text, JSON_COMMON);
    table(&mut text, JSON_OUT);
    section(&mut text, "Session files");
    paragraph(&mut text, SESSION_FILES);
    section(&mut text, "Examples");
    for (what, line) in EXAMPLES {
        put(&mut text, format_args!("  {what}:\n    {line}\n"));
    }
    text
}

fn section(text: &mut StyledStr, title: &str) {
    let gap = if text.ansi().to_string().is_empty() {
        ""
    } else {
        "\n"
    };
    let header = STYLES.get_header();
    put(text, format_args!("{gap}{header}{title}:{header:#}\n"));
}

/// Formats two columns, of which the second is wrapped to [`WIDTH`] and indented.
fn table(text: &mut StyledStr, rows: &[(&str, &str)]) {
    let widest = rows.iter().map(|(left, _)| left.len()).max().unwrap_or(0);
    let literal = STYLES.get_literal();
    let hang = widest + 4;
    for (left, right) in rows {
        let right = filled(right, hang);
        put(
            text,
            format_args!("  {literal}{left:widest$}{literal:#}  {right}\n"),
        );
    }
}

fn paragraph(text: &mut StyledStr, words: &str) {
    let words = filled(words, 2);
    put(text, format_args!("  {words}\n"));
}

/// The width of the tables, which fits every terminal, so that clap doesn't wrap them.
const WIDTH: usize = 79;

/// Wraps `words` before column 79, with all lines but the first indented by `hang`.
#[must_use]
pub fn filled(words: &str, hang: usize) -> String {
    let mut lines = String::new();
    let mut column = hang;
    for word in words.split_whitespace() {
        let width = word.chars().count();
        if column > hang && column + 1 + width > WIDTH {
            let _ = write!(lines, "\n{:hang$}", "");
            column = hang;
        }
        if column > hang {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += width;
    }
    lines
}

fn put(text: &mut StyledStr, words: std::fmt::Arguments<'_>) {
    text.write_fmt(words).expect("a string takes everything");
}
