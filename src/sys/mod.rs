//! Calls of the operating system behind small functions: files, readiness, pipes, terminals, poll(2).

pub mod file;
pub mod path;
pub mod pipe;
pub mod poll;
pub mod readiness;
pub mod reopen;
