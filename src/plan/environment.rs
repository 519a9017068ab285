//! What the process was started in: its standard streams and the environment variables that have an
//! effect, read once.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::path::PathBuf;

use nix::unistd::{getpgrp, tcgetpgrp};

use super::zone::ZoneVariables;
use crate::connect::proxy::ProxyVariables;
use crate::sys::file::Inputs;

/// What a standard stream is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// A terminal.
    Terminal,
    /// A character device that is no terminal, such as `/dev/null`.
    Device,
    /// A pipe, a file, a socket.
    Other,
}

/// What the process was started in.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Standard input.
    pub stdin: Stream,
    /// Standard output.
    pub stdout: Stream,
    /// Standard error.
    pub stderr: Stream,
    /// `TERM` says that the terminal can do nothing but print.
    pub dumb: bool,
    /// `NO_COLOR` is set and not empty (<https://no-color.org>).
    pub no_color: bool,
    /// `CLICOLOR_FORCE` is set and neither empty nor `0` (<https://bixense.com/clicolors>).
    pub force_color: bool,
    /// Where the history is kept: `$XDG_STATE_HOME/wsline/history`, else below
    /// `$HOME/.local/state`; `None` without a home.
    pub history: Option<PathBuf>,
    /// Where the config file is: `$XDG_CONFIG_HOME/wsline/config.toml`, else below `$HOME/.config`;
    /// `None` without a home.
    pub config: Option<PathBuf>,
    /// The user's number.
    pub user: u32,
    /// `$HOME`.
    pub home: Option<PathBuf>,
    /// Where temporary files are kept: `$TMPDIR`, else `/tmp`.
    pub drafts: PathBuf,
    /// What it says about proxies.
    pub proxies: ProxyVariables,
    /// What it says about the time zone.
    pub zone: ZoneVariables,
    /// The files that the command line names.
    pub inputs: Inputs,
}

/// The command line of this process, the program's name first.
///
/// Terminals and tools that don't know their width set `COLUMNS` to 0, which clap would take for a
/// width; so the variable is removed, before there is another thread.
pub fn arguments() -> impl Iterator<Item = OsString> {
    if std::env::var_os("COLUMNS").is_some_and(|width| width == "0") {
        std::env::remove_var("COLUMNS");
    }
    std::env::args_os()
}

impl Environment {
    /// Reads the environment of this process.
    #[must_use]
    pub fn read() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let home = set("HOME").map(PathBuf::from);
        let folder = |name: &str, in_home: &str| {
            let named = set(name).map(PathBuf::from);
            let in_home = || home.as_ref().map(|home| home.join(in_home));
            named.filter(|path| path.is_absolute()).or_else(in_home)
        };
        let state = folder("XDG_STATE_HOME", ".local/state");
        let config = folder("XDG_CONFIG_HOME", ".config");
        Self {
            stdin: Stream::of_input(&io::stdin()),
            stdout: Stream::of(&io::stdout()),
            stderr: Stream::of(&io::stderr()),
            dumb: set("TERM").is_none_or(|term| term == "dumb"),
            no_color: set("NO_COLOR").is_some(),
            force_color: set("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
            history: state.map(|state| state.join("wsline/history")),
            config: config.map(|config| config.join("wsline/config.toml")),
            user: rustix::process::getuid().as_raw(),
            home,
            drafts: std::env::temp_dir(),
            proxies: ProxyVariables::read(|name| {
                set(name).map(|value| value.to_string_lossy().into_owned())
            }),
            zone: ZoneVariables {
                tz: std::env::var_os("TZ"),
                directory: set("TZDIR").map(PathBuf::from),
            },
            inputs: Inputs::default(),
        }
    }
}

impl Stream {
    /// As [`of`](Self::of), but a terminal is nothing to read from in the background, where the
    /// shell reads it: SIGTTIN would stop the process.
    fn of_input(stream: &(impl AsFd + IsTerminal)) -> Self {
        match Self::of(stream) {
            Self::Terminal
                if tcgetpgrp(stream.as_fd()).is_ok_and(|foreground| foreground != getpgrp()) =>
            {
                Self::Device
            }
            other => other,
        }
    }

    fn of(stream: &(impl AsFd + IsTerminal)) -> Self {
        if stream.is_terminal() {
            return Self::Terminal;
        }
        let file = stream.as_fd().try_clone_to_owned().map(File::from);
        let kind = file
            .and_then(|file| file.metadata())
            .map(|metadata| metadata.file_type());
        match kind {
            Ok(kind) if kind.is_char_device() => Self::Device,
            _ => Self::Other,
        }
    }
}
