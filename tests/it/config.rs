//! The config file: targets, defaults, what takes precedence, secrets, errors.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::support::{Cert, Peer, Stdin, Wsline};

/// The program with a config file at its default place.
fn with_config(text: &str) -> Wsline {
    let program = Wsline::new();
    let folder = program.home().home().join(".config/wsline");
    fs::create_dir_all(&folder).expect("a folder");
    write(&folder.join("config.toml"), text, 0o600);
    program
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("its permissions");
}

#[test]
fn target_has_a_url_and_options() {
    let peer = Peer::ws()
        .expect_header("X-Env", "staging")
        .expect_header("Authorization", "Bearer t0ken")
        .expect_header("Sec-WebSocket-Protocol", "v2, v1")
        .expect_text("hello")
        .send_text("hi")
        .expect_close_any()
        .start();
    with_config(&format!(
        "[defaults]\nheader = 'X-Env: local'\n\n[targets.staging]\nurl = '{}'\n\
         header = ['X-Env: staging']\nbearer = 'env:TOKEN'\nsubprotocol = ['v2', 'v1']\n\
         max-messages = 1\n",
        peer.url()
    ))
    .env("TOKEN", "t0ken")
    .args(["@staging", "-d", "hello"])
    .stdout("hi\n")
    .run();
}

#[test]
fn command_line_overrides_target_and_defaults() {
    let config = |url: &str| {
        format!(
            "[defaults]\nheader = ['X-A: default', 'X-B: default', 'X-C: default']\n\
             user = 'default:pw'\nuser-agent = 'default'\norigin = 'https://default'\n\n\
             [targets.t]\nurl = '{url}'\nheader = ['x-b: target', 'X-C: target']\n\
             bearer = 'target'\norigin = 'https://target'\n"
        )
    };
    let peer = Peer::ws()
        .expect_header("X-A", "default")
        .expect_header("X-B", "target")
        .expect_header("X-C", "own")
        .expect_header("Authorization", "Bearer target")
        .expect_header("User-Agent", "default")
        .expect_header("Origin", "https://own")
        .close(1000, "")
        .start();
    with_config(&config(&peer.url()))
        .args(["@t", "-H", "X-C: own", "-o", "https://own"])
        .run();
    let peer = Peer::ws()
        .expect_header("Authorization", "Basic b3duOnB3")
        .close(1000, "")
        .start();
    with_config(&config(&peer.url()))
        .args(["-u", "own:pw", "@t"])
        .run();
    let peer = Peer::ws()
        .expect_header("Authorization", "Basic ZGVmYXVsdDpwdw==")
        .expect_header("X-C", "default")
        .close(1000, "")
        .start();
    with_config(&config("ws://h")).arg(peer.url()).run();
}

#[test]
fn messages_of_a_target_come_before_stdin() {
    let login = r#"{"op":"login"}"#;
    let script = || {
        Peer::ws()
            .expect_text(login)
            .send_text("welcome")
            .expect_text("a")
            .expect_text("b")
    };
    let config = |url: &str| {
        with_config(&format!(
            "[targets.t]\nurl = '{url}'\non-connect = '@login.json'\nexpect = 'welcome'\n\
             within = '30s'\nwait = 0\n"
        ))
    };
    let login_at = |program: &Wsline| {
        let folder = program.home().home().join(".config/wsline");
        fs::write(folder.join("login.json"), login).expect("a file");
    };
    let peer = script().expect_close_any().start();
    let program = config(&peer.url()).arg("@t").stdin("a\nb\n");
    login_at(&program);
    program.stdout("welcome\n").run();
    let peer = script().expect_close_any().start();
    let program = config(&peer.url()).args(["@t", "-d", "a", "-d", "b"]);
    login_at(&program);
    program.stdout("welcome\n").run();
}

