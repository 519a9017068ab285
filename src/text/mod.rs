//! Functions on text, without I/O: escaping, durations, suggestions.

pub mod duration;
pub mod escape;
pub mod suggest;
