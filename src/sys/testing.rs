//! What tests in several modules need.

use std::path::Path;

/// The longest path of a temporary directory that leaves room for the name of a socket, which has
/// at most 103 bytes with its directory.
const LONGEST: usize = 60;

/// A temporary directory that a Unix socket can be in, whatever `TMPDIR` is.
pub(crate) fn socket_directory() -> tempfile::TempDir {
    let mut folder = std::env::temp_dir();
    if folder.as_os_str().len() > LONGEST {
        folder = Path::new("/tmp").to_owned();
    }
    tempfile::tempdir_in(folder).expect("a directory")
}
