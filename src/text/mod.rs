//! Functions on text, without I/O: escaping, shortening, durations, errors in JSON,
//! phrases, suggestions.

pub mod duration;
pub mod elide;
pub mod escape;
pub mod hex;
pub mod json_error;
pub mod phrase;
pub mod suggest;
pub mod utf8;
