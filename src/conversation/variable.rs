//! Names of variables.

/// Whether `name` is a valid name: a letter or `_`, then letters, digits and `_`.
#[must_use]
pub fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
