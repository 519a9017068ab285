//! permessage-deflate (RFC 7692) through the program: what is offered, what answers
//! are taken, what is on the wire, and what people see of it.

mod excess;
mod fragments;

use flate2::{Compress, Compression, FlushCompress};

use crate::support::peer::{BINARY, CONTINUATION, TEXT};
use crate::support::{Frame, Peer, Wsline};

pub const AGREED: &str = "Sec-WebSocket-Extensions: permessage-deflate";
const OFFER: &str = "permessage-deflate; client_max_window_bits";
/// RSV1: a compressed message (RFC 7692 §6).
const COMPRESSED: u8 = 0b100;
/// A message that is worth compressing.
const LONG: &str = "to be, or not to be, that is the question: whether 'tis nobler in the mind \
                    to suffer";

/// One end's compressed stream.
pub struct Deflate(Compress);

impl Deflate {
    pub fn new(bits: u8) -> Self {
        Self(Compress::new_with_window_bits(
            Compression::default(),
            false,
            bits,
        ))
    }

    /// The payload of a message (RFC 7692 §7.2.1).
    pub fn message(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = self.block(bytes, FlushCompress::Sync);
        assert_eq!(out.split_off(out.len() - 4), [0, 0, 0xff, 0xff]);
        out
    }

    fn block(&mut self, mut bytes: &[u8], flush: FlushCompress) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() / 2 + 1024);
        while !bytes.is_empty() {
            let before = self.0.total_in();
            self.0
                .compress_vec(bytes, &mut out, flush)
                .expect("the stream is set up rightly");
            let used = usize::try_from(self.0.total_in() - before).expect("it was in memory");
            bytes = &bytes[used..];
        }
        assert!(out.len() < out.capacity(), "there was room for all of it");
        out
    }
}

pub fn compressed(opcode: u8, payload: Vec<u8>) -> Frame {
    Frame::new(opcode, payload).rsv(COMPRESSED)
}

/// The verdict that says what compression did.
fn verdict(sent: u32, received: u32, ratio: &str) -> String {
    format!(
        "closed by us: 1000 (normal closure) after [..] s, sent {sent}, received {received}{ratio}\n"
    )
}

// What is agreed.

#[test]
fn all_valid_parameters_are_supported() {
    for (parameters, bits, takeover) in [
        ("", 15, true),
        ("; client_no_context_takeover", 15, false),
        (
            "; server_no_context_takeover; client_no_context_takeover",
            15,
            false,
        ),
        ("; client_max_window_bits=9", 9, true),
        (
            "; client_max_window_bits=15; server_max_window_bits=10",
            15,
            true,
        ),
        (
            ";server_max_window_bits=\"8\" ; client_max_window_bits = 12",
            12,
            true,
        ),
    ] {
        let answer = format!("{AGREED}{parameters}");
        let mut ours = Deflate::new(bits);
        let first = ours.message(LONG.as_bytes());
        let second = if takeover {
            ours.message(LONG.as_bytes())
        } else {
            first.clone()
        };
        assert_eq!(second.len() < 20, takeover, "the window remembers");
        // A small window serves as well for the server's stream.
        let server_forgets = parameters.contains("server_no_context_takeover");
        let mut theirs = Deflate::new(9);
        let mut reply = |text: &str| {
            if server_forgets {
                theirs = Deflate::new(9);
            }
            compressed(TEXT, theirs.message(text.as_bytes()))
        };
        let peer = Peer::ws()
            .expect_header("Sec-WebSocket-Extensions", OFFER)
            .accept_with_headers([answer.as_str()])
            .expect_frame(compressed(TEXT, first))
            .frame(reply("one, two, three, one, two, three"))
            .expect_frame(compressed(TEXT, second))
            .frame(reply("one, two, three, one, two, three"))
            .expect_close(1000, "")
            .start();
        Wsline::new()
            .args([&peer.url(), "-n", "2", "-v", "-d", LONG, "-d", LONG])
            .args(["--compress", "require"])
            .stdout("one, two, three, one, two, three\n".repeat(2))
            .stderr_matches(format!(
                "...\n* open: {}, extensions {}\n...\n{}",
                peer.url(),
                &answer["Sec-WebSocket-Extensions: ".len()..],
                verdict(2, 2, ", compressed to [..] %"),
            ))
            .run();
    }
}

#[test]
fn compress_off_makes_no_offer() {
    let peer = Peer::ws()
        .expect_no_header("Sec-WebSocket-Extensions")
        .expect_frame(Frame::new(TEXT, LONG))
        .start();
    Wsline::new()
        .args([&peer.url(), "--compress", "off", "-w", "0", "-d", LONG])
        .run();
}

#[test]
fn compression_is_not_used_unless_negotiated() {
    let peer = Peer::ws()
        .expect_header("Sec-WebSocket-Extensions", OFFER)
        .expect_frame(Frame::new(TEXT, LONG))
        .start();
    Wsline::new()
        .args([&peer.url(), "-w", "0", "-v", "-d", LONG])
        .stderr_matches(format!(
            "...\n* open: {}\n...\n{}",
            peer.url(),
            verdict(1, 0, "")
        ))
        .run();
}

/// The answer to the upgrade with these lines is wrong for this cause.
#[track_caller]
fn refused(lines: &[&str], options: &[&str], cause: &str) {
    let peer = Peer::ws()
        .accept_with_headers(lines.iter().copied())
        .expect_eof()
        .start();
    Wsline::new()
        .arg(peer.url())
        .args(options)
        .stderr_matches(format!(
            "wsline: invalid upgrade response: {cause}\nHTTP/1.1 101 [..]\n..."
        ))
        .code(22)
        .run();
}

