//! Files of the first language mean what they meant. Each session file in the tree is read in two
//! ways: as that language was read, by the small reader below, and as it is read now.
//!
//! The small reader knows the statements of that language and takes everything else for an error, as
//! the program did. A file that it refuses has a word that is new, and needs no second reading.

use std::fs;
use std::path::{Path, PathBuf};

use wsline::session_file::{self, ExpectStatement, Line, Message, SessionFile, Statement};

/// The statements of the first language.
const STATEMENTS: &[&str] = &[
    ">",
    "<",
    "url",
    "header",
    "subprotocol",
    "option",
    "within",
    "strict",
    "wait",
    "at",
    "capture",
];

/// What follows `>` or `<` there. Everything else is a text.
const WORDS: &[&str] = &[
    "json", "hex", "base64", "file", "text", "ping", "pong", "close", "any", "silence", "status",
    "header", "refused",
];

/// A statement of the first language.
#[derive(Debug, PartialEq, Eq)]
struct Old {
    number: usize,
    link: Option<String>,
    statement: String,
    /// The first word of a message, if it is none of a text; `/` for a regular expression.
    word: Option<String>,
    /// The text of a message without quotes and variables.
    text: Option<String>,
}

/// Reads a file of the first language; `None` if it has anything else.
fn read(text: &str) -> Option<Vec<Old>> {
    let mut found: Vec<(usize, Vec<&str>)> = Vec::new();
    let mut may_continue = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with('#') {
            continue;
        }
        if line.trim().is_empty() {
            may_continue = false;
        } else if line.starts_with([' ', '\t']) {
            let (_, lines) = found.last_mut().filter(|_| may_continue)?;
            lines.push(line);
        } else {
            found.push((number, vec![line]));
            may_continue = true;
        }
    }
    found
        .iter()
        .map(|(number, lines)| statement(*number, lines))
        .collect()
}

fn statement(number: usize, lines: &[&str]) -> Option<Old> {
    let (first, below) = lines.split_first()?;
    let (link, rest) = match first.strip_prefix('@') {
        Some(rest) => {
            let (name, rest) = rest.split_once(' ')?;
            let is_name = name
                .chars()
                .all(|c| c.is_alphanumeric() || "_-".contains(c));
            (Some(name.to_owned()).filter(|_| is_name)?.into(), rest)
        }
        None => (None, *first),
    };
    let (word, rest) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
    if !STATEMENTS.contains(&word) || word == "capture" && rest.contains(" match ") {
        return None;
    }
    let rest = rest.trim();
    let (mut of_message, mut text) = (None, None);
    if [">", "<"].contains(&word) {
        let first = rest.split(' ').next().unwrap_or_default();
        of_message = if rest.starts_with('/') {
            Some("/".to_owned())
        } else {
            WORDS.contains(&first).then(|| first.to_owned())
        };
        let is_simple = below.is_empty() && !rest.starts_with('"') && !rest.contains("${");
        text = (of_message.is_none() && is_simple).then(|| rest.to_owned());
    }
    Some(Old {
        number,
        link,
        statement: word.to_owned(),
        word: of_message,
        text,
    })
}

/// The same of a statement as it is read now.
fn reading(line: &Line, old: &Old) -> Old {
    let (statement, word, text) = match &line.statement {
        Statement::Url(_) => ("url", None, None),
        Statement::Header(_) => ("header", None, None),
        Statement::Subprotocol(_) => ("subprotocol", None, None),
        Statement::Options(_) => ("option", None, None),
        Statement::Within(_) => ("within", None, None),
        Statement::Strict(_) => ("strict", None, None),
        Statement::Wait(_) => ("wait", None, None),
        Statement::At(_) => ("at", None, None),
        Statement::Capture { secret: false, .. } => ("capture", None, None),
        Statement::Send(message) => {
            let (word, text) = of_sent(message);
            (">", word, text)
        }
        Statement::Expect(wanted) => {
            let (word, text) = of_wanted(wanted);
            ("<", word, text)
        }
        _ => ("new", None, None),
    };
    Old {
        number: line.number as usize,
        link: line.link.clone(),
        statement: statement.to_owned(),
        word: word.map(str::to_owned),
        // Only simple texts are read by the small reader.
        text: text.filter(|_| old.text.is_some()),
    }
}

