//! Files that a session file may read with `--untrusted`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::plain;
use crate::sys::file::irregular_cause;
use crate::sys::path::real_path_below;

/// The file that a path in a session file refers to, if `--untrusted` allows it: a regular file
/// below the folder of the session file.
///
/// # Errors
///
/// Why it is not allowed.
pub fn check_confined(folder: &Path, path: &Path) -> Result<PathBuf, String> {
    let real = real_path_below(folder, path).map_err(|cause| unreadable(path, &cause))?;
    let shown = path.display();
    let Some(real) = real else {
        return Err(format!(
            "{shown} is not allowed with --untrusted: it is outside the folder of the session file"
        ));
    };
    let kind = fs::metadata(&real).map_err(|cause| unreadable(path, &cause))?;
    match irregular_cause(kind.file_type()) {
        None => Ok(real),
        Some(why) => Err(format!("{shown} is not allowed with --untrusted: {why}")),
    }
}

/// The error for a file that could not be read.
pub(super) fn unreadable(path: &Path, cause: &std::io::Error) -> String {
    format!("could not read {}: {}", path.display(), plain(cause))
}
