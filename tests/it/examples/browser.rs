//! A real Chromium without a window, and the address at which its page can be debugged.
//!
//! It lives in a process group and with a profile of its own; both go with the value.

use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use nix::sys::signal::{killpg, Signal};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{skip, time};

/// What it is called, depending on the system.
const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// Nothing that would ask somebody, update itself or call home.
const OPTIONS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
];

/// A browser with one page.
pub struct Browser {
    child: Child,
    page: String,
    /// Holds its profile.
    _profile: TempDir,
}

impl Browser {
    /// Starts it; `None` if there is none.
    pub fn launch() -> Option<Self> {
        let name = NAMES
            .iter()
            .find(|name| skip::is_there(&[name, "--version"]))?;
        let profile = TempDir::new().expect("a directory can be made");
        let child = Command::new(name)
            .args(OPTIONS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .env("HOME", profile.path())
            .env("TMPDIR", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} can't be started: {error}"));
        let mut browser = Self {
            child,
            page: String::new(),
            _profile: profile,
        };
        let authority = browser.listens_on();
        browser.page = page(&authority);
        Some(browser)
    }

    /// The address of its page.
    pub fn page(&self) -> &str {
        &self.page
    }

    /// Waits for `DevTools listening on ws://HOST:PORT/…`, and gives the host and port.
    fn listens_on(&mut self) -> String {
        let stderr = self.child.stderr.take().expect("stderr is a pipe");
        let (sender, said) = channel();
        // It goes on reading, so that the browser can go on complaining.
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Some(rest) = line.strip_prefix("DevTools listening on ws://") {
                    let authority = rest.split('/').next().unwrap_or(rest);
                    // Nobody listens any more if it came too late.
                    let _ = sender.send(authority.to_owned());
                }
            }
        });
        said.recv_timeout(time::limit(time::PROGRAM))
            .expect("the browser says where it listens")
    }
}

/// The address of the first page, by the browser's list of what can be debugged.
fn page(authority: &str) -> String {
    let mut stream = TcpStream::connect(authority).expect("it listens there");
    stream
        .set_read_timeout(Some(time::limit(time::PROGRAM)))
        .expect("a time limit can be set");
    write!(stream, "GET /json HTTP/1.1\r\nHost: {authority}\r\n\r\n").expect("it can be asked");
    let body = body(&mut BufReader::new(stream));
    let targets: Vec<Value> = serde_json::from_slice(&body).expect("a list in JSON");
    let page = targets.iter().find(|target| target["type"] == "page");
    let url = page.and_then(|page| page["webSocketDebuggerUrl"].as_str());
    url.expect("a page with an address").to_owned()
}

/// The body of an answer that says how long it is. The browser keeps the connection open.
fn body(answer: &mut impl BufRead) -> Vec<u8> {
    let mut length = 0;
    for line in answer.lines() {
        let line = line.expect("it answers");
        match line.split_once(':') {
            None if line.is_empty() => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().expect("a length");
            }
            _ => {}
        }
    }
    let mut body = vec![0; length];
    answer.read_exact(&mut body).expect("the whole of it");
    body
}

impl Drop for Browser {
    fn drop(&mut self) {
        let group = Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"));
        // Its helpers are in the group; one that has ended already is not missed.
        let _ = killpg(group, Signal::SIGKILL);
        let _ = self.child.wait();
    }
}
