//! User names and passwords for Basic authentication (RFC 7617).

use std::fmt;

use data_encoding::BASE64;

/// A user name and a password for Basic authentication.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name. It must not contain a colon (RFC 7617 §2).
    pub user: String,
    /// The password, which may be empty.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(***)")
    }
}

impl Credentials {
    /// The value of an `Authorization` or `Proxy-Authorization` header (RFC 7617 §2).
    #[must_use]
    pub fn to_basic(&self) -> String {
        let pair = format!("{}:{}", self.user, self.password);
        format!("Basic {}", BASE64.encode(pair.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_encoded_and_never_shown() {
        let credentials = Credentials {
            user: "Aladdin".to_owned(),
            password: "open sesame".to_owned(),
        };
        // The example of RFC 7617 §2.
        assert_eq!(credentials.to_basic(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(format!("{credentials:?}"), "Credentials(***)");
    }
}
