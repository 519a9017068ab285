//! `wsline`: a line to any WebSocket.

fn main() {}
