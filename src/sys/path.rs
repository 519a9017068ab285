//! Resolution of paths.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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
