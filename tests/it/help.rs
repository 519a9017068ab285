//! What the program says of itself: help, version, usage errors, completions and the man page.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::home::Home;
use crate::support::program::BINARY;
use crate::support::{require, Stdout, Terminal, Wsline};

/// What a usage error ends with.
const USAGE: &str = "\n\
Usage: wsline [OPTIONS] URL\n       wsline COMMAND [ARGUMENTS]\n\n\
For more information, try '--help'.\n";

const TRY_HELP: &str = "\nFor more information, try '--help'.\n";

/// The help that these words ask for.
#[track_caller]
fn help(args: &[&str]) -> String {
    let done = Wsline::new().args(args).stdout_matches("...\n").run();
    done.stdout_text().to_owned()
}

#[track_caller]
fn in_order(text: &str, pieces: &[&str]) {
    let mut rest = text;
    for piece in pieces {
        let Some(place) = rest.find(piece) else {
            panic!("{piece:?} is not there, or not in its place:\n{text}");
        };
        rest = &rest[place + piece.len()..];
    }
}

#[test]
fn short_help_fits_a_screen() {
    let text = help(&["-h"]);
    assert!(text.lines().count() <= 40, "{}", text.lines().count());
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "too wide: {line}");
        assert_eq!(line, line.trim_end(), "blanks at its end");
    }
    in_order(
        &text,
        &[
            "A WebSocket client for the command line",
            "Usage: wsline [OPTIONS] URL\n       wsline COMMAND [ARGUMENTS]\n",
            "Commands:\n  test ",
            "\n  echo ",
            "\n  demo ",
            "Headers and authentication:\n",
            "  -H, --header ",
            "TLS:\n",
            "  -k, --insecure ",
            "Timeouts:\n",
            "  -w, --wait <TIME> ",
            "Sending:\n",
            "  -d, --data <TEXT> ",
            "Expectations:\n",
            "  -n, --max-messages <N> ",
            "Output:\n",
            "  -v, --verbose... ",
            "  -h, --help ",
            "--help shows more\n",
        ],
    );
}

#[test]
fn long_help_lists_all_options() {
    let text = help(&["--help"]);
    in_order(
        &text,
        &[
            "Usage: wsline [OPTIONS] URL\n",
            "Commands:\n",
            "Headers and authentication:\n",
            "TLS:\n",
            "Timeouts:\n",
            "Sending:\n",
            "Expectations:\n",
            "Output:\n",
            "Files:\n",
            "Protocol:\n",
            "Exit codes:\n",
            "Environment:\n",
            "JSON lines:\n",
            "Examples:\n",
        ],
    );
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "too wide: {line}");
    }
    // The man page is made from the flags by another way.
    let man = help(&["generate", "man"]).replace("\\-", "-");
    let options: Vec<_> = text
        .lines()
        .filter_map(|line| line.trim_start().split_once("--"))
        .filter(|(before, _)| before.is_empty() || before.starts_with('-'))
        .filter_map(|(_, after)| after.split([' ', '.', ',', '[']).next())
        .collect();
    assert!(options.len() > 30, "{options:?}");
    for option in options {
        assert!(man.contains(&format!("--{option}")), "--{option}");
    }
}

/// wscat's `-c` works and is not taught; what is hidden from `-h` is in `--help`.
#[test]
fn hidden_options_are_not_in_help() {
    let (short, long) = (help(&["-h"]), help(&["--help"]));
    assert!(!long.contains("--connect ") && !short.contains("--close-timeout"));
    assert!(long.contains("--close-timeout"));
    Wsline::new()
        .args(["-c", "ws://host/#x"])
        .stderr_matches("wsline: the URL contains a fragment, [..]\n...\n")
        .code(3)
        .run();
}

