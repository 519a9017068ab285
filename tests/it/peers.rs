//! The program against servers that nobody here wrote: python `websockets`, python `aiohttp` and
//! node `ws`, each over `ws` and over `wss`. `.ci/run --install` installs them; what is missing
//! is skipped by name.
//!
//! The servers are the scripts in `tests/peers`; what they do is chosen by the path. There is one
//! for each server and scheme, shared by its tests.

pub mod launch;

use crate::support::Wsline;
pub use launch::python;
use launch::Launched;

/// The program on `path` of a server.
fn wsline(server: &Launched, path: &str) -> Wsline {
    let program = Wsline::new().arg(server.url(path));
    match server.authority() {
        Some(pem) => program
            .file("authority.pem", pem)
            .args(["--cacert", "authority.pem"]),
        None => program,
    }
}

fn text_comes_back(server: &Launched) {
    wsline(server, "/echo")
        .args(["-n", "4"])
        .stdin("hello\n\nGrüße, 世界 🌍\nlast\n")
        .stdout("hello\n\nGrüße, 世界 🌍\nlast\n")
        .run();
}

fn long_text_comes_back(server: &Launched) {
    let line = "0123456789abcdef".repeat(200 * 64) + "\n";
    wsline(server, "/echo")
        .args(["-n", "1"])
        .stdin(line.as_str())
        .stdout(line)
        .run();
}

/// 100 KB of JSON, compressed in both directions.
fn compressed_json_comes_back(server: &Launched) {
    let rows = (0..2000).map(|id| serde_json::json!({"id": id, "name": format!("näme {id}")}));
    let mut line = rows.collect::<serde_json::Value>().to_string();
    line.push_str(&" ".repeat(100_000_usize.saturating_sub(line.len())));
    line.push('\n');
    let finished = wsline(server, "/echo")
        .args(["--compress", "require", "-vv", "-n", "1"])
        .stdin(line.as_str())
        .stdout(line)
        .stderr_matches(
            "...\n\
             * open: [..], extensions permessage-deflate[..]\n\
             > TEXT fin=1 rsv=100 mask=1 len=[..]\n\
             > TEXT message: [..] bytes, compressed to [..]\n\
             < TEXT [..]\n\
             ...\n\
             < TEXT message: [..] bytes, compressed to [..]\n\
             ...\n\
             closed by us: 1000 (normal closure) after [..] s, sent 1, received 1, \
             compressed to [..] %\n",
        )
        .run();
    let told = finished.stderr_text();
    let percent = told
        .rsplit_once("compressed to ")
        .and_then(|(_, rest)| rest.strip_suffix(" %\n"));
    let percent: u32 = percent
        .and_then(|text| text.parse().ok())
        .expect("a percentage");
    assert!((1..40).contains(&percent), "{percent} %");
}

fn binary_comes_back(server: &Launched) {
    let bytes: Vec<u8> = (0..=255).rev().collect();
    wsline(server, "/echo")
        .args(["-b", "-n", "1"])
        .stdin(bytes.clone())
        .stdout_bytes(bytes)
        .run();
}

fn binary_is_received(server: &Launched) {
    let bytes: Vec<u8> = (0..=255).collect();
    wsline(server, "/binary").stdout_bytes(bytes).run();
}

/// The server says `pong came` only after a Pong with its own payload.
fn a_ping_is_answered(server: &Launched) {
    wsline(server, "/ping").stdout("pong came\n").run();
}

fn our_ping_is_answered(server: &Launched) {
    wsline(server, "/echo")
        .args(["--json", "-P", "-n", "1"])
        .stdin(
            "{\"type\":\"ping\",\"data\":\"are you there\"}\n\
             {\"type\":\"text\",\"data\":\"and then\"}\n",
        )
        .stdout_matches(
            "...\n\
             [..]\"dir\":\"in\",\"type\":\"pong\",\"data\":\"are you there\"[..]\n\
             ...\n\
             [..]\"dir\":\"in\",\"type\":\"text\",\"data\":\"and then\"[..]\n\
             ...\n",
        )
        .run();
}

