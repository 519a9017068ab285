//! Splits a copied command into words, according to the shell that it was copied for.

use super::not_curl;
use super::posix::Posix;
use super::windows;

/// The words of a copied command.
///
/// # Errors
///
/// Why it can't be parsed: an unclosed quote, a second command, another language. The message does
/// not quote the text, which may contain cookies.
pub(super) fn words(text: &str) -> Result<Vec<String>, String> {
    let text = without_prompt(without_fence(text));
    not_curl::check_text(text)?;
    let words = windows::words(text).unwrap_or_else(|| Posix::new(text).words());
    words.map_err(|problem| format!("could not parse the pasted command: {problem}"))
}

/// Removes what surrounds a command in documents: a byte order mark, whitespace, the backticks of
/// Markdown.
fn without_fence(text: &str) -> &str {
    let blank = |letter: char| letter.is_whitespace() || "\u{feff}\u{200b}".contains(letter);
    let text = text.trim_matches(blank);
    if let Some(block) = text.strip_prefix("```") {
        let block = block.strip_suffix("```").unwrap_or(block);
        return block.split_once('\n').map_or(block, |(_, code)| code);
    }
    let code = text
        .strip_prefix('`')
        .and_then(|text| text.strip_suffix('`'));
    code.filter(|code| !code.contains('`')).unwrap_or(text)
}

/// Removes the prompt of a shell before `curl` on the first line that is not a comment.
fn without_prompt(text: &str) -> &str {
    let mut rest = text;
    loop {
        let line = rest.lines().next().unwrap_or_default();
        if let Some((prompt, _)) = line.split_once("curl") {
            let prompt = prompt.trim();
            let is_prompt = !prompt.contains(['"', '\''])
                && (prompt.ends_with(['$', '#', '%', '>', '❯', '»'])
                    || prompt.starts_with(['➜', '❯']));
            return if is_prompt {
                &rest[line.find("curl").unwrap_or(0)..]
            } else {
                text
            };
        }
        match rest.split_once('\n') {
            Some((line, after)) if line.is_empty() || line.starts_with('#') => rest = after,
            _ => return text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_around_a_command_is_removed() {
        for text in [
            "curl ws://h",
            "\u{feff}curl ws://h\r\n",
            "$ curl ws://h",
            "# curl ws://h",
            "me@box:~/src$ curl ws://h",
            "➜  ~ curl ws://h",
            "# mine\n\n$ curl ws://h # and yours",
            "```sh\ncurl ws://h\n```",
            "`curl ws://h`",
            "curl ws://h >/dev/null 2>&1",
        ] {
            let words = words(text);
            assert_eq!(
                words.as_deref(),
                Ok(&["curl".into(), "ws://h".into()][..]),
                "{text}"
            );
        }
        let words = words("PS C:\\Users\\me> curl.exe ws://curl.example");
        assert_eq!(
            words.as_deref(),
            Ok(&["curl.exe".into(), "ws://curl.example".into()][..])
        );
    }

    #[test]
    fn words_that_are_not_a_prompt_are_kept() {
        for text in [
            "ws://curl.example",
            "A='$ ' curl ws://h",
            "time curl ws://h",
        ] {
            assert_eq!(without_prompt(text), text);
        }
    }
}