#[test]
fn commands_have_help() {
    for (args, pieces) in [
        (
            &["echo", "--help"][..],
            &["Usage: wsline echo [OPTIONS] [ADDR]", "--tls", "--delay"][..],
        ),
        (
            &["test", "-h"],
            &[
                "Usage: wsline test [OPTIONS] FILE... [-- OPTIONS]",
                "-j, --jobs <N>",
                "--serve <CMD>",
                "-v, --verbose",
            ],
        ),
        (
            &["demo", "-h"],
            &["Usage: wsline demo [OPTIONS]", "-d, --data", "--help"],
        ),
        (
            &["ping", "-h"],
            &[
                "Usage: wsline ping [OPTIONS] <URL>",
                "-c, --count <N>",
                "-k, --insecure",
            ],
        ),
        (
            &["rpc", "-h"],
            &[
                "Usage: wsline rpc [OPTIONS] <URL> <METHOD> [PARAMS]",
                "--follow",
                "-k, --insecure",
            ],
        ),
        (
            &["generate", "-h"],
            &["Usage: wsline generate <COMMAND>", "completions", "man"],
        ),
        (
            &["generate", "completions", "-h"],
            &["[possible values: bash, elvish, fish, powershell, zsh]"],
        ),
    ] {
        in_order(&help(args), pieces);
    }
}

#[test]
fn version_is_printed() {
    for option in ["--version", "-V"] {
        Wsline::new()
            .arg(option)
            .stdout(concat!("wsline ", env!("CARGO_PKG_VERSION"), "\n"))
            .run();
    }
}

#[test]
fn help_into_a_closed_pipe_is_not_an_error() {
    for args in [&["--help"][..], &["generate", "man"]] {
        Wsline::new().args(args).stdout_to(Stdout::Gone).run();
    }
}

#[test]
fn usage_errors_are_printed() {
    for (args, complaint, end) in [
        (
            &[][..],
            "missing URL; `wsline demo` works without one",
            USAGE,
        ),
        (
            &["-k", "echo"],
            "the command comes first: wsline echo …; to connect to a host of that name, use ws://echo",
            USAGE,
        ),
        (
            &["ws://a", "ws://b"],
            "unexpected argument 'ws://b' after the URL; to send a message, use -d TEXT",
            USAGE,
        ),
        (
            &["-q", "-v", "ws://a"],
            "-v cannot be used with -q",
            USAGE,
        ),
        (
            &["ws://a", "-n", "0"],
            "invalid value '0' for '--max-messages <N>': must be a number greater than 0",
            TRY_HELP,
        ),
        (
            &["ws://a", "--close-code", "1005"],
            "invalid close code 1005: must be 1000 or 3000-4999; use --force to send it anyway",
            USAGE,
        ),
        (
            &["ws://a", "--data-hex", "abc"],
            "invalid value 'abc' for '--data-hex <HEX>': [..]",
            TRY_HELP,
        ),
        (
            &["ws://a", "-w", "1 fortnight"],
            "invalid value '1 fortnight' for '--wait <TIME>': [..] use 500ms, 2s, 1m, or a \
             number of seconds; -1 or forever has no limit",
            TRY_HELP,
        ),
        (
            &["ws://a", "--color", "red"],
            "invalid value 'red' for '--color <WHEN>'\n  [possible values: auto, always, never]",
            TRY_HELP,
        ),
        (
            &["ws://a", "--cacert"],
            "a value is required for '--cacert <FILE>' but none was supplied",
            TRY_HELP,
        ),
    ] {
        Wsline::new()
            .args(args)
            .stderr_matches(format!("error: {complaint}\n{end}"))
            .code(2)
            .run();
    }
}

#[test]
fn unknown_option_suggests_a_similar_one() {
    Wsline::new()
        .args(["ws://a", "--max-mesages", "1"])
        .stderr(format!(
            "error: unexpected argument '--max-mesages' found\n\n  \
             tip: a similar argument exists: '--max-messages'\n{USAGE}"
        ))
        .code(2)
        .run();
}

#[test]
fn unwritable_output_is_an_error() {
    if !std::path::Path::new("/dev/full").exists() {
        crate::support::skip::say("this system has no /dev/full");
        return;
    }
    Wsline::new()
        .args(["generate", "man"])
        .stdout_to(Stdout::File("/dev/full".into()))
        .stderr("wsline: could not write to standard output: No space left on device\n")
        .code(23)
        .run();
}

/// Gives `program` a generated file to read, and `arguments` before its name.
#[track_caller]
fn read_by(program: &str, arguments: &[&str], words: &[&str]) {
    let mut generate = vec!["generate"];
    generate.extend(words);
    let text = help(&generate);
    Wsline::program(program)
        .file("generated", text)
        .args(arguments)
        .arg("generated")
        .stdout_matches("...")
        .run();
}

