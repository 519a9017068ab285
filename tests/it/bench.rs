//! `wsline bench`: what it sends and counts, what it prints, and how it exits.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{json, Value};

use crate::schema::Schema;

use crate::support::{Gate, Peer, Terminal, Wsline};

fn bench(url: &str) -> Wsline {
    Wsline::new().args(["bench", url])
}

/// Runs it with `--json`. Returns the object, which the schema allows.
fn measure(program: Wsline) -> Value {
    let mut program = program.arg("--json").stdout_matches("{[..]}\n").spawn();
    let line = program.read_line();
    program.wait();
    let object: Value = serde_json::from_str(&line).expect("it is JSON");
    let schema = match object["type"].as_str() {
        Some("comparison") => "comparison.schema.json",
        _ => "bench.schema.json",
    };
    Schema::read(schema).assert_allows(&object);
    object
}

fn ms(object: &Value, name: &str) -> f64 {
    object["latency"][name].as_f64().expect("it is known")
}

#[test]
fn closed_loop_is_measured() {
    bench("demo")
        .args(["-n", "1000", "-c", "3"])
        .stdout_matches(
            "BENCH ws://127.0.0.1:[..]/\n\
             closed loop: 3 connections, 1 in flight on each, 32 bytes\n\
             \n\
             connections 3 opened\n\
             connecting  min [..], mean [..] (TCP [..], upgrade [..]), max [..] ms\n\
             messages    1000 sent, 1000 replies in [..] s\n\
             throughput  [..] messages/s, [..] MB/s sent, [..] MB/s received\n\
             latency     min [..], mean [..], max [..] ms, from when a message was sent\n\
             latency     p50 [..], p90 [..], p95 [..], p99 [..] ms\n\
             client      [..] % of one CPU; monotonic clock, read for each read and write\n\
             \n\
             replies by latency\n\
             ...\n",
        )
        .stderr_matches("...")
        .run();
}

#[test]
fn figures_are_consistent() {
    for more in [
        &["--window", "10"][..],
        &["--binary", "--size", "70K", "--window", "3"],
        &["-d", "\"{seq}\"", "--window", "4"],
        &["--compress", "off", "-c", "100", "--connect-rate", "10000"],
    ] {
        let object = measure(
            bench("demo")
                .args(["-n", "2000"])
                .args(more)
                .stderr_matches("..."),
        );
        assert_eq!(object["sent"], 2000);
        assert_eq!(object["received"], 2000);
        assert_eq!(object["bytes"]["sent"], object["bytes"]["received"]);
        let counts = object["latency"]["counts"].as_array().expect("counts");
        let counted = counts.iter().map(|pair| pair[1].as_u64().expect("a count"));
        assert_eq!(counted.sum::<u64>(), 2000);
        let order = ["min", "p50", "p90", "p95", "p99", "max"].map(|name| ms(&object, name));
        assert!(order.is_sorted(), "{object}");
        assert!(
            object["latency"]["p99_9"].is_null(),
            "2000 replies are too few"
        );
        // What is in flight is the rate times the latency (Little's law).
        let window = object["window"].as_f64().expect("a window");
        let connections = object["connections"]["opened"].as_f64().expect("a count");
        let rate = object["messages_per_second"].as_f64().expect("a rate");
        let in_flight = rate * ms(&object, "avg") / 1000.0;
        assert!(
            in_flight <= window * connections * 1.01,
            "{in_flight}: {object}"
        );
    }
}

#[test]
fn server_receives_what_was_counted() {
    let peer = Peer::ws()
        .expect_text("message 1")
        .send_text("message 1")
        .expect_text("message 2")
        .send_text("message 2")
        .expect_text("message 3")
        .send_text("message 3")
        .expect_close(1000, "")
        .start();
    let object = measure(bench(&peer.url()).args(["-n", "3", "-d", "message {seq}"]));
    assert_eq!(
        (&object["sent"], &object["received"]),
        (&3.into(), &3.into())
    );
}

#[test]
fn replies_are_recognized_among_broadcast_messages() {
    let peer = Peer::ws()
        .send_text("welcome")
        .expect_text("n1.")
        .send_text("from another: n7.")
        .send_text("from you: n1.")
        .send_text("from you: n1.")
        .expect_close(1000, "")
        .start();
    let object = measure(bench(&peer.url()).args(["-n", "1", "-d", "n{seq}."]));
    assert_eq!(object["received"], 1);
    assert!(
        object["other"].as_u64().is_some_and(|other| other >= 2),
        "{object}"
    );
}

