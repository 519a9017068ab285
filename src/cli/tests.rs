//! Tests of command lines.

use std::path::PathBuf;
use std::time::Duration;

use super::config::ConfigOptions;
use super::*;
use crate::driver::Wait;

fn try_words(words: &[&str]) -> Result<Call, clap::Error> {
    let program = std::iter::once("wsline");
    let words = program.chain(words.iter().copied()).map(OsString::from);
    parse(words, &ConfigOptions::default())
}

fn call(words: &[&str]) -> Call {
    try_words(words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
}

/// The URL and the options of `wsline URL`.
fn talk(words: &[&str]) -> (String, OptionArgs) {
    match call(words) {
        Call::Talk { url, options } => (url, *options),
        other => panic!("{words:?} is {other:?}"),
    }
}

/// The first line of the error for `words`, without `error: `.
fn complaint(words: &[&str]) -> String {
    let error = match try_words(words) {
        Ok(call) => panic!("{words:?} is {call:?}"),
        Err(error) => error,
    };
    assert_eq!(error.exit_code(), 2, "{words:?}");
    assert!(error.use_stderr(), "{words:?}");
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}

/// The output of `words` on a terminal of 100 columns.
fn help(words: &[&str]) -> String {
    let words = std::iter::once("wsline").chain(words.iter().copied());
    let asked = command().term_width(100).try_get_matches_from(words);
    let error = asked.expect_err("clap counts help as an error");
    assert_eq!(error.exit_code(), 0);
    assert!(!error.use_stderr());
    error.to_string()
}

#[test]
fn command_is_valid_for_clap() {
    command().debug_assert();
}

#[test]
fn short_help_fits_a_screen() {
    for words in [
        ["-h"].as_slice(),
        &["demo", "-h"],
        &["echo", "-h"],
        &["test", "-h"],
    ] {
        let help = help(words);
        assert!(help.lines().count() <= 40, "{words:?}:\n{help}");
        for line in help.lines() {
            assert!(line.chars().count() <= 100, "{words:?}: {line}");
        }
    }
}

#[test]
fn long_help_lists_all_options_under_their_headings() {
    let help = help(&["--help"]);
    let headings: Vec<&str> = help
        .lines()
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.strip_suffix(':'))
        .collect();
    assert_eq!(
        headings,
        [
            "Commands",
            "Arguments",
            "Headers and authentication",
            "TLS",
            "Network",
            "Timeouts",
            "Keepalive and reconnecting",
            "Sending",
            "Expectations",
            "Output",
            "Files",
            "Protocol",
            "Exit codes",
            "Environment",
            "JSON lines",
            "Session files",
            "Examples",
        ]
    );
    for arg in command().get_arguments() {
        if let Some(long) = arg.get_long() {
            assert!(help.contains(&format!("--{long}")), "--{long}");
        }
    }
    for (codes, _) in crate::exit::TABLE {
        assert!(help.contains(&format!("\n  {codes} ")), "{codes}");
    }
}

/// The options of `wsline test`, and those after `--`.
fn test(words: &[&str]) -> (TestArgs, ConnectionArgs) {
    match call(words) {
        Call::Test { test, options } => {
            let parser = OptionParser::default();
            let options = options.finish(&ConfigOptions::default(), &parser);
            (*test, options.expect("they are right").connection)
        }
        other => panic!("{words:?} is {other:?}"),
    }
}

