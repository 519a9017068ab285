//! The settings that apply to all files.

use std::sync::Arc;
use std::time::Duration;

use crate::cli::config::ConfigOptions;
use crate::cli::{ConnectionOptions, OptionParser, SessionOptions, TestArgs, UntrustedCheck};
use crate::connect::Dialer;
use crate::plan::{Environment, StandardStream};
use crate::source::Expectation;

/// The settings that apply to all files.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The variables of `--var`.
    pub vars: Vec<(String, String)>,
    /// The URL that overrides those of the files.
    pub url: Option<String>,
    /// The timeout of expectations before a `within` statement.
    pub within: Duration,
    /// How often a file that does not pass is run again.
    pub retries: u32,
    /// The factor for the speed of recorded pauses; `None` to skip them.
    pub speed: Option<f64>,
    /// JSON Pointers to values that are not compared.
    pub ignore: Vec<String>,
    /// Options that override those of the files.
    pub options: SessionOptions,
    /// Parses the options of the files.
    pub parser: Arc<OptionParser>,
    /// Options of the config file, which all others override.
    pub config: ConfigOptions,
    /// Checks the options of files, which are restricted by `--untrusted`.
    pub untrusted: Option<Arc<UntrustedCheck>>,
    /// Whether close codes that RFC 6455 forbids may be sent.
    pub force: bool,
    /// The environment of the process.
    pub environment: Environment,
    /// Whether statements are printed.
    pub verbose: bool,
    /// What connections share.
    pub dialer: Dialer,
}

impl Settings {
    /// Makes the settings from the command line. `checked` are the `options` after `--` with those of
    /// the config file.
    #[must_use]
    pub fn new(
        test: TestArgs,
        vars: Vec<(String, String)>,
        options: SessionOptions,
        checked: &ConnectionOptions,
        untrusted: Option<Arc<UntrustedCheck>>,
        environment: &Environment,
    ) -> Self {
        Self {
            vars,
            within: test.within.unwrap_or(Expectation::WITHIN),
            retries: test.retries,
            url: test.url,
            speed: test.speed,
            ignore: test.ignore,
            parser: Arc::default(),
            options,
            config: test.config_options,
            untrusted,
            force: checked.protocol.force,
            // There are no prompts, whatever stdin is, and files can only name regular files.
            environment: Environment {
                stdin: StandardStream::Device,
                inputs: environment.inputs.only_regular(),
                ..environment.clone()
            },
            verbose: test.verbose,
            dialer: Dialer::new(),
        }
    }
}
