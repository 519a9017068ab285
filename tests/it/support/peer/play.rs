//! Plays one script on one connection.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

use super::super::{gate::Gate, time};
use super::frame::{self, Frame};
use super::socket::Socket;
use super::step::{compare, Incoming, Step};
use super::wire::Wire;
use super::{Opening, Script};

/// Plays `script` to its end. The error says which step failed and why. `over` opens when the test
/// ends.
pub fn play(script: &Script, socket: Socket, over: &Gate) -> Result<(), String> {
    let Some(mut wire) = open(script, socket).map_err(|why| format!("TLS: {why}"))? else {
        return Ok(());
    };
    let sent = answer(script, &mut wire).map_err(|why| format!("the request: {why}"))?;
    for (index, step) in script.steps.iter().enumerate().skip(sent) {
        if matches!(step, Step::ResetTcp) {
            let reset = wire.socket.reset_when_closed();
            return reset.map_err(|error| error.to_string());
        }
        perform(step, &mut wire, over).map_err(|why| {
            let (number, count) = (index + 1, script.steps.len());
            format!("step {number} of {count}: {step}\n{why}")
        })?;
    }
    end(script, &mut wire).map_err(|why| format!("after the last step: {why}"))
}

/// TCP, or TLS on it; `None` if the client refused TLS as it should.
fn open(script: &Script, socket: Socket) -> Result<Option<Wire>, String> {
    socket
        .set_timeouts(script.limit)
        .map_err(|error| error.to_string())?;
    let Some(tls) = &script.tls else {
        return Wire::plain(socket, script.limit)
            .map(Some)
            .map_err(|error| error.to_string());
    };
    let control = socket.try_clone().map_err(|error| error.to_string())?;
    match (tls.accept(socket), script.tls_refused) {
        (Ok(stream), false) => Wire::tls(stream, script.limit)
            .map(Some)
            .map_err(|error| error.to_string()),
        (Ok(_), true) => Err("the client accepted what it should refuse".to_owned()),
        (Err(_), true) => {
            // It may have sent more, and closing with unread bytes would reset the connection.
            let mut rest = Wire::plain(control, script.limit).map_err(|e| e.to_string())?;
            rest.send_fin();
            rest.drain().map(|()| None)
        }
        (Err(why), false) => Err(why),
    }
}

/// Reads the request, checks it, and responds. Returns the number of steps that were sent with the
/// response.
fn answer(script: &Script, wire: &mut Wire) -> Result<usize, String> {
    if matches!(script.opening, Opening::None) {
        return Ok(0);
    }
    let head = wire.read_head()?;
    for check in &script.checks {
        check(&head).map_err(|why| format!("{why}\n--- the request's head\n{head}"))?;
    }
    let mut bytes = match &script.opening {
        Opening::WebSocket(upgrade) => {
            if upgrade.headers.contains("permessage-deflate") {
                wire.rsv_allowed = 0b100;
            }
            upgrade.answer(&head)?
        }
        Opening::Http(bytes) => bytes.clone(),
        Opening::None => Vec::new(),
    };
    let mut sent = 0;
    if script.glued {
        for step in &script.steps {
            match step {
                Step::Send { bytes: more, .. } => bytes.extend_from_slice(more),
                Step::SendClose(frame) => {
                    wire.close_sent = true;
                    bytes.extend(frame.encode());
                }
                _ => break,
            }
            sent += 1;
        }
    }
    wire.write(&bytes).map(|()| sent)
}

fn perform(step: &Step, wire: &mut Wire, over: &Gate) -> Result<(), String> {
    match step {
        Step::Expect(expected) => compare(expected, &wire.read_incoming()?),
        Step::ExpectAnyClose => match wire.read_incoming()? {
            Incoming::Close(_) => Ok(()),
            other => Err(format!("expected a Close\n     got {other}")),
        },
        Step::ExpectFrame(expected) => expect_frame(expected, wire),
        Step::ExpectRaw(expected) => {
            let got = wire.read_raw(expected.len())?;
            if got == *expected {
                return Ok(());
            }
            let (expected, got) = (expected.escape_ascii(), got.escape_ascii());
            Err(format!("expected \"{expected}\"\n     got \"{got}\""))
        }
        Step::Send { bytes, .. } => wire.write(bytes),
        Step::SendClose(frame) => {
            wire.close_sent = true;
            wire.write(&frame.encode())
        }
        Step::SendRepeated { bytes, times } => {
            (0..*times).try_for_each(|_| wire.write_later(bytes))?;
            wire.flush()
        }
        Step::Pause(duration) => {
            thread::sleep(time::limit(*duration));
            Ok(())
        }
        Step::ExpectSilence(duration) => wire.expect_silence(*duration),
        Step::WaitFor(gate) => {
            let opened = gate.opens_within(time::limit(time::STEP));
            opened.then_some(()).ok_or("nobody opened it".to_owned())
        }
        Step::Open(gate) => {
            gate.open();
            Ok(())
        }
        Step::Echo(count) => echo(wire, Some(*count)),
        Step::EchoAll => echo(wire, None),
        Step::ShutDownTls => {
            wire.shut_down_tls();
            Ok(())
        }
        Step::DropTcp => {
            wire.send_fin();
            Ok(())
        }
        Step::Stall => wire.drain(),
        Step::Deaf => {
            let ended = over.opens_within(time::limit(time::PROGRAM));
            ended.then_some(()).ok_or("the test did not end")?;
            wire.drain()
        }
        Step::TunnelTo(addr) => tunnel(wire, *addr),
        Step::ResetTcp => Err("a reset can't be performed in the middle".to_owned()),
    }
}

