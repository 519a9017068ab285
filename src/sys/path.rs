//! Resolution of paths.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

/// Symbolic links that are followed to a file.
const LINKS: usize = 8;

/// Resolves symbolic links and `..` in `path`. Returns the result if it is below `folder`, which is
/// resolved too, else `None`.
///
/// # Errors
///
/// The system's error if a path cannot be resolved.
pub fn real_path_below(folder: &Path, path: &Path) -> io::Result<Option<PathBuf>> {
    // The parent of a bare file name is empty and means the current directory.
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let path = fs::canonicalize(path)?;
    let is_below = path.starts_with(fs::canonicalize(folder)?);
    Ok(is_below.then_some(path))
}

/// Follows symbolic links of our own to the path of a file, and says whether there were any. A link
/// of somebody else could lead to any file of ours. Without links the file need not exist.
///
/// # Errors
///
/// A link of another user, one that leads nowhere, too many, or what the system said.
pub fn follow_own_links(path: &Path) -> io::Result<(PathBuf, bool)> {
    let mut path = path.to_owned();
    for count in 0..=LINKS {
        let linked = count > 0;
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound && !linked => {
                return Ok((path, linked));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let text = "it is a symbolic link to a file that does not exist";
                return Err(io::Error::other(text));
            }
            Err(error) => return Err(error),
        };
        if !metadata.is_symlink() {
            return Ok((path, linked));
        }
        if metadata.uid() != geteuid().as_raw() {
            return Err(io::Error::other("it is a symbolic link of another user"));
        }
        let target = fs::read_link(&path)?;
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn symbolic_links_and_parent_folders_are_resolved() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let (inside, outside) = (home.path().join("in"), home.path().join("inside"));
        for folder in [&inside, &outside] {
            fs::create_dir_all(folder.join("sub")).expect("a folder");
            fs::write(folder.join("sub/a"), "").expect("a file");
        }
        symlink("sub/a", inside.join("near")).expect("a link");
        symlink("../inside/sub/a", inside.join("far")).expect("a link");
        symlink("../inside/sub", inside.join("folder")).expect("a link");
        symlink(&inside, home.path().join("link")).expect("a link");
        let real = |folder: &Path, path: &str| {
            let path = real_path_below(folder, &inside.join(path));
            path.map(|path| path.is_some())
        };
        for (path, is_below) in [
            ("sub/a", true),
            ("sub/../sub/a", true),
            ("near", true),
            ("../link/sub/a", true),
            ("far", false),
            ("folder/a", false),
            ("../inside/sub/a", false),
            ("/", false),
        ] {
            assert_eq!(real(&inside, path).ok(), Some(is_below), "{path}");
            assert_eq!(
                real(&home.path().join("link"), path).ok(),
                Some(is_below),
                "{path}"
            );
        }
        let missing = real(&inside, "no").expect_err("it is missing");
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        let manifest = real_path_below(Path::new(""), Path::new("Cargo.toml"));
        assert!(manifest.is_ok_and(|path| path.is_some()));
    }
}
