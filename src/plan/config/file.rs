//! Parsing of config files: TOML with `[defaults]` and `[targets.NAME]`, whose keys are options.
//! Every error has a line and a column.

mod value;

use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};
use toml::Spanned;

use crate::cli::config::{self, ConfigKey, Setting};
use crate::cli::is_command;
use crate::error::ParseError;
use crate::text::suggest::nearest;

/// The keys that are only allowed in targets.
const URL: &str = "url";
const EXPECT: &str = "expect";
const WITHIN: &str = "within";
const OF_TARGET: [&str; 3] = [URL, EXPECT, WITHIN];

/// A position in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FilePosition {
    /// The line number, from 1.
    line: u32,
    /// The column in characters, from 1.
    column: u32,
    /// The text of the line, without secrets.
    text: String,
}

/// An option with the positions of its values.
#[derive(Clone, Debug)]
pub(super) struct ConfigEntry {
    pub(super) setting: Setting,
    pub(super) places: Vec<FilePosition>,
}

/// `[defaults]`, or a target.
#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    pub(super) place: FilePosition,
    pub(super) entries: Vec<ConfigEntry>,
    pub(super) url: Option<(String, FilePosition)>,
    pub(super) expect: Vec<(String, FilePosition)>,
    pub(super) within: Option<(String, FilePosition)>,
}

/// The content of a config file.
#[derive(Clone, Debug)]
pub(super) struct ConfigFile {
    /// The name in messages.
    pub(super) name: String,
    pub(super) defaults: Section,
    /// The targets, sorted by name.
    pub(super) targets: Vec<(String, Section)>,
}

/// The folders that paths refer to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folders<'a> {
    /// The folder of the file.
    pub(super) own: &'a Path,
    /// The home directory, for `~/`.
    pub(super) home: Option<&'a Path>,
}

impl Folders<'_> {
    fn resolve(self, path: &str) -> String {
        let path = match (path.strip_prefix("~/"), self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.own.join(path),
        };
        path.to_string_lossy().into_owned()
    }
}

impl ConfigFile {
    /// An error at a position.
    pub(super) fn error(&self, place: &FilePosition, cause: String) -> ParseError {
        error(&self.name, place, cause)
    }
}

fn error(name: &str, place: &FilePosition, cause: String) -> ParseError {
    ParseError {
        file: name.to_owned(),
        line: place.line,
        column: place.column,
        text: place.text.clone(),
        cause,
    }
}

/// Parses a file.
///
/// # Errors
///
/// The first error.
pub(super) fn parse(
    name: &str,
    text: &str,
    folders: Folders<'_>,
) -> Result<ConfigFile, ParseError> {
    let reader = ConfigReader {
        name,
        text,
        folders,
        keys: config::keys(),
    };
    let table = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        let cause = error.message().lines().collect::<Vec<_>>().join(", ");
        reader.error(&span, format!("invalid TOML: {cause}"))
    })?;
    let mut file = ConfigFile {
        name: name.to_owned(),
        defaults: Section::default(),
        targets: Vec::new(),
    };
    for (key, value) in table.get_ref() {
        match key.get_ref().as_ref() {
            "defaults" => file.defaults = reader.section(value, &key.span(), "defaults", false)?,
            "targets" => file.targets = reader.targets(value)?,
            other => return Err(reader.misplaced(other, &key.span())),
        }
    }
    Ok(file)
}

/// Why a text that is an address elsewhere is not the URL of a target.
fn not_a_url(text: &str) -> Option<String> {
    if text.starts_with('@') {
        return Some("expected a URL, not the name of a target".to_owned());
    }
    is_command(text)
        .then(|| format!("expected a URL, not a command; for a host of that name, use ws://{text}"))
}

/// Whether the value of a key may be secret.
fn is_secret(name: &str) -> bool {
    name == URL || config::is_secret(name)
}

/// What is needed to parse a file.
struct ConfigReader<'a> {
    name: &'a str,
    text: &'a str,
    folders: Folders<'a>,
    keys: Vec<ConfigKey>,
}

