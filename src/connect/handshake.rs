//! The opening handshake, the client's side (RFC 6455 §4.1), over anything that reads and writes.
//!
//! The request is written in a browser's order and letter case, since servers and what stands
//! before them have been built for browsers; the user's fields keep theirs.

use std::io::{self, Read, Write};

use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;

use super::options::{CompressionMode, ConnectOptions};
use super::{explain, redirect, timed_out};
use crate::deadline::Deadline;
use crate::error::{Error, Phase, Refusal};
use crate::event::ConnectStep;
use crate::http::{
    shown_subprotocols, Body, Headers, RequestHead, ResponseError, ResponseHead, ResponseReader,
    Secrets,
};
use crate::protocol::deflate::{self, DeflateParams};

/// An opening handshake that succeeded.
#[derive(Debug)]
pub struct Agreed {
    /// What we asked.
    pub request: RequestHead,
    /// What the server answered.
    pub response: ResponseHead,
    /// The subprotocol that it chose.
    pub subprotocol: Option<String>,
    /// The extensions in use, as it wrote them.
    pub extensions: Option<String>,
    /// What of them is permessage-deflate.
    pub compression: Option<DeflateParams>,
    /// What arrived behind its answer: the first bytes of its frames.
    pub early: Vec<u8>,
}

/// Asks for the upgrade on a connected stream, and reads and checks the answer.
///
/// The stream keeps to the deadline by itself: its reads and writes end with
/// [`io::ErrorKind::TimedOut`]. `deadline` is what messages say of it.
///
/// # Errors
///
/// [`Error::Refused`], [`Error::Upgrade`], [`Error::Unanswered`] or [`Error::Timeout`].
pub fn upgrade<S: Read + Write>(
    stream: &mut S,
    request: &ConnectOptions,
    deadline: Deadline,
    tell: &mut dyn FnMut(ConnectStep),
) -> Result<Agreed, Error> {
    let asked = compose(request, &generate_key());
    let sent = stream.write_all(&asked.encode());
    let sent = sent.and_then(|()| stream.flush());
    if sent.is_ok() {
        tell(ConnectStep::UpgradeRequest(asked.clone()));
    }
    // A server that refuses before it has read the request may have answered all the same.
    let mut reader = ResponseReader::new(stream);
    let answered = reader
        .read_final_head()
        .map_err(|error| match (error, sent) {
            (ResponseError::Closed(_), Err(cause)) => ended(Some(cause), request, deadline),
            (error, _) => in_words(error, request, deadline),
        })?;
    tell(ConnectStep::UpgradeResponse(answered.clone()));
    if answered.status != 101 {
        // Nobody reads what stands beside a redirect that is followed, and it may have no end.
        let body = if redirect::is_wanted(request, answered.status) {
            Body::default()
        } else {
            reader.read_body(&answered)
        };
        let hint = explain::refusal(&answered, &body.bytes, request);
        return Err(Error::Refused(Box::new(Refusal {
            head: answered,
            body,
            hint,
        })));
    }
    match check(&asked, &answered, request.compression) {
        Ok((subprotocol, compression)) => Ok(Agreed {
            extensions: extensions(&answered),
            compression,
            request: asked,
            response: answered,
            subprotocol,
            early: reader.into_unused(),
        }),
        Err(cause) => Err(Error::Upgrade {
            cause,
            hint: explain::draft(&answered),
            head: Some(Box::new(answered)),
        }),
    }
}

/// The upgrade request: our fields, each replaced by the user's of the same name, then the rest
/// of the user's.
fn compose(request: &ConnectOptions, key: &str) -> RequestHead {
    let ours = [
        ("Host", Some(request.target.host_header())),
        ("Connection", Some("Upgrade".to_owned())),
        ("Pragma", Some("no-cache".to_owned())),
        ("Cache-Control", Some("no-cache".to_owned())),
        ("Authorization", request.authorization()),
        ("User-Agent", user_agent(request)),
        ("Upgrade", Some("websocket".to_owned())),
        ("Origin", request.origin.clone()),
        ("Sec-WebSocket-Version", Some("13".to_owned())),
        ("Cookie", request.cookie()),
        ("Sec-WebSocket-Key", Some(key.to_owned())),
        (
            "Sec-WebSocket-Extensions",
            (request.compression != CompressionMode::Off).then(|| deflate::OFFER.to_owned()),
        ),
        (
            "Sec-WebSocket-Protocol",
            (!request.subprotocols.is_empty()).then(|| request.subprotocols.join(", ")),
        ),
    ];
    RequestHead {
        request_line: format!("GET {} HTTP/1.1", request.target.resource),
        headers: Headers::merge(&ours, &request.headers),
    }
}

/// The User-Agent that is sent.
pub(super) fn user_agent(request: &ConnectOptions) -> Option<String> {
    let ours = concat!("wsline/", env!("CARGO_PKG_VERSION"));
    let name = request.user_agent.as_deref().unwrap_or(ours);
    (!name.is_empty()).then(|| name.to_owned())
}

