//! Recognizes commands of other programs and code in other languages that were pasted instead of a
//! curl command.

const INSTEAD: &str = "in the browser's network panel, choose \"Copy as cURL\"";

/// Checks that a text does not begin like another language.
///
/// # Errors
///
/// Which language it is, and what to copy instead.
pub(super) fn check_text(text: &str) -> Result<(), String> {
    let start: String = text.trim_start().chars().take(400).collect();
    let start = start.to_ascii_lowercase();
    let has = |part: &str| start.contains(part);
    let kind = if start.starts_with("fetch(") || has("await fetch(") || has("new websocket(") {
        "JavaScript"
    } else if has("invoke-webrequest") || has("invoke-restmethod") || has("microsoft.powershell") {
        "a PowerShell command"
    } else if start.starts_with("get /") || start.lines().next().is_some_and(is_request_line) {
        "the headers of a request"
    } else if start.starts_with('{') {
        return Err(
            "the pasted text is JSON, not a curl command; save an HTTP archive as a file, and \
             run it with wsline test FILE"
                .to_owned(),
        );
    } else {
        return Ok(());
    };
    Err(format!(
        "the pasted text is {kind}, not a curl command; {INSTEAD}"
    ))
}

fn is_request_line(line: &str) -> bool {
    line.trim_end().ends_with(" http/1.1") && !line.contains(['\'', '"'])
}

/// Programs whose commands are pasted instead of curl's.
const PROGRAMS: &[&str] = &[
    "aria2c",
    "http",
    "https",
    "invoke-restmethod",
    "invoke-webrequest",
    "irm",
    "iwr",
    "websocat",
    "wget",
    "wscat",
    "wsline",
    "xh",
    "xhs",
];

/// Checks that the first of `count` words is not the name of another program. A single word may be
/// a host.
///
/// # Errors
///
/// Which program it is, and what to copy instead.
pub(super) fn check_program(first: &str, count: usize) -> Result<(), String> {
    let name = first.rsplit(['/', '\\']).next().unwrap_or(first);
    if count < 2 || first.contains("://") || !PROGRAMS.contains(&name.to_ascii_lowercase().as_str())
    {
        return Ok(());
    }
    let instead = match name {
        "wsline" => "run it without wsline curl",
        _ => INSTEAD,
    };
    Err(format!(
        "the pasted command is one of {name}, not of curl; {instead}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_languages_are_named() {
        for (text, kind) in [
            ("fetch(\"ws://h/\", {});", "JavaScript"),
            ("const r = await fetch('x')", "JavaScript"),
            ("const ws = new WebSocket('ws://h')", "JavaScript"),
            (
                "$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession\n",
                "PowerShell",
            ),
            (
                "Invoke-WebRequest -UseBasicParsing -Uri \"ws://h\"",
                "PowerShell",
            ),
            (
                "GET /chat HTTP/1.1\r\nHost: h\r\n",
                "the headers of a request",
            ),
            ("OPTIONS * HTTP/1.1\n", "the headers of a request"),
            ("{\"log\": {}}", "is JSON"),
        ] {
            let problem = check_text(text).expect_err(text);
            assert!(problem.contains(kind), "{problem}");
            assert!(!problem.contains("ws://h"), "{problem}");
        }
        for text in ["", "curl 'ws://h'", "ws://h/?x={", "getty"] {
            assert_eq!(check_text(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn other_programs_are_named_unless_they_are_a_host() {
        for (word, count) in [("wget", 2), ("/usr/bin/wget", 3), ("Invoke-WebRequest", 2)] {
            assert!(check_program(word, count).is_err(), "{word}");
        }
        for (word, count) in [("http", 1), ("wss://wget", 2), ("curl", 2), ("-v", 2)] {
            assert_eq!(check_program(word, count), Ok(()), "{word}");
        }
        let problem = check_program("wsline", 2).expect_err("it is ours");
        assert!(problem.ends_with("run it without wsline curl"), "{problem}");
    }
}