#[test]
fn test_takes_files_and_options_after_two_hyphens() {
    let (run, options) = test(&["test", "a.ws", "b"]);
    assert_eq!(run.files, [PathBuf::from("a.ws"), PathBuf::from("b")]);
    assert_eq!((run.jobs.get(), run.speed), (1, None));
    assert!(run.words.is_empty() && !options.insecure);
    let words = [
        "test",
        "-j4",
        "a.ws",
        "--var",
        "A=b=c",
        "--var",
        "B=",
        "--speed",
        "2",
        "--ignore",
        "/t",
        "--filter",
        "-x",
        "--serve",
        "-c",
        "--",
        "-k",
        "-H",
        "X: y",
        "--connect-timeout",
        "1s",
    ];
    let (run, options) = test(&words);
    assert_eq!(run.files, [PathBuf::from("a.ws")]);
    assert_eq!((run.jobs.get(), run.speed), (4, Some(2.0)));
    let pair = |name: &str, value: &str| {
        let value = VariableValue::Literal(value.to_owned());
        (name.to_owned(), value)
    };
    assert_eq!(run.vars, [pair("A", "b=c"), pair("B", "")]);
    assert_eq!(
        (&*run.ignore, &*run.filter),
        (&["/t".to_owned()][..], &["-x".to_owned()][..])
    );
    assert_eq!(run.serve.as_deref(), Some("-c"));
    assert_eq!(
        run.words,
        words[16..].iter().map(OsString::from).collect::<Vec<_>>()
    );
    assert!(options.insecure && options.headers[0].headers.len() == 1);
    assert_eq!(options.connect_timeout, Duration::from_secs(1));
}

#[test]
fn invalid_test_command_lines_are_reported() {
    for (words, sentence) in [
        (
            &["test", "a", "-q", "-v"][..],
            "-v cannot be used with -q",
        ),
        (
            &["test", "a", "--json", "-q"],
            "--json cannot be used with -q: JSON has an object for every file",
        ),
        (
            &["test", "a", "--", "b"],
            "after --: unexpected argument; only options are allowed here: files come before --, \
             and a value with spaces needs quotes",
        ),
        (
            &["test", "a", "--", "--inscure"],
            "after --: unexpected argument '--inscure' found; did you mean --insecure?",
        ),
        (
            &["test", "a", "--", "-u", "a:b", "--bearer", "c"],
            "after --: -u cannot be used with --bearer: both set the Authorization header",
        ),
        (
            &["test", "a", "--", "--help"],
            "after --: --help and --version cannot be used here",
        ),
        (
            &["test", "a", "--", "-H", "s3cret"],
            "after --: invalid value for '--header <N: V>': missing colon in the header: use \
             'Name: value'",
        ),
        (
            &["test", "a", "--var", "s3cret"],
            "invalid value for '--var <NAME=VALUE>': expected NAME=VALUE",
        ),
        (
            &["-k", "test", "a"],
            "the command comes first: wsline test …; to connect to a host of that name, use ws://test",
        ),
    ] {
        assert_eq!(complaint(words), sentence, "{words:?}");
    }
    assert!(complaint(&["test"]).starts_with("the following required arguments"));
}

/// Every option of a conversation must be either supported or rejected in session files. A new one
/// has to be added to one of the lists.
#[test]
fn every_option_is_supported_or_rejected_in_session_files() {
    const MEANT: &[&str] = &[
        "header",
        "user-agent",
        "origin",
        "subprotocol",
        "user",
        "bearer",
        "cookie",
        "insecure",
        "cacert",
        "netrc",
        "netrc-file",
        "servername",
        "cert",
        "key",
        "pass",
        "tls-min",
        "tls-max",
        "location",
        "max-redirs",
        "ipv4",
        "ipv6",
        "resolve",
        "connect-to",
        "unix-socket",
        "proxy",
        "proxy-user",
        "proxy-header",
        "noproxy",
        "connect-timeout",
        "max-time",
        "close-timeout",
        "frame-size",
        "force",
        "compress",
        "max-message-size",
        "ping-interval",
        "ping-timeout",
        "no-pong",
        "on-connect",
        "every",
        "reconnect",
        "reconnect-on",
        "hide",
        "help",
        "version",
    ];
    let command = command();
    let foreign: Vec<&str> = test::foreign_options().collect();
    for arg in command.get_arguments().filter(|arg| !arg.is_positional()) {
        let long = arg.get_long().unwrap_or_default();
        let is_foreign = foreign.contains(&arg.get_id().as_str());
        assert!(is_foreign != MEANT.contains(&long), "--{long}");
    }
    for sentence in [
        complaint(&["test", "a", "--", "-d", "x"]),
        complaint(&["test", "a", "--", "-k", "-1"]),
    ] {
        let why = " cannot be used in a test: session files define what is sent and expected";
        assert!(sentence.ends_with(why), "{sentence}");
    }
    assert_eq!(
        complaint(&["test", "a", "--", "--json"]),
        "after --: --json cannot be used in a test: wsline test reports files, not messages"
    );
}

