//! How much a run prints beside messages.

/// How much is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors and answers (`-q`).
    Quiet,
    /// Hints and warnings too.
    #[default]
    Normal,
    /// The steps of connecting, the opening handshake and the closing handshake too (`-v`).
    Handshake,
    /// The header of each frame too, and what compression made of each message (`-vv`).
    Frames,
    /// The bytes on the wire too (`-vvv`).
    Bytes,
}