#[test]
fn bash_reads_its_completions() {
    require!("bash");
    read_by("bash", &["-n"], &["completions", "bash"]);
}

#[test]
fn zsh_reads_its_completions() {
    require!("zsh");
    read_by("zsh", &["-n"], &["completions", "zsh"]);
}

#[test]
fn fish_reads_its_completions() {
    require!("fish");
    read_by("fish", &["--no-execute"], &["completions", "fish"]);
}

/// No warning of any kind: stderr must be empty.
#[test]
fn groff_reads_the_man_page() {
    require!("groff");
    read_by("groff", &["-man", "-Tutf8", "-ww"], &["man"]);
}

/// Completes a word, as bash does when Tab is pressed.
#[test]
fn bash_completes() {
    require!("bash");
    let script = r#"
        source <("$0" generate completions bash)
        complete_word() {
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
            _wsline "$1" "${!#}" "${COMP_WORDS[$# - 2]}"
            echo "${COMPREPLY[*]}"
        }
        complete_word wsline --max-m
        complete_word wsline ec
        complete_word wsline --binary-as h
        complete_word wsline generate completions z
        complete_word wsline ws://h --tls-min 1
        complete_word wsline ping @prod --tls-max ''
    "#;
    Wsline::program("bash")
        .args(["-c", script, BINARY])
        .stdout(
            "--max-messages --max-message-size\necho\nhex\nzsh\n1.0 1.1 1.2 1.3\n1.0 1.1 1.2 1.3\n",
        )
        .run();
}

/// The folder of a config file with two targets, and a `PATH` on which `wsline` is this program.
fn with_targets(home: &Home) -> String {
    let folder = home.home().join(".config/wsline");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("config.toml");
    std::fs::write(
        &file,
        "[targets.prod]\nurl = 'ws://h'\n[targets.qa]\nurl = 'ws://h'\n",
    )
    .expect("a file");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("permissions");
    let path = std::env::var("PATH").unwrap_or_default();
    let own = Path::new(BINARY).parent().expect("a folder");
    format!("{}:{path}", own.display())
}

#[test]
fn bash_completes_targets() {
    require!("bash");
    let script = r#"
        source <(wsline generate completions bash)
        complete_line() {
            COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
            _wsline_or_target wsline "$2" "$3"
            echo "${COMPREPLY[*]}"
        }
        complete_line "wsline @" @ wsline
        complete_line "wsline -v @p" p @
        complete_line "wsline test a.ws --url @q" @q --url
        complete_line "wsline ping @p" @p ping
        complete_line "wsline rpc -v @p" p @
        complete_line "wsline config @" @ config
        complete_line "wsline test a.ws --ready @q" @q --ready
        complete_line "wsline test @p" @p test
        complete_line "wsline ws://h -d @p" @p -d
    "#;
    let program = Wsline::program("bash").args(["-c", script]);
    let path = with_targets(program.home());
    program
        .env("PATH", path)
        .stdout("@prod @qa\nprod\n@qa\n@prod\nprod\n@prod @qa\n\n\n\n")
        .run();
}

/// What fish offers for command lines, without the descriptions.
#[track_caller]
fn fish_offers(cases: &[(&str, &[&str])]) {
    let mut script = "wsline generate completions fish | source\n".to_owned();
    let mut expected = Vec::new();
    for (line, offered) in cases {
        let _ = writeln!(
            script,
            "echo '{line}'\ncomplete -C '{line}' | string split -f 1 \\t"
        );
        expected.push(*line);
        expected.extend(*offered);
    }
    // `string` fails if it changes nothing.
    script += "true\n";
    let program = Wsline::program("fish").args(["--no-config", "-c", &script]);
    let path = with_targets(program.home());
    program
        .env("PATH", path)
        .stdout(format!("{}\n", expected.join("\n")))
        .run();
}

#[test]
fn fish_completes_targets_and_topics() {
    require!("fish");
    fish_offers(&[
        ("wsline @", &["@prod", "@qa"]),
        ("wsline -v @p", &["@prod"]),
        ("wsline --reconnect @p", &["@prod"]),
        ("wsline ping @p", &["@prod"]),
        ("wsline rpc @p", &["@prod"]),
        ("wsline bench @p", &["@prod"]),
        ("wsline config @p", &["@prod"]),
        ("wsline test a.ws --url @p", &["@prod"]),
        ("wsline test a.ws --ready @p", &[]),
        ("wsline @prod @", &[]),
        ("wsline -x @", &[]),
        ("wsline help exi", &["exit-codes"]),
    ]);
}

