//! The graphics protocol of kitty, and the inline images of iTerm2: both take a PNG in base64, and
//! draw it in its own size.

use std::fmt::Write as _;

use data_encoding::BASE64;

/// The maximum size of a chunk in bytes, which the protocol sets.
const CHUNK: usize = 4096;

/// Draws a PNG by kitty's protocol, and moves to the next line.
pub(super) fn draw_kitty(png: &[u8], indent: &str) -> String {
    let encoded = BASE64.encode(png);
    let mut drawn = indent.to_owned();
    let mut rest = encoded.as_str();
    let mut first = true;
    while first || !rest.is_empty() {
        let (chunk, more) = rest.split_at(rest.len().min(CHUNK));
        rest = more;
        // Transmit and display a PNG, without a reply.
        let keys = if first { "a=T,f=100,q=2," } else { "" };
        first = false;
        let more = u8::from(!rest.is_empty());
        let _ = write!(drawn, "\x1b_G{keys}m={more};{chunk}\x1b\\");
    }
    drawn.push('\n');
    drawn
}

/// The same for iTerm2.
pub(super) fn draw_iterm2(png: &[u8], indent: &str) -> String {
    format!(
        "{indent}\x1b]1337;File=inline=1;size={}:{}\x07\n",
        png.len(),
        BASE64.encode(png)
    )
}