#[test]
fn every_option_has_a_long_name() {
    fn check(command: &clap::Command) {
        for arg in command.get_arguments().filter(|arg| !arg.is_positional()) {
            assert!(arg.get_long().is_some(), "{}", arg.get_id());
        }
        command.get_subcommands().for_each(check);
    }
    check(&command());
}

#[test]
fn every_option_takes_a_fixed_number_of_values() {
    let mut command = command();
    command.build();
    for arg in command.get_arguments() {
        let range = arg.get_num_args().expect("built");
        // A value that only = gives takes nothing away.
        if arg.is_require_equals_set() {
            continue;
        }
        let most = if arg.get_id() == "every" { 2 } else { 1 };
        let exact = range.min_values() == range.max_values() && range.max_values() <= most;
        assert!(exact || arg.is_positional(), "{}", arg.get_id());
    }
}

#[test]
fn options_have_defaults() {
    let (url, options) = talk(&["ws://h"]);
    assert_eq!(url, "ws://h");
    assert_eq!(options.connection.connect_timeout, Duration::from_secs(30));
    assert_eq!(options.chunk_size, 65_536);
    assert_eq!(
        (options.protocol.close_code, &*options.protocol.close_reason),
        (1000, "")
    );
    assert_eq!(options.color, ColorChoice::Auto);
    assert_eq!(options.connection.wait, None);
    assert_eq!(options.connection.close_timeout, None);
    assert_eq!(options.max_messages, None);
    assert_eq!(options.verbose, 0);
    assert!(options.messages.is_empty());
    assert!(
        !options.binary && !options.interactive && !options.json && !options.connection.insecure
    );
}

#[test]
fn options_may_come_before_and_after_the_url() {
    for words in [
        ["-H", "A: b", "-k", "ws://h"],
        ["ws://h", "-k", "-H", "A: b"],
        ["-k", "ws://h", "-H", "A: b"],
    ] {
        let (url, options) = talk(&words);
        assert_eq!(url, "ws://h");
        assert!(options.connection.insecure);
        assert_eq!(options.connection.headers.len(), 1);
    }
}

#[test]
fn header_option_takes_one_value_and_repeats() {
    let (url, options) = talk(&["-H", "A: b", "ws://h", "--header", "C:d", "-H=E: f"]);
    assert_eq!(url, "ws://h");
    assert_eq!(header_names(&options), ["A", "C", "E"]);
}

/// The names of the headers, or of the header files.
fn header_names(options: &OptionArgs) -> Vec<String> {
    let name = |header: &HeaderArg| match header {
        HeaderArg::Literal(header) => header.name.clone(),
        HeaderArg::File(path) => format!("@{}", path.display()),
    };
    let headers = options
        .connection
        .headers
        .iter()
        .flat_map(|group| &group.headers);
    headers.map(name).collect()
}

fn literal<T>(source: Option<&SecretSource<T>>) -> &T {
    let value = source.and_then(SecretSource::literal);
    value.expect("the value is on the command line")
}

