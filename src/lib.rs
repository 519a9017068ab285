//! The modules of `wsline`, for readers, tests and benches. No promise of a stable interface.

pub mod assembly;
pub mod cli;
pub mod commands;
pub mod connect;
pub mod conversation;
pub mod deadline;
pub mod driver;
pub mod echo;
pub mod error;
pub mod event;
pub mod exit;
pub mod http;
pub mod output;
pub mod plan;
pub mod protocol;
pub mod secret;
pub mod session_file;
pub mod source;
pub mod sys;
pub mod target;
pub mod terminal;
pub mod text;
pub mod verdict;
