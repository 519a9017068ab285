//! The file that `SSLKEYLOGFILE` names. It is opened when a connection may use TLS, once in a run.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::connect::tls::KeyLog;
use crate::error::plain;

/// The file that `SSLKEYLOGFILE` names, if it is set. Clones share the opened file.
#[derive(Clone, Debug, Default)]
pub struct KeyLogVariable {
    path: Option<PathBuf>,
    opened: Arc<OnceLock<Result<KeyLog, String>>>,
}

impl KeyLogVariable {
    /// The variable with this value.
    #[must_use]
    pub fn new(path: Option<PathBuf>) -> Self {
        Self {
            path,
            opened: Arc::default(),
        }
    }

    /// The opened file; `None` if the variable is not set or the file can't be opened.
    #[must_use]
    pub fn open(&self) -> Option<KeyLog> {
        let path = self.path.as_ref()?;
        let open = || KeyLog::open(path).map_err(|cause: io::Error| plain(&cause));
        self.opened.get_or_init(open).as_ref().ok().cloned()
    }

    /// What to tell the user, if the file has been opened or could not be opened.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let path = self.path.as_ref()?.display();
        Some(match self.opened.get()? {
            Ok(_) => format!(
                "TLS keys are appended to {path} (SSLKEYLOGFILE); who has them can decrypt the \
                 connection"
            ),
            Err(cause) => {
                format!("could not open {path} (SSLKEYLOGFILE): {cause}; continuing without it")
            }
        })
    }
}
