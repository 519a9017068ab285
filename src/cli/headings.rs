//! Headings of option groups in the help and the man page.

pub(super) const HEADERS: &str = "Headers and authentication";
pub(super) const TLS: &str = "TLS";
pub(super) const NETWORK: &str = "Network";
pub(super) const TIME: &str = "Timeouts";
pub(super) const LASTING: &str = "Keepalive and reconnecting";
pub(super) const SEND: &str = "Sending";
pub(super) const EXPECT: &str = "Expectations";
pub(super) const SHOW: &str = "Output";
pub(super) const KEEP: &str = "Files";
pub(super) const PROTOCOL: &str = "Protocol";
