//! Statements that open and drop connections, and HTTP requests.

use super::test;
use crate::support::Peer;

const LOGIN: &str =
    "http POST ${HTTP}/login\n  header X-Id: 7\n  json {\"password\":\"${PASSWORD}\"}\n\
                     < status 200\n< header Content-Type: application/json\n\
                     capture secret TOKEN /token\n\
                     @a open ${WS}?token=${TOKEN}\n@a > hi\n@a < ho\n";

fn http_url(url: &str) -> String {
    url.replace("ws://", "http://")
        .trim_end_matches('/')
        .to_owned()
}

/// A server's response with a JSON body.
fn answer(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn connection_is_opened_with_the_token_of_a_login() {
    let login = Peer::http(answer("200 OK", "{\"token\":\"t0ken-value\"}"))
        .expect_request(|request| {
            assert!(request.starts_with("POST /login HTTP/1.1\r\n"), "{request}");
            for header in [
                "X-Id: 7",
                "Content-Type: application/json",
                "Content-Length: 22",
            ] {
                assert!(request.contains(&format!("\r\n{header}\r\n")), "{request}");
            }
        })
        .start();
    let peer = Peer::ws()
        .expect_request(|request| {
            assert!(
                request.starts_with("GET /?token=t0ken-value HTTP/1.1\r\n"),
                "{request}"
            );
        })
        .expect_text("hi")
        .send_text("ho")
        .expect_close(1000, "")
        .start();
    test(&["a.ws", "--var", &format!("HTTP={}", http_url(&login.url()))])
        .args([
            "--var",
            &format!("WS={}", peer.url()),
            "--var",
            "PASSWORD=hunter2",
        ])
        .file("a.ws", LOGIN)
        .stdout_matches("ok    a.ws  (7 statements, [..] s)\n1 passed in [..] s\n")
        .run();
}

#[test]
fn unexpected_response_is_quoted() {
    let login = Peer::http(answer("401 No", "{\"error\":\"wrong password\"}")).start();
    test(&["a.ws", "--var", &format!("HTTP={}", http_url(&login.url()))])
        .args(["--var", "WS=ws://127.0.0.1:9/", "--var", "PASSWORD=hunter2"])
        .file("a.ws", LOGIN)
        .stdout_matches(
            "FAIL  a.ws  [..]\n  a.ws:4: expected the status 200, but it was 401: \
             {\"error\":\"wrong password\"}\n0 passed, 1 failed in [..] s\n",
        )
        .code(4)
        .run();
    let port = Peer::reserved();
    test(&["a.ws", "--var", &format!("HTTP={}", http_url(&port.url()))])
        .args(["--var", "WS=ws://127.0.0.1:9/", "--var", "PASSWORD=hunter2"])
        .file("a.ws", LOGIN)
        .stdout_matches(format!(
            "FAIL  a.ws  [..]\n  a.ws:1: expected a response to POST http://127.0.0.1:{0}/login, but \
             could not connect to 127.0.0.1:{0} [..]\n0 passed, 1 failed in [..] s\n",
            port.port()
        ))
        .code(4)
        .run();
}

#[test]
fn connection_is_dropped_and_opened_again() {
    let first = Peer::ws()
        .send_text("{\"session\":\"abc\"}")
        .expect_text("x")
        .expect_eof();
    let again = Peer::ws()
        .expect_request(|request| {
            assert!(request.contains("?session=abc "), "{request}");
        })
        .send_text("resumed")
        .expect_close(1000, "");
    let peer = first.then(again).start();
    let talk = format!(
        "open {0}\n< json {{}}\ncapture SID /session\n> x\ndrop\nopen {0}?session=${{SID}}\n< resumed\n",
        peer.url()
    );
    test(&["a.ws"])
        .file("a.ws", talk)
        .stdout_matches("ok    a.ws  (7 statements, [..] s)\n1 passed in [..] s\n")
        .run();
}

#[test]
fn opening_is_retried() {
    let refusing = Peer::http("HTTP/1.1 503 Starting\r\nContent-Length: 0\r\n\r\n");
    let closing = Peer::ws().expect_text("hi").close(1011, "not yet");
    let good = Peer::ws()
        .expect_text("hi")
        .send_text("ho")
        .expect_close(1000, "");
    let peer = refusing.then(closing).then(good).start();
    let talk = format!(
        "retry 20s every 10ms\n  @a open {}\n  @a > hi\n  @a < ho\n",
        peer.url()
    );
    test(&["a.ws"])
        .file("a.ws", talk)
        .stdout_matches("ok    a.ws  [..]\n1 passed in [..] s\n")
        .run();
}

#[test]
fn refused_connection_fails_with_the_response() {
    let peer = Peer::http(answer("403 No", "{\"why\":\"who\"}")).start();
    test(&["a.ws"])
        .file("a.ws", format!("@a open {}\n@a > hi\n", peer.url()))
        .stdout_matches(
            "FAIL  a.ws  [..]\n  a.ws:1: @a: expected the connection to open, but the server refused \
             the upgrade: HTTP/1.1 403 No\n  HTTP/1.1 403 No\n  Content-Type: application/json\n  \
             Content-Length: 13\n\n  {\"why\":\"who\"}\n0 passed, 1 failed in [..] s\n",
        )
        .code(4)
        .run();
    let peer = Peer::http(answer("403 No", "{\"why\":\"who\"}")).start();
    test(&["a.ws"])
        .file(
            "a.ws",
            format!("@a open {}\n@a < refused 403\n", peer.url()),
        )
        .stdout_matches("ok    a.ws  [..]\n1 passed in [..] s\n")
        .run();
}

#[test]
fn nothing_is_sent_before_a_connection_is_open() {
    test(&["a.ws"])
        .file("a.ws", "@a > hi\n@a open ws://127.0.0.1:9/\n")
        .stdout_matches(
            "FAIL  a.ws  [..]\n  a.ws:1: @a: could not send \"hi\": the connection is not open yet\n\
             0 passed, 1 failed in [..] s\n",
        )
        .code(4)
        .run();
}

/// The other connection is open at the start.
#[test]
fn rules_apply_to_a_connection_that_is_opened_later() {
    let early = Peer::ws()
        .expect_text("hello")
        .expect_text("x")
        .expect_close(1000, "")
        .start();
    let late = Peer::ws()
        .expect_text("hello")
        .send_text("2")
        .expect_text("3")
        .send_text("done")
        .expect_close(1000, "")
        .start();
    let talk = format!(
        "@a url {}\non open\n  > hello\non < 2\n  > 3\n@a > x\n@b open {}\n@b < done\n",
        early.url(),
        late.url()
    );
    test(&["a.ws"])
        .file("a.ws", talk)
        .stdout_matches("ok    a.ws  [..]\n1 passed in [..] s\n")
        .run();
}

#[test]
fn requests_are_not_allowed_in_untrusted_files() {
    test(&["a.ws", "--untrusted", "--url", "ws://127.0.0.1:9/"])
        .file("a.ws", "http GET http://127.0.0.1:9/\n> hi\n")
        .stdout_matches(
            "error a.ws\n  a.ws:1:1: http is not allowed with --untrusted: the only address is that \
             of --url\n...\n0 passed, 1 error in [..] s\n",
        )
        .code(2)
        .run();
}
