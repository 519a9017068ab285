//! The file of a record: which files are allowed, and how they are opened.
//!
//! A record may be private, so a new file is readable by its owner only. An existing file keeps its
//! permissions, and its content until there is something to replace it. A symbolic link is followed
//! if it is our own and leads to a regular file; names of inherited descriptors (`/dev/stdout`,
//! `/dev/fd/63`) don't count as links. Nothing blocks forever: there is a timeout for a pipe
//! without a reader.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;

use super::options::RecordFormat;
use crate::error::Error;
use crate::sys::path::follow_own_links;

/// How long to wait for a reader of a pipe.
const READER_TIMEOUT: Duration = Duration::from_secs(5);

/// An open file for writing.
#[derive(Debug)]
pub(super) struct RecordFile {
    pub(super) file: File,
    /// Whether it is a regular file, which can be overwritten at its end.
    pub(super) is_regular: bool,
    /// Whether it has content that a record replaces.
    pub(super) has_content: bool,
}

impl RecordFile {
    /// Opens or creates the file. While a pipe has no reader, calls `pause` repeatedly, which waits
    /// briefly and returns an error to give up.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] for a file that can't be written, and errors of `pause`.
    pub(super) fn open(
        path: &Path,
        pause: &mut dyn FnMut() -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let fault = |cause| Error::Output {
            target: path.display().to_string(),
            cause,
        };
        let begun = Instant::now();
        loop {
            match open(path) {
                Ok(file) => return Self::check(path, file).map_err(fault),
                Err(cause) if !is_unread(path, &cause) => return Err(fault(cause)),
                Err(_) if RecordFormat::of(path) == RecordFormat::Har => {
                    return Err(fault(not_regular()))
                }
                Err(_) if begun.elapsed() >= READER_TIMEOUT => {
                    let seconds = READER_TIMEOUT.as_secs();
                    let cause = format!("nothing has opened the pipe for reading in {seconds} s");
                    return Err(fault(io::Error::other(cause)));
                }
                Err(_) => pause()?,
            }
        }
    }

    fn check(path: &Path, file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let is_regular = metadata.is_file();
        if RecordFormat::of(path) == RecordFormat::Har && !is_regular {
            return Err(not_regular());
        }
        Ok(Self {
            file,
            is_regular,
            has_content: is_regular && metadata.len() > 0,
        })
    }
}

fn not_regular() -> io::Error {
    io::Error::other(
        "a HAR is completed each time something is added, which only a regular file allows; \
         record JSON lines (.jsonl) there",
    )
}

fn open(path: &Path) -> io::Result<File> {
    if names_descriptor(path) {
        return options(OFlag::empty()).open(path);
    }
    // With O_CREAT, Linux can refuse files of others in a shared directory (`fs.protected_regular`,
    // `fs.protected_fifos`).
    let found = options(OFlag::O_NOFOLLOW)
        .create(true)
        .mode(0o600)
        .open(path);
    match found {
        Err(cause) if is_link(&cause) => open_linked(path),
        found => found,
    }
}

/// Opens a regular file through symbolic links of our own.
fn open_linked(path: &Path) -> io::Result<File> {
    let refuse =
        || io::Error::other("it is a symbolic link to something other than a regular file");
    let (path, _) = follow_own_links(path)?;
    // Checked before opening as well, because opening a device may have an effect.
    if !fs::symlink_metadata(&path)?.is_file() {
        return Err(refuse());
    }
    let file = options(OFlag::O_NOFOLLOW).open(&path)?;
    if !file.metadata()?.is_file() {
        return Err(refuse());
    }
    Ok(file)
}

fn options(flags: OFlag) -> OpenOptions {
    let flags = flags | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let mut options = OpenOptions::new();
    options.write(true).custom_flags(flags.bits());
    options
}

/// Whether a path is the name of an inherited descriptor.
fn names_descriptor(path: &Path) -> bool {
    let is_in = |folder| path.parent() == Some(Path::new(folder));
    is_in("/dev/fd")
        || is_in("/proc/self/fd")
        || ["/dev/stdout", "/dev/stderr"]
            .iter()
            .any(|name| path == Path::new(name))
}

/// Whether `O_NOFOLLOW` found a symbolic link.
fn is_link(cause: &io::Error) -> bool {
    [Errno::ELOOP, Errno::EMLINK]
        .iter()
        .any(|errno| cause.raw_os_error() == Some(*errno as i32))
}

