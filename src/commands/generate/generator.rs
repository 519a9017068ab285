//! Generates the files of `completions/` from the flags. It is only compiled for tests, because the
//! program contains the files.
//!
//! The output does not depend on the date or the terminal, so that it can be compared with the
//! committed files.

use std::fmt::Write as _;
use std::io;

use clap::builder::StyledStr;
use clap::{Arg, Command};
use clap_mangen::roff::{bold, italic, roman, Inline, Roff};
use clap_mangen::Man;

use super::completions::completions;
use crate::cli::help;
use crate::cli::{self, Generate};
use crate::commands::help::{topics, Block};

/// The text of a file, generated from the current flags.
///
/// # Errors
///
/// The error of writing.
pub(super) fn generated(what: Generate) -> io::Result<String> {
    match what {
        Generate::Completions { shell } => completions(shell),
        Generate::Man => String::from_utf8(man_page()?).map_err(io::Error::other),
    }
}

fn man_page() -> io::Result<Vec<u8>> {
    let mut command = cli::command();
    command.build();
    let man = Man::new(command.clone())
        .title("WSLINE")
        // An empty argument must be quoted, otherwise the following ones move.
        .date("\"\"")
        .manual("User Commands");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;

    let mut page = Roff::new();
    page.control("SH", ["DESCRIPTION"]);
    paragraphs(&mut page, help::DESCRIPTION);
    page.control("SH", ["OPTIONS"]);
    options_by_heading(&mut page, &command);
    page.control("SH", ["COMMANDS"]);
    page.text([roman(
        "A command comes first, before every option. The options of wsline itself are those of \
         demo too.",
    )]);
    commands(&mut page, &command);
    for topic in topics() {
        page.control("SH", [topic.heading]);
        for (index, block) in topic.blocks.iter().enumerate() {
            self::block(&mut page, block, index > 0);
        }
        if topic.name == "session-files" {
            untrusted(&mut page, &command);
        }
    }
    page.control("SH", ["FILES"]);
    terms(&mut page, FILES);
    page.control("SH", ["EXAMPLES"]);
    for (what, line) in help::EXAMPLES {
        page.control("PP", []);
        page.text([roman(format!("{what}:"))]);
        verbatim(&mut page, [bold(*line)]);
    }
    page.control("SH", ["SEE ALSO"]);
    page.text([bold("curl"), roman("(1), RFC 6455")]);
    page.to_writer(&mut text)?;
    Ok(text)
}

const FILES: &[(&str, &str)] = &[(
    "$XDG_CONFIG_HOME/wsline/config.toml",
    "default options and named servers; ~/.config/wsline/config.toml if the variable is not set",
), (
    "$XDG_STATE_HOME/wsline/history",
    "what was typed at the prompt, readable by its owner alone; ~/.local/state/wsline/history if \
     the variable is not set. A line that begins with a space is not kept.",
)];

fn paragraphs(page: &mut Roff, paragraphs: &[&str]) {
    for (index, paragraph) in paragraphs.iter().enumerate() {
        if index > 0 {
            page.control("PP", []);
        }
        page.text([roman(*paragraph)]);
    }
}

fn block(page: &mut Roff, block: &Block, follows: bool) {
    match block {
        Block::Prose(texts) => {
            if follows {
                page.control("PP", []);
            }
            paragraphs(page, texts);
        }
        Block::Terms(rows) => {
            for (term, meaning) in rows {
                page.control("TP", []);
                page.text([bold(term.as_str())]);
                page.text([roman(*meaning)]);
            }
        }
        Block::Lines(lines) => verbatim(page, lines.lines().map(roman)),
    }
}

fn terms(page: &mut Roff, rows: &[(&str, &str)]) {
    for (term, meaning) in rows {
        page.control("TP", []);
        page.text([bold(*term)]);
        page.text([roman(*meaning)]);
    }
}

/// Adds lines without formatting.
fn verbatim(page: &mut Roff, lines: impl IntoIterator<Item = Inline>) {
    page.control("PP", []);
    page.control("RS", ["4"]);
    page.control("nf", []);
    for line in lines {
        page.text([line]);
    }
    page.control("fi", []);
    page.control("RE", []);
}

/// Which options a session file from someone else may set.
fn untrusted(page: &mut Roff, command: &Command) {
    let (allowed, refused) = cli::untrusted_options(command);
    page.control("PP", []);
    page.text([roman("With --untrusted a file may set only these options:")]);
    page.text([bold(allowed.join(", ")), roman(".")]);
    page.control("PP", []);
    page.text([roman("The others are refused, each for one reason:")]);
    for (why, options) in refused {
        page.control("TP", []);
        page.text([bold(options.join(", "))]);
        page.text([roman(why)]);
    }
}