fn of_sent(message: &Message) -> (Option<&'static str>, Option<String>) {
    match message {
        Message::Text(text) => (None, Some(text.source())),
        Message::Json(_) => (Some("json"), None),
        Message::Binary(_) => (Some("hex"), None),
        Message::Bytes(_) => (Some("new"), None),
        Message::File(kind, _) => (Some(of_file(*kind)), None),
        Message::Ping(_) => (Some("ping"), None),
        Message::Pong(_) => (Some("pong"), None),
        Message::Close { .. } => (Some("close"), None),
    }
}

fn of_wanted(wanted: &ExpectStatement) -> (Option<&'static str>, Option<String>) {
    match wanted {
        ExpectStatement::Text(text) => (None, Some(text.source())),
        ExpectStatement::Json(_) => (Some("json"), None),
        ExpectStatement::Match { .. } => (Some("/"), None),
        ExpectStatement::Binary(_) => (Some("hex"), None),
        ExpectStatement::Bytes(_) | ExpectStatement::Reconnect => (Some("new"), None),
        ExpectStatement::File(kind, _) => (Some(of_file(*kind)), None),
        ExpectStatement::Any => (Some("any"), None),
        ExpectStatement::Ping(_) => (Some("ping"), None),
        ExpectStatement::Pong(_) => (Some("pong"), None),
        ExpectStatement::Close { .. } => (Some("close"), None),
        ExpectStatement::Silence(_) => (Some("silence"), None),
        ExpectStatement::Status(_) => (Some("status"), None),
        ExpectStatement::Header { .. } => (Some("header"), None),
        ExpectStatement::Refused(_) => (Some("refused"), None),
    }
}

fn of_file(kind: wsline::event::Kind) -> &'static str {
    match kind {
        wsline::event::Kind::Text => "text",
        wsline::event::Kind::Binary => "file",
    }
}

/// All session files below a folder.
fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in folder
        .read_dir()
        .expect("a folder")
        .map(|entry| entry.expect("an entry"))
    {
        let path = entry.path();
        let name = entry.file_name();
        let is_output = name == "target" || name.to_string_lossy().starts_with('.');
        if path.is_dir() && !is_output {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "ws")
            || path
                .parent()
                .is_some_and(|folder| folder.ends_with("corpus/session_file"))
        {
            found.push(path);
        }
    }
}

/// Both readings of a file; `false` if it is not of the first language.
fn agree(name: &str, text: &str) -> bool {
    let (Some(old), Ok(SessionFile { lines })) = (read(text), session_file::parse(name, text))
    else {
        return false;
    };
    assert_eq!(lines.len(), old.len(), "{name}");
    let mut is_old = true;
    for (line, old) in lines.iter().zip(&old) {
        let mut now = reading(line, old);
        if now.word.as_deref() == Some("hex") && old.word.as_deref() == Some("base64") {
            now.word = Some("base64".to_owned());
        }
        // A pattern is new: JSON and hexadecimal digits were all that could stand there.
        is_old &= now.word.as_deref() != Some("new");
        if now.word.as_deref() != Some("new") {
            assert_eq!(&now, old, "{name}");
        }
    }
    is_old
}

#[test]
fn files_of_the_first_language_mean_what_they_meant() {
    let mut files = Vec::new();
    collect(Path::new(env!("CARGO_MANIFEST_DIR")), &mut files);
    let agreed = files.iter().filter(|path| {
        let bytes = fs::read(path).expect("it can be read");
        let name = path.display().to_string();
        std::str::from_utf8(&bytes).is_ok_and(|text| agree(&name, text))
    });
    let count = agreed.count();
    assert!(count >= 15, "only {count} of {} files", files.len());
}

/// What is new stands where there was an error before.
#[test]
fn new_words_are_texts_after_a_message_sign() {
    for word in [
        "never",
        "on",
        "every",
        "ignore",
        "check",
        "any order",
        "repeat 2",
        "retry 2s",
        "let A = uuid",
        "default A b",
        "secret A",
        "open ws://h/",
        "drop",
        "http GET http://h/",
        "include a.ws",
        "title a",
        "tags a",
    ] {
        let script = session_file::parse("a.ws", &format!("> {word}\n")).expect("a text");
        let Statement::Send(Message::Text(text)) = &script.lines[0].statement else {
            panic!("{word}: {script:?}");
        };
        assert_eq!(text.source(), word);
        assert_eq!(read(&format!("{word}\n")), None, "{word}");
    }
}
