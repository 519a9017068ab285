//! The prompt's history, in memory and in a file.
//!
//! The file has one entry per line, with line feeds and backslashes escaped. Each entry is appended
//! with a single write when it is entered, so that neither a crash nor a second prompt loses one.

mod file;

use std::collections::VecDeque;
use std::path::PathBuf;

use self::file::HistoryFile;
use crate::text::escape;

/// The maximum number of entries.
const KEPT: usize = 1000;
/// The maximum length of an entry in bytes. Longer ones are data rather than lines to repeat.
const LONGEST: usize = 64 * 1024;

/// The entries, oldest first, without duplicates.
pub(super) struct History {
    path: PathBuf,
    /// `None` if the history is not saved.
    file: Option<HistoryFile>,
    entries: VecDeque<String>,
}

impl History {
    /// Opens or creates the file. Without a path, the history is not saved. Also returns a warning
    /// if the file can't be used.
    pub(super) fn open(path: Option<PathBuf>) -> (Self, Option<String>) {
        let mut history = Self {
            path: PathBuf::new(),
            file: None,
            entries: VecDeque::new(),
        };
        let Some(path) = path else {
            return (history, None);
        };
        history.path = path;
        let warning = history.read().err().map(|cause| history.give_up(&cause));
        (history, warning)
    }

    /// The entries, oldest first.
    pub(super) fn entries(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(String::as_str)
    }

    /// Adds an entry, unless it begins with a space, is empty or too long, and removes an earlier
    /// duplicate. Returns a warning the first time that the file can't be written.
    pub(super) fn add(&mut self, entry: &str) -> Option<String> {
        if entry.is_empty() || entry.starts_with(' ') || entry.len() > LONGEST {
            return None;
        }
        let again = self.entries.back().is_some_and(|last| last == entry);
        self.remember(entry.to_owned());
        let file = self.file.as_ref().filter(|_| !again)?;
        let written = file.append(&line_of(entry));
        written.err().map(|cause| self.give_up(&cause))
    }

    fn read(&mut self) -> Result<(), String> {
        let (file, content) = HistoryFile::open(&self.path)?;
        let mut lines = 0;
        for line in String::from_utf8_lossy(&content).lines() {
            lines += 1;
            self.remember(entry_of(line));
        }
        if lines > 2 * KEPT {
            let content: Vec<u8> = self.entries().flat_map(line_of).collect();
            file.replace(&content)?;
        }
        self.file = Some(file);
        Ok(())
    }

    fn remember(&mut self, entry: String) {
        if entry.is_empty() {
            return;
        }
        self.entries.retain(|earlier| *earlier != entry);
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    fn give_up(&mut self, cause: &str) -> String {
        self.file = None;
        format!(
            "the history of this prompt is not kept: {}: {cause}",
            escape::line(&self.path.to_string_lossy())
        )
    }
}

fn line_of(entry: &str) -> Vec<u8> {
    let mut line = entry.replace('\\', r"\\").replace('\n', r"\n");
    line.push('\n');
    line.into_bytes()
}

fn entry_of(line: &str) -> String {
    let mut entry = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => entry.push('\n'),
                Some(other) => entry.push(other),
                None => entry.push('\\'),
            },
            other => entry.push(other),
        }
    }
    entry
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::*;

    fn opened(path: &Path) -> History {
        let (history, warning) = History::open(Some(path.to_owned()));
        assert_eq!(warning, None);
        history
    }

    fn list(history: &History) -> Vec<&str> {
        history.entries().collect()
    }

    #[test]
    fn entries_are_saved_without_duplicates() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("state/wsline/history");
        let mut history = opened(&path);
        for entry in [
            "one",
            "two\nlines",
            "one",
            r"back\nslash\",
            " secret",
            "",
            "one",
        ] {
            assert_eq!(history.add(entry), None);
        }
        let wanted = ["two\nlines", r"back\nslash\", "one"];
        assert_eq!(list(&history), wanted);
        assert_eq!(list(&opened(&path)), wanted);
        let mode = |path: &Path| fs::metadata(path).expect("it exists").permissions().mode();
        assert_eq!(mode(&path) & 0o777, 0o600);
        assert_eq!(mode(path.parent().expect("a parent")) & 0o777, 0o700);
    }

    #[test]
    fn two_prompts_can_share_a_file() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("history");
        let (mut one, mut other) = (opened(&path), opened(&path));
        one.add("a");
        other.add("b");
        one.add("c");
        assert_eq!(list(&opened(&path)), ["a", "b", "c"]);
    }

    #[test]
    fn large_file_is_truncated_to_the_maximum() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("history");
        let lines: Vec<String> = (0..=2 * KEPT).map(|number| number.to_string()).collect();
        fs::write(&path, lines.join("\n")).expect("write a file");
        assert_eq!(opened(&path).entries().count(), KEPT);
        let cut = fs::read_to_string(&path).expect("read it back");
        assert_eq!(cut.lines().count(), KEPT);
        assert_eq!(cut.lines().last(), Some("2000"));
        assert_eq!(fs::read_dir(home.path()).expect("list it").count(), 1);
    }

    #[test]
    fn unusable_file_is_reported_once() {
        let home = tempfile::tempdir().expect("a directory");
        let (mut history, warning) = History::open(Some(home.path().to_owned()));
        let warning = warning.expect("a directory is no file");
        assert!(warning.contains("is not kept") && warning.ends_with("it is a directory"));
        assert_eq!(history.add("a"), None);
        assert_eq!(list(&history), ["a"]);
    }
}
