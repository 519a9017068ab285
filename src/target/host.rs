//! The labels of a host name (RFC 1034 §3.1).
//!
//! TLS libraries give names with an empty label a meaning of their own: to OpenSSL `.example`
//! matches a certificate for any name below `example`, and an empty name matches every
//! certificate. No such name can be resolved, so none is accepted anywhere.

/// What is wrong with a name that [`has_empty_label`], and what to do about it.
pub const EMPTY_LABEL: &str = "it has an empty label; remove the extra dot";

/// Whether a label of `name` is empty, as in `.example`, `a..b`, `.` and the empty name. The dot
/// at the end of an absolute name (`example.org.`) does not count.
#[must_use]
pub fn has_empty_label(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.split('.').any(str::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_labels() {
        for name in ["", ".", "..", ".a", "a..", "a..b", "a.b..", ".a.b"] {
            assert!(has_empty_label(name), "{name:?}");
        }
        for name in ["a", "a.", "a.b", "a.b.", "127.0.0.1", "::1", "_a.b-c"] {
            assert!(!has_empty_label(name), "{name:?}");
        }
    }
}
