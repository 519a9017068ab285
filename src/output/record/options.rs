//! The options of a record, and its format.

use std::path::{Path, PathBuf};

use crate::http::{Header, Secrets};

/// The format of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFormat {
    /// A session file, which can be read, replayed and checked.
    Session,
    /// The output of `--json`, including Pings and Pongs.
    JsonLines,
    /// An HTTP archive (HAR 1.2) with messages in the format of browsers.
    Har,
}

impl RecordFormat {
    /// The format for the extension of a file name.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        match ending.to_str() {
            Some("har") => Self::Har,
            Some("jsonl" | "ndjson") => Self::JsonLines,
            _ => Self::Session,
        }
    }
}

/// The options of a record.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file.
    pub path: PathBuf,
    /// How the connection was opened.
    pub opening: Opening,
    /// Whether archives and JSON lines contain credentials.
    pub secrets: Secrets,
    /// Whether JSON lines contain the connection timing (`--timing`).
    pub timing: bool,
}

/// How the connection was opened, for the beginning of a session file.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// The first URL, without credentials.
    pub url: String,
    /// The headers that the user set, including credentials.
    pub headers: Vec<Header>,
    /// The names of default headers that the user removed.
    pub left_out: Vec<String>,
    /// The offered subprotocols.
    pub subprotocols: Vec<String>,
    /// Options that are needed to repeat the conversation, each as one word.
    pub options: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extension_selects_the_format() {
        for (name, format) in [
            ("a.har", RecordFormat::Har),
            ("A.HAR", RecordFormat::Har),
            ("x/a.jsonl", RecordFormat::JsonLines),
            ("a.ndjson", RecordFormat::JsonLines),
            ("a.ws", RecordFormat::Session),
            ("a.har.ws", RecordFormat::Session),
            ("har", RecordFormat::Session),
            (".har", RecordFormat::Session),
        ] {
            assert_eq!(RecordFormat::of(Path::new(name)), format, "{name}");
        }
    }
}
