//! The input language of the prompt, for the line editor: continued lines, completions and hints.

use std::path::{Path, PathBuf};

use super::coloring;
use super::command::{self, CommandHelp, Completion, PromptCommand, COMMANDS};
use super::snippets::SharedSnippets;
use crate::conversation::outgoing::Outgoing;
use crate::output::transcript::KeptNumbers;
use crate::protocol::close::name_of_code;
use crate::terminal::{CompletionItem, InputLanguage};

/// The prompt's language, for the line editor.
#[derive(Clone, Debug, Default)]
pub struct PromptLanguage {
    /// Whether all close codes are allowed, as with `--force`.
    pub force: bool,
    /// The home directory, for `~/` in paths.
    pub home: Option<PathBuf>,
    /// The snippets, shared with the prompt.
    pub snippets: SharedSnippets,
    /// The numbers of the kept messages, shared with the transcript.
    pub messages: KeptNumbers,
}

/// The close codes offered for completion.
const CODES: [u16; 3] = [1000, 3000, 4000];
/// The maximum number of file names offered for completion.
const MOST_PATHS: usize = 200;
/// The maximum number of message numbers offered for completion.
const MOST_NUMBERS: usize = 9;

impl InputLanguage for PromptLanguage {
    fn unfinished(&self, text: &str) -> bool {
        command::is_unfinished(text)
    }

    fn ends(&self, line: &str) -> bool {
        matches!(
            command::parse(line, self.force),
            Ok(PromptCommand::Quit | PromptCommand::Send(Outgoing::Close(_)))
        )
    }

    fn is_message(&self, line: &str) -> bool {
        !line.starts_with('/')
            && matches!(
                command::parse(line, self.force),
                Ok(PromptCommand::Send(Outgoing::Text(_)))
            )
    }

    fn is_awaited(&self, line: &str) -> bool {
        use command::MessageCommand::{Pipe, Timestamps, View};
        matches!(
            command::parse(line, self.force),
            Ok(PromptCommand::Messages(View(..) | Pipe(..) | Timestamps))
        )
    }

    fn edits<'a>(&self, line: &'a str) -> Option<&'a str> {
        match command::called(line)? {
            ("edit", rest) => Some(rest),
            _ => None,
        }
    }

    fn complete(&self, line: &str) -> Vec<CompletionItem> {
        let Some(typed) = line.strip_prefix('/') else {
            return Vec::new();
        };
        let Some((name, argument)) = typed.split_once(' ') else {
            let commands = command::beginning_with(typed).map(of_command);
            return commands.chain(self.beginning_with(typed)).collect();
        };
        let Some(command) = named(name) else {
            return Vec::new();
        };
        let before = format!("/{name} ");
        let candidates = match command.completion {
            Completion::None => Vec::new(),
            Completion::Path => self.paths(argument),
            Completion::CloseCode => codes(argument),
            Completion::Command => command::beginning_with(argument)
                .map(|command| (command.name.to_owned(), command.help.to_owned()))
                .collect(),
            Completion::Message => self.numbers(argument),
            Completion::View => {
                let numbers = self.numbers(argument).into_iter();
                numbers.chain(formats(argument)).collect()
            }
            Completion::PathAndMessage => {
                let paths = self.paths(argument).into_iter();
                paths.chain(self.numbers_after_path(argument)).collect()
            }
            Completion::Expectation => expectations(argument),
            Completion::Snippet => {
                let all = self.snippets.all().into_iter();
                all.filter(|(name, _)| name.starts_with(argument)).collect()
            }
        };
        let whole = |(text, help): (String, String)| CompletionItem {
            text: format!("{before}{text}"),
            shown: text,
            help,
        };
        candidates.into_iter().map(whole).collect()
    }

    fn has_colors(&self, line: &str) -> bool {
        coloring::has_colors(line)
    }

    fn colored(&self, line: &str, cursor: Option<usize>) -> Option<String> {
        coloring::colored(line, cursor)
    }

    fn hint(&self, line: &str) -> Option<String> {
        let typed = line.strip_prefix('/')?;
        let (name, rest) = match typed.split_once(' ') {
            Some((name, rest)) => (name, Some(rest)),
            None => (typed, None),
        };
        let command = match rest {
            Some(_) => named(name)?,
            None => COMMANDS.iter().find(|command| command.name == name)?,
        };
        let hint = remaining(command.arguments, rest.unwrap_or_default())?;
        Some(match rest {
            Some(rest) if rest.is_empty() || rest.ends_with(' ') => hint,
            None | Some(_) => format!(" {hint}"),
        })
    }
}

fn of_command(command: &CommandHelp) -> CompletionItem {
    CompletionItem {
        text: match command.arguments {
            "" => format!("/{}", command.name),
            _ => format!("/{} ", command.name),
        },
        shown: command.call(),
        help: command.help.to_owned(),
    }
}