#[test]
fn connections_of_a_target_last() {
    let again = Peer::ws()
        .expect_text("beat")
        .expect_text("status")
        .send_text("news")
        .expect_close(1000, "");
    let peer = Peer::ws().close(4001, "").then(again).start();
    let program = with_config(&format!(
        "[defaults]\nreconnect = false\n\n[targets.t]\nurl = '{}'\nreconnect = 2\n\
         reconnect-on = [4001, 401]\nevery = [['200ms', 'beat'], ['300ms', '@status.txt']]\n",
        peer.url()
    ));
    let folder = program.home().home().join(".config/wsline");
    fs::write(folder.join("status.txt"), "status").expect("a file");
    program
        .args(["@t", "-1"])
        .stdin(Stdin::Open)
        .stdout("news\n")
        .stderr_matches("wsline: reconnecting in [..] s (attempt 1): closed by server: 4001[..]\n")
        .run();
    // A default for an option has no effect without the option.
    let peer = Peer::ws().close(4001, "").start();
    with_config("[defaults]\nreconnect-on = 4001\n")
        .arg(peer.url())
        .stderr_matches("closed by server: 4001[..]\n")
        .code(121)
        .run();
    // A test does not depend on it.
    let peer = Peer::ws().close(1001, "").start();
    with_config(&format!(
        "[targets.t]\nurl = '{}'\nreconnect = true\n",
        peer.url()
    ))
    .file("a.ws", "< close 1001\n")
    .args(["test", "a.ws", "--url", "@t"])
    .stdout_matches("ok    a.ws  (1 statement, [..] s)\n1 passed in [..] s\n")
    .run();
}

