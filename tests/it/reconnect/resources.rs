//! Attempts and restarts of servers leak nothing: no descriptor, no thread, no memory.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{channel, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;

use crate::peers::launch::{Launched, Package, Scheme};
use crate::support::program::{Running, BINARY};
use crate::support::skip::require;
use crate::support::{Stdin, Wsline};

/// What a process has, according to `/proc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Resources {
    descriptors: usize,
    threads: usize,
    /// In KiB.
    memory: usize,
}

/// The process id of a program, or of the one that it has started.
fn innermost(id: u32) -> u32 {
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let children = children.expect("it runs");
    let child = children.split_whitespace().next();
    child.map_or(id, |child| child.parse().expect("a number"))
}

impl Resources {
    /// What a program has, or the one that it has started.
    fn of(id: u32) -> Self {
        let id = innermost(id);
        let folder = PathBuf::from(format!("/proc/{id}"));
        let count = |name: &str| {
            let entries = std::fs::read_dir(folder.join(name)).expect("it runs");
            entries.count()
        };
        let status = std::fs::read_to_string(folder.join("status")).expect("it runs");
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory = memory.and_then(|line| line.trim().strip_suffix(" kB"));
        Self {
            descriptors: count("fd"),
            threads: count("task"),
            memory: memory.and_then(|kib| kib.parse().ok()).expect("a number"),
        }
    }

    /// Compares with what it had earlier. The threads of attempts may not have ended yet, each with two
    /// descriptors, and the allocator has memory of its own.
    #[track_caller]
    fn assert_as(self, earlier: Self, most: usize) {
        let more = |now: usize, earlier| now.saturating_sub(earlier);
        let said = format!("{earlier:?}, then {self:?}");
        assert!(more(self.threads, earlier.threads) <= 4, "{said}");
        assert!(more(self.descriptors, earlier.descriptors) <= 8, "{said}");
        assert!(more(self.memory, earlier.memory) <= 1024, "{said}");
        assert!(self.memory <= most, "{said}");
    }
}

/// Memory of a debug build, which is larger, and of a release build, in KiB.
const MEMORY: usize = if cfg!(debug_assertions) {
    32 << 10
} else {
    16 << 10
};

/// A server that refuses each connection, and stops after some of them until it is told to go on.
fn busy(stops: [usize; 2]) -> (String, Receiver<()>, std::sync::mpsc::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    let (stopped, on_stop) = channel();
    let (go_on, waits) = channel::<()>();
    thread::spawn(move || {
        for number in 1.. {
            let Ok((mut socket, _)) = listener.accept() else {
                return;
            };
            let mut buffer = [0; 4096];
            let read = socket.read(&mut buffer);
            if stops.contains(&number) {
                let told = stopped.send(()).is_ok() && waits.recv().is_ok();
                if !told {
                    return;
                }
            }
            let answer = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
            let written = read.and_then(|_| socket.write_all(answer.as_bytes()));
            if written.is_err() {
                return;
            }
        }
    });
    (url, on_stop, go_on)
}

/// Compares what the program has during two of many attempts.
fn attempt(first: usize, second: usize, limit: Duration) {
    let (url, on_stop, go_on) = busy([first, second]);
    // The wait before an attempt is up to 30 s of the program's clock.
    let program = Wsline::program("faketime")
        .args(["-f", "+0 x10000", BINARY, &url, "--reconnect", "-q"])
        .args(["--connect-timeout", "1000000"])
        .stdin(Stdin::Open)
        .stderr_matches("...")
        .code(143)
        .within(limit)
        .spawn();
    on_stop.recv_timeout(limit).expect("the first attempts");
    let earlier = Resources::of(program.id());
    go_on.send(()).expect("the server goes on");
    on_stop.recv_timeout(limit).expect("all attempts");
    Resources::of(program.id()).assert_as(earlier, MEMORY);
    let id = i32::try_from(innermost(program.id())).expect("a process id");
    kill(Pid::from_raw(id), Signal::SIGTERM).expect("it runs");
    go_on.send(()).expect("the server goes on");
    program.wait();
}

#[test]
fn attempts_leak_nothing() {
    require!("faketime");
    attempt(50, 300, Duration::from_mins(1));
}

#[test]
#[ignore = "makes ten thousand attempts"]
fn ten_thousand_attempts_leak_nothing() {
    require!("faketime");
    attempt(100, 10_000, Duration::from_mins(10));
}

