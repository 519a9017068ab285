//! One HTTP request and its response, on a connection of its own.

use std::io::Write as _;

use super::dialer::{Dialer, Transport};
use super::handshake::{explain_error, user_agent};
use super::options::ConnectOptions;
use crate::deadline::Deadline;
use crate::error::Error;
use crate::http::{Body, Headers, HttpRequest, RequestHead, ResponseHead, ResponseReader};

impl Dialer {
    /// Sends a request as `options` say how to connect, and reads the response. Redirects are not
    /// followed.
    ///
    /// # Errors
    ///
    /// The errors of each step of connecting; [`Error::Unanswered`], [`Error::InvalidResponse`] and
    /// [`Error::Timeout`].
    pub fn exchange(
        &self,
        options: &ConnectOptions,
        request: &HttpRequest,
        deadline: Deadline,
    ) -> Result<(ResponseHead, Body), Error> {
        options.check()?;
        let Transport { mut stream, .. } = self.connect(options, deadline, &mut |_| {})?;
        let mut bytes = compose(options, request).encode();
        bytes.extend(request.body.iter().flatten());
        // A server may respond without reading everything.
        let sent = stream.write_all(&bytes).and_then(|()| stream.flush());
        let mut reader = ResponseReader::new(&mut stream);
        let head = reader
            .read_final_head()
            .map_err(|error| match (error, sent) {
                (crate::http::ResponseError::Closed(None), Err(cause)) => {
                    let error = crate::http::ResponseError::Closed(Some(cause));
                    explain_error(error, options, deadline)
                }
                (error, _) => explain_error(error, options, deadline),
            })?;
        let body = if request.method == "HEAD" {
            Body::default()
        } else {
            reader.read_body(&head)
        };
        Ok((head, body))
    }
}

/// Our headers, each replaced by the user's of the same name, then the rest of the user's.
fn compose(options: &ConnectOptions, request: &HttpRequest) -> RequestHead {
    let length = request.body.as_ref().map(|body| body.len().to_string());
    let ours = [
        ("Host", Some(options.target.host_header())),
        ("Connection", Some("close".to_owned())),
        ("Authorization", options.authorization()),
        ("User-Agent", user_agent(options)),
        ("Accept", Some("*/*".to_owned())),
        ("Content-Type", request.content_type.map(str::to_owned)),
        ("Content-Length", length),
    ];
    RequestHead {
        request_line: format!("{} {} HTTP/1.1", request.method, options.target.resource),
        headers: Headers::merge(&ours, &request.headers),
    }
}