fn expect_frame(expected: &Frame, wire: &mut Wire) -> Result<(), String> {
    let Some(got) = wire.read_frame()? else {
        return Err("got the end of TCP".to_owned());
    };
    let got = Frame { mask: None, ..got };
    if got == *expected {
        return Ok(());
    }
    Err(format!("     got {}", Step::ExpectFrame(got)))
}

/// Sends back every frame unchanged, for this number of messages or until the client closes. It has
/// one thread and blocks: with a client that only writes, it stops.
fn echo(wire: &mut Wire, messages: Option<usize>) -> Result<(), String> {
    let mut left = messages;
    while left != Some(0) {
        let frame = if let Some(frame) = wire.frame_at_hand()? {
            frame
        } else {
            wire.flush()?;
            wire.read_frame()?.ok_or("got the end of TCP")?
        };
        let opcode = match frame.opcode {
            frame::PONG => continue,
            frame::PING => frame::PONG,
            frame::CLOSE if left.is_some() => {
                return Err(format!("got a Close, {} messages early", left.unwrap_or(0)));
            }
            opcode => opcode,
        };
        if frame.fin && opcode < frame::CLOSE {
            left = left.map(|left| left - 1);
        }
        let back = Frame {
            opcode,
            mask: None,
            ..frame
        };
        wire.write_later(&back.encode())?;
        if opcode == frame::CLOSE {
            wire.close_sent = true;
            break;
        }
    }
    wire.flush()
}

/// Ends the connection after the script as a server should, if no step has ended it. On an open
/// WebSocket it waits for the client's Close and answers it (RFC 6455 §5.5.1), then ends TCP first
/// (§7.1.1). The rest is read, because closing with unread bytes sends RST, by which the client can
/// lose what it has not read yet.
fn end(script: &Script, wire: &mut Wire) -> Result<(), String> {
    let open = matches!(script.opening, Opening::WebSocket(_)) && !wire.fin_sent && !wire.eof;
    if open {
        close(wire)?;
    }
    if !wire.fin_sent {
        wire.shut_down_tls();
        wire.send_fin();
    }
    wire.drain()
}

fn close(wire: &mut Wire) -> Result<(), String> {
    while wire.close_heard.is_none() {
        match wire.read_incoming()? {
            Incoming::Ping(payload) if !wire.close_sent => {
                wire.write(&Frame::new(frame::PONG, payload).encode())?;
            }
            Incoming::Eof => {
                return Err(
                    "the client closed the connection without a Close frame (expect_eof() if it should)".to_owned(),
                );
            }
            unwanted @ Incoming::Message { .. } if !wire.close_sent => {
                return Err(format!("got {unwanted}, for which there is no step"));
            }
            _ => {}
        }
    }
    if !wire.close_sent {
        if let Some(close) = wire.close_heard.clone() {
            wire.close_sent = true;
            wire.write(&Frame::new(frame::CLOSE, close.payload).encode())?;
        }
    }
    Ok(())
}

/// Passes bytes to and from another server, as a proxy does, until both directions have ended.
/// Only the client's way to the server is read here; a thread does the other.
fn tunnel(wire: &mut Wire, addr: SocketAddr) -> Result<(), String> {
    if wire.is_tls() {
        return Err("a tunnel through TLS can't be played".to_owned());
    }
    let failed = |error: std::io::Error| format!("can't reach the server: {error}");
    let mut server = TcpStream::connect_timeout(&addr, time::limit(time::STEP)).map_err(failed)?;
    let mut answers = server.try_clone().map_err(failed)?;
    answers
        .set_read_timeout(Some(time::limit(time::PROGRAM)))
        .map_err(failed)?;
    let mut back = wire.socket.try_clone().map_err(failed)?;
    let copying = thread::spawn(move || {
        let mut chunk = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = answers.read(&mut chunk) {
            if back.write_all(&chunk[..count]).is_err() {
                break;
            }
        }
        // The client may have gone already.
        let _ = back.shutdown(Shutdown::Write);
    });
    loop {
        let count = wire.unused().len();
        let bytes = wire.take(count);
        if server.write_all(&bytes).is_err() {
            break;
        }
        match wire.fill(wire.end_of_step()) {
            Ok(true) => {}
            Ok(false) => break,
            // A client that goes without having read everything resets, and that is an end too.
            Err(_) if wire.eof => break,
            Err(why) => return Err(why),
        }
    }
    // The server may have gone already.
    let _ = server.shutdown(Shutdown::Write);
    wire.fin_sent = true;
    copying
        .join()
        .map_err(|_| "the way back panicked".to_owned())
}
