//! Text for people, without I/O: escapes, durations, suggestions.

pub mod duration;
pub mod escape;
pub mod suggest;