/// A call is logged in as every other connection to the target.
#[test]
fn calls_to_a_target_begin_with_its_messages() {
    let peer = Peer::ws()
        .expect_text("login")
        .expect_text(r#"{"jsonrpc":"2.0","id":1,"method":"height"}"#)
        .send_text(r#"{"id":1,"result":7}"#)
        .expect_close(1000, "")
        .start();
    with_config(&format!(
        "[targets.node]\nurl = '{}'\non-connect = 'login'\nreconnect = true\n",
        peer.url()
    ))
    .args(["rpc", "@node", "height"])
    .stdout("7\n")
    .run();
}

#[test]
fn an_expectation_of_a_target_that_is_not_met_ends_the_run() {
    let peer = Peer::ws().send_text("no").expect_close_any().start();
    with_config(&format!(
        "[targets.t]\nurl = '{}'\nexpect = 'yes'\nwithin = '0.2s'\n",
        peer.url()
    ))
    .arg("@t")
    .stdout("no\n")
    .stderr_matches("wsline: expected \"yes\"[..]\n...")
    .code(4)
    .run();
}

#[test]
fn files_are_beside_the_config_file_and_commands_print_secrets() {
    let (cert, ca) = Cert::for_localhost();
    let peer = Peer::ws()
        .tls(&cert)
        .expect_header("Authorization", "Bearer from-a-command")
        .close(1000, "")
        .start();
    let program = with_config(&format!(
        "[targets.t]\nurl = '{}'\ncacert = 'ca.pem'\n\
         bearer = \"cmd:printf 'from-a-command\\\\nmore'\"\n",
        peer.url()
    ));
    let folder = program.home().home().join(".config/wsline");
    fs::write(folder.join("ca.pem"), ca.pem()).expect("a file");
    program.arg("@t").run();
    with_config("[targets.t]\nurl = 'ws://127.0.0.1:1'\nbearer = 'cmd:exit 3'\n")
        .arg("@t")
        .stderr("wsline: invalid value for --bearer: the command failed (exit status: 3)\n")
        .code(2)
        .run();
}

/// The value of a header in the config file can't be such; one in a file is sent as it is.
#[test]
fn headers_are_in_a_file_beside_the_config_file() {
    let peer = Peer::ws()
        .expect_header("X-Key", "s3cret")
        .expect_header("X-Name", "@me")
        .close(1000, "")
        .start();
    let program = with_config(&format!(
        "[targets.t]\nurl = '{}'\nheader = ['@headers', 'X-A: b']\n",
        peer.url()
    ));
    let folder = program.home().home().join(".config/wsline");
    fs::write(folder.join("headers"), "X-Key: s3cret\nX-Name: @me\n").expect("a file");
    program.arg("@t").run();
}

#[test]
fn only_the_config_file_runs_commands() {
    for option in ["--bearer", "--user", "--proxy-user", "--pass"] {
        Wsline::new()
            .args(["ws://127.0.0.1:1", "--cert", "c", option, "cmd:touch ran"])
            .stderr_matches(format!(
                "error: invalid value for '{option} <[..]>': cmd: is for the config file only; use \
                 env:NAME or @FILE\n..."
            ))
            .code(2)
            .run();
    }
    let done = Wsline::new()
        .file(
            "a.ws",
            "url ws://127.0.0.1:1\noption --bearer 'cmd:touch ran'\n> x\n",
        )
        .args(["test", "a.ws"])
        .stdout_matches("error a.ws\n  a.ws:2: [..]cmd: is for the config file only[..]\n...")
        .code(2)
        .run();
    assert!(done.stderr_text().is_empty());
}

#[test]
fn tests_use_the_target_of_their_url() {
    let peer = Peer::ws()
        .expect_header("Authorization", "Bearer s3cret")
        .expect_header("X-A", "file")
        .expect_header("X-B", "target")
        .expect_text("login")
        .expect_text("hi")
        .expect_close_any()
        .start();
    with_config(&format!(
        "[defaults]\njson = true\n\n[targets.t]\nurl = '{}'\nbearer = 's3cret'\n\
         header = ['X-A: target', 'X-B: target']\non-connect = 'login'\nexpect = 'nothing'\n",
        peer.url()
    ))
    .file("a.ws", "header X-A: file\n> hi\n")
    .args(["test", "a.ws", "--url", "@t"])
    .stdout_matches("ok    a.ws  (1 statement, [..] s)\n1 passed in [..] s\n")
    .run();
}

#[test]
fn the_demo_and_pasted_commands_use_the_defaults() {
    let defaults = "[defaults]\nbinary-as = 'hex'\nproxy = 'http://127.0.0.1:1'\n";
    with_config(defaults)
        .args(["demo", "--data-hex", "c0ffee", "-1"])
        .stdout("c0ffee\n")
        .run();
    let peer = Peer::ws()
        .expect_header("X-A", "own")
        .expect_header("X-B", "pasted")
        .expect_header("X-C", "config")
        .close(1000, "")
        .start();
    with_config("[defaults]\nheader = ['X-A: config', 'X-B: config', 'X-C: config']\n")
        .args([
            "curl",
            &peer.url(),
            "-H",
            "X-A: pasted",
            "-H",
            "X-B: pasted",
        ])
        .args(["--", "-H", "X-A: own"])
        .run();
}

#[test]
fn config_file_is_selected_or_ignored() {
    let config = "[defaults]\nbinary-as = 'hex'\n";
    let program = || with_config(config).args(["demo", "--data-hex", "c0ffee", "-1"]);
    program()
        .arg("--no-config")
        .stdout_bytes(b"\xc0\xff\xee")
        .run();
    let named = program();
    let path = named.home().work().join("own.toml");
    write(&path, "[defaults]\nbinary-as = 'base64'\n", 0o600);
    named.args(["--config", "own.toml"]).stdout("wP/u\n").run();
    program()
        .args(["--config", "none.toml"])
        .stderr("wsline: none.toml: could not read the config file: No such file or directory\n")
        .code(2)
        .run();
    program()
        .args(["--config", "own.toml", "--no-config"])
        .stderr_matches("error: --config cannot be used with --no-config\n...")
        .code(2)
        .run();
}

#[test]
fn unknown_target_is_reported() {
    let config = "[targets.prod]\nurl = 'ws://127.0.0.1:1'\n";
    for (args, says) in [
        (
            &["@prdo"][..],
            "unknown target '@prdo': did you mean @prod?",
        ),
        (
            &["@other"],
            "unknown target '@other': [..]/.config/wsline/config.toml has no [targets.other]",
        ),
        (
            &["@prod", "--no-config"],
            "@prod is a target of the config file, which --no-config ignores",
        ),
        (
            &["config", "@prdo"],
            "unknown target '@prdo': did you mean @prod?",
        ),
    ] {
        with_config(config)
            .args(args)
            .stderr_matches(format!("wsline: {says}\n"))
            .code(2)
            .run();
    }
    Wsline::new()
        .arg("@prod")
        .stderr_matches(
            "wsline: unknown target '@prod': the config file [..]/.config/wsline/config.toml does \
             not exist\n",
        )
        .code(2)
        .run();
}

#[test]
fn a_file_that_others_can_change_is_refused() {
    for (mode, is_refused) in [(0o666, true), (0o602, true), (0o644, false), (0o600, false)] {
        let program = with_config("[defaults]\nbinary-as = 'hex'\n");
        let path = program.home().home().join(".config/wsline/config.toml");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permissions");
        let program = program.args(["demo", "--data-hex", "00", "-1"]);
        if is_refused {
            program
                .stderr_matches(
                    "wsline: [..]/config.toml: other users can change the config file, and it can \
                     run commands; use chmod go-w\n",
                )
                .code(2)
                .run();
        } else {
            program.stdout("00\n").run();
        }
    }
}

#[test]
fn config_command_shows_options_without_secrets() {
    let config = "\
[defaults]
connect-timeout = 10
header = ['X-A: default', 'Authorization: Bearer s3cret']
user = 'me:s3cret'
proxy = 'http://me:s3cret@proxy'

[targets.prod]
url = 'wss://me:s3cret@example.org/?token=s3cret'
bearer = 'cmd:pass show prod'
header = 'X-A: prod'
on-connect = ['s3cret', '@login.json']
every = ['30s', 's3cret']
reconnect = 5
insecure = true
";
    let path = "[..]/.config/wsline";
    with_config(config)
        .arg("config")
        .stdout_matches(format!(
            "# {path}/config.toml

[defaults]
connect-timeout = \"10\"
header = [\"X-A: default\", \"Authorization: ***\"]
user = \"***\"
proxy = \"***\"

[targets.prod]
url = \"wss://example.org/?***\"
bearer = \"cmd:pass show prod\"
header = \"X-A: prod\"
on-connect = [\"***\", \"@{path}/login.json\"]
every = [\"30s\", \"***\"]
reconnect = 5
insecure = true
"
        ))
        .run();
    with_config(config)
        .args(["config", "@prod"])
        .stdout_matches(format!(
            "[targets.prod]
url = \"wss://example.org/?***\"
connect-timeout = \"10\"
proxy = \"***\"
bearer = \"cmd:pass show prod\"
on-connect = [\"***\", \"@{path}/login.json\"]
every = [\"30s\", \"***\"]
reconnect = 5
insecure = true
header = [\"Authorization: ***\", \"X-A: prod\"]
"
        ))
        .run();
    with_config(config)
        .args(["config", "--names"])
        .stdout("@prod\n")
        .run();
    Wsline::new()
        .arg("config")
        .stdout_matches("# [..]/.config/wsline/config.toml (does not exist)\n")
        .run();
}

fn wrong_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/config/wrong");
    let entries = fs::read_dir(folder).expect("the folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files
}

/// `WSLINE_UPDATE=1` updates the snapshots.
#[test]
fn config_errors_have_a_position() {
    let files = wrong_files();
    assert!(files.len() >= 20, "only {} files", files.len());
    for path in files {
        let name = path.file_name().expect("a name").to_string_lossy();
        let program = Wsline::new().args(["config", "--config", &name]);
        let text = fs::read_to_string(&path).expect("it can be read");
        write(&program.home().work().join(&*name), &text, 0o600);
        let snapshot = path.with_extension("stderr");
        if std::env::var_os("WSLINE_UPDATE").is_some() {
            let done = program.unjudged().run();
            fs::write(&snapshot, done.stderr_text()).expect("it can be written");
            continue;
        }
        let expected = fs::read_to_string(&snapshot).expect("a snapshot");
        assert!(!expected.contains("s3cret"), "{name}: {expected}");
        program.stderr(expected).code(2).run();
    }
}

/// The values of the file are right one by one, and not beside those of the command line.
#[test]
fn conflicting_options_are_reported_at_the_target() {
    let program = with_config("[targets.t]\nurl = 'ws://127.0.0.1:1'\ntls-min = '1.3'\n");
    program
        .args(["@t", "--tls-max", "1.2"])
        .stderr_matches(
            "wsline: [..]/config.toml:1:10: --tls-min 1.3 is greater than --tls-max 1.2\n  \
             [targets.t]\n           ^\n",
        )
        .code(2)
        .run();
}
