//! Reading files with certificates and keys.

use std::io;
use std::path::Path;

use crate::sys::file::{without_byte_order_mark, Inputs};

/// The most that a file with certificates or a key has, in bytes.
pub const LARGEST_FILE: u64 = 16 << 20;

/// Reads a file without the byte order mark that some editors put before PEM.
pub fn read(path: &Path, inputs: &Inputs) -> io::Result<Vec<u8>> {
    let bytes = inputs.read(path, LARGEST_FILE)?;
    Ok(match without_byte_order_mark(&bytes) {
        rest if rest.len() < bytes.len() => rest.to_vec(),
        _ => bytes,
    })
}
