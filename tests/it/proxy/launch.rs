//! Starts proxies that nobody here wrote, on loopback and with a configuration of their own.
//! `.ci/run --install` installs them from the distribution.
//!
//! A shell stands between: it ends the proxy when its stdin ends, and that is the test's end of a
//! pipe. So a proxy lives no longer than its test, however that ends.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::{time, Cert};

/// The name and the password that proxies with credentials want.
pub const USER: &str = "bob";
pub const PASSWORD: &str = "hush.1";

/// Some are installed where only root's PATH looks.
const PATH: &str = "PATH=$PATH:/usr/sbin:/usr/local/sbin";

/// A probe for `require!`: whether there is such a program.
pub fn probe(program: &str) -> [String; 3] {
    let look = format!("{PATH} command -v {program}");
    ["sh".to_owned(), "-c".to_owned(), look]
}

/// A proxy that listens.
pub struct Proxy {
    addr: SocketAddr,
    child: Child,
    _dir: TempDir,
}

impl Proxy {
    /// tinyproxy, which speaks HTTP.
    pub fn tinyproxy(login: bool) -> Self {
        Self::start(|addr, dir| {
            let login = if login {
                format!("BasicAuth {USER} {PASSWORD}\n")
            } else {
                String::new()
            };
            let conf = write(
                dir,
                "tinyproxy.conf",
                &format!(
                    "Listen {}\nPort {}\nTimeout 60\nMaxClients 9\nLogFile \"{}\"\n{login}",
                    addr.ip(),
                    addr.port(),
                    dir.join("log").display(),
                ),
            );
            words(&["tinyproxy", "-d", "-c", &conf])
        })
    }

    /// squid, which speaks HTTP.
    pub fn squid(login: bool) -> Self {
        Self::start(|addr, dir| {
            let access = if login {
                let helper = write(
                    dir,
                    "login.sh",
                    &format!(
                        "while read -r line; do\n\
                         [ \"$line\" = '{USER} {PASSWORD}' ] && echo OK || echo ERR\ndone\n"
                    ),
                );
                format!(
                    "auth_param basic program /bin/sh {helper}\n\
                     auth_param basic children 1 startup=1\n\
                     auth_param basic realm test\n\
                     acl known proxy_auth REQUIRED\nhttp_access allow known\n"
                )
            } else {
                "http_access allow all\n".to_owned()
            };
            let conf = write(
                dir,
                "squid.conf",
                &format!(
                    "http_port {addr}\n{access}http_access deny all\ncache deny all\n\
                     pid_filename none\naccess_log none\ncache_log /dev/null\n\
                     cache_store_log none\nnetdb_filename none\npinger_enable off\n\
                     shutdown_lifetime 0 seconds\nvisible_hostname test\n"
                ),
            );
            // Its shared memory goes by the name, and two may not have the same.
            let name = format!("wsline{}p{}", std::process::id(), addr.port());
            words(&["squid", "-N", "-n", &name, "-f", &conf])
        })
    }

    /// stunnel, which speaks TLS with this certificate and hands on to another proxy.
    pub fn stunnel(cert: &Cert, to: SocketAddr) -> Self {
        Self::start(|addr, dir| {
            let conf = write(
                dir,
                "stunnel.conf",
                &format!(
                    "foreground = yes\npid =\n[proxy]\naccept = {addr}\nconnect = {to}\n\
                     cert = {}\nkey = {}\n",
                    cert.path().display(),
                    cert.key_path().display(),
                ),
            );
            words(&["stunnel", &conf])
        })
    }

    /// microsocks, which speaks SOCKS 5.
    pub fn microsocks(login: bool) -> Self {
        Self::start(|addr, _| {
            let (ip, port) = (addr.ip().to_string(), addr.port().to_string());
            let mut call = words(&["microsocks", "-i", &ip, "-p", &port]);
            if login {
                call.extend(words(&["-u", USER, "-P", PASSWORD]));
            }
            call
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// None of them picks a port itself and says which. So one that is free now is given, and
    /// if another program was faster, the next.
    fn start(call: impl Fn(SocketAddr, &Path) -> Vec<String>) -> Self {
        let end = Instant::now() + time::limit(time::PROGRAM);
        loop {
            let dir = crate::support::guard::directory();
            // Squid, started by root, reads it as somebody else.
            std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755))
                .expect("our own directory");
            let addr = free();
            let call = call(addr, dir.path());
            let mut child = Command::new("sh")
                .arg("-c")
                .arg(format!(
                    "{PATH}; \"$@\" </dev/null & read -r end; kill $!; wait $!"
                ))
                .arg("sh")
                .args(&call)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("there is a shell");
            let started = Instant::now();
            while started.elapsed() < time::limit(time::STEP) {
                match TcpStream::connect(addr) {
                    Ok(_) => {
                        return Self {
                            addr,
                            child,
                            _dir: dir,
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                        std::thread::sleep(Duration::from_millis(10));
                    }
                    Err(error) => panic!("{call:?} can't be connected to: {error}"),
                }
            }
            stop(&mut child);
            assert!(Instant::now() < end, "{call:?} does not listen");
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

/// Ends the shell's stdin, and so the proxy.
fn stop(child: &mut Child) {
    drop(child.stdin.take());
    // It fails only if there is no such child any more.
    let _ = child.wait();
}

fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("it is bound")
}

fn write(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    std::fs::write(&path, text).expect("a file can be written");
    path.to_string_lossy().into_owned()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
