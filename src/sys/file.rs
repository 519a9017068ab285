//! Files by what they are.

use std::fs::FileType;
use std::os::unix::fs::FileTypeExt as _;

/// What keeps a file from being a regular one, as the end of a sentence; `None` if it is one.
#[must_use]
pub fn irregular(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        None
    } else if kind.is_dir() {
        Some("it is a directory")
    } else if kind.is_fifo() {
        Some("it is a pipe, not a regular file")
    } else if kind.is_socket() {
        Some("it is a socket, not a regular file")
    } else if kind.is_char_device() || kind.is_block_device() {
        Some("it is a device, not a regular file")
    } else {
        Some("it is not a regular file")
    }
}
