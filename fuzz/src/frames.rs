//! The frame decoder: a byte that says how the rest is cut, and the rest as frames.

use wsline::protocol::ProtocolConfig;

use crate::core::{listen, Heard};

/// In one piece, in pieces of the size that the first byte says, and in single bytes: the same.
pub fn run(data: &[u8]) {
    let Some((&size, bytes)) = data.split_first() else {
        return;
    };
    let config = ProtocolConfig {
        report_frames: true,
        ..ProtocolConfig::default()
    };
    let whole: Vec<Heard> = listen(config, bytes, &[]);
    for size in [usize::from(size).max(1), 1] {
        let cuts: Vec<_> = (0..bytes.len()).step_by(size).collect();
        assert_eq!(listen(config, bytes, &cuts), whole, "pieces of {size}");
    }
}
