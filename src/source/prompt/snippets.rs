//! Snippets: messages that are kept under a name by `/as` and sent by `/NAME`.
//!
//! The file has a snippet per line: the name, a space and the text. A line that begins with a tab
//! continues the text on a new line. Other lines, such as comments with `#`, are kept as they are.
//! `${NAME}` in a text is replaced by a variable when it is sent.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::command::{PromptCommand, COMMANDS};
use crate::error::plain;
use crate::session_file::Template;
use crate::sys::file::read_regular;
use crate::text::elide;

/// The maximum size of the file in bytes.
const MAX_SIZE: u64 = 1 << 20;
/// The number of columns of a text in the list.
const SHOWN: usize = 60;

/// The snippets, shared by the prompt and the line editor.
pub type SharedSnippets = Arc<Snippets>;

/// The snippets of a file.
#[derive(Debug, Default)]
pub struct Snippets {
    /// The file; `None` without a home directory.
    path: Option<PathBuf>,
    entries: Mutex<Vec<Entry>>,
}

/// A part of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Snippet {
        name: String,
        text: String,
    },
    /// A comment or an empty line.
    Other(String),
}

impl Snippets {
    /// Reads the file. Returns a warning if it can't be read.
    #[must_use]
    pub fn read(path: Option<PathBuf>) -> (Self, Option<String>) {
        let read = path.as_deref().map(read);
        let (entries, warning) = match read {
            None => (Vec::new(), None),
            Some(Ok(entries)) => (entries, None),
            Some(Err(warning)) => (Vec::new(), Some(warning)),
        };
        // A file that can't be read must not be replaced.
        let path = path.filter(|_| warning.is_none());
        let entries = Mutex::new(entries);
        (Self { path, entries }, warning)
    }

    /// The names and texts, in the order of the file.
    #[must_use]
    pub fn all(&self) -> Vec<(String, String)> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let snippet = |entry: &Entry| match entry {
            Entry::Snippet { name, text } => Some((name.clone(), text.clone())),
            Entry::Other(_) => None,
        };
        entries.iter().filter_map(snippet).collect()
    }

    /// The text of the snippet that a line such as `/login` calls.
    #[must_use]
    pub fn called(&self, line: &str) -> Option<String> {
        let name = line.strip_prefix('/')?.trim_end();
        let mut all = self.all().into_iter();
        all.find_map(|(one, text)| (one == name).then_some(text))
    }

    /// Keeps a text under a name, and writes the file. Returns what to print.
    ///
    /// # Errors
    ///
    /// The name or the text is invalid, or the file can't be written.
    pub fn keep(&self, name: &str, text: &str) -> Result<String, String> {
        let Some(path) = &self.path else {
            return Err("there is no config folder for snippets".to_owned());
        };
        check(name, text)?;
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = entries.clone();
        let new = Entry::Snippet {
            name: name.to_owned(),
            text: text.to_owned(),
        };
        let is_it =
            |entry: &&mut Entry| matches!(entry, Entry::Snippet { name: one, .. } if one == name);
        let replaced = changed.iter_mut().find(is_it);
        let is_new = replaced.is_none();
        match replaced {
            Some(entry) => *entry = new,
            None => changed.push(new),
        }
        write(path, &print(&changed))
            .map_err(|cause| format!("could not write to {}: {cause}", path.display()))?;
        *entries = changed;
        let verb = if is_new { "kept" } else { "replaced" };
        Ok(format!("{verb}: /{name} sends it"))
    }

    /// The list of snippets and the file that has them.
    #[must_use]
    pub fn list(&self) -> String {
        let all = self.all();
        if all.is_empty() {
            return "no snippets yet: /as NAME TEXT keeps TEXT, and /NAME sends it".to_owned();
        }
        let width = all.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let row = |(name, text): &(String, String)| {
            let text = text.replace('\n', " ");
            let text = elide::columns(&text, SHOWN);
            format!("  /{name:width$}  {text}")
        };
        let mut rows: Vec<String> = all.iter().map(row).collect();
        if let Some(path) = &self.path {
            rows.push(format!("they are in {}", path.display()));
        }
        rows.join("\n")
    }
}

