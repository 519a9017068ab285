//! Shell completions: what `clap_complete` generates, with the targets of the config file for the URL
//! and the topics for `wsline help`.

mod fish;

use std::io;

use clap::builder::PossibleValuesParser;
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
    let command = command();
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
        Shell::Bash => with_targets_in_bash(&text, &command),
        Shell::Zsh => with_targets_in_zsh(&escaped_for_zsh(text, &command)),
        Shell::Fish => fish::completed(&text, &command),
        Shell::Elvish | Shell::PowerShell => Ok(text),
    }
}

/// The commands that take a target as an argument.
const TARGET_COMMANDS: [&str; 4] = ["ping", "rpc", "bench", "config"];

/// The values of `--tls-min` and `--tls-max`.
const TLS_VERSIONS: [&str; 4] = ["1.0", "1.1", "1.2", "1.3"];

/// The command line, with what `wsline help` and the options for versions of TLS take as choices.
fn command() -> Command {
    let mut command = cli::command();
    command.set_bin_name(command.get_name().to_owned());
    // Adds the options that commands share.
    command.build();
    let names = topics().into_iter().map(|topic| topic.name);
    // clap wants names that last; this is only run by tests.
    let commands = command
        .get_subcommands()
        .map(|it| &*it.get_name().to_owned().leak());
    let mut choices: Vec<&'static str> = names.chain(commands).collect();
    choices.sort_unstable();
    choices.dedup();
    let command = command.mut_subcommand("help", |help| {
        help.mut_arg("topic", |topic| {
            topic.value_parser(PossibleValuesParser::new(choices))
        })
    });
    let with_versions = |command: Command| command.mut_args(with_tls_versions);
    command
        .mut_subcommands(with_versions)
        .mut_args(with_tls_versions)
}

fn with_tls_versions(argument: Arg) -> Arg {
    match argument.get_id().as_str() {
        "tls_min" | "tls_max" => argument.value_parser(PossibleValuesParser::new(TLS_VERSIONS)),
        _ => argument,
    }
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

/// By default bash separates words at `@`, so the word and the one before it are taken from the line.
/// Targets are completed for the URL and for `test --url`; elsewhere `@` names a file.
const BASH: &str = r#"
_wsline_or_target() {
    local line=${COMP_LINE:0:COMP_POINT}
    local word=${line##*[[:space:]]}
    local -a before
    read -ra before <<< "${line%"$word"}"
    if [[ $word != @* ]] || ! _wsline_takes_target; then
        _wsline "$@"
        return
    fi
    local IFS=$'\n'
    COMPREPLY=( $(compgen -W "$("$1" config --names 2>/dev/null)" -- "$word") )
    if [[ $2 != @* ]]; then
        COMPREPLY=( "${COMPREPLY[@]#@}" )
    fi
}

_wsline_takes_target() {
    case ${before[1]},${before[${#before[@]} - 1]} in
        test,--url) return 0 ;;
        COMMANDS) return 1 ;;
        OPTIONS) return 1 ;;
    esac
}
"#;

/// The functions, with the commands that take no target and the options that take another value.
fn functions_in_bash(command: &Command) -> String {
    let names = command.get_subcommands().map(Command::get_name);
    let commands = names.filter(|name| !TARGET_COMMANDS.contains(name));
    let commands: Vec<String> = commands.map(|name| format!("{name},*")).collect();
    let has_value = |argument: &&Arg| {
        let range = argument.get_num_args().unwrap_or_default();
        argument.get_action().takes_values() && range.min_values() > 0 && !argument.is_hide_set()
    };
    let options = command.get_opts().filter(has_value).flat_map(|argument| {
        let long = argument.get_long().map(|long| format!("*,--{long}"));
        let short = argument.get_short().map(|short| format!("*,-{short}"));
        long.into_iter().chain(short)
    });
    let options: Vec<String> = options.collect();
    BASH.replace("COMMANDS", &commands.join("|"))
        .replace("OPTIONS", &options.join("|"))
}

fn with_targets_in_bash(text: &str, command: &Command) -> io::Result<String> {
    let place = text
        .find("\nif [[ \"${BASH_VERSINFO[0]}\"")
        .ok_or_else(changed)?;
    let (functions, register) = text.split_at(place);
    let register = register.replace("complete -F _wsline ", "complete -F _wsline_or_target ");
    Ok(format!(
        "{functions}{}{register}",
        functions_in_bash(command)
    ))
}

const ZSH: &str = r#"
(( $+functions[_wsline_first] )) ||
_wsline_first() {
    _alternative 'commands:command:_wsline_commands' 'urls:URL:_wsline_url'
}
(( $+functions[_wsline_url] )) ||
_wsline_url() {
    _alternative 'targets:target:_wsline_target' 'urls:URL:_urls'
}
(( $+functions[_wsline_target] )) ||
_wsline_target() {
    local -a targets
    targets=(${(f)"$(_call_program targets wsline config --names 2>/dev/null)"})
    compadd -a targets
}
"#;

/// clap takes the first word for the URL and the second for a command, but a command is the first. Words
/// after a URL are completed as options.
fn with_targets_in_zsh(text: &str) -> io::Result<String> {
    const START: &str = "    _arguments \"${_arguments_options[@]}\" : \\\n";
    const URL: &str = "'::url -- URL of the server:_urls' \\\n";
    const WORDS: &str = "\":: :_wsline_commands\" \\\n\"*::: :->wsline\" \\\n";
    const OF_TEST: &str = "'--url=[Connect to this URL instead of the one in the files]:URL:";
    const OF_PING: &str = "':url -- URL of the server, or demo for a built-in echo server:";
    const OF_RPC: &str = "':url -- URL of the server:";
    const OF_CONFIG: &str = "'::target -- Show what is in effect for this target:";
    const END: &str = "        esac\n    ;;\nesac\n}\n";
    let place = text.find("\nif [ \"$funcstack[1]\"").ok_or_else(changed)?;
    let (functions, register) = text.split_at(place);
    let (_, options) = functions.split_once(START).ok_or_else(changed)?;
    let (options, _) = options.split_once(URL).ok_or_else(changed)?;
    let after_url = format!("(*)\n{START}{options}&& ret=0\n;;\n{END}");
    let with_url = |start: &str| (format!("{start}_urls'"), format!("{start}_wsline_url'"));
    let pairs = [
        (
            format!("{URL}{WORDS}"),
            WORDS.replace("_wsline_commands", "_wsline_first"),
        ),
        with_url(OF_TEST),
        with_url(OF_PING),
        with_url(OF_RPC),
        (
            format!("{OF_CONFIG}_default'"),
            format!("{OF_CONFIG}_wsline_target'"),
        ),
        (END.to_owned(), after_url),
        ("$line[2]".to_owned(), "$line[1]".to_owned()),
    ];
    let functions = replace_all(functions, &pairs)?;
    Ok(format!("{functions}{ZSH}{register}"))
}

/// Replaces pairs of texts, all of which must be there.
fn replace_all(text: &str, pairs: &[(String, String)]) -> io::Result<String> {
    let mut text = text.to_owned();
    for (from, to) in pairs {
        if !text.contains(from) {
            return Err(changed());
        }
        text = text.replace(from, to);
    }
    Ok(text)
}

fn changed() -> io::Error {
    io::Error::other("the generated completions have changed their form")
}
