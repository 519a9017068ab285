//! Calls of the operating system behind small functions: readiness, pipes, poll(2).

pub mod pipe;
pub mod poll;
pub mod readiness;
