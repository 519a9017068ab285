//! The secrets of TLS sessions, appended to a file in the format of NSS that Wireshark reads to decrypt
//! captured packets.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use nix::fcntl::OFlag;
use nix::libc::ENXIO;

/// A file that the secrets of sessions are appended to. Clones share it.
#[derive(Clone, Debug)]
pub struct KeyLog(Arc<KeyLogFile>);

#[derive(Debug)]
struct KeyLogFile {
    file: File,
    /// The first error of writing, until it is reported.
    failure: Mutex<Option<io::Error>>,
}

impl KeyLog {
    /// Opens the file to append to, without blocking. A new file can be read only by its owner; the
    /// mode of an existing one is not changed.
    ///
    /// # Errors
    ///
    /// The system's error, or a clause that explains why the file is not used.
    pub fn open(path: &Path) -> io::Result<Self> {
        if cfg!(target_vendor = "apple") {
            return Err(io::Error::other(
                "the TLS library of this system does not reveal its keys",
            ));
        }
        let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let opened = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(flags.bits())
            .open(path);
        let file = opened.map_err(|cause| match cause.raw_os_error() {
            Some(ENXIO) => io::Error::other("nothing reads from this pipe"),
            _ => cause,
        })?;
        let metadata = file.metadata()?;
        let is_foreign = metadata.uid() != rustix::process::getuid().as_raw();
        if is_foreign && !metadata.file_type().is_char_device() {
            return Err(io::Error::other("the file belongs to another user"));
        }
        Ok(Self(Arc::new(KeyLogFile {
            file,
            failure: Mutex::default(),
        })))
    }

    /// Appends a line in one piece, since other connections and programs may append too.
    pub(super) fn push(&self, line: &str) {
        let line = format!("{line}\n");
        if let Err(cause) = (&self.0.file).write_all(line.as_bytes()) {
            self.failure().get_or_insert(cause);
        }
    }

    /// Why a line could not be written, if that happened since the last call.
    #[must_use]
    pub fn take_failure(&self) -> Option<io::Error> {
        self.failure().take()
    }

    fn failure(&self) -> std::sync::MutexGuard<'_, Option<io::Error>> {
        let failure = self.0.failure.lock();
        failure.unwrap_or_else(PoisonError::into_inner)
    }
}
