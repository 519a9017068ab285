//! Where bytes that arrive in pieces can be cut without dividing a character.

/// How many bytes of `bytes` are complete characters: all, or all but the beginning of one at the
/// end.
///
/// # Errors
///
/// The position of the first byte that can't be part of UTF-8, whatever follows.
pub fn complete_length(bytes: &[u8]) -> Result<usize, usize> {
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(bytes.len()),
        Err(error) if error.error_len().is_none() => Ok(error.valid_up_to()),
        Err(error) => Err(error.valid_up_to()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_character_that_has_begun_is_incomplete() {
        for (bytes, length) in [
            (&b""[..], Ok(0)),
            (b"ab", Ok(2)),
            (b"a\xc3", Ok(1)),
            (b"a\xe2\x82", Ok(1)),
            (b"a\xe2\x82\xac", Ok(4)),
            (b"a\xff", Err(1)),
            (b"\xc3a", Err(0)),
        ] {
            assert_eq!(complete_length(bytes), length, "{bytes:?}");
        }
    }
}
