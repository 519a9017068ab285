//! Rules about combinations of options.

use super::data::MessageArg;
use super::options::{ConnectionArgs, OptionArgs};
use super::secret_source::SecretSource;
use crate::error::USE_FORCE;
use crate::protocol::CloseReason;
use crate::secret::Secret;
use crate::source::Expected;

impl OptionArgs {
    /// Whether an expectation is set.
    #[must_use]
    pub fn expects(&self) -> bool {
        let expects = |step: &MessageArg| {
            matches!(
                step,
                MessageArg::Expect { .. } | MessageArg::Statement { .. }
            )
        };
        self.messages.iter().any(expects)
    }

    fn check_expectations(&self) -> Result<(), String> {
        if self.strict && !self.expects() {
            return Err("--strict requires an expectation, such as --expect TEXT".to_owned());
        }
        let refusal = |step: &MessageArg| matches!(step, MessageArg::Expect { wanted: Expected::Status(status), .. } if *status != 101);
        let is_option = |step: &&MessageArg| !matches!(step, MessageArg::Statement { .. });
        let options = self.messages.iter().filter(is_option).count();
        if self.messages.iter().any(refusal) && options > 1 {
            return Err(
                "--expect-status with a status other than 101 cannot be combined with --data or \
                 other expectations: no connection will be open"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// Checks the rules about combinations of options.
    ///
    /// # Errors
    ///
    /// Which options cannot be used together, or what an option requires.
    pub(super) fn check(&self) -> Result<(), String> {
        self.check_input()?;
        self.check_expectations()?;
        self.check_output()?;
        self.connection.check()?;
        if self.history.is_some() && self.no_history {
            return Err("--history cannot be used with --no-history".to_owned());
        }
        CloseReason::from_user(
            self.protocol.close_code,
            &self.protocol.close_reason,
            self.protocol.force,
        )
        .map_err(|error| error.with_advice(USE_FORCE))?;
        Ok(())
    }

    /// Rejects values that are only allowed in a config file.
    ///
    /// # Errors
    ///
    /// A message that names the option.
    pub(super) fn check_sources(&self) -> Result<(), String> {
        self.connection.check_sources()?;
        if self.no_config && self.config.is_some() {
            return Err("--config cannot be used with --no-config".to_owned());
        }
        Ok(())
    }

    fn check_input(&self) -> Result<(), String> {
        let stdin_readers = self
            .messages
            .iter()
            .filter(|step| step.reads_stdin())
            .count();
        if stdin_readers > 1 {
            return Err("@- can be used only once".to_owned());
        }
        if stdin_readers == 1 && self.interactive {
            return both("-i", "@-", "both read stdin");
        }
        Ok(())
    }

    fn check_output(&self) -> Result<(), String> {
        if self.verbose > 0 && self.quiet {
            return Err("-v cannot be used with -q".to_owned());
        }
        if self.json {
            let why = "JSON objects have their own type and are one per line";
            if self.binary {
                return both("--json", "-b", why);
            }
            if self.null {
                return both("--json", "-0", why);
            }
            if self.binary_as.is_some() {
                return both(
                    "--json",
                    "--binary-as",
                    "binary messages are always base64 in JSON",
                );
            }
        }
        Ok(())
    }
}

impl ConnectionArgs {
    /// Checks the rules about combinations of these options.
    ///
    /// # Errors
    ///
    /// Which options cannot be used together, or what an option requires.
    pub(super) fn check(&self) -> Result<(), String> {
        self.check_tls()?;
        self.lasting.check()?;
        if self.user.is_some() && self.bearer.is_some() {
            return both("-u", "--bearer", "both set the Authorization header");
        }
        if self.max_redirs.is_some() && !self.location {
            return Err("--max-redirs requires -L".to_owned());
        }
        if let Some(given) = &self.proxy {
            given
                .proxy()
                .map_err(|problem| format!("invalid value for '--proxy <URL>': {problem}"))?;
        }
        Ok(())
    }

    /// Rejects values that are only allowed in a config file.
    ///
    /// # Errors
    ///
    /// A message that names the option.
    pub(super) fn check_sources(&self) -> Result<(), String> {
        let check = |source: Option<&SecretSource<Secret>>, option| {
            source.map_or(Ok(()), |source| source.refuse_command(option))
        };
        check(self.bearer.as_ref(), "--bearer <TOKEN>")?;
        check(self.pass.as_ref(), "--pass <PASS>")?;
        if let Some(user) = &self.user {
            user.refuse_command("--user <USER[:PASS]>")?;
        }
        if let Some(user) = &self.proxy_user {
            user.refuse_command("--proxy-user <USER:PASS>")?;
        }
        Ok(())
    }

    fn check_tls(&self) -> Result<(), String> {
        for (option, given) in [
            ("--key", self.key.is_some()),
            ("--pass", self.pass.is_some()),
        ] {
            if given && self.cert.is_none() {
                return Err(format!("{option} requires --cert FILE"));
            }
        }
        if let (Some(min), Some(max)) = (self.tls_min, self.tls_max) {
            if min > max {
                return Err(format!("--tls-min {min} is greater than --tls-max {max}"));
            }
        }
        Ok(())
    }
}

fn both(first: &str, second: &str, why: &str) -> Result<(), String> {
    Err(format!("{first} cannot be used with {second}: {why}"))
}
