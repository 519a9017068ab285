//! Commands of the config file that print a secret, such as `pass show example`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::error::{plain, seconds};

/// The maximum length of a line in bytes.
const MAX_SIZE: u64 = 64 << 10;

/// The first line of output of a shell command, which runs with empty standard input.
///
/// # Errors
///
/// The command failed, printed nothing, or took longer than `timeout`.
pub(super) fn first_line(command: &str, timeout: Duration) -> Result<String, String> {
    let failed = |cause: &std::io::Error| format!("could not run the command: {}", plain(cause));
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|cause| failed(&cause))?;
    let Some(stdout) = child.stdout.take() else {
        return Err("could not read the command's output".to_owned());
    };
    let (sender, line) = mpsc::channel();
    thread::spawn(move || {
        let mut line = Vec::new();
        let read = BufReader::new(stdout.take(MAX_SIZE)).read_until(b'\n', &mut line);
        // After the timeout, there is no receiver.
        let _ = sender.send(read.map(|_| line));
    });
    let Ok(line) = line.recv_timeout(timeout) else {
        // It may just have ended.
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!(
            "the command did not print a line within {}",
            seconds(timeout)
        ));
    };
    let mut line = line.map_err(|cause| failed(&cause))?;
    if line.ends_with(b"\n") {
        // The rest of the output is not read, because it may be endless.
        let _ = child.kill();
        let _ = child.wait();
        line.pop();
        if line.ends_with(b"\r") {
            line.pop();
        }
    } else {
        let status = child.wait().map_err(|cause| failed(&cause))?;
        if !status.success() {
            return Err(format!("the command failed ({status})"));
        }
    }
    if line.is_empty() {
        return Err("the command printed an empty line".to_owned());
    }
    String::from_utf8(line).map_err(|_| "the command's output is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_line_is_used() {
        let line = |command: &str| first_line(command, Duration::from_mins(1));
        for (command, is) in [
            ("echo s3cret", Ok("s3cret")),
            ("printf 'a b\\r\\nc'", Ok("a b")),
            ("printf unended", Ok("unended")),
            ("yes", Ok("y")),
            ("cat", Err("the command printed an empty line")),
            ("echo", Err("the command printed an empty line")),
            (
                "printf '\\377\\n'",
                Err("the command's output is not UTF-8"),
            ),
            ("exit 3", Err("the command failed (exit status: 3)")),
        ] {
            assert_eq!(
                line(command),
                is.map(str::to_owned).map_err(str::to_owned),
                "{command}"
            );
        }
        let late = first_line("sleep 60", Duration::from_millis(10));
        let sentence = "the command did not print a line within 0.01 s";
        assert_eq!(late, Err(sentence.to_owned()));
    }
}
