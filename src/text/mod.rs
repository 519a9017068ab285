//! Functions on text, without I/O: escaping, shortening, durations, suggestions.

pub mod duration;
pub mod elide;
pub mod escape;
pub mod hex;
pub mod suggest;
pub mod utf8;