#[test]
fn open_loop_sends_at_its_rate() {
    let program = bench("demo").args(["--rate", "1000", "--duration", "300ms"]);
    let object = measure(program.stderr_matches("..."));
    assert_eq!(
        (&object["sent"], &object["received"]),
        (&300.into(), &300.into())
    );
    let seconds = object["seconds"].as_f64().expect("a time");
    assert!(
        seconds >= 0.299,
        "the last one is due after 0.299 s: {seconds}"
    );
    assert_eq!(object["loop"], "open");
}

/// A server that does not answer for a second, in the middle.
fn stalling() -> Peer {
    Peer::ws()
        .echo(500)
        .pause(Duration::from_secs(1))
        .echo_all()
}

#[test]
fn open_loop_shows_a_stall_that_a_closed_loop_hides() {
    let peer = stalling().start();
    let closed = measure(bench(&peer.url()).args(["-n", "1100"]));
    assert!(ms(&closed, "max") >= 1000.0, "{closed}");
    assert!(ms(&closed, "p99") < 500.0, "one of 1100 waited: {closed}");
    let peer = stalling().start();
    let open = measure(bench(&peer.url()).args(["-n", "1100", "--rate", "500"]));
    assert!(ms(&open, "p99") > 500.0, "{open}");
    assert_eq!(open["received"], 1100);
}

#[test]
fn delay_of_the_server_is_measured() {
    let mut server = Wsline::new()
        .args(["echo", "127.0.0.1:0", "--delay", "20ms"])
        .stdout_matches("...\n")
        .spawn();
    let line = server.read_line();
    let url = line.strip_prefix("listening on ").expect("where");
    let object = measure(bench(url).args(["-n", "20"]));
    assert!(ms(&object, "min") >= 20.0, "{object}");
    assert!(ms(&object, "p50") >= 20.0, "{object}");
}

#[test]
fn sending_and_receiving_are_measured_alone() {
    let sent = measure(
        bench("demo")
            .args(["--no-reply", "-n", "5000"])
            .stderr_matches("..."),
    );
    assert_eq!(
        (&sent["loop"], &sent["sent"]),
        (&"send".into(), &5000.into())
    );
    assert_eq!(sent["received"], 0);
    let rated = bench("demo").args(["--no-reply", "-n", "50", "--rate", "1000"]);
    assert_eq!(measure(rated)["sent"], 50);

    let texts = (0..100).fold(Peer::ws(), |peer, _| peer.send_text("tick"));
    let peer = texts.expect_close(1000, "").start();
    let received = measure(bench(&peer.url()).args(["--listen", "-n", "100"]));
    assert_eq!(received["loop"], "listen");
    assert_eq!(
        (&received["received"], &received["bytes"]["received"]),
        (&100.into(), &400.into())
    );
    assert_eq!(received["sent"], 0);
}

#[test]
fn errors_are_counted_and_do_not_end_the_run() {
    let peer = Peer::ws()
        .expect_text("x")
        .close(1011, "")
        .then(Peer::http("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"))
        .then(Peer::ws().echo(2).expect_close(1000, ""))
        .start();
    bench(&peer.url())
        .args(["-n", "3", "-c", "3", "-d", "x", "--connect-rate", "5"])
        .stdout_matches(
            "BENCH [..]\n\
             closed loop: 3 connections, 1 in flight on each, 1 byte\n\
             \n\
             connections 2 opened, 1 failed\n\
             connecting  [..]\n\
             messages    3 sent, 2 replies in [..] s\n\
             throughput  [..]\n\
             latency     [..]\n\
             client      [..]\n\
             errors      3\n\
             \x20        1  closed by server: 1011\n\
             \x20        1  no reply\n\
             \x20        1  the server refused the upgrade: HTTP/1.1 503 Busy\n\
             \n\
             replies by latency\n\
             ...\n",
        )
        .stderr_matches("...")
        .run();
}

#[test]
fn missing_replies_are_errors() {
    let peer = Peer::ws().expect_text("x").expect_close(1000, "").start();
    bench(&peer.url())
        .args(["-n", "1", "-d", "x", "--wait", "50ms"])
        .stdout_matches("...\nlatency     no reply\n...\n         1  no reply\n")
        .stderr_matches(
            "...\nhint: the server sent no replies; --no-reply measures sending alone\n",
        )
        .code(1)
        .run();
}

