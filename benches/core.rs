//! The protocol core by itself: decode, encode and mask, UTF-8, deflate. No socket, no pipe.
//!
//! `cargo bench`, or `cargo bench -- decode`.

use std::hint::black_box;

use criterion::{criterion_group, criterion_main, BenchmarkId, Criterion, Throughput};
use wsline::protocol::deflate::DeflateParams;
use wsline::protocol::{Kind, Piece, Protocol, ProtocolConfig, Received};

/// What a read brings at most.
const READ: usize = 256 * 1024;

/// A server's frame: final, of one kind, not masked (RFC 6455 §5.2).
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match payload.len() {
        short @ 0..=125 => frame.push(u8::try_from(short).expect("it is short")),
        long @ 126..=0xffff => {
            frame.push(126);
            frame.extend_from_slice(&u16::try_from(long).expect("it fits").to_be_bytes());
        }
        longer => {
            frame.push(127);
            frame.extend_from_slice(&(longer as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

/// A megabyte or so of frames with `payload`, and how many they are.
fn frames(opcode: u8, payload: &[u8]) -> (Vec<u8>, usize) {
    let one = frame(opcode, payload);
    let count = (1 << 20) / one.len() + 1;
    (one.repeat(count), count)
}

/// Receives all of `input` as reads would bring it; the bytes of its messages.
fn receive(protocol: &mut Protocol, input: &[u8]) -> usize {
    let mut bytes = 0;
    for mut read in input.chunks(READ) {
        while let Some(received) = protocol.receive(&mut read).expect("the frames are good") {
            bytes += match received {
                Received::Messages(messages) => {
                    messages.pieces().map(|piece| piece.bytes.len()).sum()
                }
                Received::Data(piece) => piece.bytes.len(),
                _ => 0,
            };
        }
    }
    bytes
}

/// Sends `piece` a hundred times, and has it written.
fn send(protocol: &mut Protocol, piece: Piece<'_>) -> usize {
    for _ in 0..100 {
        protocol.send(black_box(piece));
    }
    let waiting = black_box(protocol.output()).len();
    protocol.wrote(waiting);
    waiting
}

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    for size in [32, 1024, 64 * 1024] {
        for (name, opcode) in [("text", 1), ("binary", 2)] {
            let (input, _) = frames(opcode, &vec![b'x'; size]);
            group.throughput(Throughput::Bytes(input.len() as u64));
            group.bench_function(BenchmarkId::new(name, size), |bencher| {
                let mut protocol = Protocol::new(ProtocolConfig::default());
                bencher.iter(|| receive(&mut protocol, black_box(&input)));
            });
        }
    }
    group.finish();
}

fn utf8(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("utf8");
    for (name, text) in [
        ("latin", "a line of plain text, "),
        ("mixed", "größer, naïve, 日本語, 😀 "),
    ] {
        // An odd length lets characters be cut by the end of a read.
        let payload = text.repeat(10_001);
        let (input, _) = frames(1, payload.as_bytes());
        group.throughput(Throughput::Bytes(input.len() as u64));
        group.bench_function(name, |bencher| {
            let mut protocol = Protocol::new(ProtocolConfig::default());
            bencher.iter(|| receive(&mut protocol, black_box(&input)));
        });
    }
    group.finish();
}

/// Header, mask and all: for a long message the mask is what takes the time.
fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode and mask");
    for size in [32, 1024, 64 * 1024] {
        let payload = vec![b'x'; size];
        group.throughput(Throughput::Bytes(100 * size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            let mut protocol = Protocol::new(ProtocolConfig::default());
            bencher.iter(|| send(&mut protocol, Piece::whole(Kind::Text, &payload)));
        });
    }
    group.finish();
}

fn deflate(criterion: &mut Criterion) {
    let compressing = || {
        Protocol::new(ProtocolConfig {
            compression: Some(DeflateParams::default()),
            ..ProtocolConfig::default()
        })
    };
    let members = (0..14).map(|number| {
        let (user, score) = (number * 7919 % 1000, number * 104_729 % 997);
        format!(r#"{{"id":{number},"name":"user {user}","score":{score},"on":true}},"#)
    });
    let message: Vec<String> = members.collect();
    let message = message.concat();
    let piece = Piece::whole(Kind::Text, message.as_bytes());
    let mut group = criterion.benchmark_group("deflate");
    group.throughput(Throughput::Bytes(100 * message.len() as u64));
    group.bench_function("compress", |bencher| {
        let mut protocol = compressing();
        bencher.iter(|| send(&mut protocol, piece));
    });
    // Our own frames without their masks are what a server would send.
    let mut sender = compressing();
    for _ in 0..100 {
        sender.send(piece);
    }
    let input = unmasked(sender.output());
    group.bench_function("expand", |bencher| {
        bencher.iter_batched_ref(
            compressing,
            |protocol| receive(protocol, black_box(&input)),
            criterion::BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// Client frames with less than 64 KiB, as a server would have sent them.
fn unmasked(mut frames: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let [first, second, rest @ ..] = frames {
        let short = usize::from(second & 0x7f);
        let (length, rest) = match rest.split_first_chunk() {
            Some((length, rest)) if short == 126 => {
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            _ => (short, rest),
        };
        let (mask, rest) = rest.split_at(4);
        let (payload, rest) = rest.split_at(length);
        let payload: Vec<u8> = payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, key)| byte ^ key)
            .collect();
        let begin = out.len();
        out.extend_from_slice(&frame(first & 0x0f, &payload));
        // The bit of a compressed message (RFC 7692 §6).
        out[begin] |= first & 0x40;
        frames = rest;
    }
    out
}

criterion_group!(core, decode, utf8, encode, deflate);
criterion_main!(core);