/// The command with this name or unique prefix.
fn named(name: &str) -> Option<&'static CommandHelp> {
    let exact = COMMANDS.iter().find(|command| command.name == name);
    exact.or_else(|| {
        let mut begin = command::beginning_with(name).filter(|_| !name.is_empty());
        begin.next().filter(|_| begin.next().is_none())
    })
}

/// The arguments that have not been typed yet; `None` if there are none.
fn remaining(arguments: &str, typed: &str) -> Option<String> {
    let begun = typed.split_whitespace().count();
    let mut words: Vec<&str> = arguments.split(' ').collect();
    if words.len() <= begun {
        return None;
    }
    words.drain(..begun);
    let rest = words.join(" ");
    // Brackets that were opened before are closed in the rest.
    let (open, close) = (rest.matches('[').count(), rest.matches(']').count());
    let surplus = close.saturating_sub(open);
    let rest = rest[..rest.len() - surplus].to_owned();
    (!rest.is_empty()).then_some(rest)
}

fn codes(start: &str) -> Vec<(String, String)> {
    let offered = CODES
        .iter()
        .map(|code| (code.to_string(), name_of_code(*code).to_owned()));
    offered
        .filter(|(code, _)| code.starts_with(start))
        .collect()
}

fn formats(typed: &str) -> Vec<(String, String)> {
    let (before, start) = match typed.rsplit_once(' ') {
        Some((before, start)) => (format!("{before} "), start),
        None => (String::new(), typed),
    };
    let formats = [
        ("pretty", "JSON indented, binary as a hex dump"),
        ("raw", "as it came, escaped"),
        ("hex", "a hex dump"),
        ("image", "a PNG, JPEG or GIF image, drawn"),
    ];
    let offered = formats.iter().filter(|(name, _)| name.starts_with(start));
    offered
        .map(|(name, help)| (format!("{before}{name}"), (*help).to_owned()))
        .collect()
}

/// What `/expect` can begin with.
fn expectations(start: &str) -> Vec<(String, String)> {
    let kinds = [
        ("json ", "JSON that contains this JSON"),
        ("/", "a text that matches a regular expression"),
        ("hex ", "a binary message with these bytes"),
        ("any", "any message"),
        ("close", "the end of the connection"),
        ("ping", "a Ping"),
        ("silence ", "no message for this time"),
        ("within ", "a timeout for what follows"),
    ];
    let offered = kinds.iter().filter(|(word, _)| word.starts_with(start));
    offered
        .map(|(word, help)| ((*word).to_owned(), (*help).to_owned()))
        .collect()
}

impl PromptLanguage {
    /// The snippets whose names begin with what was typed.
    fn beginning_with(&self, typed: &str) -> impl Iterator<Item = CompletionItem> + use<'_> {
        let typed = typed.to_owned();
        let all = self.snippets.all().into_iter();
        all.filter(move |(name, _)| name.starts_with(&typed))
            .map(|(name, text)| CompletionItem {
                text: format!("/{name}"),
                shown: format!("/{name}"),
                help: text.replace('\n', " "),
            })
    }

    /// The latest message numbers that begin with what was typed.
    fn numbers(&self, typed: &str) -> Vec<(String, String)> {
        let start = typed.strip_prefix('#').unwrap_or(typed);
        let numbers = self.messages.iter().map(|number| number.to_string());
        let begin = numbers.filter(|number| number.starts_with(start));
        begin
            .take(MOST_NUMBERS)
            .map(|number| (number, String::new()))
            .collect()
    }

    /// The same after a path.
    fn numbers_after_path(&self, typed: &str) -> Vec<(String, String)> {
        let Some((path, start)) = typed.rsplit_once(' ') else {
            return Vec::new();
        };
        if path.trim().is_empty() {
            return Vec::new();
        }
        let numbers = self.numbers(start).into_iter();
        numbers
            .map(|(number, help)| (format!("{path} {number}"), help))
            .collect()
    }

    /// The file names that begin with what was typed.
    fn paths(&self, typed: &str) -> Vec<(String, String)> {
        let typed = typed.trim_start();
        let (directory, start) = match typed.rfind('/') {
            Some(slash) => typed.split_at(slash + 1),
            None => ("", typed),
        };
        let place = match (directory.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ if directory.is_empty() => PathBuf::from("."),
            _ => PathBuf::from(directory),
        };
        let Ok(entries) = std::fs::read_dir(place) else {
            return Vec::new();
        };
        let mut found: Vec<_> = entries
            .flatten()
            .take(MOST_PATHS * 50)
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let fits =
                    name.starts_with(start) && (!name.starts_with('.') || start.starts_with('.'));
                let mark = if is_directory(&entry.path()) { "/" } else { "" };
                let harmless = !name.chars().any(crate::text::escape::is_hidden);
                (fits && harmless).then(|| (format!("{directory}{name}{mark}"), String::new()))
            })
            .collect();
        found.sort();
        found.truncate(MOST_PATHS);
        found
    }
}

fn is_directory(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

#[cfg(test)]
mod tests;
