//! The whole protocol core: the first bytes choose the configuration, the cuts and what we send; the
//! rest is the server's frames.

use std::io::Cursor;
use std::num::NonZeroUsize;

use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tungstenite::protocol::frame::FrameHeader;
use wsline::protocol::deflate::DeflateParams;
use wsline::protocol::{
    CloseReason, Closure, End, Kind, Piece, Protocol, ProtocolConfig, ReadyState, Received, Role,
};

/// What was received; the pieces of a message are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Summary(String),
    Frame(String),
    Message(Kind, Vec<u8>),
    Unfinished(Kind, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close,
    Violation(u16, String),
}

/// Layout of `data`: flags, window bits, maximum message size in units of 16 bytes, frame size,
/// number of cuts, two bytes for each cut; the rest is what the server sends.
pub fn run(data: &[u8]) {
    let Some((&[flags, bits, max_size, frame_size, cuts], rest)) = data.split_first_chunk() else {
        return;
    };
    let Some((cuts, bytes)) = rest.split_at_checked(usize::from(cuts % 16) * 2) else {
        return;
    };
    let set = |bit: u8| flags & 1 << bit != 0;
    let config = ProtocolConfig {
        max_message_size: set(4).then(|| u64::from(max_size) * 16),
        report_frames: set(3),
        frame_size: NonZeroUsize::new(usize::from(frame_size)),
        compression: set(0).then(|| DeflateParams {
            server_no_context_takeover: set(1),
            client_no_context_takeover: set(2),
            server_max_window_bits: 8 + (bits & 7),
            client_max_window_bits: 8 + (bits >> 3 & 7),
        }),
        ..ProtocolConfig::default()
    };
    let mut cuts: Vec<_> = cuts
        .chunks_exact(2)
        .map(|pair| usize::from(u16::from_be_bytes([pair[0], pair[1]])) % (bytes.len() + 1))
        .collect();
    cuts.sort_unstable();
    let each: Vec<_> = (0..bytes.len()).collect();

    let whole = receive_all(config, bytes, &[]);
    assert_eq!(receive_all(config, bytes, &cuts), whole, "cut at {cuts:?}");
    assert_eq!(receive_all(config, bytes, &each), whole, "cut everywhere");
    exchange(config, bytes, &cuts, set(5), set(6));
}

/// Receives `bytes` in pieces that end at `cuts`, in order, and checks all that must hold.
pub fn receive_all(config: ProtocolConfig, bytes: &[u8], cuts: &[usize]) -> Vec<Item> {
    let mut protocol = Protocol::new(config);
    let mut collector = Collector::default();
    let mut from = 0;
    for to in cuts.iter().copied().chain([bytes.len()]) {
        collector.receive(&mut protocol, config, &bytes[from..to]);
        from = to;
    }
    check_closure(&protocol, &collector.items, false);
    check_frames(protocol.output(), config, protocol.closure());
    // Data is inflated in steps: if the payload breaks a rule, the cuts decide how much output comes
    // before the error, and which of several errors is found first.
    let mut open = collector.open.take();
    if let (Some(Item::Violation(code @ (1007 | 1009), rule)), true) =
        (collector.items.last_mut(), config.compression.is_some())
    {
        (*code, open) = (1007, None);
        rule.clear();
    }
    collector
        .items
        .extend(open.map(|(kind, payload)| Item::Unfinished(kind, payload)));
    protocol.end(End::Eof);
    assert_eq!(protocol.state(), ReadyState::Closed);
    collector.items
}

/// As [`receive_all`], while messages are sent too.
fn exchange(config: ProtocolConfig, bytes: &[u8], cuts: &[usize], closing: bool, draining: bool) {
    let mut protocol = Protocol::new(config);
    let mut collector = Collector::default();
    let mut wire = Vec::new();
    let mut from = 0;
    for (at, to) in cuts.iter().copied().chain([bytes.len()]).enumerate() {
        let kind = if at % 2 == 0 {
            Kind::Binary
        } else {
            Kind::Text
        };
        // Text messages must be UTF-8.
        let text = String::from_utf8_lossy(&bytes[from..to]);
        protocol.send(Piece::whole(kind, text.as_bytes()));
        protocol.ping(&bytes[from..to]);
        collector.receive(&mut protocol, config, &bytes[from..to]);
        if closing && at == 1 {
            protocol.close(Some(CloseReason {
                code: 1000,
                reason: String::new(),
            }));
        }
        if draining {
            let count = protocol.output().len().min(1 + to);
            wire.extend_from_slice(&protocol.output()[..count]);
            protocol.wrote(count);
        }
        from = to;
    }
    check_closure(&protocol, &collector.items, closing);
    while !protocol.output().is_empty() {
        let count = protocol.output().len();
        wire.extend_from_slice(protocol.output());
        protocol.wrote(count);
    }
    assert_eq!(protocol.unsent_messages(), 0, "everything was written");
    check_frames(&wire, config, protocol.closure());
}

#[derive(Default)]
struct Collector {
    items: Vec<Item>,
    open: Option<(Kind, Vec<u8>)>,
}