/// Pings, and text messages that come back.
fn round_trips_are_measured(server: &Launched) {
    for more in [&[][..], &["--text", "{\"id\": {seq}}"]] {
        let program = Wsline::new().args(["ping", &server.url("/echo")]);
        let program = match server.authority() {
            Some(pem) => program
                .file("authority.pem", pem)
                .args(["--cacert", "authority.pem"]),
            None => program,
        };
        program
            .args(["-c", "20", "-i", "1ms", "-q"])
            .args(more)
            .stdout_matches(
                "PING [..]\n\
                 \n\
                 --- [..] ping statistics ---\n\
                 20 sent, 20 received, 0% loss, time [..] s\n\
                 round trip min/avg/max/mdev = [..] ms\n\
                 round trip p50 = [..] ms\n",
            )
            .run();
    }
}

fn a_close_has_its_code_and_reason(server: &Launched) {
    wsline(server, "/close")
        .stderr_matches(
            "closed by server: 4001 \"token expired\" (application) after [..] s, \
             sent 0, received 0\n",
        )
        .code(121)
        .run();
}

fn a_fragmented_message_is_one(server: &Launched) {
    wsline(server, "/fragmented").stdout("frag-men-ted\n").run();
}

fn what_the_server_says_unasked_is_heard(server: &Launched) {
    wsline(server, "/ticks")
        .stdout("tick 1\ntick 2\ntick 3\ntick 4\ntick 5\n")
        .run();
}

/// The answer comes after input has ended.
fn a_late_answer_is_heard(server: &Launched) {
    wsline(server, "/slow")
        .args(["--wait", "20s", "-n", "2"])
        .stdin("a\nb\n")
        .stdout("a\nb\n")
        .run();
}

fn headers_arrive(server: &Launched) {
    let finished = wsline(server, "/headers")
        .args(["-H", "Authorization: Bearer abc", "-A", "me/1.0"])
        .args(["-o", "http://example.org", "-s", "chat.v2", "-s", "chat.v1"])
        .stdout_matches("{[..]}\n")
        .run();
    let seen: serde_json::Value =
        serde_json::from_str(finished.stdout_text()).expect("the server sends JSON");
    assert_eq!(
        seen,
        serde_json::json!({
            "authorization": "Bearer abc",
            "origin": "http://example.org",
            "user-agent": "me/1.0",
            "subprotocol": "chat.v2",
        })
    );
}

fn a_refusal_is_reported(server: &Launched) {
    wsline(server, "/nowhere")
        .stderr_matches("...\n[..]404[..]\n...\n")
        .code(22)
        .run();
}

/// All tests against one server over one scheme.
macro_rules! tests {
    ($module:ident, $package:ident, $scheme:ident, [$($test:ident),* $(,)?]) => {
        mod $module {
            use std::sync::OnceLock;

            use super::launch::{Launched, Package, Scheme};
            use crate::support::skip;

            /// `None` if the package is not installed.
            static SERVER: OnceLock<Option<Launched>> = OnceLock::new();

            fn against(test: fn(&Launched)) {
                let launch = || Launched::launch(Package::$package, Scheme::$scheme);
                match SERVER.get_or_init(launch) {
                    Some(server) => test(server),
                    None => skip::missing(Package::$package.name()),
                }
            }

            $(
                #[test]
                fn $test() {
                    against(super::$test);
                }
            )*
        }
    };
    ($($module:ident: $package:ident $scheme:ident),* $(,)?) => {
        $(
            tests!($module, $package, $scheme, [
                text_comes_back,
                long_text_comes_back,
                compressed_json_comes_back,
                binary_comes_back,
                binary_is_received,
                a_ping_is_answered,
                our_ping_is_answered,
                round_trips_are_measured,
                a_close_has_its_code_and_reason,
                a_fragmented_message_is_one,
                what_the_server_says_unasked_is_heard,
                a_late_answer_is_heard,
                headers_arrive,
                a_refusal_is_reported,
            ]);
        )*
    };
}

tests! {
    websockets_over_ws: Websockets Ws,
    websockets_over_wss: Websockets Wss,
    aiohttp_over_ws: Aiohttp Ws,
    aiohttp_over_wss: Aiohttp Wss,
    node_ws_over_ws: NodeWs Ws,
    node_ws_over_wss: NodeWs Wss,
}
