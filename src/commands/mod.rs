//! What the command line can ask for, a file each.

pub mod curl;
pub mod echo;
pub mod generate;
pub mod talk;
pub mod test;
