//! Small files that are read whole: sessions, headers, secrets, certificates.
//!
//! A name may lead to something that never ends (`/dev/zero`), never begins (a pipe that nobody
//! writes to), or acts on being opened (a device). So only regular files are opened, without
//! waiting, and pipes that the command line names, such as `<(…)` of a shell; and each has a limit.

use std::collections::BTreeMap;
use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use nix::fcntl::OFlag;

/// The most that any file may have that is read whole, in bytes.
pub const LARGEST: u64 = 1 << 30;

/// Files that are read by name. Its clones share what came out of pipes, which can be read once.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    piped: Arc<Mutex<BTreeMap<PathBuf, Piped>>>,
    only_regular: bool,
}

/// What came out of a pipe, or why nothing did.
#[derive(Clone, Debug)]
enum Piped {
    Content(Vec<u8>),
    Failed(io::ErrorKind, String),
}

impl Inputs {
    /// The same for names that are not from the command line: of pipes it has only what was read
    /// before.
    #[must_use]
    pub fn only_regular(&self) -> Self {
        Self {
            piped: Arc::clone(&self.piped),
            only_regular: true,
        }
    }

    /// Reads a file of at most `limit` bytes. A pipe is waited for, and read once: a second time it
    /// has what it had the first time.
    ///
    /// # Errors
    ///
    /// What the system said, or a sentence that follows "it can't be read:".
    pub fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        if fs::metadata(path)?.file_type().is_fifo() {
            self.read_pipe(path, limit)
        } else {
            read_regular(path, limit)
        }
    }

    /// Reads `path` now if it is a pipe, so that nothing waits for it later. What is wrong with it
    /// is told by [`read`](Self::read).
    pub fn prefetch(&self, path: &Path, limit: u64) {
        if fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo()) {
            // An error is kept, for whoever reads it.
            let _ = self.read_pipe(path, limit);
        }
    }

    fn read_pipe(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let mut piped = self.piped.lock().unwrap_or_else(PoisonError::into_inner);
        let content = match piped.get(path) {
            Some(content) => content.clone(),
            None if self.only_regular => return Err(io::Error::other(PIPE)),
            None => {
                // Waits for a writer, and for all that it writes.
                let content = File::open(path).and_then(|file| bounded(&file, limit));
                let content = content.map_or_else(
                    |error| Piped::Failed(error.kind(), error.to_string()),
                    Piped::Content,
                );
                piped.insert(path.to_owned(), content.clone());
                content
            }
        };
        match content {
            Piped::Content(bytes) if bytes.len() as u64 > limit => Err(too_large(limit)),
            Piped::Content(bytes) => Ok(bytes),
            Piped::Failed(kind, text) => Err(io::Error::new(kind, text)),
        }
    }
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
///
/// What the system said, or a sentence that follows "it can't be read:".
pub fn read_regular(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    bounded(&open_regular(path)?, limit)
}

/// Opens a regular file to read, and nothing else, without waiting.
///
/// # Errors
///
/// What the system said, or a sentence that follows "it can't be read:".
pub fn open_regular(path: &Path) -> io::Result<File> {
    let refuse = |kind| match irregular(kind) {
        Some(cause) => Err(io::Error::other(cause)),
        None => Ok(()),
    };
    refuse(fs::metadata(path)?.file_type())?;
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)?;
    // It may have been replaced meanwhile.
    refuse(file.metadata()?.file_type())?;
    Ok(file)
}

fn bounded(file: &File, limit: u64) -> io::Result<Vec<u8>> {
    let size = file.metadata()?.len();
    if size > limit {
        return Err(too_large(limit));
    }
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    file.take(limit + 1).read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(too_large(limit));
    }
    Ok(content)
}

fn too_large(limit: u64) -> io::Error {
    let limit = match limit {
        _ if limit.is_multiple_of(1 << 30) => format!("{} GiB", limit >> 30),
        _ if limit.is_multiple_of(1 << 20) => format!("{} MiB", limit >> 20),
        _ if limit.is_multiple_of(1 << 10) => format!("{} KiB", limit >> 10),
        _ => format!("{limit} bytes"),
    };
    io::Error::other(format!("it is larger than {limit}"))
}

const PIPE: &str = "it is a pipe, not a regular file";

/// What keeps a file from being a regular one, as the end of a sentence; `None` if it is one.
#[must_use]
pub fn irregular(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        None
    } else if kind.is_dir() {
        Some("it is a directory")
    } else if kind.is_fifo() {
        Some(PIPE)
    } else if kind.is_socket() {
        Some("it is a socket, not a regular file")
    } else if kind.is_char_device() || kind.is_block_device() {
        Some("it is a device, not a regular file")
    } else {
        Some("it is not a regular file")
    }
}