/// The message of a snippet, with its variables replaced.
///
/// # Errors
///
/// A variable is not set.
pub(super) fn message(
    name: &str,
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<PromptCommand, String> {
    let template = parse(text)?;
    let text = template.render(lookup).map_err(|variable| {
        format!(
            "/{name}: variable {variable} is not set; nothing was sent. Set it in the environment \
             of wsline"
        )
    })?;
    Ok(PromptCommand::text(&text))
}

fn parse(text: &str) -> Result<Template, String> {
    Template::parse(text).map_err(|at| {
        let rest: String = text[at..].chars().take(20).collect();
        format!("invalid variable in `{rest}`: write ${{NAME}}")
    })
}

fn check(name: &str, text: &str) -> Result<(), String> {
    let is_valid = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !is_valid {
        return Err(format!(
            "/as: invalid name `{}`: letters, digits, - and _",
            elide::chars(name, SHOWN)
        ));
    }
    if COMMANDS.iter().any(|command| command.name == name) {
        return Err(format!("/as: /{name} is a command; choose another name"));
    }
    if text.is_empty() {
        return Err(format!("/as needs a text: /as {name} TEXT"));
    }
    if text.contains('\r') {
        return Err("/as: the text has a carriage return, which the file can't keep".to_owned());
    }
    parse(text).map(|_| ())
}

fn read(path: &Path) -> Result<Vec<Entry>, String> {
    let shown = path.display();
    let bytes = match read_regular(path, MAX_SIZE) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|error| format!("could not read {shown}: {}", plain(&error)))?,
    };
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| format!("could not read {shown}: it is not UTF-8"))?;
    let mut entries: Vec<Entry> = Vec::new();
    for line in text.lines() {
        if let (Some(more), Some(Entry::Snippet { text, .. })) =
            (line.strip_prefix('\t'), entries.last_mut())
        {
            text.push('\n');
            text.push_str(more);
            continue;
        }
        entries.push(match line.split_once(' ') {
            Some((name, text)) if !name.is_empty() && !name.starts_with('#') => Entry::Snippet {
                name: name.to_owned(),
                text: text.to_owned(),
            },
            _ => Entry::Other(line.to_owned()),
        });
    }
    Ok(entries)
}

fn print(entries: &[Entry]) -> String {
    let mut file = String::new();
    for entry in entries {
        match entry {
            Entry::Other(line) => file.push_str(line),
            Entry::Snippet { name, text } => {
                file.push_str(name);
                file.push(' ');
                file.push_str(&text.replace('\n', "\n\t"));
            }
        }
        file.push('\n');
    }
    file
}

/// Replaces the file as a whole. It may contain secrets, so only its owner can read it.
fn write(path: &Path, text: &str) -> Result<(), String> {
    let plain = |error: std::io::Error| plain(&error);
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder).map_err(plain)?;
    // A link leads to the file that is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let new = path.with_extension(format!("{:016x}", rand::random::<u64>()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .map_err(plain)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| fs::rename(&new, &path));
    written.map_err(|error| {
        // It is useless now; whether it can be removed does not matter.
        let _ = fs::remove_file(&new);
        plain(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::outgoing::Outgoing;

    fn kept(path: &Path) -> Snippets {
        let (snippets, warning) = Snippets::read(Some(path.to_owned()));
        assert_eq!(warning, None);
        snippets
    }

    #[test]
    fn snippets_are_kept_in_the_file() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("wsline/snippets");
        let snippets = kept(&path);
        assert_eq!(snippets.all(), []);
        assert!(snippets.keep("login", "{\"a\":\n1}").is_ok());
        assert!(snippets.keep("b", "two words").is_ok());
        let again = snippets.keep("b", "other");
        assert_eq!(again.as_deref(), Ok("replaced: /b sends it"));
        let text = fs::read_to_string(&path).expect("it is there");
        assert_eq!(text, "login {\"a\":\n\t1}\nb other\n");
        fs::write(&path, format!("# mine\n\n{text}")).expect("write it");
        let read = kept(&path);
        assert_eq!(read.called("/login").as_deref(), Some("{\"a\":\n1}"));
        assert_eq!(read.called("/log"), None);
        assert!(read.keep("c", "x").is_ok());
        let text = fs::read_to_string(&path).expect("it is there");
        assert_eq!(text, "# mine\n\nlogin {\"a\":\n\t1}\nb other\nc x\n");
        let folder = fs::read_dir(path.parent().expect("a folder"));
        assert_eq!(folder.expect("list it").count(), 1);
    }

    #[test]
    fn invalid_snippets_are_refused() {
        let home = tempfile::tempdir().expect("a directory");
        let snippets = kept(&home.path().join("snippets"));
        for (name, text, why) in [
            ("help", "x", "is a command"),
            ("a/b", "x", "invalid name"),
            ("", "x", "invalid name"),
            ("a", "", "needs a text"),
            ("a", "${", "invalid variable"),
            ("a", "x\ry", "carriage return"),
        ] {
            let refused = snippets.keep(name, text).expect_err(why);
            assert!(refused.contains(why), "{refused}");
        }
        let (nowhere, _) = Snippets::read(None);
        assert!(nowhere.keep("a", "b").is_err());
    }

    #[test]
    fn file_that_cannot_be_read_is_not_replaced() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("snippets");
        fs::write(&path, b"a \xff\n").expect("write it");
        let (snippets, warning) = Snippets::read(Some(path.clone()));
        assert!(warning.is_some_and(|text| text.ends_with("it is not UTF-8")));
        assert!(snippets.keep("b", "c").is_err());
        assert_eq!(fs::read(&path).expect("it is there"), b"a \xff\n");
    }

    #[test]
    fn variables_are_replaced() {
        let value = |name: &str| (name == "TOKEN").then(|| "s3".to_owned());
        let sent = message("login", "{\"t\":\"${TOKEN}\"}", &value);
        assert!(
            matches!(&sent, Ok(PromptCommand::Send(Outgoing::Text(text))) if text == "{\"t\":\"s3\"}")
        );
        let unset = message("login", "${NO}", &value).expect_err("it is not set");
        assert!(unset.starts_with("/login: variable NO is not set; nothing was sent"));
    }
}
