//! The frame decoder: the first byte is the size of the pieces, the rest is frames.

use wsline::protocol::ProtocolConfig;

use crate::core::{receive_all, Item};

/// Receiving in one piece, in pieces of the given size, and in single bytes gives the same items.
pub fn run(data: &[u8]) {
    let Some((&size, bytes)) = data.split_first() else {
        return;
    };
    let config = ProtocolConfig {
        report_frames: true,
        ..ProtocolConfig::default()
    };
    let whole: Vec<Item> = receive_all(config, bytes, &[]);
    for size in [usize::from(size).max(1), 1] {
        let cuts: Vec<_> = (0..bytes.len()).step_by(size).collect();
        assert_eq!(receive_all(config, bytes, &cuts), whole, "pieces of {size}");
    }
}
