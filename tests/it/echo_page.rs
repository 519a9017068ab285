//! The page of `wsline echo`, by itself and in a real browser.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{json, Value};

use crate::examples::browser::Browser;
use crate::support::program::Running;
use crate::support::{pattern, skip, time, Peer, Wsline};

/// An echo server that listens, and where: `127.0.0.1:51234`.
fn echo() -> (Running, String) {
    let mut server = Wsline::new()
        .args(["echo", "127.0.0.1:0"])
        .stdout_matches("...\n")
        .spawn();
    let line = server.read_line();
    let authority = line.strip_prefix("listening on ws://").expect("where");
    (server, authority.to_owned())
}

/// Sends a request and reads the whole response.
fn request(authority: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(authority).expect("it listens");
    stream
        .set_read_timeout(Some(time::limit(time::STEP)))
        .expect("a time limit can be set");
    stream.write_all(head.as_bytes()).expect("it can be sent");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    response
}

#[test]
fn plain_get_is_answered_with_the_page() {
    let (mut server, authority) = echo();
    let page = request(&authority, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("\r\nContent-Security-Policy: default-src 'none'; script-src 'nonce-"));
    assert!(page.contains("<title>wsline echo</title>") && page.ends_with("</html>\n"));
    let line = server.read_line();
    assert!(
        pattern::matches("[1] 127.0.0.1:[..] requested the page", &line),
        "{line}"
    );
    let other = request(&authority, "GET /other HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(other.starts_with("HTTP/1.1 426 "), "{other}");
}

/// Types, draws, closes, and connects to where nobody listens, and says what came of it.
const USE_PAGE: &str = r#"(async () => {
  const byId = (id) => document.getElementById(id);
  const pause = () => new Promise((done) => setTimeout(done, 10));
  const rows = () => [...document.querySelectorAll('#events li')].map((row) => row.textContent);
  const until = async (text) => { while (!rows().some((row) => row.includes(text))) await pause(); };
  await until('readyState 1 (OPEN)');
  byId('text').value = 'grüße';
  byId('say').requestSubmit();
  await until('  < grüße, ');
  const box = byId('sketch').getBoundingClientRect();
  for (const [type, at] of [['down', 20], ['move', 90], ['up', 90]]) {
    const where = { clientX: box.left + at, clientY: box.top + at, bubbles: true };
    byId('sketch').dispatchEvent(new PointerEvent('pointer' + type, where));
  }
  await until('  < binary, ');
  while (!byId('caption').textContent.includes('480 × 240')) await pause();
  const pixels = (id) => [...byId(id).getContext('2d').getImageData(0, 0, 480, 240).data];
  const sent = pixels('sketch');
  const isSame = JSON.stringify(sent) === JSON.stringify(pixels('echoed'));
  byId('code').value = '4001';
  byId('reason').value = 'done';
  byId('leave').requestSubmit();
  await until('close: 4001 "done", wasClean true');
  const state = byId('state').value;
  byId('url').value = 'REFUSING';
  byId('connect').requestSubmit();
  await until('it was never open: no server there, ');
  return { state, isSame, isDrawn: sent.some((value) => value < 128), last: byId('state').value };
})()"#;

/// Starts the flipbook and stops it once both pictures have frames.
const FLIP: &str = r"(async () => {
  const byId = (id) => document.getElementById(id);
  const pause = () => new Promise((done) => setTimeout(done, 10));
  const frames = (name) => parseInt(byId(name + 'Rate').value, 10) || 0;
  const isDrawn = (name) => [...byId(name + 'Frames').getContext('2d').getImageData(0, 0, 480, 160).data]
    .some((value) => value === 0x66);
  byId('flipbook').requestSubmit();
  while (frames('socket') < 20 || frames('poll') < 20) await pause();
  const drawn = isDrawn('socket') && isDrawn('poll');
  const during = byId('flip').textContent;
  byId('flipbook').requestSubmit();
  await pause();
  const both = () => byId('socketRate').value + byId('pollRate').value;
  const stopped = both();
  await pause();
  const errors = document.querySelectorAll('#events .error').length;
  return { drawn, during, after: byId('flip').textContent, isStopped: both() === stopped, errors };
})()";

#[test]
fn page_works_in_a_browser() {
    let nothing = Peer::refusing();
    run_on_page(
        &USE_PAGE.replace("REFUSING", &nothing.url()),
        &json!({"state": "3 (CLOSED)", "isSame": true, "isDrawn": true, "last": "3 (CLOSED)"}),
    );
}

#[test]
fn flipbook_compares_websocket_with_polling() {
    run_on_page(
        FLIP,
        &json!({"drawn": true, "during": "Stop", "after": "Start", "isStopped": true, "errors": 0}),
    );
}

#[test]
fn requests_over_http_are_answered() {
    let (mut server, authority) = echo();
    let both = request(
        &authority,
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello\
         GET /poll?n=17 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    );
    assert_eq!(
        both,
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 5\r\n\
         Cache-Control: no-store\r\n\r\nhello\
         HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n17"
    );
    let line = server.read_line();
    assert!(
        pattern::matches("[1] 127.0.0.1:[..] sent 2 HTTP requests", &line),
        "{line}"
    );
    let refused = request(&authority, "GET /poll?n=x HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(
        refused.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{refused}"
    );
}

/// Opens the page in a browser and evaluates `script` there, which must result in `expected`.
#[track_caller]
fn run_on_page(script: &str, expected: &Value) {
    let Some(browser) = Browser::launch() else {
        skip::missing("chromium");
        return;
    };
    let (_server, authority) = echo();
    let evaluate = json!({"id": 3, "method": "Runtime.evaluate", "params": {
        "expression": script,
        "awaitPromise": true,
        "returnByValue": true,
    }});
    let navigate = json!({"id": 2, "method": "Page.navigate", "params": {
        "url": format!("http://{authority}/"),
    }});
    let session = format!(
        "url {}\nwithin 20s\n\
         > json {{\"id\":1,\"method\":\"Page.enable\"}}\n\
         < json {{\"id\":1,\"result\":{{}}}}\n\
         > json {navigate}\n\
         < json {{\"id\":2,\"result\":{{}}}}\n\
         < json {{\"method\":\"Page.frameStoppedLoading\"}}\n\
         > json {evaluate}\n\
         < json {{\"id\":3,\"result\":{{\"result\":{{\"value\":{expected}}}}}}}\n",
        browser.page()
    );
    Wsline::new()
        .file("page.ws", session)
        .args(["test", "page.ws"])
        .stdout_matches("ok    page.ws  ([..])\n1 passed in [..] s\n")
        .run();
}
