//! The file of the history, which must be private and our own.
//!
//! The path may lead to a device, a pipe, another user's file, or a file that others read. So it is
//! checked before it is opened and again when it is open. Only a regular file of our own with one
//! link is used. Permissions are only ever removed from it, and not from a file behind a symbolic
//! link, which has another purpose as well. Nothing here blocks.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt,
};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use rustix::process::geteuid;

use crate::error::plain;
use crate::sys::file::irregular_cause;
use crate::sys::path::follow_own_links;

/// The maximum size in bytes, larger than any history.
const LARGEST: u64 = 128 << 20;
/// The permission bits of other users.
const OTHERS: u32 = 0o077;
/// The maximum number of attempts to open a file that appears or disappears at the same time.
const ATTEMPTS: usize = 3;

/// The file of the history.
#[derive(Debug)]
pub(super) struct HistoryFile {
    /// The path, with symbolic links resolved.
    path: PathBuf,
    /// Whether a symbolic link led to it.
    linked: bool,
}

impl HistoryFile {
    /// Opens the file, or creates it and its directory, and reads it.
    ///
    /// # Errors
    ///
    /// Why it can't be used.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<u8>), String> {
        if let Some(directory) = path.parent() {
            // 0700 as in the XDG specification. Existing directories are not changed.
            let mut builder = DirBuilder::new();
            builder.recursive(true).mode(0o700);
            builder
                .create(directory)
                .map_err(|error| uncreated(&error))?;
        }
        let (path, linked) = follow_own_links(path).map_err(|error| plain(&error))?;
        let found = Self { path, linked };
        let file = found.handle()?;
        let mut content = Vec::new();
        file.take(LARGEST + 1)
            .read_to_end(&mut content)
            .map_err(|error| plain(&error))?;
        if content.len() as u64 > LARGEST {
            return Err(too_large());
        }
        Ok((found, content))
    }

    /// Appends to the file, which may have been replaced in the meantime.
    ///
    /// # Errors
    ///
    /// Why it can't be used.
    pub(super) fn append(&self, bytes: &[u8]) -> Result<(), String> {
        let mut file = self.handle()?;
        file.write_all(bytes).map_err(|error| plain(&error))
    }

    /// Replaces the file atomically.
    ///
    /// # Errors
    ///
    /// The error of the operating system.
    pub(super) fn replace(&self, content: &[u8]) -> Result<(), String> {
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{:016x}", rand::random::<u64>()));
        let draft = PathBuf::from(name);
        // Only a file created here is written to and removed.
        let mut file = create(&draft).map_err(|error| plain(&error))?;
        let replaced = file
            .write_all(content)
            .and_then(|()| fs::rename(&draft, &self.path));
        replaced.map_err(|error| {
            // The old file is unchanged.
            let _ = fs::remove_file(&draft);
            plain(&error)
        })
    }

    /// Opens the file for reading and appending. Creates it if it does not exist.
    fn handle(&self) -> Result<File, String> {
        let mut attempts = 1..=ATTEMPTS;
        loop {
            let last = attempts.next().is_none_or(|attempt| attempt == ATTEMPTS);
            let opened = match fs::symlink_metadata(&self.path) {
                Ok(metadata) => {
                    self.check(&metadata)?;
                    options().open(&self.path)
                }
                Err(error) if error.kind() == ErrorKind::NotFound => create(&self.path),
                Err(error) => Err(error),
            };
            match opened {
                Ok(file) => return self.secured(file),
                // Another prompt has created it first.
                Err(error)
                    if !last
                        && matches!(
                            error.kind(),
                            ErrorKind::NotFound | ErrorKind::AlreadyExists
                        ) => {}
                Err(error) => return Err(plain(&error)),
            }
        }
    }

    /// Checks that an opened file may be used, and removes the permissions of other users.
    fn secured(&self, file: File) -> Result<File, String> {
        let metadata = file.metadata().map_err(|error| plain(&error))?;
        self.check(&metadata)?;
        let mode = metadata.permissions().mode();
        if mode & OTHERS != 0 {
            file.set_permissions(Permissions::from_mode(mode & 0o7777 & !OTHERS))
                .map_err(|error| plain(&error))?;
        }
        Ok(file)
    }

    fn check(&self, metadata: &Metadata) -> Result<(), String> {
        if let Some(cause) = irregular_cause(metadata.file_type()) {
            return Err(cause.to_owned());
        }
        if metadata.uid() != geteuid().as_raw() {
            return Err("it belongs to another user".to_owned());
        }
        if metadata.nlink() > 1 {
            return Err("it has other hard links".to_owned());
        }
        if metadata.len() > LARGEST {
            return Err(too_large());
        }
        if self.linked && metadata.permissions().mode() & OTHERS != 0 {
            return Err("it is a symbolic link to a file that other users can access".to_owned());
        }
        Ok(())
    }
}

fn options() -> OpenOptions {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let mut options = OpenOptions::new();
    options.read(true).append(true).custom_flags(flags.bits());
    options
}

fn create(path: &Path) -> io::Result<File> {
    // O_EXCL: an existing file or link is not changed.
    options().create_new(true).mode(0o600).open(path)
}

fn uncreated(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::AlreadyExists => "its directory could not be created".to_owned(),
        _ => plain(error),
    }
}

