//! Responses that refuse the upgrade.

use crate::http::{Body, ResponseHead};

/// A response with a status other than 101.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The head of the response.
    pub head: ResponseHead,
    /// The body of the response, up to a size limit.
    pub body: Body,
    /// A hint, if the cause is known.
    pub hint: Option<String>,
}

impl Refusal {
    /// The same without the hint, which is for those who did not expect it.
    #[must_use]
    pub fn without_hint(&self) -> Self {
        Self {
            hint: None,
            ..self.clone()
        }
    }
}
