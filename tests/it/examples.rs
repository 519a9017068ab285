//! The session files in `examples/`, each against a server that nobody here wrote: echo, JSON-RPC,
//! a chat, GraphQL, a server that wants a token, and a browser. `.ci/run --install` installs them;
//! what is missing is skipped by name.

pub mod browser;
mod rules;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::peers::launch::{Launched, Package, Scheme, TOKEN};
use crate::support::program::BINARY;
use crate::support::{require, skip, Wsline};
use browser::Browser;

/// The session files that a test below runs.
const TRIED: &[&str] = &[
    "chat.ws",
    "devtools.ws",
    "echo.ws",
    "graphql-transport-ws.ws",
    "json-rpc.ws",
    "token-refused.ws",
    "token.ws",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `wsline test` on these examples.
fn test(files: &[&str]) -> Wsline {
    let files = files.iter().map(|file| format!("examples/{file}"));
    Wsline::new().dir(root()).arg("test").args(files)
}

/// What stands on stdout when all of them pass.
fn all_pass(files: &[&str]) -> String {
    let lines = files
        .iter()
        .map(|file| format!("ok    examples/{file}  ([..] statements, [..] s)\n"));
    lines.collect::<String>() + &format!("{} passed in [..] s\n", files.len())
}

/// Runs the examples against a server, which is told where by its port.
fn pass(package: Package, files: &[&str]) {
    let Some(server) = Launched::launch(package, Scheme::Ws) else {
        skip::missing(package.name());
        return;
    };
    test(files)
        .args(["--var", &format!("PORT={}", server.port())])
        .env("TOKEN", TOKEN)
        .stdout_matches(all_pass(files))
        .run();
}

#[test]
fn all_examples_have_a_test() {
    let entries = std::fs::read_dir(root().join("examples")).expect("it can be read");
    let paths = entries.map(|entry| PathBuf::from(entry.expect("it can be read").file_name()));
    let is_session = |path: &PathBuf| path.extension().is_some_and(|it| it == "ws");
    let files: BTreeSet<_> = paths.filter(is_session).collect();
    let tried: BTreeSet<_> = TRIED.iter().map(PathBuf::from).collect();
    assert_eq!(files, tried);
}

#[test]
fn echo() {
    for package in [Package::NodeWs, Package::Websockets, Package::Aiohttp] {
        let Some(server) = Launched::launch(package, Scheme::Ws) else {
            skip::missing(package.name());
            continue;
        };
        test(&["echo.ws"])
            .args(["--url", &server.url("/echo")])
            .stdout_matches(all_pass(&["echo.ws"]))
            .run();
    }
}

#[test]
fn json_rpc() {
    pass(Package::RpcWebsockets, &["json-rpc.ws"]);
}

#[test]
fn chat() {
    pass(Package::SocketIo, &["chat.ws"]);
}

#[test]
fn graphql_transport_ws() {
    pass(Package::GraphqlWs, &["graphql-transport-ws.ws"]);
}

#[test]
fn token() {
    pass(Package::NodeWsWithToken, &["token.ws", "token-refused.ws"]);
}

/// An example fails where the server does not do what it says, and the token stays hidden.
#[test]
fn wrong_token_is_refused() {
    let Some(server) = Launched::launch(Package::NodeWsWithToken, Scheme::Ws) else {
        skip::missing(Package::NodeWsWithToken.name());
        return;
    };
    let finished = test(&["token.ws"])
        .args(["--var", &format!("PORT={}", server.port())])
        .env("TOKEN", "close-sesame")
        .stdout_matches(
            "FAIL  examples/token.ws  ([..] s)\n  \
             examples/token.ws:11: expected the status 101, but the server refused the upgrade: \
             HTTP/1.1 401 Unauthorized\n\
             ...\n\
             0 passed, 1 failed in [..] s\n",
        )
        .code(4)
        .run();
    assert!(!finished.stdout_text().contains("close-sesame"));
}

/// What the page shows is in the picture that comes into a file.
#[test]
fn devtools() {
    require!("jq");
    let Some(browser) = Browser::launch() else {
        skip::missing("chromium");
        return;
    };
    test(&["devtools.ws"])
        .args(["--var", &format!("URL={}", browser.page())])
        .stdout_matches(all_pass(&["devtools.ws"]))
        .run();
    let mut path = vec![Path::new(BINARY).parent().expect("a directory").to_owned()];
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    let taken = Wsline::program("sh")
        .arg(root().join("examples/screenshot.sh"))
        .args([browser.page(), "shot.png"])
        .env(
            "PATH",
            std::env::join_paths(path).expect("they were joined"),
        )
        .run();
    let shot = std::fs::read(taken.home.work().join("shot.png")).expect("a picture");
    assert!(shot.starts_with(b"\x89PNG\r\n\x1a\n"), "{:?}", &shot[..8]);
    assert!(shot.ends_with(b"IEND\xaeB`\x82"), "it is cut off");
}