/// The text without the byte order mark that some editors begin a file with.
#[must_use]
pub fn without_byte_order_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    fn directory() -> tempfile::TempDir {
        tempfile::tempdir().expect("a directory")
    }

    fn pipe(path: &Path) {
        mkfifo(path, Mode::from_bits_truncate(0o600)).expect("a pipe");
    }

    fn cause<T: std::fmt::Debug>(result: io::Result<T>) -> String {
        result.expect_err("it can't be read").to_string()
    }

    #[test]
    fn a_regular_file_is_read_up_to_its_limit() {
        let directory = directory();
        let path = directory.path().join("file");
        fs::write(&path, "12345").expect("a file");
        for inputs in [Inputs::default(), Inputs::default().only_regular()] {
            assert_eq!(inputs.read(&path, 5).expect("it has room"), b"12345");
            assert_eq!(cause(inputs.read(&path, 4)), "it is larger than 4 bytes");
        }
        for (limit, says) in [(1 << 10, "1 KiB"), (16 << 20, "16 MiB"), (1 << 30, "1 GiB")] {
            let file = File::create(&path).expect("a file");
            file.set_len(limit + 1).expect("a file with a hole");
            let wanted = format!("it is larger than {says}");
            assert_eq!(cause(read_regular(&path, limit)), wanted);
        }
        // It says that it has no bytes.
        let status = Path::new("/proc/self/status");
        if status.exists() {
            assert!(read_regular(status, 1 << 20).is_ok_and(|text| !text.is_empty()));
            assert_eq!(cause(read_regular(status, 8)), "it is larger than 8 bytes");
        }
    }

    #[test]
    fn what_is_no_file_is_not_opened() {
        let directory = directory();
        let place = |name: &str| directory.path().join(name);
        std::os::unix::net::UnixListener::bind(place("socket")).expect("a socket");
        std::os::unix::fs::symlink("/dev/zero", place("link")).expect("a link");
        for (path, says) in [
            (directory.path().to_owned(), "it is a directory"),
            (place("socket"), "it is a socket, not a regular file"),
            (place("link"), "it is a device, not a regular file"),
            ("/dev/null".into(), "it is a device, not a regular file"),
        ] {
            let inputs = Inputs::default();
            assert_eq!(cause(inputs.read(&path, LARGEST)), says);
            assert_eq!(cause(inputs.only_regular().read(&path, LARGEST)), says);
            assert_eq!(cause(open_regular(&path)), says);
        }
        let missing = Inputs::default().read(&place("missing"), LARGEST);
        let missing = missing.expect_err("it is missing");
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_pipe_is_read_once_and_only_if_the_command_line_names_it() {
        let directory = directory();
        let path = directory.path().join("pipe");
        pipe(&path);
        let inputs = Inputs::default();
        let of_files = inputs.only_regular();
        assert_eq!(cause(of_files.read(&path, 9)), PIPE);
        assert_eq!(cause(open_regular(&path)), PIPE);
        let place = path.clone();
        let writer = std::thread::spawn(move || {
            let mut pipe = OpenOptions::new().write(true).open(place)?;
            pipe.write_all(b"once")
        });
        inputs.prefetch(&path, 9);
        writer.join().expect("no panic").expect("it was read");
        for inputs in [&inputs, &inputs.clone(), &of_files] {
            assert_eq!(inputs.read(&path, 9).expect("it was read"), b"once");
        }
        assert_eq!(cause(inputs.read(&path, 3)), "it is larger than 3 bytes");
    }

    #[test]
    fn a_pipe_without_an_end_is_read_up_to_the_limit() {
        let directory = directory();
        let path = directory.path().join("pipe");
        pipe(&path);
        let place = path.clone();
        let writer = std::thread::spawn(move || {
            let mut pipe = OpenOptions::new().write(true).open(place)?;
            loop {
                pipe.write_all(&[0; 4096])?;
            }
        });
        let inputs = Inputs::default();
        for _ in 0..2 {
            let read = inputs.read(&path, 100 << 10);
            assert_eq!(cause(read), "it is larger than 100 KiB");
        }
        let ended: io::Result<()> = writer.join().expect("no panic");
        let error = ended.expect_err("it wrote without end");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_byte_order_mark_is_left_out_once() {
        assert_eq!(without_byte_order_mark(b"\xef\xbb\xbfa"), b"a");
        assert_eq!(without_byte_order_mark(b"a\xef\xbb\xbf"), b"a\xef\xbb\xbf");
        assert_eq!(without_byte_order_mark(b"\xef\xbb"), b"\xef\xbb");
    }
}
