//! Completions for fish. clap's follow the first word that is not an option, so that none would come
//! after a URL or after an option that still misses its value.

use std::fmt::Write as _;
use std::io;

use clap::builder::PossibleValue;
use clap::Command;

use super::{changed, replace_all, TARGET_COMMANDS};

/// What fish calls to tell a command from a URL, in place of clap's function.
const FUNCTIONS: &str = r#"function __fish_wsline_needs_command
    # Prints the command, which is the first word. Without one, options are completed.
    set -l words (commandline -opc)
    if contains -- "$words[2]" COMMANDS
        echo $words[2]
        return 1
    end
    return 0
end

function __fish_wsline_is_first_word
    test (count (commandline -opc)) -eq 1
end

function __fish_wsline_needs_url
    __fish_wsline_needs_command >/dev/null
    or return
    set -l words (commandline -opc)
    set -e words[1]
    # Fails if the last option still misses its value.
    argparse (__fish_wsline_global_optspecs) -- $words 2>/dev/null
    or return 0
    not set -q argv[1]
end
"#;

const TARGETS: &str =
    r#"-f -a "(wsline config --names 2>/dev/null)" -d 'Target of the config file'"#;

/// What clap has generated, with options after a URL, targets, and the choices of positional
/// arguments.
pub(super) fn completed(text: &str, command: &Command) -> io::Result<String> {
    const START: &str = "function __fish_wsline_needs_command\n";
    const END: &str = "\nend\n";
    let (before, rest) = text.split_once(START).ok_or_else(changed)?;
    let (_, after) = rest.split_once(END).ok_or_else(changed)?;
    let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    let functions = FUNCTIONS.replace("COMMANDS", &names.join(" "));
    let text = replace_all(
        &format!("{before}{functions}{after}"),
        &[(
            "-n \"__fish_wsline_needs_command\" -a ".to_owned(),
            "-n \"__fish_wsline_is_first_word\" -a ".to_owned(),
        )],
    )?;
    let mut text = with_optional_values(text, command);
    let _ = writeln!(
        text,
        "complete -c wsline -n \"__fish_wsline_needs_url\" {TARGETS}"
    );
    for name in TARGET_COMMANDS {
        let _ = writeln!(
            text,
            "complete -c wsline -n \"__fish_wsline_using_subcommand {name}\" {TARGETS}"
        );
    }
    let _ = writeln!(
        text,
        "complete -c wsline -n \"__fish_wsline_using_subcommand test\" -l url -r {TARGETS}"
    );
    Ok(text + &choices(command))
}

/// A value that may be left out is not in the word after the option, which clap does not say.
fn with_optional_values(mut text: String, command: &Command) -> String {
    let commands = command.get_subcommands().chain([command]);
    for argument in commands.flat_map(Command::get_arguments) {
        let is_optional = argument.get_num_args().unwrap_or_default().min_values() == 0;
        let Some(name) = argument.get_long().filter(|_| is_optional) else {
            continue;
        };
        if !argument.get_action().takes_values() {
            continue;
        }
        text = text.replace(&format!(" {name}= "), &format!(" '{name}=?' "));
        let option = format!(" -l {name} ");
        let lines = text.split_inclusive('\n').map(|line| {
            let without = line
                .strip_suffix(" -r\n")
                .filter(|_| line.contains(&option));
            without.map_or_else(|| line.to_owned(), |without| format!("{without}\n"))
        });
        text = lines.collect();
    }
    text
}

/// What positional arguments of commands take, which clap leaves out.
fn choices(command: &Command) -> String {
    let mut lines = String::new();
    for subcommand in command
        .get_subcommands()
        .flat_map(|it| it.get_subcommands().chain([it]))
    {
        for argument in subcommand.get_positionals() {
            let choices = argument.get_possible_values();
            let names: Vec<&str> = choices.iter().map(PossibleValue::get_name).collect();
            if !names.is_empty() {
                let (name, names) = (subcommand.get_name(), names.join(" "));
                let _ = writeln!(
                    lines,
                    "complete -c wsline -n \"__fish_seen_subcommand_from {name}\" -f -a \"{names}\""
                );
            }
        }
    }
    lines
}