fn too_large() -> String {
    format!("it is larger than {} MiB", LARGEST >> 20)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    fn directory() -> tempfile::TempDir {
        tempfile::tempdir().expect("a directory")
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it exists").permissions().mode() & 0o7777
    }

    fn write(path: &Path, mode: u32) {
        fs::write(path, "x\n").expect("write a file");
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("set its mode");
    }

    #[track_caller]
    fn assert_refused(path: &Path, cause: &str) {
        let refused = HistoryFile::open(path).map(|_| ());
        assert_eq!(refused, Err(cause.to_owned()), "{}", path.display());
    }

    #[test]
    fn open_creates_a_private_file_in_a_private_directory() {
        let directory = directory();
        let path = directory.path().join("state/wsline/history");
        let (file, content) = HistoryFile::open(&path).expect("it can be created");
        assert!(content.is_empty());
        file.append(b"a\n").expect("it can be appended to");
        file.append(b"b\n").expect("it can be appended to");
        assert_eq!(fs::read(&path).expect("it can be read"), b"a\nb\n");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().expect("a parent")), 0o700);
    }

    #[test]
    fn permissions_only_lose_bits() {
        let directory = directory();
        let path = directory.path().join("history");
        for (before, after) in [
            (0o644, 0o600),
            (0o666, 0o600),
            (0o640, 0o600),
            (0o700, 0o700),
        ] {
            write(&path, before);
            let (_, content) = HistoryFile::open(&path).expect("it is ours");
            assert_eq!(content, b"x\n");
            assert_eq!(mode(&path), after, "{before:o}");
        }
    }

    #[test]
    fn only_a_regular_file_with_one_link_is_used() {
        let directory = crate::sys::testing::socket_directory();
        let place = |name: &str| directory.path().join(name);
        assert_refused(directory.path(), "it is a directory");
        mkfifo(&place("fifo"), Mode::from_bits_truncate(0o644)).expect("a pipe");
        assert_refused(&place("fifo"), "it is a pipe, not a regular file");
        assert_eq!(mode(&place("fifo")) & !0o022, 0o644);
        std::os::unix::net::UnixListener::bind(place("socket")).expect("a socket");
        assert_refused(&place("socket"), "it is a socket, not a regular file");
        let null = Path::new("/dev/null");
        let before = mode(null);
        assert_refused(null, "it is a device, not a regular file");
        assert_eq!(mode(null), before);
        write(&place("twice"), 0o644);
        fs::hard_link(place("twice"), place("again")).expect("a hard link");
        assert_refused(&place("twice"), "it has other hard links");
        assert_eq!(mode(&place("twice")), 0o644);
        let huge = File::create(place("huge")).expect("a file");
        huge.set_len(LARGEST + 1).expect("a file with a hole");
        assert_refused(&place("huge"), "it is larger than 128 MiB");
        assert_refused(
            &place("twice").join("history"),
            "its directory could not be created",
        );
    }

    #[test]
    fn symbolic_links_are_followed_to_private_files_only() {
        let directory = directory();
        let place = |name: &str| directory.path().join(name);
        let link = |to: &str, name: &str| symlink(to, place(name)).expect("a link");
        write(&place("private"), 0o600);
        link("private", "one");
        link("one", "two");
        let (file, content) = HistoryFile::open(&place("two")).expect("it is private");
        assert_eq!(content, b"x\n");
        file.append(b"y\n").expect("it can be appended to");
        assert_eq!(fs::read(place("private")).expect("a file"), b"x\ny\n");
        file.replace(b"z\n").expect("it can be replaced");
        assert!(place("two").is_symlink() && place("one").is_symlink());
        assert_eq!(fs::read(place("private")).expect("a file"), b"z\n");

        write(&place("shared"), 0o644);
        link("shared", "open");
        assert_refused(
            &place("open"),
            "it is a symbolic link to a file that other users can access",
        );
        assert_eq!(mode(&place("shared")), 0o644);
        link("/dev/null", "null");
        assert_refused(&place("null"), "it is a device, not a regular file");
        link("nothing", "dangling");
        assert_refused(
            &place("dangling"),
            "it is a symbolic link to a file that does not exist",
        );
        assert!(!place("nothing").exists());
        link("circle", "circle");
        assert_refused(&place("circle"), "too many levels of symbolic links");
    }

    #[test]
    fn link_that_replaces_the_file_is_not_followed() {
        let directory = directory();
        let path = directory.path().join("history");
        let other = directory.path().join("other");
        write(&other, 0o600);
        let (file, _) = HistoryFile::open(&path).expect("it can be created");
        fs::remove_file(&path).expect("it can be removed");
        symlink(&other, &path).expect("a link");
        let refused = file.append(b"secret\n");
        assert_eq!(refused, Err("it is not a regular file".to_owned()));
        assert_eq!(fs::read(&other).expect("a file"), b"x\n");
    }

    #[test]
    fn temporary_file_has_an_unpredictable_name_and_is_removed() {
        let directory = directory();
        let path = directory.path().join("history");
        let (file, _) = HistoryFile::open(&path).expect("it can be created");
        // The name that could be derived from the process id.
        let guessed = directory
            .path()
            .join(format!("history.{}", std::process::id()));
        let target = directory.path().join("target");
        write(&target, 0o644);
        symlink(&target, &guessed).expect("a link");
        file.replace(b"new\n").expect("it can be replaced");
        assert_eq!(fs::read(&path).expect("a file"), b"new\n");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read(&target).expect("a file"), b"x\n");
        assert_eq!(mode(&target), 0o644);
        let names = fs::read_dir(directory.path()).expect("a directory");
        assert_eq!(names.count(), 3, "the history, the link and its target");
    }
}
