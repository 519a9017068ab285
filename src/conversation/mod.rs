//! What is sent and what is expected in a conversation, without I/O and without a clock.

pub mod matching;
pub mod outgoing;
pub mod variable;
