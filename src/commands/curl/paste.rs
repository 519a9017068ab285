//! A command as it was copied, split into its words as the shell does that it was copied for.

use super::not_curl;
use super::posix::Posix;
use super::windows;

/// The words of a copied command.
///
/// # Errors
///
/// A sentence: a quote that is not closed, a second command, another language. It quotes nothing of
/// the text, which has cookies in it.
pub(super) fn words(text: &str) -> Result<Vec<String>, String> {
    let text = without_prompt(without_fence(text));
    not_curl::check_text(text)?;
    let words = windows::words(text).unwrap_or_else(|| Posix::new(text).words());
    words.map_err(|problem| format!("could not parse the pasted command: {problem}"))
}

/// The text without what documents have around it: a byte order mark, blanks, the backticks of
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

/// The text without the prompt of a shell before `curl` on its first line. (Comments may precede
/// that line.)
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
    fn what_is_around_a_command_is_removed() {
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
    fn what_is_no_prompt_stays() {
        for text in [
            "ws://curl.example",
            "A='$ ' curl ws://h",
            "time curl ws://h",
        ] {
            assert_eq!(without_prompt(text), text);
        }
    }
}
