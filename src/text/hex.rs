//! Bytes written as hexadecimal digits.

/// Why digits are not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HexError {
    /// A character that is neither a digit nor white space, and its position in bytes.
    Digit(usize, char),
    /// An odd number of digits.
    Odd(usize),
}

/// The bytes of pairs of digits, in either case; ASCII white space is ignored.
///
/// # Errors
///
/// The first wrong character, or the number of digits if it is odd.
pub fn decode(text: &str) -> Result<Vec<u8>, HexError> {
    let is_wrong = |c: char| !c.is_ascii_hexdigit() && !c.is_ascii_whitespace();
    if let Some((at, wrong)) = text.char_indices().find(|(_, c)| is_wrong(*c)) {
        return Err(HexError::Digit(at, wrong));
    }
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    hex::decode(&digits).map_err(|_| HexError::Odd(digits.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_digits_are_bytes() {
        assert_eq!(decode("00 fF\t10"), Ok(vec![0, 255, 16]));
        assert_eq!(decode(""), Ok(vec![]));
        assert_eq!(decode("0 0"), Ok(vec![0]));
        assert_eq!(decode("é0g"), Err(HexError::Digit(0, 'é')));
        assert_eq!(decode("0g"), Err(HexError::Digit(1, 'g')));
        assert_eq!(decode("abc"), Err(HexError::Odd(3)));
    }
}