/// The options with the headings and in the order of `--help`. `clap_mangen` would make the
/// headings sections of the page, and would leave out the text of options that `-h` hides.
fn options_by_heading(page: &mut Roff, command: &Command) {
    for argument in command.get_positionals() {
        option(page, argument);
    }
    for heading in headings(command) {
        page.control("SS", [heading]);
        for argument in visible(command) {
            if argument.get_help_heading() == Some(heading) {
                option(page, argument);
            }
        }
    }
}

/// The headings of the options, in the order of `--help`.
pub(super) fn headings(command: &Command) -> Vec<&str> {
    let mut headings: Vec<&str> = Vec::new();
    for heading in command.get_arguments().filter_map(Arg::get_help_heading) {
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    headings
}

/// The arguments that the help lists, in its order.
pub(super) fn visible(command: &Command) -> Vec<&Arg> {
    let mut arguments: Vec<&Arg> = command.get_arguments().collect();
    arguments.sort_by_key(|argument| {
        let name = argument.get_long().unwrap_or_default();
        (argument.get_display_order(), name)
    });
    arguments
}

fn option(page: &mut Roff, argument: &Arg) {
    page.control("TP", []);
    page.text(signature(argument));
    let text = argument.get_long_help().or_else(|| argument.get_help());
    let mut words = sentences(text);
    let defaults = argument.get_default_values();
    if takes_value(argument) && !argument.is_hide_default_value_set() {
        for default in defaults {
            let _ = write!(words, " The default is {}.", default.to_string_lossy());
        }
    }
    let choices: Vec<_> = argument
        .get_possible_values()
        .into_iter()
        .filter(|choice| takes_value(argument) && !choice.is_hide_set())
        .collect();
    page.text([roman(words)]);
    if choices.is_empty() {
        return;
    }
    page.control("RS", []);
    for choice in choices {
        page.control("TP", []);
        page.text([bold(choice.get_name())]);
        if let Some(meaning) = choice.get_help() {
            page.text([roman(meaning.to_string())]);
        }
    }
    page.control("RE", []);
}

/// `-d, --data TEXT`, or the name of a positional argument.
fn signature(argument: &Arg) -> Vec<Inline> {
    let values = argument.get_value_names().unwrap_or_default();
    let value = italic(values.join(" "));
    if argument.is_positional() {
        return vec![value];
    }
    let mut inlines = Vec::new();
    if let Some(short) = argument.get_short() {
        inlines.extend([bold(format!("-{short}")), roman(", ")]);
    }
    let long = argument.get_long().unwrap_or_default();
    inlines.push(bold(format!("--{long}")));
    if takes_value(argument) {
        inlines.extend([roman(" "), value]);
    }
    inlines
}

/// The paragraphs of a help text as sentences. The first has no full stop in `-h`.
fn sentences(text: Option<&StyledStr>) -> String {
    let text = text.map(ToString::to_string).unwrap_or_default();
    let sentences: Vec<String> = text
        .split("\n\n")
        .map(|paragraph| format!("{}.", paragraph.trim_end_matches('.')))
        .collect();
    sentences.join(" ")
}

pub(super) fn takes_value(argument: &Arg) -> bool {
    argument.get_action().takes_values()
}

/// The subcommands with their own options.
fn commands(page: &mut Roff, command: &Command) {
    for task in command.get_subcommands() {
        if task.has_subcommands() {
            for leaf in task.get_subcommands() {
                subcommand(page, command, leaf, &format!("{} ", task.get_name()));
            }
        } else {
            subcommand(page, command, task, "");
        }
    }
}

fn subcommand(page: &mut Roff, command: &Command, task: &Command, prefix: &str) {
    let arguments: Vec<&Arg> = visible(task)
        .into_iter()
        .filter(|argument| argument.get_id() != "help")
        .collect();
    let mut usage = format!("{} {prefix}{}", command.get_name(), task.get_name());
    if arguments.iter().any(|argument| !argument.is_positional()) {
        usage.push_str(" [OPTIONS]");
    }
    for positional in task.get_positionals() {
        let mut name = positional.get_value_names().unwrap_or_default().join(" ");
        if matches!(positional.get_action(), clap::ArgAction::Append) {
            name.push_str("...");
        }
        if positional.is_last_set() {
            let _ = write!(usage, " [-- {name}]");
        } else if positional.is_required_set() {
            let _ = write!(usage, " {name}");
        } else {
            let _ = write!(usage, " [{name}]");
        }
    }
    page.control("SS", [usage.as_str()]);
    let about = task.get_long_about().or_else(|| task.get_about());
    page.text([roman(sentences(about))]);
    for argument in arguments {
        if !is_of_wsline_itself(command, argument) {
            option(page, argument);
        }
    }
}

/// Whether a command has this option from wsline itself, where the page describes it: with the same
/// name below the same heading.
pub(super) fn is_of_wsline_itself(command: &Command, argument: &Arg) -> bool {
    let heading = argument.get_help_heading();
    let is_same =
        |own: &Arg| own.get_id() == argument.get_id() && own.get_help_heading() == heading;
    heading.is_some() && command.get_arguments().any(is_same)
}