#[test]
fn files_and_variables_are_not_read_while_parsing() {
    let (_, options) = talk(&["-H", "@/no/h", "-H", "A: b", "--bearer", "env:NO_B", "h"]);
    assert_eq!(header_names(&options), ["@/no/h", "A"]);
    assert_eq!(
        options.connection.bearer,
        Some(SecretSource::Env("NO_B".to_owned()))
    );
    let words = [
        "-u", "@/no/u", "-U", "env:NO_U", "--cert", "/no", "--pass", "@/no/p", "h",
    ];
    let (_, options) = talk(&words);
    assert_eq!(
        options.connection.user,
        Some(SecretSource::File("/no/u".into()))
    );
    assert_eq!(
        options.connection.proxy_user,
        Some(SecretSource::Env("NO_U".to_owned()))
    );
    assert_eq!(
        options.connection.pass,
        Some(SecretSource::File("/no/p".into()))
    );
}

/// The messages of a conversation without other steps.
fn data(options: &OptionArgs) -> Vec<DataArg> {
    let messages = options.messages.iter().map(|step| match step {
        MessageArg::Send(datum) => datum.clone(),
        other => panic!("{other:?} is no message"),
    });
    messages.collect()
}

/// The steps of a conversation as `{:?}` prints them, without the parts that are always the same.
fn steps(words: &[&str]) -> Vec<String> {
    let (_, options) = talk(words);
    let steps = options.messages.iter().map(|step| match step {
        MessageArg::Expect { wanted, within } => format!("{wanted:?} within {within:?}"),
        other => format!("{other:?}"),
    });
    steps.collect()
}

#[test]
fn steps_keep_their_order_and_timeouts() {
    let words = [
        "ws://h",
        "--within",
        "1s",
        "--expect-ping",
        "-d",
        "a",
        "--expect",
        "--x",
        "--within",
        "2s",
        "--expect-hex",
        "ff",
        "--close",
        "-d",
        "b",
        "--expect-close",
        "any",
        "--within",
        "3s",
    ];
    assert_eq!(
        steps(&words),
        [
            "Ping(None) within 1s",
            "Send(Text(\"a\"))",
            "Message(Text(\"--x\")) within 2s",
            "Message(Binary([255])) within 1s",
            "Close",
            "Send(Text(\"b\"))",
            "Close { code: None, reason: None } within 3s",
        ]
    );
    assert_eq!(
        steps(&["ws://h", "--expect-silence", "2s", "--expect-silence", "1s"]),
        ["Silence(2s) within 5s", "Silence(1s) within 5s"]
    );
}

#[test]
fn messages_keep_the_order_they_are_written_in() {
    let (_, options) = talk(&[
        "-d",
        "a",
        "--data-hex",
        "00ff",
        "ws://h",
        "-d@file",
        "--data-raw",
        "@b",
        "--data-binary=@image",
        "--data-binary",
        "c",
        "-d",
        "",
        "-d",
        "@-",
    ]);
    assert_eq!(
        data(&options),
        [
            DataArg::Text("a".to_owned()),
            DataArg::Binary(vec![0, 255]),
            DataArg::TextFile("file".into()),
            DataArg::Text("@b".to_owned()),
            DataArg::BinaryFile("image".into()),
            DataArg::Binary(b"c".to_vec()),
            DataArg::Text(String::new()),
            DataArg::TextStdin,
        ]
    );
}