impl Collector {
    fn receive(&mut self, protocol: &mut Protocol, config: ProtocolConfig, bytes: &[u8]) {
        let mut input = bytes;
        loop {
            let over = matches!(self.items.last(), Some(Item::Close | Item::Violation(..)));
            let item = match protocol.receive(&mut input) {
                Ok(None) => break,
                Ok(Some(Received::Frame(header, length))) => {
                    assert!(config.report_frames, "frames were asked for");
                    Item::Frame(format!("{header:?} {length}"))
                }
                Ok(Some(Received::Messages(messages))) => {
                    assert!(!over, "{messages:?} after the end");
                    let mut count = 0;
                    for piece in messages.pieces() {
                        let message = self.join(piece, config);
                        self.items.push(message.expect("each message is complete"));
                        count += 1;
                    }
                    assert!(count > 0 && count == messages.count());
                    continue;
                }
                Ok(Some(Received::Data(piece))) => match self.join(piece, config) {
                    Some(message) => message,
                    None => continue,
                },
                Ok(Some(Received::Ping(payload))) => Item::Ping(payload.to_vec()),
                Ok(Some(Received::Pong(payload))) => Item::Pong(payload.to_vec()),
                Ok(Some(Received::Message(summary))) => {
                    assert!(config.report_frames && config.compression.is_some());
                    Item::Summary(format!("{summary:?}"))
                }
                Ok(Some(Received::Close)) => Item::Close,
                Err(violation) => Item::Violation(violation.code, violation.rule),
            };
            assert!(!over, "{item:?} after the end");
            if let Item::Ping(payload) | Item::Pong(payload) = &item {
                assert!(payload.len() <= 125);
            }
            self.items.push(item);
        }
        assert!(input.is_empty(), "all input is taken");
        let over = protocol.state() == ReadyState::Closed;
        assert!(over || protocol.is_inside_message() || self.open.is_none());
    }

    fn join(&mut self, piece: Piece<'_>, config: ProtocolConfig) -> Option<Item> {
        assert_eq!(
            piece.first,
            self.open.is_none(),
            "only the first piece begins a message"
        );
        if piece.kind == Kind::Text {
            std::str::from_utf8(piece.bytes).expect("text in whole characters");
        }
        let (kind, payload) = self.open.get_or_insert((piece.kind, Vec::new()));
        assert_eq!(*kind, piece.kind, "a message has one kind");
        payload.extend_from_slice(piece.bytes);
        if let Some(most) = config.max_message_size {
            assert!(payload.len() as u64 <= most, "larger than {most}");
        }
        if !piece.last {
            return None;
        }
        self.open
            .take()
            .map(|(kind, payload)| Item::Message(kind, payload))
    }
}

/// The closure agrees with the last received item (RFC 6455 §7.1).
fn check_closure(protocol: &Protocol, items: &[Item], closing: bool) {
    let closure = protocol.closure();
    match items.last() {
        Some(Item::Close) => {
            assert!(closure.is_clean() && closure.received.is_some());
            assert!(closing || closure.initiator == Some(Role::Server));
            assert_ne!(closure.code(), 1006);
            assert_eq!(protocol.state(), ReadyState::Closed);
        }
        Some(Item::Violation(code, rule)) => {
            let End::Violation(violation) = &closure.end else {
                panic!("{closure:?} after a violation");
            };
            assert_eq!((violation.code, &violation.rule), (*code, rule));
            assert!(closure.sent.is_some() && closure.received.is_none() && !closure.is_clean());
            assert_eq!(closure.code(), 1006);
            assert_eq!(protocol.state(), ReadyState::Closed);
        }
        _ if closing && closure.sent.is_some() => assert_eq!(protocol.state(), ReadyState::Closing),
        _ => {
            assert_eq!(closure, &Closure::default());
            assert_eq!(protocol.state(), ReadyState::Open);
        }
    }
}

/// The output consists of whole frames, each valid for a client (RFC 6455 §5), and ends with the
/// Close if one was sent.
fn check_frames(wire: &[u8], config: ProtocolConfig, closure: &Closure) {
    let mut cursor = Cursor::new(wire);
    let (mut inside, mut closed) = (false, false);
    while let Some((header, length)) = FrameHeader::parse(&mut cursor).expect("a valid header") {
        assert!(!closed, "a frame after the Close");
        assert!(header.mask.is_some(), "a client masks (§5.1)");
        assert!(!header.rsv2 && !header.rsv3);
        match header.opcode {
            OpCode::Control(control) => {
                assert!(header.is_final && !header.rsv1 && length <= 125, "§5.5");
                closed = control == Control::Close;
            }
            OpCode::Data(data) => {
                assert_eq!(data == Data::Continue, inside, "§5.4");
                let first = data != Data::Continue;
                assert!(!header.rsv1 || (first && config.compression.is_some()));
                assert!(config
                    .frame_size
                    .is_none_or(|most| length <= most.get() as u64));
                inside = !header.is_final;
            }
        }
        let end = cursor.position() + length;
        assert!(end <= wire.len() as u64, "a frame is whole");
        cursor.set_position(end);
    }
    assert_eq!(cursor.position(), wire.len() as u64, "no trailing bytes");
    assert_eq!(closed, closure.sent.is_some());
    assert!(!inside, "every message ends");
}
