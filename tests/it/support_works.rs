//! The support itself: that it holds what it promises, and above all that it fails when it should.

mod peer;
mod program;
mod pty;
mod skip;
mod tls;
