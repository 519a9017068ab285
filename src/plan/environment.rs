//! The environment of the process: its standard streams and the variables that have an effect. It
//! is read once.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::path::PathBuf;

use nix::unistd::{getpgrp, tcgetpgrp};

use super::key_log::KeyLogVariable;
use super::zone::ZoneVariables;
use crate::connect::proxy::ProxyVariables;
use crate::sys::file::Inputs;

/// What a standard stream is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandardStream {
    /// A terminal.
    Terminal,
    /// A character device that is not a terminal, such as `/dev/null`.
    Device,
    /// A pipe, a file or a socket.
    Other,
}

/// The environment of the process.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a variable of its own"
)]
pub struct Environment {
    /// Standard input.
    pub stdin: StandardStream,
    /// Standard output.
    pub stdout: StandardStream,
    /// Standard error.
    pub stderr: StandardStream,
    /// Whether `TERM` is `dumb` or unset: the terminal can only print.
    pub dumb: bool,
    /// Whether the terminal breaks rows anew when its width changes, as most do. Known not to do so:
    /// xterm (`XTERM_VERSION`), screen (`STY`), st and the Linux console (`TERM`), unless tmux
    /// (`TMUX`) runs in them.
    pub reflows: bool,
    /// Whether `NO_COLOR` is set and not empty (<https://no-color.org>).
    pub no_color: bool,
    /// Whether `FORCE_COLOR` (<https://force-color.org>) or `CLICOLOR_FORCE`
    /// (<https://bixense.com/clicolors>) is set and neither empty nor `0`.
    pub force_color: bool,
    /// Whether a job of GitHub Actions runs the process: `GITHUB_ACTIONS` is set.
    pub github_actions: bool,
    /// Whether `COLORTERM` says that the terminal has 24-bit colors.
    pub true_color: bool,
    /// The file of the prompt's history: `$XDG_STATE_HOME/wsline/history`, or below
    /// `$HOME/.local/state`; `None` without a home directory.
    pub history: Option<PathBuf>,
    /// Where the config file is: `$XDG_CONFIG_HOME/wsline/config.toml`, else below `$HOME/.config`;
    /// `None` without a home.
    pub config: Option<PathBuf>,
    /// The file of the prompt's snippets, beside the config file.
    pub snippets: Option<PathBuf>,
    /// The user's number.
    pub user: u32,
    /// `$HOME`.
    pub home: Option<PathBuf>,
    /// Where temporary files are kept: `$TMPDIR`, else `/tmp`.
    pub drafts: PathBuf,
    /// The variables for proxies.
    pub proxies: ProxyVariables,
    /// Where TLS keys are logged: `$SSLKEYLOGFILE`.
    pub key_log: KeyLogVariable,
    /// The variables for the time zone.
    pub zone: ZoneVariables,
    /// Reads the files that the command line names.
    pub inputs: Inputs,
}

/// Corrects variables that libraries read by themselves and misunderstand, before there is another
/// thread. `COLUMNS=0` is an unknown width, at which clap would wrap the help; a terminal without
/// `TERM` can only print, which rustyline knows of `dumb` alone.
pub fn correct_variables() {
    if std::env::var_os("COLUMNS").is_some_and(|width| width == "0") {
        std::env::remove_var("COLUMNS");
    }
    if std::env::var_os("TERM").is_none_or(|term| term.is_empty()) {
        std::env::set_var("TERM", "dumb");
    }
}

/// The arguments of the process, beginning with the program's name.
pub fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os()
}

impl Environment {
    /// Reads the environment of the process.
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
            stdin: StandardStream::of_input(&io::stdin()),
            stdout: StandardStream::of(&io::stdout()),
            stderr: StandardStream::of(&io::stderr()),
            dumb: set("TERM").is_none_or(|term| term == "dumb"),
            reflows: set("TMUX").is_some()
                || set("XTERM_VERSION").or(set("STY")).is_none()
                    && set("TERM").is_none_or(|term| {
                        let term = term.to_string_lossy();
                        term != "linux" && term != "st" && !term.starts_with("st-")
                    }),
            no_color: set("NO_COLOR").is_some(),
            force_color: ["FORCE_COLOR", "CLICOLOR_FORCE"]
                .into_iter()
                .any(|name| set(name).is_some_and(|value| value != "0")),
            github_actions: set("GITHUB_ACTIONS").is_some(),
            true_color: set("COLORTERM").is_some_and(|it| it == "truecolor" || it == "24bit"),
            history: state.map(|state| state.join("wsline/history")),
            snippets: config.as_ref().map(|config| config.join("wsline/snippets")),
            config: config.map(|config| config.join("wsline/config.toml")),
            user: rustix::process::getuid().as_raw(),
            home,
            drafts: std::env::temp_dir(),
            proxies: ProxyVariables::read(|name| {
                set(name).map(|value| value.to_string_lossy().into_owned())
            }),
            key_log: KeyLogVariable::new(set("SSLKEYLOGFILE").map(PathBuf::from)),
            zone: ZoneVariables {
                tz: std::env::var_os("TZ"),
                directory: set("TZDIR").map(PathBuf::from),
            },
            inputs: Inputs::default(),
        }
    }
}

impl StandardStream {
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
