//! What holds for every file of a run.

use std::ffi::OsString;

use crate::cli::config::ConfigOptions;
use crate::cli::{OptionArgs, TestArgs};
use crate::connect::Dialer;
use crate::plan::{Environment, Stream};

/// What holds for every file.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The variables of `--var`.
    pub vars: Vec<(String, String)>,
    /// The URL that goes before those of the files.
    pub url: Option<String>,
    /// How many times as fast as they were recorded pauses are; `None` for none.
    pub speed: Option<f64>,
    /// Where received JSON may differ.
    pub ignore: Vec<String>,
    /// Options of a conversation that go before those of the files.
    pub words: Vec<OsString>,
    /// Options of the config file, which all others override.
    pub config: ConfigOptions,
    /// Files may do only what `--untrusted` allows.
    pub untrusted: bool,
    /// They say that close codes may be sent which RFC 6455 forbids.
    pub force: bool,
    /// What the process was started in.
    pub environment: Environment,
    /// Whether each statement is told.
    pub verbose: bool,
    /// What connections share.
    pub dialer: Dialer,
}

impl Settings {
    /// The settings of a command line.
    #[must_use]
    pub fn new(test: TestArgs, options: &OptionArgs, environment: &Environment) -> Self {
        Self {
            vars: test.vars,
            url: test.url,
            speed: test.speed,
            ignore: test.ignore,
            words: test.words,
            config: test.config_options,
            untrusted: test.untrusted,
            force: options.force,
            // Nobody is asked anything, whatever stdin is, and files name regular files only.
            environment: Environment {
                stdin: Stream::Device,
                inputs: environment.inputs.only_regular(),
                ..environment.clone()
            },
            verbose: test.verbose,
            dialer: Dialer::new(),
        }
    }
}