#[test]
fn values_may_begin_with_a_hyphen() {
    let words = ["-d", "-1", "--data-raw", "-k", "--data-binary", "-x", "h"];
    let (_, options) = talk(&words);
    assert_eq!(
        data(&options),
        [
            DataArg::Text("-1".to_owned()),
            DataArg::Text("-k".to_owned()),
            DataArg::Binary(b"-x".to_vec())
        ]
    );
    assert_eq!(options.max_messages, None);
    assert!(!options.connection.insecure);

    let (_, options) = talk(&["-w", "-1", "--close-reason", "-x", "-H", "-a: -b", "h"]);
    assert_eq!(options.connection.wait, Some(Wait::Forever));
    assert_eq!(options.protocol.close_reason, "-x");
    assert_eq!(header_names(&options), ["-a"]);
    assert_eq!(options.max_messages, None);

    let (_, options) = talk(&["--bearer", "-1kq", "-A", "-v", "-o", "-k", "h"]);
    assert_eq!(literal(options.connection.bearer.as_ref()).reveal(), "-1kq");
    assert_eq!(options.connection.user_agent.as_deref(), Some("-v"));
    assert_eq!(options.connection.origin.as_deref(), Some("-k"));
    assert!(!options.connection.insecure);

    let words = ["-u", "-a:--b", "-U", "-c:-d", "--cookie", "-n=1", "h"];
    let (_, options) = talk(&words);
    assert_eq!(literal(options.connection.user.as_ref()).user, "-a");
    assert_eq!(
        literal(options.connection.proxy_user.as_ref()).password,
        "-d"
    );
    assert_eq!(options.connection.cookies[0].reveal(), "-n=1");
}

#[test]
fn max_messages_is_overridden_by_the_last_option() {
    assert_eq!(talk(&["-1", "h"]).1.max_messages, Some(1));
    assert_eq!(talk(&["-n", "3", "-1", "h"]).1.max_messages, Some(1));
    assert_eq!(talk(&["-1", "-n", "3", "h"]).1.max_messages, Some(3));
}

#[test]
fn last_of_text_and_binary_is_used() {
    assert!(talk(&["-b", "h"]).1.binary);
    assert!(!talk(&["-b", "-t", "h"]).1.binary);
    assert!(talk(&["-t", "-b", "h"]).1.binary);
    assert_eq!(talk(&["-b", "--chunk-size", "1K", "h"]).1.chunk_size, 1024);
}

#[test]
fn last_value_of_an_option_is_used() {
    let (_, options) = talk(&["-o", "a", "-o", "b", "--wait", "1", "-w", "2s", "h"]);
    assert_eq!(options.connection.origin.as_deref(), Some("b"));
    assert_eq!(
        options.connection.wait,
        Some(Wait::For(Duration::from_secs(2)))
    );
}

#[test]
fn option_names_of_other_clients_are_aliases() {
    let (_, options) = talk(&[
        "--protocol",
        "a",
        "--auth",
        "u:p",
        "--no-check",
        "--ca",
        "f",
        "--colour",
        "never",
        "h",
    ]);
    assert_eq!(options.connection.subprotocols, ["a"]);
    assert_eq!(literal(options.connection.user.as_ref()).user, "u");
    assert!(options.connection.insecure);
    assert_eq!(options.connection.cacert, Some("f".into()));
    assert_eq!(options.color, ColorChoice::Never);
    assert_eq!(talk(&["-c", "ws://h", "-k"]).0, "ws://h");
    assert!(!help(&["--help"]).contains("--connect "));
    assert!(complaint(&["-c", "ws://h", "ws://i"]).contains("cannot be used with"));
    assert_eq!(talk(&["-vvv", "h"]).1.verbose, 3);
}

#[test]
fn subcommands_are_parsed() {
    let Call::Echo(echo) = call(&["echo"]) else {
        panic!("echo")
    };
    assert_eq!(echo.addr.to_string(), "127.0.0.1:9001");
    assert_eq!(echo.max_message_size, 64 << 20);
    assert_eq!(echo.max_connections.get(), 1000);
    let words = [
        "echo", ":0", "--tls", "--cert", "c", "--key", "k", "--delay", "700ms",
    ];
    let Call::Echo(echo) = call(&words) else {
        panic!("echo")
    };
    assert_eq!(echo.addr.to_string(), "127.0.0.1:0");
    assert!(echo.tls);
    assert_eq!(echo.cert, Some("c".into()));
    assert_eq!(echo.key, Some("k".into()));
    assert_eq!(echo.delay, Some(Duration::from_millis(700)));

    let Call::Demo { options } = call(&["demo", "-d", "a", "-1"]) else {
        panic!("demo")
    };
    assert_eq!(data(&options), [DataArg::Text("a".to_owned())]);
    assert_eq!(options.max_messages, Some(1));

    let Call::Generate(what) = call(&["generate", "completions", "fish"]) else {
        panic!("generate")
    };
    assert_eq!(what, Generate::Completions { shell: Shell::Fish });
    let Call::Generate(what) = call(&["generate", "man"]) else {
        panic!("generate")
    };
    assert_eq!(what, Generate::Man);
    assert_eq!(talk(&["ws://echo"]).0, "ws://echo");
}

