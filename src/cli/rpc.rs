//! The options of `wsline rpc`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::config::ConfigOptions;
use super::options::OptionArgs;
use super::shared::{Connects, WithConnection};
use super::values;
use crate::rpc::{check_params, Dialect};

/// The parameters of a call, or where to read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamsArg {
    /// JSON.
    Json(String),
    /// `@FILE`: the content of a file.
    File(PathBuf),
    /// `-`: all of stdin.
    Stdin,
}

/// The options of `wsline rpc` itself.
#[derive(Clone, Debug, Args)]
pub struct RpcArgs {
    /// URL of the server
    #[arg(value_name = "URL", value_hint = ValueHint::Url)]
    pub url: String,

    /// Method to call
    #[arg(value_name = "METHOD")]
    pub method: String,

    /// Parameters as JSON (@FILE, - for stdin)
    ///
    /// An array or an object, as in '[2, 3]'. Without PARAMS the request has none.
    #[arg(value_name = "PARAMS", value_hint = ValueHint::FilePath,
          value_parser = params)]
    pub params: Option<ParamsArg>,

    /// Leave out the member jsonrpc, as for Chrome
    ///
    /// The protocol of Chrome's developer tools is JSON-RPC without a version.
    #[arg(long)]
    pub cdp: bool,

    /// Print notifications after the result
    ///
    /// Each is printed as it was received, on one line, until the server closes the connection, ^C,
    /// or the time of --max-time. Other messages are not printed.
    #[arg(long)]
    pub follow: bool,

    /// Maximum time to wait for the response
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = values::limit)]
    pub within: Duration,

    /// Print only errors to stderr
    #[arg(short = 'q', long)]
    pub quiet: bool,
}

impl RpcArgs {
    /// The dialect of the request.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        if self.cdp {
            Dialect::Cdp
        } else {
            Dialect::JsonRpc
        }
    }
}

/// JSON, `@FILE` or `-`.
fn params(text: &str) -> Result<ParamsArg, String> {
    match (text, text.strip_prefix('@')) {
        ("-", _) => Ok(ParamsArg::Stdin),
        (_, Some("")) => Err("missing file name after @".to_owned()),
        (_, Some(path)) => Ok(ParamsArg::File(path.into())),
        (text, None) => check_params(text).map(|()| ParamsArg::Json(text.to_owned())),
    }
}

impl Connects for RpcArgs {
    /// A server may want a login first, and what a call exchanges is worth keeping. Without the call a
    /// new connection has no use, so there is no --reconnect.
    const ALSO: &'static [&'static str] = &["on_connect", "record"];
}

/// `wsline rpc` as parsed.
pub(super) type ParsedRpc = WithConnection<RpcArgs>;

impl ParsedRpc {
    /// The options, after checking the rules about combinations.
    ///
    /// # Errors
    ///
    /// Which options cannot be used together.
    pub(super) fn finish(self, config: &ConfigOptions) -> Result<(RpcArgs, OptionArgs), String> {
        let options = self.options(config, false, self.own.quiet)?;
        Ok((self.own, options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_json_a_file_or_stdin() {
        assert_eq!(params("-"), Ok(ParamsArg::Stdin));
        assert_eq!(params("@-"), Ok(ParamsArg::File("-".into())));
        assert_eq!(params("[1]"), Ok(ParamsArg::Json("[1]".to_owned())));
        for (text, says) in [
            ("@", "missing file name after @"),
            ("{", "invalid JSON at line 1, column 2: unexpected end"),
            ("7", "parameters must be an array or an object"),
        ] {
            let cause = params(text).expect_err(text);
            assert!(cause.starts_with(says), "{text}: {cause}");
        }
    }
}