impl ConfigReader<'_> {
    fn error(&self, span: &Range<usize>, cause: String) -> ParseError {
        error(self.name, &self.place(span), cause)
    }

    /// The position of a span.
    fn place(&self, span: &Range<usize>) -> FilePosition {
        let (line_start, before) = self.line_before(span);
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        FilePosition {
            line: number(self.text[..line_start].matches('\n').count() + 1),
            column: number(before.chars().count() + 1),
            text: self.text[line_start..]
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
        }
    }

    /// The position of a span, without the text of it and of `others`, which are secret.
    fn place_hiding(&self, span: &Range<usize>, others: &[Range<usize>]) -> FilePosition {
        let (line_start, before) = self.line_before(span);
        let is_hidden = |at| {
            others
                .iter()
                .any(|other| other.contains(&(line_start + at)))
        };
        let shown = before.char_indices();
        let shown = shown.map(|(at, character)| if is_hidden(at) { '*' } else { character });
        let text: String = shown.collect();
        FilePosition {
            text: text + "***",
            ..self.place(span)
        }
    }

    /// Where the line of a span starts, and its text before the span.
    fn line_before(&self, span: &Range<usize>) -> (usize, &str) {
        let before = &self.text[..self.text.floor_char_boundary(span.start)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (line_start, &before[line_start..])
    }

    fn targets(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<(String, Section)>, ParseError> {
        let DeValue::Table(table) = value.get_ref() else {
            let cause = "targets are written as [targets.NAME]".to_owned();
            return Err(self.error(&value.span(), cause));
        };
        let mut targets = Vec::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if name.is_empty() || !name.chars().all(is_allowed) {
                let cause = format!(
                    "invalid target name '{name}': expected letters, digits, '-', '_' and '.'"
                );
                return Err(self.error(&key.span(), cause));
            }
            let section = self.section(value, &key.span(), name, true)?;
            if section.url.is_none() {
                let cause = format!("target '{name}' has no url");
                return Err(self.error(&key.span(), cause));
            }
            targets.push((name.to_owned(), section));
        }
        targets.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(targets)
    }

    fn section(
        &self,
        value: &Spanned<DeValue<'_>>,
        span: &Range<usize>,
        name: &str,
        is_target: bool,
    ) -> Result<Section, ParseError> {
        let DeValue::Table(table) = value.get_ref() else {
            let cause = format!("{name} must be a table of options");
            return Err(self.error(&value.span(), cause));
        };
        let mut section = Section {
            place: self.place(span),
            ..Section::default()
        };
        // In the order of the file rather than sorted.
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let name = key.get_ref().as_ref();
            if is_target && OF_TARGET.contains(&name) {
                self.of_target(&mut section, name, value)?;
                continue;
            }
            if OF_TARGET.contains(&name) {
                let cause = format!("{name} is only for [targets.NAME]");
                return Err(self.error_at_key(&key.span(), is_secret(name), cause));
            }
            let Some(known) = self.keys.iter().find(|known| known.name == name) else {
                let own = if is_target { &OF_TARGET[..] } else { &[] };
                return Err(self.unknown_key(name, own, &key.span()));
            };
            section.entries.push(self.entry(known, value)?);
            let names = section.entries.iter().map(|entry| &*entry.setting.key.name);
            if let Some((name, other)) = config::conflict(&names.collect::<Vec<_>>()) {
                let cause = format!("{name} cannot be used with {other}");
                return Err(self.error_at_key(&key.span(), is_secret(name), cause));
            }
        }
        Ok(section)
    }

    /// The error for a key that a section does not have, or an option that it can't set; `own` are
    /// the keys that it has besides options.
    fn unknown_key(&self, name: &str, own: &[&str], span: &Range<usize>) -> ParseError {
        if config::is_excluded(name) {
            let next = if name.starts_with("data") {
                "; on-connect sends messages"
            } else {
                ""
            };
            return self.error(span, format!("{name} cannot be set here{next}"));
        }
        let names = self.keys.iter().map(|key| key.name.as_str());
        let names = names.chain(own.iter().copied());
        let near = nearest(&name.to_lowercase().replace('_', "-"), names);
        let next = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        let cause = format!("unknown key '{name}'{next}");
        self.error_at_key(span, near.is_none_or(is_secret), cause)
    }

    /// An error at a key, whose value may be secret.
    fn error_at_key(&self, span: &Range<usize>, is_secret: bool, cause: String) -> ParseError {
        let mut place = self.place(span);
        let is_header = place.text.trim_start().starts_with('[');
        if let Some((key, _)) = place
            .text
            .split_once('=')
            .filter(|_| is_secret && !is_header)
        {
            place.text = format!("{key}= ***");
        }
        error(self.name, &place, cause)
    }

    /// The error for a key outside `[defaults]` and `[targets.NAME]`.
    fn misplaced(&self, name: &str, span: &Range<usize>) -> ParseError {
        let section = if OF_TARGET.contains(&name) {
            "[targets.NAME]"
        } else if self.keys.iter().any(|key| key.name == name) {
            "[defaults] or [targets.NAME]"
        } else {
            return self.unknown_key(name, &["defaults", "targets"], span);
        };
        let cause = format!("{name} must be below {section}");
        self.error_at_key(span, is_secret(name), cause)
    }

    fn of_target(
        &self,
        section: &mut Section,
        name: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(), ParseError> {
        let places = |texts: Vec<(String, Range<usize>)>| -> Vec<(String, FilePosition)> {
            let place = |(text, span)| (text, self.place(&span));
            texts.into_iter().map(place).collect()
        };
        match name {
            EXPECT => section.expect = places(self.texts(name, value)?),
            WITHIN => {
                section.within = Some((self.one(name, value)?, self.place(&value.span())));
            }
            _ => {
                let url = self.one(name, value)?;
                let place = self.place_hiding(&value.span(), &[]);
                if let Some(cause) = not_a_url(&url) {
                    return Err(error(self.name, &place, format!("invalid url: {cause}")));
                }
                section.url = Some((url, place));
            }
        }
        Ok(())
    }
}
