//! The answers of proxies to CONNECT and in SOCKS: a byte of options, the size of a read, and what
//! the proxy says.

use wsline::connect::proxy::{request_tunnel, Proxy};
use wsline::connect::ConnectOptions;
use wsline::deadline::Deadline;
use wsline::target::Target;

use crate::server::{End, Server};

/// However it comes, the outcome is the same, and not a byte behind a good answer is read.
pub fn run(data: &[u8]) {
    let Some((&[flags, at_once], answer)) = data.split_first_chunk() else {
        return;
    };
    let address = match flags & 3 {
        0 => "http://proxy.example:3128",
        1 => "http://user:password@proxy.example:3128",
        2 => "socks5h://proxy.example:1080",
        _ => "socks5h://user:password@proxy.example:1080",
    };
    let proxy = Proxy::parse(address).expect("a proxy");
    let request = ConnectOptions::new(Target::parse("ws://server.example/").expect("an address"));
    let outcome = |at_once| {
        let mut server = Server {
            answer,
            at_once,
            end: End::chosen(flags >> 2),
        };
        let asked = request_tunnel(&mut server, &proxy, &request, Deadline::never());
        match asked {
            Ok(()) => {
                let read = &answer[..answer.len() - server.answer.len()];
                assert!(!read.is_empty(), "a tunnel needs an answer");
                assert!(flags & 2 != 0 || read.ends_with(b"\n"), "a head's end");
                Ok(read.len())
            }
            Err(error) => Err(error.to_string()),
        }
    };
    let whole = outcome(usize::MAX);
    for at_once in [usize::from(at_once).max(1), 1] {
        let cut = outcome(at_once);
        // What is said of an answer that is none depends on how much of it has come.
        assert_eq!(cut.as_ref().ok(), whole.as_ref().ok(), "{cut:?} {whole:?}");
    }
}