#[test]
fn conditions_fail_the_run() {
    bench("demo")
        .args(["-n", "100", "--fail-if", "p50>1m", "--fail-if", "errors>0"])
        .stdout_matches("...\n")
        .stderr_matches("...")
        .run();
    bench("demo")
        .args(["-n", "100", "--fail-if", "max<1m", "--fail-if", "p99<1m"])
        .stdout_matches("...\n")
        .stderr_matches(
            "...\n\
             wsline: failed: max<1m: [..] ms\n\
             wsline: failed: p99<1m: unknown with 100 replies\n",
        )
        .code(4)
        .run();
    bench("demo")
        .args(["--fail-if", "p50=1ms"])
        .stderr_matches(
            "error: invalid value 'p50=1ms' for '--fail-if <CONDITION>': missing < or >[..]\n...\n",
        )
        .code(2)
        .run();
}

#[test]
fn failure_to_connect_is_the_exit_code() {
    let nothing = Peer::refusing();
    bench(&nothing.url())
        .args(["-c", "2"])
        .stderr_matches("wsline: could not connect to [..]\n...\n")
        .code(7)
        .run();
    let peer = Peer::http("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno").start();
    bench(&peer.url())
        .stderr_matches("wsline: the server refused the upgrade: HTTP/1.1 401 Unauthorized\n...\n")
        .code(22)
        .run();
}

#[test]
fn interrupt_ends_with_the_result() {
    let second = Gate::new();
    let peer = Peer::ws()
        .expect_text("x")
        .send_text("x")
        .expect_text("x")
        .open(&second)
        .expect_close(1001, "")
        .start();
    let program = bench(&peer.url())
        .args(["-d", "x"])
        .stdout_matches("BENCH [..]\n...\nmessages    2 sent, 1 reply in [..] s\n...\n")
        .spawn();
    second.wait();
    program.signal(Signal::SIGINT);
    program.wait();
}

#[test]
fn progress_is_shown_on_a_terminal() {
    let mut pty = Terminal::new()
        .args(["bench", "demo", "--rate", "1000", "--duration", "1000s"])
        .start();
    pty.wait_for("1 open, ");
    pty.wait_for(", p50 ");
    pty.signal(Signal::SIGINT);
    assert_eq!(pty.wait_exit(), 0, "{}", pty.screen());
    let screen = pty.screen();
    assert!(screen.contains("replies by latency\n"), "{screen}");
    assert!(!screen.contains("1 open, "), "{screen}");
}

#[test]
fn options_are_checked() {
    for (args, error) in [
        (
            &["--window", "2", "--listen"][..],
            "'--window <N>' cannot be used with '--listen'",
        ),
        (
            &["-d", "x", "--size", "3"],
            "'--data <TEXT>' cannot be used with '--size <SIZE>'",
        ),
        (
            &["-c", "10001"],
            "invalid value '10001' for '--connections <N>': [..]",
        ),
        (
            &["--rate", "0"],
            "invalid value '0' for '--rate <N>': must be a number per second[..]",
        ),
        (&["-v", "-q"], "-v cannot be used with -q"),
    ] {
        bench("demo")
            .args(args)
            .stderr_matches(format!("error: [..]{error}\n...\n"))
            .code(2)
            .run();
    }
    bench("demo")
        .args(["-d", "@missing"])
        .stderr_matches("wsline: --data: could not read \"missing\": [..]\n...\n")
        .code(2)
        .run();
    bench("demo")
        .file("message", "from a file\n")
        .args(["-d", "@message", "-n", "1"])
        .stdout_matches("BENCH [..]\n[..] 11 bytes\n...\n")
        .stderr_matches("...")
        .run();
}

/// A proxy that counts the bytes of each connection in both directions.
struct CountingProxy {
    address: SocketAddr,
    counts: Arc<Mutex<Vec<(u64, u64)>>>,
}

