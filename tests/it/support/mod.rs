//! Support for the tests. A test says what the program is given, and *all* that it prints:
//!
//! ```ignore
//! use crate::support::{Peer, Wsline};
//!
//! #[test]
//! fn a_line_is_a_message() {
//!     let peer = Peer::ws().expect_text("hi").send_text("yo").expect_close(1000, "").start();
//!     Wsline::new().args([&peer.url(), "-n", "1"]).stdin("hi\n").stdout("yo\n").run();
//! }
//! ```
//!
//! * [`Wsline`] compares stdout, stderr and the exit code every time (by default empty, empty and
//!   0); `spawn()` instead of `run()` returns a [`program::Running`] to interact with.
//! * [`Peer`] plays a script on a free loopback port; when it is dropped at the end of the test,
//!   the test fails unless the script was played to its end.
//! * [`Pty`] runs the program in a pseudo-terminal, whose screen can be read:
//!   `Pty::start([&url], 24, 80)`, `.wait_for("connected")`, `.type_text("hi")`, `.key(Key::Enter)`.
//! * [`Cert`] makes certificates, [`Gate`] synchronizes the test with the peer, and
//!   `require!("node")` skips a test whose third-party peer is not installed.
//!
//! Nothing sleeps for synchronization, and nothing waits without a timeout. Every timeout goes
//! through [`time::limit`]; `WSLINE_TEST_SLOWNESS=4` makes all of them four times as long.
#![allow(
    dead_code,
    unused_imports,
    reason = "shared by all tests; not every item is always used"
)]

pub mod cert;
pub mod fault;
pub mod gate;
pub mod guard;
pub mod home;
pub mod pattern;
pub mod peer;
pub mod program;
pub mod pty;
pub mod skip;
pub mod time;

pub use cert::Cert;
pub use fault::{Fault, FaultProxy, From};
pub use gate::Gate;
pub use peer::{Frame, Peer};
pub use program::{Stdin, Stdout, Wsline};
pub use pty::{Key, Pty, Terminal};
pub(crate) use skip::{require, require_ipv6};
