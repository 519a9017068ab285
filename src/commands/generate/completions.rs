//! Shell completions: what `clap_complete` generates, with the targets of the config file for the URL
//! and the topics for `wsline help`.

use std::fmt::Write as _;
use std::io;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, Command};
use clap_complete::Generator;

use crate::cli::{self, Shell};
use crate::commands::help::topics;

/// The completions for a shell.
///
/// # Errors
///
/// What writing said, or that the generator's output has changed its form.
pub(super) fn completions(shell: Shell) -> io::Result<String> {
    let mut command = command();
    command.set_bin_name(command.get_name().to_owned());
    command.build();
    let mut text = Vec::new();
    let generator = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Elvish => clap_complete::Shell::Elvish,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::PowerShell => clap_complete::Shell::PowerShell,
        Shell::Zsh => clap_complete::Shell::Zsh,
    };
    generator.try_generate(&command, &mut text)?;
    let text = String::from_utf8(text).map_err(io::Error::other)?;
    match shell {
        Shell::Bash => with_targets_in_bash(&text),
        Shell::Zsh => with_targets_in_zsh(&escaped_for_zsh(text, &command)),
        Shell::Fish => Ok(text + FISH + &choices_in_fish(&command)),
        Shell::Elvish | Shell::PowerShell => Ok(text),
    }
}

/// The command line, with what `wsline help` takes as choices.
fn command() -> Command {
    let command = cli::command();
    let names = topics().into_iter().map(|topic| topic.name);
    // clap wants names that last; this is only run by tests.
    let commands = command
        .get_subcommands()
        .map(|it| &*it.get_name().to_owned().leak());
    let mut choices: Vec<&'static str> = names.chain(commands).collect();
    choices.sort_unstable();
    choices.dedup();
    command.mut_subcommand("help", |help| {
        help.mut_arg("topic", |topic| {
            topic.value_parser(PossibleValuesParser::new(choices))
        })
    })
}

/// In zsh's `_arguments` a colon ends the name of a value, and clap leaves that of `USER[:PASS]`
/// bare, so that `PASS]` would be run as the action that completes it.
fn escaped_for_zsh(mut text: String, command: &Command) -> String {
    let names = command
        .get_arguments()
        .filter_map(Arg::get_value_names)
        .flatten();
    for name in names.filter(|name| name.contains(':')) {
        let escaped = name.replace(':', "\\:");
        text = text.replace(&format!(":{name}:"), &format!(":{escaped}:"));
    }
    text
}

/// What positional arguments of commands take, which clap leaves out for fish.
fn choices_in_fish(command: &Command) -> String {
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

/// By default bash separates words at `@`, so the word is taken from the line.
const BASH: &str = r#"
_wsline_or_target() {
    local line=${COMP_LINE:0:COMP_POINT}
    local word=${line##*[[:space:]]}
    if [[ $word != @* ]]; then
        _wsline "$@"
        return
    fi
    local IFS=$'\n'
    COMPREPLY=( $(compgen -W "$("$1" config --names 2>/dev/null)" -- "$word") )
    if [[ $2 != @* ]]; then
        COMPREPLY=( "${COMPREPLY[@]#@}" )
    fi
}
"#;

fn with_targets_in_bash(text: &str) -> io::Result<String> {
    let place = text
        .find("\nif [[ \"${BASH_VERSINFO[0]}\"")
        .ok_or_else(changed)?;
    let (functions, register) = text.split_at(place);
    let register = register.replace("complete -F _wsline ", "complete -F _wsline_or_target ");
    Ok(format!("{functions}{BASH}{register}"))
}

const ZSH: &str = r#"
(( $+functions[_wsline_first] )) ||
_wsline_first() {
    _alternative 'commands:command:_wsline_commands' 'urls:URL:_wsline_url'
}
(( $+functions[_wsline_url] )) ||
_wsline_url() {
    local -a targets
    targets=(${(f)"$(_call_program targets wsline config --names 2>/dev/null)"})
    _alternative 'targets:target:compadd -a targets' 'urls:URL:_urls'
}
"#;

/// clap takes the first word for the URL and the second for a command, but a command is the first. Words
/// after a URL are completed as options.
fn with_targets_in_zsh(text: &str) -> io::Result<String> {
    const START: &str = "    _arguments \"${_arguments_options[@]}\" : \\\n";
    const URL: &str = "'::url -- URL of the server:_urls' \\\n";
    const WORDS: &str = "\":: :_wsline_commands\" \\\n\"*::: :->wsline\" \\\n";
    const OF_TEST: &str = "'--url=[Connect to this URL instead of the one in the files]:URL:";
    const END: &str = "        esac\n    ;;\nesac\n}\n";
    let place = text.find("\nif [ \"$funcstack[1]\"").ok_or_else(changed)?;
    let (functions, register) = text.split_at(place);
    let (_, options) = functions.split_once(START).ok_or_else(changed)?;
    let (options, _) = options.split_once(URL).ok_or_else(changed)?;
    let after_url = format!("(*)\n{START}{options}&& ret=0\n;;\n{END}");
    let mut functions = functions.to_owned();
    for (from, to) in [
        (
            format!("{URL}{WORDS}"),
            WORDS.replace("_wsline_commands", "_wsline_first"),
        ),
        (format!("{OF_TEST}_urls'"), format!("{OF_TEST}_wsline_url'")),
        (END.to_owned(), after_url),
        ("$line[2]".to_owned(), "$line[1]".to_owned()),
    ] {
        if !functions.contains(&from) {
            return Err(changed());
        }
        functions = functions.replace(&from, &to);
    }
    Ok(format!("{functions}{ZSH}{register}"))
}

const FISH: &str = "\
complete -c wsline -n \"__fish_wsline_needs_command\" -f -a \"(wsline config --names 2>/dev/null)\" -d 'Target of the config file'
complete -c wsline -n \"__fish_wsline_using_subcommand test\" -l url -x -a \"(wsline config --names 2>/dev/null)\"
complete -c wsline -n \"__fish_wsline_using_subcommand config\" -f -a \"(wsline config --names 2>/dev/null)\"
";

fn changed() -> io::Error {
    io::Error::other("the generated completions have changed their form")
}
