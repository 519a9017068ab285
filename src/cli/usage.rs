//! Usage errors, escaped for a terminal.
//!
//! clap quotes arguments unescaped, and some come from elsewhere: `wsline curl -` reads a copied
//! command. So values are escaped before clap adds its styles, and the output has no escape
//! sequences except those.

use std::error::Error as _;
use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::help::STYLES;
use crate::text::escape;

/// The name by which the program was called, escaped because clap prints it.
pub(super) fn program(name: &OsString) -> OsString {
    match name.to_str() {
        Some(name) if !name.contains(escape::is_hidden) => name.into(),
        _ => escape::line(&name.to_string_lossy()).into(),
    }
}

/// Escapes everything that the error quotes.
pub(super) fn escaped(mut error: clap::Error, command: &clap::Command) -> clap::Error {
    let changed: Vec<(ContextKind, ContextValue)> = error
        .context()
        .filter_map(|(kind, value)| Some((kind, escaped_value(value)?)))
        .collect();
    if !changed.is_empty() {
        // clap quotes the argument in the suggestion, inside its own styles.
        error.remove(ContextKind::Suggested);
    }
    for (kind, value) in changed {
        error.insert(kind, value);
    }
    match error.source().map(ToString::to_string) {
        Some(why) if escape::line(&why) != why => restated(&error, &why, command),
        _ => error,
    }
}

/// The escaped value; `None` if nothing had to be escaped.
fn escaped_value(value: &ContextValue) -> Option<ContextValue> {
    let escaped = match value {
        ContextValue::String(text) => ContextValue::String(escape::line(text)),
        ContextValue::Strings(texts) => {
            ContextValue::Strings(texts.iter().map(|text| escape::line(text)).collect())
        }
        _ => return None,
    };
    (escaped != *value).then_some(escaped)
}

/// The error with another message of the value parser, in clap's format, because the message can't
/// be replaced in place.
fn restated(error: &clap::Error, why: &str, command: &clap::Command) -> clap::Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let (invalid, literal) = (STYLES.get_invalid(), STYLES.get_literal());
    let value = text(ContextKind::InvalidValue);
    let option = text(ContextKind::InvalidArg);
    let why = escape::line(why);
    let sentence = format!(
        "invalid value '{invalid}{value}{invalid:#}' for '{literal}{option}{literal:#}': {why}\n\n\
         For more information, try '{literal}--help{literal:#}'.\n"
    );
    clap::Error::raw(ErrorKind::ValueValidation, sentence).with_cmd(command)
}

/// The message of a clap error, without the usage line, which may be that of another command.
#[must_use]
pub fn sentence_of(error: &clap::Error) -> String {
    if !error.use_stderr() {
        return "--help and --version cannot be used here".to_owned();
    }
    let text = error.to_string();
    let lines = text.lines().take_while(|line| !line.is_empty());
    let words: Vec<&str> = lines.map(str::trim).collect();
    let sentence = words.join(" ").trim_start_matches("error: ").to_owned();
    match error.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(similar)) => format!("{sentence}; did you mean {similar}?"),
        _ => sentence,
    }
}

/// The complete text of a usage error, with clap's styles if `colored`.
#[must_use]
pub fn text(error: &clap::Error, colored: bool) -> String {
    let text: StyledStr = error.render();
    if !colored {
        return without_others(&text.to_string(), &[]);
    }
    let styles = [
        STYLES.get_header(),
        STYLES.get_error(),
        STYLES.get_usage(),
        STYLES.get_literal(),
        STYLES.get_placeholder(),
        STYLES.get_valid(),
        STYLES.get_invalid(),
    ];
    let codes: Vec<String> = styles
        .iter()
        .flat_map(|style| [style.render().to_string(), style.render_reset().to_string()])
        .filter(|code| !code.is_empty())
        .collect();
    let text = text.ansi().to_string();
    without_others(&text, &codes)
}