impl CountingProxy {
    /// Forwards connections to `server`, until the test ends.
    fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let counts = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&counts);
        thread::spawn(move || {
            for (place, near) in listener.incoming().enumerate() {
                let near = near.expect("a connection");
                let far = TcpStream::connect(server).expect("the server listens");
                counts.lock().expect("it is whole").push((0, 0));
                for is_sent in [true, false] {
                    let pair = [&near, &far].map(|it| it.try_clone().expect("a clone"));
                    let [near, far] = pair;
                    let (from, to) = if is_sent { (near, far) } else { (far, near) };
                    let counts = Arc::clone(&counts);
                    thread::spawn(move || {
                        forward(&from, &to, |count| {
                            let mut counts = counts.lock().expect("it is whole");
                            let both = &mut counts[place];
                            *(if is_sent { &mut both.0 } else { &mut both.1 }) += count;
                        });
                    });
                }
            }
        });
        Self {
            address,
            counts: kept,
        }
    }

    /// The bytes of each connection, sent and received by the client.
    fn counts(&self) -> Vec<(u64, u64)> {
        self.counts.lock().expect("it is whole").clone()
    }
}

/// Forwards bytes until their end, and counts them before they are forwarded.
fn forward(mut from: &TcpStream, mut to: &TcpStream, count: impl Fn(u64)) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        count(length as u64);
        if to.write_all(&buffer[..length]).is_err() {
            return;
        }
    }
    // The other side may have gone.
    let _ = to.shutdown(Shutdown::Write);
}

#[test]
fn bytes_of_polling_are_those_that_a_proxy_counts() {
    const EXCHANGES: u64 = 7;
    let mut server = Wsline::new()
        .args(["echo", "127.0.0.1:0"])
        .stdout_matches("...\n")
        .spawn();
    let line = server.read_line();
    let address = line.strip_prefix("listening on ws://").expect("where");
    let proxy = CountingProxy::start(address.parse().expect("an address"));
    let url = format!("ws://{}", proxy.address);
    let object = measure(
        bench(&url)
            .args(["--compare-polling", "--compress", "off"])
            .args(["-n", &EXCHANGES.to_string()]),
    );
    let counted = |way: &str| json!([object[way]["bytes_sent"], object[way]["bytes_received"]]);
    let per_exchange = |(sent, received): (u64, u64)| {
        let count = |count: u64| f64::from(u32::try_from(count).expect("it is small"));
        json!([sent, received].map(|bytes| count(bytes) / count(EXCHANGES)))
    };
    // The WebSocket, the kept connection, and one for each exchange.
    let counts = proxy.counts();
    assert_eq!(counts.len() as u64, 2 + EXCHANGES);
    assert_eq!(counted("http_kept_alive"), per_exchange(counts[1]));
    let fresh = counts[2..].iter();
    let fresh = fresh.fold((0, 0), |all, it| (all.0 + it.0, all.1 + it.1));
    assert_eq!(counted("http_fresh"), per_exchange(fresh));
    // Frames of 32 bytes: with a masking key from the client, without one from the server (RFC 6455
    // §5.2). The proxy has also counted the handshake, and a Close in both directions.
    assert_eq!(counted("websocket"), json!([38.0, 34.0]));
    let rest = (counts[0].0 - 38 * EXCHANGES, counts[0].1 - 34 * EXCHANGES);
    assert!(rest.0 > 100 && rest.1 > 100, "{rest:?}");
    assert!(counts[1].0 > 38 * EXCHANGES && fresh.0 > counts[1].0);
}

#[test]
fn polling_of_the_built_in_server_is_compared() {
    bench("demo")
        .args(["--compare-polling", "-n", "1000"])
        .stdout_matches(
            "BENCH ws://127.0.0.1:[..]/ beside POST http://127.0.0.1:[..]/echo\n\
             one exchange after the other, messages of 32 bytes\n\
             \n\
             \x20[..]WebSocket   HTTP kept alive    HTTP fresh\n\
             exchanges [..]1000 [..]1000 [..]1000\n\
             exchanges/s [..]\n\
             mean, ms [..]\n\
             p50, ms [..]\n\
             p99, ms [..]\n\
             bytes sent [..]\n\
             bytes received [..]\n\
             bytes in all [..]\n\
             \n\
             Bytes are those of one exchange: the payload of TCP, headers included. [..]\n\
             [..]\n",
        )
        .run();
}

#[test]
fn servers_that_do_not_answer_polling_are_reported() {
    let peer = Peer::ws()
        .expect_text("x")
        .send_text("x")
        .expect_close_empty()
        .then(Peer::http(
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        ))
        .start();
    bench(&peer.url())
        .args(["--compare-polling", "-n", "1", "-d", "x"])
        .stderr(
            "wsline: comparing WebSocket with HTTP: the response to POST is HTTP/1.1 404 Not Found, \
             not a status of 200 to 299; --compare-polling=HTTP_URL sets another URL\n",
        )
        .code(1)
        .run();
}
