//! Percent-encoding (RFC 3986 §2.1).

use std::fmt::Write;
use std::path::Path;

/// Decodes `%XX`; `None` if the result is not UTF-8. A `%` without two hexadecimal digits after it
/// is kept, according to the WHATWG URL Standard.
#[must_use]
pub fn percent_decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let mut octet = [0];
        match bytes.get(at + 1..at + 3) {
            Some(digits) if byte == b'%' && hex::decode_to_slice(digits, &mut octet).is_ok() => {
                decoded.push(octet[0]);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).ok()
}

/// Encodes a path, including colons and question marks, for a `ws+unix` URL.
pub(super) fn encode_path(path: &Path) -> String {
    let mut encoded = String::new();
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a String takes any text");
        }
    }
    encoded
}
