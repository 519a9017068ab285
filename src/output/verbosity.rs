//! How much is printed in addition to messages.

/// How much is printed to stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Only errors and replies to commands (`-q`).
    Quiet,
    /// Also hints and warnings.
    #[default]
    Normal,
    /// Also the steps of connecting, the opening handshake and the closing handshake (`-v`).
    Handshake,
    /// Also the header of each frame and the compression of each message (`-vv`).
    Frames,
    /// Also the bytes as transmitted (`-vvv`).
    Bytes,
}