/// A server may decline what is offered: nothing is wrong with its response.
#[test]
fn declined_required_compression_is_an_error() {
    let peer = Peer::ws().expect_eof().start();
    Wsline::new()
        .args([&peer.url(), "--compress", "require"])
        .stderr_matches(
            "wsline: the server declined permessage-deflate (--compress require)\n\
             HTTP/1.1 101 [..]\n...\n\
             hint: use --compress auto to connect without compression\n",
        )
        .code(22)
        .run();
}

#[test]
fn invalid_extension_responses_are_errors() {
    for (parameters, cause) in [
        ("; mux", "unknown parameter \"mux\" (RFC 7692 §7.1)"),
        (
            "; server_max_window_bits=7",
            "server_max_window_bits must be a number from 8 to 15 (RFC 7692 §7.1.2)",
        ),
        (
            "; client_max_window_bits=16",
            "client_max_window_bits must be a number from 8 to 15 (RFC 7692 §7.1.2)",
        ),
        (
            "; client_no_context_takeover; client_no_context_takeover",
            "client_no_context_takeover appears twice (RFC 7692 §7.1)",
        ),
        (
            "; server_no_context_takeover=1",
            "server_no_context_takeover has a value (RFC 7692 §7.1.1)",
        ),
    ] {
        let line = format!("{AGREED}{parameters}");
        let cause = format!("invalid Sec-WebSocket-Extensions: {cause}");
        refused(&[&line], &[], &cause);
    }
    refused(
        &[AGREED, AGREED],
        &[],
        "invalid Sec-WebSocket-Extensions: extension \"permessage-deflate, \
         permessage-deflate\" was not offered (RFC 6455 §4.1)",
    );
    refused(
        &[AGREED],
        &["--compress", "off"],
        "extension \"permessage-deflate\" was not offered (RFC 6455 §4.1)",
    );
}

#[test]
fn messages_are_uncompressed_if_the_window_is_unsupported() {
    let line = format!("{AGREED}; client_max_window_bits=8");
    let peer = Peer::ws()
        .accept_with_headers([line.as_str()])
        .expect_frame(Frame::new(TEXT, LONG))
        .frame(compressed(TEXT, Deflate::new(15).message(LONG.as_bytes())))
        .start();
    Wsline::new()
        .args([&peer.url(), "-1", "-d", LONG])
        .stdout(format!("{LONG}\n"))
        .stderr(
            "wsline: the server allows a compression window of 8 bits only: messages are sent \
             uncompressed\n",
        )
        .run();
}

// What is sent, and what people see.

#[test]
fn verbose_shows_compression_of_each_message() {
    let first = Deflate::new(15).message(LONG.as_bytes());
    let reply = Deflate::new(15).message(&[b'a'; 500]);
    let (there, back) = (first.len(), reply.len());
    // Only what was compressed counts.
    let sizes = LONG.len() + 500;
    let percent = ((there + back) * 100 + sizes / 2) / sizes;
    let peer = Peer::ws()
        .accept_with_headers([AGREED])
        .expect_frame(Frame::new(TEXT, "short"))
        .expect_frame(compressed(TEXT, first))
        .frame(compressed(BINARY, reply[..3].to_vec()).unfinished())
        .frame(Frame::new(CONTINUATION, &reply[3..]))
        .send_text("x")
        .expect_close(1000, "")
        .start();
    Wsline::new()
        .args([&peer.url(), "-vv", "-n", "2", "-d", "short", "-d", LONG])
        .stdout("a".repeat(500) + "x\n")
        .stderr_matches(format!(
            "...\n\
             * open: {}, extensions permessage-deflate\n\
             > TEXT fin=1 rsv=000 mask=1 len=5\n\
             > TEXT message: 5 bytes, not compressed\n\
             > TEXT fin=1 rsv=100 mask=1 len={there}\n\
             > TEXT message: {} bytes, compressed to {there}\n\
             < BINARY fin=0 rsv=100 mask=0 len=3\n\
             < CONTINUATION fin=1 rsv=000 mask=0 len={}\n\
             < BINARY message: 500 bytes, compressed to {back}\n\
             < TEXT fin=1 rsv=000 mask=0 len=1\n\
             < TEXT message: 1 byte, not compressed\n\
             ...\n{}",
            peer.url(),
            LONG.len(),
            back - 3,
            verdict(2, 2, &format!(", compressed to {percent} %")),
        ))
        .run();
}

// What is wrong.

/// Sends `frame` to a program with these options, which fails the connection.
#[track_caller]
fn failed(peer: Peer, frame: Frame, options: &[&str], code: i32, verdict: &str) {
    let name = u16::try_from(code + 900).expect("a Close code");
    let peer = peer.frame(frame).expect_close_any().close(name, "").start();
    Wsline::new()
        .arg(peer.url())
        .args(options)
        .stdout_matches("...\n")
        .stderr_matches(format!(
            "closed by us: {verdict} after [..] s, sent 0, received 0\n"
        ))
        .code(code)
        .run();
}

#[test]
fn compressed_message_without_negotiation_is_a_violation() {
    failed(
        Peer::ws(),
        compressed(TEXT, Deflate::new(15).message(LONG.as_bytes())),
        &[],
        102,
        "1002 (protocol error), the server sent [..]RFC 6455 §5.2)",
    );
}

#[test]
fn invalid_deflate_data_is_a_violation() {
    failed(
        Peer::ws().accept_with_headers([AGREED]),
        compressed(TEXT, vec![0xff; 20]),
        &[],
        107,
        "1007 (invalid payload data), the server sent a compressed message that is not valid DEFLATE \
         data (RFC 7692 §7.2.2)",
    );
}
