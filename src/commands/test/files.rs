//! The files to run: files and the contents of folders.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{plain, Error, ParseError};

/// The extension of session files, which are found in folders.
const EXTENSION: &str = "ws";

/// The files, in the order of the command line; a folder's are sorted by their paths. Folders
/// that symbolic links lead to are not searched, so there is no going round in circles; hidden
/// files and folders are not either.
///
/// # Errors
///
/// [`Error::Usage`] if a folder has none, or no filter fits any; [`Error::SessionFile`] for a folder
/// that can't be read.
pub fn find(named: &[PathBuf], filters: &[String]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            let mut found = Vec::new();
            collect(path, &mut found)?;
            if found.is_empty() {
                return Err(Error::Usage(format!(
                    "no session files (*.{EXTENSION}) in {}",
                    path.display()
                )));
            }
            found.sort();
            // Files in the current folder are named without a leading `./`.
            files.extend(found.into_iter().map(|file| match file.strip_prefix(".") {
                Ok(bare) => bare.to_owned(),
                Err(_) => file,
            }));
        } else {
            files.push(path.clone());
        }
    }
    let fits = |path: &PathBuf| {
        let path = path.to_string_lossy();
        filters.is_empty() || filters.iter().any(|filter| path.contains(filter))
    };
    let all = files.len();
    files.retain(fits);
    if files.is_empty() {
        let filters = filters.join(" or ");
        return Err(Error::Usage(format!(
            "no files to run: none of {all} paths contains {filters} (--filter)"
        )));
    }
    Ok(files)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(|cause| unreadable(folder, &cause))? {
        let entry = entry.map_err(|cause| unreadable(folder, &cause))?;
        let path = entry.path();
        let kind = entry
            .file_type()
            .map_err(|cause| unreadable(&path, &cause))?;
        if is_hidden(&path) {
            continue;
        }
        if kind.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|end| end == EXTENSION) && !path.is_dir() {
            found.push(path);
        }
    }
    Ok(())
}

/// Whether the name begins with a dot, like `.git`.
fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().map(OsStr::as_encoded_bytes);
    name.is_some_and(|name| name.starts_with(b"."))
}

/// The error for a file or folder that can't be read.
pub fn unreadable(path: &Path, cause: &io::Error) -> Error {
    Error::SessionFile(Box::new(ParseError {
        file: path.display().to_string(),
        cause: format!("could not read the file: {}", plain(cause)),
        ..ParseError::default()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("it is in the folder")).expect("folders");
            fs::write(path, "").expect("a file");
        }
        folder
    }

    fn found(folder: &Path, named: &[&str], filters: &[&str]) -> Vec<String> {
        let named: Vec<_> = named.iter().map(|name| folder.join(name)).collect();
        let filters: Vec<_> = filters.iter().map(|&filter| filter.to_owned()).collect();
        let files = find(&named, &filters).expect("there are some");
        let relative = |path: &PathBuf| {
            let path = path.strip_prefix(folder).expect("it is in the folder");
            path.display().to_string()
        };
        files.iter().map(relative).collect()
    }

    #[test]
    fn folders_are_searched_recursively_in_order() {
        let folder = folder(&[
            "b.ws",
            "a/z.ws",
            "a/y/x.ws",
            "a.har",
            "a/notes.txt",
            "c.WS",
            ".git/x.ws",
            "a/.y.ws",
        ]);
        std::os::unix::fs::symlink("..", folder.path().join("a/up.ws")).expect("a link");
        std::os::unix::fs::symlink("z.ws", folder.path().join("a/w.ws")).expect("a link");
        let path = folder.path();
        assert_eq!(
            found(path, &[""], &[]),
            ["a/w.ws", "a/y/x.ws", "a/z.ws", "b.ws"]
        );
        assert_eq!(found(path, &["b.ws", "a.har"], &[]), ["b.ws", "a.har"]);
        assert_eq!(
            found(path, &["", "b.ws"], &["y/x", "b."]),
            ["a/y/x.ws", "b.ws", "b.ws"]
        );
    }

    #[test]
    fn missing_files_are_reported_when_they_are_read() {
        let folder = folder(&[]);
        assert_eq!(found(folder.path(), &["no.ws"], &[]), ["no.ws"]);
    }

    #[test]
    fn no_files_to_run_is_an_error() {
        let folder = folder(&["a.txt"]);
        let path = folder.path().to_owned();
        let error = find(std::slice::from_ref(&path), &[]).expect_err("no session file");
        assert_eq!(
            error.to_string(),
            format!("no session files (*.ws) in {}", path.display())
        );
        let named = [path.join("a"), path.join("b")];
        let filters = ["//x".to_owned(), "//y".to_owned()];
        let error = find(&named, &filters).expect_err("nothing fits");
        assert_eq!(
            error.to_string(),
            "no files to run: none of 2 paths contains //x or //y (--filter)"
        );
    }
}
