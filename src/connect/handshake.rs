//! The client's opening handshake (RFC 6455 §4.1), over any stream.
//!
//! The request uses the order and letter case of browsers, because servers and proxies have been
//! tested with them. Headers of the user keep their own.

use std::io::{self, Write};

use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;

use super::failure::timed_out;
use super::options::{CompressionMode, ConnectOptions};
use super::{explain, redirect, tls};
use crate::deadline::Deadline;
use crate::error::{Error, Party, Phase, Refusal};
use crate::event::ConnectStep;
use crate::http::{
    shown_subprotocols, Body, Headers, LimitReads, RequestHead, ResponseError, ResponseHead,
    ResponseReader, Secrets,
};
use crate::protocol::deflate::{self, DeflateParams};

/// The result of a successful opening handshake.
#[derive(Debug)]
pub struct HandshakeResult {
    /// Our request.
    pub request: RequestHead,
    /// The server's response.
    pub response: ResponseHead,
    /// The subprotocol that the server selected.
    pub subprotocol: Option<String>,
    /// The value of the server's `Sec-WebSocket-Extensions`.
    pub extensions: Option<String>,
    /// The parameters of permessage-deflate, if it was negotiated.
    pub compression: Option<DeflateParams>,
    /// The bytes received after the response: the beginning of the server's frames.
    pub early: Vec<u8>,
}

/// Sends the upgrade request on a connected stream, and reads and checks the response.
///
/// The stream must observe the deadline itself, by failing with [`io::ErrorKind::TimedOut`].
/// `deadline` is only used in error messages.
///
/// # Errors
///
/// [`Error::Refused`], [`Error::InvalidResponse`], [`Error::Unanswered`] or [`Error::Timeout`].
pub fn upgrade<S: LimitReads + Write>(
    stream: &mut S,
    options: &ConnectOptions,
    deadline: Deadline,
    on_step: &mut dyn FnMut(ConnectStep),
) -> Result<HandshakeResult, Error> {
    let request = compose(options, &generate_key());
    let sent = stream.write_all(&request.encode());
    let sent = sent.and_then(|()| stream.flush());
    if sent.is_ok() {
        on_step(ConnectStep::UpgradeRequest(request.clone()));
    }
    // A server may have refused without reading the request, so the response is read even if
    // writing failed.
    let mut reader = ResponseReader::new(stream);
    let response = reader
        .read_final_head()
        .map_err(|error| match (error, sent) {
            (ResponseError::Closed(read), Err(written)) => {
                ended(Some(tls::telling(read, written)), options, deadline)
            }
            (error, _) => explain_error(error, options, deadline),
        })?;
    on_step(ConnectStep::UpgradeResponse(response.clone()));
    if response.status != 101 {
        // The body of a redirect that is followed is not shown, and it may have no end.
        let body = if redirect::is_followed(options, response.status) {
            Body::default()
        } else {
            reader.read_body(&response)
        };
        let hint = explain::refusal(&response, &body.bytes, options);
        return Err(Error::Refused(Box::new(Refusal {
            head: response,
            body,
            hint,
        })));
    }
    let checked = match &response.problem {
        Some(problem) => Err(ResponseMismatch::Invalid(problem.clone())),
        None => check(&request, &response, options.compression),
    };
    match checked {
        Ok((subprotocol, compression)) => Ok(HandshakeResult {
            extensions: extensions(&response),
            compression,
            request,
            response,
            subprotocol,
            early: reader.into_unused(),
        }),
        Err(mismatch) => Err(mismatch.into_error(response)),
    }
}

/// The upgrade request: our headers, each replaced by the user's of the same name, then the rest
/// of the user's.
fn compose(options: &ConnectOptions, key: &str) -> RequestHead {
    let ours = [
        ("Host", Some(options.target.host_header())),
        ("Connection", Some("Upgrade".to_owned())),
        ("Pragma", Some("no-cache".to_owned())),
        ("Cache-Control", Some("no-cache".to_owned())),
        ("Authorization", options.authorization()),
        ("User-Agent", user_agent(options)),
        ("Upgrade", Some("websocket".to_owned())),
        ("Origin", options.origin.clone()),
        ("Sec-WebSocket-Version", Some("13".to_owned())),
        ("Cookie", options.cookie()),
        ("Sec-WebSocket-Key", Some(key.to_owned())),
        (
            "Sec-WebSocket-Extensions",
            (options.compression != CompressionMode::Off).then(|| deflate::OFFER.to_owned()),
        ),
        (
            "Sec-WebSocket-Protocol",
            (!options.subprotocols.is_empty()).then(|| options.subprotocols.join(", ")),
        ),
    ];
    RequestHead {
        request_line: format!("GET {} HTTP/1.1", options.target.resource),
        headers: Headers::merge(&ours, &options.headers),
    }
}

/// The User-Agent that is sent.
pub(super) fn user_agent(options: &ConnectOptions) -> Option<String> {
    let ours = concat!("wsline/", env!("CARGO_PKG_VERSION"));
    let name = options.user_agent.as_deref().unwrap_or(ours);
    (!name.is_empty()).then(|| name.to_owned())
}

/// Why a 101 response is not taken.
enum ResponseMismatch {
    /// It is invalid, in these words.
    Invalid(String),
    /// Compression was required, and the server does without.
    NoCompression,
}

impl ResponseMismatch {
    fn into_error(self, response: ResponseHead) -> Error {
        match self {
            Self::NoCompression => Error::Declined {
                what: format!("{} (--compress require)", deflate::NAME),
                head: Box::new(response),
                hint: Some("use --compress auto to connect without compression".to_owned()),
            },
            Self::Invalid(cause) => Error::InvalidResponse {
                party: Party::Server,
                name: String::new(),
                cause,
                hint: explain::draft(&response),
                head: Some(Box::new(response)),
            },
        }
    }
}

