//! The frame decoder: a byte that says how the rest is cut, and the rest as frames.

use wsline::protocol::Options;

use crate::core::{listen, Heard};

/// In one piece, in pieces of the size that the first byte says, and in single bytes: the same.
pub fn run(data: &[u8]) {
    let Some((&size, bytes)) = data.split_first() else {
        return;
    };
    let options = Options {
        report_frames: true,
        ..Options::default()
    };
    let whole: Vec<Heard> = listen(options, bytes, &[]);
    for size in [usize::from(size).max(1), 1] {
        let cuts: Vec<_> = (0..bytes.len()).step_by(size).collect();
        assert_eq!(listen(options, bytes, &cuts), whole, "pieces of {size}");
    }
}
