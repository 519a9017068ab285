//! Wrappers of system calls: files, paths, pipes, terminals, poll(2).

pub mod file;
pub mod path;
pub mod pipe;
pub mod poll;
pub mod poll_set;
pub mod readiness;
pub mod reopen;
#[cfg(test)]
pub(crate) mod testing;
pub mod usage;
