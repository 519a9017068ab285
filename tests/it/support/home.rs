//! A clean environment for a program: its own directories, and no variables of the caller.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A home directory and a working directory, removed when dropped.
pub struct Home {
    root: TempDir,
}

impl Home {
    pub fn new() -> Self {
        super::guard::begin();
        let root = tempfile::Builder::new()
            .prefix("wsline-test-")
            .tempdir()
            .expect("a temporary directory can be made");
        for name in ["home", "work", "tmp"] {
            std::fs::create_dir(root.path().join(name)).expect("a directory can be made");
        }
        Self { root }
    }

    /// The home directory; the XDG directories are under it.
    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// The working directory.
    pub fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// Writes a file in or below the working directory. Returns its path.
    pub fn write(&self, name: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.work().join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a directory can be made");
        }
        std::fs::write(&path, contents).expect("a file can be written");
        path
    }

    /// Gives `command` this home, this working directory, and a fixed environment: no proxies, no
    /// certificate variables and no colors unless a test sets them.
    pub fn configure(&self, command: &mut Command, term: &str) {
        let home = self.home();
        command
            .current_dir(self.work())
            .env_clear()
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_STATE_HOME", home.join(".local/state"))
            .env("XDG_DATA_HOME", home.join(".local/share"))
            .env("XDG_CACHE_HOME", home.join(".cache"))
            .env("TMPDIR", self.root.path().join("tmp"))
            .env("LANG", "C.UTF-8")
            .env("TERM", term);
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
    }
}
