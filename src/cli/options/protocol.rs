//! The options of the WebSocket protocol.

use std::num::NonZeroUsize;

use clap::Args;

use super::super::headings::{PROTOCOL, SEND};
use super::super::values::{self, Compress};

/// How the protocol is spoken. Session files set these options for their connections.
#[derive(Clone, Debug, Args)]
pub struct ProtocolArgs {
    /// Close code to send: 1000 or 3000-4999
    #[arg(long, value_name = "CODE", default_value = "1000", hide_short_help = true,
          help_heading = PROTOCOL)]
    pub close_code: u16,

    /// Close reason to send, at most 123 bytes
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true,
          allow_hyphen_values = true, hide_short_help = true, help_heading = PROTOCOL)]
    pub close_reason: String,

    /// Allow close codes that RFC 6455 forbids
    #[arg(long, hide_short_help = true, help_heading = PROTOCOL)]
    pub force: bool,

    /// Maximum payload of a sent frame
    ///
    /// A larger message is sent in fragments (RFC 6455 §5.4). The size is that after compression, at most
    /// 16M. Without it, lines and files above 256K are sent in fragments of about that size.
    #[arg(long, value_name = "SIZE", hide_short_help = true, value_parser = values::frame_size,
          help_heading = SEND)]
    pub frame_size: Option<NonZeroUsize>,

    /// Compress messages (permessage-deflate, RFC 7692)
    ///
    /// `auto` offers it, as browsers do, and the server decides; with `require` a server that does
    /// not agree ends the run with exit code 22. Messages below 64 bytes are sent uncompressed.
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto", hide_short_help = true,
          help_heading = PROTOCOL)]
    pub compress: Compress,

    /// Maximum size of a received message
    ///
    /// A larger message closes the connection with 1009. The default is unlimited in a pipe, and 64M
    /// where messages are held in memory: at the prompt, with --json, expectations and --record.
    #[arg(long, value_name = "SIZE", hide_short_help = true, value_parser = values::size,
          help_heading = PROTOCOL)]
    pub max_message_size: Option<u64>,
}

impl ProtocolArgs {
    /// Takes the value of the option with this long name from options that were given later.
    pub(crate) fn take(&mut self, name: &str, later: &Self) {
        match name {
            "close-code" => self.close_code = later.close_code,
            "close-reason" => self.close_reason.clone_from(&later.close_reason),
            "force" => self.force = later.force,
            "frame-size" => self.frame_size = later.frame_size,
            "compress" => self.compress = later.compress,
            "max-message-size" => self.max_message_size = later.max_message_size,
            _ => {}
        }
    }
}
