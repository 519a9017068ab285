//! The rooms of `wsline`, for readers, tests and benches. No promise of a stable interface.

pub mod cli;
pub mod command;
pub mod connect;
pub mod deadline;
pub mod duration;
pub mod echo;
pub mod error;
pub mod event;
pub mod exit;
pub mod head;
pub mod matching;
pub mod nearest;
pub mod output;
pub mod plan;
pub mod protocol;
pub mod ready;
pub mod script;
pub mod secret;
pub mod session;
pub mod source;
pub mod target;
pub mod tasks;
pub mod terminal;
pub mod verdict;
pub mod visible;
pub mod whole;
