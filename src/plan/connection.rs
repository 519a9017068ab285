//! The plan of a connection of a session file, and what it has in common with other plans.

use std::time::Duration;

use regex::bytes::RegexSet;
use regex::Regex;

use super::environment::Environment;
use super::inputs::{self, Values};
use super::request;
use crate::cli::{ConnectionArgs, ConnectionOptions, LastingArgs, ProtocolArgs};
use crate::connect::ConnectOptions;
use crate::deadline::Deadline;
use crate::driver::{Limits, ReconnectOptions, Upkeep, Wait};
use crate::error::{Error, USE_FORCE};
use crate::protocol::{CloseReason, ProtocolConfig};
use crate::target::Target;

/// A connection of a session file, with all decisions made.
#[derive(Debug)]
pub struct ConnectionPlan {
    /// The options of the connection.
    pub request: ConnectOptions,
    /// The limits of the run, if this is its first connection.
    pub limits: Limits,
    /// What is sent automatically.
    pub upkeep: Upkeep,
    /// Whether and when to reconnect.
    pub reconnect: Option<ReconnectOptions>,
    /// The maximum size of received messages and of sent frames.
    pub protocol: ProtocolConfig,
    /// The text messages that are not shown, if there are any.
    pub hidden: Option<RegexSet>,
}

impl ConnectionPlan {
    /// Makes the plan.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] for an invalid URL, [`Error::Input`] for a file that can't be read,
    /// [`Error::Usage`] for an invalid combination of options.
    pub fn new(
        url: &str,
        options: ConnectionOptions,
        values: Values,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let ConnectionOptions {
            connection,
            protocol,
            hide,
        } = options;
        let target = Target::parse(url)?;
        let max_time = connection.max_time;
        let mut limits = limits(&connection, &protocol, None)?;
        // There is nothing to wait for after the last statement.
        limits.wait = Wait::For(Duration::ZERO);
        let upkeep = inputs::upkeep(&connection, &environment.inputs)?;
        let reconnect = reconnect(&connection.lasting);
        let config = protocol_config(&connection, &protocol);
        let request = request::request(target, connection, protocol.compress, values, environment)?;
        limits.max_time = max_time.map_or_else(Deadline::never, Deadline::after);
        Ok(Self {
            request,
            limits,
            upkeep,
            reconnect,
            protocol: config,
            hidden: hidden(&hide)?,
        })
    }
}

/// The limits of a run. The time of `--max-time` starts later.
pub(super) fn limits(
    connection: &ConnectionArgs,
    protocol: &ProtocolArgs,
    max_messages: Option<u64>,
) -> Result<Limits, Error> {
    let default_wait = match max_messages {
        Some(_) => Wait::Forever,
        None => Wait::For(Duration::from_secs(1)),
    };
    let close = CloseReason::from_user(protocol.close_code, &protocol.close_reason, protocol.force);
    Ok(Limits {
        wait: connection.wait.unwrap_or(default_wait),
        max_messages,
        max_time: Deadline::never(),
        close_timeout: connection.close_timeout,
        close: close.map_err(|error| Error::Usage(error.with_advice(USE_FORCE)))?,
    })
}

/// The limits of the protocol.
pub(super) fn protocol_config(
    connection: &ConnectionArgs,
    protocol: &ProtocolArgs,
) -> ProtocolConfig {
    ProtocolConfig {
        max_message_size: protocol.max_message_size,
        frame_size: protocol.frame_size,
        no_pong: connection.lasting.no_pong,
        ..ProtocolConfig::default()
    }
}

/// Whether and when to reconnect.
pub(super) fn reconnect(lasting: &LastingArgs) -> Option<ReconnectOptions> {
    lasting.reconnect.map(|limit| ReconnectOptions {
        limit,
        also: lasting.reconnect_on.clone(),
    })
}

/// The text messages that are not shown.
pub(super) fn hidden(patterns: &[Regex]) -> Result<Option<RegexSet>, Error> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let set = RegexSet::new(patterns.iter().map(Regex::as_str));
    let too_large = |_| Error::Usage("the regular expressions of --hide are too large".to_owned());
    set.map(Some).map_err(too_large)
}