/// Checks an answer of 101 as RFC 6455 §4.1 orders; the subprotocol and the compression that
/// were chosen, or what is wrong.
fn check(
    asked: &RequestHead,
    answered: &ResponseHead,
    compress: CompressionMode,
) -> Result<(Option<String>, Option<DeflateParams>), String> {
    let quote = |name: &str| {
        answered.headers.get(name).map_or_else(
            || "it has none".to_owned(),
            |value| format!("it says {:?}", String::from_utf8_lossy(value)),
        )
    };
    if !answered.headers.has_token("Upgrade", "websocket") {
        return Err(format!(
            "its Upgrade field must say websocket, {} (RFC 6455 §4.1)",
            quote("Upgrade")
        ));
    }
    if !answered.headers.has_token("Connection", "upgrade") {
        return Err(format!(
            "its Connection field must say Upgrade, {} (RFC 6455 §4.1)",
            quote("Connection")
        ));
    }
    let expected = derive_accept_key(asked.headers.get("Sec-WebSocket-Key").unwrap_or_default());
    let mut accepts = answered.headers.get_all("Sec-WebSocket-Accept");
    if (accepts.next(), accepts.next()) != (Some(expected.as_bytes()), None) {
        return Err(format!(
            "its Sec-WebSocket-Accept must be {expected} for the key that was sent, {} \
             (RFC 6455 §4.1)",
            quote("Sec-WebSocket-Accept")
        ));
    }
    Ok((
        subprotocol(asked, answered)?,
        compression(asked, answered, compress)?,
    ))
}

/// The extensions of an answer, as one list.
fn extensions(answered: &ResponseHead) -> Option<String> {
    let values: Vec<_> = answered
        .headers
        .get_all("Sec-WebSocket-Extensions")
        .map(String::from_utf8_lossy)
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// The one extension that there is to agree on is permessage-deflate (RFC 7692 §5).
fn compression(
    asked: &RequestHead,
    answered: &ResponseHead,
    compress: CompressionMode,
) -> Result<Option<DeflateParams>, String> {
    let offered = asked
        .headers
        .get_all("Sec-WebSocket-Extensions")
        .any(|value| value.starts_with(deflate::NAME.as_bytes()));
    let is_ours = |answer: &str| answer.starts_with(deflate::NAME);
    match extensions(answered) {
        Some(answer) if offered && is_ours(&answer) => DeflateParams::parse(&answer)
            .map(Some)
            .map_err(|cause| format!("its Sec-WebSocket-Extensions is invalid: {cause}")),
        Some(answer) => Err(format!(
            "it uses an extension that was not offered, it says {answer:?} (RFC 6455 §4.1)"
        )),
        None if compress == CompressionMode::Require => Err(format!(
            "it does not agree to {}, which --compress require demands: --compress auto goes on \
             without it",
            deflate::NAME
        )),
        None => Ok(None),
    }
}

/// The server chooses one that was offered, or none.
fn subprotocol(asked: &RequestHead, answered: &ResponseHead) -> Result<Option<String>, String> {
    let mut chosen = answered.headers.get_all("Sec-WebSocket-Protocol");
    let Some(first) = chosen.next() else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(first).into_owned();
    if chosen.next().is_some() {
        return Err("it chooses a subprotocol more than once (RFC 6455 §11.3.4)".to_owned());
    }
    let offered = asked
        .headers
        .get_all("Sec-WebSocket-Protocol")
        .flat_map(|value| value.split(|&byte| byte == b','))
        .any(|item| item.trim_ascii() == first);
    if offered && !first.is_empty() {
        return Ok(Some(text));
    }
    let ours = asked.headers.get("Sec-WebSocket-Protocol").map_or_else(
        || "none was offered; -s offers one".to_owned(),
        |ours| {
            let ours = String::from_utf8_lossy(ours);
            let ours = shown_subprotocols(&ours, Secrets::Hidden);
            format!("only {ours} was offered")
        },
    );
    Err(format!(
        "it chooses the subprotocol {:?}, but {ours} (RFC 6455 §4.1)",
        shown_subprotocols(&text, Secrets::Hidden)
    ))
}

fn in_words(error: ResponseError, request: &ConnectOptions, deadline: Deadline) -> Error {
    let wrong = |cause, hint| Error::Upgrade {
        cause,
        head: None,
        hint,
    };
    match error {
        ResponseError::Closed(cause) => ended(cause, request, deadline),
        ResponseError::Malformed(cause) => wrong(cause, None),
        ResponseError::NotHttp(bytes) => wrong(
            explain::not_http(&bytes),
            Some(explain::other_protocol(&bytes, request)),
        ),
    }
}

fn ended(cause: Option<io::Error>, request: &ConnectOptions, deadline: Deadline) -> Error {
    match cause {
        Some(cause) if cause.kind() == io::ErrorKind::TimedOut => {
            timed_out(deadline, Phase::Upgrade)
        }
        cause => Error::Unanswered {
            cause,
            hint: explain::silence(request),
        },
    }
}

#[cfg(test)]
mod tests;
