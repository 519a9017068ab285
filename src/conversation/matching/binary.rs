//! Comparison of binary messages. The difference shows the rows of a hex dump around the first
//! different byte.

use super::difference::{bytes, Difference, DifferenceLine, Side};
use crate::protocol::Kind;
use crate::text::escape::{self, ROW};

/// Checks that a message is binary and has these bytes.
pub fn compare(expected: &[u8], kind: Kind, received: &[u8]) -> Result<(), Difference> {
    let same = expected == received;
    match kind {
        Kind::Binary if same => Ok(()),
        Kind::Binary => Err(difference(expected, received)),
        Kind::Text => Err(of_wrong_kind(received, same)),
    }
}

/// What there is to say of a text message where a binary one was expected.
pub fn of_wrong_kind(received: &[u8], same: bool) -> Difference {
    let what = if same {
        "a text message with the same bytes".to_owned()
    } else {
        format!("a text message of {}", bytes(received.len()))
    };
    Difference::note(format!("received {what}, expected a binary message"))
}

fn difference(expected: &[u8], received: &[u8]) -> Difference {
    let pairs = expected.iter().zip(received);
    let at = pairs.take_while(|(a, b)| a == b).count();
    let lengths = if expected.len() == received.len() {
        format!("both are {}", bytes(expected.len()))
    } else {
        let (expected, received) = (bytes(expected.len()), bytes(received.len()));
        format!("expected {expected}, received {received}")
    };
    let mut lines = vec![DifferenceLine::Note(format!(
        "first difference at offset {at:08x} (byte {at}); {lengths}"
    ))];
    let start = at - at % ROW;
    if start > 0 {
        lines.extend(row(Side::Both, expected, start - ROW));
    }
    lines.extend(row(Side::Expected, expected, start));
    lines.extend(row(Side::Received, received, start));
    let offset = format!("{start:08x}").len();
    lines.push(DifferenceLine::Mark {
        column: offset + escape::column_in_row(at - start),
        width: 2,
    });
    Difference(lines)
}

/// The row of a hex dump at `start`; `None` if the message is shorter.
fn row(side: Side, message: &[u8], start: usize) -> Option<DifferenceLine> {
    let rest = message.get(start..).filter(|rest| !rest.is_empty())?;
    let bytes = rest[..rest.len().min(ROW)].to_vec();
    Some(DifferenceLine::Row(side, start, bytes))
}
