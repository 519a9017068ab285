//! The server's answer to the opening handshake: a byte of options, the size of a read, and the
//! answer. The key is always that of RFC 6455 §1.3, so that an answer can be right.

use wsline::connect::handshake::{upgrade, HandshakeResult};
use wsline::connect::{CompressionMode, ConnectOptions};
use wsline::deadline::Deadline;
use wsline::error::Error;
use wsline::http::CustomHeader;
use wsline::target::Target;

use crate::server::{End, Server};

/// However it comes, an answer that is good, or a refusal, is the same.
pub fn run(data: &[u8]) {
    let Some((&[flags, at_once], answer)) = data.split_first_chunk() else {
        return;
    };
    let target = Target::parse("ws://server.example/chat").expect("an address");
    let mut request = ConnectOptions::new(target);
    request.headers =
        vec![CustomHeader::parse("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==").expect("a header")];
    request.compression = match flags & 3 {
        0 | 3 => CompressionMode::Auto,
        1 => CompressionMode::Off,
        _ => CompressionMode::Require,
    };
    if flags & 4 != 0 {
        request.subprotocols = vec!["chat".to_owned(), "superchat".to_owned()];
    }
    let end = End::chosen(flags >> 3);
    let whole = ask(&request, answer, usize::MAX, end);
    for at_once in [usize::from(at_once).max(1), 1] {
        assert_eq!(
            ask(&request, answer, at_once, end),
            whole,
            "reads of {at_once}"
        );
    }
}

fn ask(request: &ConnectOptions, answer: &[u8], at_once: usize, end: End) -> Option<String> {
    let mut server = Server {
        answer,
        at_once,
        end,
    };
    match upgrade(&mut server, request, Deadline::never(), &mut |_| ()) {
        Ok(agreed) => Some(good(agreed, &server, answer, request)),
        Err(Error::Refused(refusal)) => {
            assert_ne!(refusal.head.status, 101);
            assert!(refusal.body.bytes.len() <= 64 << 10);
            Some(format!("{refusal:?}"))
        }
        // Without a head it is no HTTP, and what is said of that depends on how much has come.
        Err(Error::InvalidResponse {
            cause,
            head: Some(_),
            ..
        }) => Some(cause),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}

fn good(
    agreed: HandshakeResult,
    server: &Server<'_>,
    answer: &[u8],
    request: &ConnectOptions,
) -> String {
    let accept: Vec<_> = agreed
        .response
        .headers
        .get_all("Sec-WebSocket-Accept")
        .collect();
    assert_eq!(accept, [b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="], "§4.1");
    if let Some(chosen) = &agreed.subprotocol {
        assert!(request.subprotocols.contains(chosen), "it was offered");
    }
    if request.compression == CompressionMode::Require {
        assert!(agreed.compression.is_some());
    }
    let frames = [&agreed.early, server.answer].concat();
    assert!(answer.ends_with(&frames), "frames come behind the answer");
    format!(
        "{:?} {:?} {:?} {:?} {frames:?}",
        agreed.response, agreed.subprotocol, agreed.extensions, agreed.compression
    )
}
