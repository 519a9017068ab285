//! Requests other than the upgrade request.

use super::header::CustomHeader;

/// An HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The headers of the user.
    pub headers: Vec<CustomHeader>,
    /// The body; `None` for a request without one.
    pub body: Option<Vec<u8>>,
    /// The type of the body, unless a header sets it.
    pub content_type: Option<&'static str>,
}
