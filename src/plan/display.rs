//! How messages and events are shown: formats, colors, and how much is printed.

use super::environment::{Environment, StandardStream};
use crate::cli::{self, ColorChoice, OptionArgs};
use crate::http::Secrets;
use crate::output::dump::BinaryFormat;
use crate::output::palette::Palette;
use crate::output::timing::TimingFormat;
use crate::output::verbosity::Verbosity;

/// The output format of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageFormat {
    /// Unchanged, for programs.
    Raw {
        /// The byte after each text message.
        line_end: u8,
    },
    /// For people at a terminal: escaped, truncated, binary messages as hex dumps.
    Human,
    /// As JSON lines.
    Json,
}

/// Selects the output format by the type of stdout and the options.
pub(super) fn format(options: &OptionArgs, environment: &Environment) -> MessageFormat {
    if options.json {
        MessageFormat::Json
    } else if environment.stdout == StandardStream::Terminal {
        MessageFormat::Human
    } else {
        MessageFormat::Raw {
            line_end: if options.null { 0 } else { b'\n' },
        }
    }
}

/// The format of the connection timing, if it is shown.
pub(super) fn timing(options: &OptionArgs, environment: &Environment) -> Option<TimingFormat> {
    options.timing.then_some(match environment.stderr {
        StandardStream::Terminal => TimingFormat::Bars,
        StandardStream::Device | StandardStream::Other => TimingFormat::Columns,
    })
}

pub(super) fn secrets(options: &OptionArgs) -> Secrets {
    if options.show_secrets {
        Secrets::Shown
    } else {
        Secrets::Hidden
    }
}

pub(super) fn verbosity(options: &OptionArgs) -> Verbosity {
    match (options.quiet, options.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, 0) => Verbosity::Normal,
        (_, 1) => Verbosity::Handshake,
        (_, 2) => Verbosity::Frames,
        _ => Verbosity::Bytes,
    }
}

/// The colors for output that is printed before there is a plan.
#[must_use]
pub fn palette(color: ColorChoice, stream: StandardStream, environment: &Environment) -> Palette {
    let auto = if environment.no_color {
        false
    } else {
        environment.force_color || (stream == StandardStream::Terminal && !environment.dumb)
    };
    let colored = match color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => auto,
    };
    if colored {
        Palette::colored()
    } else {
        Palette::plain()
    }
}

pub(super) fn binary_as(form: cli::BinaryAs) -> BinaryFormat {
    match form {
        cli::BinaryAs::Raw => BinaryFormat::Raw,
        cli::BinaryAs::Hex => BinaryFormat::Hex,
        cli::BinaryAs::Base64 => BinaryFormat::Base64,
        cli::BinaryAs::Skip => BinaryFormat::Skip,
    }
}
