//! Small files that are read into memory: sessions, headers, secrets, certificates.
//!
//! A path may lead to a file that never ends (`/dev/zero`), a pipe without a writer, or a device
//! with side effects on opening. So only regular files are opened, without blocking, and pipes named
//! on the command line, such as a shell's `<(…)`. Each file has a size limit.

use std::collections::BTreeMap;
use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use nix::fcntl::OFlag;

/// The size limit in bytes for files without a limit of their own.
pub const MAX_SIZE: u64 = 1 << 30;

/// Reads files by name. Clones share the content of pipes, which can be read only once.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    piped: Arc<Mutex<BTreeMap<PathBuf, Piped>>>,
    only_regular: bool,
}

/// The content of a pipe, or why it could not be read.
#[derive(Clone, Debug)]
enum Piped {
    Content(Vec<u8>),
    Failed(io::ErrorKind, String),
}

impl Inputs {
    /// A reader for names that are not from the command line: it opens no pipes, but has the content
    /// of those that were read before.
    #[must_use]
    pub fn only_regular(&self) -> Self {
        Self {
            piped: Arc::clone(&self.piped),
            only_regular: true,
        }
    }

    /// Reads a file of at most `limit` bytes. Blocks until the end of a pipe; reading it again
    /// returns the same content.
    ///
    /// # Errors
    ///
    /// The system's error, or a clause that explains why the file cannot be read.
    pub fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        if fs::metadata(path)?.file_type().is_fifo() {
            self.read_pipe(path, limit)
        } else {
            read_regular(path, limit)
        }
    }

    /// Reads `path` now if it is a pipe, so that [`read`](Self::read) does not block later. An error
    /// is kept for `read` to return.
    pub fn prefetch(&self, path: &Path, limit: u64) {
        if fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo()) {
            // `read_pipe` keeps the error.
            let _ = self.read_pipe(path, limit);
        }
    }

    fn read_pipe(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let mut piped = self.piped.lock().unwrap_or_else(PoisonError::into_inner);
        let content = match piped.get(path) {
            Some(content) => content.clone(),
            None if self.only_regular => return Err(io::Error::other(PIPE)),
            None => {
                // Blocks until a writer has opened the pipe and closed it again.
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
/// The system's error, or a clause that explains why the file cannot be read.
pub fn read_regular(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    bounded(&open_regular(path)?, limit)
}

/// Opens a file for reading, without blocking, if it is a regular file.
///
/// # Errors
///
/// The system's error, or a clause that explains why the file cannot be read.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let check = |kind| match irregular_cause(kind) {
        Some(cause) => Err(io::Error::other(cause)),
        None => Ok(()),
    };
    check(fs::metadata(path)?.file_type())?;
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)?;
    // The file may have been replaced since.
    check(file.metadata()?.file_type())?;
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

/// A clause that says what a file is instead of a regular file; `None` if it is one.
#[must_use]
pub fn irregular_cause(kind: FileType) -> Option<&'static str> {
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

/// `text` without a byte order mark, which some editors write at the beginning of a file.
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
    fn a_regular_file_is_read_up_to_the_limit() {
        let directory = directory();
        let path = directory.path().join("file");
        fs::write(&path, "12345").expect("a file");
        for inputs in [Inputs::default(), Inputs::default().only_regular()] {
            assert_eq!(inputs.read(&path, 5).expect("within the limit"), b"12345");
            assert_eq!(cause(inputs.read(&path, 4)), "it is larger than 4 bytes");
        }
        for (limit, size) in [(1 << 10, "1 KiB"), (16 << 20, "16 MiB"), (1 << 30, "1 GiB")] {
            let file = File::create(&path).expect("a file");
            file.set_len(limit + 1).expect("a sparse file");
            let expected = format!("it is larger than {size}");
            assert_eq!(cause(read_regular(&path, limit)), expected);
        }
        // A file whose size is reported as 0.
        let status = Path::new("/proc/self/status");
        if status.exists() {
            assert!(read_regular(status, 1 << 20).is_ok_and(|text| !text.is_empty()));
            assert_eq!(cause(read_regular(status, 8)), "it is larger than 8 bytes");
        }
    }

    #[test]
    fn only_regular_files_are_opened() {
        let directory = crate::sys::testing::socket_directory();
        let path = |name: &str| directory.path().join(name);
        std::os::unix::net::UnixListener::bind(path("socket")).expect("a socket");
        std::os::unix::fs::symlink("/dev/zero", path("link")).expect("a link");
        for (file, expected) in [
            (directory.path().to_owned(), "it is a directory"),
            (path("socket"), "it is a socket, not a regular file"),
            (path("link"), "it is a device, not a regular file"),
            ("/dev/null".into(), "it is a device, not a regular file"),
        ] {
            let inputs = Inputs::default();
            assert_eq!(cause(inputs.read(&file, MAX_SIZE)), expected);
            assert_eq!(cause(inputs.only_regular().read(&file, MAX_SIZE)), expected);
            assert_eq!(cause(open_regular(&file)), expected);
        }
        let missing = Inputs::default().read(&path("missing"), MAX_SIZE);
        let missing = missing.expect_err("it is missing");
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_pipe_is_read_once_and_only_if_the_command_line_names_it() {
        let directory = directory();
        let path = directory.path().join("pipe");
        pipe(&path);
        let inputs = Inputs::default();
        let only_regular = inputs.only_regular();
        assert_eq!(cause(only_regular.read(&path, 9)), PIPE);
        assert_eq!(cause(open_regular(&path)), PIPE);
        let pipe_path = path.clone();
        let writer = std::thread::spawn(move || {
            let mut pipe = OpenOptions::new().write(true).open(pipe_path)?;
            pipe.write_all(b"once")
        });
        inputs.prefetch(&path, 9);
        writer.join().expect("no panic").expect("it was read");
        for inputs in [&inputs, &inputs.clone(), &only_regular] {
            assert_eq!(inputs.read(&path, 9).expect("it was read"), b"once");
        }
        assert_eq!(cause(inputs.read(&path, 3)), "it is larger than 3 bytes");
    }

    #[test]
    fn an_endless_pipe_is_read_up_to_the_limit() {
        let directory = directory();
        let path = directory.path().join("pipe");
        pipe(&path);
        let pipe_path = path.clone();
        let writer = std::thread::spawn(move || {
            let mut pipe = OpenOptions::new().write(true).open(pipe_path)?;
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
        let error = ended.expect_err("the pipe was closed");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn only_a_leading_byte_order_mark_is_removed() {
        assert_eq!(without_byte_order_mark(b"\xef\xbb\xbfa"), b"a");
        assert_eq!(without_byte_order_mark(b"a\xef\xbb\xbf"), b"a\xef\xbb\xbf");
        assert_eq!(without_byte_order_mark(b"\xef\xbb"), b"\xef\xbb");
    }
}