/// nginx, which passes connections on to a port.
struct Nginx {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Nginx {
    fn launch(to: u16) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let reserved = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = reserved.local_addr().expect("an address").port();
        drop(reserved);
        let at = folder.path().display();
        let config = format!(
            "daemon off; master_process off; pid {at}/pid; error_log {at}/error.log;\n\
             events {{ worker_connections 64; }}\n\
             http {{\n  access_log off; client_body_temp_path {at}/body; proxy_temp_path {at}/proxy;\n\
             fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;\n\
             server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{to};\n\
             proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;\n\
             proxy_set_header Connection upgrade; }} }} }}\n"
        );
        let path = folder.path().join("nginx.conf");
        std::fs::write(&path, config).expect("a file");
        let child = Command::new("nginx")
            .arg("-c")
            .arg(&path)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it is there");
        Self {
            child,
            port,
            _folder: folder,
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that is restarted, with traffic in between.
struct Restarts {
    package: Package,
    is_behind_nginx: bool,
    count: usize,
    /// The program's clock is 60 times as fast, and each connection lasts longer than a minute of it.
    is_fast: bool,
}

impl Restarts {
    fn run(&self) {
        let limit = Duration::from_secs(60 + 10 * self.count as u64);
        let Some(mut server) = Launched::launch(self.package, Scheme::Ws) else {
            return;
        };
        let port = server.port();
        let nginx = self.is_behind_nginx.then(|| Nginx::launch(port));
        let url = match &nginx {
            Some(nginx) => format!("ws://127.0.0.1:{}/echo", nginx.port),
            None => server.url("/echo"),
        };
        let program = if self.is_fast {
            Wsline::program("faketime").args(["-f", "+0 x60", BINARY])
        } else {
            Wsline::new()
        };
        let mut program = program
            .args([&url, "--reconnect", "-q", "-w", "0"])
            .args(["--on-connect", "subscribe", "--every", "50ms", "beat"])
            .stdin(Stdin::Open)
            .unjudged()
            .within(limit)
            .spawn();
        wait_for(&mut program, "subscribe");
        let mut earlier = None;
        for number in 1..=self.count {
            for line in 0..50 {
                program.write_line(&format!("{number} {line}"));
            }
            wait_for(&mut program, &format!("{number} 49"));
            // More than a minute of the program's clock, so that attempts are counted from 0 again.
            let begun = Instant::now();
            while self.is_fast && begun.elapsed() < Duration::from_millis(1100) {
                wait_for(&mut program, "beat");
            }
            server.kill();
            let again = Launched::launch_at(self.package, Scheme::Ws, port);
            server = again.expect("it is there");
            // Each subscription is sent again.
            wait_for(&mut program, "subscribe");
            if number == self.count.min(5) {
                earlier = Some(Resources::of(program.id()));
            }
        }
        let now = Resources::of(program.id());
        now.assert_as(earlier.expect("it was restarted"), MEMORY);
        program.close_stdin();
        assert_eq!(program.wait().code, 0);
    }
}

/// Skips lines up to this one.
fn wait_for(program: &mut Running, line: &str) {
    while program.read_line() != line {}
}

#[test]
fn restarts_of_python_websockets_leak_nothing() {
    require!(
        "python-websockets",
        [&crate::peers::python(), "-c", "import websockets"]
    );
    Restarts {
        package: Package::Websockets,
        is_behind_nginx: false,
        count: 3,
        is_fast: false,
    }
    .run();
}

#[test]
fn restarts_of_node_ws_behind_nginx_leak_nothing() {
    require!("nginx", ["nginx", "-v"]);
    Restarts {
        package: Package::NodeWs,
        is_behind_nginx: true,
        count: 3,
        is_fast: false,
    }
    .run();
}

/// Restarts a server 200 times, with more than three hours of the program's clock in between. The
/// processor is nearly idle meanwhile, so each server has a test of its own.
fn many_restarts(package: Package, is_behind_nginx: bool) {
    require!("faketime");
    Restarts {
        package,
        is_behind_nginx,
        count: 200,
        is_fast: true,
    }
    .run();
}

#[test]
#[ignore = "restarts a server 200 times"]
fn many_restarts_of_node_ws_leak_nothing() {
    many_restarts(Package::NodeWs, false);
}

#[test]
#[ignore = "restarts a server 200 times"]
fn many_restarts_of_python_websockets_leak_nothing() {
    many_restarts(Package::Websockets, false);
}

#[test]
#[ignore = "restarts a server 200 times"]
fn many_restarts_of_node_ws_behind_nginx_leak_nothing() {
    require!("nginx", ["nginx", "-v"]);
    many_restarts(Package::NodeWs, true);
}