#[test]
fn words_after_curl_are_not_parsed() {
    for words in [
        ["-"].as_slice(),
        &["curl", "wss://h", "-H", "A: b", "-k"],
        &[
            "-H",
            "A: b",
            "--compressed",
            "wss://h",
            "--",
            "-1",
            "-d",
            "x",
        ],
        &["-i", "-s", "-k", "-X", "GET", "wss://h"],
        &["wss://h", "-h", "--help", "--", "--"],
    ] {
        let all: Vec<&str> = std::iter::once("curl")
            .chain(words.iter().copied())
            .collect();
        let Call::Curl(taken) = call(&all) else {
            panic!("{all:?}")
        };
        assert_eq!(taken, words);
    }
    assert!(help(&["curl", "--help"]).contains("Copy as cURL"));
    assert!(help(&["curl", "-h"]).contains("Usage: wsline curl <COMMAND>..."));
    assert!(complaint(&["curl"]).contains("required arguments"));
    assert_eq!(
        complaint(&["-k", "curl"]),
        "the command comes first: wsline curl …; to connect to a host of that name, use ws://curl"
    );
    assert_eq!(talk(&["ws://curl"]).0, "ws://curl");
}

#[test]
fn invalid_command_lines_are_reported() {
    let echo_first =
        "the command comes first: wsline echo …; to connect to a host of that name, use ws://echo";
    for (words, sentence) in [
        (
            [].as_slice(),
            "missing URL; `wsline demo` works without one",
        ),
        (&["-k", "echo"], echo_first),
        (&["-w", "3", "echo"], echo_first),
        (&["-c", "echo"], echo_first),
        (&["-k", "echo", ":0"], echo_first),
        (
            &["ws://h", "hello"],
            "unexpected argument 'hello' after the URL; to send a message, use -d TEXT",
        ),
        (
            &["-d", "@-", "--data-binary", "@-", "h"],
            "@- can be used only once",
        ),
        (
            &["-i", "-d", "@-", "h"],
            "-i cannot be used with @-: both read stdin",
        ),
        (
            &["-v", "-q", "h"],
            "-v cannot be used with -q",
        ),
        (
            &["-u", "a:b", "--bearer", "c", "h"],
            "-u cannot be used with --bearer: both set the Authorization header",
        ),
        (
            &["demo", "-v", "-q"],
            "-v cannot be used with -q",
        ),
        (
            &["--json", "-b", "h"],
            "--json cannot be used with -b: JSON objects have their own type and are one per line",
        ),
        (
            &["--json", "--binary-as", "hex", "h"],
            "--json cannot be used with --binary-as: binary messages are always base64 in JSON",
        ),
        (
            &["--history", "f", "--no-history", "h"],
            "--history cannot be used with --no-history",
        ),
        (
            &["--chunk-size", "1K", "h"],
            "--chunk-size requires -b",
        ),
        (
            &["-b", "-t", "--chunk-size", "1K", "h"],
            "--chunk-size requires -b",
        ),
        (
            &["--close-code", "1001", "h"],
            "invalid close code 1001: must be 1000 or 3000-4999; use --force to send it anyway",
        ),
        (
            &["echo", "--tls"],
            "--tls requires --cert FILE and --key FILE",
        ),
        (
            &["echo", "--key", "k"],
            "--cert, --key and --pass require --tls",
        ),
        (
            &["-w", "soon", "h"],
            "invalid value 'soon' for '--wait <TIME>': unknown unit 'soon': use 500ms, 2s, \
             1m, or a number of seconds; -1 or forever has no limit",
        ),
        (
            &["-w", "-k", "h"],
            "a value is required for '--wait <TIME>' but none was supplied",
        ),
        (
            &["--max-redirs", "few", "h"],
            "invalid value 'few' for '--max-redirs <N>': must be a number, 0 or greater",
        ),
        (
            &["-n", "0", "h"],
            "invalid value '0' for '--max-messages <N>': must be a number greater than 0",
        ),
        (
            &["-s", "a, b", "h"],
            "invalid value 'a, b' for '--subprotocol <NAME>': a subprotocol cannot contain a comma; \
             repeat -s to offer several",
        ),
        (
            &["-d", "@", "h"],
            "invalid value '@' for '--data <TEXT>': missing file name after @ (--data-raw \
             sends a text that starts with @)",
        ),
    ] {
        assert_eq!(complaint(words), sentence, "{words:?}");
    }
}