#[test]
fn fish_completes_options_and_their_values() {
    require!("fish");
    let reconnect: &[&str] = &["--reconnect", "--reconnect-on"];
    let versions: &[&str] = &["1.0", "1.1", "1.2", "1.3"];
    fish_offers(&[
        (
            "wsline --reco",
            &["--reconnect", "--reconnect-on", "--record"],
        ),
        ("wsline ws://h --recon", reconnect),
        ("wsline @prod --recon", reconnect),
        ("wsline -H \"a: b\" ws://h -v --recon", reconnect),
        ("wsline demo --recon", reconnect),
        ("wsline --color ", &["always", "auto", "never"]),
        ("wsline ws://h --color ", &["always", "auto", "never"]),
        ("wsline --color=a", &["--color=always", "--color=auto"]),
        ("wsline --tls-min ", versions),
        ("wsline ping @prod --tls-max ", versions),
        ("wsline ech", &["echo"]),
        ("wsline -v ech", &[]),
        ("wsline echo --max-c", &["--max-connections"]),
        ("wsline generate comp", &["completions"]),
    ]);
}

#[test]
fn zsh_completes_targets() {
    require!("zsh");
    let setup = Terminal::program("zsh").args(["-f", "-i"]);
    let path = with_targets(setup.home());
    let zsh = setup.env("PATH", &path).env("PS1", "ready> ").start();
    zsh.wait_for("ready>");
    zsh.type_line("autoload -U compinit && compinit -u -D && source <(wsline generate completions zsh) && echo loa''ded");
    zsh.wait_for("loaded\n");
    zsh.type_text("wsline @p\t");
    zsh.wait_for("wsline @prod");
    zsh.type_text("\x15wsline help exi\t");
    zsh.wait_for("wsline help exit-codes");
    zsh.type_text("\x15wsline @prod --show-s\t");
    zsh.wait_for("wsline @prod --show-secrets");
    for command in ["ping", "rpc", "bench", "config"] {
        zsh.type_text(&format!("\x15wsline {command} @p\t"));
        zsh.wait_for(&format!("wsline {command} @prod"));
    }
    zsh.type_text("\x15wsline @prod --tls-min 1.\t\t");
    zsh.wait_for("1.0  1.1  1.2  1.3");
    zsh.type_text("\x15wsline ping @prod --tls-max 1.\t\t");
    zsh.wait_for("1.0  1.1  1.2  1.3");
    zsh.type_text("\x15wsline generate completions z\t");
    zsh.wait_for("wsline generate completions zsh");
    zsh.type_text("\x15exit\n");
}

#[test]
fn topics_are_printed_and_listed() {
    let list = help(&["help"]);
    assert!(
        list.starts_with("Usage: wsline help TOPIC\n\nTopics:\n"),
        "{list}"
    );
    for (topic, says) in [
        ("exit-codes", "  60 "),
        ("json", "{\"type\":\"text\",\"data\":\"hi\"}"),
        ("session-files", "statement"),
        ("proxies", "no_proxy"),
        ("tls", "--cacert FILE"),
        ("prompt", "/ping [TEXT]"),
        ("config", "[targets.prod]"),
        ("environment", "SSL_CERT_FILE"),
        ("test", "--untrusted"),
    ] {
        let text = help(&["help", topic]);
        assert!(text.contains(says), "{topic}: {text}");
        assert!(list.contains(topic) || topic == "test", "{list}");
    }
    Wsline::new()
        .args(["help", "proxie"])
        .stderr("wsline: unknown help topic 'proxie': did you mean proxies?\n")
        .code(2)
        .run();
}

/// Terminals that don't know their width set it so.
#[test]
fn a_width_of_zero_is_an_unknown_width() {
    let help = |columns: &str| {
        let program = Wsline::new().arg("-h").env("COLUMNS", columns);
        program.stdout_matches("...").run().stdout
    };
    assert_eq!(help("0"), help("100"));
    assert_ne!(help("60"), help("100"));
}