/// Whether a pipe could not be opened because it has no reader.
fn is_unread(path: &Path, cause: &io::Error) -> bool {
    cause.raw_os_error() == Some(Errno::ENXIO as i32)
        && fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::{symlink, PermissionsExt as _};

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    fn directory() -> tempfile::TempDir {
        tempfile::tempdir().expect("a directory")
    }

    fn open_now(path: &Path) -> Result<RecordFile, String> {
        let opened = RecordFile::open(path, &mut || Err(Error::Signal(15)));
        opened.map_err(|error| error.to_string())
    }

    #[test]
    fn new_file_is_private() {
        let folder = directory();
        let path = folder.path().join("talk.ws");
        let opened = open_now(&path).expect("it is created");
        assert!(opened.is_regular && !opened.has_content);
        let mode = fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777 & !0o600, 0, "{mode:o}");
    }

    #[test]
    fn existing_file_keeps_permissions_and_content() {
        let folder = directory();
        let path = folder.path().join("talk.ws");
        fs::write(&path, "before").expect("room");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("it is ours");
        let opened = open_now(&path).expect("it can be written");
        assert!(opened.is_regular && opened.has_content);
        assert_eq!(fs::read(&path).expect("it is there"), b"before");
        let mode = fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o640);
    }

    #[test]
    fn links_are_followed_to_regular_files_only() {
        let folder = directory();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "before").expect("room");
        mkfifo(&at("pipe"), Mode::S_IRWXU).expect("a pipe");
        for (link, target) in [
            ("a.ws", "file"),
            ("b.ws", "a.ws"),
            ("c.ws", "pipe"),
            ("d.ws", "/dev/null"),
            ("e.ws", "nowhere"),
            ("f.ws", "f.ws"),
        ] {
            symlink(target, at(link)).expect("a link");
        }
        for link in ["a.ws", "b.ws"] {
            assert!(open_now(&at(link)).expect("it is followed").has_content);
        }
        let other = "it is a symbolic link to something other than a regular file";
        for (link, why) in [
            ("c.ws", other),
            ("d.ws", other),
            (
                "e.ws",
                "it is a symbolic link to a file that does not exist",
            ),
            ("f.ws", "too many levels of symbolic links"),
        ] {
            let refused = open_now(&at(link)).expect_err("it is refused");
            let path = at(link);
            let text = format!("could not write to {}: {why}", path.display());
            assert_eq!(refused, text);
        }
        assert!(!at("nowhere").exists());
    }

    #[test]
    fn pipe_is_opened_when_it_has_a_reader() {
        let folder = directory();
        let path = folder.path().join("pipe.ws");
        mkfifo(&path, Mode::S_IRWXU).expect("a pipe");
        let mut reader = None;
        let opened = RecordFile::open(&path, &mut || {
            let flags = OFlag::O_NONBLOCK.bits();
            let opened = File::options().read(true).custom_flags(flags).open(&path);
            reader = Some(opened.expect("nothing to wait for"));
            Ok(())
        });
        let mut opened = opened.expect("it has a reader");
        assert!(!opened.is_regular && !opened.has_content);
        opened.file.write_all(b"x").expect("room in the pipe");
    }

    #[test]
    fn waiting_for_a_reader_ends_with_an_error_of_pause() {
        let folder = directory();
        let path = folder.path().join("pipe.ws");
        mkfifo(&path, Mode::S_IRWXU).expect("a pipe");
        let mut pauses = 0;
        let ended = RecordFile::open(&path, &mut || {
            pauses += 1;
            if pauses < 3 {
                return Ok(());
            }
            Err(Error::Signal(15))
        });
        assert!(matches!(ended, Err(Error::Signal(15))));
        assert_eq!(pauses, 3);
    }

    #[test]
    fn archive_in_a_pipe_is_refused_at_once() {
        let folder = directory();
        let path = folder.path().join("pipe.har");
        mkfifo(&path, Mode::S_IRWXU).expect("a pipe");
        let refused = open_now(&path).expect_err("it is no regular file");
        assert!(refused.contains("only a regular file allows"), "{refused}");
    }

    #[test]
    fn descriptor_names_are_not_links() {
        for (path, is_one) in [
            ("/dev/stdout", true),
            ("/dev/stderr", true),
            ("/dev/fd/63", true),
            ("/proc/self/fd/1", true),
            ("/dev/null", false),
            ("/tmp/fd/1", false),
            ("fd/1", false),
        ] {
            assert_eq!(names_descriptor(Path::new(path)), is_one, "{path}");
        }
    }
}