#[test]
fn errors_do_not_quote_secrets() {
    for words in [
        ["-H", "hush", "h"].as_slice(),
        &["-H=hush", "h"],
        &["-Hhush", "h"],
        &["-H", "Bearer hush: x", "h"],
        &["demo", "--header", "hush", "h"],
        &["--bearer", "Bearer hush", "h"],
        &["--bearer", "hush\n", "--bearer", "a\nhush", "h"],
        &["--cookie", "hush", "h"],
        &["-H", "Authorization:", "Bearer", "hush"],
        &["--header=Authorization:", "Bearer", "hush"],
        &["h", "-u", "bob", "hush"],
        &["ws://h", "ws://bob:hush@h"],
        &["-s", "bearer hush", "h"],
        &["-s", "access_token, hush", "h"],
    ] {
        let error = try_words(words).expect_err("it is wrong");
        assert_eq!(error.exit_code(), 2, "{words:?}");
        let text = error.to_string();
        assert!(!text.contains("hush"), "{words:?}: {text}");
        assert!(text.contains("Usage: "), "{words:?}: {text}");
    }
    assert_eq!(
        complaint(&["-H", "hush", "h"]),
        "invalid value for '--header <N: V>': missing colon in the header: use \
         'Name: value'"
    );
}

#[test]
fn force_allows_invalid_close_codes() {
    let (_, options) = talk(&["--close-code", "1001", "--force", "h"]);
    assert_eq!(options.protocol.close_code, 1001);
}

#[test]
fn text_must_be_utf8_but_file_names_need_not() {
    use std::os::unix::ffi::OsStringExt;
    let words = |value: &[u8]| {
        let value = OsString::from_vec(value.to_vec());
        ["wsline".into(), "h".into(), "-d".into(), value]
    };
    let error = parse(words(b"\xff"), &ConfigOptions::default()).expect_err("not UTF-8");
    assert!(error.to_string().contains("--data-binary sends any bytes"));
    let Call::Talk { options, .. } =
        parse(words(b"@\xff"), &ConfigOptions::default()).expect("a file name")
    else {
        panic!("talk")
    };
    let name = std::path::PathBuf::from(OsString::from_vec(b"\xff".to_vec()));
    assert_eq!(data(&options), [DataArg::TextFile(name)]);
}

#[test]
fn guide_lists_all_exit_codes() {
    let guide = include_str!("../../docs/guide.md");
    let section = guide.split("## Exit codes").nth(1).expect("its section");
    let rows: Vec<&str> = section
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(2)
        .collect();
    let expected: Vec<String> = crate::exit::TABLE
        .iter()
        .map(|(codes, meaning)| format!("| {codes} | {meaning} |"))
        .collect();
    assert_eq!(rows, expected);
}