/// Checks a 101 response (RFC 6455 §4.1). Returns the subprotocol and the compression, or what is
/// invalid.
fn check(
    request: &RequestHead,
    response: &ResponseHead,
    compress: CompressionMode,
) -> Result<(Option<String>, Option<DeflateParams>), ResponseMismatch> {
    let wrong = |name: &str, expected: &str| {
        let received = describe_values(&response.headers, name);
        ResponseMismatch::Invalid(format!("{received}, expected {expected:?} (RFC 6455 §4.1)"))
    };
    if !response.headers.has_token("Upgrade", "websocket") {
        return Err(wrong("Upgrade", "websocket"));
    }
    if !response.headers.has_token("Connection", "upgrade") {
        return Err(wrong("Connection", "Upgrade"));
    }
    let expected = derive_accept_key(request.headers.get("Sec-WebSocket-Key").unwrap_or_default());
    let mut accepts = response.headers.get_all("Sec-WebSocket-Accept");
    if (accepts.next(), accepts.next()) != (Some(expected.as_bytes()), None) {
        return Err(wrong("Sec-WebSocket-Accept", &expected));
    }
    Ok((
        subprotocol(request, response).map_err(ResponseMismatch::Invalid)?,
        compression(request, response, compress)?,
    ))
}

/// The values of an invalid header, for the error message.
fn describe_values(headers: &Headers, name: &str) -> String {
    let quote = |value: &[u8]| format!("{:?}", String::from_utf8_lossy(value));
    let values: Vec<_> = headers.get_all(name).collect();
    match values[..] {
        [] => format!("no {name} header"),
        [b""] => format!("empty {name} header"),
        [value] => format!("{name} is {}", quote(value)),
        _ => {
            let values: Vec<_> = values.iter().map(|value| quote(value)).collect();
            let times = match values.len() {
                2 => "twice".to_owned(),
                count => format!("{count} times"),
            };
            format!("{name} was sent {times} ({})", values.join(", "))
        }
    }
}

/// The extensions of a response, as one list.
fn extensions(response: &ResponseHead) -> Option<String> {
    let values: Vec<_> = response
        .headers
        .get_all("Sec-WebSocket-Extensions")
        .map(String::from_utf8_lossy)
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// Parses the extensions. Only permessage-deflate can be negotiated (RFC 7692 §5).
fn compression(
    request: &RequestHead,
    response: &ResponseHead,
    compress: CompressionMode,
) -> Result<Option<DeflateParams>, ResponseMismatch> {
    let offered = request
        .headers
        .get_all("Sec-WebSocket-Extensions")
        .any(|value| value.starts_with(deflate::NAME.as_bytes()));
    let is_ours = |value: &str| value.starts_with(deflate::NAME);
    match extensions(response) {
        Some(value) if offered && is_ours(&value) => DeflateParams::parse(&value)
            .map(Some)
            .map_err(|cause| format!("invalid Sec-WebSocket-Extensions: {cause}"))
            .map_err(ResponseMismatch::Invalid),
        Some(value) => Err(ResponseMismatch::Invalid(format!(
            "extension {value:?} was not offered (RFC 6455 §4.1)"
        ))),
        None if compress == CompressionMode::Require => Err(ResponseMismatch::NoCompression),
        None => Ok(None),
    }
}

/// The server chooses one that was offered, or none.
fn subprotocol(request: &RequestHead, response: &ResponseHead) -> Result<Option<String>, String> {
    let mut chosen = response.headers.get_all("Sec-WebSocket-Protocol");
    let Some(first) = chosen.next() else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(first).into_owned();
    if chosen.next().is_some() {
        return Err("more than one Sec-WebSocket-Protocol header (RFC 6455 §11.3.4)".to_owned());
    }
    let offered = request
        .headers
        .get_all("Sec-WebSocket-Protocol")
        .flat_map(|value| value.split(|&byte| byte == b','))
        .any(|item| item.trim_ascii() == first);
    if offered && !first.is_empty() {
        return Ok(Some(text));
    }
    let ours = request.headers.get("Sec-WebSocket-Protocol").map_or_else(
        || "none was offered (use -s to offer one)".to_owned(),
        |ours| {
            let ours = String::from_utf8_lossy(ours);
            let ours = shown_subprotocols(&ours, Secrets::Hidden);
            format!("only {ours} was offered")
        },
    );
    Err(format!(
        "the server chose the subprotocol {:?}, but {ours} (RFC 6455 §4.1)",
        shown_subprotocols(&text, Secrets::Hidden)
    ))
}

pub(super) fn explain_error(
    error: ResponseError,
    options: &ConnectOptions,
    deadline: Deadline,
) -> Error {
    let wrong = |cause, hint| Error::InvalidResponse {
        party: Party::Server,
        name: String::new(),
        cause,
        head: None,
        hint,
    };
    match error {
        ResponseError::Closed(cause) => ended(cause, options, deadline),
        ResponseError::Malformed(cause) => wrong(cause, None),
        ResponseError::NotHttp(bytes) => wrong(
            explain::not_http(&bytes),
            Some(explain::other_protocol(&bytes, options)),
        ),
    }
}

fn ended(cause: Option<io::Error>, options: &ConnectOptions, deadline: Deadline) -> Error {
    match cause {
        Some(cause) if cause.kind() == io::ErrorKind::TimedOut => {
            timed_out(deadline, Phase::Upgrade)
        }
        cause => Error::Unanswered {
            party: Party::Server,
            name: String::new(),
            cause,
            hint: Some(explain::silence(options)),
        },
    }
}

#[cfg(test)]
mod tests;
