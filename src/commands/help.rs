//! `wsline help`: the topics of the man page, one at a time. Each text is here or in the module
//! that it is about; the man page is generated from the same topics.

use std::fmt::Write as _;

use crate::cli;
use crate::cli::help::{self, filled};
use crate::error::Error;
use crate::exit;
use crate::session_file::grammar;
use crate::source::prompt::command::COMMANDS;
use crate::text::suggest::nearest;

/// A part of a topic.
#[derive(Clone, Debug)]
pub enum Block {
    /// Paragraphs of prose.
    Prose(&'static [&'static str]),
    /// Terms and their descriptions.
    Terms(Vec<(String, &'static str)>),
    /// Literal lines.
    Lines(&'static str),
}

/// A section of the man page that `wsline help` prints.
#[derive(Clone, Debug)]
pub struct Topic {
    /// The name on the command line.
    pub name: &'static str,
    /// The heading in the man page.
    pub heading: &'static str,
    /// A short description.
    pub about: &'static str,
    /// The content.
    pub blocks: Vec<Block>,
}

const PROXIES: &[&str] = &[
    "-x URL connects through a proxy, for ws and wss: http:// and https:// (CONNECT; the latter uses \
     TLS to the proxy), socks5:// (host names are resolved locally) and socks5h:// or socks:// (by the \
     proxy). The user name and password are part of the URL, or given by -U. --proxy-header sends a \
     header to the proxy only. A proxy without a scheme is http://; the default port is 1080, or 443 \
     for https://.",
    "Without -x the environment is used, and nothing else: the proxy settings of the desktop, and \
     proxy auto-configuration, are not read. For ws it is ws_proxy or else http_proxy, for wss \
     wss_proxy or else https_proxy, and then all_proxy. All but http_proxy may be in upper case.",
    "no_proxy, or --noproxy which overrides it, lists hosts to connect to directly, also with -x: \
     domains with all their subdomains, addresses, networks such as 10.0.0.0/8, HOST:PORT for one \
     port, and * for every host. -x '' uses no proxy. If the proxy refuses, the exit code is 97, and \
     its response is shown.",
];

const TLS: &[&str] = &[
    "Server certificates are verified against those of the system, or those of --cacert FILE (PEM). \
     SSL_CERT_FILE and SSL_CERT_DIR replace the system's. When verification fails, the error says \
     which check failed, shows the certificate, and names the option that would help. -v shows the \
     certificate of any server. The host name must be among the certificate's subjectAltNames; its \
     common name does not count.",
    "-k accepts every certificate: anyone between you and the server can then read and change \
     everything. --servername sets the host name for SNI and certificate checks. --tls-min and \
     --tls-max limit the TLS version; the default is 1.2 or newer.",
    "--cert FILE is the client certificate: PEM with its key in the same file or in that of --key, or \
     PKCS#12. Keys may be PKCS#8, PKCS#1 or SEC 1, and encrypted; --pass is the passphrase, preferably \
     as --pass env:NAME or --pass @FILE.",
    "If the environment variable SSLKEYLOGFILE is set, the keys of TLS connections, to proxies too, are \
     appended to the file that it names, in the format that Wireshark reads (preferences of TLS, \
     (Pre)-Master-Secret log filename). A new file can be read only by you: who has the keys can decrypt \
     the connection. A note on stderr says where they go, and says so too if the file cannot be written; \
     the connection is then made without. On macOS the system's TLS library reveals no keys.",
];

const PROMPT: &[&str] = &[
    "If stdin and stdout are both terminals, wsline opens a prompt. Each line is sent as a text \
     message when you press Enter; received messages appear above the line that you are typing, \
     which they never disturb. A line that begins with / is a command, and // sends a text that \
     begins with one /:",
];

const PROMPT_KEYS: &[&str] = &[
    "Ctrl-D on an empty line closes with 1000 and ends. Ctrl-C clears the line, and on an empty line \
     it ends. Up and Down go through the history, Ctrl-R searches it. The history is kept in \
     $XDG_STATE_HOME/wsline/history, readable only by you; a line that begins with a space is not \
     kept, and --no-history keeps none. Received text is shown escaped: it cannot move the cursor, \
     change colors, or pretend to be something that wsline says.",
];

const CONFIG: &[&str] = &[
    "wsline reads $XDG_CONFIG_HOME/wsline/config.toml, or ~/.config/wsline/config.toml, if it exists. \
     --config FILE reads another file, and --no-config none. Its keys are the long names of options, \
     without the hyphens: [defaults] applies to every run, and [targets.NAME] to wsline @NAME:",
];

const CONFIG_EXAMPLE: &str = "\
[defaults]
connect-timeout = \"10s\"

[targets.prod]
url = \"wss://example.org/api\"
bearer = \"cmd:pass show example/token\"
header = [\"Origin: https://example.org\"]
on-connect = '{\"op\":\"subscribe\"}'
every = [\"30s\", \"ping\"]
reconnect = true
";

const CONFIG_RULES: &[&str] = &[
    "An option on the command line takes precedence over that of the target, and that over the \
     default. Headers are merged by name; any other option that may be repeated is replaced as a \
     whole. A flag is true or false, verbose a number, reconnect true or a number, a repeatable option \
     a string or an array of strings, and every an array of TIME and TEXT, or of such arrays. Options that say what is sent or expected in one run can't be set, but on-connect can. \
     A target also has:",
];

const CONFIG_KEYS: &[(&str, &str)] = &[
    ("url", "the URL to connect to; required"),
    (
        "expect",
        "text messages to expect after those of on-connect; if one does not arrive, the exit code is \
         4",
    ),
    ("within", "the timeout of expect; 5s by default"),
];

const CONFIG_MORE: &[&str] = &[
    "The values of bearer, user, pass and proxy-user may be env:NAME, @FILE, or cmd:COMMAND: the first \
     line that a shell command prints, within 5 seconds. In a header they are refused, because \
     they would be sent as they are; header = \"@FILE\" reads headers from a file, one per line. Paths are relative to the folder of the file, and ~/ is \
     your home directory.",
    "The defaults also apply to wsline demo, curl and test, and wsline test --url @NAME uses a target; \
     there the options in session files take precedence, and expect and reconnect have no effect. \
     wsline config prints the file without its secrets, wsline config @NAME what is in effect for a \
     target; both check it. A file that other users can change is refused.",
];

fn terms(rows: &[(&'static str, &'static str)]) -> Block {
    let row = |(term, meaning): &(&str, &'static str)| ((*term).to_owned(), *meaning);
    Block::Terms(rows.iter().map(row).collect())
}

fn prompt_commands() -> Block {
    let row = |command: &crate::source::prompt::command::CommandHelp| {
        let call = format!("/{} {}", command.name, command.arguments);
        (call.trim_end().to_owned(), command.help)
    };
    Block::Terms(COMMANDS.iter().map(row).collect())
}

/// All topics, in the order of the man page.
#[must_use]
pub fn topics() -> Vec<Topic> {
    let topic = |name, heading, about, blocks| Topic {
        name,
        heading,
        about,
        blocks,
    };
    vec![
        topic(
            "exit-codes",
            "EXIT CODES",
            "what the exit code says",
            vec![terms(exit::TABLE)],
        ),
        topic(
            "environment",
            "ENVIRONMENT",
            "environment variables",
            vec![terms(help::ENVIRONMENT)],
        ),
        topic("json", "JSON LINES", "input and output of --json", json()),
        topic(
            "session-files",
            "SESSION FILES",
            "conversations that wsline test runs",
            session_files(),
        ),
        topic(
            "proxies",
            "PROXIES",
            "HTTP and SOCKS proxies",
            vec![Block::Prose(PROXIES)],
        ),
        topic(
            "tls",
            "TLS",
            "certificates and TLS versions",
            vec![Block::Prose(TLS)],
        ),
        topic(
            "prompt",
            "PROMPT",
            "keys and commands of the prompt",
            vec![
                Block::Prose(PROMPT),
                prompt_commands(),
                Block::Prose(PROMPT_KEYS),
            ],
        ),
        topic(
            "config",
            "CONFIG FILE",
            "default options and named servers",
            config(),
        ),
    ]
}

fn json() -> Vec<Block> {
    vec![
        Block::Prose(&[help::JSON]),
        Block::Prose(&["Objects that are read:"]),
        terms(help::JSON_IN),
        Block::Prose(&[help::JSON_COMMON]),
        terms(help::JSON_OUT),
    ]
}

fn session_files() -> Vec<Block> {
    vec![
        Block::Prose(grammar::DESCRIPTION),
        Block::Prose(&["The grammar, in which a blank may be several, or tabs:"]),
        Block::Lines(grammar::EBNF),
        Block::Prose(grammar::UNTRUSTED),
    ]
}

fn config() -> Vec<Block> {
    vec![
        Block::Prose(CONFIG),
        Block::Lines(CONFIG_EXAMPLE),
        Block::Prose(CONFIG_RULES),
        terms(CONFIG_KEYS),
        Block::Prose(CONFIG_MORE),
    ]
}

/// The output of `wsline help`: the list of topics, a topic, or the help of a command.
///
/// # Errors
///
/// [`Error::Usage`] for an unknown topic.
pub fn text(name: Option<&str>) -> Result<String, Error> {
    let topics = topics();
    let Some(name) = name else {
        return Ok(list(&topics));
    };
    if let Some(topic) = topics.iter().find(|topic| topic.name == name) {
        return Ok(laid_out(topic));
    }
    if let Some(help) = cli::help_of(name) {
        return Ok(help);
    }
    let known = topics.iter().map(|topic| topic.name);
    let next = match nearest(name, known) {
        Some(near) => format!("did you mean {near}?"),
        None => "'wsline help' lists the topics".to_owned(),
    };
    Err(Error::Usage(format!("unknown help topic '{name}': {next}")))
}

fn list(topics: &[Topic]) -> String {
    let rows: Vec<(&str, &str)> = topics
        .iter()
        .map(|topic| (topic.name, topic.about))
        .collect();
    let mut out = "Usage: wsline help TOPIC\n\nTopics:\n".to_owned();
    table(&mut out, rows.into_iter());
    out.push_str(
        "\nwsline help COMMAND describes a command, wsline --help all options, and\n\
         'wsline generate man | man -l -' is the whole man page.\n",
    );
    out
}

fn laid_out(topic: &Topic) -> String {
    let mut out = String::new();
    for block in &topic.blocks {
        if !out.is_empty() {
            out.push('\n');
        }
        match block {
            Block::Prose(paragraphs) => {
                let filled: Vec<String> = paragraphs.iter().map(|it| filled(it, 0)).collect();
                out.push_str(&filled.join("\n\n"));
                out.push('\n');
            }
            Block::Terms(rows) => table(&mut out, rows.iter().map(|(term, it)| (&**term, *it))),
            Block::Lines(lines) => {
                for line in lines.lines() {
                    out.push_str(format!("    {line}").trim_end());
                    out.push('\n');
                }
            }
        }
    }
    out
}

/// Formats terms in a column with their descriptions beside them, or below a term that is too wide.
fn table<'a>(out: &mut String, rows: impl Iterator<Item = (&'a str, &'a str)> + Clone) {
    const MOST: usize = 28;
    let widths = rows.clone().map(|(term, _)| term.chars().count());
    let widest = widths.filter(|width| *width <= MOST).max().unwrap_or(0);
    let hang = widest + 4;
    for (term, meaning) in rows {
        let meaning = filled(meaning, hang);
        if term.chars().count() > widest {
            let _ = writeln!(out, "  {term}\n{:hang$}{meaning}", "");
        } else {
            let _ = writeln!(out, "  {term:widest$}  {meaning}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The width for which `filled` wraps text.
    const WIDTH: usize = 79;

    #[test]
    fn every_topic_fits_a_narrow_terminal() {
        for topic in topics() {
            let text = text(Some(topic.name)).expect("a topic");
            for line in text.lines() {
                let is_grammar = line.starts_with("    ");
                let width = line.chars().count();
                assert!(width <= WIDTH || is_grammar, "{}: {line}", topic.name);
                assert_eq!(line.trim_end(), line, "{}", topic.name);
            }
        }
    }

    #[test]
    fn topics_and_commands_are_listed_and_found() {
        let list = text(None).expect("the list");
        for topic in topics() {
            assert!(list.contains(&format!("\n  {} ", topic.name)), "{list}");
        }
        let test = text(Some("test")).expect("a command");
        assert!(test.contains("--untrusted"), "{test}");
        let error = text(Some("exit-code")).expect_err("no topic");
        let says = "unknown help topic 'exit-code': did you mean exit-codes?";
        assert_eq!(error.to_string(), says);
    }
}
