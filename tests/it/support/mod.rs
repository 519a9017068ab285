//! What the tests stand on. A test says what the program is given and *everything* it answers:
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
//! * [`Wsline`] compares stdout, stderr and the exit code every time (empty, empty, 0 unless
//!   said); `spawn()` instead of `run()` gives a [`program::Running`] to talk to.
//! * [`Peer`] plays a script on a free loopback port; when it is dropped at the end of the test,
//!   the test fails unless the script was played to its end.
//! * [`Pty`] is the program in a real terminal with a screen to look at:
//!   `Pty::start([&url], 24, 80)`, `.wait_for("connected")`, `.type_text("hi")`, `.key(Key::Enter)`.
//! * [`Cert`] makes certificates, [`Gate`] puts the test and the peer in step, and
//!   `require!("node")` skips a test whose outside peer is not installed.
//!
//! Nothing sleeps to wait for something, nothing waits for ever: every limit goes through
//! [`time::limit`], and `WSLINE_TEST_SLOWNESS=4` makes all of them four times as long.
#![allow(
    dead_code,
    unused_imports,
    reason = "a vocabulary for all areas of the tests; not every word is in use at any time"
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