/// Escapes everything in `text` except line feeds and these codes.
fn without_others(text: &str, codes: &[String]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let code = codes.iter().find(|code| rest.starts_with(code.as_str()));
        let length = match code {
            Some(code) => {
                out.push_str(code);
                code.len()
            }
            None if character == '\n' => {
                out.push('\n');
                1
            }
            None => {
                let end = rest[1..]
                    .find(['\x1b', '\n'])
                    .map_or(rest.len(), |at| at + 1);
                out.push_str(&escape::line(&rest[..end]));
                end
            }
        };
        rest = &rest[length..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::config::ConfigOptions;
    use crate::cli::parse;

    /// A window title, a color, a bidirectional override, and a C1 control character.
    const EVIL: &str = "\x1b]0;x\x07\x1b[31m\u{202e}\u{9b}31m\n";
    const SHOWN: &str = "\\x1b]0;x\\x07\\x1b[31m\\u{202e}\\u{9b}31m\\n";

    fn error(args: &[&str]) -> clap::Error {
        let args = args.iter().map(OsString::from);
        parse(args, &ConfigOptions::default()).expect_err("it is wrong")
    }

    #[test]
    fn values_are_escaped_between_the_styles() {
        for args in [
            &["wsline", "--foo", "x"][..],
            &["wsline", "-w", "x", "x"],
            &["wsline", "--color", "x", "x"],
            &["wsline", "x", "x"],
            &["wsline", "echo", "x"],
            &["wsline", "generate", "x"],
            &["wsline", "generate", "completions", "x"],
            &["wsline", "test", "--speed", "x", "x"],
            &["wsline", "x", "-s", "x"],
            &["wsline", "x", "--data-hex", "x"],
        ] {
            let args: Vec<String> = args
                .iter()
                .map(|arg| match *arg {
                    "x" => EVIL.to_owned(),
                    "--foo" => format!("--foo{EVIL}"),
                    arg => arg.to_owned(),
                })
                .collect();
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let error = error(&args);
            let plain = text(&error, false);
            assert!(plain.contains(SHOWN), "{args:?}: {plain:?}");
            assert!(
                !plain.replace('\n', "").contains(escape::is_hidden),
                "{plain:?}"
            );
            let colored = text(&error, true);
            assert!(colored.contains(SHOWN), "{args:?}: {colored:?}");
            assert_eq!(without_codes(&colored), plain);
        }
    }

    fn without_codes(text: &str) -> String {
        let mut parts = text.split("\x1b[");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            let (code, rest) = part.split_once('m').expect("a style ends with m");
            assert!(code.bytes().all(|byte| byte.is_ascii_digit()), "{code:?}");
            text + rest
        })
    }

    #[test]
    fn harmless_errors_are_unchanged() {
        for args in [
            &["wsline", "--foo", "x"][..],
            &["wsline", "-w", "x", "x"],
            &["wsline", "--color", "x", "x"],
            &["wsline", "--colro", "x", "x"],
            &["wsline"],
        ] {
            let error = error(args);
            let rendered = error.render();
            assert_eq!(text(&error, false), rendered.to_string());
            assert_eq!(text(&error, true), rendered.ansi().to_string());
        }
    }

    #[test]
    fn values_cannot_contain_style_sequences() {
        let error = error(&["wsline", "-w", "\x1b[0m\x1b[1m\x1b[31merror:", "x"]);
        let colored = text(&error, true);
        assert!(
            colored.contains("\\x1b[0m\\x1b[1m\\x1b[31merror:"),
            "{colored:?}"
        );
    }

    #[test]
    fn program_name_is_escaped() {
        let error = error(&["a\x1b[2J", "test"]);
        let plain = text(&error, false);
        assert!(!plain.contains('\x1b'), "{plain:?}");
    }

    #[test]
    fn options_in_session_files_are_escaped() {
        let parser = crate::cli::OptionParser::default();
        let words = ["--foo\x1b[31m", "-w"].map(OsString::from);
        let sentence = parser.parse(&words).expect_err("it is wrong");
        assert!(sentence.contains("'--foo\\x1b[31m'"), "{sentence:?}");
        let words = ["-w", "1\x1b[31m"].map(OsString::from);
        let sentence = parser.parse(&words).expect_err("it is wrong");
        assert!(!sentence.contains(escape::is_hidden), "{sentence:?}");
    }
}
