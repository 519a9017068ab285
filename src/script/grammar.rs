//! The words of session files, and the grammar as people read it.
//!
//! The parser, the printer and the man page take the words from here.

/// What a line begins with.
pub const STATEMENTS: &[&str] = &[
    ">",
    "<",
    "url",
    "header",
    "subprotocol",
    "option",
    "within",
    "strict",
    "wait",
    "at",
    "capture",
];

/// The words after `>` that mean something; any other text is sent as it stands.
pub const SENT: &[&str] = &[
    "json", "hex", "base64", "file", "text", "ping", "pong", "close",
];

/// The words after `<` that mean something; any other text is expected as it stands.
pub const EXPECTED: &[&str] = &[
    "json", "hex", "base64", "file", "text", "ping", "pong", "close", "any", "silence", "status",
    "header", "refused",
];
